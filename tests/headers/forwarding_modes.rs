//! Envoy's modes: what becomes of the header that came in.

use edge_mtls::{
    CertForwarder, CertHeaders, ClientIdentity, ForwardError, HeaderProfile, Xfcc, XfccForwarding,
};
use http::HeaderMap;

use crate::support::pki::{Authority, Leaf};
use crate::{hop, lines, unverified};

const NAME: &str = "x-forwarded-client-cert";

const MODES: [XfccForwarding; 5] = [
    XfccForwarding::AlwaysForwardOnly,
    XfccForwarding::AppendForward,
    XfccForwarding::ForwardOnly,
    XfccForwarding::Sanitize,
    XfccForwarding::SanitizeSet,
];

/// What a hop in front may send: two elements, spelled in ways of their own ...
const GOOD: &str = r#"by=spiffe://front;HASH="ab";Subject="CN=x\,y;z";URI=;dns=d, Hash=cd"#;
/// ... and as they are written anew.
const GOOD_ANEW: &str = r#"By=spiffe://front;Hash=ab;Subject="CN=x\,y;z";URI=;DNS=d,Hash=cd"#;

fn profile(forwarding: XfccForwarding) -> HeaderProfile {
    HeaderProfile::envoy(Xfcc::new().forwarding(forwarding)).without_status_header()
}

/// Whether a mode keeps what came in from a trusted hop.
fn keeps(mode: XfccForwarding, has_certificate: bool) -> bool {
    match mode {
        XfccForwarding::AlwaysForwardOnly => true,
        XfccForwarding::AppendForward | XfccForwarding::ForwardOnly => has_certificate,
        _ => false,
    }
}

/// Whether a mode has an element of its own.
fn writes(mode: XfccForwarding, has_certificate: bool) -> bool {
    let has_element = matches!(
        mode,
        XfccForwarding::AppendForward | XfccForwarding::SanitizeSet
    );
    has_element && has_certificate
}

fn client() -> Leaf {
    Authority::root("root").client("alice")
}

pub fn hash(leaf: &Leaf) -> String {
    let digest = edge_mtls::Certificate::from_der(&leaf.der)
        .unwrap()
        .sha256();
    let digest: String = digest
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    format!("Hash={digest}")
}

/// Every mode, with and without a certificate: the headers to apply, whether what came in is kept,
/// and this hop's element.
fn cases(check: impl Fn(&str, &CertHeaders, bool, Option<&str>)) {
    let leaf = client();
    for mode in MODES {
        for identity in [ClientIdentity::Anonymous, unverified(leaf.chain(&[]))] {
            let has_certificate = identity.chain().is_some();
            let headers = CertForwarder::new(profile(mode))
                .encode(&identity)
                .unwrap();
            let own = writes(mode, has_certificate).then(|| hash(&leaf));
            check(
                &format!("{mode:?}, {has_certificate}"),
                &headers,
                keeps(mode, has_certificate),
                own.as_deref(),
            );
        }
    }
}

fn found(headers: &HeaderMap) -> Option<&str> {
    assert!(headers.get_all(NAME).iter().count() < 2);
    assert!(headers.len() < 2, "{headers:?}");
    headers
        .get(NAME)
        .map(|value| value.to_str().unwrap())
}

/// What came in from a client is never kept, and never an error.
#[test]
fn without_a_trusted_hop_nothing_is_kept() {
    cases(|case, headers, _, own| {
        for incoming in [
            vec![],
            vec![(NAME, GOOD)],
            vec![(NAME, "Hash")],
            vec![(NAME, GOOD), (NAME, GOOD)],
            vec![(NAME, "Hash=a"), (NAME, "Hash=b"), (NAME, "\"")],
            vec![("x_forwarded_client.cert", GOOD)],
        ] {
            let mut request = lines(&incoming);
            headers.apply(&mut request).unwrap();
            assert_eq!(found(&request), own, "{case}: {incoming:?}");
        }
    });
}

#[test]
fn what_a_trusted_hop_sent_is_kept_where_the_mode_says_so() {
    cases(|case, headers, keeps, own| {
        let mut request = lines(&[(NAME, GOOD)]);
        headers
            .apply_from(&mut request, &hop())
            .unwrap();
        let both: Vec<&str> = keeps
            .then_some(GOOD_ANEW)
            .into_iter()
            .chain(own)
            .collect();
        let expected = both.join(",");
        assert_eq!(found(&request).unwrap_or_default(), expected, "{case}");
        assert_eq!(found(&request).is_some(), !both.is_empty(), "{case}");
        assert!(
            request
                .values()
                .all(|value| value.is_sensitive())
        );
    });
}

#[test]
fn nothing_came_in_or_it_was_called_otherwise() {
    cases(|case, headers, _, own| {
        for incoming in [
            vec![],
            vec![("x_forwarded_client_cert", GOOD)],
            vec![("x-forwarded.client-cert", GOOD), ("client-cert", "x")],
        ] {
            let mut request = lines(&incoming);
            headers
                .apply_from(&mut request, &hop())
                .unwrap();
            assert_eq!(found(&request), own, "{case}: {incoming:?}");
        }
    });
}

