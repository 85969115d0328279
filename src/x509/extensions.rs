//! The extensions that decide what a certificate may be used for (RFC 5280 section 4.2.1).

use core::fmt;

use super::certificate::{MalformedCertificate, malformed};
use super::der::{
    BIT_STRING, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, only,
};
use super::oid::ObjectIdentifier;

/// Object identifiers of extensions and usages, as contents octets.
pub(crate) mod id {
    pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
    pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
    pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
    pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
    pub(crate) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
    pub(crate) const REASON_CODE: &[u8] = &[0x55, 0x1d, 21];
    pub(crate) const HOLD_INSTRUCTION: &[u8] = &[0x55, 0x1d, 23];
    pub(crate) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
    pub(crate) const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 27];
    pub(crate) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
    pub(crate) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
    pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
    pub(crate) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 31];
    pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
    pub(crate) const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
    pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
    pub(crate) const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
    pub(crate) const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];

    /// An access method of the last.
    pub(crate) const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1];

    pub(crate) const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
}

/// More extensions than any certificate needs; each look-up passes over all of them.
pub(crate) const MOST_EXTENSIONS: usize = 64;

/// Whether this crate or webpki enforces an extension where it is critical.
pub(crate) fn is_enforced(oid: ObjectIdentifier<'_>) -> bool {
    [
        id::KEY_USAGE,
        id::SUBJECT_ALT_NAME,
        id::BASIC_CONSTRAINTS,
        id::NAME_CONSTRAINTS,
        id::EXTENDED_KEY_USAGE,
    ]
    .contains(&oid.as_bytes())
}

/// One extension: its object identifier, whether it is critical, and the DER inside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    pub(crate) oid: ObjectIdentifier<'a>,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// The extensions in the certificate's order; ends after the first that cannot be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extensions<'a> {
    reader: Reader<'a>,
}

impl<'a> Extensions<'a> {
    pub(crate) fn new(contents: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(contents),
        }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Result<Extension<'a>, MalformedCertificate>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let extension = read_extension(&mut self.reader);
        if extension.is_none() {
            self.reader = Reader::new(&[]);
        }
        Some(extension.ok_or(malformed("an extension")))
    }
}

#[inline]
fn read_extension<'a>(reader: &mut Reader<'a>) -> Option<Extension<'a>> {
    let mut fields = Reader::new(reader.expect(SEQUENCE)?.contents);
    let oid = fields
        .expect(OBJECT_IDENTIFIER)?
        .contents;
    let critical = match fields.optional(BOOLEAN)? {
        Some(element) => read_boolean(element.contents)?,
        None => false,
    };
    let value = fields.expect(OCTET_STRING)?.contents;
    fields.is_empty().then_some(Extension {
        oid: ObjectIdentifier(oid),
        critical,
        value,
    })
}

pub(crate) fn read_boolean(contents: &[u8]) -> Option<bool> {
    match contents {
        [0x00] => Some(false),
        [0xff] => Some(true),
        _ => None,
    }
}

/// What the certified key may do (RFC 5280 section 4.2.1.3).
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct KeyUsage {
    /// Bit 0 of the extension is the highest bit here.
    bits: u16,
}

