//! The host's own decisions.

use super::step::{ConnectionStep, RequestStep};
use crate::revocation::{Settlement, Unsettled};

/// The host's own decisions: once a connection, and, if wanted, on every request.
///
/// A closure is one that decides on connections:
///
/// ```
/// use edge_mtls::{ConnectionStep, Decision};
///
/// fn no_interns(step: &mut ConnectionStep<'_>) -> Decision {
///     let connection = step.connection();
///     let subject = connection.identity().leaf().map(|leaf| leaf.subject().to_string());
///     match subject {
///         Some(subject) if subject.contains("OU=Interns") => Decision::deny("interns use the VPN"),
///         Some(subject) => {
///             step.note(&subject);
///             Decision::Allow
///         }
///         None => Decision::Allow,
///     }
/// }
/// # fn is_one(_: impl edge_mtls::ConnectionFunction) {}
/// # is_one(no_interns);
/// ```
///
/// It runs after the verdict and revocation, for anonymous clients too where the mode allows them, and
/// never for a client whose chain was refused. A panic in it denies (where panics unwind), and takes
/// nothing else down. [`Allow`](crate::Allow) has ready-made ones, [`AllOf`](crate::AllOf) and
/// [`AnyOf`](crate::AnyOf) put several together.
pub trait ConnectionFunction: Send + Sync {
    /// Decides on a connection, once its handshake is finished.
    ///
    /// It runs again on a later request if a replaced policy, or the time, made another identity of the
    /// client than it saw: verified instead of unverified, another path, another revocation status,
    /// another advisory verdict. If it then denies, the request is refused.
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision;

    /// Says what becomes of a certificate that the policy leaves to the host: whose status the lists do
    /// not say ([`UnknownStatus::LeaveToHost`](crate::UnknownStatus::LeaveToHost)), or which one of them
    /// revokes ([`Revocation::leave_revoked_to_host`](crate::Revocation::leave_revoked_to_host)). It is
    /// refused unless this says [`Settlement::Good`].
    ///
    /// It is asked before [`connection`](Self::connection), and again on later requests when the answer
    /// is older than [`EdgeConnection::LONGEST_ANSWER`](crate::EdgeConnection::LONGEST_ANSWER).
    fn settle(&self, unsettled: Unsettled<'_>) -> Settlement {
        let _ = unsettled;
        Settlement::Unknown
    }

    /// Decides on a request, and may change its certificate headers.
    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        let _ = step;
        RequestDecision::Forward
    }
}

impl<F> ConnectionFunction for F
where
    F: Fn(&mut ConnectionStep<'_>) -> Decision + Send + Sync,
{
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        self(step)
    }
}

/// One that was chosen while the program runs.
impl ConnectionFunction for Box<dyn ConnectionFunction> {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        (**self).connection(step)
    }

    fn settle(&self, unsettled: Unsettled<'_>) -> Settlement {
        (**self).settle(unsettled)
    }

    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        (**self).request(step)
    }
}

/// What a function decides on a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Decision {
    /// The client is let in.
    Allow,
    /// It is not.
    Deny {
        /// Why, for the log: the first 256 bytes.
        reason: String,
    },
}

impl Decision {
    /// Denies, with a reason for the log.
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny {
            reason: reason.into(),
        }
    }
}

/// What a function decides on a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RequestDecision {
    /// It goes to the origin.
    Forward,
    /// It does not.
    Deny {
        /// The status of the HTTP response, from 400 to 599; 403 for any other.
        status: u16,
        /// Why, for the log: the first 256 bytes.
        reason: String,
    },
}

impl RequestDecision {
    /// Denies with a status from 400 to 599 (403 for any other), and a reason for the log.
    pub fn deny(status: u16, reason: impl Into<String>) -> Self {
        Self::Deny {
            status,
            reason: reason.into(),
        }
    }
}
