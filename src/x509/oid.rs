//! Object identifiers (X.690 section 8.19).

use core::fmt::{self, Display as _};

use super::der::{OBJECT_IDENTIFIER, Reader};
use super::text::write_octets;
use super::{LONGEST_TEXT, capped};

/// An object identifier, as the contents octets of its DER.
///
/// Displays as dotted decimal (`1.3.6.1.5.5.7.3.2`). Arcs above 2^128 - 1 do not fit this form in
/// bounded work; such an identifier, and one that is not well-formed, displays as `0.` followed by
/// its octets in hexadecimal, which no assigned identifier does.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ObjectIdentifier<'a>(pub(crate) &'a [u8]);

impl<'a> ObjectIdentifier<'a> {
    /// The contents octets: base-128 arcs, the first two joined.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The text of the object identifier that the contents of an AlgorithmIdentifier begin with.
    pub(crate) fn of_algorithm(algorithm: &[u8]) -> String {
        let oid = Reader::new(algorithm)
            .expect(OBJECT_IDENTIFIER)
            .map_or(&[][..], |element| element.contents);
        // One that is longer than honest ones is not read for its text.
        const LONGEST: usize = 64;
        match oid.len() {
            0..=LONGEST => capped(ObjectIdentifier(oid), LONGEST_TEXT),
            length => format!("an identifier of {length} octets"),
        }
    }

    /// Whether it is a list of arcs of at most 128 bits.
    fn is_well_formed(&self) -> bool {
        const LONGEST_ARC: usize = 19;
        let ends_with_an_arc = self
            .0
            .last()
            .is_some_and(|octet| octet & 0x80 == 0);
        ends_with_an_arc
            && self
                .0
                .split_inclusive(|octet| octet & 0x80 == 0)
                .all(|arc| match arc {
                    [0x80, ..] => false, // a leading zero digit is not DER
                    [first, ..] if arc.len() == LONGEST_ARC => first & 0x7f <= 3,
                    _ => arc.len() < LONGEST_ARC,
                })
    }

    /// The arcs of one that is well-formed; the first two are joined.
    fn joined_arcs(&self) -> impl Iterator<Item = u128> {
        self.0
            .split_inclusive(|octet| octet & 0x80 == 0)
            .map(|arc| {
                arc.iter()
                    .fold(0, |value, octet| value << 7 | u128::from(octet & 0x7f))
            })
    }
}

impl fmt::Display for ObjectIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_well_formed() {
            f.write_str("0.")?;
            return write_octets(f, self.0);
        }
        let mut text = Digits::default();
        for (index, arc) in self.joined_arcs().enumerate() {
            let root = match index {
                0 => (arc / 40).min(2),
                _ => 0,
            };
            if index == 0 {
                text.push(f, root)?;
            }
            text.dot(f)?;
            text.push(f, arc - root * 40)?;
        }
        text.flush(f)
    }
}

/// Text that is handed on in large pieces: asking the formatter for every digit would take ten times as long.
struct Digits {
    text: [u8; 64],
    length: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self {
            text: [0; 64],
            length: 0,
        }
    }
}

impl Digits {
    fn push(&mut self, f: &mut fmt::Formatter<'_>, number: u128) -> fmt::Result {
        match u8::try_from(number) {
            Ok(small @ 0..=9) => self.octet(f, b'0' + small),
            Ok(small @ 10..=99) => {
                self.octet(f, b'0' + small / 10)?;
                self.octet(f, b'0' + small % 10)
            }
            _ => {
                self.flush(f)?;
                number.fmt(f)
            }
        }
    }

    fn dot(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.octet(f, b'.')
    }

    fn octet(&mut self, f: &mut fmt::Formatter<'_>, octet: u8) -> fmt::Result {
        if self.length == self.text.len() {
            self.flush(f)?;
        }
        if let Some(place) = self.text.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
        Ok(())
    }

    fn flush(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .text
            .get(..self.length)
            .unwrap_or_default();
        self.length = 0;
        f.write_str(core::str::from_utf8(text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_dotted_decimal() {
        for (octets, text) in [
            (&[0x2b, 6, 1, 5, 5, 7, 3, 2][..], "1.3.6.1.5.5.7.3.2"),
            (
                &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 2],
                "1.3.6.1.4.1.311.20.2.2",
            ),
            (&[0x55, 4, 3], "2.5.4.3"),
            (&[0x88, 0x37, 3], "2.999.3"),
            (&[0x00], "0.0"),
            (&[], "0."), // not well-formed from here on
            (&[0x55, 0x84], "0.5584"),
            (&[0x55, 0x80, 0x01], "0.558001"),
        ] {
            assert_eq!(ObjectIdentifier(octets).to_string(), text);
        }
    }

    #[test]
    fn bounds_the_work_for_large_arcs() {
        // 2.25.<UUID> of all ones is the largest arc that is shown in decimal.
        let mut uuid = vec![0x69, 0x83];
        uuid.extend([0xff; 17]);
        uuid.push(0x7f);
        assert_eq!(
            ObjectIdentifier(&uuid).to_string(),
            "2.25.340282366920938463463374607431768211455"
        );
        let mut larger = vec![0x69];
        larger.extend([0xff; 40]);
        larger.push(0x7f);
        assert!(
            ObjectIdentifier(&larger)
                .to_string()
                .starts_with("0.69FF")
        );
    }
}
