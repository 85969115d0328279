//! Lists that are not taken, and what is said of each.

use edge_mtls::{ListFault, RevocationList};

use crate::support::crl::{
    AUTHORITY_KEY_IDENTIFIER, CERTIFICATE_ISSUER, CRL_NUMBER, Crl, Entry, INVALIDITY_DATE,
    ISSUING_DISTRIBUTION_POINT, NOW, REASON_CODE, long_time, time,
};
use crate::support::der::{
    bit_string, common_name, generalized_time, integer, oid, sequence, tlv, utc_time,
};
use crate::support::pki::Authority;
use crate::support::points::{Scope, directory, full, uri};

fn refused(der: &[u8]) -> ListFault {
    RevocationList::from_der(der).unwrap_err()
}

fn unhandled(oid: &str) -> ListFault {
    ListFault::UnhandledCriticalExtension { oid: oid.into() }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let root = Authority::root("root");
    let crl = || Crl::of(&root);
    let scope = |change: fn(&mut Scope)| {
        let mut scope = Scope::default();
        change(&mut scope);
        crl().scope(&scope)
    };
    let duplicate = || ListFault::DuplicateExtension {
        oid: CRL_NUMBER.into(),
    };
    let other_issuer = sequence(&[directory(&common_name("other"))]);
    for (crl, fault, sentence) in [
        (
            scope(|scope| scope.attribute = true),
            ListFault::AttributeCertificates,
            "it is a list of attribute certificates, which TLS does not use; leave it out, and load \
             the CA's list of public key certificates",
        ),
        (
            crl().critical_number(),
            ListFault::CriticalNumber,
            "its cRLNumber is critical, which RFC 5280 forbids; ask the CA for a well-formed list",
        ),
        (
            crl().delta(),
            ListFault::Delta,
            "it is a delta list, which is not supported; load the complete list of the same CA",
        ),
        (
            crl().extension(CRL_NUMBER, false, &integer(&[1])),
            duplicate(),
            "the extension 2.5.29.20 appears twice; ask the CA for a well-formed list",
        ),
        (
            crl().issuer(&[0x30, 0]),
            ListFault::EmptyIssuer,
            "its issuer is empty, so that no certificate can be matched with it",
        ),
        (
            scope(|scope| scope.indirect = true),
            ListFault::Indirect,
            "it is an indirect list, which is not supported; load the lists that the CAs themselves \
             issue",
        ),
        (
            crl().entry(Entry::new(&[1]).extension(CERTIFICATE_ISSUER, true, &other_issuer)),
            ListFault::Indirect,
            "it is an indirect list, which is not supported; load the lists that the CAs themselves \
             issue",
        ),
        (
            scope(|scope| scope.only_some_reasons = Some(vec![6, 0x40])),
            ListFault::ReasonPartitioned,
            "it is partitioned by reason (onlySomeReasons), which is not supported; load the list for \
             all reasons",
        ),
        (
            crl().extension("1.2.3", true, &[5, 0]),
            unhandled("1.2.3"),
            "its critical extension 1.2.3 is not known here, so that RFC 5280 forbids its use; ask \
             the CA for a list without it",
        ),
        (
            crl().entry(Entry::new(&[1]).extension("1.2.4", true, &[5, 0])),
            unhandled("1.2.4"),
            "its critical extension 1.2.4 is not known here, so that RFC 5280 forbids its use; ask \
             the CA for a list without it",
        ),
        (
            crl().this_update_der(b"garbage".to_vec()),
            ListFault::Malformed("thisUpdate"),
            "thisUpdate cannot be read (RFC 5280 section 5.1); copy the list again from its source",
        ),
    ] {
        let found = refused(&crl.der());
        assert_eq!(found, fault);
        assert_eq!(found.to_string(), sentence);
    }
}

