//! What was left out, and what could be taken for nothing, is never silently gone.

use edge_mtls::{
    Carrier, CertEncoding, CertForwarder, CertMarks, CertReceiver, ClientIdentity, Field, Flag,
    ForwardError, HeaderProfile, HeaderRow, OctetFormat, ReasonWords, ReceiveError, Relaxation,
    TooLong, When, Xfcc,
};
use http::HeaderName;
use rcgen::DnType;

use crate::sizes::encoded;
use crate::support::pki::{Authority, Leaf, client_params, policy};
use crate::{forwarded, hop, identity, lines, received, unverified};

fn row(name: &'static str, field: Field) -> HeaderRow {
    HeaderRow::new(HeaderName::from_static(name), field)
}

fn profile<const N: usize>(rows: [HeaderRow; N]) -> HeaderProfile {
    rows.into_iter()
        .try_fold(HeaderProfile::empty(), HeaderProfile::with)
        .unwrap()
}

/// A chain of two, and a budget that the leaf alone fits.
fn chain_that_is_too_long() -> (ClientIdentity, usize) {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[&root]));
    (identity, 1_000)
}

#[test]
fn a_chain_is_left_out_only_where_something_says_so() {
    let (identity, budget) = chain_that_is_too_long();
    let leaving = |profile: HeaderProfile| {
        let forwarder = CertForwarder::new(profile)
            .max_total_bytes(budget)
            .when_too_long(TooLong::LeaveChainOut);
        encoded(&forwarder, &identity)
    };
    let flags = || HeaderProfile::cloudflare_rfc9440().without_status_header();
    let headers = leaving(flags()).unwrap();
    assert_eq!(headers["client-cert-chain-too-large"], "true");
    assert_eq!(headers["client-cert-too-large"], "false");
    assert!(!headers.contains_key("client-cert-chain"));
    assert!(matches!(
        received(flags(), &headers),
        Err(ReceiveError::LeftOut { header }) if header == "client-cert-chain-too-large"
    ));
    let silent = leaving(HeaderProfile::rfc9440().without_status_header());
    assert!(matches!(silent, Err(ForwardError::TotalTooLong { .. })));

    // In Envoy's header the leaf stays where the chain stood.
    let envoy = || HeaderProfile::envoy(Xfcc::new().chain());
    let headers = leaving(envoy()).unwrap();
    let received = CertReceiver::new(envoy())
        .expect_status_header()
        .allow(Relaxation::LeftOutChain)
        .receive(&headers, &hop())
        .unwrap()
        .unwrap();
    assert_eq!(received.chain().len(), 1);
}

#[test]
fn no_chain_goes_without_its_leaf() {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[&root]));
    let structured = CertEncoding::StructuredField;
    let rows = [
        row("x-chain", Field::Chain(structured.clone())),
        row("x-leaf", Field::Leaf(structured)).max_bytes(10),
        row("x-cut", Field::TooLarge(Carrier::Leaf, Flag::OneOrZero)),
    ];
    let profile = profile(rows);
    let headers = forwarded(profile.clone(), &identity);
    assert_eq!(headers["x-leaf"], "");
    assert_eq!(headers["x-chain"], "");
    assert_eq!(headers["x-cut"], "1");
    assert!(matches!(
        received(profile, &headers),
        Err(ReceiveError::LeftOut { .. })
    ));
}

#[test]
fn a_flag_is_set_for_what_was_there() {
    let alone = unverified(
        Authority::root("root")
            .client("alice")
            .chain(&[]),
    );
    let forwarder = CertForwarder::new(HeaderProfile::cloudflare_rfc9440())
        .max_total_bytes(250)
        .when_too_long(TooLong::LeaveValueOut);
    let headers = encoded(&forwarder, &alone).unwrap();
    assert_eq!(headers["client-cert-too-large"], "true");
    assert_eq!(headers["client-cert-chain-too-large"], "false");
}

#[test]
fn a_numbered_chain_is_left_out_whole() {
    let (identity, budget) = chain_that_is_too_long();
    let base64 = || CertEncoding::Marked(CertMarks::base64());
    let rows = [
        row("x-leaf", Field::Leaf(base64())),
        row("x-chain-", Field::NumberedChain(base64())),
        row("x-cut", Field::TooLarge(Carrier::Chain, Flag::OneOrZero)),
    ];
    let profile = profile(rows);
    let forwarder = CertForwarder::new(profile.clone())
        .max_total_bytes(budget - 200)
        .when_too_long(TooLong::LeaveValueOut);
    let headers = encoded(&forwarder, &identity).unwrap();
    assert_eq!(headers.len(), 2);
    assert_eq!(headers["x-cut"], "1");
    let receiver = CertReceiver::new(profile);
    assert!(matches!(
        receiver.receive(&headers, &hop()),
        Err(ReceiveError::LeftOut { .. })
    ));
    let relaxed = receiver.allow(Relaxation::LeftOutChain);
    let received = relaxed.receive(&headers, &hop());
    assert_eq!(received.unwrap().unwrap().chain().len(), 1);
}

#[test]
fn google_cloud_says_what_it_left_out() {
    let root = Authority::root("root");
    let mut params = client_params("alice");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "o".repeat(600));
    let verified = |leaf: &Leaf| {
        identity(
            edge_mtls::ClientAuthPolicy::required(policy(&[&root])),
            Some(leaf.chain(&[])),
        )
    };
    let leaf = root.leaf(params);
    let headers = forwarded(HeaderProfile::google_cloud(), &verified(&leaf));
    assert_eq!(headers["x-client-cert-subject-dn"], "");
    assert_eq!(
        headers["x-client-cert-error"],
        "client_cert_subject_dn_exceeded_size_limit"
    );
    let received = received(HeaderProfile::google_cloud(), &headers);
    assert_eq!(received.unwrap().unwrap().chain(), &leaf.chain(&[]));
    let silent = HeaderProfile::google_cloud()
        .without("x-client-cert-error")
        .unwrap();
    assert!(matches!(
        CertForwarder::new(silent).encode(&verified(&leaf)),
        Err(ForwardError::LineTooLong { .. })
    ));
}

