//! Certificates whose signatures are made up, and an algorithm that believes them: what is left of a verdict
//! is its work without signatures. They cost nothing to make, so that there can be 100,000.

use std::cell::Cell;

use edge_mtls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use crate::der::{
    OddCertificate, bit_string, common_name, explicit, extension, generalized_time, implicit,
    integer, octet_string, oid, sequence, tlv, utc_time,
};

/// A key: signatures "by" it are those that hold its number.
pub type Key = u32;

/// Believes a signature that holds the number of the key, among the first sixteen.
#[derive(Debug)]
pub struct Believing;

thread_local! {
    static VERIFIED: Cell<usize> = const { Cell::new(0) };
}

/// How many signatures this thread has verified so far.
pub fn verified() -> usize {
    VERIFIED.get()
}

pub static BELIEVING: &[&dyn SignatureVerificationAlgorithm] = &[&Believing];

impl SignatureVerificationAlgorithm for Believing {
    fn verify_signature(
        &self,
        public_key: &[u8],
        _message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        VERIFIED.set(VERIFIED.get() + 1);
        let number = &public_key[public_key.len().saturating_sub(4)..];
        match signature
            .chunks_exact(4)
            .take(16)
            .any(|signer| signer == number)
        {
            true => Ok(()),
            false => Err(InvalidSignature),
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

/// The SubjectPublicKeyInfo of a key, as long as one of P-256.
pub fn spki(key: Key) -> Vec<u8> {
    let mut point = [0; 65];
    point[0] = 4;
    point[61..].copy_from_slice(&key.to_be_bytes());
    let algorithm = sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
    sequence(&[algorithm, bit_string(&point)])
}

/// What a certificate of `key` holds beside names and extensions.
pub fn blank(key: Key) -> OddCertificate {
    OddCertificate {
        version: 3,
        serial: [&[1; 12][..], &key.to_be_bytes()].concat(),
        issuer: common_name("issuer"),
        not_before: utc_time("200101000000Z"),
        not_after: generalized_time("20991231235959Z"),
        subject: common_name("subject"),
        spki: spki(key),
        issuer_unique_id: None,
        extensions: Vec::new(),
    }
}

/// A CA's certificate, with what such certificates hold.
pub fn ca(subject: &[u8], key: Key, issuer: &[u8], signer: Key) -> OddCertificate {
    let certificate = blank(key)
        .extension("2.5.29.19", true, &sequence(&[tlv(0x01, &[0xff])]))
        .extension("2.5.29.15", true, &[0x03, 0x02, 0x01, 0x06])
        .extension("2.5.29.14", false, &octet_string(&key_identifier(key)));
    named(certificate, subject, issuer, signer)
}

/// A client's certificate, with what such certificates hold.
pub fn client(subject: &[u8], key: Key, issuer: &[u8], signer: Key) -> OddCertificate {
    let client_auth = oid("1.3.6.1.5.5.7.3.2");
    let certificate = blank(key)
        .extension("2.5.29.19", true, &sequence::<&[u8]>(&[]))
        .extension("2.5.29.15", true, &[0x03, 0x02, 0x07, 0x80])
        .extension("2.5.29.37", false, &sequence(&[client_auth]))
        .extension("2.5.29.14", false, &octet_string(&key_identifier(key)));
    named(certificate, subject, issuer, signer)
}

/// The signature of one key.
pub fn signature(signer: Key) -> Vec<u8> {
    signatures(&[signer])
}

/// A signature that several keys made.
pub fn signatures(signers: &[Key]) -> Vec<u8> {
    signers
        .iter()
        .flat_map(|signer| signer.to_be_bytes())
        .collect()
}

pub fn key_identifier(key: Key) -> [u8; 20] {
    let mut identifier = [7; 20];
    identifier[16..].copy_from_slice(&key.to_be_bytes());
    identifier
}

fn named(
    mut certificate: OddCertificate,
    subject: &[u8],
    issuer: &[u8],
    signer: Key,
) -> OddCertificate {
    certificate.subject = subject.to_vec();
    certificate.issuer = issuer.to_vec();
    certificate.extension(
        "2.5.29.35",
        false,
        &sequence(&[implicit(0, &key_identifier(signer))]),
    )
}

/// A revocation list of so many entries, none of them about a certificate here; if it is bound to a place, at
/// this URI.
pub fn list(issuer: &[u8], signer: Key, entries: u32, place: Option<&str>) -> Vec<u8> {
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let entries: Vec<Vec<u8>> = (0..entries)
        .map(|number| {
            let serial = [&[2; 12][..], &number.to_be_bytes()].concat();
            sequence(&[integer(&serial), utc_time("290101000000Z")])
        })
        .collect();
    let mut extensions = vec![
        extension("2.5.29.20", false, &integer(&[1])),
        extension(
            "2.5.29.35",
            false,
            &sequence(&[implicit(0, &key_identifier(signer))]),
        ),
    ];
    if let Some(place) = place {
        let name = tlv(0xa0, &tlv(0xa0, &implicit(6, place.as_bytes())));
        extensions.push(extension("2.5.29.28", true, &sequence(&[name])));
    }
    let extensions = sequence(&extensions);
    let tbs = sequence(&[
        integer(&[1]),
        algorithm.clone(),
        issuer.to_vec(),
        utc_time("291231000000Z"),
        utc_time("310101000000Z"),
        sequence(&entries),
        explicit(0, &extensions),
    ]);
    sequence(&[tbs, algorithm, bit_string(&signature(signer))])
}
