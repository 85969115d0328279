//! The entries of a list in columns: each serial number in a row of its own, in the list's order, so
//! that the octets that were signed can be had back; and an index by serial number.

use std::collections::HashMap;

use super::super::{ListFault, RevocationReason, RevokedEntry};
use super::entry::{EntryTail, read_tail};
use super::packed::Packed;
use crate::x509::der::{INTEGER, Reader, SEQUENCE, write_header};
use crate::x509::{SerialNumber, Time};

/// The longest serial number that is read, in octets. RFC 5280 section 4.1.2.2 allows 20.
pub(crate) const LONGEST_SERIAL: usize = 40;

/// The octets of the shortest entry: a serial number of one octet, and a UTCTime.
const SHORTEST_ENTRY: usize = 20;

/// How many different forms of entries are told apart; lists have a handful.
const MOST_FORMS: usize = 4_096;

/// How many rows an index bucket has, on average.
const ROWS_PER_BUCKET: usize = 8;

/// Up to so many rows of a bucket are looked at one after the other.
const UNSORTED_BUCKET: usize = 32;

#[derive(Debug)]
pub(super) struct Entries {
    len: usize,
    /// Octets of a row.
    width: usize,
    /// Serial numbers, sign-extended to the width, in the list's order.
    rows: Box<[u8]>,
    earliest: i64,
    /// Seconds after the earliest.
    dates: Packed,
    forms: Box<[Form]>,
    form_of: Packed,
    /// Where each bucket begins in `order`, and where the last ends.
    buckets: Packed,
    /// Rows, grouped by the bucket of their serial number.
    order: Packed,
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
        self.len
    }

    /// What the list says of a serial number, the contents octets of an INTEGER.
    pub(super) fn find(&self, serial: &[u8]) -> Option<RevokedEntry> {
        let mut row = [0; LONGEST_SERIAL];
        let row = row.get_mut(..self.width)?;
        extend_sign(minimal(serial), row)?;
        self.entry(self.find_row(row)?)
    }

    /// The entries in the list's order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (SerialNumber<'_>, RevokedEntry)> {
        const NONE: RevokedEntry = RevokedEntry {
            revoked_at: Time::from_unix_seconds(0),
            reason: None,
        };
        (0..self.len).map(|index| {
            let serial = minimal(self.row(index).unwrap_or_default());
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
        for (index, row) in self
            .rows
            .chunks_exact(self.width.max(1))
            .enumerate()
        {
            let form = self.form(index)?;
            let serial = minimal(row);
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

    fn find_row(&self, row: &[u8]) -> Option<usize> {
        let bucket = bucket_of(row, bucket_count(self.len));
        let (start, end) = (self.buckets.index(bucket)?, self.buckets.index(bucket + 1)?);
        if end - start <= UNSORTED_BUCKET {
            return (start..end)
                .filter_map(|place| self.order.index(place))
                .find(|index| self.row(*index) == Some(row));
        }
        let (mut start, mut end) = (start, end);
        while start < end {
            let middle = start + (end - start) / 2;
            let index = self.order.index(middle)?;
            match self.row(index)?.cmp(row) {
                core::cmp::Ordering::Less => start = middle + 1,
                core::cmp::Ordering::Equal => return Some(index),
                core::cmp::Ordering::Greater => end = middle,
            }
        }
        None
    }

    fn entry(&self, index: usize) -> Option<RevokedEntry> {
        Some(RevokedEntry {
            revoked_at: self.date(index)?,
            reason: self.form(index)?.reason,
        })
    }

    fn row(&self, index: usize) -> Option<&[u8]> {
        row(&self.rows, self.width, index)
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
        let len = self.serials.len();
        let width = self
            .serials
            .iter()
            .map(|serial| serial.len())
            .max()
            .unwrap_or(0);
        let mut rows = vec![0; len.saturating_mul(width)];
        for (serial, row) in self
            .serials
            .iter()
            .zip(rows.chunks_exact_mut(width.max(1)))
        {
            let _ = extend_sign(serial, row);
        }
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
        let (buckets, order) = index(&rows, width, len);
        Entries {
            len,
            width,
            rows: rows.into(),
            earliest,
            dates: Packed::new(span, self.dates.iter().map(since_earliest)),
            form_of: Packed::new(
                most_forms,
                self.form_of
                    .iter()
                    .map(|form| u64::from(*form)),
            ),
            forms: self.forms.into(),
            buckets,
            order,
            der: (!self.is_lossless).then(|| contents.into()),
        }
    }
}

/// Groups the rows by bucket; the larger buckets are sorted, so that no list makes a look-up slow.
fn index(rows: &[u8], width: usize, len: usize) -> (Packed, Packed) {
    let count = bucket_count(len);
    let bucket_of_row: Vec<u32> = rows
        .chunks_exact(width.max(1))
        .map(|row| u32::try_from(bucket_of(row, count)).unwrap_or(0))
        .collect();
    let mut ends = vec![0_usize; count + 1];
    let bucket_index = |bucket: u32| usize::try_from(bucket).unwrap_or(0);
    for bucket in &bucket_of_row {
        if let Some(end) = ends.get_mut(bucket_index(*bucket) + 1) {
            *end += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let starts = ends.clone();
    let mut order = vec![0_u32; len];
    for (row, bucket) in (0_u32..).zip(&bucket_of_row) {
        if let Some(next) = ends.get_mut(bucket_index(*bucket)) {
            if let Some(place) = order.get_mut(*next) {
                *place = row;
            }
            *next += 1;
        }
    }
    for bounds in starts.windows(2) {
        if let [start, end] = bounds
            && end - start > UNSORTED_BUCKET
            && let Some(bucket) = order.get_mut(*start..*end)
        {
            bucket.sort_unstable_by_key(|index| row(rows, width, bucket_index(*index)));
        }
    }
    let most = u64::try_from(len).unwrap_or(u64::MAX);
    let number = |number: usize| u64::try_from(number).unwrap_or(0);
    (
        Packed::new(
            most,
            starts
                .iter()
                .map(|start| number(*start)),
        ),
        Packed::new(
            most.saturating_sub(1),
            order.iter().map(|row| u64::from(*row)),
        ),
    )
}

fn bucket_count(len: usize) -> usize {
    (len / ROWS_PER_BUCKET)
        .max(1)
        .next_power_of_two()
}

fn bucket_of(row: &[u8], count: usize) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let hash = row
        .chunks(8)
        .fold(FACTOR, |hash, chunk| {
            let value = match chunk.try_into() {
                Ok(octets) => u64::from_be_bytes(octets),
                Err(_) => chunk
                    .iter()
                    .fold(0, |value, octet| value << 8 | u64::from(*octet)),
            };
            let hash = (hash ^ value).wrapping_mul(FACTOR);
            hash ^ hash >> 32
        });
    usize::try_from(hash.wrapping_mul(FACTOR) >> 32).unwrap_or(0) & (count - 1)
}

fn row(rows: &[u8], width: usize, index: usize) -> Option<&[u8]> {
    let start = index.checked_mul(width)?;
    rows.get(start..start.checked_add(width)?)
}

/// Two's complement without the octets that say nothing.
fn minimal(serial: &[u8]) -> &[u8] {
    let mut serial = serial;
    while let [0x00, next @ 0x00..=0x7f, ..] | [0xff, next @ 0x80..=0xff, ..] = serial {
        let _ = next;
        serial = serial.get(1..).unwrap_or_default();
    }
    serial
}

/// Writes two's complement of fewer octets into all of `row`; `None` if it has more.
fn extend_sign(serial: &[u8], row: &mut [u8]) -> Option<()> {
    let padding = row.len().checked_sub(serial.len())?;
    let (before, value) = row.split_at_mut_checked(padding)?;
    let sign = match serial.first() {
        Some(0x80..=0xff) => 0xff,
        _ => 0x00,
    };
    before.fill(sign);
    value.copy_from_slice(serial);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_numbers_and_not_octets() {
        assert_eq!(minimal(&[0, 0, 0xa5]), [0, 0xa5]);
        assert_eq!(minimal(&[0, 0x25]), [0x25]);
        assert_eq!(minimal(&[0xff, 0xff]), [0xff]);
        assert_eq!(minimal(&[0xff, 0x7f]), [0xff, 0x7f]);
        assert_eq!(minimal(&[0]), [0]);
        let mut row = [1; 3];
        extend_sign(&[0xff], &mut row).unwrap();
        assert_eq!(row, [0xff; 3]);
        extend_sign(&[0, 0xff], &mut row).unwrap();
        assert_eq!(row, [0, 0, 0xff]);
        assert!(extend_sign(&[1, 2, 3, 4], &mut row).is_none());
    }

    #[test]
    fn numbers_in_a_row_spread_over_the_buckets() {
        let count = bucket_count(1 << 13);
        let mut sizes = vec![0_usize; count];
        for number in 0_u32..1 << 13 {
            let mut row = [0; 16];
            row[12..].copy_from_slice(&number.to_be_bytes());
            sizes[bucket_of(&row, count)] += 1;
        }
        assert!(
            sizes
                .iter()
                .all(|size| *size <= UNSORTED_BUCKET)
        );
    }
}
