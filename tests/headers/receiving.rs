//! The receiver is strict: any fault is an error, never a shorter chain.

use edge_mtls::{
    CertReceiver, ClaimedStatus, ClientAuthPolicy, HeaderProfile, ReceiveError, Received,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::pki::{Authority, policy};
use crate::{forwarded, hop, identity, set, unverified};

/// With the status header demanded.
pub fn receive(
    profile: HeaderProfile,
    headers: &HeaderMap,
) -> Result<Option<Received>, ReceiveError> {
    CertReceiver::new(profile)
        .expect_status_header()
        .receive(headers, &hop())
}

/// Headers of an unverified client with a chain of two, and their profile.
pub fn good(profile: fn() -> HeaderProfile) -> HeaderMap {
    let root = Authority::root("root");
    forwarded(profile(), &unverified(root.client("alice").chain(&[&root])))
}

#[test]
fn what_was_forwarded_is_received() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let passthrough = unverified(leaf.chain(&[&root]));
    let verified = identity(
        ClientAuthPolicy::required(policy(&[&root])),
        Some(leaf.chain(&[])),
    );
    for profile in [HeaderProfile::rfc9440, HeaderProfile::cloudfront] {
        let received = receive(profile(), &forwarded(profile(), &passthrough))
            .unwrap()
            .unwrap();
        assert_eq!(Some(received.chain()), passthrough.chain());
        assert!(matches!(
            received.claimed_status(),
            Some(ClaimedStatus::Unverified { reason: Some(reason), advisory: None, .. })
                if reason == "passthrough"
        ));
        assert_eq!(received.hop().to_string(), "checked address: 192.0.2.1");

        let received = receive(profile(), &forwarded(profile(), &verified))
            .unwrap()
            .unwrap();
        assert_eq!(received.chain().leaf_der(), leaf.der.as_ref());
        assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified));

        // Unless it is expected, a status is nobody's: an edge that does not know the name lets a
        // client's own copy through.
        let foreign = CertReceiver::new(profile());
        for headers in [
            forwarded(profile().without_status_header(), &verified),
            set(
                &forwarded(profile(), &passthrough),
                "client-cert-status",
                "verified",
            ),
        ] {
            let received = foreign
                .receive(&headers, &hop())
                .unwrap()
                .unwrap();
            assert_eq!(received.claimed_status(), None);
        }
    }
    let received = receive(
        HeaderProfile::cloudfront(),
        &forwarded(HeaderProfile::cloudfront(), &verified),
    );
    let received = received.unwrap().unwrap();
    assert_eq!(
        received.claim("cloudfront-viewer-cert-subject"),
        Some("CN=alice")
    );
    assert_eq!(
        received.claim("cloudfront-viewer-cert-issuer"),
        Some("CN=root")
    );
    assert_eq!(received.claim("x-other"), None);
}

#[test]
fn exactly_one_certificate_in_each_place() {
    let headers = good(HeaderProfile::rfc9440);
    let leaf = headers["client-cert"].to_str().unwrap();
    let chain = headers["client-cert-chain"]
        .to_str()
        .unwrap();
    let inner = leaf.trim_matches(':');
    let cut = &inner[..inner.len() - 8];
    for bad in [
        inner.to_owned(),                // no colons
        format!(":{inner}"),             // one colon
        format!(":{inner}: :{inner}:"),  // two items
        format!(":{inner}:, :{inner}:"), // a list
        format!(":{inner}AAAA:"),        // base64 of something behind the certificate
        format!(":{cut}:"),              // a certificate cut short
        format!(":{} :", inner),         // white space
        inner.replace('+', " "),
        format!("-----BEGIN%20CERTIFICATE-----%0A{inner}%0A-----END%20CERTIFICATE-----"),
        ":AAAA:".to_owned(),
    ] {
        assert!(
            matches!(
                receive(HeaderProfile::rfc9440(), &set(&headers, "client-cert", &bad)),
                Err(ReceiveError::Malformed { header, member: 1, .. }) if header == "client-cert"
            ),
            "{bad}"
        );
    }
    // One bad member fails the whole list: a CA never becomes the leaf, nor the chain shorter.
    for (bad, member) in [
        (format!("{chain}, "), 2),
        (format!("{chain}, :AAAA:"), 2),
        (format!("{chain}, x"), 2),
        (format!(":AAAA:, {chain}"), 1),
        (format!("({chain})"), 1),
    ] {
        let error = receive(
            HeaderProfile::rfc9440(),
            &set(&headers, "client-cert-chain", &bad),
        );
        assert!(
            matches!(
                &error,
                Err(ReceiveError::Malformed { header, member: found, .. })
                    if header == "client-cert-chain" && *found == member
            ),
            "{bad}: {error:?}"
        );
    }
}

#[test]
fn parameters_are_ignored() {
    let headers = good(HeaderProfile::rfc9440);
    let leaf = format!("{};a=1;b=\"x\"", headers["client-cert"].to_str().unwrap());
    let received = receive(
        HeaderProfile::rfc9440(),
        &set(&headers, "client-cert", &leaf),
    );
    assert_eq!(received.unwrap().unwrap().chain().len(), 2);
}

