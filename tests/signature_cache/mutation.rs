//! Whatever is changed in a chain whose signatures are remembered, it is judged as if none were.

use std::sync::LazyLock;

use edge_mtls::pki_types::alg_id;
use edge_mtls::{CertChain, ChainPolicy, SignatureCache};
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_ED25519};

use crate::support::counting;
use crate::support::pki::{
    Authority, ca_params, client_params, judge, now, providers, refused, trust,
};

struct Shared {
    cold: ChainPolicy,
    /// With everything of the chain in its cache.
    warm: ChainPolicy,
    cache: SignatureCache,
    chain: [Vec<u8>; 3],
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let root = Authority::root("root");
    let top = root.intermediate("top");
    let low = top.intermediate("low");
    let leaf = low.client("alice");
    let cache = SignatureCache::new(100).remember_leaves();
    let (_, cold) = counting::policy(&[&root]);
    let (_, warm) =
        counting::policy_with(&[&root], |builder| builder.signature_cache(cache.clone()));
    judge(&warm, &leaf, &[&low, &top]).unwrap();
    assert_eq!(cache.len(), 3);
    Shared {
        cold,
        warm,
        cache,
        chain: [&leaf.der, low.der(), top.der()].map(|der| der.to_vec()),
    }
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_octet_can_be_changed(
        which in 0..3_usize,
        position in any::<proptest::sample::Index>(),
        bit in 0_u32..8,
    ) {
        let shared = &*SHARED;
        let mut chain = shared.chain.clone();
        let position = position.index(chain[which].len());
        chain[which][position] ^= 1_u8 << bit;
        let chain = CertChain::from_der(&chain).unwrap();
        let cold = shared.cold.evaluate(&chain, now()).unwrap_err();
        prop_assert_eq!(shared.warm.evaluate(&chain, now()).unwrap_err(), cold);
        prop_assert_eq!(shared.cache.len(), 3);
    }

    #[test]
    fn parts_of_two_certificates_make_none(from in 0..3_usize, to in 0..3_usize) {
        // The signature of one certificate over another.
        let shared = &*SHARED;
        let mut chain = shared.chain.clone();
        let signature = |der: &[u8]| der[der.len() - 60..].to_vec();
        let (taken, length) = (signature(&chain[from]), chain[to].len());
        chain[to][length - 60..].copy_from_slice(&taken);
        let chain = CertChain::from_der(&chain).unwrap();
        let verdict = |policy: &ChainPolicy| policy.evaluate(&chain, now()).map(|_| ());
        prop_assert_eq!(verdict(&shared.warm), verdict(&shared.cold));
        prop_assert_eq!(verdict(&shared.warm).is_ok(), from == to);
    }
}

#[test]
fn a_signature_is_not_known_under_another_key() {
    // An impostor of the CA: its name and key identifier, with another key.
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let cache = SignatureCache::new(100).remember_leaves();
    let (counter, policy) =
        counting::policy_with(&[&root], |builder| builder.signature_cache(cache.clone()));
    let alice = ca.client("alice");
    judge(&policy, &alice, &[&ca]).unwrap();
    let mut params = ca_params("ca");
    params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(ca.key_identifier().to_vec());
    let impostor = root.sub_ca(params);
    assert_eq!(refused(&policy, &alice, &[&impostor]).code(), "untrusted");
    // Nor an impostor of the root: what is remembered is that another key signed.
    let policy = counter.policy(&[&Authority::root("root")], |builder| {
        builder.signature_cache(cache.clone())
    });
    assert_eq!(refused(&policy, &alice, &[&ca]).code(), "untrusted");
}

#[test]
fn a_signature_is_not_known_by_another_algorithm() {
    // The same certificates under a policy without the algorithm.
    let root = Authority::self_signed_with(
        ca_params("root"),
        KeyPair::generate_for(&PKCS_ED25519).unwrap(),
    );
    let cache = SignatureCache::new(100).remember_leaves();
    let (_, policy) =
        counting::policy_with(&[&root], |builder| builder.signature_cache(cache.clone()));
    let leaf = root.leaf(client_params("alice"));
    judge(&policy, &leaf, &[]).unwrap();
    assert_eq!(cache.len(), 1);
    let all = providers()[1]
        .signature_verification_algorithms
        .all;
    let others: Vec<_> = all
        .iter()
        .copied()
        .filter(|algorithm| algorithm.signature_alg_id() != alg_id::ED25519)
        .collect();
    let without = ChainPolicy::builder(trust(&[&root]))
        .signature_cache(cache)
        .build(Box::leak(others.into_boxed_slice()))
        .unwrap();
    assert_eq!(
        refused(&without, &leaf, &[]).code(),
        "unsupported-algorithm"
    );
}
