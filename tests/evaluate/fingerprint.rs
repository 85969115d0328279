//! The fingerprint of a policy.

use edge_mtls::{ChainLimits, ChainPolicy, TrustStore};

use crate::support::pki::{Authority, providers, trust};

#[test]
fn the_fingerprint_covers_all_that_changes_a_verdict() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let [aws, ring] = providers().map(|provider| {
        provider
            .signature_verification_algorithms
            .all
    });
    let base = || ChainPolicy::builder(trust(&[&a]));
    let policies = [
        base().build(aws),
        base().build(ring),
        base().build(aws.get(..3).unwrap()),
        base()
            .allow_expired_anchors()
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
        ChainPolicy::builder(trust(&[&a, &b])).build(aws),
        ChainPolicy::builder(trust(&[&b])).build(aws),
    ]
    .map(|policy| policy.unwrap().fingerprint());
    for (index, fingerprint) in policies.iter().enumerate() {
        assert!(!policies[..index].contains(fingerprint), "{index}");
    }
    // What changes no verdict changes no fingerprint.
    assert_eq!(policies[0], base().build(aws).unwrap().fingerprint());
    let reordered: TrustStore = trust(&[&b, &a]);
    assert_eq!(
        ChainPolicy::builder(reordered)
            .build(aws)
            .unwrap()
            .fingerprint(),
        policies[7]
    );
}
