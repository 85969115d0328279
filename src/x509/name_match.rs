//! How two names compare, for people: verdicts compare octets.

use super::name::Name;
use super::text::{LONGEST_TEXT, capped, quotable};

impl Name<'_> {
    /// The name with letters in lower case and single spaces, whatever the types of its strings (after
    /// RFC 5280 section 7.1): two names whose folded forms are equal look alike. `None` if it cannot be
    /// read.
    pub(crate) fn folded(&self) -> Option<String> {
        let parts: Vec<String> = self
            .attributes()?
            .iter()
            .map(|attribute| fold(&attribute.to_string()))
            .collect();
        Some(parts.join("\n"))
    }

    /// The organizationName, folded likewise; `None` if there is none, or an empty one.
    pub(crate) fn folded_organization(&self) -> Option<String> {
        const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
        let attributes = self.attributes()?;
        let found = attributes
            .iter()
            .find(|attribute| attribute.oid.as_bytes() == ORGANIZATION)?;
        Some(fold(&found.to_string())).filter(|text| text != "o=")
    }

    /// Where this name differs from the one that is `wanted`, in words that go on from "its name";
    /// `None` if they are equal.
    pub(crate) fn difference(&self, wanted: &Self) -> Option<String> {
        if self == wanted {
            return None;
        }
        let (Some(own), Some(wanted)) = (self.attributes(), wanted.attributes()) else {
            return Some("is another, and one of the two cannot be read".into());
        };
        // As certificates have them.
        let mut pairs = own
            .iter()
            .rev()
            .zip(wanted.iter().rev());
        let differing = pairs.find(|(own, wanted)| own.der != wanted.der || own.oid != wanted.oid);
        let Some((own_part, wanted_part)) = differing else {
            return Some(match own.len() == wanted.len() {
                true => "has the same parts, put together in another way".into(),
                false => format!("has {} parts, not {}", own.len(), wanted.len()),
            });
        };
        let (own_text, wanted_text) = (own_part.to_string(), wanted_part.to_string());
        let (own_short, wanted_short) = (
            quotable(&capped(&own_text, LONGEST_TEXT)),
            quotable(&capped(&wanted_text, LONGEST_TEXT)),
        );
        Some(if own_text == wanted_text {
            format!(
                "has {own_short} as {}, not as {}",
                string_type(own_part.tag),
                string_type(wanted_part.tag)
            )
        } else if own_short == wanted_short {
            format!("has '{own_short}', which goes on differently")
        } else if fold(&own_text) == fold(&wanted_text) {
            format!("has '{own_short}', not '{wanted_short}': letter case or spaces differ")
        } else {
            format!("has '{own_short}', not '{wanted_short}'")
        })
    }
}

/// Lower case, single spaces, and none at the ends, which names escape.
fn fold(text: &str) -> String {
    let (kind, value) = text
        .split_once('=')
        .unwrap_or((text, ""));
    let words: Vec<String> = value
        .replace("\\ ", " ")
        .split_ascii_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    format!("{}={}", kind.to_ascii_lowercase(), words.join(" "))
}

fn string_type(tag: u8) -> &'static str {
    match tag {
        12 => "a UTF8String",
        18 => "a NumericString",
        19 => "a PrintableString",
        20 => "a TeletexString",
        22 => "an IA5String",
        26 => "a VisibleString",
        28 => "a UniversalString",
        30 => "a BMPString",
        _ => "a value of another type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::der::{SEQUENCE, SET, write_header};

    const CN: u8 = 3;
    const O: u8 = 10;
    const PRINTABLE: u8 = 19;
    const UTF8: u8 = 12;

    fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
        let mut der = Vec::new();
        write_header(&mut der, tag, contents.len());
        der.extend_from_slice(contents);
        der
    }

    fn name(parts: &[(u8, u8, &str)]) -> Vec<u8> {
        let rdns: Vec<u8> = parts
            .iter()
            .flat_map(|(arc, tag, value)| {
                let oid = element(0x06, &[0x55, 0x04, *arc]);
                let pair = [oid, element(*tag, value.as_bytes())].concat();
                element(SET, &element(SEQUENCE, &pair))
            })
            .collect();
        element(SEQUENCE, &rdns)
    }

    #[test]
    fn differences_are_told_where_they_are() {
        let wanted = name(&[(O, UTF8, "Acme"), (CN, UTF8, "Good CA")]);
        let wanted = Name(&wanted);
        for (own, told, is_alike) in [
            (
                name(&[(O, UTF8, "Acme"), (CN, UTF8, "Good CA")]),
                None,
                true,
            ),
            (
                name(&[(O, UTF8, "Acme"), (CN, UTF8, "Bad CA")]),
                Some("has 'CN=Bad CA', not 'CN=Good CA'"),
                false,
            ),
            (
                name(&[(O, UTF8, "Acme"), (CN, UTF8, " GOOD  CA ")]),
                Some("has 'CN=\\ GOOD  CA\\ ', not 'CN=Good CA': letter case or spaces differ"),
                true,
            ),
            (
                name(&[(O, UTF8, "Acme"), (CN, PRINTABLE, "Good CA")]),
                Some("has CN=Good CA as a PrintableString, not as a UTF8String"),
                true,
            ),
            (
                name(&[(CN, UTF8, "Good CA")]),
                Some("has 'CN=Good CA', not 'O=Acme'"),
                false,
            ),
            (
                name(&[(O, UTF8, "Acme")]),
                Some("has 1 parts, not 2"),
                false,
            ),
            (
                vec![0x05, 0x00],
                Some("is another, and one of the two cannot be read"),
                false,
            ),
        ] {
            let own = Name(&own);
            assert_eq!(own.difference(&wanted).as_deref(), told);
            assert_eq!(own.folded() == wanted.folded(), is_alike, "{own}");
        }
    }

    #[test]
    fn what_differs_behind_the_longest_text() {
        let [own, wanted] = ["x", "y"].map(|end| name(&[(CN, UTF8, &("z".repeat(300) + end))]));
        let told = Name(&own)
            .difference(&Name(&wanted))
            .unwrap();
        assert!(told.ends_with("...', which goes on differently"), "{told}");
    }

    #[test]
    fn organizations_are_compared_folded() {
        let [acme, same, other, none, empty] = [
            &[(O, UTF8, "Acme"), (CN, UTF8, "a")][..],
            &[(CN, UTF8, "b"), (O, PRINTABLE, "ACME")],
            &[(O, UTF8, "Other")],
            &[(CN, UTF8, "a")],
            &[(O, UTF8, "")],
        ]
        .map(|parts| Name(&name(parts)).folded_organization());
        assert_eq!(acme.as_deref(), Some("o=acme"));
        assert_eq!(same, acme);
        assert_eq!(other.as_deref(), Some("o=other"));
        assert_eq!((none, empty), (None, None));
    }
}
