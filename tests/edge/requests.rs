//! Requests on a connection: what is judged anew, and what is not.

use edge_mtls::{
    CertForwarder, ChainPolicy, ClientAuthPolicy, ConnectionStep, Decision, Edge, EdgeConnection,
    HeaderProfile, Passthrough, TrustedHop, Xfcc, XfccForwarding,
};
use http::{HeaderName, Request};
use proptest::prelude::*;

use crate::support::counting;
use crate::support::crl::Crl;
use crate::support::edge::{Site, forwarded, headers_of, request_with};
use crate::support::pki::{Authority, NOW_SECONDS as NOW, at, client_params, policy};
use crate::support::revocation::lists;

fn required(policy: &ChainPolicy) -> ClientAuthPolicy {
    ClientAuthPolicy::required(policy.clone())
}

/// No signature is verified for a request, as long as neither the time nor the policy moves.
#[test]
fn nothing_is_judged_twice() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::plain() {
        let (counter, chains) = counting::policy(&[&root]);
        let verifier = site.verifier(required(&chains));
        let edge = site.edge_of(&verifier);
        let client = site.client(Some(&leaf));
        let connection = site.visit(&edge, &client, NOW).unwrap();
        // The handshake's verdict is that of the connection, too.
        let judged = counter.count();
        assert_eq!(judged, 1);
        for seconds in 0..100 {
            forwarded(&connection, NOW + seconds).unwrap();
        }
        assert_eq!(counter.count(), judged);
        verifier
            .replace(required(&chains))
            .unwrap();
        for seconds in 0..100 {
            forwarded(&connection, NOW + seconds).unwrap();
        }
        assert_eq!(counter.count(), judged + 1);
    }
}

/// A clock that is put back: what was valid later may not be valid yet.
#[test]
fn before_the_verdict() {
    let root = Authority::root("root");
    let mut params = client_params("early");
    params.not_before = rcgen::date_time_ymd(2030, 1, 1);
    let leaf = root.leaf(params);
    for site in Site::plain() {
        let edge = site.edge(required(&policy(&[&root])));
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW + 100)
            .unwrap();
        assert!(forwarded(&connection, NOW).is_ok());
        let refusal = forwarded(&connection, NOW - 1).unwrap_err();
        assert_eq!(refusal.code(), "not-yet-valid");
        assert!(forwarded(&connection, NOW + 50).is_ok());
    }
}

/// An anonymous client is nobody's business, until the policy asks for a certificate.
#[test]
fn an_anonymous_client_until_certificates_are_required() {
    let root = Authority::root("root");
    let chains = policy(&[&root]);
    for site in Site::plain() {
        let verifier = site.verifier(ClientAuthPolicy::optional(chains.clone()));
        let edge = site.edge_of(&verifier);
        let connection = site
            .visit(&edge, &site.client(None), NOW)
            .unwrap();
        assert_eq!(
            forwarded(&connection, NOW)
                .unwrap()
                .len(),
            1
        );
        verifier
            .replace(required(&chains))
            .unwrap();
        let refusal = forwarded(&connection, NOW).unwrap_err();
        assert_eq!((refusal.code(), refusal.http_status()), ("missing", 403));
        verifier
            .replace(ClientAuthPolicy::passthrough())
            .unwrap();
        assert_eq!(
            forwarded(&connection, NOW)
                .unwrap()
                .len(),
            1
        );
    }
}

/// An advisory verdict is told with each request, and judged anew when it may be another.
#[test]
fn an_advisory_verdict_is_kept_for_a_while() {
    let root = Authority::root("root");
    let mut early = client_params("early");
    early.not_before = rcgen::date_time_ymd(2030, 1, 2);
    early.not_after = rcgen::date_time_ymd(2030, 1, 4);
    let leaf = root.leaf(early);
    let day = 24 * 60 * 60;
    for site in Site::plain() {
        let (counter, chains) = counting::policy(&[&root]);
        let edge = site.edge(
            Passthrough::default()
                .advisory(chains)
                .into(),
        );
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        let told = |seconds| {
            let headers = forwarded(&connection, seconds).unwrap();
            let (_, status) = headers.last().unwrap().clone();
            status
                .rsplit_once("advisory=")
                .unwrap()
                .1
                .to_owned()
        };
        let first = counter.count();
        assert_eq!(told(NOW), "not-yet-valid");
        assert_eq!(told(NOW + 60), "not-yet-valid");
        assert_eq!(counter.count(), first);
        assert_eq!(told(NOW + 61), "not-yet-valid");
        assert_eq!(counter.count(), first + 1);
        // From then on it holds until the certificate expires.
        assert_eq!(told(NOW + day), "verified");
        assert_eq!(counter.count(), first + 2);
        assert_eq!(told(NOW + 3 * day), "verified");
        assert_eq!(counter.count(), first + 2);
        assert_eq!(told(NOW + 3 * day + 1), "expired");
    }
}

