//! The smallest borrowed reader of DER (X.690) that a certificate or a revocation list needs.
//!
//! Definite, minimal lengths only; tags of one octet only. A reader never panics and never
//! allocates: what it cannot read is `None`. [`write_header`] is the way back.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// A context-specific tag of primitive form.
pub(crate) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// A context-specific tag of constructed form.
pub(crate) const fn context_constructed(number: u8) -> u8 {
    0xa0 | number
}

/// One tag-length-value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// The contents octets.
    pub(crate) contents: &'a [u8],
    /// Tag, length and contents.
    pub(crate) full: &'a [u8],
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element, whatever its tag.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        let [tag, first, ..] = self.rest else {
            return None;
        };
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, header) = match first {
            short @ 0..=0x7f => (usize::from(*short), 2),
            _ => read_long_length(self.rest)?,
        };
        let (full, rest) = self
            .rest
            .split_at_checked(length.checked_add(header)?)?;
        let contents = full.get(header..)?;
        self.rest = rest;
        Some(Element {
            tag: *tag,
            contents,
            full,
        })
    }

    /// The next element, which must have `tag`.
    #[inline]
    pub(crate) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        match self.rest.first() {
            Some(first) if *first == tag => self.next(),
            _ => None,
        }
    }

    /// The next element if it has `tag`; otherwise nothing is read.
    #[inline]
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<Element<'a>>> {
        match self.rest.first() {
            Some(first) if *first == tag => self.next().map(Some),
            _ => Some(None),
        }
    }
}

/// Appends a tag of one octet and a minimal length.
pub(crate) fn write_header(der: &mut Vec<u8>, tag: u8, length: usize) {
    der.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => der.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let zeros = octets
                .iter()
                .take_while(|octet| **octet == 0)
                .count();
            let octets = octets.get(zeros..).unwrap_or_default();
            der.push(0x80 | u8::try_from(octets.len()).unwrap_or(0));
            der.extend_from_slice(octets);
        }
    }
}

/// The SEQUENCE at the beginning of `der`, header included.
#[cfg(feature = "http")]
pub(crate) fn first_sequence(der: &[u8]) -> Option<&[u8]> {
    Some(Reader::new(der).expect(SEQUENCE)?.full)
}

/// The only element of `der`, which must have `tag` and nothing behind it.
#[inline]
pub(crate) fn only(der: &[u8], tag: u8) -> Option<Element<'_>> {
    let mut reader = Reader::new(der);
    let element = reader.expect(tag)?;
    reader.is_empty().then_some(element)
}

/// The length of an element, above 127, in its minimal form of at most four octets (4 GiB), and how many octets
/// stand before the contents.
#[inline]
fn read_long_length(element: &[u8]) -> Option<(usize, usize)> {
    match element {
        [_, 0x81, a @ 0x80..=0xff, ..] => Some((usize::from(*a), 3)),
        [_, 0x82, a @ 1..=0xff, b, ..] => Some((usize::from(*a) << 8 | usize::from(*b), 4)),
        [_, 0x83, a @ 1..=0xff, b, c, ..] => Some((
            usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c),
            5,
        )),
        [_, 0x84, a @ 1..=0xff, b, c, d, ..] => Some((
            usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?,
            6,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_elements_in_order() {
        let mut reader = Reader::new(&[0x02, 0x01, 0x05, 0x04, 0x00]);
        let first = reader.expect(INTEGER).unwrap();
        assert_eq!((first.contents, first.full), (&[5][..], &[2, 1, 5][..]));
        assert!(
            reader
                .optional(SEQUENCE)
                .unwrap()
                .is_none()
        );
        assert_eq!(
            reader
                .expect(OCTET_STRING)
                .unwrap()
                .contents,
            b""
        );
        assert!(reader.is_empty() && reader.next().is_none());
    }

    #[test]
    fn refuses_what_is_not_der() {
        for bad in [
            &[0x30][..],                        // no length
            &[0x30, 0x01],                      // contents cut short
            &[0x30, 0x80, 0x00, 0x00],          // indefinite length
            &[0x30, 0x81, 0x01, 0x00],          // not minimal, one octet
            &[0x30, 0x82, 0x00, 0x80],          // not minimal, two octets
            &[0x30, 0x83, 0x00, 0xff, 0xff],    // not minimal, three octets
            &[0x30, 0x84, 0, 0xff, 0xff, 0xff], // not minimal, four octets
            &[0x30, 0x84, 1, 0, 0, 0],          // contents cut short
            &[0x30, 0x85, 1, 0, 0, 0, 0],       // longer than anything that is read here
            &[0x1f, 0x81, 0x00, 0x00],          // tag of several octets
        ] {
            assert!(Reader::new(bad).next().is_none(), "{bad:02x?}");
        }
    }

    #[test]
    fn headers_are_read_as_they_are_written() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x100_0000] {
            let mut der = Vec::new();
            write_header(&mut der, SEQUENCE, length);
            der.resize(der.len() + length, 0);
            assert_eq!(
                only(&der, SEQUENCE)
                    .unwrap()
                    .contents
                    .len(),
                length
            );
        }
    }

    #[test]
    fn only_allows_nothing_behind() {
        assert!(only(&[0x30, 0x00], SEQUENCE).is_some());
        assert!(only(&[0x30, 0x00, 0x00], SEQUENCE).is_none());
        assert!(only(&[0x31, 0x00], SEQUENCE).is_none());
    }
}
