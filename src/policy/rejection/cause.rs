//! What exactly is wrong, for the reasons that have several causes.

use core::fmt;

use thiserror::Error;

use crate::x509::{Certificate, LONGEST_TEXT, Name, capped, quotable};

/// Which of the presented certificates a reason is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PresentedCertificate {
    /// Its place in the order presented; 0 is the leaf.
    pub index: usize,
    /// Its subject as RFC 4514 text, cut at 256 characters, single quotes as `\27`; empty where it cannot be
    /// read, and `a name of N octets` where those are more than 512.
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

/// A name as text for a reason, in which it stands between single quotes: its own are escaped as RFC 4514
/// section 2.4 has it, so that nobody can end the quotation. One that is longer than honest names is not
/// read for it.
pub(crate) fn name_text(name: Name<'_>) -> String {
    const LONGEST_NAME: usize = 512;
    match name.as_der().len() {
        0..=LONGEST_NAME => quotable(&capped(name, LONGEST_TEXT)),
        length => format!("a name of {length} octets"),
    }
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
            Self::SelfSigned => "it is self-signed and not in the trust store",
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
    #[error(
        "allows fewer intermediates below it than the path has (pathLenConstraint); issue clients \
         nearer to it"
    )]
    PathLength,

    /// The trust anchor limits what may stand below it to fewer intermediates (section 4.2.1.9).
    #[error("stands below a trust anchor that allows fewer intermediates (pathLenConstraint)")]
    PathLengthOfAnchor,

    /// An issuer on the path is not marked as a CA (section 4.2.1.9).
    #[error(
        "is used as an issuer, but its basicConstraints do not say that it is a CA's; have it issued \
         anew with CA:TRUE"
    )]
    IssuerIsNotCa,

    /// An issuer on the path may not sign certificates (section 4.2.1.3).
    #[error(
        "is used as an issuer, but its keyUsage lacks keyCertSign; have it issued anew with it"
    )]
    IssuerMayNotSign,

    /// The leaf is a CA's certificate.
    #[error(
        "is a CA's; a client needs a certificate of its own (a device's that is marked as a CA's can be \
         pinned, `TrustStoreBuilder::pin_der`)"
    )]
    LeafIsCa,

    /// The leaf is no CA's, and its keyUsage has keyCertSign (section 4.2.1.9).
    #[error(
        "is no CA's, but its keyUsage has keyCertSign; have it issued anew without that key usage"
    )]
    LeafMaySign,

    /// A name is outside what a CA on the path may certify (section 4.2.1.10), or of a kind whose
    /// constraints webpki cannot judge.
    #[error("or a certificate above it has a name that a CA's name constraints do not permit")]
    NameConstraint,

    /// The policy ignores expiry, and there is no instant at which all certificates of the path are valid.
    #[error(
        "stands on a path whose certificates are not all valid at any one time, before or after now, so \
         that webpki cannot judge it; have one of them issued anew"
    )]
    NoCommonInstant,

    /// webpki does not follow the path, whose signatures hold: CAs of one name stand on it, or one
    /// that is self-issued below a CA that limits its path.
    #[error(
        "stands on a path that webpki does not follow, with two CAs of one name on it; have it issued \
         under a CA of another name"
    )]
    NotFollowed,

    /// The policy demands the profile of RFC 5280, and the certificate does not keep to it.
    #[error("{0} (`require_rfc5280_profile`); have it issued anew")]
    Profile(ProfileFault),

    /// The policy demands the profile of RFC 5280, and the trust anchor's certificate does not keep to it.
    #[error(
        "stands below the trust anchor '{anchor}', which {fault} (`require_rfc5280_profile`); trust \
         another certificate of that CA, or a CA below it"
    )]
    ProfileOfAnchor {
        /// The subject of the anchor.
        anchor: String,
        /// What it breaks.
        fault: ProfileFault,
    },

    /// A critical extension that nobody here enforces (section 4.2).
    #[error(
        "has a critical extension that is not enforced here; have it issued anew without, or not critical"
    )]
    UnhandledCriticalExtension,

    /// A version without extensions, such as X.509 v1.
    #[error(
        "is X.509 version {0}; only version 3 says what it may be used for, have it issued anew"
    )]
    Version(u8),

    /// Anything else that webpki refuses, in its words.
    #[error("is refused by webpki: {0}")]
    Other(String),
}

/// What RFC 5280 section 4 asks of a certificate, and a path can hold without: judged under
/// [`require_rfc5280_profile`](crate::ChainPolicyBuilder::require_rfc5280_profile).
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ProfileFault {
    /// A subject alternative name is not of its form, such as a DNS name with an underscore (section
    /// 4.2.1.6).
    #[error("has a subject alternative name that is not of the form of its kind")]
    AlternativeName,

    /// A leaf has name constraints, which are for CAs (section 4.2.1.10).
    #[error("is no CA's, and it has nameConstraints")]
    NameConstraintsOfLeaf,

    /// A certificate that another CA issued has no authority key identifier (section 4.2.1.1).
    #[error("has no authorityKeyIdentifier with a key identifier")]
    NoAuthorityKeyIdentifier,

    /// A CA's certificate has no subject key identifier (section 4.2.1.2).
    #[error("has no subjectKeyIdentifier")]
    NoSubjectKeyIdentifier,

    /// An extension that has to be critical is not (sections 4.2.1.6, .9, .10, .11 and .14).
    #[error("has a {0} that is not critical")]
    NotCritical(&'static str),

    /// The serial number is not positive, or has more than 20 octets (section 4.1.2.2).
    #[error("has a serial number that is not positive or has more than 20 octets")]
    SerialNumber,

    /// An extension is not in its form, or empty.
    #[error("has a {0} that is empty or cannot be read")]
    Unreadable(&'static str),
}

/// What a certificate is for, if not for this.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PurposeFault {
    /// Its extended key usage leaves out clientAuth.
    #[error(
        "is for {allows}, not for client authentication; have one issued with the extended key usage \
         clientAuth"
    )]
    ExtendedKeyUsage {
        /// What it allows.
        allows: String,
    },

    /// Its key usage leaves out digitalSignature, without which it cannot sign a handshake.
    #[error(
        "may be used for {allows}, which leaves out digitalSignature; have one issued with that key usage"
    )]
    KeyUsage {
        /// What it allows.
        allows: String,
    },

    /// It has no extended key usage, and the policy asks for clientAuth by name.
    #[error(
        "has no extended key usage, and the policy demands clientAuth by name \
         (`require_client_auth_eku`); have one issued with it"
    )]
    NoExtendedKeyUsage,
}
