//! The entries of a list in columns, in the list's order, so that the octets that were signed can be
//! had back.

use std::collections::HashMap;

use super::super::{ListFault, RevocationReason, RevokedEntry};
use super::entry::{EntryTail, read_tail};
use super::packed::Packed;
use super::serials::{LONGEST_SERIAL, Serials, minimal};
use crate::x509::der::{INTEGER, Reader, SEQUENCE, write_header};
use crate::x509::{SerialNumber, Time};

/// The octets of the shortest entry: a serial number of one octet, and a UTCTime.
const SHORTEST_ENTRY: usize = 20;

/// How many different forms of entries are told apart; lists have a handful.
const MOST_FORMS: usize = 4_096;

#[derive(Debug)]
pub(super) struct Entries {
    serials: Serials,
    earliest: i64,
    /// Seconds after the earliest.
    dates: Packed,
    forms: Box<[Form]>,
    form_of: Packed,
    /// The entries as they came, where the columns cannot give them back.
    der: Option<Box<[u8]>>,
}

/// What entries have in common.
#[derive(Debug)]
struct Form {
    date_tag: u8,
    /// What stands behind the date.
    tail: Box<[u8]>,
    reason: Option<RevocationReason>,
}

impl Entries {
    /// Reads the contents of `revokedCertificates`.
    pub(super) fn read(contents: &[u8], has_extensions: bool) -> Result<Self, ListFault> {
        Collector::new(contents).collect(contents, has_extensions)
    }

    pub(super) fn len(&self) -> usize {
        self.serials.len()
    }

    /// What the list says of a serial number, the contents octets of an INTEGER.
    pub(super) fn find(&self, serial: &[u8]) -> Option<RevokedEntry> {
        self.entry(self.serials.find(serial)?)
    }

    /// The entries in the list's order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (SerialNumber<'_>, RevokedEntry)> {
        const NONE: RevokedEntry = RevokedEntry {
            revoked_at: Time::from_unix_seconds(0),
            reason: None,
        };
        (0..self.len()).map(|index| {
            let serial = self
                .serials
                .get(index)
                .unwrap_or_default();
            // There is one for each index below the length.
            let entry = self.entry(index).unwrap_or(NONE);
            (SerialNumber::from_contents(serial), entry)
        })
    }

    /// Appends the contents of `revokedCertificates`, as they were read.
    pub(super) fn write(&self, der: &mut Vec<u8>) -> Option<()> {
        if let Some(contents) = &self.der {
            der.extend_from_slice(contents);
            return Some(());
        }
        let mut entry = Vec::new();
        for index in 0..self.len() {
            let form = self.form(index)?;
            let serial = self.serials.get(index)?;
            entry.clear();
            write_header(&mut entry, INTEGER, serial.len());
            entry.extend_from_slice(serial);
            self.date(index)?
                .write_der(&mut entry, form.date_tag);
            entry.extend_from_slice(&form.tail);
            write_header(der, SEQUENCE, entry.len());
            der.extend_from_slice(&entry);
        }
        Some(())
    }

    fn entry(&self, index: usize) -> Option<RevokedEntry> {
        Some(RevokedEntry {
            revoked_at: self.date(index)?,
            reason: self.form(index)?.reason,
        })
    }

    fn date(&self, index: usize) -> Option<Time> {
        let seconds = i64::try_from(self.dates.get(index)?).ok()?;
        Some(Time::from_unix_seconds(self.earliest + seconds))
    }

    fn form(&self, index: usize) -> Option<&Form> {
        self.forms
            .get(self.form_of.index(index)?)
    }
}

/// The entries of a list on their way into columns.
struct Collector<'a> {
    serials: Vec<&'a [u8]>,
    dates: Vec<i64>,
    forms: Vec<Form>,
    form_of: Vec<u32>,
    known_forms: HashMap<(u8, &'a [u8]), u32>,
    /// Whether the columns can give the entries back.
    is_lossless: bool,
}

