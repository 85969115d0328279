//! Octets in hexadecimal.

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// The two lower-case digits of an octet.
pub(crate) fn digits(octet: u8) -> [u8; 2] {
    [octet >> 4, octet & 0xf].map(|digit| {
        DIGITS
            .get(usize::from(digit))
            .copied()
            .unwrap_or_default()
    })
}

/// The two upper-case digits of an octet.
pub(crate) fn upper_digits(octet: u8) -> [u8; 2] {
    digits(octet).map(|digit| digit.to_ascii_uppercase())
}

/// Octets in lower case.
pub(crate) fn lower(octets: &[u8]) -> String {
    separated(octets, "")
}

/// Octets in lower case, with `separator` between them.
pub(crate) fn separated(octets: &[u8], separator: &str) -> String {
    let mut text = String::with_capacity(
        octets
            .len()
            .saturating_mul(2 + separator.len()),
    );
    for (index, octet) in octets.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        text.extend(digits(*octet).map(char::from));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_every_octet() {
        for octet in 0..=u8::MAX {
            assert_eq!(lower(&[octet]), format!("{octet:02x}"));
            assert_eq!(upper_digits(octet), *format!("{octet:02X}").as_bytes());
        }
        assert_eq!(separated(&[0, 0xab, 0xff], ":"), "00:ab:ff");
        assert_eq!(lower(&[]), "");
    }
}
