//! Serial numbers, dates and usages.

use edge_mtls::{Certificate, KeyUsage, Time};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, PublicKeyData};

use crate::KEY;
use crate::support::der::*;

#[test]
fn serial_numbers_of_every_form() {
    for (contents, magnitude, text) in [
        (&[0x03, 0xa5, 0xb1][..], &[0x03, 0xa5, 0xb1][..], "03A5B1"),
        (&[0], &[0], "00"),
        (&[0, 0x80], &[0x80], "80"),
        (&[0x7f], &[0x7f], "7F"),
        (&[0xff], &[0xff], "FF"),               // -1
        (&[0x80, 0x01], &[0x80, 0x01], "8001"), // negative
        (&[0xab; 20], &[0xab; 20], &"AB".repeat(20)),
        (&[0x5a; 22], &[0x5a; 22], &"5A".repeat(22)),
        (&[], &[], ""),
    ] {
        let mut certificate = OddCertificate::new(&KEY);
        certificate.serial = contents.to_vec();
        let der = certificate.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        let serial = certificate.serial();
        assert_eq!(serial.as_bytes(), contents);
        assert_eq!(serial.magnitude(), magnitude);
        assert_eq!(serial.to_string(), text);
        assert_eq!(certificate.subject().to_string(), "CN=subject");
    }
}

#[test]
fn validity_in_both_kinds_of_time() {
    for (not_before, not_after, expected) in [
        (
            utc_time("230921015017Z"),
            generalized_time("99991231235959Z"),
            ["2023-09-21T01:50:17Z", "9999-12-31T23:59:59Z"],
        ),
        (
            utc_time("500101000000Z"),
            utc_time("491231235959Z"),
            ["1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z"],
        ),
        (
            generalized_time("19691231235959Z"),
            generalized_time("20240229000000Z"),
            ["1969-12-31T23:59:59Z", "2024-02-29T00:00:00Z"],
        ),
    ] {
        let der = with_validity(not_before, not_after);
        let certificate = Certificate::from_der(&der).unwrap();
        let validity = certificate.validity().unwrap();
        let texts = [
            validity.not_before.to_string(),
            validity.not_after.to_string(),
        ];
        assert_eq!(texts, expected);
    }
}

#[test]
fn validity_includes_both_ends() {
    let der = with_validity(utc_time("700101000010Z"), utc_time("700101000020Z"));
    let validity = Certificate::from_der(&der)
        .unwrap()
        .validity()
        .unwrap();
    for (seconds, inside) in [(9, false), (10, true), (15, true), (20, true), (21, false)] {
        assert_eq!(validity.contains(Time::from_unix_seconds(seconds)), inside);
    }
}

#[test]
fn a_bad_date_hides_nothing_else() {
    let good = utc_time("230921015017Z");
    for bad in [
        utc_time("2309210150Z"),
        utc_time("230921015017+0000"),
        utc_time("230921015017z"),
        utc_time("230229000000Z"),
        utc_time("230921240000Z"),
        utc_time("230921015060Z"),
        utc_time(""),
        generalized_time("230921015017Z"),
        generalized_time("20230921015017.5Z"),
        octet_string(b"230921015017Z"),
        integer(&[]),
        b"\x17\x7f".to_vec(),
        [&good[..], &good[..]].concat(), // three dates
        Vec::new(),                      // one date
    ] {
        for (not_before, not_after) in [(&bad, &good), (&good, &bad)] {
            let der = with_validity(not_before.clone(), not_after.clone());
            let certificate = Certificate::from_der(&der).unwrap();
            assert_eq!(certificate.validity(), None, "{bad:02x?}");
            assert_eq!(certificate.subject().to_string(), "CN=subject");
            assert_eq!(
                certificate.subject_public_key_info(),
                KEY.subject_public_key_info()
            );
            assert!(
                certificate
                    .key_usage()
                    .unwrap()
                    .digital_signature()
            );
        }
    }
}

fn with_validity(not_before: Vec<u8>, not_after: Vec<u8>) -> Vec<u8> {
    let mut certificate = OddCertificate::new(&KEY);
    certificate.not_before = not_before;
    certificate.not_after = not_after;
    certificate
        .extension(KEY_USAGE, true, &tlv(BIT_STRING, &[7, 0x80]))
        .signed_by(&KEY)
}