impl<'a> Collector<'a> {
    fn new(contents: &'a [u8]) -> Self {
        // Entries of a list are about equally long.
        let capacity = Reader::new(contents)
            .next()
            .map_or(0, |first| {
                contents.len() / first.full.len().max(SHORTEST_ENTRY) + 1
            });
        Self {
            serials: Vec::with_capacity(capacity),
            dates: Vec::with_capacity(capacity),
            forms: Vec::new(),
            form_of: Vec::with_capacity(capacity),
            known_forms: HashMap::new(),
            is_lossless: true,
        }
    }

    fn collect(mut self, contents: &'a [u8], has_extensions: bool) -> Result<Entries, ListFault> {
        let malformed = || ListFault::Malformed("an entry of revokedCertificates");
        let mut reader = Reader::new(contents);
        let mut last_date: (&[u8], i64) = (&[], 0);
        let mut last_form: Option<((u8, &[u8]), u32)> = None;
        while !reader.is_empty() {
            let entry = reader
                .expect(SEQUENCE)
                .ok_or_else(malformed)?;
            let mut fields = Reader::new(entry.contents);
            let serial = fields
                .expect(INTEGER)
                .ok_or_else(malformed)?
                .contents;
            self.push_serial(serial)?;

            let date = fields.next().ok_or_else(malformed)?;
            if date.full != last_date.0 {
                let time = Time::of(date).ok_or_else(malformed)?;
                last_date = (date.full, time.unix_seconds());
            }
            self.dates.push(last_date.1);

            let key = (date.tag, fields.rest());
            let form = match last_form {
                Some((last, form)) if last == key => form,
                _ => self.form(key, has_extensions)?,
            };
            last_form = Some((key, form));
            self.form_of.push(form);
        }
        Ok(self.into_entries(contents))
    }

    fn push_serial(&mut self, serial: &'a [u8]) -> Result<(), ListFault> {
        if serial.is_empty() {
            return Err(ListFault::Malformed(
                "a serial number in revokedCertificates",
            ));
        }
        let minimal = minimal(serial);
        if minimal.len() > LONGEST_SERIAL {
            return Err(ListFault::SerialTooLong {
                octets: serial.len(),
                limit: LONGEST_SERIAL,
            });
        }
        self.is_lossless &= minimal.len() == serial.len();
        self.serials.push(minimal);
        Ok(())
    }

    fn form(&mut self, key: (u8, &'a [u8]), has_extensions: bool) -> Result<u32, ListFault> {
        if let Some(form) = self.known_forms.get(&key) {
            return Ok(*form);
        }
        let EntryTail { reason, octets } = read_tail(key.1, has_extensions)?;
        let (key, tail) = match self.forms.len() < MOST_FORMS {
            true => (key, key.1),
            // Only what is looked up is kept: there are no more reasons than eleven.
            false => {
                self.is_lossless = false;
                ((0, octets), &[][..])
            }
        };
        if let Some(form) = self.known_forms.get(&key) {
            return Ok(*form);
        }
        let form = u32::try_from(self.forms.len()).unwrap_or(u32::MAX);
        self.forms.push(Form {
            date_tag: key.0,
            tail: tail.into(),
            reason,
        });
        self.known_forms.insert(key, form);
        Ok(form)
    }

    fn into_entries(self, contents: &[u8]) -> Entries {
        let earliest = self
            .dates
            .iter()
            .copied()
            .min()
            .unwrap_or(0);
        let since_earliest = |date: &i64| date.abs_diff(earliest);
        let span = self
            .dates
            .iter()
            .map(since_earliest)
            .max()
            .unwrap_or(0);
        let most_forms = u64::try_from(self.forms.len().saturating_sub(1)).unwrap_or(0);
        Entries {
            serials: Serials::new(&self.serials),
            earliest,
            dates: Packed::new(span, self.dates.iter().map(since_earliest)),
            form_of: Packed::new(
                most_forms,
                self.form_of
                    .iter()
                    .map(|form| u64::from(*form)),
            ),
            forms: self.forms.into(),
            der: (!self.is_lossless).then(|| contents.into()),
        }
    }
}