/// A list that revokes, in force from one request to the next; and the same connection once it is lifted.
#[test]
fn a_list_between_two_requests() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let list = |number| {
        Crl::of(&root)
            .number(number)
            .days(-1, 6)
    };
    for site in Site::plain() {
        let good = policy(&[&root]).with_revocation(lists(&[list(1)]));
        let verifier = site.verifier(required(&good));
        let edge = site.edge_of(&verifier);
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        let held = list(2).revokes(&leaf.der);
        let revoking = good.with_revocation(lists(std::slice::from_ref(&held)));
        for (policy, expected) in [
            (&revoking, Some("revoked")),
            (&good.with_revocation(lists(&[list(3), held])), None),
            (&revoking, Some("revoked")),
            (&good, None),
        ] {
            verifier
                .replace(required(policy))
                .unwrap();
            let seen = forwarded(&connection, NOW).err();
            assert_eq!(
                seen.as_ref()
                    .map(|refusal| refusal.code()),
                expected
            );
            assert!(seen.is_none_or(|refusal| refusal.ends_connection()));
        }
    }
}

#[test]
fn a_whole_request_is_prepared_as_its_parts_are() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let site = &Site::plain()[0];
    let edge = site.edge(required(&policy(&[&root])));
    let connection = site
        .visit(&edge, &site.client(Some(&leaf)), NOW)
        .unwrap();
    let forged = [("client-cert", "forged"), ("x-other", "1")];
    let mut parts = request_with(&forged);
    let mut whole = Request::from_parts(parts.clone(), "body");
    connection
        .prepare(&mut parts, at(NOW))
        .unwrap();
    connection
        .prepare_request(&mut whole, at(NOW))
        .unwrap();
    let (whole, body) = whole.into_parts();
    assert_eq!(headers_of(&whole), headers_of(&parts));
    assert_eq!(body, "body");
    // Refused: stripped all the same, and nothing else is lost.
    let mut whole = Request::from_parts(request_with(&forged), "body");
    let late = at(NOW + 100 * 365 * 24 * 60 * 60);
    assert!(
        connection
            .prepare_request(&mut whole, late)
            .is_err()
    );
    let (whole, _) = whole.into_parts();
    assert_eq!(headers_of(&whole), [("x-other".to_owned(), "1".to_owned())]);
}

/// What a trusted hop sent is kept in Envoy's modes, and only from it.
#[test]
fn a_hop_in_front_is_appended_to() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let site = &Site::plain()[0];
    let profile = HeaderProfile::envoy(Xfcc::new().forwarding(XfccForwarding::AppendForward));
    let verifier = site.verifier(required(&policy(&[&root])));
    let edge = Edge::new(verifier, CertForwarder::new(profile));
    for edge in [
        edge.clone(),
        edge.function(|_: &mut ConnectionStep<'_>| Decision::Allow),
    ] {
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        let hop = TrustedHop::private_network("front");
        let xfcc = |trusted: bool| {
            let incoming = format!("Hash={}", "0".repeat(64));
            let mut parts = request_with(&[("x-forwarded-client-cert", &incoming)]);
            match trusted {
                true => connection.prepare_from(&mut parts, &hop, at(NOW)),
                false => connection.prepare(&mut parts, at(NOW)),
            }
            .unwrap();
            parts.headers["x-forwarded-client-cert"]
                .to_str()
                .unwrap()
                .to_owned()
        };
        let own = xfcc(false);
        assert!(!own.contains("000000") && !own.contains(','));
        assert_eq!(xfcc(true), format!("Hash={},{own}", "0".repeat(64)));
        let mut bad = request_with(&[("x-forwarded-client-cert", "Hash=\"")]);
        let refusal = connection
            .prepare_from(&mut bad, &hop, at(NOW))
            .unwrap_err();
        assert_eq!((refusal.code(), refusal.http_status()), ("headers", 400));
    }
}