/// `NONE` is base64, too.
#[test]
fn a_certificate_that_reads_like_an_absence() {
    let leaf = Authority::root("root").client("alice");
    let junk: [&[u8]; 2] = [&[0x34, 0xe3, 0x44], &[0x9e, 0xe9, 0x65]];
    let base64 = || CertEncoding::Marked(CertMarks::base64());
    let round = || CertEncoding::Marked(CertMarks::base64().begin("(").end(")"));
    for (der, field) in [
        (junk[0], Field::Chain(base64())),
        (junk[0], Field::NumberedChain(base64())),
        (junk[1], Field::Chain(round())),
    ] {
        let chain = edge_mtls::CertChain::from_der([leaf.der.as_ref(), der]).unwrap();
        let profile = profile([row("x-leaf", Field::Leaf(base64())), row("x-others", field)]);
        assert!(matches!(
            CertForwarder::new(profile).encode(&unverified(chain)),
            Err(ForwardError::Unwritable { .. })
        ));
    }
}

/// Carriers of one mode do not lend each other certificates of another.
#[test]
fn carriers_of_two_modes_contradict_each_other() {
    let root = Authority::root("root");
    let verified = identity(
        edge_mtls::ClientAuthPolicy::required(policy(&[&root])),
        Some(root.client("alice").chain(&[])),
    );
    let mut headers = forwarded(HeaderProfile::cloudfront(), &verified);
    let other = forwarded(
        HeaderProfile::cloudfront(),
        &unverified(root.client("mallory").chain(&[&root])),
    );
    headers.insert("client-cert-chain", other["client-cert-chain"].clone());
    assert!(matches!(
        received(HeaderProfile::cloudfront(), &headers),
        Err(ReceiveError::Contradiction { header, .. }) if header == "client-cert-chain"
    ));
}

#[test]
fn a_status_in_another_shape_is_none() {
    let (identity, _) = chain_that_is_too_long();
    let headers = forwarded(HeaderProfile::rfc9440(), &identity);
    let with_status = |status: &str| {
        let mut headers = headers.clone();
        headers.insert("client-cert-status", status.parse().unwrap());
        CertReceiver::new(HeaderProfile::rfc9440())
            .expect_status_header()
            .allow(Relaxation::LeftOutChain)
            .receive(&headers, &hop())
    };
    assert!(with_status("verified;omitted=chain").is_ok());
    for bad in [
        "verified;omitted",
        "verified;omitted=?1",
        "verified;omitted=\"chain\"",
        "verified;omitted=leaf",
        "verified;omitted=chain;omitted=1",
        "verified;reason=passthrough",
        "verified;advisory=untrusted",
        "forwarded;reason=x",
    ] {
        assert!(
            matches!(with_status(bad), Err(ReceiveError::Malformed { .. })),
            "{bad}"
        );
    }
}

#[test]
fn a_reason_is_held_against_the_rest() {
    let root = Authority::root("root");
    let verified = identity(
        edge_mtls::ClientAuthPolicy::required(policy(&[&root])),
        Some(root.client("alice").chain(&[])),
    );
    let headers = forwarded(HeaderProfile::google_cloud(), &verified);
    for (reason, is_good) in [
        ("", true),
        ("client_cert_uri_sans_exceeded_size_limit", true),
        ("client_cert_validation_failed", false),
        ("client_cert_not_provided", false),
        ("client_cert_validated_chain_exceeded_size_limit", false),
    ] {
        let mut headers = headers.clone();
        headers.insert("x-client-cert-error", reason.parse().unwrap());
        let result = received(HeaderProfile::google_cloud(), &headers);
        assert_eq!(result.is_ok(), is_good, "{reason}: {result:?}");
    }
    // A reason without a leaf speaks of one, unless it is that there is none.
    let rows = [
        row("x-leaf", Field::Leaf(CertEncoding::StructuredField)).when(When::Verified),
        row("x-why", Field::Reason(ReasonWords::Code)),
    ];
    let profile = profile(rows);
    let passthrough = unverified(root.client("bob").chain(&[]));
    let headers = forwarded(profile.clone(), &passthrough);
    assert_eq!(headers["x-why"], "passthrough");
    assert!(received(profile.clone(), &headers).is_err());
    let nobody = lines(&[("x-why", "missing")]);
    assert!(
        received(profile, &nobody)
            .unwrap()
            .is_none()
    );
}

/// A digest that is sent for the clients of one mode only says nothing of the others.
#[test]
fn a_digest_that_is_absent_contradicts_nothing() {
    let rows = [
        row("x-leaf", Field::Leaf(CertEncoding::StructuredField)),
        row("x-digest", Field::Sha256(OctetFormat::LowerHex))
            .when(When::Verified)
            .absent("(null)"),
    ];
    let profile = profile(rows);
    let chain = Authority::root("root")
        .client("alice")
        .chain(&[]);
    let mut headers = forwarded(profile.clone(), &unverified(chain.clone()));
    assert_eq!(headers["x-digest"], "(null)");
    let result = received(profile.clone(), &headers)
        .unwrap()
        .unwrap();
    assert_eq!(result.chain(), &chain);
    headers.insert("x-digest", "0".repeat(64).parse().unwrap());
    assert!(received(profile, &headers).is_err());
}
