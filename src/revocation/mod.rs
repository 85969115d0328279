//! Which certificates are revoked: lists of CAs, a deny list of the host, and what a policy makes of
//! them.

mod builder;
mod check;
mod deny;
mod fault;
mod list;
mod options;
mod reason;
mod scope;
mod set;
mod status;

pub use builder::RevocationListsBuilder;
pub(crate) use check::{Finding, Inquiry, listed};
pub use deny::DenyList;
pub use fault::{ListFault, ListReport, RevocationListsError};
pub use list::RevocationList;
pub use options::{Revocation, RevocationDepth, UnknownStatus};
pub use reason::{RevocationReason, RevokedEntry};
pub use scope::ListScope;
pub(crate) use scope::Place;
pub use set::RevocationLists;
pub(crate) use status::{OnUnknown, Why};
pub use status::{RevocationStatus, RevokedBy, Settlement, UnknownCause, Unsettled};
