//! Any chain against a fixed trust store: never a panic, never an accept but of a leaf that its
//! CA signed for clients, and the same in every place where a chain is judged.

#![no_main]

use std::sync::{Arc, LazyLock};

use edge_mtls::{
    CertChain, ChainLimits, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ClientIdentity,
    HandshakeFacts, Passthrough, Rejection, Time, VerifiedChain,
};
use edge_mtls_fuzz::pki::{self, ANCHORS, GOOD_LEAVES, INTERMEDIATES, NOW, OLD_ROOT_LEAF};
use edge_mtls_fuzz::{assert_visible, assert_visible_debug, split};
use libfuzzer_sys::fuzz_target;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::server::danger::ClientCertVerifier as _;

struct Fixture {
    policy: ChainPolicy,
    lenient: ChainPolicy,
    required: Arc<ClientCertVerifier>,
    passthrough: Arc<ClientCertVerifier>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let provider = default_provider();
    let algorithms = provider
        .signature_verification_algorithms
        .all;
    let policy = pki::policy();
    for leaf in GOOD_LEAVES {
        // If these were refused, the target would look for nothing.
        let chain = CertChain::from_der([leaf].iter().chain(&INTERMEDIATES)).expect("a chain");
        policy
            .evaluate(&chain, NOW)
            .expect("a good chain");
    }
    let lenient = ChainPolicy::builder(pki::store())
        .allow_expired_anchors()
        .limits(ChainLimits::new(ChainLimits::MOST_CERTIFICATES, 64 * 1024))
        .build(algorithms)
        .expect("policy");
    let verifier = |policy| ClientCertVerifier::new(policy, &provider).expect("algorithms");
    Fixture {
        required: verifier(ClientAuthPolicy::required(policy.clone())),
        passthrough: verifier(
            Passthrough::default()
                .advisory(policy.clone())
                .into(),
        ),
        policy,
        lenient,
    }
});

fuzz_target!(|data: &[u8]| {
    let certificates = split(data);
    let Some(chain) = CertChain::from_der(&certificates) else {
        return;
    };
    assert!(
        chain
            .certificates()
            .eq(certificates.iter().copied())
    );
    assert_visible_debug(&chain);

    let verdict = judge(&FIXTURE.policy, &chain);
    if verdict.is_ok() {
        assert!(GOOD_LEAVES.contains(&chain.leaf_der()));
    }
    let lenient = judge(&FIXTURE.lenient, &chain);
    if lenient.is_ok() {
        assert!(GOOD_LEAVES.contains(&chain.leaf_der()) || chain.leaf_der() == OLD_ROOT_LEAF);
    }
    assert!(
        verdict.is_err() || lenient.is_ok(),
        "an option refused more"
    );

    // The order of what stands behind the leaf is of no effect on the verdict or its reason.
    let mut reversed = certificates.clone();
    if let Some((_, others)) = reversed.split_first_mut() {
        others.reverse();
    }
    let reversed = CertChain::from_der(&reversed).expect("as long as the chain");
    let code = |verdict: &Result<(), Rejection>| {
        verdict
            .as_ref()
            .map_err(Rejection::code)
            .copied()
    };
    assert_eq!(code(&judge(&FIXTURE.policy, &reversed)), code(&verdict));

    judge_as_verifier(&chain, &certificates, &verdict);
});

/// The verdict, and what must hold of any.
fn judge(policy: &ChainPolicy, chain: &CertChain) -> Result<(), Rejection> {
    let result = policy.evaluate(chain, NOW);
    check_explanation(policy, chain, &result);
    let within_limits = within(policy.limits(), chain);
    match result {
        Ok(verified) => {
            assert!(within_limits);
            assert_eq!(verified.path().next(), Some(chain.leaf_der()));
            assert!(
                verified
                    .path()
                    .skip(1)
                    .all(|certificate| INTERMEDIATES.contains(&certificate))
            );
            let anchor = verified
                .anchor()
                .expect("no leaf is pinned");
            assert!(ANCHORS.contains(&anchor.certificate().der()));
            assert!(verified.holds_until() >= Time::from(NOW));
            assert_visible_debug(&verified);
            Ok(())
        }
        Err(rejection) => {
            assert_visible(&rejection);
            assert_visible_debug(&rejection);
            assert!((400..500).contains(&rejection.http_status()));
            if !within_limits {
                assert!(is_about_size(&rejection));
            }
            Err(rejection)
        }
    }
}

/// What is said of the verdict is the verdict, and is fit to be printed.
fn check_explanation(
    policy: &ChainPolicy,
    chain: &CertChain,
    verdict: &Result<VerifiedChain, Rejection>,
) {
    let explanation = policy.explain(chain, NOW);
    assert_eq!(explanation.verdict().err(), verdict.as_ref().err());
    let text = explanation.to_string();
    assert_eq!(text.starts_with("accepted, until "), verdict.is_ok());
    assert_eq!(text.starts_with("refused ("), verdict.is_err());
    text.lines().for_each(assert_visible);
    assert!(text.len() < 64 * 1024);
    explanation
        .hints()
        .iter()
        .for_each(assert_visible);
    for certificate in explanation.certificates() {
        assert!(verdict.is_ok() || !certificate.is_on_path);
    }
}

/// The same chain as a handshake, and what follows it, shows it to the verifier.
fn judge_as_verifier(chain: &CertChain, certificates: &[&[u8]], verdict: &Result<(), Rejection>) {
    let facts = HandshakeFacts::new(Some(chain.clone()));
    let mut presented = certificates
        .iter()
        .map(|der| CertificateDer::from(*der));
    let leaf = presented
        .next()
        .expect("a chain has a leaf");
    let others: Vec<_> = presented.collect();

    let verifier = &FIXTURE.required;
    let connection = verifier.for_connection();
    let handshake = connection.verify_client_cert(&leaf, &others, NOW);
    assert_eq!(handshake.is_ok(), verdict.is_ok());
    match verifier.identity(&facts, NOW) {
        Ok(identity) => assert!(identity.verified().is_some() && verdict.is_ok()),
        Err(rejection) => {
            assert_eq!(Some(&rejection), verdict.as_ref().err());
            let error = handshake.expect_err("a refusal");
            assert_eq!(connection.refusal(&error), Some(rejection));
            assert_eq!(connection.refused_chain().as_ref(), Some(chain));
        }
    }

    let verifier = &FIXTURE.passthrough;
    let within_limits = within(ChainLimits::default(), chain);
    let handshake = verifier.verify_client_cert(&leaf, &others, NOW);
    match verifier.identity(&facts, NOW) {
        Ok(ClientIdentity::Unverified {
            chain: passed,
            advisory,
            ..
        }) => {
            assert!(within_limits && handshake.is_ok());
            assert_eq!(&passed, chain);
            let advisory = advisory
                .expect("an advisory policy")
                .map(drop);
            assert_eq!(&advisory, verdict);
        }
        Ok(identity) => panic!("passthrough made {identity:?} of a chain"),
        Err(rejection) => {
            assert!(handshake.is_err());
            assert_visible(&rejection);
            assert!(!within_limits || matches!(rejection, Rejection::Malformed { .. }));
        }
    }
}

fn within(limits: ChainLimits, chain: &CertChain) -> bool {
    chain.len() <= limits.max_certificates
        && chain.total_bytes() <= limits.max_bytes
        && chain
            .certificates()
            .all(|certificate| !certificate.is_empty())
}

fn is_about_size(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::EmptyCertificate { .. }
            | Rejection::TooLarge { .. }
            | Rejection::TooManyCertificates { .. }
    )
}
