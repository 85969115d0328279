//! Budgets: each outcome of what is too long, at the exact byte, and what a receiver says to it.

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ChainLimits, ClientIdentity, ForwardError,
    HeaderProfile, ReceiveError, Received, Relaxation, TooLong,
};
use http::{HeaderMap, HeaderName};

use crate::support::pki::Authority;
use crate::{hop, unverified};

pub fn preset(name: &str) -> HeaderProfile {
    HeaderProfile::preset(name).unwrap()
}

/// Those of other shapes: a list, a joined chain, one header for all, numbered headers, two carriers
/// for two modes.
const SHAPES: [&str; 5] = ["rfc9440", "traefik", "envoy", "apache", "cloudfront"];

/// A leaf with its issuer and the root, which none of these tests trusts.
pub fn client() -> (CertChain, ClientIdentity) {
    let root = Authority::root("root");
    let top = root.intermediate("top");
    let chain = top
        .client("alice")
        .chain(&[&top, &root]);
    (chain.clone(), unverified(chain))
}

pub fn forwarder(profile: &HeaderProfile, outcome: TooLong) -> CertForwarder {
    CertForwarder::new(profile.clone())
        .max_line_bytes(60_000)
        .max_total_bytes(120_000)
        .when_too_long(outcome)
}

pub fn encoded(
    forwarder: &CertForwarder,
    identity: &ClientIdentity,
) -> Result<HeaderMap, ForwardError> {
    let mut headers = HeaderMap::new();
    forwarder
        .encode(identity)?
        .apply(&mut headers)?;
    Ok(headers)
}

/// Each line as HTTP/1 has it, without its end.
pub fn sizes(headers: &HeaderMap) -> Vec<(HeaderName, usize)> {
    headers
        .iter()
        .map(|(name, value)| (name.clone(), name.as_str().len() + ": ".len() + value.len()))
        .collect()
}

pub fn longest(headers: &HeaderMap) -> (HeaderName, usize) {
    sizes(headers)
        .into_iter()
        .max_by_key(|(_, bytes)| *bytes)
        .unwrap()
}

pub fn total(headers: &HeaderMap) -> usize {
    sizes(headers)
        .iter()
        .map(|(_, bytes)| bytes)
        .sum()
}

/// What the error calls a line: a numbered one by the beginning of its name.
fn row_name(name: &HeaderName) -> HeaderName {
    match name.as_str() {
        "ssl_client_cert_chain_0" | "ssl_client_cert_chain_1" => {
            HeaderName::from_static("ssl_client_cert_chain_")
        }
        _ => name.clone(),
    }
}

pub fn receiver(profile: &HeaderProfile) -> CertReceiver {
    CertReceiver::new(profile.clone()).limits(ChainLimits::new(6, 64_000))
}

pub fn with_status(profile: &HeaderProfile, headers: &HeaderMap) -> Result<Received, ReceiveError> {
    receiver(profile)
        .expect_status_header()
        .receive(headers, &hop())
        .map(Option::unwrap)
}

/// The same at an origin that has the intermediates itself.
pub fn without_chain(
    profile: &HeaderProfile,
    headers: &HeaderMap,
) -> Result<Received, ReceiveError> {
    receiver(profile)
        .expect_status_header()
        .allow(Relaxation::LeftOutChain)
        .receive(headers, &hop())
        .map(Option::unwrap)
}

pub fn left_out(header: &'static str) -> ReceiveError {
    ReceiveError::LeftOut {
        header: HeaderName::from_static(header),
    }
}

/// Refused by name at one byte less than the longest line, or than all lines, have.
#[test]
fn refused_at_the_exact_byte() {
    let (_, identity) = client();
    for name in SHAPES {
        let profile = preset(name);
        let whole = encoded(&forwarder(&profile, TooLong::Refuse), &identity).unwrap();
        let ((header, line), total) = (longest(&whole), total(&whole));
        let within = |line, total| {
            let forwarder = forwarder(&profile, TooLong::Refuse)
                .max_line_bytes(line)
                .max_total_bytes(total);
            encoded(&forwarder, &identity)
        };
        assert_eq!(within(line, total).unwrap(), whole);
        let error = within(line - 1, total).unwrap_err();
        assert_eq!(
            error,
            ForwardError::LineTooLong {
                header: row_name(&header),
                bytes: line,
                limit: line - 1
            },
            "{name}"
        );
        assert_eq!(error.http_status(), 431);
        let error = within(line, total - 1).unwrap_err();
        assert_eq!(
            error,
            ForwardError::TotalTooLong {
                bytes: total,
                limit: total - 1
            },
            "{name}"
        );
        assert_eq!(error.http_status(), 431);
    }
}

