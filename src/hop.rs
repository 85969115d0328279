//! Why the sender of a request is trusted to have set its certificate headers.

use core::fmt;
use core::net::IpAddr;
use std::sync::Arc;

use crate::policy::VerifiedChain;

/// Why the hop in front of an origin is trusted to set certificate headers, and to strip those of
/// its clients.
///
/// Anybody who can reach the origin can send such headers. There is no default: an origin says for
/// each request what it relies on, and this value keeps it for the log.
///
/// ```
/// use edge_mtls::TrustedHop;
///
/// let hop = TrustedHop::private_network("unix socket of the edge");
/// assert_eq!(hop.to_string(), "private network: unix socket of the edge");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedHop {
    reason: Reason,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Reason {
    CheckedAddress(IpAddr),
    PrivateNetwork(Arc<str>),
    VerifiedPeer { subject: Arc<str> },
}

impl TrustedHop {
    /// The hop authenticated itself with a client certificate of its own, and that it is the edge
    /// has been checked, by its name: that it has *some* verified certificate is not enough.
    pub fn verified_peer(peer: &VerifiedChain) -> Self {
        Self {
            reason: Reason::VerifiedPeer {
                subject: peer.leaf().subject().to_string().into(),
            },
        }
    }

    /// The hop's address is on a list of the edge's addresses, which the caller has checked.
    pub fn checked_address(address: IpAddr) -> Self {
        Self {
            reason: Reason::CheckedAddress(address),
        }
    }

    /// Nobody but the edge can reach the origin; `network` says how that is made sure.
    pub fn private_network(network: impl Into<String>) -> Self {
        Self {
            reason: Reason::PrivateNetwork(network.into().into()),
        }
    }
}

impl fmt::Display for TrustedHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::CheckedAddress(address) => write!(f, "checked address: {address}"),
            Reason::PrivateNetwork(network) => write!(f, "private network: {network}"),
            Reason::VerifiedPeer { subject } => write!(f, "verified peer: {subject}"),
        }
    }
}
