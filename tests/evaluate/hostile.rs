//! What a client, or a careless CA, may put into certificates to cost time, fill logs or mislead.

use edge_mtls::{AnchorFault, CertChain, ChainFault, Rejection, TrustStore, TrustStoreError};
use rcgen::{CustomExtension, KeyPair};

use crate::support::der::{OddCertificate, attribute, implicit, oid, sequence, set, tlv};
use crate::support::pki::{Authority, ca_params, judge, now, policy, refused};

#[test]
fn reasons_are_short_whatever_the_certificate_says() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let long_name = root.odd_leaf(|mut odd| {
        odd.subject = sequence(&[set(&[attribute("2.5.4.3", 0x0c, &[0xc2; 20_000])])]);
        odd.not_after = crate::support::der::utc_time("010101000000Z");
        odd
    });
    // An algorithm whose object identifier is as long as the certificate may be.
    let genuine = root.client("alice").der.to_vec();
    let tbs = x509_parts(&genuine);
    let mut long_oid = vec![0x2a];
    long_oid.resize(20_000, 0x7f);
    let algorithm = sequence(&[tlv(0x06, &long_oid)]);
    let strange = sequence(&[tbs, algorithm, tlv(0x03, &[0, 1])]);

    for (der, code) in [
        (long_name.der.to_vec(), "expired"),
        (strange, "unsupported-algorithm"),
    ] {
        let chain = CertChain::from_der([&der]).unwrap();
        assert!(format!("{chain:?}").len() < 512);
        let rejection = policy
            .evaluate(&chain, now())
            .unwrap_err();
        assert_eq!(rejection.code(), code);
        assert!(
            rejection.to_string().len() < 1_024,
            "{}",
            rejection.to_string().len()
        );
        assert!(format!("{rejection:?}").len() < 1_024);
    }
}

/// The DER of the tbsCertificate.
fn x509_parts(certificate: &[u8]) -> Vec<u8> {
    use x509_cert::der::{Decode, Encode};
    let certificate = x509_cert::Certificate::from_der(certificate).unwrap();
    certificate
        .tbs_certificate()
        .to_der()
        .unwrap()
}

#[test]
fn a_certificate_has_no_more_extensions_than_it_needs() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let with = |count: usize| {
        root.odd_leaf(|odd| {
            (0..count).fold(odd, |odd, arc| {
                odd.extension(&format!("1.2.3.{arc}"), false, &[0x05, 0x00])
            })
        })
    };
    assert!(judge(&policy, &with(64), &[]).is_ok());
    let rejection = refused(&policy, &with(65), &[]);
    assert!(
        rejection
            .to_string()
            .contains("more than 64 extensions"),
        "{rejection}"
    );
    let mut ca = ca_params("root");
    ca.custom_extensions = (0..64)
        .map(|arc| CustomExtension::from_oid_content(&[1, 2, 3, arc], vec![0x05, 0x00]))
        .collect();
    let error = TrustStore::from_der([Authority::self_signed(ca)
        .der()
        .as_ref()])
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than 64 extensions"),
        "{error}"
    );
}

#[test]
fn a_critical_extension_that_is_not_enforced_is_refused() {
    // webpki understands cRLDistributionPoints, but nobody here asks a revocation list.
    let root = Authority::root("root");
    let point = sequence(&[tlv(0xa0, &tlv(0xa0, &implicit(6, b"http://a.example")))]);
    let leaf = |critical| {
        root.odd_leaf(|odd| {
            odd.extension(
                "2.5.29.31",
                critical,
                &sequence(std::slice::from_ref(&point)),
            )
        })
    };
    assert!(judge(&policy(&[&root]), &leaf(false), &[]).is_ok());
    let rejection = refused(&policy(&[&root]), &leaf(true), &[]);
    assert!(
        matches!(
            rejection,
            Rejection::Invalid {
                fault: ChainFault::UnhandledCriticalExtension,
                ..
            }
        ),
        "{rejection:?}"
    );
}

#[test]
fn a_path_that_webpki_does_not_follow_says_so() {
    // A CA that is self-issued (a key roll-over) below one that allows no further CA: RFC 5280 does
    // not count it, webpki does.
    let root = Authority::root("root");
    let mut limited = ca_params("ca");
    limited.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let old = root.sub_ca(limited);
    let new = old.sub_ca(ca_params("ca"));
    let rejection = refused(&policy(&[&root]), &new.client("alice"), &[&old, &new]);
    assert!(
        matches!(
            rejection,
            Rejection::Invalid {
                fault: ChainFault::NotFollowed,
                ..
            }
        ),
        "{rejection:?}"
    );
}

#[test]
fn anchors_that_could_accept_nothing_do_not_load() {
    let key = KeyPair::generate().unwrap();
    let basic_constraints = sequence(&[tlv(0x01, &[0xff])]);
    let anchor = |change: &dyn Fn(OddCertificate) -> OddCertificate| {
        let odd = OddCertificate::new(&key).extension("2.5.29.19", true, &basic_constraints);
        let der = change(odd).signed_by(&key);
        match TrustStore::from_der([der.as_slice()]) {
            Err(TrustStoreError::Anchor { fault, .. }) => Some(fault),
            Ok(_) => None,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(anchor(&|odd| odd), None);

    let dns = sequence(&[implicit(2, b"a.example")]);
    let directory = sequence(&[tlv(0xa4, &sequence::<Vec<u8>>(&[]))]);
    let constraints = |subtree: &[u8]| sequence(&[tlv(0xa0, subtree)]);
    assert_eq!(
        anchor(&|odd| odd.extension("2.5.29.30", true, &constraints(&dns))),
        None
    );
    assert_eq!(
        anchor(&|odd| odd.extension("2.5.29.30", true, &constraints(&directory))),
        Some(AnchorFault::DirectoryNameConstraint)
    );
    for garbage in [
        &b"?"[..],
        &constraints(b"?"),
        &constraints(&sequence::<Vec<u8>>(&[])),
    ] {
        assert_eq!(
            anchor(&|odd| odd.extension("2.5.29.30", true, garbage)),
            Some(AnchorFault::Malformed("nameConstraints".into()))
        );
    }
    assert_eq!(
        anchor(&|mut odd| {
            odd.spki = sequence(&[oid("1.2.3")]);
            odd
        }),
        Some(AnchorFault::Malformed("subjectPublicKeyInfo".into()))
    );
}
