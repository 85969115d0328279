//! Why a client was refused, and what each reason is called elsewhere.

use core::fmt;

use thiserror::Error;

use crate::x509::{Certificate, Time};

/// Why a client was refused: one reason each, with what an operator needs to mend it.
///
/// Each reason has a stable code, and a place in the tables of others:
///
#[doc = include_str!("rejection_table.md")]
///
/// The alert is what the client gets when the reason is found during the handshake; the HTTP
/// status is for a host that finds it afterwards, on a resumed or a long connection.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// The path holds, and the trust anchor at its end is not valid now.
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
    #[error("{certificate} cannot be read: {part}")]
    Malformed {
        /// Which certificate.
        certificate: PresentedCertificate,
        /// What cannot be read.
        part: String,
    },

    /// The policy requires a certificate, and the client sent none.
    #[error("the client sent no certificate, and the policy requires one")]
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
    #[error("the client did not prove possession of the private key of {certificate}")]
    PossessionUnproven {
        /// The leaf.
        certificate: PresentedCertificate,
    },

    /// Reserved for revocation: a certificate is revoked.
    #[error("{certificate} is revoked")]
    Revoked {
        /// Which certificate.
        certificate: PresentedCertificate,
    },

    /// Reserved for revocation: whether a certificate is revoked cannot be told.
    #[error("whether {certificate} is revoked cannot be told")]
    RevocationUnknown {
        /// Which certificate.
        certificate: PresentedCertificate,
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
    #[error("the chain has {bytes} bytes, more than the limit of {limit} (`max_bytes`)")]
    TooLarge {
        /// The size of all certificates together.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// The chain has more certificates than the limit.
    #[error(
        "the chain has {count} certificates, more than the limit of {limit} (`max_certificates`)"
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
    #[error("{certificate} is not trusted: its issuer is '{issuer}', and {cause}")]
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

impl Rejection {
    /// Our own code, in words of lower-case letters joined by `-`; it never changes.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// The `connectionStatus` of Amazon CloudFront's connection log.
    pub fn cloudfront_status(&self) -> &'static str {
        self.row().cloudfront
    }

    /// The number of the TLS alert (RFC 8446 section 6).
    pub fn tls_alert(&self) -> u8 {
        self.row().alert
    }

    /// The status of the HTTP response.
    pub fn http_status(&self) -> u16 {
        self.row().http
    }

    fn row(&self) -> Row {
        let row = |code, cloudfront, alert, http| Row {
            code,
            cloudfront,
            alert,
            http,
        };
        match self {
            Self::AnchorExpired { .. } => row(
                "anchor-expired",
                "Failed:ClientCertUntrusted",
                UNKNOWN_CA,
                403,
            ),
            Self::EmptyCertificate { .. } => row(
                "empty-certificate",
                "Failed:ClientCertInvalid",
                BAD_CERTIFICATE,
                400,
            ),
            Self::Expired { .. } => row(
                "expired",
                "Failed:ClientCertExpired",
                CERTIFICATE_EXPIRED,
                403,
            ),
            Self::HandshakeIncomplete => row(
                "handshake-incomplete",
                "Failed:Internal",
                ACCESS_DENIED,
                425,
            ),
            Self::Invalid { .. } => row(
                "invalid",
                "Failed:ClientCertInvalid",
                CERTIFICATE_UNKNOWN,
                403,
            ),
            Self::Malformed { .. } => row(
                "malformed",
                "Failed:ClientCertInvalid",
                BAD_CERTIFICATE,
                400,
            ),
            Self::Missing => row(
                "missing",
                "Failed:ClientCertMissing",
                CERTIFICATE_REQUIRED,
                403,
            ),
            Self::NotYetValid { .. } => row(
                "not-yet-valid",
                "Failed:ClientCertNotYetValid",
                CERTIFICATE_EXPIRED,
                403,
            ),
            Self::PossessionUnproven { .. } => row(
                "possession-unproven",
                "Failed:ClientCertInvalid",
                DECRYPT_ERROR,
                403,
            ),
            Self::RevocationUnknown { .. } => row(
                "revocation-unknown",
                "Failed:ClientCertRejected",
                UNKNOWN_CA,
                403,
            ),
            Self::Revoked { .. } => row(
                "revoked",
                "Failed:ClientCertRejected",
                CERTIFICATE_REVOKED,
                403,
            ),
            Self::TooCostly { .. } => row(
                "too-costly",
                "Failed:ClientCertInvalid",
                CERTIFICATE_UNKNOWN,
                403,
            ),
            Self::TooLarge { .. } => row(
                "too-large",
                "Failed:ClientCertMaxSizeExceeded",
                CERTIFICATE_UNKNOWN,
                400,
            ),
            Self::TooManyCertificates { .. } => row(
                "too-many-certificates",
                "Failed:ClientCertMaxChainDepthExceeded",
                CERTIFICATE_UNKNOWN,
                400,
            ),
            Self::UnsupportedAlgorithm { .. } => row(
                "unsupported-algorithm",
                "Failed:ClientCertTypeUnsupported",
                CERTIFICATE_UNKNOWN,
                403,
            ),
            Self::Untrusted { .. } => {
                row("untrusted", "Failed:ClientCertUntrusted", UNKNOWN_CA, 403)
            }
            Self::WrongPurpose { .. } => row(
                "wrong-purpose",
                "Failed:ClientCertIntentInvalid",
                UNSUPPORTED_CERTIFICATE,
                403,
            ),
        }
    }
}

struct Row {
    code: &'static str,
    cloudfront: &'static str,
    alert: u8,
    http: u16,
}

const BAD_CERTIFICATE: u8 = 42;
const UNSUPPORTED_CERTIFICATE: u8 = 43;
const CERTIFICATE_REVOKED: u8 = 44;
const CERTIFICATE_EXPIRED: u8 = 45;
const CERTIFICATE_UNKNOWN: u8 = 46;
const UNKNOWN_CA: u8 = 48;
const ACCESS_DENIED: u8 = 49;
const DECRYPT_ERROR: u8 = 51;
const CERTIFICATE_REQUIRED: u8 = 116;

/// Which of the presented certificates a reason is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PresentedCertificate {
    /// Its place in the order presented; 0 is the leaf.
    pub index: usize,
    /// Its subject as RFC 4514 text, cut at 256 characters; empty where it cannot be read.
    pub subject: String,
}

