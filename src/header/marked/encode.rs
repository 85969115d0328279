//! From certificates to text between marks, in one pass.

use super::LINE;
use crate::header::marks::CertMarks;
use crate::header::percent::{self, Table};
use crate::header::{PercentEncoding, base64};

/// How many characters are written at once: whole lines, and the usual certificate in one go.
const CHARACTERS: usize = 24 * LINE;
const OCTETS: usize = CHARACTERS / 4 * 3;
const LINE_FEED: [u8; 3] = *b"%0A";
/// A line of escapes, and a line that is written over its end.
const MOST: usize = LINE_FEED.len() + 3 * LINE + LINE;

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
    // A line is copied from any of its characters on.
    let mut room = [0; CHARACTERS + LINE];
    // Of a known length, to copy it needs no call.
    let is_usual = line_break == b"\n" && percent::entry(table, b'\n').starts_with(&LINE_FEED);
    for octets in der.chunks(OCTETS) {
        let written = base64::write(octets, &mut room).len();
        let mut rest = &room[..];
        for _ in 0..written / LINE {
            let (Some(line), Some(both)) = (rest.first_chunk(), rest.first_chunk()) else {
                break;
            };
            match (is_usual, escapes_base64) {
                (true, false) => append_plain(line, text),
                (true, true) if !line.ends_with(b"=") => append_escaped(both, text),
                _ => {
                    percent::append(table, line_break, text);
                    percent::append(table, line, text);
                }
            }
            rest = rest.get(LINE..).unwrap_or_default();
        }
        let rest = rest
            .get(..written % LINE)
            .unwrap_or_default();
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

/// A line feed, and the first line of two, without padding. A whole line is copied from each place
/// behind an escape on: of a known length, it needs no call.
fn append_escaped(lines: &[u8; 2 * LINE], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + MOST, 0);
    let Some(room) = text
        .get_mut(start..)
        .and_then(<[u8]>::first_chunk_mut::<MOST>)
    else {
        return;
    };
    let mut found = escapes(lines);
    let [first, second, third, ..] = room;
    [*first, *second, *third] = LINE_FEED;
    let mut end = LINE_FEED.len();
    let mut from = 0;
    loop {
        let next = usize::try_from(found.trailing_zeros()).unwrap_or(LINE);
        if let (Some(line), Some(place)) = (
            lines
                .get(from..)
                .and_then(<[u8]>::first_chunk::<LINE>),
            room.get_mut(end..)
                .and_then(<[u8]>::first_chunk_mut::<LINE>),
        ) {
            *place = *line;
        }
        end += next - from;
        if found == 0 {
            break;
        }
        // A `+` is `%2B` and a `/` is `%2F`, with the same bit between them: nobody could foretell
        // which it is, so that there is no branch for it.
        let escaped = lines
            .get(next)
            .copied()
            .unwrap_or_default();
        if let Some(place) = room
            .get_mut(end..)
            .and_then(<[u8]>::first_chunk_mut)
        {
            *place = [b'%', b'2', b'B' | escaped & 4];
        }
        end += 3;
        from = next + 1;
        found &= found - 1;
    }
    text.truncate(start + end);
}

/// A bit for each `+` and `/` in the first of two lines of base64.
fn escapes(lines: &[u8; 2 * LINE]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    /// Moves the lowest bits of eight octets into the highest octet.
    const GATHERS: u64 = 0x0102_0408_1020_4080;

    let blocks = lines
        .as_chunks()
        .0
        .iter()
        .take(LINE / 8);
    blocks.rev().fold(0, |found, block| {
        // With one bit more a `+` is a `/`, and no other becomes one. In base64 nothing is one higher
        // than that, which could be taken for a zero behind one.
        let zeros = (u64::from_le_bytes(*block) | ONES << 2) ^ (ONES * 0x2f);
        let marks = zeros.wrapping_sub(ONES) & !zeros & (ONES << 7);
        found << 8 | (marks >> 7).wrapping_mul(GATHERS) >> 56
    })
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
