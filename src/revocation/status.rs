//! What is known of a certificate's revocation.

use core::fmt;

use thiserror::Error;

use super::{RevocationList, RevocationReason};
use crate::x509::{Certificate, Time};

/// What a verdict knows of the revocation of one certificate of its path.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RevocationStatus {
    /// It is not revoked.
    Good {
        /// The list that proves it: of several, that which is proof for longest.
        list: RevocationList,
    },
    /// A list revokes it, and the host's function said that it is good all the same
    /// ([`Revocation::leave_revoked_to_host`](crate::Revocation::leave_revoked_to_host)).
    Overridden {
        /// Who says that it is revoked.
        by: RevokedBy,
    },
    /// Nobody asked: the policy has no lists, or asks for the leaf's status alone, or the leaf is pinned.
    NotChecked,
    /// The lists do not say, and the host's function said that it is good.
    Settled {
        /// Why the lists do not say.
        cause: UnknownCause,
    },
    /// The lists do not say, and the policy allows that.
    Unknown {
        /// Why they do not.
        cause: UnknownCause,
    },
}

impl RevocationStatus {
    /// One word for it: `good`, `not-checked`, `overridden`, `settled`, `unknown`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Good { .. } => "good",
            Self::NotChecked => "not-checked",
            Self::Overridden { .. } => "overridden",
            Self::Settled { .. } => "settled",
            Self::Unknown { .. } => "unknown",
        }
    }

    #[cfg(feature = "http")]
    /// Whether the host's function, and no list, says that the certificate is good.
    pub(crate) fn is_hosts_word(&self) -> bool {
        matches!(self, Self::Overridden { .. } | Self::Settled { .. })
    }
}

/// Who says that a certificate is revoked.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RevokedBy {
    /// The trust anchor that it leads to is on the deny list.
    #[error("leads to the trust anchor '{anchor}', which the deny list holds")]
    DeniedAnchor {
        /// The anchor's subject.
        anchor: String,
    },

    /// The deny list, by its SHA-256.
    #[error("is on the deny list, by its SHA-256")]
    DeniedCertificate,

    /// The deny list, by the SHA-256 of its key.
    #[error("is on the deny list, by the SHA-256 of its key")]
    DeniedKey,

    /// The deny list, by its issuer and serial number.
    #[error("is on the deny list, by its issuer and serial number")]
    DeniedSerial,

    /// The host's function, which was asked because the lists do not say.
    #[error("is revoked, as the host's function says")]
    Host,

    /// A list of its issuer.
    #[error("is revoked since {revoked_at}{reason}, by {list}; {}", what_to_do(.reason), reason = reason_text(.reason))]
    List {
        /// The list.
        list: RevocationList,
        /// The `revocationDate`.
        revoked_at: Time,
        /// The `reasonCode`.
        reason: Option<RevocationReason>,
    },
}

fn what_to_do(reason: &Option<RevocationReason>) -> &'static str {
    match reason {
        Some(RevocationReason::CertificateHold) => {
            "ask the CA whether it lifts that, and load its next list, or issue a new certificate"
        }
        _ => "the client needs a new certificate",
    }
}

