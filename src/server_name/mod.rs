//! Several policies on one address: which name is under which, and whether a request belongs on its
//! connection.

mod error;
#[cfg(feature = "http")]
mod host;
mod map;
mod name;

pub use error::{NameRejection, PolicyMapError};
#[cfg(feature = "http")]
pub(crate) use map::check_one_host;
pub use map::{ChosenPolicy, PolicyMap, PolicyMapBuilder};
