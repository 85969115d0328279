//! What another hop said of its client is never taken for what this hop found.

use core::num::NonZeroUsize;

use edge_mtls::{
    CertForwarder, CertReceiver, ClaimedStatus, ClientAuthPolicy, ClientIdentity, Field, Flag,
    HeaderProfile, HeaderRow, ProfileError, ReceiveError, Received, Xfcc, XfccForwarding, XfccKey,
};
use http::{HeaderMap, HeaderName};
use rcgen::SanType;

use crate::support::pki::{Authority, Leaf, client_params, policy};
use crate::{forwarded, hop, identity, lines, received, unverified};

const NAME: &str = "x-forwarded-client-cert";

fn envoy(forwarding: XfccForwarding) -> HeaderProfile {
    HeaderProfile::envoy(
        Xfcc::new()
            .cert()
            .forwarding(forwarding),
    )
}

/// Two hops: the outer one has `client` in passthrough, the inner one has verified the outer.
fn through_two_hops(inner: XfccForwarding, client: &Leaf) -> HeaderMap {
    let root = Authority::root("root");
    let outer = identity(
        ClientAuthPolicy::required(policy(&[&root])),
        Some(root.client("outer edge").chain(&[])),
    );
    let mut request = forwarded(
        envoy(XfccForwarding::SanitizeSet),
        &unverified(client.chain(&[])),
    );
    CertForwarder::new(envoy(inner))
        .encode(&outer)
        .unwrap()
        .apply_from(&mut request, &hop())
        .unwrap();
    request
}

fn receive(headers: &HeaderMap, from_end: Option<usize>) -> Result<Received, ReceiveError> {
    let receiver = CertReceiver::new(envoy(XfccForwarding::SanitizeSet)).expect_status_header();
    let receiver = match from_end.and_then(NonZeroUsize::new) {
        Some(number) => receiver.xfcc_element_from_end(number),
        None => receiver,
    };
    receiver
        .receive(headers, &hop())
        .map(Option::unwrap)
}

#[test]
fn a_hop_that_only_hands_on_vouches_for_nothing() {
    let mallory = Authority::root("somebody").client("mallory");
    for mode in [
        XfccForwarding::ForwardOnly,
        XfccForwarding::AlwaysForwardOnly,
    ] {
        let request = through_two_hops(mode, &mallory);
        assert_eq!(request["client-cert-status"], "forwarded");
        assert!(request["client-cert-status"].is_sensitive());
        let received = receive(&request, None).unwrap();
        assert_eq!(received.chain(), &mallory.chain(&[]));
        assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Forwarded));
    }
}

#[test]
fn a_status_is_about_the_newest_element_alone() {
    let mallory = Authority::root("somebody").client("mallory");
    let request = through_two_hops(XfccForwarding::AppendForward, &mallory);
    assert_eq!(request["client-cert-status"], "verified");
    // Which of the two it should be nobody said.
    assert!(matches!(
        receive(&request, None),
        Err(ReceiveError::Malformed { member: 2, .. })
    ));
    let newest = receive(&request, Some(1)).unwrap();
    let subject = newest
        .chain()
        .leaf()
        .unwrap()
        .subject()
        .to_string();
    assert_eq!(subject, "CN=outer edge");
    assert_eq!(newest.claimed_status(), Some(&ClaimedStatus::Verified));

    let before = receive(&request, Some(2)).unwrap();
    assert_eq!(before.chain(), &mallory.chain(&[]));
    assert_eq!(before.claimed_status(), None);
    assert_eq!(before.claim("client-cert-status"), None);
    assert!(receive(&request, Some(3)).is_err());
}

#[test]
fn a_hop_that_only_hands_on_describes_nobody() {
    let xfcc = || {
        HeaderRow::new(
            HeaderName::from_static(NAME),
            Field::Xfcc(Xfcc::new().forwarding(XfccForwarding::ForwardOnly)),
        )
    };
    let verified = || {
        HeaderRow::new(
            HeaderName::from_static("x-verified"),
            Field::Verified(Flag::OneOrZero),
        )
    };
    for (first, second) in [(xfcc(), verified()), (verified(), xfcc())] {
        let profile = HeaderProfile::empty()
            .with(first)
            .unwrap();
        assert!(matches!(
            profile.with(second),
            Err(ProfileError::Unusable { .. })
        ));
    }
    let profile = HeaderProfile::empty()
        .with(xfcc())
        .unwrap();
    assert!(
        profile
            .clone()
            .with_status_header()
            .with(xfcc())
            .is_err()
    );
    // Of its own client it says nothing, with or without a certificate.
    let client = unverified(
        Authority::root("root")
            .client("alice")
            .chain(&[]),
    );
    for identity in [client, ClientIdentity::Anonymous] {
        let headers = forwarded(profile.clone().with_status_header(), &identity);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["client-cert-status"], "none");
    }
}

/// Envoy does not quote names: who chooses them can write pairs and elements.
#[test]
fn names_that_envoy_does_not_quote() {
    let root = Authority::root("root");
    let alice = root.client("alice");
    let raw = |headers: &HeaderMap| {
        headers[NAME]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let profile = || HeaderProfile::envoy(Xfcc::new().cert()).without_status_header();
    let element_of_alice = raw(&forwarded(profile(), &unverified(alice.chain(&[]))));
    for injected in [
        format!("spiffe://x,{element_of_alice}"),
        format!("spiffe://x,Subject=\"\",{element_of_alice}"),
        "spiffe://x;URI=spiffe://admin".to_owned(),
        "spiffe://x;DNS=admin.example".to_owned(),
    ] {
        let mut params = client_params("mallory");
        params.subject_alt_names = vec![SanType::URI(injected.as_str().try_into().unwrap())];
        let mallory = root.leaf(params);
        let own = raw(&forwarded(profile(), &unverified(mallory.chain(&[]))));
        let from_envoy = lines(&[(NAME, &format!("{own};URI={injected}"))]);
        let result = received(profile(), &from_envoy);
        assert!(result.is_err(), "{injected}: {result:?}");

        // Ours quotes them.
        let ours = HeaderProfile::envoy(Xfcc::new().cert().uri());
        let headers = forwarded(ours.clone(), &unverified(mallory.chain(&[])));
        let received = received(ours, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(received.chain(), &mallory.chain(&[]));
        let names: Vec<&str> = received
            .xfcc()
            .unwrap()
            .values(XfccKey::Uri)
            .collect();
        assert_eq!(names, [injected.as_str()]);
    }
}
