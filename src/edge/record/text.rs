//! A record as one line of text.

use core::fmt;

use super::fields::Entry;

pub(super) fn write(entries: &[(&'static str, Entry)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, (name, entry)) in entries.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        write!(f, "{name}=")?;
        write_value(&entry.to_string(), f)?;
    }
    Ok(())
}

fn write_value(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_plain = !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'=' | b'\\'));
    if is_plain {
        return f.write_str(text);
    }
    f.write_str("\"")?;
    for octet in text.bytes() {
        match octet {
            b'"' | b'\\' => write!(f, "\\{octet:02X}")?,
            0x20..=0x7e => fmt::Write::write_char(f, char::from(octet))?,
            _ => write!(f, "\\{octet:02X}")?,
        }
    }
    f.write_str("\"")
}