impl PresentedCertificate {
    pub(crate) fn new(index: usize, certificate: &Certificate<'_>) -> Self {
        Self {
            index,
            subject: name_text(certificate.subject()),
        }
    }
}

impl fmt::Display for PresentedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            0 => write!(f, "the leaf '{}'", self.subject),
            index => write!(f, "certificate {index} of the chain '{}'", self.subject),
        }
    }
}

/// A name as text for a reason: a client chooses it, so its length is bounded.
pub(crate) fn name_text(name: crate::x509::Name<'_>) -> String {
    const LONGEST: usize = 256;
    let mut text = name.to_string();
    if text.len() > LONGEST {
        text.truncate(LONGEST); // ASCII, so every place is a character boundary
        text.push_str("...");
    }
    text
}

/// Why no path leads to a trust anchor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UntrustedCause {
    /// Neither the trust store nor the chain has a certificate of the issuer's name.
    IssuerNotFound,

    /// It is its own issuer and not in the trust store.
    SelfSigned,

    /// There are certificates of the issuer's name, and none of their keys made the signature.
    WrongKey,
}

impl fmt::Display for UntrustedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IssuerNotFound => {
                "neither the trust store nor the chain holds that name; trust that CA, or have the \
                 client send the missing intermediate"
            }
            Self::SelfSigned => {
                "it is self-signed and not in the trust store; trust it as a CA, or have a \
                 certificate issued by one"
            }
            Self::WrongKey => {
                "no key that the trust store or the chain holds under that name made its signature; \
                 another CA of the same name did, or the certificate was changed"
            }
        })
    }
}

/// Which rule of RFC 5280 a chain breaks.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ChainFault {
    /// A CA on the path limits what may stand below it to fewer intermediates (section 4.2.1.9).
    #[error("allows fewer intermediates below it than the path has (pathLenConstraint)")]
    PathLength,

    /// The trust anchor limits what may stand below it to fewer intermediates (section 4.2.1.9).
    #[error("stands below a trust anchor that allows fewer intermediates (pathLenConstraint)")]
    PathLengthOfAnchor,

    /// An issuer on the path is not marked as a CA (section 4.2.1.9).
    #[error("is used as an issuer, but its basicConstraints do not say that it is a CA's")]
    IssuerIsNotCa,

    /// An issuer on the path may not sign certificates (section 4.2.1.3).
    #[error("is used as an issuer, but its keyUsage lacks keyCertSign")]
    IssuerMayNotSign,

    /// The leaf is a CA's certificate.
    #[error("is a CA's; a client needs a certificate of its own")]
    LeafIsCa,

    /// A name is outside what a CA on the path may certify (section 4.2.1.10), or of a kind whose
    /// constraints webpki cannot judge.
    #[error("or a certificate above it has a name that a CA's name constraints do not permit")]
    NameConstraint,

    /// A critical extension that nobody here enforces (section 4.2).
    #[error("has a critical extension that is not enforced here")]
    UnhandledCriticalExtension,

    /// A version without extensions, such as X.509 v1.
    #[error("is X.509 version {0}; only version 3 says what it may be used for")]
    Version(u8),

    /// Anything else that webpki refuses, in its words.
    #[error("is refused by webpki: {0}")]
    Other(String),
}

/// What a certificate is for, if not for this.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PurposeFault {
    /// Its extended key usage leaves out clientAuth.
    #[error("is for {allows}, not for client authentication (extended key usage clientAuth)")]
    ExtendedKeyUsage {
        /// What it allows.
        allows: String,
    },

    /// Its key usage leaves out digitalSignature, without which it cannot sign a handshake.
    #[error("may be used for {allows}, which leaves out digitalSignature (key usage)")]
    KeyUsage {
        /// What it allows.
        allows: String,
    },

    /// It has no extended key usage, and the policy asks for clientAuth by name.
    #[error(
        "has no extended key usage, and the policy demands clientAuth by name \
         (`require_client_auth_eku`)"
    )]
    NoExtendedKeyUsage,
}
