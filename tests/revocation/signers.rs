//! Who may sign a list.

use rcgen::{CertificateParams, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use crate::support::crl::Crl;
use crate::support::der::{OddCertificate, sequence};
use crate::support::pki::{Authority, ca_params, judge, policy_with, providers};
use crate::support::revocation::{checking_lists, lists, outcome};

pub fn ca_with(name: &str, usages: &[KeyUsagePurpose]) -> CertificateParams {
    let mut params = ca_params(name);
    params.key_usages = usages.to_vec();
    params
}

pub const NO_CRL_SIGN: &[KeyUsagePurpose] = &[KeyUsagePurpose::KeyCertSign];

#[test]
fn an_intermediate_must_be_allowed_to_sign_lists() {
    let root = Authority::root("root");
    for (usages, expected) in [
        (NO_CRL_SIGN, "issuer may not sign"),
        (&[], "good"),
        (
            &[KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            "good",
        ),
    ] {
        let ca = root.sub_ca(ca_with("ca", usages));
        let leaf = ca.client("alice");
        let policy = checking_lists(&[&root], &[Crl::of(&root), Crl::of(&ca)]);
        assert_eq!(outcome(&judge(&policy, &leaf, &[&ca])), expected);
        // What it may not sign proves no revocation either.
        let revoked = [Crl::of(&root), Crl::of(&ca).revokes(&leaf.der)];
        let policy = checking_lists(&[&root], &revoked);
        let expected = if expected == "good" {
            "revoked"
        } else {
            expected
        };
        assert_eq!(outcome(&judge(&policy, &leaf, &[&ca])), expected);
    }
}

#[test]
fn an_anchor_must_be_allowed_to_sign_lists() {
    for (usages, expected) in [(NO_CRL_SIGN, "issuer may not sign"), (&[], "good")] {
        let root = Authority::self_signed(ca_with("root", usages));
        let leaf = root.client("alice");
        let policy = checking_lists(&[&root], &[Crl::of(&root)]);
        let verdict = judge(&policy, &leaf, &[]);
        assert_eq!(outcome(&verdict), expected);
        if let Err(rejection) = verdict {
            assert_eq!(
                rejection.to_string(),
                "whether the leaf 'CN=alice' is revoked is unknown: the issuer's certificate has \
                 a key usage without cRLSign, so that the list of 'CN=root' (number 01, of \
                 2029-12-31T00:00:00Z, for all certificates) is no proof; have the CA's certificate \
                 issued anew with cRLSign, or the list signed by a certificate that has it"
            );
        }
    }
}

#[test]
fn the_key_identifier_is_that_of_the_signer_where_both_have_one() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for (crl, expected) in [
        (Crl::of(&root), "good"),
        (Crl::of(&root).no_key_identifier(), "good"),
        (Crl::of(&root).key_identifier(b"another"), "other key"),
        (
            Crl::of(&root).key_identifier(&root.key_identifier()[..8]),
            "other key",
        ),
        (Crl::of(&root).key_identifier(b""), "other key"),
        (Crl::of(&root).v1(), "good"),
        // An authorityKeyIdentifier without keyIdentifier.
        (
            Crl::of(&root)
                .no_key_identifier()
                .extension("2.5.29.35", false, &sequence::<Vec<u8>>(&[])),
            "good",
        ),
    ] {
        let policy = checking_lists(&[&root], &[crl]);
        assert_eq!(outcome(&judge(&policy, &leaf, &[])), expected);
    }
    // A signer without one.
    let der = OddCertificate {
        subject: root.name(),
        issuer: root.name(),
        ..OddCertificate::new(root.key())
    }
    .extension("2.5.29.19", true, &sequence(&[[0x01, 0x01, 0xff]]))
    .signed_by(root.key());
    let plain = Authority::root("root").with_der(der);
    for crl in [
        Crl::of(&root),
        Crl::of(&root).no_key_identifier(),
        Crl::of(&root).key_identifier(b"another"),
    ] {
        let policy = checking_lists(&[&plain], &[crl]);
        assert_eq!(outcome(&judge(&policy, &leaf, &[])), "good");
    }
}

#[test]
fn the_signature_must_be_the_issuers() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = root.client("alice");
    let crl = || Crl::of(&root);
    for (crl, expected) in [
        (crl().broken(), "bad signature"),
        (crl().signed_by(&other), "bad signature"),
        (
            crl()
                .signed_by(&other)
                .no_key_identifier(),
            "bad signature",
        ),
        (
            crl().algorithm("1.2.840.10045.4.1"),
            "unsupported algorithm",
        ),
        (
            crl().algorithm("1.2.840.113549.1.1.11"),
            "unsupported algorithm",
        ),
        // Another CA's list is about another CA's certificates.
        (Crl::of(&other), "no list"),
        (crl().issuer(&other.name()), "no list"),
    ] {
        for crl in [crl.clone(), crl.revokes(&leaf.der)] {
            let policy = checking_lists(&[&root], &[crl]);
            assert_eq!(outcome(&judge(&policy, &leaf, &[])), expected);
        }
    }
    let policy = checking_lists(&[&root], &[crl().algorithm("1.2.840.10045.4.1")]);
    let rejection = judge(&policy, &leaf, &[]).unwrap_err();
    assert!(
        rejection
            .to_string()
            .contains("(1.2.840.10045.4.1)"),
        "{rejection}"
    );
}

#[test]
fn names_are_compared_octet_for_octet() {
    use crate::support::der::{COMMON_NAME, PRINTABLE_STRING, UTF8_STRING, name};

    let root = Authority::root("root");
    let leaf = root.client("alice");
    for (issuer, expected) in [
        (name(COMMON_NAME, UTF8_STRING, b"root"), "good"),
        (name(COMMON_NAME, PRINTABLE_STRING, b"root"), "no list"),
        (name(COMMON_NAME, UTF8_STRING, b"Root"), "no list"),
    ] {
        let policy = checking_lists(&[&root], &[Crl::of(&root).issuer(&issuer)]);
        assert_eq!(outcome(&judge(&policy, &leaf, &[])), expected);
    }
}

#[test]
fn every_algorithm_of_the_policy_may_sign_lists() {
    for (kind, algorithm) in [
        (&PKCS_ED25519, "1.3.101.112"),
        (&PKCS_ECDSA_P384_SHA384, "1.2.840.10045.4.3.3"),
    ] {
        let key = KeyPair::generate_for(kind).unwrap();
        let root = Authority::self_signed_with(ca_params("root"), key);
        let leaf = root.client("alice");
        let crl = || Crl::of(&root).algorithm(algorithm);
        for (crl, expected) in [
            (crl(), "good"),
            (crl().revokes(&leaf.der), "revoked"),
            (crl().broken(), "bad signature"),
            (Crl::of(&root), "unsupported algorithm"),
        ] {
            for provider in providers() {
                let set = lists(std::slice::from_ref(&crl));
                let policy = policy_with(&[&root], &provider).with_revocation(set);
                let found = outcome(&judge(&policy, &leaf, &[]));
                // ECDSA P-384 with SHA-256 is an algorithm, too, under which nothing was signed.
                let is_known = expected == "unsupported algorithm" && found == "bad signature";
                assert!(found == expected || is_known, "{algorithm}: {found}");
            }
        }
    }
}
