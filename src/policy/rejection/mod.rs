//! Why a client was refused, and what each reason is called elsewhere.

mod cause;
mod table;

pub(crate) use cause::name_text;
pub use cause::{ChainFault, PresentedCertificate, ProfileFault, PurposeFault, UntrustedCause};
#[cfg(test)]
pub(crate) use table::one_of_each;
use thiserror::Error;

use crate::revocation::{RevokedBy, UnknownCause};
use crate::x509::Time;

/// Why a client was refused: one reason each, with what an operator needs to mend it.
///
/// Each reason has a stable code, and a place in the tables of others:
///
#[doc = include_str!("table.md")]
///
/// The alert is what the client gets when the reason is found during the handshake; the HTTP
/// status is for a host that finds it afterwards, on a resumed or a long connection.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// The path holds, and the trust anchor at its end has expired, or is not valid yet.
    #[error(
        "the trust anchor '{anchor}' is valid from {not_before} to {not_after}, and it is {now}; \
         replace it in the trust store, or build the policy with `allow_expired_anchors`"
    )]
    AnchorExpired {
        /// The anchor's subject.
        anchor: String,
        /// Its `notBefore`.
        not_before: Time,
        /// Its `notAfter`.
        not_after: Time,
        /// The time of the verdict.
        now: Time,
    },

    /// The client sent a certificate of no octets, which TLS forbids.
    #[error("certificate {index} of the chain (0 is the leaf) is empty, which TLS forbids")]
    EmptyCertificate {
        /// Its place in the order presented; 0 is the leaf.
        index: usize,
    },

    /// A certificate is no longer valid.
    #[error(
        "{certificate} expired at {not_after}, and it is {now}; the client needs a new certificate"
    )]
    Expired {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// Its `notAfter`.
        not_after: Time,
        /// The time of the verdict.
        now: Time,
    },

    /// The handshake is going on, so that nothing is proven yet; early data is read in this state.
    #[error(
        "the handshake is not finished, so the client has proven nothing; ask again when it is, and \
         answer 425 to a request that came as early data"
    )]
    HandshakeIncomplete,

    /// The chain breaks a rule of RFC 5280.
    #[error("{certificate} {fault}")]
    Invalid {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// Which rule.
        fault: ChainFault,
    },

    /// A certificate on the path cannot be read.
    #[error("{certificate} cannot be read: {part}; have it issued anew")]
    Malformed {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// What cannot be read.
        part: String,
    },

    /// The policy requires a certificate, and the client sent none.
    #[error(
        "the client sent no certificate, and the policy requires one; give the client one, or use \
         `ClientAuthPolicy::optional`"
    )]
    Missing,

    /// A certificate is not valid yet.
    #[error(
        "{certificate} is valid from {not_before}, and it is {now}; wait, or check the clocks of \
         this machine and of the CA"
    )]
    NotYetValid {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// Its `notBefore`.
        not_before: Time,
        /// The time of the verdict.
        now: Time,
    },

    /// The client did not prove that it has the leaf's private key.
    #[error(
        "the client did not prove possession of the private key of {certificate}; its key and its \
         certificate do not belong together, or the certificate is somebody else's"
    )]
    PossessionUnproven {
        /// The leaf.
        certificate: PresentedCertificate,
    },

    /// A certificate is revoked, or on the host's deny list.
    #[error("{certificate} {by}")]
    Revoked {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// Who says so.
        by: RevokedBy,
    },

    /// Whether a certificate is revoked cannot be told.
    #[error("whether {certificate} is revoked is unknown: {cause}{}", whom_to_ask(*.left_to_host))]
    RevocationUnknown {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// Why it cannot be told.
        cause: UnknownCause,
        /// Whether the policy leaves that to the host, and nobody asked it
        /// ([`UnknownStatus::LeaveToHost`](crate::UnknownStatus::LeaveToHost)).
        left_to_host: bool,
    },

    /// The search for a path used up its budget.
    #[error(
        "no valid path was found within {signatures} signature verifications; the chain or the \
         trust store holds many CAs of one name, give their certificates key identifiers"
    )]
    TooCostly {
        /// The budget.
        signatures: usize,
    },

    /// The chain has more bytes than the limit.
    #[error(
        "the chain has {bytes} bytes, more than the limit of {limit}; raise \
             `ChainLimits::max_bytes` if clients need that many"
    )]
    TooLarge {
        /// The size of all certificates together.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// The chain has more certificates than the limit.
    #[error(
        "the chain has {count} certificates, more than the limit of {limit}; have the client leave out \
         what is not on its path, or raise `ChainLimits::max_certificates`"
    )]
    TooManyCertificates {
        /// How many were presented.
        count: usize,
        /// The limit on them.
        limit: usize,
    },

    /// A key or a signature is of an algorithm that the policy was not built with.
    #[error(
        "{certificate} is signed with an algorithm or by a key of a kind that this policy does not \
         know ({algorithm}); the CA has to use another, such as ECDSA P-256 with SHA-256"
    )]
    UnsupportedAlgorithm {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// The signature algorithm, as dotted decimal.
        algorithm: String,
    },

    /// No path leads to a trust anchor.
    #[error(
        "{certificate} is not trusted: its issuer is '{issuer}', and {cause}{}",
        what_to_add(certificate, *.cause)
    )]
    Untrusted {
        /// The last certificate of the path that was found.
        certificate: PresentedCertificate,
        /// The name of the issuer that was looked for.
        issuer: String,
        /// What was wrong.
        cause: UntrustedCause,
    },

    /// A certificate is for something else.
    #[error("{certificate} {fault}")]
    WrongPurpose {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// What it is for.
        fault: PurposeFault,
    },
}

