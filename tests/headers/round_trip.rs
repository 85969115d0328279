//! What is encoded is decoded again, for random chains, in every profile.

use edge_mtls::{CertChain, CertReceiver, HeaderProfile, TrustedHop};
use proptest::prelude::*;

use crate::support::pki::Authority;
use crate::{forwarded, unverified};

/// Some certificates of many sizes, so that their base64 has every length and every character.
static POOL: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
    let root = Authority::root("root");
    let mut pool: Vec<Vec<u8>> = (0..24)
        .map(|length| {
            root.client(&"x".repeat(length + 1))
                .der
                .to_vec()
        })
        .collect();
    pool.push(root.der().to_vec());
    let text: String = pool
        .iter()
        .map(|der| {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(der)
        })
        .collect();
    assert!(
        ["+", "/", "=", "=="]
            .iter()
            .all(|mark| text.contains(mark))
    );
    pool
});

proptest! {
    #[test]
    fn chains_survive(
        which in proptest::sample::subsequence((0..25).collect::<Vec<usize>>(), 1..=6).prop_shuffle(),
    ) {
        let chain = CertChain::from_der(which.iter().map(|index| &POOL[*index])).unwrap();
        let identity = unverified(chain.clone());
        for profile in [HeaderProfile::rfc9440, HeaderProfile::cloudfront] {
            let headers = forwarded(profile(), &identity);
            let received = CertReceiver::new(profile())
                .receive(&headers, &TrustedHop::private_network("test"))
                .unwrap()
                .unwrap();
            prop_assert_eq!(received.chain(), &chain);
        }
    }

    /// Nothing that arrives makes the receiver panic, and what it takes, it took from there.
    #[test]
    fn anything_may_arrive(
        leaf in "[ -~]{0,40}|:[A-Za-z0-9+/=]{0,60}:(;[a-z]=1)?",
        chain in "[ -~]{0,40}|(:[A-Za-z0-9+/=]{0,20}:,? ?){0,3}",
        status in "[ -~]{0,20}|(verified|unverified|none)(;[a-z]=[a-z]){0,2}",
    ) {
        let mut headers = http::HeaderMap::new();
        headers.insert("client-cert", leaf.parse().unwrap());
        headers.insert("client-cert-chain", chain.parse().unwrap());
        headers.insert("client-cert-status", status.parse().unwrap());
        let received = CertReceiver::new(HeaderProfile::rfc9440())
            .receive(&headers, &TrustedHop::private_network("test"));
        // None of these is a certificate.
        prop_assert!(!matches!(received, Ok(Some(_))));
    }
}
