//! What goes into the headers, and what never does.

use edge_mtls::{
    CertChain, CertForwarder, ClientAuthPolicy, ForwardError, HeaderProfile, Passthrough, TooLong,
};
use http::{HeaderMap, HeaderName};
use proptest::prelude::*;

use crate::support::der::attribute;
use crate::support::der::{sequence, set};
use crate::support::pki::{Authority, policy};
use crate::{base64, forwarded, identity, unverified};

fn members(headers: &HeaderMap) -> Vec<String> {
    let chain = headers
        .get("client-cert-chain")
        .map_or("", |value| value.to_str().unwrap());
    chain
        .split(", ")
        .filter(|member| !member.is_empty())
        .map(str::to_owned)
        .collect()
}

fn byte_sequence(der: &[u8]) -> String {
    format!(":{}:", base64(der))
}

#[test]
fn a_verified_identity_sends_its_path_and_passthrough_what_was_presented() {
    let root = Authority::root("root");
    let top = root.intermediate("top");
    let low = top.intermediate("low");
    let unrelated = Authority::root("unrelated");
    let leaf = low.client("alice");
    let chain = leaf.chain(&[&unrelated, &top, &low, &root]);

    let verified = identity(
        ClientAuthPolicy::required(policy(&[&root])),
        Some(chain.clone()),
    );
    let headers = forwarded(HeaderProfile::rfc9440(), &verified);
    assert_eq!(
        members(&headers),
        [byte_sequence(low.der()), byte_sequence(top.der())]
    );
    assert_eq!(headers["client-cert-status"], "verified");

    let headers = forwarded(HeaderProfile::rfc9440(), &unverified(chain.clone()));
    let presented: Vec<String> = chain
        .intermediates()
        .map(byte_sequence)
        .collect();
    assert_eq!(members(&headers), presented);
    assert_eq!(
        headers["client-cert-status"],
        "unverified;reason=passthrough"
    );

    // With nothing to list there is no list.
    let direct = identity(
        ClientAuthPolicy::required(policy(&[&low])),
        Some(leaf.chain(&[&low, &top])),
    );
    let headers = forwarded(HeaderProfile::rfc9440(), &direct);
    assert!(!headers.contains_key("client-cert-chain"));
}

#[test]
fn an_advisory_verdict_never_reads_verified() {
    let root = Authority::root("root");
    let advisory = || {
        Passthrough::default()
            .advisory(policy(&[&root]))
            .into()
    };
    for (leaf, status) in [
        (
            root.client("alice"),
            "unverified;reason=passthrough;advisory=verified",
        ),
        (
            Authority::root("other").client("alice"),
            "unverified;reason=passthrough;advisory=untrusted",
        ),
    ] {
        let identity = identity(advisory(), Some(leaf.chain(&[])));
        let headers = forwarded(HeaderProfile::rfc9440(), &identity);
        assert_eq!(headers["client-cert-status"], status);
    }
}

#[test]
fn values_are_never_indexed_by_header_compression() {
    let root = Authority::root("root");
    let headers = forwarded(
        HeaderProfile::cloudfront(),
        &unverified(root.client("alice").chain(&[&root])),
    );
    assert!(
        headers
            .values()
            .all(|value| value.is_sensitive())
    );
}

#[test]
fn what_is_too_long_is_refused_by_name() {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[&root]));
    let line = |name: &str| {
        let headers = forwarded(HeaderProfile::rfc9440(), &identity);
        format!("{name}: {}", headers[name].to_str().unwrap()).len()
    };
    let (leaf, chain) = (line("client-cert"), line("client-cert-chain"));
    let longest = leaf.max(chain);
    let forwarder = || CertForwarder::new(HeaderProfile::rfc9440()).when_too_long(TooLong::Refuse);

    assert!(
        forwarder()
            .max_line_bytes(longest)
            .encode(&identity)
            .is_ok()
    );
    let error = forwarder()
        .max_line_bytes(longest - 1)
        .encode(&identity)
        .unwrap_err();
    let header = HeaderName::from_static(if leaf >= chain {
        "client-cert"
    } else {
        "client-cert-chain"
    });
    assert_eq!(
        error,
        ForwardError::LineTooLong {
            header,
            bytes: longest,
            limit: longest - 1
        }
    );
    assert_eq!(error.http_status(), 431);

    let total = leaf + chain + line("client-cert-status");
    assert!(
        forwarder()
            .max_total_bytes(total)
            .encode(&identity)
            .is_ok()
    );
    assert_eq!(
        forwarder()
            .max_total_bytes(total - 1)
            .encode(&identity)
            .unwrap_err(),
        ForwardError::TotalTooLong {
            bytes: total,
            limit: total - 1
        }
    );
}

#[test]
fn a_full_request_is_refused_and_does_not_panic() {
    let mut headers = HeaderMap::new();
    let mut index = 0;
    while headers
        .try_insert(
            HeaderName::try_from(format!("x-{index}")).unwrap(),
            "x".parse().unwrap(),
        )
        .is_ok()
    {
        index += 1;
    }
    let identity = unverified(
        Authority::root("root")
            .client("alice")
            .chain(&[]),
    );
    let error = CertForwarder::new(HeaderProfile::rfc9440())
        .encode(&identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap_err();
    assert_eq!(error, ForwardError::TooManyHeaders);
}

#[test]
fn what_cannot_be_described_is_left_out_and_the_rest_is_sent() {
    let odd = Authority::root("root").odd_leaf(|mut odd| {
        odd.not_after = crate::support::der::utc_time("nonsense");
        odd
    });
    let headers = forwarded(HeaderProfile::cloudfront(), &unverified(odd.chain(&[])));
    assert!(!headers.contains_key("cloudfront-viewer-cert-validity"));
    assert!(headers.contains_key("client-cert"));
    assert_eq!(headers["cloudfront-viewer-cert-subject"], "CN=subject");
}

#[test]
fn a_last_space_survives_http() {
    let odd = Authority::root("root").odd_leaf(|mut odd| {
        odd.subject = crate::support::der::common_name("alice ");
        odd
    });
    let headers = forwarded(HeaderProfile::cloudfront(), &unverified(odd.chain(&[])));
    assert_eq!(headers["cloudfront-viewer-cert-subject"], "CN=alice\\20");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever a certificate says, what an origin gets are legal header values on one line.
    #[test]
    fn every_value_is_visible_ascii(
        text in proptest::collection::vec(any::<u8>(), 0..200),
        tag in 0_u8..31,
        serial in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let odd = ROOT.odd_leaf(|mut odd| {
            let rdn = set(&[attribute("2.5.4.3", tag, &text)]);
            odd.subject = sequence(&[rdn]);
            odd.issuer = odd.subject.clone();
            odd.serial = serial;
            odd
        });
        let identity = unverified(CertChain::from_der([odd.der]).unwrap());
        for profile in [HeaderProfile::rfc9440(), HeaderProfile::cloudfront()] {
            for (_, value) in &forwarded(profile, &identity) {
                prop_assert!(value.as_bytes().iter().all(|octet| matches!(octet, 0x20..=0x7e)));
                let trimmed = value.as_bytes().trim_ascii();
                prop_assert!(trimmed == value.as_bytes());
            }
        }
    }
}

static ROOT: std::sync::LazyLock<Authority> = std::sync::LazyLock::new(|| Authority::root("root"));
