//! Headers that carry certificates: profiles, codecs, and the names to strip.

mod known;
mod pem_url;
mod profile;
mod sanitise;
pub(crate) mod sf;
mod value;

pub(crate) use pem_url::decode as decode_pem_url;
pub use profile::HeaderProfile;
pub(crate) use profile::{Encoding, Field, Row, When};
pub(crate) use sanitise::StripSet;
pub(crate) use value::{Described, encode, hex};