#[test]
fn a_part_of_the_outside_that_cannot_be_read_is_named() {
    let root = Authority::root("root");
    let good = Crl::of(&root)
        .entry(Entry::new(&[7]))
        .der();
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let signature = bit_string(&[1]);
    let tbs = sequence(&[algorithm.clone(), common_name("root"), time(NOW)]);
    let of = |parts: &[&Vec<u8>]| sequence(parts);
    for (der, part) in [
        (b"garbage".to_vec(), "CertificateList"),
        (Vec::new(), "CertificateList"),
        (vec![0x30, 0], "tbsCertList"),
        (vec![0x30, 0x80, 0, 0], "CertificateList"),
        (good[..good.len() - 1].to_vec(), "CertificateList"),
        ([&good[..], &[0]].concat(), "CertificateList"),
        (of(&[&tbs]), "signatureAlgorithm"),
        (of(&[&tbs, &algorithm]), "signatureValue"),
        (of(&[&tbs, &algorithm, &tlv(3, &[])]), "signatureValue"),
        (of(&[&tbs, &algorithm, &tlv(3, &[1, 2])]), "signatureValue"),
        (
            of(&[&tbs, &algorithm, &signature, &tlv(5, &[])]),
            "the end of CertificateList",
        ),
        (
            Crl::of(&root).version(1).der(),
            "version, which is neither 1 nor 2,",
        ),
        (
            Crl::of(&root).version(3).der(),
            "version, which is neither 1 nor 2,",
        ),
        (
            Crl::of(&root)
                .outer_algorithm("1.2.840.10045.4.3.3")
                .der(),
            "the signature algorithm, which is named twice and differently,",
        ),
        (Crl::of(&root).issuer(&[5, 0]).der(), "issuer"),
    ] {
        match refused(&der) {
            ListFault::Malformed(found) => assert_eq!(found, part),
            other => panic!("{other:?}"),
        }
    }
    // What was meant to be something else is told apart from what is damaged.
    assert_eq!(refused(root.der()), ListFault::IsCertificate);
    assert_eq!(refused(&pem_of(&good)), ListFault::IsPem);
    assert_eq!(
        refused(&[b"\n", &pem_of(&good)[..]].concat()),
        ListFault::IsPem
    );
    // Made of the same parts, it loads.
    assert!(RevocationList::from_der(&of(&[&tbs, &algorithm, &signature])).is_ok());
}

fn pem_of(der: &[u8]) -> Vec<u8> {
    crate::support::crl::pem("X509 CRL", der).into_bytes()
}

#[test]
fn a_part_of_the_inside_that_cannot_be_read_is_named() {
    let root = Authority::root("root");
    let crl = || Crl::of(&root);
    let entry = |entry: Entry| crl().entry(entry);
    let extra = |der: Vec<u8>| crl().next_update_der([time(NOW + 60), der].concat());
    let both = Scope {
        user: true,
        ca: true,
        ..Scope::default()
    };
    let idp = |value: &[u8]| crl().extension(ISSUING_DISTRIBUTION_POINT, true, value);
    for (crl, part) in [
        (
            crl().this_update_der(utc_time("300101000000")),
            "thisUpdate",
        ),
        (
            crl().this_update_der(generalized_time("20300101000000.5Z")),
            "thisUpdate",
        ),
        (
            crl().this_update_der(utc_time("301301000000Z")),
            "thisUpdate",
        ),
        (crl().next_update_der(utc_time("x")), "nextUpdate"),
        (extra(vec![5, 0]), "the end of tbsCertList"),
        (crl().v1().number(1), "a v1 list, which has extensions,"),
        (
            crl()
                .v1()
                .entry(Entry::new(&[1]).reason(1)),
            "an entry of a v1 list, which has extensions,",
        ),
        (
            crl()
                .no_number()
                .extension(CRL_NUMBER, false, &integer(&[])),
            "cRLNumber",
        ),
        (crl().number_octets(&[0x80]), "cRLNumber"),
        (crl().number_octets(&[1; 41]), "cRLNumber"),
        (
            crl()
                .no_number()
                .extension(CRL_NUMBER, false, b"?"),
            "cRLNumber",
        ),
        (
            crl()
                .no_key_identifier()
                .extension(AUTHORITY_KEY_IDENTIFIER, false, b"?"),
            "authorityKeyIdentifier",
        ),
        (crl().scope(&both), "issuingDistributionPoint"),
        (idp(b"?"), "issuingDistributionPoint"),
        (
            idp(&sequence(&[tlv(0xa0, &[])])),
            "issuingDistributionPoint",
        ),
        (
            idp(&sequence(&[tlv(0xa0, &full(&[]))])),
            "issuingDistributionPoint",
        ),
        (
            idp(&[Scope::at(full(&[uri("x")])).der(), vec![0]].concat()),
            "issuingDistributionPoint",
        ),
        (
            idp(&sequence(&[tlv(0x81, &[0x01])])),
            "issuingDistributionPoint",
        ),
        (
            crl().entry_der(vec![5, 0]),
            "an entry of revokedCertificates",
        ),
        (
            crl().entry_der(sequence(&[integer(&[1])])),
            "an entry of revokedCertificates",
        ),
        (
            entry(Entry::new(&[1]).date_der(utc_time("x"))),
            "an entry of revokedCertificates",
        ),
        (
            entry(Entry::new(&[])),
            "a serial number in revokedCertificates",
        ),
        (
            crl().entry_der(sequence(&[integer(&[1]), time(NOW), tlv(0x30, &[5, 0])])),
            "the extensions of an entry of revokedCertificates",
        ),
        (
            crl().entry_der(sequence(&[integer(&[1]), time(NOW), vec![5, 0]])),
            "the extensions of an entry of revokedCertificates",
        ),
        (entry(Entry::new(&[1]).reason(7)), "a reasonCode"),
        (entry(Entry::new(&[1]).reason(11)), "a reasonCode"),
        (
            entry(Entry::new(&[1]).extension(REASON_CODE, false, &integer(&[1]))),
            "a reasonCode",
        ),
        (entry(Entry::new(&[1]).reason(1).reason(2)), "a reasonCode"),
    ] {
        let found = refused(&crl.der());
        assert_eq!(found, ListFault::Malformed(part));
        assert!(found.to_string().starts_with(part), "{found}");
    }
}

