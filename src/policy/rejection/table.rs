//! The table of reasons: our own code, CloudFront's connection status, TLS alert, HTTP status.

use super::Rejection;

impl Rejection {
    pub(super) fn row(&self) -> Row {
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

/// One line of the table.
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) cloudfront: &'static str,
    pub(super) alert: u8,
    pub(super) http: u16,
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

/// One of each reason, for tests of what every reason must have.
#[cfg(test)]
pub(crate) fn one_of_each() -> Vec<Rejection> {
    use super::{ChainFault, PresentedCertificate, PurposeFault, UntrustedCause};
    use crate::revocation::{RevokedBy, UnknownCause};
    use crate::x509::{Certificate, Time};

    let time = Time::from_unix_seconds(1_893_456_000);
    let certificate = || PresentedCertificate::new(1, &Certificate::describe(&[]));
    vec![
        Rejection::AnchorExpired {
            anchor: "CN=root".into(),
            not_before: time,
            not_after: time,
            now: time,
        },
        Rejection::EmptyCertificate { index: 1 },
        Rejection::Expired {
            certificate: certificate(),
            not_after: time,
            now: time,
        },
        Rejection::HandshakeIncomplete,
        Rejection::Invalid {
            certificate: certificate(),
            fault: ChainFault::LeafIsCa,
        },
        Rejection::Malformed {
            certificate: certificate(),
            part: "issuer".into(),
        },
        Rejection::Missing,
        Rejection::NotYetValid {
            certificate: certificate(),
            not_before: time,
            now: time,
        },
        Rejection::PossessionUnproven {
            certificate: certificate(),
        },
        Rejection::Revoked {
            certificate: certificate(),
            by: RevokedBy::DeniedKey,
        },
        Rejection::RevocationUnknown {
            certificate: certificate(),
            cause: UnknownCause::NoList {
                issuer: "CN=root".into(),
            },
            left_to_host: true,
        },
        Rejection::TooCostly { signatures: 30 },
        Rejection::TooLarge { bytes: 2, limit: 1 },
        Rejection::TooManyCertificates { count: 2, limit: 1 },
        Rejection::UnsupportedAlgorithm {
            certificate: certificate(),
            algorithm: "1.2.3".into(),
        },
        Rejection::Untrusted {
            certificate: certificate(),
            issuer: "CN=root".into(),
            cause: UntrustedCause::IssuerNotFound,
        },
        Rejection::WrongPurpose {
            certificate: certificate(),
            fault: PurposeFault::NoExtendedKeyUsage,
        },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_documented_table_is_the_table() {
        let documented: BTreeSet<String> = include_str!("table.md")
            .lines()
            .skip(2)
            .map(str::to_owned)
            .collect();
        let alert_name = |alert| match alert {
            BAD_CERTIFICATE => "bad_certificate",
            UNSUPPORTED_CERTIFICATE => "unsupported_certificate",
            CERTIFICATE_REVOKED => "certificate_revoked",
            CERTIFICATE_EXPIRED => "certificate_expired",
            CERTIFICATE_UNKNOWN => "certificate_unknown",
            UNKNOWN_CA => "unknown_ca",
            ACCESS_DENIED => "access_denied",
            DECRYPT_ERROR => "decrypt_error",
            CERTIFICATE_REQUIRED => "certificate_required",
            other => panic!("alert {other} has no name here"),
        };
        let table: BTreeSet<String> = one_of_each()
            .iter()
            .map(|rejection| {
                let alert = rejection.tls_alert();
                format!(
                    "| `{}` | `{}` | {alert} {} | {} |",
                    rejection.code(),
                    rejection.cloudfront_status(),
                    alert_name(alert),
                    rejection.http_status(),
                )
            })
            .collect();
        assert_eq!(table, documented);
    }

    #[test]
    fn every_reason_has_a_code_and_a_sentence_of_its_own() {
        let all = one_of_each();
        let codes: BTreeSet<&str> = all
            .iter()
            .map(Rejection::code)
            .collect();
        assert_eq!(codes.len(), all.len());
        for rejection in &all {
            // A token of RFC 9651, and a line that no log splits.
            assert!(
                rejection
                    .code()
                    .bytes()
                    .all(|octet| octet.is_ascii_lowercase() || octet == b'-')
            );
            let sentence = rejection.to_string();
            assert!(sentence.len() > 20 && sentence.is_ascii(), "{sentence}");
        }
    }

    /// Fails to compile when a reason is added and not to [`one_of_each`].
    #[test]
    fn one_of_each_is_complete() {
        let place = |rejection: &Rejection| match rejection {
            Rejection::AnchorExpired { .. } => 0,
            Rejection::EmptyCertificate { .. } => 1,
            Rejection::Expired { .. } => 2,
            Rejection::HandshakeIncomplete => 3,
            Rejection::Invalid { .. } => 4,
            Rejection::Malformed { .. } => 5,
            Rejection::Missing => 6,
            Rejection::NotYetValid { .. } => 7,
            Rejection::PossessionUnproven { .. } => 8,
            Rejection::Revoked { .. } => 9,
            Rejection::RevocationUnknown { .. } => 10,
            Rejection::TooCostly { .. } => 11,
            Rejection::TooLarge { .. } => 12,
            Rejection::TooManyCertificates { .. } => 13,
            Rejection::UnsupportedAlgorithm { .. } => 14,
            Rejection::Untrusted { .. } => 15,
            Rejection::WrongPurpose { .. } => 16,
        };
        let places: Vec<usize> = one_of_each()
            .iter()
            .map(place)
            .collect();
        assert_eq!(places, (0..17).collect::<Vec<_>>());
    }
}
