//! Any chain, with signatures that are valid or not by their octets alone: a verdict verifies no more of them
//! than its budget, and is the same whatever was remembered before.

#![no_main]

use std::cell::Cell;
use std::sync::LazyLock;

use edge_mtls::{CertChain, ChainPolicy, SignatureCache};
use edge_mtls_fuzz::pki::{self, NOW};
use edge_mtls_fuzz::split;
use libfuzzer_sys::fuzz_target;
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

static FRESH: LazyLock<ChainPolicy> = LazyLock::new(|| {
    ChainPolicy::builder(pki::store())
        .build(&[&ByOctets])
        .expect("a policy")
});
static WARM: LazyLock<ChainPolicy> = LazyLock::new(|| {
    ChainPolicy::builder(pki::store())
        .signature_cache(SignatureCache::new(1_000).remember_leaves())
        .build(&[&ByOctets])
        .expect("a policy")
});

thread_local! {
    static VERIFIED: Cell<usize> = const { Cell::new(0) };
}

/// Valid is every signature whose last octet is even, and counted.
#[derive(Debug)]
struct ByOctets;

impl SignatureVerificationAlgorithm for ByOctets {
    fn verify_signature(
        &self,
        _: &[u8],
        _: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        VERIFIED.set(VERIFIED.get() + 1);
        match signature.last() {
            Some(last) if last % 2 == 0 => Ok(()),
            _ => Err(InvalidSignature),
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(chain) = CertChain::from_der(split(data)) else {
        return;
    };
    let judge = |policy: &ChainPolicy| {
        VERIFIED.set(0);
        let verdict = policy.evaluate(&chain, NOW);
        assert!(VERIFIED.get() <= 5 * policy.limits().max_certificates);
        let path = |verified: edge_mtls::VerifiedChain| -> Vec<Vec<u8>> {
            verified
                .path()
                .map(<[u8]>::to_vec)
                .collect()
        };
        verdict.map(path)
    };
    let fresh = judge(&FRESH);
    let verified = VERIFIED.get();
    // Twice, so that what the first remembered is there.
    for _ in 0..2 {
        assert_eq!(judge(&WARM), fresh);
    }
    // Of an accepted chain at least the signatures on its path are.
    let remembered = fresh.as_ref().map_or(0, Vec::len);
    assert!(VERIFIED.get() + remembered <= verified);
});
