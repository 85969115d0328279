//! Percent-encoding (RFC 3986 section 2.1).

use super::fault::Fault;
use super::marks::PercentEncoding;
use super::relaxation::Relaxations;

/// Encodes a text of visible ASCII and line feeds.
pub(super) fn encode(percent: PercentEncoding, text: String) -> String {
    if percent == PercentEncoding::None {
        return text;
    }
    let mut encoded = String::with_capacity(text.len().saturating_mul(5) / 4);
    let mut rest = &*text;
    while let Some(end) = rest
        .bytes()
        .position(|octet| percent.encodes(octet))
    {
        let (plain, behind) = rest
            .split_at_checked(end)
            .unwrap_or((rest, ""));
        encoded.push_str(plain);
        rest = match behind.as_bytes().first() {
            Some(octet) => {
                encoded.push('%');
                encoded.push(hex_digit_of(octet >> 4));
                encoded.push(hex_digit_of(octet & 0xf));
                behind.get(1..).unwrap_or_default()
            }
            None => "",
        };
    }
    encoded.push_str(rest);
    encoded
}

fn hex_digit_of(value: u8) -> char {
    char::from(match value {
        0..=9 => b'0' + value,
        _ => b'A' + value - 10,
    })
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
