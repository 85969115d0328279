//! Several policies on one address: which name is under which, and whether a request belongs on its
//! connection.

mod error;
#[cfg(feature = "http")]
mod host;
mod map;
mod name;

pub use error::{NameRejection, PolicyMapError};
pub use map::{ChosenPolicy, PolicyMap, PolicyMapBuilder};