/// Where it would be kept, a fault is an error with its place; where not, it is no matter. In any
/// case nothing of it is left.
#[test]
fn what_is_malformed_or_repeated_is_not_kept() {
    cases(|case, headers, keeps, own| {
        for (incoming, member, offset) in [
            ("", 1, 0),
            ("Hash", 1, 0),
            ("Hash=a,Unknown=b", 2, 7),
            ("Hash=a;Subject=\"CN=x", 1, 16),
            ("Hash=a,,Hash=b", 2, 7),
            ("Hash=a\tb", 1, 0),
        ] {
            let mut request = lines(&[(NAME, incoming)]);
            let result = headers.apply_from(&mut request, &hop());
            match (keeps, result) {
                (false, result) => assert_eq!(result, Ok(()), "{case}"),
                (
                    true,
                    Err(
                        ref error @ ForwardError::BadIncoming {
                            ref header,
                            member: at_member,
                            offset: at_offset,
                            ..
                        },
                    ),
                ) => {
                    assert_eq!(header, NAME);
                    assert_eq!((at_member, at_offset), (member, offset), "{incoming}");
                    assert_eq!(error.http_status(), 400);
                }
                (true, other) => panic!("{case}, {incoming}: {other:?}"),
            }
            assert_ne!(found(&request), Some(incoming));
            assert!(found(&request).is_none_or(|text| Some(text) == own));
        }
        for incoming in [
            [(NAME, GOOD), (NAME, GOOD)],
            [(NAME, "Hash=a"), (NAME, "Hash=b")],
            [(NAME, "Hash=a"), (NAME, "")],
        ] {
            let mut request = lines(&incoming);
            let result = headers.apply_from(&mut request, &hop());
            let repeated = ForwardError::RepeatedIncoming {
                header: NAME.parse().unwrap(),
            };
            match keeps {
                true => assert_eq!(result, Err(repeated), "{case}: {incoming:?}"),
                false => assert_eq!(result, Ok(()), "{case}: {incoming:?}"),
            }
            assert!(found(&request).is_none_or(|text| Some(text) == own));
        }
    });
}

/// The limit on a line holds for what came in and this hop's element together.
#[test]
fn a_line_that_would_be_too_long() {
    let identity = unverified(client().chain(&[]));
    for mode in MODES {
        if !keeps(mode, true) {
            continue;
        }
        let forwarder = |limit| CertForwarder::new(profile(mode)).max_line_bytes(limit);
        let apply = |limit| {
            let mut request = lines(&[(NAME, GOOD_ANEW)]);
            forwarder(limit)
                .encode(&identity)
                .unwrap()
                .apply_from(&mut request, &hop())
                .map(|()| found(&request).unwrap().len())
        };
        let bytes = NAME.len() + 2 + apply(8_000).unwrap();
        assert!(apply(bytes).is_ok());
        assert_eq!(
            apply(bytes - 1),
            Err(ForwardError::LineTooLong {
                header: NAME.parse().unwrap(),
                bytes,
                limit: bytes - 1
            }),
            "{mode:?}"
        );
    }
}

/// The limit on all lines holds with what came in, too.
#[test]
fn lines_that_would_be_too_long_together() {
    let identity = unverified(client().chain(&[]));
    for mode in MODES {
        if !keeps(mode, true) {
            continue;
        }
        let profile = profile(mode).with_status_header();
        let apply = |limit| {
            let mut request = lines(&[(NAME, GOOD_ANEW)]);
            CertForwarder::new(profile.clone())
                .max_total_bytes(limit)
                .encode(&identity)?
                .apply_from(&mut request, &hop())?;
            Ok::<HeaderMap, ForwardError>(request)
        };
        let whole = apply(16_000).unwrap();
        let bytes: usize = whole
            .iter()
            .map(|(name, value)| name.as_str().len() + 2 + value.len())
            .sum();
        assert_eq!(apply(bytes).unwrap(), whole);
        assert_eq!(
            apply(bytes - 1).unwrap_err(),
            ForwardError::TotalTooLong {
                bytes,
                limit: bytes - 1
            },
            "{mode:?}"
        );
    }
}

/// In the modes without an element of this hop's, no header describes its client: the status says
/// that something was handed on, or that there is nothing.
#[test]
fn the_status_speaks_of_what_is_sent() {
    let leaf = client();
    for mode in MODES {
        for identity in [ClientIdentity::Anonymous, unverified(leaf.chain(&[]))] {
            let has_certificate = identity.chain().is_some();
            let profile = profile(mode).with_status_header();
            let headers = CertForwarder::new(profile)
                .encode(&identity)
                .unwrap();
            for incoming in [None, Some(GOOD)] {
                let mut request = lines(&[(HeaderProfile::STATUS_HEADER, "verified")]);
                if let Some(good) = incoming {
                    request.insert(NAME, good.parse().unwrap());
                }
                headers
                    .apply_from(&mut request, &hop())
                    .unwrap();
                let hands_on = keeps(mode, has_certificate) && incoming.is_some();
                let expected = match (writes(mode, has_certificate), hands_on) {
                    (true, _) => "unverified;reason=passthrough",
                    (false, true) => "forwarded",
                    (false, false) => "none",
                };
                assert_eq!(
                    request[HeaderProfile::STATUS_HEADER],
                    expected,
                    "{mode:?}, {has_certificate}, {incoming:?}"
                );
                // A client's own listener has no trusted hop, and hands nothing on.
                headers.apply(&mut request).unwrap();
                assert_ne!(request[HeaderProfile::STATUS_HEADER], "forwarded");
            }
        }
    }
}
