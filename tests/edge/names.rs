//! Several policies by server name, through an `Edge`.

use std::sync::Arc;

use edge_mtls::{
    CertForwarder, ClientAuthPolicy, ClientCertVerifier, Edge, HandshakeFacts, HeaderProfile,
    PolicyMap,
};

use crate::support::edge::{Site, info, request_with};
use crate::support::pki::{Authority, NOW_SECONDS as NOW, at, policy};

struct World {
    root: Authority,
    edge: Edge,
}

/// `edge.example` and `*.strict.example` are strict, `lax.example` is not.
fn world(site: &Site) -> World {
    let root = Authority::root("root");
    let verifier = |policy| -> Arc<ClientCertVerifier> { site.verifier(policy) };
    let strict = verifier(ClientAuthPolicy::required(policy(&[&root])));
    let lax = verifier(ClientAuthPolicy::optional(policy(&[&root])));
    let map = PolicyMap::builder()
        .policy("strict", strict, ["edge.example", "*.strict.example"])
        .policy("lax", lax, ["lax.example"])
        .build()
        .unwrap();
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    World {
        root,
        edge: Edge::by_name(map, forwarder),
    }
}

#[test]
fn a_request_belongs_on_its_connection() {
    for site in Site::plain() {
        let World { root, edge } = world(&site);
        let leaf = root.client("alice");
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        assert_eq!(
            connection
                .record()
                .get("policyName")
                .unwrap(),
            "strict"
        );
        for (target, host, expected) in [
            ("/", Some("edge.example"), Ok(())),
            ("/", Some("EDGE.example.:443"), Ok(())),
            ("https://edge.example/", None, Ok(())),
            (
                "https://a.strict.example/",
                Some("A.strict.example"),
                Ok(()),
            ),
            ("/", Some("lax.example"), Err(421)),
            ("https://lax.example/", None, Err(421)),
            ("https://edge.example/", Some("lax.example"), Err(400)),
            ("/", Some("other.example"), Err(421)),
            ("/", Some("a b"), Err(400)),
            ("/", None, Err(400)),
        ] {
            let mut parts = request_with(&[("client-cert", "forged")]);
            parts.headers.remove("host");
            if let Some(host) = host {
                parts
                    .headers
                    .insert("host", host.parse().unwrap());
            }
            parts.uri = target.parse().unwrap();
            let prepared = connection.prepare(&mut parts, at(NOW));
            let status = prepared.map_err(|refusal| {
                assert_eq!(refusal.code(), "name");
                assert!(!refusal.ends_connection());
                refusal.http_status()
            });
            assert_eq!(status, expected, "{target} {host:?}");
            // What is refused is stripped all the same.
            let forged = parts
                .headers
                .get("client-cert")
                .is_some_and(|value| value == "forged");
            assert!(!forged);
        }
    }
}

#[test]
fn no_name_and_an_unknown_one_are_refused_with_a_record() {
    let site = &Site::plain()[0];
    let World { edge, .. } = world(site);
    for (name, alert) in [
        (None, 109),
        (Some("other.example"), 112),
        (Some("a\nb"), 112),
    ] {
        let rejection = edge.begin(name).unwrap_err();
        assert_eq!(rejection.tls_alert(), alert);
        let refused = Edge::refused_name(name, rejection, info(), at(NOW));
        assert_eq!(refused.reason().code(), "name");
        let record = refused.record();
        assert_eq!(record.status(), "Failed:UnmappedConnectionError");
        assert_eq!(record.get("clientIp").unwrap(), "192.0.2.1");
        assert_eq!(
            record.get("tlsSni"),
            name.map(|name| name.replace('\n', "\\0A"))
        );
        // The same for a host that comes with a finished handshake.
        let mut facts = HandshakeFacts::new(None);
        if let Some(name) = name {
            facts = facts.server_name_indication(name);
        }
        let refused = edge
            .admit(&facts, info(), at(NOW))
            .unwrap_err();
        assert_eq!(refused.reason().code(), "name");
    }
}

/// With one policy for all hosts there must be one host all the same.
#[test]
fn one_policy_and_two_hosts() {
    let root = Authority::root("root");
    let site = &Site::plain()[0];
    let edge = site.edge(ClientAuthPolicy::optional(policy(&[&root])));
    let connection = site
        .visit(&edge, &site.client(None), NOW)
        .unwrap();
    for (target, hosts, expected) in [
        ("/", &["any.example"][..], Ok(())),
        ("/", &[], Ok(())),
        ("https://any.example/", &["ANY.example:443"], Ok(())),
        ("https://any.example/", &[], Ok(())),
        ("https://any.example/", &["other.example"], Err(400)),
        ("https://any.example/", &["a b"], Err(400)),
        ("https://user@any.example/", &["any.example"], Err(400)),
        ("/", &["any.example", "any.example"], Err(400)),
    ] {
        let mut parts = request_with(&[]);
        parts.headers.remove("host");
        for host in hosts {
            parts
                .headers
                .append("host", host.parse().unwrap());
        }
        parts.uri = target.parse().unwrap();
        let prepared = connection.prepare(&mut parts, at(NOW));
        let status = prepared.map_err(|refusal| refusal.http_status());
        assert_eq!(status, expected, "{target} {hosts:?}");
    }
}

/// Facts of another name than the handshake began with: nobody is let in by the laxer one's policy.
#[test]
fn facts_of_another_name() {
    let site = &Site::plain()[0];
    let World { edge, .. } = world(site);
    let facts = |name: &str| HandshakeFacts::new(None).server_name_indication(name);
    for (begun, told, code) in [
        ("lax.example", "lax.example", None),
        ("lax.example", "LAX.example.", None),
        ("lax.example", "edge.example", Some("name")),
        ("lax.example", "other.example", Some("name")),
        ("edge.example", "lax.example", Some("name")),
        ("edge.example", "x.strict.example", Some("missing")),
    ] {
        let handshake = edge.begin(Some(begun)).unwrap();
        let admitted = handshake.admit(&facts(told), info(), at(NOW));
        let seen = admitted
            .err()
            .map(|refused| refused.reason().code());
        assert_eq!(seen, code, "{begun} {told}");
    }
    // A host that does not know the name any more is taken at its word.
    let handshake = edge.begin(Some("lax.example")).unwrap();
    assert_eq!(handshake.policy_name(), "lax");
    assert!(
        handshake
            .admit(&HandshakeFacts::new(None), info(), at(NOW))
            .is_ok()
    );
}
