//! Limits on what is looked at, and what a policy can be built with.

use edge_mtls::{CertChain, ChainLimits, PolicyError, Rejection};

use crate::support::pki::{Authority, builder, judge, now, policy, providers, refused, trust};

#[test]
fn limits_come_first() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let garbage = |count: usize, size: usize| CertChain::from_der(vec![vec![0_u8; size]; count]);
    assert_eq!(
        policy
            .evaluate(&garbage(7, 10).unwrap(), now())
            .unwrap_err(),
        Rejection::TooManyCertificates { count: 7, limit: 6 }
    );
    assert_eq!(
        policy
            .evaluate(&garbage(1, 32_769).unwrap(), now())
            .unwrap_err(),
        Rejection::TooLarge {
            bytes: 32_769,
            limit: 32_768
        }
    );
    assert_eq!(
        policy
            .evaluate(&garbage(2, 0).unwrap(), now())
            .unwrap_err(),
        Rejection::EmptyCertificate { index: 0 }
    );
    let chain = CertChain::from_der([root.client("a").der.as_ref(), b""]).unwrap();
    assert_eq!(
        policy
            .evaluate(&chain, now())
            .unwrap_err(),
        Rejection::EmptyCertificate { index: 1 }
    );
    // At the limits it is the certificates that count.
    assert_eq!(
        policy
            .evaluate(&garbage(6, 10).unwrap(), now())
            .unwrap_err()
            .code(),
        "malformed"
    );
    assert_eq!(
        policy
            .evaluate(&garbage(1, 32_768).unwrap(), now())
            .unwrap_err()
            .code(),
        "malformed"
    );
}

#[test]
fn limits_can_be_set_within_reason() {
    let root = Authority::root("root");
    let build = |limits| {
        builder(trust(&[&root]))
            .limits(limits)
            .build(
                providers()[0]
                    .signature_verification_algorithms
                    .all,
            )
    };
    let leaf = root.client("alice");
    let exact = ChainLimits::new(1, leaf.der.len());
    assert!(judge(&build(exact).unwrap(), &leaf, &[]).is_ok());
    let limit = leaf.der.len() - 1;
    assert_eq!(
        refused(&build(ChainLimits::new(1, limit)).unwrap(), &leaf, &[]),
        Rejection::TooLarge {
            bytes: limit + 1,
            limit
        }
    );
    assert_eq!(
        build(ChainLimits::new(8, 1)).unwrap_err(),
        PolicyError::MaxCertificates {
            max_certificates: 8
        }
    );
    assert_eq!(
        build(ChainLimits::new(0, 1)).unwrap_err(),
        PolicyError::MaxCertificates {
            max_certificates: 0
        }
    );
    assert_eq!(
        build(ChainLimits::new(1, 0)).unwrap_err(),
        PolicyError::MaxBytes
    );
    assert_eq!(
        builder(trust(&[&root]))
            .build(&[])
            .unwrap_err(),
        PolicyError::NoAlgorithms
    );
}

#[test]
fn the_longest_path_allowed_holds() {
    let root = Authority::root("root");
    let mut cas: Vec<Authority> = Vec::new();
    for depth in 0..6 {
        let next = cas
            .last()
            .unwrap_or(&root)
            .intermediate(&format!("ca {depth}"));
        cas.push(next);
    }
    let leaf = cas[5].client("alice");
    let others: Vec<&Authority> = cas.iter().collect();
    let policy = builder(trust(&[&root]))
        .limits(ChainLimits::new(7, 32 * 1024))
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    assert_eq!(
        judge(&policy, &leaf, &others)
            .unwrap()
            .path()
            .count(),
        7
    );
}
