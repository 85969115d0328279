//! Who may sign a list.

use edge_mtls::{Rejection, Revocation, RevocationDepth, UnknownStatus};
use rcgen::{CertificateParams, IsCa, KeyUsagePurpose, date_time_ymd};

use crate::support::crl::Crl;
use crate::support::der::{OddCertificate, sequence};
use crate::support::pki::{Authority, Leaf, ca_params, judge, params};
use crate::support::revocation::{checking, checking_lists, lists, orders, outcome, reason};

fn ca_with(name: &str, usages: &[KeyUsagePurpose]) -> CertificateParams {
    let mut params = ca_params(name);
    params.key_usages = usages.to_vec();
    params
}

const NO_CRL_SIGN: &[KeyUsagePurpose] = &[KeyUsagePurpose::KeyCertSign];
const CRL_SIGN: &[KeyUsagePurpose] = &[KeyUsagePurpose::CrlSign];

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
                 a key usage without cRLSign, so that the list of 'CN=root', number 01, of \
                 2029-12-31T00:00:00Z, for all certificates is no proof; have the CA's certificate \
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

/// A CA whose lists are signed with another key, certified for that under the same name.
struct Separate {
    root: Authority,
    ca: Authority,
    leaf: Leaf,
}

impl Separate {
    fn new() -> Self {
        let root = Authority::root("root");
        let ca = root.sub_ca(ca_with("ca", NO_CRL_SIGN));
        Self {
            leaf: ca.client("alice"),
            root,
            ca,
        }
    }

