//! From certificates to text between marks, in one pass.

use super::LINE;
use crate::header::marks::CertMarks;
use crate::header::percent::{self, Table};
use crate::header::{PercentEncoding, base64};

/// How many characters are written at once: whole lines, and the usual certificate in one go.
const CHARACTERS: usize = 24 * LINE;
const OCTETS: usize = CHARACTERS / 4 * 3;
/// How many characters are copied at once.
const BLOCK: usize = 8;
const LINE_FEED: [u8; 3] = *b"%0A";
/// A line of escapes, and a block that is written over its end.
const MOST: usize = LINE_FEED.len() + 3 * LINE + BLOCK;

/// The value for these certificates.
pub(crate) fn encode<'a>(
    marks: &CertMarks,
    certificates: impl Iterator<Item = &'a [u8]> + Clone,
) -> Vec<u8> {
    let table = marks.percent.table();
    let escapes_base64 = marks.percent.encodes(b'+');
    let mut text = Vec::with_capacity(length(marks, table, certificates.clone()));
    for (index, der) in certificates.enumerate() {
        if index > 0 {
            percent::append(table, marks.between.as_bytes(), &mut text);
        }
        percent::append(table, marks.begin.as_bytes(), &mut text);
        let line_break = marks.line_break.as_bytes();
        match line_break.is_empty() && !escapes_base64 {
            true => base64::append(der, &mut text),
            false => append_lines(der, table, escapes_base64, line_break, &mut text),
        }
        percent::append(table, marks.end.as_bytes(), &mut text);
        percent::append(table, marks.after_each.as_bytes(), &mut text);
    }
    text
}

/// A line break before each line, and behind the last one.
fn append_lines(
    der: &[u8],
    table: &Table,
    escapes_base64: bool,
    line_break: &[u8],
    text: &mut Vec<u8>,
) {
    let mut room = [0; CHARACTERS];
    // Of a known length, to copy it needs no call.
    let is_usual = line_break == b"\n" && percent::entry(table, b'\n').starts_with(&LINE_FEED);
    for octets in der.chunks(OCTETS) {
        let (lines, rest) = base64::write(octets, &mut room).as_chunks::<LINE>();
        for line in lines {
            match (is_usual, escapes_base64) {
                (true, false) => append_plain(line, text),
                (true, true) if !line.ends_with(b"=") => append_escaped(line, text),
                _ => {
                    percent::append(table, line_break, text);
                    percent::append(table, line, text);
                }
            }
        }
        if !rest.is_empty() {
            percent::append(table, line_break, text);
            percent::append(table, rest, text);
        }
    }
    percent::append(table, line_break, text);
}

/// A line feed, and a line of which nothing is escaped.
fn append_plain(line: &[u8; LINE], text: &mut Vec<u8>) {
    text.extend_from_slice(&LINE_FEED);
    text.extend_from_slice(line);
}

/// A line feed, and a line without padding. One character in 32 is escaped: it is looked for in eight at
/// once.
fn append_escaped(line: &[u8; LINE], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + MOST, 0);
    let room = text
        .get_mut(start..)
        .unwrap_or_default();
    let mut write_at = |end: usize, octets: [u8; BLOCK]| {
        let place = room
            .get_mut(end..)
            .and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = octets;
        }
    };
    let [percent, high, low] = LINE_FEED;
    write_at(0, [percent, high, low, 0, 0, 0, 0, 0]);
    let mut end = LINE_FEED.len();
    for block in line.as_chunks::<BLOCK>().0 {
        let mut block = u64::from_le_bytes(*block);
        let mut left = BLOCK;
        let mut found = escapes(block);
        write_at(end, block.to_le_bytes());
        while found != 0 {
            let bits = found.trailing_zeros() & !7;
            let plain = usize::try_from(bits / 8).unwrap_or(0);
            block >>= bits;
            let digit = match block.to_le_bytes()[0] {
                b'+' => b'B',
                _ => b'F',
            };
            block >>= 8;
            found = found >> bits >> 8;
            left = left.saturating_sub(plain + 1);
            end += plain;
            write_at(end, [b'%', b'2', digit, 0, 0, 0, 0, 0]);
            end += 3;
            write_at(end, block.to_le_bytes());
        }
        end += left;
    }
    text.truncate(start + end);
}

/// The highest bit of each `+` and `/` among eight characters of base64.
fn escapes(block: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; BLOCK]);

    // With one bit more a `+` is a `/`, and no other becomes one. In base64 nothing is one higher
    // than that, which could be taken for a zero behind one.
    let zeros = (block | ONES << 2) ^ (ONES * 0x2f);
    zeros.wrapping_sub(ONES) & !zeros & (ONES << 7)
}

/// How much room it takes, but for escapes in base64 far more often than they are to be expected; and
/// some more, so that a `HeaderValue` counts its clones from the start, and the first of them
/// allocates nothing.
fn length<'a>(
    marks: &CertMarks,
    table: &Table,
    certificates: impl Iterator<Item = &'a [u8]>,
) -> usize {
    let of = |mark: &str| percent::length(table, mark.as_bytes());
    let between = of(&marks.between);
    let around = of(&marks.begin) + of(&marks.end) + of(&marks.after_each) + between;
    let line_break = of(&marks.line_break);
    let length: usize = certificates
        .map(|der| {
            let base64 = base64::length(der.len());
            let lines = base64.div_ceil(LINE) + 1;
            let escapes = match marks.percent {
                PercentEncoding::None | PercentEncoding::LineFeedSpace => 0,
                // 2 octets more for each of 2 characters in 64, and some room.
                PercentEncoding::LineFeedSpaceBase64 | PercentEncoding::Reserved => {
                    base64 / 11 + 16
                }
            };
            around + base64 + escapes + lines * line_break
        })
        .sum();
    length.saturating_sub(between) + MOST
}
