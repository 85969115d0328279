//! What the headers beside the certificates say, and whether it fits.

use core::fmt;

use super::ReceiveError;
use crate::chain::CertChain;
use crate::header::{Field, Row, When, hex, sf};
use crate::x509::Certificate;

/// What a hop says that a certificate is worth, in
/// [`Client-Cert-Status`](crate::HeaderProfile::STATUS_HEADER).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimedStatus {
    /// The hop's mode is passthrough: nobody has judged the chain.
    #[non_exhaustive]
    Unverified {
        /// Why it is unverified, such as `passthrough`.
        reason: Option<String>,
        /// What an advisory policy said: `verified`, or the code of a rejection.
        advisory: Option<String>,
    },
    /// A policy of the hop accepted the chain.
    Verified,
}

/// As in the header: `verified`, or `unverified` with its parameters.
impl fmt::Display for ClaimedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::Unverified { reason, advisory } => {
                f.write_str("unverified")?;
                for (name, value) in [("reason", reason), ("advisory", advisory)] {
                    if let Some(value) = value {
                        write!(f, ";{name}={value}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Without a leaf, no header may speak of one.
pub(super) fn check_absence(
    chain: Option<&Row>,
    claims: &[(&Row, &str)],
) -> Result<(), ReceiveError> {
    if let Some(row) = chain {
        return Err(ReceiveError::contradiction(row, "there is no leaf"));
    }
    for (row, value) in claims {
        let fault = match row.field {
            Field::Present if *value == "0" => None,
            Field::Present if *value != "1" => Some("it is neither 0 nor 1"),
            Field::Status if read_status(row, value)?.is_none() => None,
            _ => Some("it speaks of a certificate, and no header carries one"),
        };
        if let Some(fault) = fault {
            return Err(ReceiveError::contradiction(row, fault));
        }
    }
    Ok(())
}

/// With a leaf, no header may contradict it.
pub(super) fn check_claims(
    chain: &CertChain,
    leaf: &Row,
    claims: &[(&Row, &str)],
) -> Result<Option<ClaimedStatus>, ReceiveError> {
    let mut status = None;
    for (row, value) in claims {
        let fault = match row.field {
            Field::Present if *value != "1" => Some("there is a leaf"),
            Field::Sha256 if !is_digest_of(value, chain.leaf_der()) => {
                Some("it is not the SHA-256 of the leaf")
            }
            Field::Status => {
                status = read_status(row, value)?;
                match (&status, leaf.when) {
                    (None, _) => Some("there is a leaf"),
                    (Some(ClaimedStatus::Verified), When::Unverified)
                    | (Some(ClaimedStatus::Unverified { .. }), When::Verified) => {
                        Some("the header that carries the leaf says otherwise")
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(ReceiveError::contradiction(row, fault));
        }
    }
    Ok(status)
}

fn is_digest_of(value: &str, der: &[u8]) -> bool {
    value == hex(&Certificate::describe(der).sha256(), "")
}

/// `None` for `none`.
fn read_status(row: &Row, value: &str) -> Result<Option<ClaimedStatus>, ReceiveError> {
    let (token, [reason, advisory]) = sf::token_item(value.as_bytes(), ["reason", "advisory"])
        .map_err(|error| ReceiveError::structured_field(row, error))?;
    match token.as_str() {
        "none" => Ok(None),
        "unverified" => Ok(Some(ClaimedStatus::Unverified { reason, advisory })),
        "verified" => Ok(Some(ClaimedStatus::Verified)),
        _ => Err(ReceiveError::malformed(
            row,
            1,
            "it is neither verified, unverified nor none".into(),
        )),
    }
}