    /// The outcome with the list of `signer`, whose certificate stands beside the path.
    fn outcome(&self, signer: &Authority, root_list: Crl<'_>) -> &'static str {
        self.outcome_with(&[Crl::of(signer), root_list], signer)
    }

    fn outcome_with(&self, crls: &[Crl<'_>], signer: &Authority) -> &'static str {
        let mut found = Vec::new();
        for order in orders(crls) {
            let policy = checking_lists(&[&self.root], &order);
            for others in [[&self.ca, signer], [signer, &self.ca]] {
                found.push(outcome(&judge(&policy, &self.leaf, &others)));
            }
        }
        found.dedup();
        assert_eq!(found.len(), 1, "the order matters: {found:?}");
        found[0]
    }
}

#[test]
fn a_separate_key_may_sign_the_lists() {
    let pki = Separate::new();
    let of_root = || Crl::of(&pki.root);
    let mut no_ca = params("ca");
    no_ca.is_ca = IsCa::ExplicitNoCa;
    no_ca.key_usages = CRL_SIGN.to_vec();
    for params in [ca_with("ca", CRL_SIGN), no_ca] {
        let signer = pki.root.sub_ca(params);
        assert_eq!(pki.outcome(&signer, of_root()), "good");
        let unnamed = [Crl::of(&signer).no_key_identifier(), of_root()];
        assert_eq!(pki.outcome_with(&unnamed, &signer), "good");
        let revoked = [Crl::of(&signer).revokes(&pki.leaf.der), of_root()];
        assert_eq!(pki.outcome_with(&revoked, &signer), "revoked");
        // Its certificate must be presented.
        let policy = checking_lists(&[&pki.root], &[Crl::of(&signer), of_root()]);
        let rejection = judge(&policy, &pki.leaf, &[&pki.ca]).unwrap_err();
        assert_eq!(reason(&rejection), "other key");
    }
}

#[test]
fn a_separate_key_is_certified_for_it_by_the_same_key() {
    let pki = Separate::new();
    let of_root = || Crl::of(&pki.root);
    let other = Authority::root("root");
    let with = |change: fn(&mut CertificateParams)| {
        let mut params = ca_with("ca", CRL_SIGN);
        change(&mut params);
        pki.root.sub_ca(params)
    };
    let expired = with(|params| params.not_after = date_time_ymd(2025, 1, 1));
    let future = with(|params| params.not_before = date_time_ymd(2035, 1, 1));
    let unrestricted = with(|params| params.key_usages.clear());
    let signs_certificates = with(|params| params.key_usages = NO_CRL_SIGN.to_vec());
    let other_name = pki
        .root
        .sub_ca(ca_with("other", CRL_SIGN));
    let self_signed = Authority::self_signed(ca_with("ca", CRL_SIGN));
    let by_lookalike = other.sub_ca(ca_with("ca", CRL_SIGN));
    for signer in [
        &expired,
        &future,
        &unrestricted,
        &signs_certificates,
        &self_signed,
        &by_lookalike,
    ] {
        for crl in [Crl::of(signer), Crl::of(signer).no_key_identifier()] {
            let revoking = crl.clone().revokes(&pki.leaf.der);
            for crl in [crl, revoking] {
                let found = pki.outcome_with(&[crl, of_root()], signer);
                assert!(!["good", "revoked"].contains(&found), "{found}");
            }
        }
    }
    let in_the_cas_name = Crl::of(&other_name).issuer(&pki.ca.name());
    let found = pki.outcome_with(&[in_the_cas_name, of_root()], &other_name);
    assert_eq!(found, "other key");
}

#[test]
fn a_leaf_of_the_same_ca_signs_no_lists() {
    // A client certificate that happens to have the CA's name and cRLSign, issued by the CA itself:
    // the CA vouches for it as it would for a separate key.
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    let mut params = params("mallory");
    params.key_usages = CRL_SIGN.to_vec();
    let mallory = ca.sub_ca(params);
    let forged = Crl::of(&mallory).issuer(&ca.name());
    let policy = checking_lists(&[&root], &[forged, Crl::of(&root)]);
    let found = outcome(&judge(&policy, &leaf, &[&ca, &mallory]));
    assert_eq!(found, "other key");
}

#[test]
fn a_separate_key_must_not_be_revoked_itself() {
    let pki = Separate::new();
    let signer = pki.root.sub_ca(ca_with("ca", CRL_SIGN));
    let revoked = Crl::of(&pki.root).revokes(signer.der());
    assert_ne!(pki.outcome(&signer, revoked.clone()), "good");
    // Nor is what it signed proof of a revocation.
    let crls = [Crl::of(&signer).revokes(&pki.leaf.der), revoked];
    assert_ne!(pki.outcome_with(&crls, &signer), "revoked");

    // Where its status is unknown, so is the leaf's.
    let unknown = [Crl::of(&signer)];
    let policy = |revocation: Revocation| checking(&[&pki.root], revocation);
    let others = [&pki.ca, &signer];
    let refusing = policy(Revocation::new(lists(&unknown)));
    let rejection = judge(&refusing, &pki.leaf, &others).unwrap_err();
    assert!(
        matches!(&rejection, Rejection::RevocationUnknown { .. }),
        "{rejection:?}"
    );
    // With the leaf's status alone asked for, nobody asks for the signer's.
    let leaf_only = policy(Revocation::new(lists(&unknown)).depth(RevocationDepth::Leaf));
    assert!(judge(&leaf_only, &pki.leaf, &others).is_ok());
    let allowing = policy(Revocation::new(lists(&unknown)).on_unknown(UnknownStatus::Allow));
    assert!(judge(&allowing, &pki.leaf, &others).is_ok());
}

#[test]
fn an_anchors_separate_key_needs_a_status_from_elsewhere() {
    // Its own list is no proof that it is good itself.
    let root = Authority::self_signed(ca_with("root", NO_CRL_SIGN));
    let signer = root.sub_ca(ca_with("root", CRL_SIGN));
    let leaf = root.client("alice");
    let set = lists(&[Crl::of(&signer)]);
    let verdict = |revocation: Revocation| {
        let policy = checking(&[&root], revocation);
        outcome(&judge(&policy, &leaf, &[&signer]))
    };
    assert_ne!(verdict(Revocation::new(set.clone())), "good");
    let leaf_only = Revocation::new(set).depth(RevocationDepth::Leaf);
    assert_eq!(verdict(leaf_only), "good");
}

#[test]
fn a_separate_keys_end_is_the_verdicts() {
    let pki = Separate::new();
    let mut short = ca_with("ca", CRL_SIGN);
    short.not_after = date_time_ymd(2030, 1, 2);
    let signer = pki.root.sub_ca(short);
    let crls = [Crl::of(&signer), Crl::of(&pki.root)];
    let policy = checking_lists(&[&pki.root], &crls);
    let verified = judge(&policy, &pki.leaf, &[&pki.ca, &signer]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2030-01-02T00:00:00Z");
    // So is the end of the list that says that it is good.
    let signer = pki.root.sub_ca(ca_with("ca", CRL_SIGN));
    let crls = [Crl::of(&signer).days(-1, 9), Crl::of(&pki.root).days(-1, 3)];
    let policy = checking_lists(&[&pki.root], &crls);
    let verified = judge(&policy, &pki.leaf, &[&pki.ca, &signer]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2030-01-03T23:59:59Z");
}
