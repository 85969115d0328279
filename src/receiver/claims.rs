//! What the headers beside the certificates say, and whether it fits.

use core::fmt;

use super::ReceiveError;
use super::carriers::Modes;
use crate::chain::CertChain;
use crate::header::{
    Carrier, FORWARDED, Field, Flag, GOOGLE_CHAIN_LEFT_OUT, GOOGLE_NOT_PROVIDED, GOOGLE_TOO_LONG,
    HeaderRow, OctetFormat, ReasonWords, VerdictWords, Word, is_absent, is_word, octets,
    read_verdict, sha1_text, string, token_item,
};
use crate::policy::Rejection;
use crate::x509::Certificate;

/// What a hop says that a certificate is worth, in
/// [`Client-Cert-Status`](crate::HeaderProfile::STATUS_HEADER) or in a product's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimedStatus {
    /// The hop hands on what another hop said of its client, and has judged nothing.
    Forwarded,
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
    /// A policy of the hop accepted the chain, though no revocation list proves that none of its
    /// certificates is revoked.
    #[non_exhaustive]
    VerifiedUnproven {
        /// The worst of it: `overridden` (a list revokes one, and the hop's function accepts it all the
        /// same), `unknown` (the hop's policy allows that), or `settled` (its function said that it is
        /// good).
        revocation: String,
    },
}

/// What the status header says of the revocation of a verified chain, where no list proves it.
const UNPROVEN: [&str; 3] = ["overridden", "settled", "unknown"];

/// As in the header: `forwarded`, `verified` (with its parameter), or `unverified` with its parameters. A reason in a
/// product's words stands in quotes, if it is no single word.
impl fmt::Display for ClaimedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forwarded => f.write_str(FORWARDED),
            Self::Verified => f.write_str("verified"),
            Self::VerifiedUnproven { revocation } => write!(f, "verified;revocation={revocation}"),
            Self::Unverified { reason, advisory } => {
                f.write_str("unverified")?;
                for (name, value) in [("reason", reason), ("advisory", advisory)] {
                    match value {
                        Some(value) if is_word(value) => write!(f, ";{name}={value}")?,
                        Some(value) => write!(f, ";{name}={}", string(value))?,
                        None => {}
                    }
                }
                Ok(())
            }
        }
    }
}

/// A leaf that was left out is not one that was never there.
pub(super) fn check_left_out(claims: &[(&HeaderRow, &str)]) -> Result<(), ReceiveError> {
    for (row, value) in claims {
        if let Field::TooLarge(_, flag) = &row.field
            && !is_absent(value.as_bytes())
            && read_flag(row, *flag, value)?
        {
            return Err(ReceiveError::left_out(row));
        }
    }
    Ok(())
}

