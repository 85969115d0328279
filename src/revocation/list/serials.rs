//! The serial numbers of a list: each in a row of its own, in the list's order, and an index by number.

use core::cmp::Ordering;

use super::packed::Packed;

/// The longest serial number that is read, in octets. RFC 5280 section 4.1.2.2 allows 20.
pub(crate) const LONGEST_SERIAL: usize = 40;

/// How many rows an index bucket has, on average.
const ROWS_PER_BUCKET: usize = 8;

/// Up to so many rows of a bucket are looked at one after the other.
const UNSORTED_BUCKET: usize = 32;

#[derive(Debug)]
pub(super) struct Serials {
    rows: Rows,
    /// Where each bucket begins in `order`, and where the last ends.
    buckets: Packed,
    /// Rows, grouped by the bucket of their number.
    order: Packed,
}

/// Numbers in two's complement, sign-extended to one width.
#[derive(Debug)]
struct Rows {
    len: usize,
    width: usize,
    octets: Box<[u8]>,
}

impl Serials {
    /// Of minimal numbers, none of which is longer than [`LONGEST_SERIAL`].
    pub(super) fn new(serials: &[&[u8]]) -> Self {
        let rows = Rows::new(serials);
        let (buckets, order) = rows.index();
        Self {
            rows,
            buckets,
            order,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len
    }

    /// The number at a place in the list, without octets that say nothing.
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        self.rows.get(index).map(minimal)
    }

    /// Where in the list a number is.
    pub(super) fn find(&self, serial: &[u8]) -> Option<usize> {
        let mut row = [0; LONGEST_SERIAL];
        let row = row.get_mut(..self.rows.width)?;
        extend_sign(minimal(serial), row)?;
        let bucket = bucket_of(row, bucket_count(self.rows.len));
        let (mut start, mut end) = (self.buckets.index(bucket)?, self.buckets.index(bucket + 1)?);
        if end - start <= UNSORTED_BUCKET {
            return (start..end)
                .filter_map(|place| self.order.index(place))
                .find(|index| self.rows.get(*index) == Some(row));
        }
        while start < end {
            let middle = start + (end - start) / 2;
            let index = self.order.index(middle)?;
            match self.rows.get(index)?.cmp(row) {
                Ordering::Less => start = middle + 1,
                Ordering::Equal => return Some(index),
                Ordering::Greater => end = middle,
            }
        }
        None
    }
}

impl Rows {
    fn new(serials: &[&[u8]]) -> Self {
        let width = serials
            .iter()
            .map(|serial| serial.len())
            .max()
            .unwrap_or(0);
        let mut octets = vec![0; serials.len().saturating_mul(width)];
        for (serial, row) in serials
            .iter()
            .zip(octets.chunks_exact_mut(width.max(1)))
        {
            let _ = extend_sign(serial, row);
        }
        Self {
            len: serials.len(),
            width,
            octets: octets.into(),
        }
    }

    fn get(&self, index: usize) -> Option<&[u8]> {
        let start = index.checked_mul(self.width)?;
        self.octets
            .get(start..start.checked_add(self.width)?)
    }

    /// Groups the rows by bucket; the larger buckets are sorted, so that no list makes a look-up slow.
    fn index(&self) -> (Packed, Packed) {
        let count = bucket_count(self.len);
        let bucket_of_row: Vec<u32> = self
            .octets
            .chunks_exact(self.width.max(1))
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
        let mut order = vec![0_u32; self.len];
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
                bucket.sort_unstable_by_key(|index| self.get(bucket_index(*index)));
            }
        }
        let most = u64::try_from(self.len).unwrap_or(u64::MAX);
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

/// Two's complement without the octets that say nothing.
pub(super) fn minimal(serial: &[u8]) -> &[u8] {
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
