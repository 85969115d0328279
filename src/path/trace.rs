//! What a search looked at, for a report.

use std::sync::Arc;

use crate::policy::Rejection;
use crate::trust_store::Anchor;

/// The complete paths that a search looked at, in its order. There are as many at most as it may verify
/// signatures.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) tried: Vec<TriedPath>,
}

/// A path from the leaf to an anchor, by names.
#[derive(Clone)]
pub(crate) struct TriedPath {
    /// Places in the order presented, the leaf first.
    pub(crate) certificates: Vec<usize>,
    pub(crate) anchor: Arc<Anchor>,
    pub(crate) outcome: Outcome,
}

/// What became of a path that was tried.
#[derive(Clone)]
pub(crate) enum Outcome {
    Holds,
    /// The certificate at this place, in the order presented, is not signed by the key of the one above it.
    WrongKey(usize),
    /// The policy has no algorithm for the signature of the certificate at this place.
    Unsupported(usize),
    /// The budget of signature verifications was used up here, or it costs more than may still be checked.
    OutOfBudget,
    /// Its signatures hold, and it breaks a rule.
    Refused(Rejection),
}
