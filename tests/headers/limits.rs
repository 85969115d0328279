//! Limits on what is received: before decoding, and after it.

use edge_mtls::{CertReceiver, ChainLimits, HeaderProfile, ReceiveError, Rejection};
use http::{HeaderName, HeaderValue};

use crate::receiving::{good, receive};
use crate::support::pki::Authority;
use crate::{forwarded, hop, set, unverified};

#[test]
fn limits_hold_before_and_after_decoding() {
    let headers = good(HeaderProfile::rfc9440);
    let receiver = |limits| CertReceiver::new(HeaderProfile::rfc9440()).limits(limits);
    let total = receive(HeaderProfile::rfc9440(), &headers)
        .unwrap()
        .unwrap()
        .chain()
        .total_bytes();
    let exact = receiver(ChainLimits::new(2, total)).receive(&headers, &hop());
    assert_eq!(exact.unwrap().unwrap().chain().len(), 2);
    assert_eq!(
        receiver(ChainLimits::new(2, total - 1))
            .receive(&headers, &hop())
            .unwrap_err(),
        ReceiveError::OverLimit(Rejection::TooLarge {
            bytes: total,
            limit: total - 1
        })
    );
    assert_eq!(
        receiver(ChainLimits::new(1, total))
            .receive(&headers, &hop())
            .unwrap_err(),
        ReceiveError::OverLimit(Rejection::TooManyCertificates { count: 2, limit: 1 })
    );
    let long = set(
        &headers,
        "client-cert",
        &format!(":{}:", "A".repeat(100_000)),
    );
    assert!(matches!(
        receiver(ChainLimits::new(2, 10_000)).receive(&long, &hop()),
        Err(ReceiveError::TooLong {
            limit: 51_024,
            bytes: 100_002,
            ..
        })
    ));
}

#[test]
fn claims_are_bounded_and_fit_a_line() {
    let headers = good(HeaderProfile::cloudfront);
    let many = "unverified".to_owned() + &";a".repeat(1_000);
    assert!(matches!(
        receive(
            HeaderProfile::cloudfront(),
            &set(&headers, "client-cert-status", &many)
        ),
        Err(ReceiveError::TooLong { limit: 1_024, .. })
    ));
    let tab = set(
        &headers,
        "cloudfront-viewer-cert-subject",
        "CN=mallory\tadmin",
    );
    assert!(matches!(
        receive(HeaderProfile::cloudfront(), &tab),
        Err(ReceiveError::Malformed { .. })
    ));
}

#[test]
fn a_header_may_be_as_long_as_its_limit() {
    let leaf = Authority::root("root").client("alice");
    let headers = forwarded(HeaderProfile::rfc9440(), &unverified(leaf.chain(&[])));
    let limits = ChainLimits::new(1, leaf.der.len());
    let receiver = CertReceiver::new(HeaderProfile::rfc9440()).limits(limits);
    let limit = 5 * leaf.der.len() + 1_024;
    let value = headers["client-cert"].to_str().unwrap();
    // A parameter, which is ignored, fills it up.
    let filled = |length: usize| {
        let filler = "x".repeat(length - value.len() - 3);
        set(&headers, "client-cert", &format!("{value};a={filler}"))
    };
    assert!(
        receiver
            .receive(&filled(limit), &hop())
            .unwrap()
            .is_some()
    );
    assert_eq!(
        receiver
            .receive(&filled(limit + 1), &hop())
            .unwrap_err(),
        ReceiveError::TooLong {
            header: HeaderName::from_static("client-cert"),
            bytes: limit + 1,
            limit
        }
    );
}

#[test]
fn an_over_long_chain_is_refused_before_it_is_decoded() {
    let headers = good(HeaderProfile::rfc9440);
    let receiver = CertReceiver::new(HeaderProfile::rfc9440()).limits(ChainLimits::new(2, 1_000));
    let long = format!(":{}:", "A".repeat(4_000));
    for lines in [1, 2] {
        let mut headers = headers.clone();
        headers.remove("client-cert-chain");
        for _ in 0..lines {
            let line = HeaderValue::from_str(&long.repeat(3 - lines)).unwrap();
            headers.append("client-cert-chain", line);
        }
        assert!(
            matches!(
                receiver.receive(&headers, &hop()),
                Err(ReceiveError::TooLong { limit: 6_024, .. })
            ),
            "{lines}"
        );
    }
}