impl KeyUsage {
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let (unused, octets) = only(value, BIT_STRING)?
            .contents
            .split_first()?;
        let (bits, used) = match octets {
            [] => (0, 0),
            [a] => (u16::from(*a) << 8, 8),
            [a, b] => (u16::from(*a) << 8 | u16::from(*b), 16),
            _ => return None,
        };
        // Bits that do not count are zero in DER; others would read them differently.
        let counting = u32::checked_sub(used, u32::from(*unused)).filter(|_| *unused <= 7)?;
        let mask = u16::MAX
            .checked_shl(16 - counting)
            .unwrap_or(0);
        (bits & !mask == 0).then_some(Self { bits })
    }

    /// `digitalSignature`: what TLS client authentication needs.
    pub fn digital_signature(&self) -> bool {
        self.bit(0)
    }

    /// `nonRepudiation`, also called `contentCommitment`.
    pub fn non_repudiation(&self) -> bool {
        self.bit(1)
    }

    /// `keyEncipherment`.
    pub fn key_encipherment(&self) -> bool {
        self.bit(2)
    }

    /// `dataEncipherment`.
    pub fn data_encipherment(&self) -> bool {
        self.bit(3)
    }

    /// `keyAgreement`.
    pub fn key_agreement(&self) -> bool {
        self.bit(4)
    }

    /// `keyCertSign`: what a CA needs.
    pub fn key_cert_sign(&self) -> bool {
        self.bit(5)
    }

    /// `cRLSign`: what the signer of a revocation list needs.
    pub fn crl_sign(&self) -> bool {
        self.bit(6)
    }

    /// `encipherOnly`.
    pub fn encipher_only(&self) -> bool {
        self.bit(7)
    }

    /// `decipherOnly`.
    pub fn decipher_only(&self) -> bool {
        self.bit(8)
    }

    fn bit(&self, number: u32) -> bool {
        self.bits & (0x8000 >> number) != 0
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        const NAMES: [&str; 9] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
            "encipherOnly",
            "decipherOnly",
        ];
        let bits = self.bits;
        (0_u32..)
            .zip(NAMES)
            .filter(move |(number, _)| bits & (0x8000 >> number) != 0)
            .map(|(_, name)| name)
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsage({self})")
    }
}

/// The names of RFC 5280, joined by `, `.
impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// The purposes that a certificate is restricted to (RFC 5280 section 4.2.1.12): at least one.
#[derive(Clone, Copy)]
pub struct ExtendedKeyUsage<'a> {
    contents: &'a [u8],
}

impl<'a> ExtendedKeyUsage<'a> {
    pub(crate) fn read(value: &'a [u8]) -> Option<Self> {
        let contents = only(value, SEQUENCE)?.contents;
        let mut reader = Reader::new(contents);
        if reader.is_empty() {
            return None;
        }
        while !reader.is_empty() {
            reader.expect(OBJECT_IDENTIFIER)?;
        }
        Some(Self { contents })
    }

    /// The purposes, in the certificate's order.
    pub fn purposes(&self) -> impl Iterator<Item = ObjectIdentifier<'a>> + use<'a> {
        let mut reader = Reader::new(self.contents);
        core::iter::from_fn(move || {
            Some(ObjectIdentifier(
                reader
                    .expect(OBJECT_IDENTIFIER)?
                    .contents,
            ))
        })
    }

    /// Whether `id-kp-clientAuth` is among them.
    pub fn client_auth(&self) -> bool {
        self.purposes()
            .any(|purpose| purpose.as_bytes() == id::CLIENT_AUTH)
    }
}

impl fmt::Debug for ExtendedKeyUsage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExtendedKeyUsage({self})")
    }
}

/// The names of RFC 5280 (`clientAuth`), or dotted decimal for others, joined by `, `.
impl fmt::Display for ExtendedKeyUsage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, purpose) in self.purposes().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match purpose.as_bytes() {
                [0x55, 0x1d, 0x25, 0] => f.write_str("anyExtendedKeyUsage")?,
                [0x2b, 6, 1, 5, 5, 7, 3, 1] => f.write_str("serverAuth")?,
                [0x2b, 6, 1, 5, 5, 7, 3, 2] => f.write_str("clientAuth")?,
                [0x2b, 6, 1, 5, 5, 7, 3, 3] => f.write_str("codeSigning")?,
                [0x2b, 6, 1, 5, 5, 7, 3, 4] => f.write_str("emailProtection")?,
                [0x2b, 6, 1, 5, 5, 7, 3, 8] => f.write_str("timeStamping")?,
                [0x2b, 6, 1, 5, 5, 7, 3, 9] => f.write_str("OCSPSigning")?,
                _ => write!(f, "{purpose}")?,
            }
        }
        Ok(())
    }
}