/// The chain goes, the leaf stays, and the status says so; a receiver refuses that unless told.
#[test]
fn the_chain_is_left_out_at_the_exact_byte() {
    let (chain, identity) = client();
    for name in SHAPES {
        let profile = preset(name).with_status_header();
        let whole = encoded(&forwarder(&profile, TooLong::Refuse), &identity).unwrap();
        let (line, total_bytes) = (longest(&whole).1, total(&whole));
        let within = |line, total| {
            let forwarder = forwarder(&profile, TooLong::LeaveChainOut)
                .max_line_bytes(line)
                .max_total_bytes(total);
            encoded(&forwarder, &identity)
        };
        assert_eq!(within(line, total_bytes).unwrap(), whole);

        let short = within(60_000, total_bytes - 1).unwrap();
        assert_eq!(
            short[HeaderProfile::STATUS_HEADER],
            "unverified;reason=passthrough;omitted=chain"
        );
        assert_eq!(
            with_status(&profile, &short).unwrap_err(),
            left_out(HeaderProfile::STATUS_HEADER),
            "{name}"
        );
        let read = without_chain(&profile, &short).unwrap();
        assert_eq!(read.chain().len(), 1);
        assert_eq!(read.chain().leaf_der(), chain.leaf_der());
        // It is what is sent of the leaf alone, but for the status.
        let alone = CertChain::from_der([chain.leaf_der()]).unwrap();
        let mut alone = encoded(&forwarder(&profile, TooLong::Refuse), &unverified(alone)).unwrap();
        let status = &short[HeaderProfile::STATUS_HEADER];
        alone.insert(HeaderProfile::STATUS_HEADER, status.clone());
        assert_eq!(short, alone, "{name}");

        // The leaf itself is never left out.
        let ((header, line), total_bytes) = (longest(&short), total(&short));
        assert_eq!(within(60_000, total_bytes).unwrap(), short);
        assert_eq!(
            within(60_000, total_bytes - 1).unwrap_err(),
            ForwardError::TotalTooLong {
                bytes: total_bytes,
                limit: total_bytes - 1
            },
            "{name}"
        );
        assert_eq!(
            within(line - 1, 60_000).unwrap_err(),
            ForwardError::LineTooLong {
                header,
                bytes: line,
                limit: line - 1
            },
            "{name}"
        );
    }
}

/// Where no header could say that the chain is missing, it is not left out.
#[test]
fn nothing_is_left_out_in_silence() {
    let (_, identity) = client();
    for name in SHAPES {
        let profile = preset(name).without_status_header();
        let whole = encoded(&forwarder(&profile, TooLong::Refuse), &identity).unwrap();
        for outcome in [TooLong::LeaveChainOut, TooLong::LeaveValueOut] {
            let total = total(&whole);
            let forwarder = forwarder(&profile, outcome).max_total_bytes(total - 1);
            assert_eq!(
                encoded(&forwarder, &identity).unwrap_err(),
                ForwardError::TotalTooLong {
                    bytes: total,
                    limit: total - 1
                },
                "{name}"
            );
        }
    }
}

/// A list stands on as many lines as it needs, and is one list to a receiver; what is no list, and
/// a member that is too long by itself, is refused.
#[test]
fn lists_are_split_and_joined() {
    let root = Authority::root("root");
    let cas: Vec<Authority> = (0..5)
        .map(|number| root.intermediate(&format!("{number} {}", "of the longer ones ".repeat(6))))
        .collect();
    let chain = root
        .client("alice")
        .chain(&cas.iter().collect::<Vec<_>>());
    let identity = unverified(chain.clone());
    let bytes = |members: &[&Authority]| {
        let text: usize = members
            .iter()
            .map(|ca| ca.der().len().div_ceil(3) * 4 + 2)
            .sum();
        "client-cert-chain: ".len() + text + 2 * (members.len() - 1)
    };
    let most = |members: usize| {
        cas.windows(members)
            .map(|members| bytes(&members.iter().collect::<Vec<_>>()))
            .max()
            .unwrap()
    };
    for profile in [preset("rfc9440"), preset("cloudfront")] {
        let split = |limit| {
            let forwarder = forwarder(&profile, TooLong::SplitLines).max_line_bytes(limit);
            encoded(&forwarder, &identity)
        };
        for (limit, lines) in [
            (most(5), 1),
            (most(5) - 1, 2),
            (most(3), 2),
            (most(2), 3),
            (most(1), 5),
        ] {
            let headers = split(limit).unwrap();
            assert!(longest(&headers).1 <= limit);
            let found = headers.get_all("client-cert-chain");
            assert_eq!(found.iter().count(), lines, "{limit}");
            assert_eq!(
                with_status(&profile, &headers)
                    .unwrap()
                    .chain(),
                &chain
            );
        }
        assert_eq!(
            split(most(1) - 1).unwrap_err(),
            ForwardError::LineTooLong {
                header: HeaderName::from_static("client-cert-chain"),
                bytes: most(1),
                limit: most(1) - 1
            }
        );
    }
    for name in ["traefik", "envoy"] {
        let profile = preset(name);
        let whole = encoded(&forwarder(&profile, TooLong::SplitLines), &identity).unwrap();
        let (header, bytes) = longest(&whole);
        let forwarder = forwarder(&profile, TooLong::SplitLines).max_line_bytes(bytes - 1);
        assert_eq!(
            encoded(&forwarder, &identity).unwrap_err(),
            ForwardError::LineTooLong {
                header,
                bytes,
                limit: bytes - 1
            }
        );
    }
}
