//! The structured fields (RFC 9651, RFC 8941) that certificates travel in: byte sequences, lists of
//! them, and a token with parameters.
//!
//! Strict where RFC 8941 lets a parser be lenient: base64 is padded and canonical, unless `lax`.

use super::base64;
use super::fault::{Fault, TOO_MANY_MEMBERS};
use super::marks::is_base64;
use super::scan::find;
use crate::chain::DerList;

/// An Item that is a Byte Sequence; its parameters are ignored. Its octets become one more certificate.
pub(crate) fn byte_sequence_item(
    field: &[u8],
    lax: bool,
    certificates: &mut DerList,
) -> Result<(), Fault> {
    let mut parser = Parser::new(field, lax);
    parser.skip_spaces();
    parser.byte_sequence(certificates)?;
    parser.parameters(|_, _| {})?;
    parser.skip_spaces();
    parser.end("something stands behind the byte sequence")
}

/// A List of Byte Sequences, whose parameters are ignored; several lines have been joined by `, `.
///
/// More than `limit` members are an error before the next is decoded.
pub(crate) fn byte_sequence_list(
    field: &[u8],
    limit: usize,
    lax: bool,
    certificates: &mut DerList,
) -> Result<(), Fault> {
    let mut parser = Parser::new(field, lax);
    parser.skip_spaces();
    loop {
        if parser.member > limit {
            return Err(parser.error(TOO_MANY_MEMBERS));
        }
        parser.byte_sequence(certificates)?;
        parser.parameters(|_, _| {})?;
        parser.skip_optional_whitespace();
        if parser.is_at_end() {
            return Ok(());
        }
        parser.expect(b',', "a member is not followed by a comma")?;
        parser.member += 1;
        parser.skip_optional_whitespace();
    }
}

/// An Item that is a Token, and the parameters of these names, which must be Tokens; of one that is
/// there twice the last counts (RFC 9651 section 4.2.3.2), and others are ignored.
pub(crate) fn token_item<const N: usize>(
    field: &[u8],
    names: [&str; N],
) -> Result<(String, [Option<String>; N]), Fault> {
    let mut parser = Parser::new(field, false);
    let mut values = [None; N];
    parser.skip_spaces();
    let token = parser.token()?;
    let mut is_other = false;
    parser.parameters(|key, value| {
        for (name, found) in names.iter().zip(&mut values) {
            if *name == key {
                *found = value;
                is_other |= value.is_none();
            }
        }
    })?;
    parser.skip_spaces();
    parser.end("something stands behind the token")?;
    if is_other {
        return Err(parser.error("a parameter that is a token has no value, or one that is none"));
    }
    Ok((
        token.to_owned(),
        values.map(|value| value.map(str::to_owned)),
    ))
}

/// What stands between the members of a list.
pub(crate) const BETWEEN_MEMBERS: &str = ", ";

/// A List of Byte Sequences; with one member, an Item.
pub(super) fn byte_sequences<'a>(members: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let length: usize = members
        .clone()
        .map(|octets| base64::length(octets.len()) + "::, ".len())
        .sum();
    let mut text = Vec::with_capacity(length);
    for octets in members {
        if !text.is_empty() {
            text.extend_from_slice(BETWEEN_MEMBERS.as_bytes());
        }
        text.push(b':');
        base64::append(octets, &mut text);
        text.push(b':');
    }
    text
}

/// A String: `text` must be visible ASCII and spaces.
pub(crate) fn string(text: &str) -> String {
    let mut string = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            string.push('\\');
        }
        string.push(character);
    }
    string.push('"');
    string
}

struct Parser<'a> {
    rest: &'a [u8],
    length: usize,
    member: usize,
    lax: bool,
}

impl<'a> Parser<'a> {
    fn new(field: &'a [u8], lax: bool) -> Self {
        Self {
            rest: field,
            length: field.len(),
            member: 1,
            lax,
        }
    }

    fn error(&self, fault: &'static str) -> Fault {
        Fault::new(self.member, self.length - self.rest.len(), fault)
    }

    fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn end(&self, fault: &'static str) -> Result<(), Fault> {
        self.is_at_end()
            .then_some(())
            .ok_or_else(|| self.error(fault))
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn expect(&mut self, octet: u8, fault: &'static str) -> Result<(), Fault> {
        match self.rest.split_first() {
            Some((first, rest)) if *first == octet => {
                self.rest = rest;
                Ok(())
            }
            _ => Err(self.error(fault)),
        }
    }

    fn skip_spaces(&mut self) {
        self.take_while(|octet| octet == b' ');
    }

    fn skip_optional_whitespace(&mut self) {
        self.take_while(|octet| matches!(octet, b' ' | b'\t'));
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|octet| !accept(*octet))
            .unwrap_or(self.rest.len());
        let (taken, rest) = self
            .rest
            .split_at_checked(end)
            .unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// `:` base64 `:` (RFC 9651 section 4.2.7).
    fn byte_sequence(&mut self, certificates: &mut DerList) -> Result<(), Fault> {
        self.expect(b':', "a byte sequence does not begin with a colon")?;
        // What is base64 needs no look at its characters before; what is not gets one, for the fault.
        let length = find(b':', self.rest);
        if let Some((base64, [_, rest @ ..])) = self.rest.split_at_checked(length)
            && self
                .decode(base64, certificates)
                .is_some()
        {
            self.rest = rest;
            return Ok(());
        }
        self.base64_and_colon(certificates)
    }

    fn base64_and_colon(&mut self, certificates: &mut DerList) -> Result<(), Fault> {
        let base64 = self.take_while(is_base64);
        self.expect(
            b':',
            "a byte sequence holds an octet that is not of the base64 alphabet, or lacks its closing \
             colon",
        )?;
        self.decode(base64, certificates)
            .ok_or_else(|| self.error("a byte sequence is not padded, canonical base64"))
    }

    fn decode(&self, base64: &[u8], certificates: &mut DerList) -> Option<()> {
        certificates.push_with(|octets| base64::decode(base64, self.lax, octets))
    }

    fn token(&mut self) -> Result<&'a str, Fault> {
        let begins_well = self
            .peek()
            .is_some_and(|octet| octet.is_ascii_alphabetic() || octet == b'*');
        let token = match begins_well {
            true => self.take_while(is_token_octet),
            false => &[],
        };
        core::str::from_utf8(token)
            .ok()
            .filter(|token| !token.is_empty())
            .ok_or_else(|| self.error("there is no token"))
    }

