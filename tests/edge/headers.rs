//! The headers that a function may change.

use edge_mtls::{
    CertForwarder, CertMarks, ClientAuthPolicy, ConnectionFunction, ConnectionStep, Decision,
    DeclareError, Edge, EdgeConnection, EdgeRefusal, Field, HeaderProfile, RequestDecision,
    RequestStep, TooLong, Xfcc,
};
use http::HeaderName;

use crate::support::edge::{Site, forwarded, headers_of, request_with};
use crate::support::pki::{Authority, NOW_SECONDS as NOW, at, policy};

fn edge(profile: HeaderProfile) -> Edge {
    let root = Authority::root("root");
    let site = &Site::plain()[0];
    let verifier = site.verifier(ClientAuthPolicy::optional(policy(&[&root])));
    Edge::new(verifier, CertForwarder::new(profile))
}

fn declare(edge: Edge, name: &str) -> Result<Edge, DeclareError> {
    edge.declare_headers([HeaderName::from_bytes(name.as_bytes()).unwrap()])
}

#[test]
fn what_means_something_to_http_cannot_be_declared() {
    for name in [
        "host",
        "authorization",
        "Connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "content-length",
        "upgrade",
        "cookie",
        "x-forwarded-for",
        // Other spellings, which many an origin takes for the same.
        "x_forwarded_for",
        "content_length",
        "transfer.encoding",
    ] {
        let refused = declare(edge(HeaderProfile::rfc9440()), name).unwrap_err();
        assert!(matches!(refused, DeclareError::Reserved { .. }), "{name}");
    }
}

#[test]
fn what_says_what_a_certificate_is_worth_cannot_be_declared() {
    let profiles = [
        (HeaderProfile::rfc9440(), "client-cert-status"),
        (HeaderProfile::rfc9440(), "client_cert_status"),
        (HeaderProfile::nginx(), "client-cert-status"),
        (HeaderProfile::nginx(), "x-ssl-client-verify"),
        (HeaderProfile::nginx(), "x_ssl_client.verify"),
        (
            HeaderProfile::cloudfront(),
            "cloudfront-viewer-cert-present",
        ),
        (HeaderProfile::envoy(Xfcc::new()), "x-forwarded-client-cert"),
        (
            HeaderProfile::google_cloud(),
            "x-client-cert-chain-verified",
        ),
        (HeaderProfile::google_cloud(), "x-client-cert-error"),
    ];
    for (profile, name) in profiles {
        let refused = declare(edge(profile), name).unwrap_err();
        assert!(
            matches!(refused, DeclareError::SaysVerdict { .. }),
            "{name}"
        );
    }
    for name in ["client_cert", "Client.Cert-Chain"] {
        let refused = declare(edge(HeaderProfile::rfc9440()), name).unwrap_err();
        assert!(
            matches!(refused, DeclareError::OtherSpelling { .. }),
            "{name}"
        );
    }
    let declared = declare(edge(HeaderProfile::rfc9440()), "x-own").unwrap();
    assert!(declare(declared.clone(), "x-own").is_ok());
    assert!(declare(declared, "x_own").is_err());
    // What carries the certificate can.
    for name in ["client-cert", "client-cert-chain", "x-anything"] {
        assert!(declare(edge(HeaderProfile::rfc9440()), name).is_ok());
    }
}

