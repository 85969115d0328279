//! Lines of base64 as URL-encoded PEM has them, a `%0A` before each.

use super::LINE;
use super::writer::Writer;

/// How many characters are written at once: whole lines, and the usual certificate in one go.
pub(super) const CHARACTERS: usize = 24 * LINE;

pub(super) const LINE_FEED: [u8; 3] = *b"%0A";

/// A line feed and a line of escapes, and a line that is written over their end.
pub(super) const MOST: usize = 4 * LINE + LINE;

/// Base64 that is to be broken into lines: a whole line is copied from any of its characters on.
pub(super) type Characters = [u8; CHARACTERS + LINE];

/// Writes so many characters, without padding, as they are.
pub(super) fn write_plain(characters: &Characters, length: usize, text: &mut Writer) {
    for (lines, length) in lines(characters, length) {
        text.write(|room: &mut [u8; LINE_FEED.len() + LINE]| {
            if let (Some((start, rest)), Some(line)) =
                (room.split_first_chunk_mut(), lines.first_chunk::<LINE>())
            {
                *start = LINE_FEED;
                rest.copy_from_slice(line);
            }
            LINE_FEED.len() + length
        });
    }
}

/// The same with each `+` and `/` escaped.
pub(super) fn write_escaped(characters: &Characters, length: usize, text: &mut Writer) {
    // All lines are searched before one is written: what a branch depends on that nobody could foretell
    // is known then.
    let mut found = [0; CHARACTERS / LINE];
    for (found, line) in found
        .iter_mut()
        .zip(characters.as_chunks().0)
    {
        *found = escapes(line);
    }
    for ((lines, length), found) in lines(characters, length).zip(found) {
        text.write(|room| escaped_line(lines, found, length, room));
    }
}

/// Each line with the one behind it, and how many characters it has.
fn lines(characters: &Characters, length: usize) -> impl Iterator<Item = (&[u8; 2 * LINE], usize)> {
    (0..length)
        .step_by(LINE)
        .filter_map(move |start| {
            let lines = characters.get(start..)?.first_chunk()?;
            Some((lines, LINE.min(length - start)))
        })
}

/// A line feed, and so many characters of the first of two lines, of which those `found` are escaped. A
/// whole line is copied from each place behind an escape on: of a known length, it needs no call.
fn escaped_line(lines: &[u8; 2 * LINE], found: u64, length: usize, room: &mut [u8; MOST]) -> usize {
    let [first, second, third, ..] = room;
    [*first, *second, *third] = LINE_FEED;
    let mut end = LINE_FEED.len();
    let mut from = 0;
    let mut found = match u32::try_from(length)
        .ok()
        .and_then(|length| 1_u64.checked_shl(length))
    {
        // What stands behind does not count.
        Some(bit) => found & (bit - 1) | bit,
        None => found,
    };
    loop {
        let next = usize::try_from(found.trailing_zeros()).unwrap_or(LINE);
        // Behind an escape that is the last character nothing counts, and what is copied is of no matter.
        if let (Some(line), Some(place)) = (
            lines
                .get(from % LINE..)
                .and_then(<[u8]>::first_chunk::<LINE>),
            room.get_mut(end % (MOST - LINE)..)
                .and_then(<[u8]>::first_chunk_mut::<LINE>),
        ) {
            *place = *line;
        }
        end += next - from;
        if next >= length {
            return end;
        }
        // A `+` is `%2B` and a `/` is `%2F`, with the same bit between them: nobody could foretell
        // which it is, so that there is no branch for it.
        let escaped = lines
            .get(next)
            .copied()
            .unwrap_or_default();
        if let Some(place) = room
            .get_mut(end % (MOST - LINE)..)
            .and_then(<[u8]>::first_chunk_mut)
        {
            *place = [b'%', b'2', b'B' | escaped & 4];
        }
        end += 3;
        from = next + 1;
        found &= found - 1;
    }
}

/// A bit for each `+` and `/` in a line of base64.
fn escapes(line: &[u8; LINE]) -> u64 {
    let marks: [u8; LINE] = core::array::from_fn(|place| {
        // With one bit more a `+` is a `/`, and no other becomes one.
        let is_escaped = line
            .get(place)
            .is_some_and(|octet| octet | 4 == b'/');
        u8::from(is_escaped) << (place / 8)
    });
    // Each eight of them have a bit of their own.
    let columns = marks
        .as_chunks()
        .0
        .iter()
        .fold(0, |columns, marks| columns | u64::from_le_bytes(*marks));
    transposed(columns)
}

/// Eight octets as rows of bits, made columns, by swapping ever larger squares of them.
fn transposed(rows: u64) -> u64 {
    [
        (7, 0x00aa_00aa_00aa_00aa),
        (14, 0x0000_cccc_0000_cccc),
        (28, 0x0000_0000_f0f0_f0f0),
    ]
    .into_iter()
    .fold(rows, |bits, (distance, mask)| {
        let changed = (bits ^ bits >> distance) & mask;
        bits ^ changed ^ changed << distance
    })
}
