//! Loading lists from their sources: each is accepted, or it is said why not.

use super::{ListFault, ListReport, RevocationList, RevocationLists, RevocationListsError, list};
use crate::policy::name_text;
use crate::x509::pem::Sections;

/// Builds [`RevocationLists`] from PEM, DER and lists that were read before, in any mixture.
///
/// ```no_run
/// use edge_mtls::RevocationLists;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bundle = std::fs::read("crls.pem")?;
/// let partner = std::fs::read("partner.crl")?;
/// let (lists, report) = RevocationLists::builder()
///     .pem(&bundle)
///     .der(&partner)
///     .build_with_report()?;
/// for line in &report {
///     println!("{line}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct RevocationListsBuilder<'a> {
    sources: Vec<Source<'a>>,
}

#[derive(Debug)]
enum Source<'a> {
    Der(&'a [u8]),
    List(RevocationList),
    Pem(&'a [u8]),
}

impl<'a> RevocationListsBuilder<'a> {
    /// Adds the X509 CRL sections of a PEM file. Text and `#` comments between sections, LF and CRLF,
    /// a byte order mark and white space around a line are fine; anything else that is not a list is
    /// a fault of its own, and the lists behind it are read.
    pub fn pem(mut self, lists: &'a [u8]) -> Self {
        self.sources.push(Source::Pem(lists));
        self
    }

    /// Adds one list, as its DER.
    pub fn der(mut self, list: &'a [u8]) -> Self {
        self.sources.push(Source::Der(list));
        self
    }

    /// Adds a list that was read before; what is known of its signature stays known.
    pub fn list(mut self, list: RevocationList) -> Self {
        self.sources.push(Source::List(list));
        self
    }

    /// Builds the set. A list that is there twice counts once.
    ///
    /// # Errors
    ///
    /// [`RevocationListsError`] if there is no list, or any is refused: it names each of them, and
    /// why.
    pub fn build(self) -> Result<RevocationLists, RevocationListsError> {
        let (lists, reports) = self.load();
        let (accepted, refused): (Vec<ListReport>, Vec<ListReport>) = reports
            .into_iter()
            .partition(|report| report.outcome.is_ok());
        match refused.is_empty() {
            true => RevocationLists::of(lists).ok_or(RevocationListsError::NoLists),
            false => Err(RevocationListsError::Refused {
                refused,
                accepted: accepted.len(),
            }),
        }
    }

    /// Builds the set of those lists that can be used, and says of each what became of it. The status
    /// of a certificate whose list was refused is then unknown, or what an older list says.
    ///
    /// # Errors
    ///
    /// [`RevocationListsError`] if there is no list, or all are refused.
    pub fn build_with_report(
        self,
    ) -> Result<(RevocationLists, Vec<ListReport>), RevocationListsError> {
        let (lists, reports) = self.load();
        match RevocationLists::of(lists) {
            Some(lists) => Ok((lists, reports)),
            None if reports.is_empty() => Err(RevocationListsError::NoLists),
            None => Err(RevocationListsError::Refused {
                refused: reports,
                accepted: 0,
            }),
        }
    }

    fn load(self) -> (Vec<RevocationList>, Vec<ListReport>) {
        let mut known = Vec::new();
        let mut reports = Vec::new();
        let mut add = |issuer: Option<String>, outcome: Result<RevocationList, ListFault>| {
            reports.push(ListReport {
                entry: reports.len() + 1,
                issuer,
                outcome,
            });
        };
        let read = |der: &[u8]| {
            (
                list::issuer_of(der).map(name_text),
                RevocationList::from_der(der),
            )
        };
        for source in self.sources {
            match source {
                Source::Der(der) => {
                    let (issuer, outcome) = read(der);
                    add(issuer, outcome);
                }
                Source::List(list) => {
                    known.push(list.clone());
                    add(Some(name_text(list.issuer())), Ok(list));
                }
                Source::Pem(pem) => {
                    for section in Sections::of_lists(pem) {
                        let (issuer, outcome) = match section {
                            Ok(der) => read(&der),
                            Err(fault) => (None, Err(ListFault::Pem(fault))),
                        };
                        add(issuer, outcome);
                    }
                }
            }
        }
        // Of a list that is there twice the first is kept, and what is known of it.
        let read = reports
            .iter()
            .filter_map(|report| report.outcome.as_ref().ok().cloned());
        let lists = known.into_iter().chain(read).collect();
        (lists, reports)
    }
}
