//! A certificate of X.509 version 1, which no library makes any more.

use std::error::Error;

use rcgen::{KeyPair, PublicKeyData, SigningKey};

use crate::pki::{Authority, Identity};

/// Issues one: it has no extensions, so that nothing says what it may be used for.
pub fn issue(issuer: &Authority, name: &str) -> Result<Identity, Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let validity = [
        tlv(UTC_TIME, b"000101000000Z"),
        tlv(GENERALIZED_TIME, b"99991231235959Z"),
    ];
    let tbs = sequence(&[
        tlv(INTEGER, &[1]),
        ecdsa_with_sha256(),
        common_name(issuer.name()),
        sequence(&validity),
        common_name(name),
        key.subject_public_key_info(),
    ]);
    let signature = issuer.key().sign(&tbs)?;
    let no_unused_bits = [&[0], &signature[..]].concat();
    let certificate = sequence(&[tbs, ecdsa_with_sha256(), tlv(BIT_STRING, &no_unused_bits)]);
    Ok(Identity {
        chain: vec![certificate.into()],
        key: key.serialize_der(),
    })
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

fn ecdsa_with_sha256() -> Vec<u8> {
    const OID: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    sequence(&[tlv(OBJECT_IDENTIFIER, OID)])
}

fn common_name(name: &str) -> Vec<u8> {
    const OID: &[u8] = &[0x55, 0x04, 0x03];
    let attribute = sequence(&[
        tlv(OBJECT_IDENTIFIER, OID),
        tlv(UTF8_STRING, name.as_bytes()),
    ]);
    sequence(&[tlv(SET, &attribute)])
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

/// One element of DER, of at most 65,535 octets.
fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let [.., high, low] = length.to_be_bytes();
    let mut der = vec![tag];
    match length {
        0..0x80 => der.push(low),
        0x80..0x100 => der.extend([0x81, low]),
        _ => der.extend([0x82, high, low]),
    }
    der.extend(contents);
    der
}
