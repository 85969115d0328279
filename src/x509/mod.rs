//! Certificates as a borrowed, lazy view.
//!
//! The view reads a certificate's DER where it stands. It decides nothing: a verdict comes from
//! [`ChainPolicy`](crate::ChainPolicy) alone. Every text that comes out of it is visible ASCII,
//! so that it can go into a header or a log line as it is.

mod certificate;
pub(crate) mod der;
mod extensions;
mod known;
mod name;
mod name_match;
mod oid;
pub(crate) mod pem;
mod san;
mod spiffe;
mod text;
mod time;

pub use certificate::{Certificate, MalformedCertificate, SerialNumber};
pub use extensions::{ExtendedKeyUsage, KeyUsage};
pub(crate) use extensions::{
    Extension, Extensions, MOST_EXTENSIONS, id, is_enforced, read_boolean,
};
pub(crate) use known::{ExtensionFault, KnownExtensions, MOST_PURPOSES};
pub use name::Name;
pub use oid::ObjectIdentifier;
pub use pem::PemFault;
pub use san::{SubjectAltName, SubjectAltNames};
pub use spiffe::SpiffeId;
pub use time::{Time, TimeError, Validity};

pub(crate) use certificate::{malformed, subject_public_key_info};
#[cfg(feature = "http")]
pub(crate) use der::first_sequence;
pub(crate) use text::{Escaped, LONGEST_TEXT, capped, quotable};