#[test]
fn a_header_is_there_once_and_in_one_spelling() {
    for name in ["client-cert", "client-cert-status"] {
        let mut headers = good(HeaderProfile::rfc9440);
        let value = headers[name].clone();
        headers.append(name, value);
        assert_eq!(
            receive(HeaderProfile::rfc9440(), &headers).unwrap_err(),
            ReceiveError::Repeated {
                header: HeaderName::from_static(name)
            }
        );
    }
    for spelling in ["client_cert", "client.cert.chain", "client_cert-status"] {
        let mut headers = HeaderMap::new();
        headers.insert("client-cert-status", HeaderValue::from_static("none"));
        headers.insert(spelling, HeaderValue::from_static("x"));
        let header = HeaderName::from_static(spelling);
        assert_eq!(
            receive(HeaderProfile::rfc9440(), &headers).unwrap_err(),
            ReceiveError::OtherSpelling { header }
        );
    }
}

#[test]
fn headers_that_contradict_each_other() {
    let contradiction =
        |profile: fn() -> HeaderProfile, headers: &HeaderMap| match receive(profile(), headers) {
            Err(ReceiveError::Contradiction { header, .. }) => header.as_str().to_owned(),
            other => panic!("{other:?}"),
        };
    let rfc9440 = good(HeaderProfile::rfc9440);
    let cloudfront = good(HeaderProfile::cloudfront);

    // The leaf again, within the chain.
    let leaf = rfc9440["client-cert"].to_str().unwrap();
    let chain = rfc9440["client-cert-chain"]
        .to_str()
        .unwrap();
    let repeated = set(&rfc9440, "client-cert-chain", &format!("{chain}, {leaf}"));
    assert_eq!(
        receive(HeaderProfile::rfc9440(), &repeated).unwrap_err(),
        ReceiveError::RepeatedLeaf {
            header: HeaderName::from_static("client-cert-chain")
        }
    );
    // A chain, or a claim, without a leaf.
    let mut headless = rfc9440.clone();
    headless.remove("client-cert");
    assert_eq!(
        contradiction(HeaderProfile::rfc9440, &headless),
        "client-cert-chain"
    );
    headless.remove("client-cert-chain");
    assert_eq!(
        contradiction(HeaderProfile::rfc9440, &headless),
        "client-cert-status"
    );
    let mut claim = HeaderMap::new();
    claim.insert("client-cert-status", HeaderValue::from_static("none"));
    claim.insert(
        "cloudfront-viewer-cert-subject",
        HeaderValue::from_static("CN=admin"),
    );
    assert_eq!(
        contradiction(HeaderProfile::cloudfront, &claim),
        "cloudfront-viewer-cert-subject"
    );
    // A leaf that is said not to be there.
    let none = set(&rfc9440, "client-cert-status", "none");
    assert_eq!(
        contradiction(HeaderProfile::rfc9440, &none),
        "client-cert-status"
    );
    let absent = set(&cloudfront, "cloudfront-viewer-cert-present", "0");
    assert_eq!(
        contradiction(HeaderProfile::cloudfront, &absent),
        "cloudfront-viewer-cert-present"
    );
    // Another certificate's digest.
    let digest = set(
        &cloudfront,
        "cloudfront-viewer-cert-sha256",
        &"0".repeat(64),
    );
    assert_eq!(
        contradiction(HeaderProfile::cloudfront, &digest),
        "cloudfront-viewer-cert-sha256"
    );
    // A status that does not fit the header that carries the leaf.
    let mut wrong_mode = cloudfront.clone();
    wrong_mode.insert("client-cert-status", HeaderValue::from_static("verified"));
    assert_eq!(
        contradiction(HeaderProfile::cloudfront, &wrong_mode),
        "client-cert-status"
    );
    // Two leaves.
    let root = Authority::root("root");
    let verified = identity(
        ClientAuthPolicy::required(policy(&[&root])),
        Some(root.client("alice").chain(&[])),
    );
    let pem = forwarded(HeaderProfile::cloudfront(), &verified);
    let pem = pem["cloudfront-viewer-cert-pem"]
        .to_str()
        .unwrap();
    let two = set(&cloudfront, "cloudfront-viewer-cert-pem", pem);
    assert_eq!(
        contradiction(HeaderProfile::cloudfront, &two),
        "client-cert"
    );
}

#[test]
fn a_status_that_nobody_knows_is_no_status() {
    let headers = good(HeaderProfile::rfc9440);
    for bad in [
        "SUCCESS",
        "verified2",
        "",
        "verified;",
        "\"verified\"",
        "verified, verified",
    ] {
        let headers = set(&headers, "client-cert-status", bad);
        assert!(
            matches!(
                receive(HeaderProfile::rfc9440(), &headers),
                Err(ReceiveError::Malformed { .. })
            ),
            "{bad}"
        );
    }
}

#[test]
fn a_status_can_be_demanded() {
    let receiver = CertReceiver::new(HeaderProfile::rfc9440()).expect_status_header();
    let mut headers = HeaderMap::new();
    assert_eq!(
        receiver
            .receive(&headers, &hop())
            .unwrap_err(),
        ReceiveError::MissingStatus {
            header: HeaderName::from_static("client-cert-status")
        }
    );
    headers.insert("client-cert-status", HeaderValue::from_static("none"));
    assert!(
        receiver
            .receive(&headers, &hop())
            .unwrap()
            .is_none()
    );
    let headers = good(HeaderProfile::rfc9440);
    let received = receiver
        .receive(&headers, &hop())
        .unwrap()
        .unwrap();
    assert_eq!(
        received
            .claimed_status()
            .unwrap()
            .to_string(),
        headers["client-cert-status"]
            .to_str()
            .unwrap()
    );
}
