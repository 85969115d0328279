//! Percent-encoding (RFC 3986 section 2.1).

use super::fault::Fault;
use super::marks::PercentEncoding;
use super::relaxation::Relaxations;

/// What stands for each octet: up to three octets, and how many.
pub(super) type Table = [[u8; 4]; 256];

impl PercentEncoding {
    pub(super) fn table(self) -> &'static Table {
        match self {
            Self::LineFeedSpace => const { &table(Self::LineFeedSpace) },
            Self::LineFeedSpaceBase64 => const { &table(Self::LineFeedSpaceBase64) },
            Self::None => const { &table(Self::None) },
            Self::Reserved => const { &table(Self::Reserved) },
        }
    }
}

const fn table(percent: PercentEncoding) -> Table {
    let mut table = [[0; 4]; 256];
    let mut rest: &mut [[u8; 4]] = &mut table;
    let mut octet: u8 = 0;
    while let Some((entry, behind)) = rest.split_first_mut() {
        *entry = match percent.encodes(octet) {
            true => [b'%', hex_digit_of(octet >> 4), hex_digit_of(octet & 0xf), 3],
            false => [octet, 0, 0, 1],
        };
        octet = octet.wrapping_add(1);
        rest = behind;
    }
    table
}

/// Of one octet.
pub(super) fn entry(table: &Table, octet: u8) -> [u8; 4] {
    table
        .get(usize::from(octet))
        .copied()
        .unwrap_or_default()
}

/// How long a text is once encoded.
pub(super) fn length(table: &Table, text: &[u8]) -> usize {
    text.iter()
        .map(|octet| usize::from(entry(table, *octet)[3]))
        .sum()
}

/// How much room [`write`] takes at most for a text of so many octets.
pub(super) fn most(length: usize) -> usize {
    length
        .saturating_mul(3)
        .saturating_add(1)
}

/// Encodes a text into a buffer that has room for it, and returns how long it is then.
pub(super) fn write(table: &Table, text: &[u8], room: &mut [u8]) -> usize {
    text.iter().fold(0, |end, octet| {
        let entry = entry(table, *octet);
        // What is too much is written over, or does not count.
        if let Some(place) = room
            .get_mut(end..)
            .and_then(<[u8]>::first_chunk_mut)
        {
            *place = entry;
        }
        end + usize::from(entry[3])
    })
}

const fn hex_digit_of(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'A' + value - 10,
    }
}

/// Decodes every `%XX`; white space must be encoded, but for relaxations of PEM.
pub(super) fn decode(
    percent: PercentEncoding,
    value: &[u8],
    relaxations: Relaxations,
) -> Result<Vec<u8>, Fault> {
    if percent == PercentEncoding::None {
        return Ok(value.to_vec());
    }
    let may_have_spaces = relaxations.folded_lines || relaxations.pem_with_spaces;
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    let fault = loop {
        rest = match rest {
            [] => return Ok(decoded),
            [b'%', high, low, rest @ ..] => {
                let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) else {
                    break "a '%' is not followed by two hexadecimal digits";
                };
                decoded.push(high << 4 | low);
                rest
            }
            [b'%', ..] => break "a '%' is not followed by two hexadecimal digits",
            [b' ' | b'\t', ..] if !may_have_spaces => {
                break "white space is not percent-encoded; is it PEM in another form?";
            }
            plain => {
                let end = plain
                    .iter()
                    .position(|octet| matches!(octet, b'%' | b' ' | b'\t'))
                    .unwrap_or(plain.len())
                    .max(1);
                let (plain, behind) = plain
                    .split_at_checked(end)
                    .unwrap_or((plain, &[]));
                decoded.extend_from_slice(plain);
                behind
            }
        };
    };
    Err(Fault::new(1, value.len() - rest.len(), fault))
}

/// Where in a value the octet stands that is the given one once decoded.
pub(super) fn raw_offset(percent: PercentEncoding, value: &[u8], decoded: usize) -> usize {
    if percent == PercentEncoding::None {
        return decoded;
    }
    let mut rest = value;
    for _ in 0..decoded {
        rest = match rest {
            [b'%', _, _, rest @ ..] | [_, rest @ ..] => rest,
            [] => break,
        };
    }
    value.len() - rest.len()
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