/// Passthrough's responses are not cached, and trailers are stripped.
#[test]
fn responses_and_trailers() {
    let site = &Site::plain()[0];
    let root = Authority::root("root");
    for (policy, cache_control) in [
        (ClientAuthPolicy::passthrough(), Some("private, no-store")),
        (ClientAuthPolicy::optional(policy(&[&root])), None),
    ] {
        let connection = site
            .visit(&site.edge(policy), &site.client(None), NOW)
            .unwrap();
        let mut response = http::HeaderMap::new();
        response.insert("vary", "client-cert".parse().unwrap());
        connection
            .prepare_response(&mut response)
            .unwrap();
        assert_eq!(response["vary"], "*");
        let sent = response
            .get("cache-control")
            .map(|value| value.to_str().unwrap());
        assert_eq!(sent, cache_control);
        let mut trailers = http::HeaderMap::new();
        trailers.insert("client_cert", "forged".parse().unwrap());
        trailers.insert("x-checksum", "1".parse().unwrap());
        connection.strip_trailers(&mut trailers);
        assert_eq!(trailers.len(), 1);
    }
}

/// A header line as a client may send it.
fn line() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "client-cert",
            "client_cert",
            "CLIENT.CERT",
            "client-cert-chain",
            "client-cert_status",
            "x-ssl-client-verify",
            "x-forwarded-client-cert",
            "x-own",
            "X_Own",
            "connection",
            "trailer",
            "host",
            "te",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9_.~!-]{1,12}",
    ];
    let value = prop_oneof![
        Just("forged".to_owned()),
        Just("close, client-cert, x_own".to_owned()),
        "[ -~]{0,20}"
    ];
    (name, value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a client sends, forwarded or refused: nothing of its own is left under a certificate's name.
    #[test]
    fn nothing_forged_is_left(
        lines in prop::collection::vec(line(), 0..8),
        uri in "(/[a-z]{0,3}|\\*|https://[a-z@:.]{1,9}/|[a-z.]{1,9}:[0-9]{1,3})",
        is_late in any::<bool>(),
    ) {
        thread_local! {
            static CONNECTION: EdgeConnection = {
                let site = &Site::plain()[0];
                let root = Authority::root("root");
                let edge = site
                    .edge(required(&policy(&[&root])))
                    .declare_headers([HeaderName::from_static("x-own")])
                    .unwrap();
                let leaf = root.client("alice");
                site.visit(&edge, &site.client(Some(&leaf)), NOW).unwrap()
            };
        }
        let mut parts = request_with(&[]);
        for (name, value) in &lines {
            let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) else {
                continue;
            };
            parts.headers.append(name, value);
        }
        if let Ok(uri) = uri.parse() {
            parts.uri = uri;
        }
        let seconds = if is_late { NOW + 20 * 365 * 24 * 60 * 60 } else { NOW };
        let prepared = CONNECTION.with(|connection| connection.prepare(&mut parts, at(seconds)));
        prop_assert!(prepared.is_err() || !is_late);
        for (name, value) in &parts.headers {
            let folded: String = name
                .as_str()
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .collect();
            let value = String::from_utf8_lossy(value.as_bytes());
            match &*folded {
                "client-cert" => prop_assert!(prepared.is_ok() && value.starts_with(":MII")),
                "client-cert-status" => prop_assert!(prepared.is_ok() && value == "verified"),
                "client-cert-chain" | "x-own" | "x-ssl-client-verify" => {
                    prop_assert!(false, "{name}: {value}");
                }
                "x-forwarded-client-cert" => prop_assert!(false, "{name}: {value}"),
                "connection" | "trailer" => {
                    prop_assert!(!value.to_ascii_lowercase().contains("client-cert"));
                    prop_assert!(!value.contains("x_own"));
                }
                _ => {}
            }
        }
    }
}
