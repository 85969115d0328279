//! A small DER writer, and certificates that no library would make.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};

pub const BIT_STRING: u8 = 0x03;
pub const UTF8_STRING: u8 = 0x0c;
pub const NUMERIC_STRING: u8 = 0x12;
pub const PRINTABLE_STRING: u8 = 0x13;
pub const TELETEX_STRING: u8 = 0x14;
pub const VIDEOTEX_STRING: u8 = 0x15;
pub const IA5_STRING: u8 = 0x16;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const GRAPHIC_STRING: u8 = 0x19;
pub const VISIBLE_STRING: u8 = 0x1a;
pub const GENERAL_STRING: u8 = 0x1b;
pub const UNIVERSAL_STRING: u8 = 0x1c;
pub const BMP_STRING: u8 = 0x1e;

pub const COMMON_NAME: &str = "2.5.4.3";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

/// One element: `tag`, the minimal length, `contents`.
pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let octets = length.to_be_bytes();
    let octets = &octets[octets
        .iter()
        .take_while(|octet| **octet == 0)
        .count()..];
    let mut der = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => der.push(short),
        _ => {
            der.push(0x80 | u8::try_from(octets.len()).unwrap());
            der.extend_from_slice(octets);
        }
    }
    der.extend_from_slice(contents);
    der
}

pub fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    tlv(0x30, &concat(parts))
}

/// A SET whose parts stand as given: DER would have them sorted.
pub fn set<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    tlv(0x31, &concat(parts))
}

/// An INTEGER whose contents stand as given.
pub fn integer(contents: &[u8]) -> Vec<u8> {
    tlv(0x02, contents)
}

/// A BIT STRING of whole octets.
pub fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &concat(&[&[0], octets]))
}

pub fn octet_string(contents: &[u8]) -> Vec<u8> {
    tlv(0x04, contents)
}

/// An OBJECT IDENTIFIER from dotted decimal; arcs of up to 128 bits.
pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u128> = dotted
        .split('.')
        .map(|arc| arc.parse().unwrap())
        .collect();
    let mut contents = base_128(arcs[0] * 40 + arcs[1]);
    for arc in &arcs[2..] {
        contents.extend(base_128(*arc));
    }
    tlv(0x06, &contents)
}

/// `[number] EXPLICIT`: an element around the whole of `der`.
pub fn explicit(number: u8, der: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, der)
}

/// `[number] IMPLICIT` of a primitive type: an element of its contents.
pub fn implicit(number: u8, contents: &[u8]) -> Vec<u8> {
    tlv(0x80 | number, contents)
}

pub fn utc_time(text: &str) -> Vec<u8> {
    tlv(UTC_TIME, text.as_bytes())
}

pub fn generalized_time(text: &str) -> Vec<u8> {
    tlv(GENERALIZED_TIME, text.as_bytes())
}

/// An AttributeTypeAndValue.
pub fn attribute(kind: &str, tag: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), tlv(tag, value)])
}

/// A Name of one RDN with one attribute.
pub fn name(kind: &str, tag: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[set(&[attribute(kind, tag, value)])])
}

/// A Name of nothing but a common name.
pub fn common_name(value: &str) -> Vec<u8> {
    name(COMMON_NAME, UTF8_STRING, value.as_bytes())
}

/// An Extension; `value` is the DER that its OCTET STRING holds.
pub fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(kind)];
    if critical {
        parts.push(tlv(0x01, &[0xff]));
    }
    parts.push(octet_string(value));
    sequence(&parts)
}

/// A certificate made by hand: whatever its fields say, its signature is genuine.
#[derive(Clone, Debug)]
pub struct OddCertificate {
    /// 1, 2 or 3, as the standards count.
    pub version: u8,
    /// The contents octets of the INTEGER.
    pub serial: Vec<u8>,
    /// The DER of the Name.
    pub issuer: Vec<u8>,
    /// The DER of the Time, as from [`utc_time`].
    pub not_before: Vec<u8>,
    /// The DER of the Time, as from [`generalized_time`].
    pub not_after: Vec<u8>,
    /// The DER of the Name.
    pub subject: Vec<u8>,
    /// The DER of the SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// The octets of the issuerUniqueID.
    pub issuer_unique_id: Option<Vec<u8>>,
    /// The DER of each Extension, as from [`extension`]; left out altogether if there is none.
    pub extensions: Vec<Vec<u8>>,
}

impl OddCertificate {
    /// An ordinary certificate of `key`, for the caller to change: version 3, valid from 2000 to
    /// 9999, `CN=subject` issued by `CN=issuer`, no extension.
    pub fn new(key: &KeyPair) -> Self {
        Self {
            version: 3,
            serial: vec![1],
            issuer: common_name("issuer"),
            not_before: utc_time("000101000000Z"),
            not_after: generalized_time("99991231235959Z"),
            subject: common_name("subject"),
            spki: key.subject_public_key_info(),
            issuer_unique_id: None,
            extensions: Vec::new(),
        }
    }

    /// Adds an extension behind those that are there, even one of the same kind.
    pub fn extension(mut self, kind: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions
            .push(extension(kind, critical, value));
        self
    }

    /// The DER of the certificate, signed by `issuer`, a P-256 key.
    pub fn signed_by(&self, issuer: &KeyPair) -> Vec<u8> {
        assert_eq!(issuer.algorithm(), &PKCS_ECDSA_P256_SHA256);
        let ecdsa_with_sha256 = sequence(&[oid("1.2.840.10045.4.3.2")]);
        self.with_signature(
            &issuer
                .sign(&self.tbs(&ecdsa_with_sha256))
                .unwrap(),
        )
    }

    /// The DER of the certificate with these octets for a signature, by P-256 as it claims.
    pub fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let ecdsa_with_sha256 = sequence(&[oid("1.2.840.10045.4.3.2")]);
        let tbs = self.tbs(&ecdsa_with_sha256);
        sequence(&[tbs, ecdsa_with_sha256, bit_string(signature)])
    }

    fn tbs(&self, signature_algorithm: &[u8]) -> Vec<u8> {
        let mut parts = Vec::new();
        if self.version != 1 {
            parts.push(explicit(0, &integer(&[self.version - 1])));
        }
        parts.extend([
            integer(&self.serial),
            signature_algorithm.to_vec(),
            self.issuer.clone(),
            sequence(&[&self.not_before, &self.not_after]),
            self.subject.clone(),
            self.spki.clone(),
        ]);
        if let Some(id) = &self.issuer_unique_id {
            parts.push(implicit(1, &concat(&[&[0], &id[..]])));
        }
        if !self.extensions.is_empty() {
            parts.push(explicit(3, &sequence(&self.extensions)));
        }
        sequence(&parts)
    }
}

fn concat<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| part.as_ref().iter().copied())
        .collect()
}

fn base_128(mut value: u128) -> Vec<u8> {
    let mut digits = vec![(value & 0x7f) as u8];
    while value > 0x7f {
        value >>= 7;
        digits.push(0x80 | (value & 0x7f) as u8);
    }
    digits.reverse();
    digits
}

/// A name of UTF8Strings, one RDN each.
pub fn name_of(attributes: &[(&str, &str)]) -> Vec<u8> {
    let rdns: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, value)| set(&[attribute(kind, 0x0c, value.as_bytes())]))
        .collect();
    sequence(&rdns)
}
