//! Policies with CRLs, and what they make of a chain.

use edge_mtls::{
    ChainPolicy, Rejection, Revocation, RevocationLists, RevokedBy, UnknownCause, VerifiedChain,
};

use super::crl::Crl;
use super::pki::{Authority, policy};

pub fn lists(crls: &[Crl<'_>]) -> RevocationLists {
    RevocationLists::from_der(crls.iter().map(Crl::der)).unwrap()
}

/// The default policy, with `revocation`.
pub fn checking(anchors: &[&Authority], revocation: impl Into<Revocation>) -> ChainPolicy {
    policy(anchors).with_revocation(revocation)
}

/// The default policy, with these lists and the default options.
pub fn checking_lists(anchors: &[&Authority], crls: &[Crl<'_>]) -> ChainPolicy {
    checking(anchors, lists(crls))
}

/// A verdict in a word or two: `good`, `revoked`, what denied it, why the status is unknown, or the
/// code of another rejection.
pub fn outcome(verdict: &Result<VerifiedChain, Rejection>) -> &'static str {
    match verdict {
        Ok(_) => "good",
        Err(rejection) => reason(rejection),
    }
}

pub fn reason(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Revoked { by, .. } => match by {
            RevokedBy::DeniedAnchor { .. } => "denied anchor",
            RevokedBy::DeniedCertificate => "denied certificate",
            RevokedBy::DeniedKey => "denied key",
            RevokedBy::DeniedSerial => "denied serial",
            RevokedBy::Host => "revoked by the host",
            RevokedBy::List { .. } => "revoked",
            other => panic!("{other:?}"),
        },
        Rejection::RevocationUnknown { cause, .. } => cause_name(cause),
        other => other.code(),
    }
}

pub fn cause_name(cause: &UnknownCause) -> &'static str {
    match cause {
        UnknownCause::NoList { .. } => "no list",
        UnknownCause::OutOfScope { .. } => "out of scope",
        UnknownCause::OtherKey { .. } => "other key",
        UnknownCause::IssuerMayNotSign { .. } => "issuer may not sign",
        UnknownCause::BadSignature { .. } => "bad signature",
        UnknownCause::UnsupportedAlgorithm { .. } => "unsupported algorithm",
        UnknownCause::Expired { .. } => "expired list",
        UnknownCause::NotYetValid { .. } => "list not yet valid",
        UnknownCause::NoNextUpdate { .. } => "no nextUpdate",
        other => panic!("{other:?}"),
    }
}

/// Every order of `items`.
pub fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else {
        return vec![Vec::new()];
    };
    orders(rest)
        .into_iter()
        .flat_map(|order| {
            (0..=order.len()).map(move |place| {
                let mut order = order.clone();
                order.insert(place, first.clone());
                order
            })
        })
        .collect()
}
