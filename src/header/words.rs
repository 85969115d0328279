//! Verdicts in the words of other products, both ways.

use super::field::{ReasonWords, VerdictWords};
use crate::policy::{ChainFault, ClientIdentity, Rejection, UntrustedCause};
use crate::revocation::UnknownCause;

/// What a word says of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Word {
    /// Another hop speaks of it.
    Forwarded,
    /// There is no certificate.
    None,
    /// It is verified.
    Verified,
    /// It is not, for this reason.
    Unverified(String),
}

/// The verdict on an identity.
pub(super) fn verdict(words: VerdictWords, identity: &ClientIdentity) -> String {
    let advisory = match identity {
        ClientIdentity::Unverified { advisory, .. } => advisory
            .as_ref()
            .and_then(|verdict| verdict.as_ref().err()),
        _ => None,
    };
    match (words, identity) {
        (VerdictWords::OpenSslNumber, ClientIdentity::Unverified { .. }) => advisory
            .map_or(APPLICATION_VERIFICATION, openssl)
            .0
            .to_string(),
        (VerdictWords::OpenSslNumber, _) => "0".into(),
        (_, ClientIdentity::Anonymous) => NONE.into(),
        (_, ClientIdentity::Verified { .. }) => SUCCESS.into(),
        (words, ClientIdentity::Unverified { .. }) => match (words, advisory) {
            (_, Some(rejection)) => format!("{FAILED}{}", openssl(rejection).1),
            (VerdictWords::Apache, None) => GENEROUS.into(),
            (_, None) => format!("{FAILED}unverified"),
        },
    }
}

/// What a verdict says; `None` if it is none of the words.
pub(crate) fn read_verdict(words: VerdictWords, text: &str, has_leaf: bool) -> Option<Word> {
    match words {
        VerdictWords::OpenSslNumber => {
            let is_number = text
                .bytes()
                .all(|octet| octet.is_ascii_digit());
            match text {
                "0" if has_leaf => Some(Word::Verified),
                "0" => Some(Word::None),
                "" => None,
                number if is_number && number.len() <= 4 && !number.starts_with('0') => {
                    Some(Word::Unverified(number.into()))
                }
                _ => None,
            }
        }
        VerdictWords::Apache | VerdictWords::Nginx => match text {
            NONE => Some(Word::None),
            SUCCESS => Some(Word::Verified),
            GENEROUS if words == VerdictWords::Apache => Some(Word::Unverified(GENEROUS.into())),
            failed => failed
                .strip_prefix(FAILED)
                .map(|reason| Word::Unverified(reason.into())),
        },
    }
}

/// Why an identity is not verified.
pub(super) fn reason(words: ReasonWords, identity: &ClientIdentity) -> Option<&'static str> {
    let advisory = match identity {
        ClientIdentity::Verified { .. } => return None,
        ClientIdentity::Anonymous => Some(&Rejection::Missing),
        ClientIdentity::Unverified { advisory, .. } => advisory
            .as_ref()
            .and_then(|verdict| verdict.as_ref().err()),
    };
    Some(match (words, advisory) {
        (ReasonWords::Code, None) => "passthrough",
        (ReasonWords::Code, Some(rejection)) => rejection.code(),
        (ReasonWords::GoogleCloud, None) => "client_cert_validation_not_performed",
        (ReasonWords::GoogleCloud, Some(rejection)) => google(rejection),
    })
}

/// The token by which Google Cloud says that there is no certificate.
pub(crate) const GOOGLE_NOT_PROVIDED: &str = "client_cert_not_provided";

/// How those tokens end that say that something was left out.
pub(crate) const GOOGLE_TOO_LONG: &str = "_exceeded_size_limit";

/// The token by which Google Cloud says that it left the chain out.
pub(crate) const GOOGLE_CHAIN_LEFT_OUT: &str = "client_cert_validated_chain_exceeded_size_limit";

fn google(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Missing => GOOGLE_NOT_PROVIDED,
        Rejection::TooCostly { .. } => "client_cert_validation_search_limit_exceeded",
        Rejection::TooManyCertificates { .. } => "client_cert_chain_exceeded_limit",
        Rejection::UnsupportedAlgorithm { .. } => "client_cert_unsupported_key_algorithm",
        Rejection::WrongPurpose { .. } => "client_cert_chain_invalid_eku",
        _ => "client_cert_validation_failed",
    }
}

const FAILED: &str = "FAILED:";
const GENEROUS: &str = "GENEROUS";
const NONE: &str = "NONE";
const SUCCESS: &str = "SUCCESS";

const APPLICATION_VERIFICATION: (u32, &str) = (50, "application verification failure");

/// The number and the text of OpenSSL 3's `X509_verify_cert_error_string` for a rejection.
fn openssl(rejection: &Rejection) -> (u32, &'static str) {
    match rejection {
        Rejection::AnchorExpired { .. } | Rejection::Expired { .. } => {
            (10, "certificate has expired")
        }
        Rejection::Invalid { fault, .. } => match fault {
            ChainFault::PathLength | ChainFault::PathLengthOfAnchor => {
                (25, "path length constraint exceeded")
            }
            // OpenSSL finds 79, too, and goes on; servers tell the last one.
            ChainFault::IssuerIsNotCa => (26, "unsuitable certificate purpose"),
            ChainFault::IssuerMayNotSign => (32, "key usage does not include certificate signing"),
            ChainFault::UnhandledCriticalExtension => (34, "unhandled critical extension"),
            ChainFault::NameConstraint => (47, "permitted subtree violation"),
            _ => APPLICATION_VERIFICATION,
        },
        Rejection::NotYetValid { .. } => (9, "certificate is not yet valid"),
        Rejection::Revoked { .. } => (23, "certificate revoked"),
        Rejection::RevocationUnknown { cause, .. } => match cause {
            UnknownCause::BadSignature { .. } => (8, "CRL signature failure"),
            UnknownCause::Expired { .. } => (12, "CRL has expired"),
            UnknownCause::IssuerMayNotSign { .. } => (35, "key usage does not include CRL signing"),
            UnknownCause::NotYetValid { .. } => (11, "CRL is not yet valid"),
            UnknownCause::OutOfScope { .. } => (44, "different CRL scope"),
            _ => (3, "unable to get certificate CRL"),
        },
        Rejection::TooManyCertificates { .. } => (22, "certificate chain too long"),
        Rejection::Untrusted {
            certificate, cause, ..
        } => match (cause, certificate.index) {
            (UntrustedCause::IssuerNotFound, 0) => (21, "unable to verify the first certificate"),
            (UntrustedCause::IssuerNotFound, _) => (20, "unable to get local issuer certificate"),
            (UntrustedCause::SelfSigned, 0) => (18, "self-signed certificate"),
            (UntrustedCause::SelfSigned, _) => (19, "self-signed certificate in certificate chain"),
            (UntrustedCause::WrongKey, _) => (7, "certificate signature failure"),
        },
        Rejection::WrongPurpose { .. } => (26, "unsuitable certificate purpose"),
        _ => APPLICATION_VERIFICATION,
    }
}
