//! The text of `x-forwarded-client-cert`.
//!
//! `element *("," element)`, one element a hop, the newest last; an element is `pair *(";" pair)`, a
//! pair `key "=" value`, where a value may stand in double quotes. Within quotes a backslash and the
//! character behind it are one.
//!
//! A subject or issuer is RFC 2253 text, which has backslashes of its own: Envoy puts it between the
//! quotes as it is, and it is read so. In other quoted values `\"` and `\\` stand for `"` and `\`.

use super::{XfccElement, XfccKey};
use crate::header::fault::Fault;

/// More hops than a request can sensibly have taken.
const MOST_ELEMENTS: usize = 32;

/// More names than a certificate within the limits can sensibly have.
pub(super) const MOST_PAIRS: usize = 1_024;

/// The elements of a header, oldest first; at least one.
pub(crate) fn parse(value: &str) -> Result<Vec<XfccElement>, Fault> {
    let mut parser = Parser {
        rest: value,
        length: value.len(),
        member: 1,
    };
    let mut elements = Vec::new();
    loop {
        if elements.len() >= MOST_ELEMENTS {
            return Err(parser.fault("there are more than 32 elements"));
        }
        elements.push(parser.element()?);
        if parser.rest.is_empty() {
            return Ok(elements);
        }
        parser.skip(',');
        parser.member += 1;
        // Hops of other makes put a space behind the comma.
        parser.skip(' ');
    }
}

/// The text of elements; what Envoy leaves without quotes has them if it would be read as something
/// else.
pub(crate) fn write(elements: &[XfccElement]) -> String {
    let mut text = String::new();
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        for (index, (key, value)) in element.pairs.iter().enumerate() {
            if index > 0 {
                text.push(';');
            }
            text.push_str(key.as_str());
            text.push('=');
            write_value(*key, value, &mut text);
        }
    }
    text
}

fn write_value(key: XfccKey, value: &str, text: &mut String) {
    if is_distinguished_name(key) {
        text.extend(["\"", value, "\""]);
        return;
    }
    let is_quoted = match key {
        XfccKey::Cert | XfccKey::Chain => true,
        _ => value.contains(['"', '\\', ',', ';', '=', ' ']),
    };
    if !is_quoted {
        text.push_str(value);
        return;
    }
    text.push('"');
    let mut rest = value;
    while let Some(end) = find_special(rest) {
        let (plain, behind) = rest
            .split_at_checked(end)
            .unwrap_or((rest, ""));
        text.push_str(plain);
        text.push('\\');
        let mut behind = behind.chars();
        text.extend(behind.next());
        rest = behind.as_str();
    }
    text.push_str(rest);
    text.push('"');
}

/// Where the first quote or backslash stands: octets are quicker to look through than characters.
fn find_special(text: &str) -> Option<usize> {
    text.bytes()
        .position(|octet| matches!(octet, b'"' | b'\\'))
}

fn is_distinguished_name(key: XfccKey) -> bool {
    matches!(key, XfccKey::Issuer | XfccKey::Subject)
}

struct Parser<'a> {
    rest: &'a str,
    length: usize,
    member: usize,
}

impl<'a> Parser<'a> {
    fn fault(&self, what: &'static str) -> Fault {
        Fault::new(self.member, self.length - self.rest.len(), what)
    }

