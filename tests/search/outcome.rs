//! What the presented certificates and their order can change, and what not.

use std::sync::LazyLock;

use crate::support::pki::{Authority, Leaf, ca_params, client_params, judge, now, policy, refused};
use edge_mtls::{CertChain, Certificate, ChainPolicy};
use proptest::prelude::*;
use rcgen::{KeyPair, date_time_ymd};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::AuthorityKeyIdentifier;

#[test]
fn only_the_first_certificate_is_the_identity() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let good = root.client("alice");
    let stranger = Leaf::self_signed(client_params("mallory"));
    let chain = CertChain::from_der([&stranger.der, &good.der]).unwrap();
    assert_eq!(
        policy
            .evaluate(&chain, now())
            .unwrap_err()
            .code(),
        "untrusted"
    );
    let chain = CertChain::from_der([&good.der, &stranger.der]).unwrap();
    let verified = policy.evaluate(&chain, now()).unwrap();
    assert_eq!(verified.leaf().subject().to_string(), "CN=alice");
    assert_eq!(verified.path().count(), 1);
}

#[test]
fn an_irrelevant_bad_certificate_hides_nothing() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let unknown = Authority::root("unknown").client("alice");
    let good = root.client("alice");
    let v1 = root.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    for bad in [&b"garbage"[..], b"\x30\x03\x02\x01\x00", v1.der.as_ref()] {
        let chain = CertChain::from_der([unknown.der.as_ref(), bad]).unwrap();
        assert_eq!(
            policy
                .evaluate(&chain, now())
                .unwrap_err()
                .code(),
            "untrusted"
        );
        let chain = CertChain::from_der([good.der.as_ref(), bad]).unwrap();
        assert!(policy.evaluate(&chain, now()).is_ok());
    }
}

#[test]
fn cross_signed_and_renewed_cas_work() {
    // One CA, certified by two roots, and by one of them twice; only one path holds.
    let (old, new) = (Authority::root("old"), Authority::root("new"));
    let key = KeyPair::generate().unwrap();
    let copy = || KeyPair::try_from(key.serialize_der()).unwrap();
    let mut expired = ca_params("ca");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let by_old = old.sub_ca_with(expired, copy());
    let by_new = new.sub_ca_with(ca_params("ca"), copy());
    let leaf = by_new.client("alice");
    for order in [[&by_old, &by_new], [&by_new, &by_old]] {
        let verified = judge(&policy(&[&old, &new]), &leaf, &order).unwrap();
        assert_eq!(
            verified
                .anchor()
                .unwrap()
                .subject()
                .to_string(),
            "CN=new"
        );
        // Alone, the old root's path is the nearest miss.
        assert_eq!(refused(&policy(&[&old]), &leaf, &order).code(), "expired");
    }
    // An anchor renewed with the same name and key, the old one still in the store.
    let root_key = KeyPair::generate().unwrap();
    let root_copy = || KeyPair::try_from(root_key.serialize_der()).unwrap();
    let mut expired = ca_params("root");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let old = Authority::self_signed_with(expired, root_copy());
    let new = Authority::self_signed_with(ca_params("root"), root_copy());
    let leaf = old.client("alice");
    for store in [[&old, &new], [&new, &old]] {
        let verified = judge(&policy(&store), &leaf, &[]).unwrap();
        assert_eq!(
            verified.anchor().unwrap().sha256(),
            Certificate::from_der(new.der())
                .unwrap()
                .sha256()
        );
    }
}

#[test]
fn many_cas_of_one_name_are_told_apart_by_key_identifier() {
    let roots: Vec<Authority> = (0..100)
        .map(|_| Authority::root("root"))
        .collect();
    let all: Vec<&Authority> = roots.iter().collect();
    let policy = policy(&all);
    for root in [&roots[0], &roots[57], &roots[99]] {
        assert!(judge(&policy, &root.client("alice"), &[]).is_ok());
    }
}

/// A leaf under the `wanted`th of `count` roots of one name, whose authority key identifier is
/// left out, or a lie.
fn without_key_identifier(count: usize, lie: Option<usize>) -> (ChainPolicy, Vec<Leaf>) {
    let roots: Vec<Authority> = (0..count)
        .map(|_| Authority::root("root"))
        .collect();
    let all: Vec<&Authority> = roots.iter().collect();
    let policy = policy(&all);
    let leaves = roots
        .iter()
        .map(|root| {
            root.odd_leaf(|odd| match lie {
                Some(other) => {
                    odd.extension("2.5.29.35", false, &authority_key_identifier(&roots[other]))
                }
                None => odd,
            })
        })
        .collect();
    (policy, leaves)
}

