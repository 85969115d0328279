//! Untrusted bytes as text that a header or a log line can hold.

use core::fmt;

use crate::hex::upper_digits;

/// Displays bytes as visible ASCII and single spaces: every other octet, and the backslash, as
/// `\XX` in upper-case hexadecimal (RFC 4514 section 2.4).
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            match byte {
                b'\\' => f.write_str("\\\\")?,
                0x20..=0x7e => fmt::Write::write_char(f, char::from(*byte))?,
                _ => write!(f, "\\{byte:02X}")?,
            }
        }
        Ok(())
    }
}

/// Octets as two digits each of upper-case hexadecimal, many at a time: each call of a formatter costs more
/// than a digit.
pub(crate) fn write_octets(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    const AT_ONCE: usize = 32;
    for octets in octets.chunks(AT_ONCE) {
        let mut digits = [0; 2 * AT_ONCE];
        for (pair, octet) in digits.chunks_exact_mut(2).zip(octets) {
            pair.copy_from_slice(&upper_digits(*octet));
        }
        let digits = digits.get(..2 * octets.len());
        f.write_str(ascii(digits.unwrap_or_default()))?;
    }
    Ok(())
}

/// `\XX`.
pub(crate) fn write_escaped_octet(f: &mut fmt::Formatter<'_>, octet: u8) -> fmt::Result {
    let [high, low] = upper_digits(octet);
    f.write_str(ascii(&[b'\\', high, low]))
}

/// What is known to be ASCII, as text.
pub(crate) fn ascii(octets: &[u8]) -> &str {
    core::str::from_utf8(octets).unwrap_or_default()
}

/// The longest text in an error or a `Debug` that somebody else chooses, in characters.
pub(crate) const LONGEST_TEXT: usize = 256;

/// What `value` displays as, cut with `...` behind `limit` octets of ASCII: others choose it, so
/// neither the text nor the work for it may grow with what they send.
pub(crate) fn capped(value: impl fmt::Display, limit: usize) -> String {
    struct Capped {
        text: String,
        left: usize,
    }

    impl fmt::Write for Capped {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let end = self.left.min(text.len());
            let fits = text.get(..end).unwrap_or_default();
            self.text.push_str(fits);
            self.left = self.left.saturating_sub(fits.len());
            match fits.len() == text.len() {
                true => Ok(()),
                false => Err(fmt::Error),
            }
        }
    }

    let mut capped = Capped {
        // The same room for everything: text that grows bit by bit is moved again and again.
        text: String::with_capacity(LONGEST_TEXT),
        left: limit,
    };
    if fmt::write(&mut capped, format_args!("{value}")).is_err() {
        capped.text.push_str("...");
    }
    capped.text
}

/// Text that can stand between single quotes: nobody can end the quotation.
pub(crate) fn quotable(text: &str) -> String {
    text.replace('\'', "\\27")
}

/// The bytes as text if each of them is visible ASCII (no space, no control character).
pub(crate) fn visible_ascii(bytes: &[u8]) -> Option<&str> {
    bytes
        .iter()
        .all(u8::is_ascii_graphic)
        .then(|| core::str::from_utf8(bytes).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_what_is_too_long() {
        assert_eq!(capped("abc", 3), "abc");
        assert_eq!(capped("abcd", 3), "abc...");
        assert_eq!(capped(Escaped(&[0xff; 100_000]), 7), "\\FF\\FF\\...");
        assert_eq!(capped("", 0), "");
    }

    #[test]
    fn escapes_what_could_split_a_line() {
        assert_eq!(
            Escaped(b"a b\r\n\\\x00\xff\x7f").to_string(),
            "a b\\0D\\0A\\\\\\00\\FF\\7F"
        );
        assert_eq!(visible_ascii(b"a.example"), Some("a.example"));
        assert_eq!(visible_ascii(b"a b"), None);
        assert_eq!(visible_ascii(b"a\x00"), None);
    }
}
