//! Text of the host's for the log.

/// The longest text that a function leaves for the log, in bytes of UTF-8; CloudFront's.
pub(super) const LONGEST_NOTE: usize = 800;

/// Adds `text` to `note`, cut at a character boundary. What could break a line of a log, or turn the
/// direction of its text, becomes U+FFFD.
pub(super) fn add(note: &mut String, text: &str, longest: usize) {
    for character in text.chars() {
        let safe = match breaks_lines(character) {
            true => char::REPLACEMENT_CHARACTER,
            false => character,
        };
        if note.len() + safe.len_utf8() > longest {
            return;
        }
        note.push(safe);
    }
}

fn breaks_lines(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_cut_between_characters() {
        for (text, expected) in [
            ("abc", "abc"),
            ("abcdef", "abcde"),
            ("abc\u{e9}\u{e9}", "abc\u{e9}"),
            ("abcd\u{e9}f", "abcd"),
            ("a\nb", "a\u{fffd}b"),
            ("\u{2028}", "\u{fffd}"),
            ("\u{202e}x", "\u{fffd}x"),
            ("\u{7f}\u{85}", "\u{fffd}"),
        ] {
            let mut note = String::new();
            add(&mut note, text, 5);
            assert_eq!(note, expected, "{text:?}");
        }
        let mut note = "abcd".to_owned();
        add(&mut note, "efg", 5);
        assert_eq!(note, "abcde");
    }
}
