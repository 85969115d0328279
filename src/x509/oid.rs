//! Object identifiers (X.690 section 8.19).

use core::fmt;

use super::der::{OBJECT_IDENTIFIER, Reader};
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
        capped(ObjectIdentifier(oid), LONGEST_TEXT)
    }

    fn arcs(&self) -> Option<Vec<u128>> {
        let mut arcs = Vec::new();
        let mut value: u128 = 0;
        let mut inside = false;
        for octet in self.0 {
            if !inside && *octet == 0x80 {
                return None; // a leading zero digit is not DER
            }
            value = value
                .checked_mul(128)?
                .checked_add(u128::from(octet & 0x7f))?;
            inside = octet & 0x80 != 0;
            if inside {
                continue;
            }
            if arcs.is_empty() {
                let root = (value / 40).min(2);
                arcs.push(root);
                value -= root * 40;
            }
            arcs.push(core::mem::take(&mut value));
        }
        (!inside && !arcs.is_empty()).then_some(arcs)
    }
}

impl fmt::Display for ObjectIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(arcs) = self.arcs() else {
            f.write_str("0.")?;
            return self
                .0
                .iter()
                .try_for_each(|octet| write!(f, "{octet:02X}"));
        };
        for (index, arc) in arcs.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{arc}")?;
        }
        Ok(())
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