/// Without a leaf, no header may speak of one.
pub(super) fn check_absence(claims: &[(&HeaderRow, &str)]) -> Result<(), ReceiveError> {
    for (row, value) in claims {
        if is_absent(value.as_bytes()) && row.field != Field::Status {
            continue;
        }
        let speaks_of_one = match &row.field {
            Field::Present(flag) | Field::Verified(flag) => read_flag(row, *flag, value)?,
            Field::TooLarge(..) => false,
            Field::Verdict(words) => read_word(row, *words, value, false)? != Word::None,
            Field::Reason(words) => !is_of_absence(*words, value),
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
    modes: Modes,
    claims: &[(&HeaderRow, &str)],
    may_lack_chain: bool,
) -> Result<Option<ClaimedStatus>, ReceiveError> {
    let mut status: Option<ClaimedStatus> = None;
    for (row, value) in claims {
        let fault = match &row.field {
            Field::Present(flag) if !read_flag(row, *flag, value)? => Some("there is a leaf"),
            Field::Reason(words) => match read_reason(*words, value) {
                Reason::Absence => Some("there is a leaf"),
                Reason::ChainLeftOut if !may_lack_chain => {
                    return Err(ReceiveError::left_out(row));
                }
                Reason::ChainLeftOut | Reason::None => None,
                Reason::Unverified => agree(
                    &mut status,
                    Some(ClaimedStatus::Unverified {
                        reason: Some((*value).to_owned()),
                        advisory: None,
                    }),
                    modes,
                ),
            },
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
                agree(&mut status, said.into(), modes)
            }
            Field::Verdict(words) => {
                let said = Said::from(read_word(row, *words, value, true)?);
                agree(&mut status, said.into(), modes)
            }
            Field::Verified(flag) => {
                let claimed = match read_flag(row, *flag, value)? {
                    true => ClaimedStatus::Verified,
                    false => ClaimedStatus::Unverified {
                        reason: None,
                        advisory: None,
                    },
                };
                agree(&mut status, Some(claimed), modes)
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
    modes: Modes,
) -> Option<&'static str> {
    let Some(said) = said else {
        return Some("there is a leaf");
    };
    let fits_carriers = match said {
        ClaimedStatus::Forwarded => !modes.verified && !modes.unverified,
        ClaimedStatus::Unverified { .. } => !modes.verified,
        ClaimedStatus::Verified | ClaimedStatus::VerifiedUnproven { .. } => !modes.unverified,
    };
    if !fits_carriers {
        return Some("the header that carries the leaf says otherwise");
    }
    match status {
        Some(other) if worth(other) != worth(&said) => Some("another header says otherwise"),
        // The one that says more stands.
        Some(ClaimedStatus::Unverified { reason: None, .. } | ClaimedStatus::Verified) | None => {
            *status = Some(said);
            None
        }
        Some(_) => None,
    }
}

/// What several headers must agree on.
fn worth(status: &ClaimedStatus) -> u8 {
    match status {
        ClaimedStatus::Forwarded => 0,
        ClaimedStatus::Unverified { .. } => 1,
        ClaimedStatus::Verified | ClaimedStatus::VerifiedUnproven { .. } => 2,
    }
}

/// What the reason says, apart from words of its own.
enum Reason {
    /// There is no certificate.
    Absence,
    ChainLeftOut,
    /// Nothing against the certificate.
    None,
    Unverified,
}

fn read_reason(words: ReasonWords, value: &str) -> Reason {
    if is_absent(value.as_bytes()) {
        return Reason::None;
    }
    if is_of_absence(words, value) {
        return Reason::Absence;
    }
    if words == ReasonWords::Code {
        return Reason::Unverified;
    }
    let tokens = || value.split(',').map(str::trim);
    if !tokens().all(|token| token.ends_with(GOOGLE_TOO_LONG)) {
        return Reason::Unverified;
    }
    match tokens().any(|token| token == GOOGLE_CHAIN_LEFT_OUT) {
        true => Reason::ChainLeftOut,
        false => Reason::None,
    }
}

/// Whether a reason is that there is no certificate.
fn is_of_absence(words: ReasonWords, value: &str) -> bool {
    match words {
        ReasonWords::Code => value == Rejection::Missing.code(),
        ReasonWords::GoogleCloud => value == GOOGLE_NOT_PROVIDED,
    }
}

/// Whether a value is the digest, or says nothing: hexadecimal in any letter case, base64 with or without
/// padding.
fn is_digest(value: &str, expected: &str, format: OctetFormat) -> bool {
    if is_absent(value.as_bytes()) {
        return true;
    }
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
    revocation: Option<String>,
    omits_chain: bool,
}

impl From<Word> for Said {
    fn from(word: Word) -> Self {
        Self {
            word,
            advisory: None,
            revocation: None,
            omits_chain: false,
        }
    }
}

impl From<Said> for Option<ClaimedStatus> {
    fn from(said: Said) -> Self {
        match said.word {
            Word::Forwarded => Some(ClaimedStatus::Forwarded),
            Word::None => None,
            Word::Verified => Some(match said.revocation {
                None => ClaimedStatus::Verified,
                Some(revocation) => ClaimedStatus::VerifiedUnproven { revocation },
            }),
            Word::Unverified(reason) => Some(ClaimedStatus::Unverified {
                reason: (!reason.is_empty()).then_some(reason),
                advisory: said.advisory,
            }),
        }
    }
}

fn read_status(row: &HeaderRow, value: &str) -> Result<Said, ReceiveError> {
    let malformed = |fault: &str| Err(ReceiveError::malformed(row, 1, fault.into()));
    let (token, [reason, advisory, revocation, omitted]) = token_item(
        value.as_bytes(),
        ["reason", "advisory", "revocation", "omitted"],
    )
    .map_err(|fault| ReceiveError::at(row, fault))?;
    let has_reasons = reason.is_some() || advisory.is_some();
    let word = match token.as_str() {
        "unverified" => Word::Unverified(reason.unwrap_or_default()),
        _ if has_reasons => return malformed("only what is unverified has reasons"),
        FORWARDED => Word::Forwarded,
        "none" => Word::None,
        "verified" => Word::Verified,
        _ => return malformed("it is neither verified, unverified, forwarded nor none"),
    };
    match &revocation {
        None => {}
        Some(_) if word != Word::Verified => {
            return malformed("only what is verified has a revocation status");
        }
        Some(status) if UNPROVEN.contains(&status.as_str()) => {}
        Some(_) => {
            return malformed("its revocation status is neither overridden, settled nor unknown");
        }
    }
    let omits_chain = match omitted.as_deref() {
        None => false,
        Some("chain") => true,
        Some(_) => return malformed("what is omitted is not the chain"),
    };
    Ok(Said {
        word,
        advisory,
        revocation,
        omits_chain,
    })
}