#[test]
fn a_damaged_entry_is_found_wherever_it_stands() {
    let root = Authority::root("root");
    for place in [0, 1, 500, 998, 999] {
        let crl = (0_u16..1_000).fold(Crl::of(&root), |crl, number| {
            let serial = [&[1][..], &number.to_be_bytes()].concat();
            match number == place {
                true => crl.entry(Entry::new(&serial).date_der(vec![5, 0])),
                false => crl.entry(Entry::new(&serial)),
            }
        });
        assert_eq!(
            refused(&crl.der()),
            ListFault::Malformed("an entry of revokedCertificates")
        );
    }
}

#[test]
fn a_critical_extension_that_is_known_is_taken() {
    let root = Authority::root("root");
    let entry = Entry::new(&[1])
        .extension(REASON_CODE, true, &tlv(0x0a, &[1]))
        .extension(INVALIDITY_DATE, true, &long_time(NOW));
    assert!(RevocationList::from_der(&Crl::of(&root).entry(entry).der()).is_ok());
    let value = sequence(&[tlv(0x80, root.key_identifier())]);
    let crl = Crl::of(&root)
        .no_key_identifier()
        .extension(AUTHORITY_KEY_IDENTIFIER, true, &value);
    assert!(RevocationList::from_der(&crl.der()).is_ok());
}

#[test]
fn many_extensions_are_refused() {
    let root = Authority::root("root");
    let with = |count: usize| {
        (0..count).fold(
            Crl::of(&root)
                .no_number()
                .no_key_identifier(),
            |crl, arc| crl.extension(&format!("1.2.3.{arc}"), false, &[5, 0]),
        )
    };
    assert!(RevocationList::from_der(&with(64).der()).is_ok());
    assert_eq!(
        refused(&with(65).der()),
        ListFault::Malformed("more than 64 extensions")
    );
}

#[test]
fn no_damage_panics() {
    let root = Authority::root("root");
    let scope = Scope::at(full(&[uri("http://a.example")]));
    let good = Crl::of(&root)
        .scope(&scope)
        .entry(Entry::new(&[7]).reason(1))
        .entry(Entry::new(&[0, 0x80]))
        .der();
    for place in 0..good.len() {
        let _ = RevocationList::from_der(&good[..place]);
        for change in [0x01, 0x80, 0xff] {
            let mut damaged = good.clone();
            damaged[place] ^= change;
            if let Ok(list) = RevocationList::from_der(&damaged) {
                let _ = (list.to_string(), list.find(&[7]));
            }
        }
    }
}