/// Whether a certificate is a CA's, and how long a path below it may be (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    /// How many intermediates that are not self-issued may stand between it and the leaf.
    pub(crate) path_len: Option<usize>,
}

impl BasicConstraints {
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(only(value, SEQUENCE)?.contents);
        let ca = match reader.optional(BOOLEAN)? {
            Some(element) => read_boolean(element.contents)?,
            None => false,
        };
        let path_len = match reader.optional(INTEGER)? {
            Some(element) => Some(read_path_len(element.contents)?),
            None => None,
        };
        reader
            .is_empty()
            .then_some(Self { ca, path_len })
    }
}

/// A non-negative INTEGER; one of more than a single octet is as good as no limit.
fn read_path_len(contents: &[u8]) -> Option<usize> {
    match contents {
        [len @ 0..=0x7f] => Some(usize::from(*len)),
        [0..=0x7f, _, ..] => Some(usize::MAX),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_bits_have_their_names() {
        let usage = KeyUsage::read(&[0x03, 0x02, 0x05, 0xa0]).unwrap();
        assert!(usage.digital_signature() && usage.key_encipherment());
        assert!(!usage.key_cert_sign() && !usage.decipher_only());
        assert_eq!(usage.to_string(), "digitalSignature, keyEncipherment");

        let usage = KeyUsage::read(&[0x03, 0x03, 0x07, 0x06, 0x80]).unwrap();
        assert_eq!(usage.to_string(), "keyCertSign, cRLSign, decipherOnly");
        assert_eq!(
            KeyUsage::read(&[0x03, 0x01, 0x00])
                .unwrap()
                .to_string(),
            ""
        );
        for bad in [
            &[0x03, 0x00][..],
            &[0x03, 0x01, 0x01],
            &[0x03, 0x02, 0x07, 0xff], // bits that do not count
            &[0x03, 0x02, 0x07, 0x7f],
            &[0x03, 0x04, 0x00, 0x80, 0x00, 0x00],
            &[0x03, 0x02, 0x08, 0x80],
            &[0x04, 0x02, 0x05, 0xa0],
        ] {
            assert!(KeyUsage::read(bad).is_none());
        }
    }

    #[test]
    fn extended_key_usage_is_never_empty() {
        let der = [
            0x30, 0x0e, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 2, 0x06, 0x02, 0x2a, 0x03,
        ];
        let usage = ExtendedKeyUsage::read(&der).unwrap();
        assert!(usage.client_auth());
        assert_eq!(usage.to_string(), "clientAuth, 1.2.3");
        for bad in [
            &[0x30, 0x00][..],
            &[0x30, 0x02, 0x05, 0x00],
            &[0x30, 0x01, 0x06],
        ] {
            assert!(ExtendedKeyUsage::read(bad).is_none());
        }
    }

    #[test]
    fn basic_constraints_in_every_form() {
        let read = BasicConstraints::read;
        let constraints = |ca, path_len| Some(BasicConstraints { ca, path_len });
        assert_eq!(read(&[0x30, 0x00]), constraints(false, None));
        assert_eq!(read(&[0x30, 3, 1, 1, 0xff]), constraints(true, None));
        assert_eq!(
            read(&[0x30, 6, 1, 1, 0xff, 2, 1, 3]),
            constraints(true, Some(3))
        );
        assert_eq!(
            read(&[0x30, 7, 1, 1, 0xff, 2, 2, 1, 0]),
            constraints(true, Some(usize::MAX))
        );
        assert_eq!(read(&[0x30, 6, 1, 1, 0xff, 2, 1, 0xff]), None); // negative
        assert_eq!(read(&[0x30, 3, 1, 1, 0x01]), None); // BOOLEAN that is not DER
    }
}