type Run = fn(&mut ConnectionStep<'_>);

/// A function of two steps.
struct Steps(Run, fn(&mut RequestStep<'_>) -> RequestDecision);

impl ConnectionFunction for Steps {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        self.0(step);
        Decision::Allow
    }

    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        self.1(step)
    }
}

const NOTHING: Run = |_| ();
const FORWARD: fn(&mut RequestStep<'_>) -> RequestDecision = |_| RequestDecision::Forward;

/// Lets alice in with a function, `x-own` and all of RFC 9440's but the status declared.
fn admit_by(forwarder: CertForwarder, function: Steps) -> Result<EdgeConnection, EdgeRefusal> {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let site = &Site::plain()[1];
    let verifier = site.verifier(ClientAuthPolicy::required(policy(&[&root])));
    let names = ["x-own", "client-cert", "client-cert-chain"];
    let edge = Edge::new(verifier, forwarder)
        .declare_headers(names.map(HeaderName::from_static))
        .unwrap()
        .function(function);
    site.visit(&edge, &site.client(Some(&leaf)), NOW)
        .map_err(|refused| refused.reason().clone())
}

fn admit(connection: Run, request: fn(&mut RequestStep<'_>) -> RequestDecision) -> EdgeConnection {
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    admit_by(forwarder, Steps(connection, request)).unwrap()
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn declared_names_are_stripped_from_every_request() {
    let connection = admit(NOTHING, FORWARD);
    let mut parts = request_with(&[
        ("x-own", "forged"),
        ("X_Own", "forged"),
        ("x.own", "forged"),
        ("client-cert", "forged"),
        ("connection", "close, x-own"),
        ("x-other", "mine"),
    ]);
    connection
        .prepare(&mut parts, at(NOW))
        .unwrap();
    let headers = headers_of(&parts);
    assert!(
        headers
            .iter()
            .all(|(_, value)| value != "forged")
    );
    let close = ("connection".to_owned(), "close".to_owned());
    assert!(headers.contains(&close), "{headers:?}");
    assert_eq!(
        names(&headers),
        ["x-other", "connection", "client-cert", "client-cert-status"]
    );
}

#[test]
fn renames_wraps_anew_and_drops() {
    let connection = admit(
        |step| {
            let connection = step.connection();
            let (_, value) = connection
                .cert_headers()
                .find(|(name, _)| *name == "client-cert")
                .unwrap();
            let pem = CertMarks::base64()
                .begin("<")
                .end(">")
                .after_each("|");
            let wrapped = connection.field(&Field::Leaf(edge_mtls::CertEncoding::Marked(pem)));
            assert_eq!(
                connection.field(&Field::AltNames(
                    edge_mtls::AltNameType::Dns,
                    edge_mtls::AltNameFormat::Base64,
                )),
                None
            );
            step.set_header("X-Own", value.to_str().unwrap());
            step.set_header("client-cert-chain", &wrapped.unwrap());
            step.drop_header("Client-Cert");
        },
        FORWARD,
    );
    let plain = forwarded(&admit(NOTHING, FORWARD), NOW).unwrap();
    assert_eq!(names(&plain), ["client-cert", "client-cert-status"]);
    let headers = forwarded(&connection, NOW).unwrap();
    assert_eq!(
        names(&headers),
        ["client-cert-status", "x-own", "client-cert-chain"]
    );
    let own = &headers[1].1;
    assert!(own.starts_with(":MII") && own.ends_with(':'), "{own}");
    let base64 = own.trim_matches(':');
    assert_eq!(
        headers[2]
            .1
            .replace(['<', '>', '|'], ""),
        base64
    );
    // Every request gets the same.
    assert_eq!(forwarded(&connection, NOW + 1).unwrap(), headers);
}

#[test]
fn what_it_must_not_do_is_refused_and_said() {
    let cases: [(Run, &str); 7] = [
        (
            |step| step.set_header("x-else", "1"),
            "x-else, which was not declared",
        ),
        (
            |step| step.drop_header("client-cert-status"),
            "was not declared",
        ),
        (|step| step.set_header("host", "evil"), "was not declared"),
        (
            |step| step.set_header("x-own", "a\r\nb: c"),
            "no visible ASCII",
        ),
        (
            |step| step.set_header("x-own", "\u{e9}"),
            "no visible ASCII",
        ),
        (|step| step.set_header("x-own", " a"), "no visible ASCII"),
        (
            |step| step.set_header("a b\r\n\u{e9}", "1"),
            "a b\\0D\\0A\\C3\\A9",
        ),
    ];
    for (run, sentence) in cases {
        let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
        let refusal = admit_by(forwarder, Steps(run, FORWARD)).unwrap_err();
        assert_eq!(
            (refusal.code(), refusal.http_status()),
            ("function-error", 500)
        );
        assert!(refusal.to_string().contains(sentence), "{refusal}");
    }
    let connection = admit(NOTHING, |step| {
        step.set_header("x-else", "1");
        RequestDecision::Forward
    });
    let refusal = forwarded(&connection, NOW).unwrap_err();
    assert_eq!(refusal.code(), "function-error");
}

#[test]
fn the_budget_holds_for_what_it_sets() {
    let run: Run = |step| step.set_header("x-own", &"x".repeat(300));
    let forwarder = || CertForwarder::new(HeaderProfile::rfc9440()).when_too_long(TooLong::Refuse);
    let lines = admit_by(forwarder().max_line_bytes(1_000), Steps(run, FORWARD)).unwrap();
    assert!(forwarded(&lines, NOW).is_ok());
    let long: Run = |step| step.set_header("x-own", &"x".repeat(1_000));
    let refusal = admit_by(forwarder().max_line_bytes(1_000), Steps(long, FORWARD)).unwrap_err();
    assert_eq!((refusal.code(), refusal.http_status()), ("headers", 431));

    let on_requests = admit_by(
        forwarder().max_total_bytes(1_200),
        Steps(NOTHING, |step| {
            let long = step.uri().path().len() > 1;
            step.set_header("x-own", &"x".repeat(if long { 900 } else { 30 }));
            RequestDecision::Forward
        }),
    )
    .unwrap();
    assert!(forwarded(&on_requests, NOW).is_ok());
    let mut parts = request_with(&[]);
    parts.uri = "/long".parse().unwrap();
    let refusal = on_requests
        .prepare(&mut parts, at(NOW))
        .unwrap_err();
    assert_eq!((refusal.code(), refusal.http_status()), ("headers", 431));
}

#[test]
fn a_request_is_seen_stripped_and_changed_alone() {
    let connection = admit(
        |step| step.leave(String::from("left")),
        |step| {
            assert_eq!(
                step.left::<String>()
                    .map(String::as_str),
                Some("left")
            );
            assert_eq!(step.left::<u8>(), None);
            assert!(
                !step
                    .headers()
                    .contains_key("client-cert")
            );
            assert!(!step.headers().contains_key("x_own"));
            assert_eq!(step.headers()["x-tenant"], "blue");
            assert_eq!(step.method(), http::Method::GET);
            assert_eq!(step.version(), http::Version::HTTP_11);
            match step.uri().path() {
                "/own" => {
                    step.set_header("x-own", "of this one");
                    step.drop_header("client-cert");
                    RequestDecision::Forward
                }
                "/teapot" => RequestDecision::deny(418, "no coffee"),
                "/odd" => RequestDecision::deny(200, "fine"),
                _ => RequestDecision::Forward,
            }
        },
    );
    let send = |path: &str| {
        let mut parts = request_with(&[
            ("client-cert", "forged"),
            ("x_own", "forged"),
            ("x-tenant", "blue"),
        ]);
        parts.uri = path.parse().unwrap();
        let prepared = connection.prepare(&mut parts, at(NOW));
        prepared.map(|()| headers_of(&parts))
    };
    let plain = send("/").unwrap();
    assert_eq!(
        names(&plain),
        ["x-tenant", "client-cert", "client-cert-status"]
    );
    let own = send("/own").unwrap();
    assert_eq!(names(&own), ["x-tenant", "client-cert-status", "x-own"]);
    assert_eq!(send("/").unwrap(), plain);
    let denied = send("/teapot").unwrap_err();
    assert_eq!(
        (denied.code(), denied.http_status()),
        ("request-denied", 418)
    );
    assert!(!denied.ends_connection());
    assert_eq!(send("/odd").unwrap_err().http_status(), 403);
}
