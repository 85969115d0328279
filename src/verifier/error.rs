//! Errors of the verifier, and rejections as rustls errors.

use core::fmt;
use std::sync::Arc;

use rustls::{CertificateError, Error, OtherError};
use thiserror::Error;

use crate::policy::Rejection;

/// Why a [`ClientCertVerifier`](crate::ClientCertVerifier) cannot be made.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum VerifierError {
    /// The provider cannot verify any handshake signature.
    #[error(
        "the `CryptoProvider` has no signature scheme, or one without an algorithm, in \
         `signature_verification_algorithms.mapping`; use a complete provider"
    )]
    NoAlgorithms,

    /// No provider is installed for the process.
    #[error(
        "no process-wide `CryptoProvider` is installed; call `install_default` on one, or pass one \
         to `ClientCertVerifier::new`"
    )]
    NoProvider,
}

/// Why a policy cannot be replaced.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The new policy advertises other CA names.
    #[error(
        "the new policy advertises other CA names, which a verifier that is shared between \
         connections cannot change; build a new verifier and `ServerConfig`, or use \
         `for_connection` and `replace_with_ca_names`"
    )]
    CaNames,
}

/// Refuses a handshake: tells the log, and gives rustls its error.
pub(super) fn refuse(rejection: Rejection) -> Error {
    log(&rejection);
    to_rustls(rejection)
}

/// The rustls error with the alert that [`Rejection::tls_alert`] names. Where rustls has no variant
/// for a reason, the error carries the `Rejection` itself.
fn to_rustls(rejection: Rejection) -> Error {
    let certificate_error = match rejection {
        Rejection::AnchorExpired { .. } | Rejection::Untrusted { .. } => {
            CertificateError::UnknownIssuer
        }
        Rejection::EmptyCertificate { .. } | Rejection::Malformed { .. } => {
            CertificateError::BadEncoding
        }
        Rejection::Expired { not_after, now, .. } => {
            match (now.to_unix_time(), not_after.to_unix_time()) {
                (Some(time), Some(not_after)) => {
                    CertificateError::ExpiredContext { time, not_after }
                }
                _ => CertificateError::Expired,
            }
        }
        Rejection::HandshakeIncomplete => CertificateError::ApplicationVerificationFailure,
        Rejection::Missing => return Error::NoCertificatesPresented,
        Rejection::NotYetValid {
            not_before, now, ..
        } => match (now.to_unix_time(), not_before.to_unix_time()) {
            (Some(time), Some(not_before)) => {
                CertificateError::NotValidYetContext { time, not_before }
            }
            _ => CertificateError::NotValidYet,
        },
        Rejection::PossessionUnproven { .. } => CertificateError::BadSignature,
        Rejection::RevocationUnknown { .. } => CertificateError::UnknownRevocationStatus,
        Rejection::Revoked { .. } => CertificateError::Revoked,
        Rejection::WrongPurpose { .. } => CertificateError::InvalidPurpose,
        Rejection::Invalid { .. }
        | Rejection::TooCostly { .. }
        | Rejection::TooLarge { .. }
        | Rejection::TooManyCertificates { .. }
        | Rejection::UnsupportedAlgorithm { .. } => {
            CertificateError::Other(OtherError(Arc::new(Sentence(rejection))))
        }
    };
    Error::InvalidCertificate(certificate_error)
}

/// Tells the host's log why a policy refused a chain, with the feature `tracing`; rustls's error has no
/// room for it.
#[cfg(feature = "tracing")]
fn log(rejection: &Rejection) {
    tracing::debug!(
        code = rejection.code(),
        "client certificate refused: {rejection}"
    );
}

#[cfg(not(feature = "tracing"))]
fn log(_: &Rejection) {}

/// rustls prints what an error carries by `Debug`; people read the sentence.
#[derive(Clone)]
struct Sentence(Rejection);

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl core::error::Error for Sentence {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;
    use crate::policy::one_of_each;

    #[test]
    fn every_reason_ends_in_the_alert_of_the_table() {
        for rejection in one_of_each() {
            let documented = rejection.tls_alert();
            let sentence = rejection.to_string();
            let alert = match to_rustls(rejection) {
                Error::InvalidCertificate(error) => {
                    if let CertificateError::Other(_) = error {
                        assert!(format!("{error}").contains(&sentence), "{error}");
                    }
                    u8::from(AlertDescription::from(error))
                }
                Error::NoCertificatesPresented => u8::from(AlertDescription::CertificateRequired),
                other => panic!("{other:?}"),
            };
            assert_eq!(alert, documented, "{sentence}");
        }
    }
}