fn what_to_add(certificate: &PresentedCertificate, cause: UntrustedCause) -> &'static str {
    match (cause, certificate.index) {
        (UntrustedCause::SelfSigned, 0) => {
            "; have a certificate issued by a CA that is, or, if this client is to be trusted by itself, pin \
             this one (`TrustStoreBuilder::pin_der`)"
        }
        (UntrustedCause::SelfSigned, _) => "; if that CA is to be trusted, add it there",
        (UntrustedCause::IssuerNotFound | UntrustedCause::WrongKey, _) => "",
    }
}

fn whom_to_ask(left_to_host: bool) -> &'static str {
    match left_to_host {
        true => {
            "; the policy leaves that to the host, which `identity_settling` and `evaluate_settling` ask"
        }
        false => "",
    }
}

impl Rejection {
    /// Our own code, in words of lower-case letters joined by `-`; it never changes.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// The `connectionStatus` of Amazon CloudFront's connection log.
    pub fn cloudfront_status(&self) -> &'static str {
        self.row().cloudfront
    }

    /// The certificate that the reason is about, if it is about a single one of the chain.
    pub fn certificate(&self) -> Option<&PresentedCertificate> {
        match self {
            Self::Expired { certificate, .. }
            | Self::Invalid { certificate, .. }
            | Self::Malformed { certificate, .. }
            | Self::NotYetValid { certificate, .. }
            | Self::PossessionUnproven { certificate }
            | Self::Revoked { certificate, .. }
            | Self::RevocationUnknown { certificate, .. }
            | Self::UnsupportedAlgorithm { certificate, .. }
            | Self::Untrusted { certificate, .. }
            | Self::WrongPurpose { certificate, .. } => Some(certificate),
            Self::AnchorExpired { .. }
            | Self::EmptyCertificate { .. }
            | Self::HandshakeIncomplete
            | Self::Missing
            | Self::TooCostly { .. }
            | Self::TooLarge { .. }
            | Self::TooManyCertificates { .. } => None,
        }
    }

    /// The number of the TLS alert (RFC 8446 section 6).
    pub fn tls_alert(&self) -> u8 {
        self.row().alert
    }

    /// The status of the HTTP response.
    pub fn http_status(&self) -> u16 {
        self.row().http
    }
}
