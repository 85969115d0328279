//! What is told of a search that found no path.

use super::presented::Node;
use crate::policy::{Rejection, UntrustedCause, name_text};
use crate::x509::ObjectIdentifier;

/// How far a path is from holding: what a new list mends comes before what a new certificate mends,
/// and that before what a new CA mends.
pub(crate) fn rejection_distance(rejection: &Rejection) -> u8 {
    match rejection {
        Rejection::RevocationUnknown { .. } => 0,
        Rejection::Revoked { .. } => 1,
        Rejection::NotYetValid { .. } => 2,
        Rejection::Expired { .. } => 3,
        Rejection::AnchorExpired { .. } => 4,
        Rejection::WrongPurpose { .. } => 5,
        Rejection::Invalid { .. } => 6,
        Rejection::Malformed { .. } => 7,
        _ => 8,
    }
}

pub(super) fn unsupported_algorithm(node: &Node<'_>) -> Rejection {
    Rejection::UnsupportedAlgorithm {
        certificate: node.presented_certificate(),
        algorithm: ObjectIdentifier::of_algorithm(node.certificate.signature_algorithm()),
    }
}

pub(super) fn untrusted(node: &Node<'_>, has_issuer_of_other_key: bool) -> Rejection {
    let issuer = name_text(node.certificate.issuer());
    let cause = if has_issuer_of_other_key {
        UntrustedCause::WrongKey
    } else if node.is_self_issued() {
        UntrustedCause::SelfSigned
    } else {
        UntrustedCause::IssuerNotFound
    };
    Rejection::Untrusted {
        certificate: node.presented_certificate(),
        issuer,
        cause,
    }
}
