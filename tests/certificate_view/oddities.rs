//! Certificates that a library would not make.

use edge_mtls::Certificate;
use rcgen::{KeyPair, PublicKeyData};
use x509_cert::der::{Decode, Encode};

use crate::alternative_names::{DNS, alternative_names};
use crate::support::der::*;
use crate::{KEY, exercise};

#[test]
fn odd_certificates_can_be_viewed() {
    let names = sequence(&[implicit(DNS, b"a.example")]);
    let ordinary = OddCertificate::new(&KEY);
    let with_names = ordinary
        .clone()
        .extension(SUBJECT_ALT_NAME, false, &names);
    let odd = [
        (
            1,
            OddCertificate {
                version: 1,
                ..ordinary.clone()
            },
        ),
        (
            1,
            OddCertificate {
                version: 1,
                ..with_names.clone()
            },
        ),
        (
            2,
            OddCertificate {
                version: 2,
                ..ordinary.clone()
            },
        ),
        (3, ordinary.clone()),
        (
            9,
            OddCertificate {
                version: 9,
                ..ordinary.clone()
            },
        ),
        (
            2,
            OddCertificate {
                version: 2,
                issuer_unique_id: Some(vec![1, 2]),
                ..ordinary
            },
        ),
        (
            3,
            OddCertificate {
                issuer_unique_id: Some(vec![]),
                ..with_names.clone()
            },
        ),
        (
            3,
            with_names
                .clone()
                .extension("1.2.3.4", true, b"\x05\0"),
        ),
        (
            3,
            with_names
                .extension("1.2.3.4", false, b"")
                .extension("1.2.3.4", false, b""),
        ),
    ];
    for (version, odd) in odd {
        let der = odd.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        exercise(&der);
        assert_eq!(certificate.version(), version);
        assert_eq!(certificate.subject().to_string(), "CN=subject");
        assert_eq!(certificate.issuer().to_string(), "CN=issuer");
        assert_eq!(certificate.subject_public_key_info(), odd.spki);
        assert!(certificate.validity().is_some());
        let expected: &[&str] = match odd.extensions[..] {
            [] => &[],
            _ => &["DNS:a.example"],
        };
        assert_eq!(alternative_names(&der), expected);
    }
}

#[test]
fn an_extension_that_appears_twice_is_none() {
    let usage = tlv(BIT_STRING, &[7, 0x80]);
    let purposes = sequence(&[oid("1.3.6.1.5.5.7.3.2")]);
    let once = OddCertificate::new(&KEY)
        .extension(KEY_USAGE, true, &usage)
        .extension(EXTENDED_KEY_USAGE, false, &purposes);

    let der = once.signed_by(&KEY);
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(
        certificate.key_usage().is_some()
            && certificate
                .extended_key_usage()
                .is_some()
    );

    let der = once
        .clone()
        .extension(KEY_USAGE, true, &usage)
        .signed_by(&KEY);
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(
        certificate.key_usage().is_none()
            && certificate
                .extended_key_usage()
                .is_some()
    );

    let der = once
        .extension(EXTENDED_KEY_USAGE, true, &purposes)
        .signed_by(&KEY);
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(
        certificate.key_usage().is_some()
            && certificate
                .extended_key_usage()
                .is_none()
    );
}

#[test]
fn odd_certificates_are_signed_for_real() {
    let other_key = KeyPair::generate().unwrap();
    let mut odd = OddCertificate::new(&other_key).extension("1.2.3.4", true, b"\x05\0");
    odd.version = 1;
    let der = odd.signed_by(&KEY);
    let certificate = x509_cert::Certificate::from_der(&der).unwrap();
    let verify = |key: &KeyPair| {
        let algorithm = rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == rustls::SignatureScheme::ECDSA_NISTP256_SHA256)
            .unwrap()
            .1[0];
        algorithm
            .verify_signature(
                key.der_bytes(),
                &certificate
                    .tbs_certificate()
                    .to_der()
                    .unwrap(),
                certificate.signature().raw_bytes(),
            )
            .is_ok()
    };
    assert!(verify(&KEY) && !verify(&other_key));
}

#[test]
fn an_error_names_the_part() {
    let null = || tlv(0x05, &[]);
    let algorithm = || sequence(&[oid("1.2.3")]);
    let error = |der: &[u8]| {
        let error = Certificate::from_der(der).unwrap_err();
        error.to_string()
    };
    let expected = |part| format!("{part} cannot be read as DER (RFC 5280 section 4.1)");

    // A part of tbsCertificate that is another, and nothing behind it.
    let mut tbs = Vec::new();
    for (part, der) in [
        ("serialNumber", integer(&[1])),
        ("signature", algorithm()),
        ("issuer", common_name("issuer")),
        ("validity", sequence(&[null()])),
        ("subject", common_name("subject")),
        ("subjectPublicKeyInfo", KEY.subject_public_key_info()),
        ("the end of tbsCertificate", Vec::new()),
    ] {
        let with_null = [&tbs[..], &[null()]].concat();
        assert_eq!(error(&sequence(&[sequence(&with_null)])), expected(part));
        tbs.push(der);
    }
    for (part, last) in [
        ("version", explicit(0, &integer(&[0x7f]))),
        ("version", explicit(0, &integer(&[0, 2]))),
        ("version", explicit(0, &null())),
    ] {
        let with_first = [&[last], &tbs[..]].concat();
        assert_eq!(error(&sequence(&[sequence(&with_first)])), expected(part));
    }
    for (part, last) in [
        ("issuerUniqueID or subjectUniqueID", vec![0x81, 0x7f]),
        ("issuerUniqueID or subjectUniqueID", vec![0x82, 0x7f]),
        ("extensions", explicit(3, &null())),
        ("extensions", vec![0xa3, 0x7f]),
        ("the end of tbsCertificate", implicit(3, &[])),
    ] {
        let with_last = [&tbs[..], &[last]].concat();
        assert_eq!(error(&sequence(&[sequence(&with_last)])), expected(part));
    }

    let tbs = sequence(&tbs);
    let whole = sequence(&[&tbs[..], &algorithm(), &bit_string(&[1])]);
    assert!(Certificate::from_der(&whole).is_ok());
    for (part, der) in [
        ("Certificate", Vec::new()),
        ("Certificate", null()),
        ("Certificate", whole[..whole.len() - 1].to_vec()),
        ("Certificate", [&whole[..], &[0]].concat()),
        ("tbsCertificate", sequence(&[null()])),
        ("signatureAlgorithm", sequence(&[&tbs])),
        ("signatureValue", sequence(&[tbs.clone(), algorithm()])),
        (
            "signatureValue",
            sequence(&[tbs.clone(), algorithm(), tlv(BIT_STRING, &[4, 0xf0])]),
        ),
        (
            "the end of Certificate",
            sequence(&[tbs, algorithm(), bit_string(&[1]), null()]),
        ),
    ] {
        assert_eq!(error(&der), expected(part));
    }
}