fn reason_text(reason: &Option<RevocationReason>) -> String {
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

/// Why the lists do not say whether a certificate is revoked.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UnknownCause {
    /// The list is not signed with the key of the certificate's issuer.
    #[error(
        "{list} is not signed with the key of that name on the path; load the list that belongs to \
         this issuer"
    )]
    BadSignature {
        /// The list.
        list: RevocationList,
    },

    /// The list has expired.
    #[error(
        "{list} has expired: the next one was due at {since}, and it is {now}; load the newest list, or \
         use `Revocation::allow_expired_lists`"
    )]
    Expired {
        /// The list.
        list: RevocationList,
        /// Since when: its `nextUpdate`, or what the policy assumes.
        since: Time,
        /// The time of the verdict.
        now: Time,
    },

    /// The issuer's key usage leaves out cRLSign.
    #[error(
        "the issuer's certificate has a key usage without cRLSign, so that {list} is no proof; have \
         the CA's certificate issued anew with cRLSign, or the list signed by a certificate that has it"
    )]
    IssuerMayNotSign {
        /// The list.
        list: RevocationList,
    },

    /// There is no list of the issuer at all.
    #[error(
        "there is no revocation list of '{issuer}'; load it, or, if that CA publishes none, see \
         `Revocation::depth` and `Revocation::on_unknown`"
    )]
    NoList {
        /// The issuer's name.
        issuer: String,
    },

    /// The list does not say when the next one is due.
    #[error(
        "{list} has no nextUpdate, so that it is no proof at any time; use \
         `Revocation::assume_next_update_after`"
    )]
    NoNextUpdate {
        /// The list.
        list: RevocationList,
    },

    /// The list is not valid yet.
    #[error("{list} is not valid yet: it is {now}; check the clocks of this machine and of the CA")]
    NotYetValid {
        /// The list.
        list: RevocationList,
        /// The time of the verdict.
        now: Time,
    },

    /// The list belongs to another key of the issuer's name.
    #[error(
        "{list} names another key than that of the certificate's issuer (authorityKeyIdentifier); load \
         the list that belongs to this key"
    )]
    OtherKey {
        /// The list.
        list: RevocationList,
    },

    /// There are lists of the issuer, for other certificates.
    #[error(
        "{list} is about others (issuingDistributionPoint); load the list of '{issuer}' that the \
         certificate's cRLDistributionPoints name"
    )]
    OutOfScope {
        /// One of them.
        list: RevocationList,
        /// The issuer's name.
        issuer: String,
    },

    /// The list is signed with an algorithm that the policy was not built with.
    #[error(
        "{list} is signed with an algorithm or by a key of a kind that this policy does not know \
         ({algorithm}); the CA has to use another, such as ECDSA P-256 with SHA-256"
    )]
    UnsupportedAlgorithm {
        /// The list.
        list: RevocationList,
        /// The signature algorithm, as dotted decimal.
        algorithm: String,
    },
}

impl UnknownCause {
    /// How far a list is from being proof: what a fresh list mends comes first.
    pub(super) fn distance(&self) -> u8 {
        match self {
            Self::Expired { .. } => 0,
            Self::NoNextUpdate { .. } => 1,
            Self::NotYetValid { .. } => 2,
            Self::IssuerMayNotSign { .. } => 3,
            Self::UnsupportedAlgorithm { .. } => 4,
            Self::BadSignature { .. } => 5,
            Self::OtherKey { .. } => 6,
            Self::OutOfScope { .. } => 7,
            Self::NoList { .. } => 8,
        }
    }
}

/// A certificate that the policy leaves to the host's function: the lists do not say whether it is
/// revoked, or one of them says that it is.
#[derive(Clone, Copy, Debug)]
pub struct Unsettled<'a> {
    certificate: Certificate<'a>,
    issuer: Certificate<'a>,
    why: Why<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Why<'a> {
    Revoked(&'a RevokedBy),
    Unknown(&'a UnknownCause),
}

impl<'a> Unsettled<'a> {
    pub(crate) fn new(certificate: Certificate<'a>, issuer: Certificate<'a>, why: Why<'a>) -> Self {
        Self {
            certificate,
            issuer,
            why,
        }
    }

    /// The certificate.
    pub fn certificate(&self) -> Certificate<'a> {
        self.certificate
    }

    /// The certificate of its issuer on the path, which may be the anchor: with it, a question by OCSP
    /// can be made (RFC 6960).
    pub fn issuer(&self) -> Certificate<'a> {
        self.issuer
    }

    /// Why the lists do not say; `None` if one of them revokes it.
    pub fn cause(&self) -> Option<&'a UnknownCause> {
        match self.why {
            Why::Revoked(_) => None,
            Why::Unknown(cause) => Some(cause),
        }
    }

    /// Who revokes it, if a list does: only where the policy leaves that to the host
    /// ([`Revocation::leave_revoked_to_host`](crate::Revocation::leave_revoked_to_host)).
    pub fn revoked_by(&self) -> Option<&'a RevokedBy> {
        match self.why {
            Why::Revoked(by) => Some(by),
            Why::Unknown(_) => None,
        }
    }
}

/// What the host's function says of a certificate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Settlement {
    /// It is accepted as one that is not revoked.
    Good,
    /// It is revoked.
    Revoked,
    /// The host does not know either: the certificate is refused, as what it was without the host.
    Unknown,
}

/// Whom a verdict asks about a status that is left to the host.
pub(crate) enum OnUnknown<'f> {
    /// The host's function.
    Ask(&'f mut dyn FnMut(Unsettled<'_>) -> Settlement),
    /// Nobody, yet: the handshake goes on, and the verdict is for no one to see.
    Postpone,
    /// Nobody: it is refused.
    Refuse,
}

impl fmt::Debug for OnUnknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ask(_) => "Ask",
            Self::Postpone => "Postpone",
            Self::Refuse => "Refuse",
        })
    }
}
