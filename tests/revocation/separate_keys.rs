//! Keys that a CA has for its lists alone, in certificates of their own (RFC 5280 section 6.3.3).

use edge_mtls::{Rejection, Revocation, RevocationDepth, RevocationStatus, UnknownStatus};
use rcgen::{CertificateParams, CustomExtension, IsCa, KeyUsagePurpose, date_time_ymd};

use crate::signers::{NO_CRL_SIGN, ca_with};
use crate::support::crl::Crl;
use crate::support::der::{OddCertificate, sequence};
use crate::support::pki::{Authority, Leaf, judge, params};
use crate::support::points::{Scope, directory, full, point};
use crate::support::revocation::{checking, checking_lists, lists, orders, outcome, reason};

const CRL_SIGN: &[KeyUsagePurpose] = &[KeyUsagePurpose::CrlSign];

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
    let critical = with(|params| {
        let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
    });
    // Version 1, with an extension that it cannot have.
    let key = pki.root.intermediate("x").same_key();
    let v1 = OddCertificate {
        version: 1,
        subject: pki.ca.name(),
        issuer: pki.root.name(),
        ..OddCertificate::new(&key)
    }
    .extension("2.5.29.15", true, &[0x03, 0x02, 0x01, 0x02])
    .signed_by(pki.root.key());
    let v1 = Authority::self_signed_with(ca_with("ca", CRL_SIGN), key).with_der(v1);
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
        &critical,
        &v1,
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
    let allowing = |crl| {
        let revocation = Revocation::new(lists(&[crl])).on_unknown(UnknownStatus::Allow);
        judge(&policy(revocation), &pki.leaf, &others)
    };
    let verified = allowing(Crl::of(&signer)).unwrap();
    let status = verified.revocation().next();
    assert!(matches!(status, Some(RevocationStatus::Good { .. })));
    let revoking = Crl::of(&signer).revokes(&pki.leaf.der);
    assert_eq!(outcome(&allowing(revoking)), "revoked");
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
    // So is the end of the list that says that it is good: one for users, as it is no CA.
    let mut no_ca = params("ca");
    no_ca.is_ca = IsCa::ExplicitNoCa;
    no_ca.key_usages = CRL_SIGN.to_vec();
    let signer = pki.root.sub_ca(no_ca);
    let of_root = |scope, days| {
        Crl::of(&pki.root)
            .scope(&scope)
            .days(-1, days)
    };
    let crls = [
        Crl::of(&signer).days(-1, 9),
        of_root(Scope::ca(), 9),
        of_root(Scope::user(), 3),
    ];
    let policy = checking_lists(&[&pki.root], &crls);
    let verified = judge(&policy, &pki.leaf, &[&pki.ca, &signer]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2030-01-03T23:59:59Z");
}

/// Where a delegate's own lists are is enforced by asking them; where they are not asked, a critical
/// extension about it is not.
#[test]
fn a_critical_distribution_point_of_the_signer_needs_its_lists_asked() {
    let pki = Separate::new();
    let mut params = ca_with("ca", CRL_SIGN);
    let mut extension = CustomExtension::from_oid_content(
        &[2, 5, 29, 31],
        sequence(&[point(&full(&[directory(&pki.root.name())]))]),
    );
    extension.set_criticality(true);
    params.custom_extensions = vec![extension];
    let signer = pki.root.sub_ca(params);
    let crls = [Crl::of(&signer), Crl::of(&pki.root)];
    for (depth, expected) in [
        (RevocationDepth::Path, "good"),
        (RevocationDepth::Leaf, "other key"),
    ] {
        let revocation = Revocation::new(lists(&crls)).depth(depth);
        let policy = checking(&[&pki.root], revocation);
        let verdict = judge(&policy, &pki.leaf, &[&pki.ca, &signer]);
        assert_eq!(outcome(&verdict), expected, "{depth:?}");
    }
}
