//! Who a client is, and what that is worth.

use super::{Rejection, VerifiedChain};
use crate::chain::CertChain;
use crate::x509::Certificate;

/// Who a client is, once its handshake is finished.
///
/// Matching on it is how a host tells a verified client from one that merely showed a
/// certificate: nothing turns the one into the other, and only this crate makes either.
///
/// ```
/// use edge_mtls::ClientIdentity;
///
/// fn greet(identity: &ClientIdentity) -> String {
///     match identity {
///         ClientIdentity::Verified { verified, .. } => format!("{}", verified.leaf().subject()),
///         ClientIdentity::Unverified { .. } => "somebody who says so".into(),
///         _ => "anonymous".into(),
///     }
/// }
/// assert_eq!(greet(&ClientIdentity::Anonymous), "anonymous");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientIdentity {
    /// The client showed no certificate, which optional and passthrough allow.
    Anonymous,

    /// Passthrough: the client has the leaf's private key, and nobody has judged the chain.
    #[non_exhaustive]
    Unverified {
        /// The chain as presented.
        chain: CertChain,
        /// What an advisory policy says of it, if passthrough has one. It was not enforced.
        advisory: Option<Result<VerifiedChain, Rejection>>,
    },

    /// Required and optional: a policy accepted the chain, and the client has the leaf's private
    /// key.
    #[non_exhaustive]
    Verified {
        /// The chain, and the path that was accepted.
        verified: VerifiedChain,
    },
}

impl ClientIdentity {
    /// The chain as presented, whatever it is worth.
    pub fn chain(&self) -> Option<&CertChain> {
        match self {
            Self::Anonymous => None,
            Self::Unverified { chain, .. } => Some(chain),
            Self::Verified { verified } => Some(verified.chain()),
        }
    }

    /// The verified chain, if it is one. An advisory verdict does not make it one.
    pub fn verified(&self) -> Option<&VerifiedChain> {
        match self {
            Self::Verified { verified } => Some(verified),
            Self::Anonymous | Self::Unverified { .. } => None,
        }
    }

    /// The view of the leaf, whatever it is worth; parts that cannot be read are empty.
    pub fn leaf(&self) -> Option<Certificate<'_>> {
        self.chain()
            .map(|chain| Certificate::describe(chain.leaf_der()))
    }
}