    /// Parameters (section 4.2.3.2); tells each key, and its value if that is a Token.
    fn parameters(&mut self, mut tell: impl FnMut(&'a str, Option<&'a str>)) -> Result<(), Fault> {
        while self.peek() == Some(b';') {
            self.expect(b';', "a parameter does not begin with a semicolon")?;
            self.skip_spaces();
            let key = self.key()?;
            if self.peek() == Some(b'=') {
                self.expect(b'=', "a parameter has no value")?;
                tell(key, self.bare_item()?);
            } else {
                tell(key, None);
            }
        }
        Ok(())
    }

    fn key(&mut self) -> Result<&'a str, Fault> {
        let begins_well = self
            .peek()
            .is_some_and(|octet| octet.is_ascii_lowercase() || octet == b'*');
        let key = match begins_well {
            true => self.take_while(|octet| {
                octet.is_ascii_lowercase()
                    || octet.is_ascii_digit()
                    || matches!(octet, b'_' | b'-' | b'.' | b'*')
            }),
            false => &[],
        };
        core::str::from_utf8(key)
            .ok()
            .filter(|key| !key.is_empty())
            .ok_or_else(|| self.error("a parameter has no key of lower-case letters"))
    }

    /// Passes over a Bare Item (section 4.2.3.1); returns it if it is a Token.
    fn bare_item(&mut self) -> Result<Option<&'a str>, Fault> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number(true).map(|()| None),
            Some(b'"') => self.string().map(|()| None),
            Some(b':') => self
                .byte_sequence(&mut DerList::default())
                .map(|()| None),
            Some(b'?') => {
                self.expect(b'?', "a boolean does not begin with a question mark")?;
                match self.peek() {
                    Some(value @ (b'0' | b'1')) => self
                        .expect(value, "a boolean is not 0 or 1")
                        .map(|()| None),
                    _ => Err(self.error("a boolean is not 0 or 1")),
                }
            }
            Some(b'@') => {
                self.expect(b'@', "a date does not begin with @")?;
                self.number(false).map(|()| None)
            }
            Some(b'%') => {
                self.expect(b'%', "a display string does not begin with a percent sign")?;
                self.display_string().map(|()| None)
            }
            _ => self.token().map(Some),
        }
    }

    /// An Integer of at most 15 digits, or a Decimal of at most 12 and 3 (section 4.2.4).
    fn number(&mut self, allow_decimal: bool) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.expect(b'-', "a number has no sign")?;
        }
        let whole = self
            .take_while(|octet| octet.is_ascii_digit())
            .len();
        if self.peek() != Some(b'.') {
            return (1..=15)
                .contains(&whole)
                .then_some(())
                .ok_or_else(|| self.error("an integer has not 1 to 15 digits"));
        }
        self.expect(b'.', "a decimal has no point")?;
        let fraction = self
            .take_while(|octet| octet.is_ascii_digit())
            .len();
        (allow_decimal && (1..=12).contains(&whole) && (1..=3).contains(&fraction))
            .then_some(())
            .ok_or_else(|| {
                self.error("a decimal has not 1 to 12 digits and 1 to 3 behind the point")
            })
    }

    /// A String (section 4.2.5): visible ASCII and spaces in double quotes, with `\"` and `\\`.
    fn string(&mut self) -> Result<(), Fault> {
        self.expect(b'"', "a string does not begin with a quote")?;
        loop {
            self.take_while(|octet| matches!(octet, 0x20..=0x7e) && !matches!(octet, b'"' | b'\\'));
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(());
                }
                [b'\\', b'"' | b'\\', rest @ ..] => self.rest = rest,
                _ => return Err(self.error("a string is not closed, or holds what it must not")),
            }
        }
    }

    /// A Display String (section 4.2.10): visible ASCII and spaces in double quotes, with octets of
    /// UTF-8 as `%` and two digits of lower-case hexadecimal.
    fn display_string(&mut self) -> Result<(), Fault> {
        const BAD: &str = "a display string is not closed, or holds what it must not";

        self.expect(b'"', "a display string does not begin with a quote")?;
        let mut octets = Vec::new();
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return match core::str::from_utf8(&octets) {
                        Ok(_) => Ok(()),
                        Err(_) => Err(self.error("a display string is not UTF-8")),
                    };
                }
                [b'%', high, low, rest @ ..] => {
                    let (Some(high), Some(low)) = (lower_hex(*high), lower_hex(*low)) else {
                        return Err(self.error(BAD));
                    };
                    octets.push(high << 4 | low);
                    self.rest = rest;
                }
                [octet @ 0x20..=0x7e, rest @ ..] if *octet != b'%' => {
                    octets.push(*octet);
                    self.rest = rest;
                }
                _ => return Err(self.error(BAD)),
            }
        }
    }
}

fn lower_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Whether a text holds nothing but what a Token may.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_octet)
}

fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&octet)
}

#[cfg(test)]
mod tests;