    fn skip(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Ends in front of a comma, or at the end.
    fn element(&mut self) -> Result<XfccElement, Fault> {
        let mut pairs: Vec<(XfccKey, String)> = Vec::new();
        loop {
            if pairs.len() >= MOST_PAIRS {
                return Err(self.fault("the element has more than 1024 pairs"));
            }
            let key = self.key(&pairs)?;
            let value = self.value(key)?;
            pairs.push((key, value));
            if !self.skip(';') {
                return Ok(XfccElement { pairs });
            }
        }
    }

    fn key(&mut self, before: &[(XfccKey, String)]) -> Result<XfccKey, Fault> {
        let Some((word, rest)) = self.rest.split_once('=') else {
            return Err(self.fault("there is no key and `=`"));
        };
        let Some(key) = XfccKey::ALL
            .into_iter()
            .find(|key| key.as_str().eq_ignore_ascii_case(word))
        else {
            return Err(self
                .fault("the key is none of By, Cert, Chain, DNS, Hash, Issuer, Subject and URI"));
        };
        let may_repeat = matches!(key, XfccKey::By | XfccKey::Dns | XfccKey::Uri);
        if !may_repeat
            && before
                .iter()
                .any(|(other, _)| *other == key)
        {
            return Err(self.fault("the key stands in this element already"));
        }
        self.rest = rest;
        Ok(key)
    }

    /// Ends in front of a comma or semicolon, or at the end.
    fn value(&mut self, key: XfccKey) -> Result<String, Fault> {
        if self.skip('"') {
            let value = self.quoted(key)?;
            return match self.rest.starts_with([',', ';']) || self.rest.is_empty() {
                true => Ok(value),
                false => Err(self.fault("something stands behind the closing quote")),
            };
        }
        // A backslash in an unquoted name would escape the quote that it is written anew with.
        let ends_value = |character: char| {
            matches!(character, ',' | ';' | '"' | ' ')
                || character == '\\' && is_distinguished_name(key)
        };
        let end = self
            .rest
            .find(ends_value)
            .unwrap_or(self.rest.len());
        let (value, rest) = self
            .rest
            .split_at_checked(end)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        match rest.is_empty() || rest.starts_with([',', ';']) {
            true => Ok(value.to_owned()),
            false => Err(self.fault("a value without quotes holds what needs them")),
        }
    }

    fn quoted(&mut self, key: XfccKey) -> Result<String, Fault> {
        let mut value = String::new();
        let mut rest = self.rest;
        while let Some(end) = find_special(rest) {
            let (plain, behind) = rest
                .split_at_checked(end)
                .unwrap_or((rest, ""));
            value.push_str(plain);
            let mut behind = behind.chars();
            if behind.next() == Some('"') {
                self.rest = behind.as_str();
                return Ok(value);
            }
            let Some(escaped) = behind.next() else {
                break;
            };
            if is_distinguished_name(key) || !matches!(escaped, '"' | '\\') {
                value.push('\\');
            }
            value.push(escaped);
            rest = behind.as_str();
        }
        Err(self.fault("the quote is not closed"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(value: &str) -> Vec<Vec<(&'static str, String)>> {
        parse(value)
            .unwrap()
            .into_iter()
            .map(|element| {
                element
                    .pairs
                    .into_iter()
                    .map(|(key, value)| (key.as_str(), value))
                    .collect()
            })
            .collect()
    }

    fn owned(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        pairs
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()))
            .collect()
    }

    #[test]
    fn reads_elements() {
        assert_eq!(
            pairs("By=spiffe://a/b;Hash=ab;subject=\"CN=x\\,y;O=z\";URI=;uri=spiffe://c;DNS=d"),
            [owned(&[
                ("By", "spiffe://a/b"),
                ("Hash", "ab"),
                ("Subject", "CN=x\\,y;O=z"),
                ("URI", ""),
                ("URI", "spiffe://c"),
                ("DNS", "d"),
            ])]
        );
        assert_eq!(
            pairs("HASH=a,Hash=b;By=u=v, Hash=c"),
            [
                owned(&[("Hash", "a")]),
                owned(&[("Hash", "b"), ("By", "u=v")]),
                owned(&[("Hash", "c")]),
            ]
        );
    }

    /// A quote that is escaped does not close, and a backslash that is escaped does not escape.
    #[test]
    fn quotes_hold_what_they_hold() {
        for (subject, inner) in [
            (r#""CN=x;Chain=y,Hash=z""#, "CN=x;Chain=y,Hash=z"),
            (r#""CN=a\",Hash=b""#, r#"CN=a\",Hash=b"#),
            (r#""CN=a\\""#, r"CN=a\\"),
            (r#""CN=a\\\"b""#, r#"CN=a\\\"b"#),
            (r#""""#, ""),
        ] {
            assert_eq!(
                pairs(&format!("Subject={subject};Hash=c")),
                [owned(&[("Subject", inner), ("Hash", "c")])]
            );
        }
        assert_eq!(
            pairs(r#"URI="a\"b\\c\d;,=""#),
            [owned(&[("URI", r#"a"b\c\d;,="#)])]
        );
    }

    #[test]
    fn refuses_what_the_grammar_does_not_have() {
        for (bad, member, offset) in [
            ("", 1, 0),
            ("Hash", 1, 0),
            ("=a", 1, 0),
            ("Hash=a;", 1, 7),
            ("Hash=a,", 2, 7),
            (",Hash=a", 1, 0),
            ("Hash=a,,Hash=b", 2, 7),
            ("Hash=a;;By=b", 1, 7),
            ("Hash=a;Hash=b", 1, 7),
            ("Hash=a,  Hash=b", 2, 8),
            ("Unknown=a", 1, 0),
            ("Hash =a", 1, 0),
            ("Hash=a b", 1, 6),
            ("Hash=a\"b\"", 1, 6),
            ("Subject=\"a", 1, 9),
            ("Subject=\"a\\\"", 1, 9),
            ("Subject=\"a\\", 1, 9),
            ("Subject=\"a\"b", 1, 11),
            ("Subject=\"a\" ;Hash=b", 1, 11),
        ] {
            let fault = parse(bad).unwrap_err();
            assert_eq!((fault.member, fault.offset), (member, offset), "{bad}");
        }
        assert!(parse(&["Hash=a"; 32].join(",")).is_ok());
        assert!(parse(&["Hash=a"; 33].join(",")).is_err());
        assert!(parse(&["DNS=a"; 1_024].join(";")).is_ok());
        assert!(parse(&["DNS=a"; 1_025].join(";")).is_err());
    }

    fn element() -> impl Strategy<Value = XfccElement> {
        let key = proptest::sample::select(vec![XfccKey::By, XfccKey::Dns, XfccKey::Uri]);
        let text = proptest::string::string_regex("[ -~]{0,12}").unwrap();
        proptest::collection::vec((key, text), 1..5).prop_map(|pairs| XfccElement { pairs })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(elements in proptest::collection::vec(element(), 1..4)) {
            prop_assert_eq!(parse(&write(&elements)), Ok(elements));
        }

        #[test]
        fn what_is_read_can_be_written(text in "(Hash|Subject|URI)=[ab\\\\\",;= ]{0,12}") {
            if let Ok(elements) = parse(&text) {
                prop_assert_eq!(parse(&write(&elements)), Ok(elements));
            }
        }
    }
}
