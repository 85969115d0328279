//! The usual case, in one pass: percent-encoded lines of 64 characters, escaped as one escapes them
//! oneself. Whatever else there may be is not looked at here, but read again by the strict reader,
//! which knows all that is allowed and what is wrong with the rest.

use super::LINE;
use crate::chain::DerList;
use crate::header::marks::CertMarks;
use crate::header::percent::{self, Table};
use crate::header::{PercentEncoding, base64, scan};

/// How many characters are decoded at once: whole lines, and the usual certificate in one go.
const CHARACTERS: usize = 24 * LINE;
/// How many characters are copied at once.
const BLOCK: usize = 16;

/// Pushes the certificates of a value, if it is of the usual kind; `None` if the strict reader has to
/// tell. Then some may have been pushed.
pub(super) fn decode(
    marks: &CertMarks,
    value: &[u8],
    limit: usize,
    certificates: &mut DerList,
) -> Option<()> {
    if marks.percent == PercentEncoding::None || marks.line_break != "\n" {
        return None;
    }
    let mut reader = Reader {
        marks,
        table: marks.percent.table(),
        rest: value,
        characters: [0; CHARACTERS + BLOCK],
        filled: 0,
    };
    for _ in 0..limit {
        certificates.push_with(|der| reader.certificate(der))?;
        if reader.rest.is_empty() {
            return Some(());
        }
        reader.skip(&marks.between)?;
    }
    None
}

struct Reader<'a> {
    marks: &'a CertMarks,
    table: &'static Table,
    rest: &'a [u8],
    /// Base64 that is to be decoded. Blocks may be written over its end.
    characters: [u8; CHARACTERS + BLOCK],
    filled: usize,
}

impl Reader<'_> {
    fn certificate(&mut self, der: &mut Vec<u8>) -> Option<()> {
        self.skip(&self.marks.begin)?;
        self.skip_line_break()?;
        self.filled = 0;
        loop {
            if self.filled == CHARACTERS {
                self.decode_lines(der)?;
            }
            let length = self.line()?;
            self.skip_line_break()?;
            let may_end = !self
                .rest
                .first()?
                .is_ascii_alphanumeric();
            if may_end && self.skip(&self.marks.end).is_some() {
                break;
            }
            // Only the last line may be shorter.
            (length == LINE).then_some(())?;
        }
        base64::decode(self.characters.get(..self.filled)?, false, der)?;
        match self.rest.is_empty() {
            true => Some(()),
            false => self.skip(&self.marks.after_each),
        }
    }

    /// Decodes lines behind which there are more: without padding, then.
    fn decode_lines(&mut self, der: &mut Vec<u8>) -> Option<()> {
        let before = der.len();
        base64::decode(self.characters.get(..self.filled)?, false, der)?;
        self.filled = 0;
        (der.len() - before == CHARACTERS / 4 * 3).then_some(())
    }

    /// Reads up to 64 characters, at least one, and tells how many. What they are is seen when they are
    /// decoded.
    fn line(&mut self) -> Option<usize> {
        if let Some((line, rest)) = self.rest.split_first_chunk::<LINE>()
            && !scan::holds(b'%', line)
        {
            let end = self.filled + LINE;
            *self
                .characters
                .get_mut(self.filled..end)?
                .first_chunk_mut()? = *line;
            self.filled = end;
            self.rest = rest;
            return Some(LINE);
        }
        let room = self
            .characters
            .get_mut(self.filled..)?
            .first_chunk_mut::<{ LINE + BLOCK }>()?;
        let (length, rest) = escaped_line(self.rest, room)?;
        self.filled += length;
        self.rest = rest;
        Some(length)
    }

    fn skip_line_break(&mut self) -> Option<()> {
        self.rest = self.rest.strip_prefix(b"%0A")?;
        Some(())
    }

    /// Passes over a mark as it is when encoded.
    fn skip(&mut self, mark: &str) -> Option<()> {
        let mut rest = self.rest;
        for octet in mark.bytes() {
            rest = match (percent::entry(self.table, octet), rest) {
                ([a, .., 1], [x, rest @ ..]) if a == *x => rest,
                ([a, b, c, 3], [x, y, z, rest @ ..]) if [a, b, c] == [*x, *y, *z] => rest,
                _ => return None,
            };
        }
        self.rest = rest;
        Some(())
    }
}

/// Up to 64 characters, at least one, some of them escaped: how many, and what stands behind them.
fn escaped_line<'a>(
    mut rest: &'a [u8],
    room: &mut [u8; LINE + BLOCK],
) -> Option<(usize, &'a [u8])> {
    let mut length = 0;
    while length < LINE {
        let block = *rest.first_chunk::<BLOCK>()?;
        let plain = plain_octets(block);
        *room
            .get_mut(length..)?
            .first_chunk_mut()? = block;
        length += plain;
        rest = rest.get(plain..)?;
        if plain == BLOCK {
            continue;
        }
        // Whether a `+` or a `/` comes next nobody could foretell, so that there is no branch for it:
        // with one bit more a `B` is an `F`, and nothing else becomes one.
        *room.get_mut(length)? = match rest {
            [b'%', b'2', digit, ..] if digit | 4 == b'F' => b'+' | digit & 4,
            [b'%', b'3', b'D', ..] => b'=',
            _ => break,
        };
        length += 1;
        rest = rest.get(3..)?;
    }
    (1..=LINE)
        .contains(&length)
        .then_some((length, rest))
}

/// How many octets stand before the first `%`.
fn plain_octets(block: [u8; BLOCK]) -> usize {
    const ONES: u128 = u128::from_le_bytes([1; BLOCK]);

    // The lowest octet that is zero is where the lowest bit comes out; higher ones may lie.
    let percents = u128::from_le_bytes(block) ^ (ONES * 0x25);
    let zeros = percents.wrapping_sub(ONES) & !percents & (ONES << 7);
    usize::try_from(zeros.trailing_zeros() / 8).unwrap_or(BLOCK)
}
