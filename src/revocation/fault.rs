//! Why a list is not taken.

use core::fmt;

use thiserror::Error;

use super::RevocationList;
use crate::x509::PemFault;

/// Why a certificate revocation list is not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ListFault {
    /// The list is about attribute certificates alone (RFC 5280 section 5.2.5).
    #[error(
        "it is a list of attribute certificates, which TLS does not use; leave it out, and load the \
         CA's list of public key certificates"
    )]
    AttributeCertificates,

    /// `cRLNumber` is marked critical, which RFC 5280 section 5.2.3 forbids.
    #[error("its cRLNumber is critical, which RFC 5280 forbids; ask the CA for a well-formed list")]
    CriticalNumber,

    /// It is a delta list, which says only what changed (RFC 5280 section 5.2.4).
    #[error("it is a delta list, which is not supported; load the complete list of the same CA")]
    Delta,

    /// Two extensions have the same object identifier (RFC 5280 section 4.2).
    #[error("the extension {oid} appears twice; ask the CA for a well-formed list")]
    DuplicateExtension {
        /// The object identifier.
        oid: String,
    },

    /// It names no issuer (RFC 5280 section 5.1.2.3).
    #[error("its issuer is empty, so that no certificate can be matched with it")]
    EmptyIssuer,

    /// It is a certificate.
    #[error("it is a certificate and no revocation list; CA certificates go into the `TrustStore`")]
    IsCertificate,

    /// It is PEM, where DER was expected.
    #[error("it is PEM, and DER was expected; give it to `pem` or `from_pem`")]
    IsPem,

    /// It is an indirect list, with certificates of other issuers (RFC 5280 sections 5.2.5 and
    /// 5.3.3).
    #[error(
        "it is an indirect list, which is not supported; load the lists that the CAs themselves issue"
    )]
    Indirect,

    /// A part of it cannot be read.
    #[error("{0} cannot be read (RFC 5280 section 5.1); copy the list again from its source")]
    Malformed(&'static str),

    /// It stands in a section of a PEM file that cannot be read.
    #[error("its section of the PEM file cannot be read: {0}")]
    Pem(PemFault),

    /// It is about some reasons for revocation alone (RFC 5280 section 5.2.5).
    #[error(
        "it is partitioned by reason (onlySomeReasons), which is not supported; load the list for all \
         reasons"
    )]
    ReasonPartitioned,

    /// A serial number is longer than any certificate's.
    #[error(
        "it has a serial number of {octets} octets, more than the {limit} that are read (RFC 5280 \
         allows 20); ask the CA for a well-formed list"
    )]
    SerialTooLong {
        /// How many octets it has.
        octets: usize,
        /// The limit.
        limit: usize,
    },

    /// A critical extension, of the list or of an entry, is not known here: RFC 5280 section 5.2
    /// forbids the use of such a list.
    #[error(
        "its critical extension {oid} is not known here, so that RFC 5280 forbids its use; ask the CA \
         for a list without it"
    )]
    UnhandledCriticalExtension {
        /// The object identifier.
        oid: String,
    },
}

/// What became of one list that was to be loaded.
///
/// It displays as one line for the log.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListReport {
    /// Which list, counted from 1, over all sources in the order added.
    pub entry: usize,
    /// Its issuer as RFC 4514 text, cut at 256 characters, where it can be read.
    pub issuer: Option<String>,
    /// The list, or why it is not taken.
    pub outcome: Result<RevocationList, ListFault>,
}

impl fmt::Display for ListReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revocation list {}", self.entry)?;
        match (&self.outcome, &self.issuer) {
            (Ok(list), _) => {
                let entries = match list.len() {
                    1 => "entry",
                    _ => "entries",
                };
                write!(f, " is accepted: {list}, {} {entries}, ", list.len())?;
                match list.next_update() {
                    Some(next_update) => write!(f, "the next one due at {next_update}"),
                    None => f.write_str(
                        "without nextUpdate, so that it is no proof unless \
                         `Revocation::assume_next_update_after` says for how long",
                    ),
                }
            }
            (Err(fault), Some(issuer)) => write!(f, " (of '{issuer}') is refused: {fault}"),
            (Err(fault), None) => write!(f, " is refused: {fault}"),
        }
    }
}

/// Why a set of lists cannot be built.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RevocationListsError {
    /// There is no list in any source.
    #[error(
        "the sources hold no revocation list, so that no certificate's status would be known; a PEM \
         file needs a line -----BEGIN X509 CRL-----, and DER goes into `RevocationListsBuilder::der`"
    )]
    NoLists,

    /// Lists are refused.
    #[error("{}", refused_text(.refused, *.accepted))]
    Refused {
        /// Each of them, and why.
        refused: Vec<ListReport>,
        /// How many others could be used.
        accepted: usize,
    },
}

fn refused_text(refused: &[ListReport], accepted: usize) -> String {
    let reports: Vec<String> = refused
        .iter()
        .map(ToString::to_string)
        .collect();
    let remedy = match accepted {
        0 => "",
        _ => "; `build_with_report` would use the others",
    };
    format!("{} ({accepted} accepted{remedy})", reports.join("; "))
}