fn authority_key_identifier(ca: &Authority) -> Vec<u8> {
    let leaf = ca.client("to read it from");
    let certificate = x509_cert::Certificate::from_der(&leaf.der).unwrap();
    certificate
        .tbs_certificate()
        .get_extension::<AuthorityKeyIdentifier>()
        .unwrap()
        .unwrap()
        .1
        .to_der()
        .unwrap()
}

#[test]
fn the_search_is_bounded_and_a_lie_only_refuses() {
    // Within the budget of 30 verifications, every CA is found, with or without an identifier.
    let (policy, leaves) = without_key_identifier(30, None);
    assert!(
        leaves
            .iter()
            .all(|leaf| judge(&policy, leaf, &[]).is_ok())
    );
    let (policy, leaves) = without_key_identifier(30, Some(7));
    assert!(
        leaves
            .iter()
            .all(|leaf| judge(&policy, leaf, &[]).is_ok())
    );
    // Beyond it, some are not, and the reason says so; nothing that is wrong is accepted.
    let (policy, leaves) = without_key_identifier(40, Some(7));
    let verdicts: Vec<&str> = leaves
        .iter()
        .map(|leaf| match judge(&policy, leaf, &[]) {
            Ok(_) => "verified",
            Err(rejection) => rejection.code(),
        })
        .collect();
    assert_eq!(
        verdicts
            .iter()
            .filter(|code| **code == "verified")
            .count(),
        30
    );
    assert_eq!(
        verdicts
            .iter()
            .filter(|code| **code == "too-costly")
            .count(),
        10
    );
}

#[test]
fn impostors_of_an_anchor_are_refused_at_a_bounded_price() {
    let root = Authority::root("root");
    let impostors: Vec<Authority> = (0..5)
        .map(|_| Authority::root("root"))
        .collect();
    let leaf = impostors[0].odd_leaf(|odd| odd);
    let others: Vec<&Authority> = impostors.iter().collect();
    let (counting, policy) = crate::support::counting::policy(&[&root]);
    let rejection = refused(&policy, &leaf, &others);
    assert!(
        matches!(rejection.code(), "untrusted" | "too-costly"),
        "{rejection}"
    );
    assert!(counting.count() <= 30, "{}", counting.count());
}

#[test]
fn no_signature_is_verified_twice() {
    let root = Authority::root("root");
    let (top, other) = (root.intermediate("top"), Authority::root("other"));
    let low = top.intermediate("low");
    let (counting, policy) = crate::support::counting::policy(&[&root, &other]);
    judge(&policy, &low.client("alice"), &[&top, &low]).unwrap();
    assert_eq!(counting.count(), 3);
    // What leads to no anchor by name costs none at all.
    let before = counting.count();
    let stranger = Authority::root("stranger");
    let leaf = stranger.client("alice");
    assert_eq!(refused(&policy, &leaf, &[&stranger]).code(), "untrusted");
    assert_eq!(counting.count(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is changed in a good chain, it is refused or still the same leaf.
    #[test]
    fn a_changed_certificate_is_refused(position in any::<proptest::sample::Index>(), bit in 0_u32..8) {
        let pki = &*SHARED;
        let mut changed = pki.leaf.clone();
        let position = position.index(changed.len());
        changed[position] ^= 1_u8 << bit;
        let chain = CertChain::from_der(std::iter::once(&changed).chain(&pki.others)).unwrap();
        prop_assert!(pki.policy.evaluate(&chain, now()).is_err());
    }
}

/// A good leaf, and its intermediates.
struct Shared {
    policy: ChainPolicy,
    leaf: Vec<u8>,
    others: Vec<Vec<u8>>,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let root = Authority::root("root");
    let top = root.intermediate("top");
    let low = top.intermediate("low");
    Shared {
        policy: policy(&[&root]),
        leaf: low.client("good").der.to_vec(),
        others: vec![low.der().to_vec(), top.der().to_vec()],
    }
});
