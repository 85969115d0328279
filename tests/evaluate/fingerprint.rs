//! The fingerprint of a policy.

use edge_mtls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use edge_mtls::{ChainLimits, TrustStore};

use crate::support::pki::{Authority, builder, providers, trust};

#[test]
fn the_fingerprint_covers_all_that_changes_a_verdict() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let [aws, ring] = providers().map(|provider| {
        provider
            .signature_verification_algorithms
            .all
    });
    let base = || builder(trust(&[&a]));
    let policies = [
        base().build(aws),
        base().build(ring),
        base().build(aws.get(..3).unwrap()),
        base()
            .allow_expired_anchors()
            .build(aws),
        base().ignore_expiry().build(aws),
        base()
            .allow_expired_pinned_leaves()
            .build(aws),
        base()
            .require_client_auth_eku()
            .build(aws),
        base()
            .limits(ChainLimits::new(5, 32 * 1024))
            .build(aws),
        base()
            .limits(ChainLimits::new(6, 32 * 1024 - 1))
            .build(aws),
        builder(trust(&[&a, &b])).build(aws),
        builder(trust(&[&b])).build(aws),
        base()
            .require_rfc5280_profile()
            .build(aws),
    ]
    .map(|policy| policy.unwrap().fingerprint());
    for (index, fingerprint) in policies.iter().enumerate() {
        assert!(!policies[..index].contains(fingerprint), "{index}");
    }
    // What changes no verdict changes no fingerprint.
    assert_eq!(policies[0], base().build(aws).unwrap().fingerprint());
    let reordered: TrustStore = trust(&[&b, &a]);
    assert_eq!(
        builder(reordered)
            .build(aws)
            .unwrap()
            .fingerprint(),
        policies[9]
    );
}

#[test]
fn it_tells_algorithms_apart_that_share_identifiers() {
    // Such as RSA with SHA-384 for keys from 2048 and from 3072 bits. Their order decides, too: the
    // first that takes a kind of key has the word.
    static A: Algorithm = Algorithm("from 2048 bits");
    static B: Algorithm = Algorithm("from 3072 bits");
    type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];
    static ORDERS: [Algorithms; 4] = [&[&A], &[&B], &[&A, &B], &[&B, &A]];

    let root = Authority::root("root");
    let fingerprints = ORDERS.map(|algorithms| {
        builder(trust(&[&root]))
            .build(algorithms)
            .unwrap()
            .fingerprint()
    });
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[..index].contains(fingerprint), "{index}");
    }
}

#[derive(Debug)]
struct Algorithm(#[expect(dead_code, reason = "its name is in its Debug")] &'static str);

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Err(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA384
    }
}