#[test]
fn key_usages_are_those_that_were_asked_for() {
    use KeyUsagePurpose::*;

    type Flag = fn(&KeyUsage) -> bool;
    let usages: [(KeyUsagePurpose, Flag, &str); 9] = [
        (
            DigitalSignature,
            KeyUsage::digital_signature,
            "digitalSignature",
        ),
        (
            ContentCommitment,
            KeyUsage::non_repudiation,
            "nonRepudiation",
        ),
        (
            KeyEncipherment,
            KeyUsage::key_encipherment,
            "keyEncipherment",
        ),
        (
            DataEncipherment,
            KeyUsage::data_encipherment,
            "dataEncipherment",
        ),
        (KeyAgreement, KeyUsage::key_agreement, "keyAgreement"),
        (KeyCertSign, KeyUsage::key_cert_sign, "keyCertSign"),
        (CrlSign, KeyUsage::crl_sign, "cRLSign"),
        (EncipherOnly, KeyUsage::encipher_only, "encipherOnly"),
        (DecipherOnly, KeyUsage::decipher_only, "decipherOnly"),
    ];
    let key_usage = |key_usages: Vec<KeyUsagePurpose>| {
        let mut params = CertificateParams::default();
        params.key_usages = key_usages;
        let der = params
            .self_signed(&*KEY)
            .unwrap()
            .der()
            .to_vec();
        Certificate::from_der(&der)
            .unwrap()
            .key_usage()
    };

    assert_eq!(key_usage(Vec::new()), None);
    for (asked, _, name) in &usages {
        let usage = key_usage(vec![*asked]).unwrap();
        assert_eq!(usage.to_string(), *name);
        for (other, flag, _) in &usages {
            assert_eq!(flag(&usage), asked == other, "{asked:?} {other:?}");
        }
    }
    let all = key_usage(
        usages
            .iter()
            .map(|(purpose, _, _)| *purpose)
            .collect(),
    )
    .unwrap();
    assert!(
        usages
            .iter()
            .all(|(_, flag, _)| flag(&all))
    );
    let names: Vec<_> = usages
        .iter()
        .map(|(_, _, name)| *name)
        .collect();
    assert_eq!(all.to_string(), names.join(", "));
}

#[test]
fn extended_key_usages_are_those_that_were_asked_for() {
    use ExtendedKeyUsagePurpose::*;

    let text = |extended_key_usages: &[ExtendedKeyUsagePurpose]| {
        let mut params = CertificateParams::default();
        params.extended_key_usages = extended_key_usages.to_vec();
        let der = params
            .self_signed(&*KEY)
            .unwrap()
            .der()
            .to_vec();
        let certificate = Certificate::from_der(&der).unwrap();
        certificate
            .extended_key_usage()
            .map(|usage| {
                let purposes: Vec<_> = usage
                    .purposes()
                    .map(|purpose| purpose.to_string())
                    .collect();
                (usage.to_string(), purposes.join(" "), usage.client_auth())
            })
    };

    assert_eq!(text(&[]), None);
    for (purpose, name, oid) in [
        (Any, "anyExtendedKeyUsage", "2.5.29.37.0"),
        (ServerAuth, "serverAuth", "1.3.6.1.5.5.7.3.1"),
        (ClientAuth, "clientAuth", "1.3.6.1.5.5.7.3.2"),
        (CodeSigning, "codeSigning", "1.3.6.1.5.5.7.3.3"),
        (EmailProtection, "emailProtection", "1.3.6.1.5.5.7.3.4"),
        (TimeStamping, "timeStamping", "1.3.6.1.5.5.7.3.8"),
        (OcspSigning, "OCSPSigning", "1.3.6.1.5.5.7.3.9"),
        (Other(vec![1, 2, 3]), "1.2.3", "1.2.3"),
    ] {
        let client_auth = purpose == ClientAuth;
        assert_eq!(
            text(&[purpose]),
            Some((name.into(), oid.into(), client_auth))
        );
    }
    assert_eq!(
        text(&[ServerAuth, ClientAuth]),
        Some((
            "serverAuth, clientAuth".into(),
            "1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2".into(),
            true
        ))
    );
}

#[test]
fn ocsp_addresses() {
    const OCSP: &str = "1.3.6.1.5.5.7.48.1";
    const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
    let access = |method: &str, location: Vec<u8>| sequence(&[oid(method), location]);
    let uri = |uri: &[u8]| implicit(6, uri);
    let issuers = || access(CA_ISSUERS, uri(b"http://a.example/ca.der"));
    let ocsp = || access(OCSP, uri(b"http://a.example/ocsp"));
    let first = Some("http://a.example/ocsp");
    for (value, expected) in [
        (sequence(&[ocsp()]), first),
        (sequence(&[issuers(), ocsp()]), first),
        (
            sequence(&[ocsp(), access(OCSP, uri(b"http://b.example"))]),
            first,
        ),
        // A name of another type is passed over.
        (
            sequence(&[access(OCSP, implicit(2, b"a.example")), ocsp()]),
            first,
        ),
        (sequence(&[issuers()]), None),
        (sequence(&[access(OCSP, uri(b"http://a.example/\n"))]), None),
        (sequence(&[access(OCSP, uri(b""))]), None),
        (sequence::<Vec<u8>>(&[]), None),
        (b"nonsense".to_vec(), None),
    ] {
        let certificate = OddCertificate::new(&KEY).extension("1.3.6.1.5.5.7.1.1", false, &value);
        let der = certificate.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.ocsp_address(), expected, "{value:02x?}");
    }
    let der = OddCertificate::new(&KEY).signed_by(&KEY);
    assert_eq!(
        Certificate::from_der(&der)
            .unwrap()
            .ocsp_address(),
        None
    );
}
