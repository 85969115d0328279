//! What the headers beside the certificates say, and whether it fits.

use core::fmt;

use super::ReceiveError;
use super::carriers::is_absent;
use crate::chain::CertChain;
use crate::header::{
    Carrier, Field, Flag, GOOGLE_CHAIN_LEFT_OUT, HeaderRow, OctetFormat, ReasonWords, VerdictWords,
    When, Word, octets, read_verdict, sha1_text, token_item,
};
use crate::x509::Certificate;

/// What a hop says that a certificate is worth, in
/// [`Client-Cert-Status`](crate::HeaderProfile::STATUS_HEADER) or in a product's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimedStatus {
    /// The hop's mode is passthrough: nobody has judged the chain.
    #[non_exhaustive]
    Unverified {
        /// Why it is unverified, such as `passthrough`, or in the words of the product.
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
pub(super) fn check_absence(claims: &[(&HeaderRow, &str)]) -> Result<(), ReceiveError> {
    for (row, value) in claims {
        if is_absent(value.as_bytes()) && row.field != Field::Status {
            continue;
        }
        let speaks_of_one = match &row.field {
            Field::Present(flag) | Field::Verified(flag) => read_flag(row, *flag, value)?,
            Field::TooLarge(_, flag) => match read_flag(row, *flag, value)? {
                true => return Err(ReceiveError::left_out(row)),
                false => false,
            },
            Field::Verdict(words) => read_word(row, *words, value, false)? != Word::None,
            Field::Reason(_) => false,
            Field::Status => read_status(row, value)?.word != Word::None,
            _ => true,
        };
        if speaks_of_one {
            return Err(ReceiveError::contradiction(
                row,
                "it speaks of a certificate, and no header carries one",
            ));
        }
    }
    Ok(())
}

/// With a leaf, no header may contradict it.
pub(super) fn check_claims(
    chain: &CertChain,
    leaf: &HeaderRow,
    claims: &[(&HeaderRow, &str)],
    may_lack_chain: bool,
) -> Result<Option<ClaimedStatus>, ReceiveError> {
    let mut status: Option<ClaimedStatus> = None;
    for (row, value) in claims {
        let fault = match &row.field {
            Field::Present(flag) if !read_flag(row, *flag, value)? => Some("there is a leaf"),
            Field::Reason(ReasonWords::GoogleCloud) => {
                let omits_chain = value
                    .split(',')
                    .any(|token| token.trim() == GOOGLE_CHAIN_LEFT_OUT);
                if omits_chain && !may_lack_chain {
                    return Err(ReceiveError::left_out(row));
                }
                None
            }
            Field::Sha1(format) => {
                let digest = sha1_text(chain.leaf_der(), *format);
                (!is_digest(value, &digest, *format)).then_some("it is not the SHA-1 of the leaf")
            }
            Field::Sha256(format) => {
                let digest = Certificate::describe(chain.leaf_der()).sha256();
                (!is_digest(value, &octets(&digest, *format), *format))
                    .then_some("it is not the SHA-256 of the leaf")
            }
            Field::TooLarge(carrier, flag) if read_flag(row, *flag, value)? => {
                if *carrier == Carrier::Chain && may_lack_chain {
                    continue;
                }
                return Err(ReceiveError::left_out(row));
            }
            Field::Status => {
                let said = read_status(row, value)?;
                if said.omits_chain && !may_lack_chain {
                    return Err(ReceiveError::left_out(row));
                }
                agree(&mut status, said.into(), leaf.when)
            }
            Field::Verdict(words) => {
                let said = Said::from(read_word(row, *words, value, true)?);
                agree(&mut status, said.into(), leaf.when)
            }
            Field::Verified(flag) => {
                let claimed = match read_flag(row, *flag, value)? {
                    true => ClaimedStatus::Verified,
                    false => ClaimedStatus::Unverified {
                        reason: None,
                        advisory: None,
                    },
                };
                agree(&mut status, Some(claimed), leaf.when)
            }
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(ReceiveError::contradiction(row, fault));
        }
    }
    Ok(status)
}

/// Puts together what several headers say; the first with reasons stands.
fn agree(
    status: &mut Option<ClaimedStatus>,
    said: Option<ClaimedStatus>,
    when: When,
) -> Option<&'static str> {
    let Some(said) = said else {
        return Some("there is a leaf");
    };
    let is_verified = said == ClaimedStatus::Verified;
    let fits_carrier = match when {
        When::Always => true,
        When::Unverified => !is_verified,
        When::Verified => is_verified,
    };
    if !fits_carrier {
        return Some("the header that carries the leaf says otherwise");
    }
    match status {
        Some(other) if (*other == ClaimedStatus::Verified) != is_verified => {
            Some("another header says otherwise")
        }
        Some(ClaimedStatus::Verified) => None,
        Some(ClaimedStatus::Unverified {
            reason: Some(_), ..
        }) => None,
        _ => {
            *status = Some(said);
            None
        }
    }
}

/// Hexadecimal in any letter case, base64 with or without padding.
fn is_digest(value: &str, expected: &str, format: OctetFormat) -> bool {
    match format {
        OctetFormat::Base64 | OctetFormat::Base64NoPadding => {
            value.trim_end_matches('=') == expected.trim_end_matches('=')
        }
        OctetFormat::ColonHex | OctetFormat::LowerHex | OctetFormat::UpperHex => {
            value.eq_ignore_ascii_case(expected)
        }
    }
}

fn read_flag(row: &HeaderRow, flag: Flag, value: &str) -> Result<bool, ReceiveError> {
    flag.read(value).ok_or_else(|| {
        let fault = match flag {
            Flag::OneOrZero => "it is neither 0 nor 1",
            Flag::TrueOrFalse => "it is neither false nor true",
        };
        ReceiveError::malformed(row, 1, fault.into())
    })
}

fn read_word(
    row: &HeaderRow,
    words: VerdictWords,
    value: &str,
    has_leaf: bool,
) -> Result<Word, ReceiveError> {
    read_verdict(words, value, has_leaf).ok_or_else(|| {
        let fault = "it is none of the product's words for a verdict";
        ReceiveError::malformed(row, 1, fault.into())
    })
}

/// What a status says.
struct Said {
    word: Word,
    advisory: Option<String>,
    omits_chain: bool,
}

impl From<Word> for Said {
    fn from(word: Word) -> Self {
        Self {
            word,
            advisory: None,
            omits_chain: false,
        }
    }
}

impl From<Said> for Option<ClaimedStatus> {
    fn from(said: Said) -> Self {
        match said.word {
            Word::None => None,
            Word::Verified => Some(ClaimedStatus::Verified),
            Word::Unverified(reason) => Some(ClaimedStatus::Unverified {
                reason: (!reason.is_empty()).then_some(reason),
                advisory: said.advisory,
            }),
        }
    }
}

fn read_status(row: &HeaderRow, value: &str) -> Result<Said, ReceiveError> {
    let (token, [reason, advisory, omitted]) =
        token_item(value.as_bytes(), ["reason", "advisory", "omitted"])
            .map_err(|fault| ReceiveError::at(row, fault))?;
    let word = match token.as_str() {
        "none" => Word::None,
        "unverified" => Word::Unverified(reason.unwrap_or_default()),
        "verified" => Word::Verified,
        _ => {
            let fault = "it is neither verified, unverified nor none";
            return Err(ReceiveError::malformed(row, 1, fault.into()));
        }
    };
    Ok(Said {
        word,
        advisory,
        omits_chain: omitted.is_some(),
    })
}
