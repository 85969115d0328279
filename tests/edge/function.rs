//! When the host's function runs, what it sees, and what comes of its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use edge_mtls::{
    ChainLimits, ClientAuthMode, ClientAuthPolicy, ClientIdentity, ConnectionFunction,
    ConnectionStep, ConnectionView, Decision, Passthrough, RequestDecision, RequestStep,
    Resumption, Settlement, TrustStore, Unsettled,
};

use crate::support::edge::{Site, forwarded, request};
use crate::support::pki::{
    Authority, NOW_SECONDS as NOW, at, builder, ca_params, modes, policy, trust,
};

/// Counts its runs, and answers what it is told to.
#[derive(Clone)]
struct Counting {
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    decision: Decision,
}

impl Counting {
    fn new(decision: Decision) -> Self {
        Self {
            connections: Arc::default(),
            requests: Arc::default(),
            decision,
        }
    }

    /// How often it ran for connections, and for requests.
    fn runs(&self) -> (usize, usize) {
        (
            self.connections.load(Ordering::Relaxed),
            self.requests.load(Ordering::Relaxed),
        )
    }
}

impl ConnectionFunction for Counting {
    fn connection(&self, _: &mut ConnectionStep<'_>) -> Decision {
        self.connections
            .fetch_add(1, Ordering::Relaxed);
        self.decision.clone()
    }

    fn request(&self, _: &mut RequestStep<'_>) -> RequestDecision {
        self.requests
            .fetch_add(1, Ordering::Relaxed);
        RequestDecision::Forward
    }
}

#[test]
fn runs_once_a_connection_and_on_each_request() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::plain() {
        for mode in modes(&policy(&[&root])) {
            let function = Counting::new(Decision::Allow);
            let verifier = site.verifier(mode);
            let edge = site
                .edge_of(&verifier)
                .function(function.clone());
            let client = site.client(Some(&leaf));
            let connection = site.visit(&edge, &client, NOW).unwrap();
            assert_eq!(function.runs(), (1, 0));
            for count in 1..4 {
                assert!(forwarded(&connection, NOW + count).is_ok());
                assert_eq!(function.runs(), (1, usize::try_from(count).unwrap()));
            }
            site.visit_shared(&edge, &verifier, &client, NOW)
                .unwrap();
            assert_eq!(function.runs(), (2, 3));
        }
    }
}

#[test]
fn runs_for_anonymous_clients_where_the_mode_allows_them_and_never_for_who_is_refused() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let stranger = other.client("mallory");
    for site in Site::plain() {
        for mode in modes(&policy(&[&root])) {
            let function = Counting::new(Decision::Allow);
            let is_required = mode.mode() == ClientAuthMode::Required;
            let is_passthrough = mode.mode() == ClientAuthMode::Passthrough;
            let edge = site
                .edge(mode)
                .function(function.clone());
            let anonymous = site.visit(&edge, &site.client(None), NOW);
            assert_eq!(anonymous.is_err(), is_required);
            assert_eq!(function.runs().0, usize::from(!is_required));
            let strange = site.visit(&edge, &site.client(Some(&stranger)), NOW);
            assert_eq!(strange.is_ok(), is_passthrough);
            let runs = usize::from(!is_required) + usize::from(is_passthrough);
            assert_eq!(function.runs().0, runs);
        }
    }
}

#[test]
fn denies_with_a_reason() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::plain() {
        let edge = site
            .edge(ClientAuthPolicy::required(policy(&[&root])))
            .function(|step: &mut ConnectionStep<'_>| {
                step.note("seen");
                Decision::deny("no\nway")
            });
        let refused = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap_err();
        assert_eq!(refused.reason().code(), "function-denied");
        assert_eq!(refused.reason().http_status(), 403);
        assert!(refused.reason().ends_connection());
        let record = refused.record();
        assert_eq!(record.status(), "Failed:ConnectionFunctionDenied");
        assert_eq!(
            record.get("refusalReason").unwrap(),
            "the connection function denied: no\u{fffd}way"
        );
        assert_eq!(
            record
                .get("connectionLogCustomData")
                .unwrap(),
            "seen"
        );
        // Who was denied is in the record all the same.
        assert_eq!(record.get("clientIdentity").unwrap(), "verified");
        assert_eq!(
            record
                .get("clientLeafCertSubject")
                .unwrap(),
            "CN=alice"
        );
    }
}

/// Panics where it is told to.
struct Panicking(&'static str);

impl Panicking {
    fn panic_in(&self, place: &str) {
        assert_ne!(self.0, place, "on purpose");
    }
}

impl ConnectionFunction for Panicking {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        step.note("before");
        match step.connection().identity().leaf() {
            Some(leaf) if leaf.subject().to_string() == "CN=alice" => self.panic_in("connection"),
            _ => {}
        }
        Decision::Allow
    }

    fn settle(&self, _: Unsettled<'_>) -> Settlement {
        self.panic_in("settle");
        Settlement::Good
    }

    fn request(&self, _: &mut RequestStep<'_>) -> RequestDecision {
        self.panic_in("request");
        RequestDecision::Forward
    }
}

#[test]
fn a_panic_denies_and_takes_nothing_else_down() {
    let root = Authority::root("root");
    let (alice, bob) = (root.client("alice"), root.client("bob"));
    let site = &Site::plain()[0];
    let required = ClientAuthPolicy::required(policy(&[&root]));

    let edge = site
        .edge(required.clone())
        .function(Panicking("connection"));
    let refused = site
        .visit(&edge, &site.client(Some(&alice)), NOW)
        .unwrap_err();
    assert_eq!(refused.reason().code(), "function-error");
    assert_eq!(refused.reason().http_status(), 500);
    assert_eq!(refused.record().status(), "Failed:ConnectionFunctionError");
    let record = refused.record();
    assert_eq!(
        record
            .get("connectionLogCustomData")
            .unwrap(),
        "before"
    );
    let next = site.visit(&edge, &site.client(Some(&bob)), NOW);
    assert!(forwarded(&next.unwrap(), NOW).is_ok());

    let edge = site
        .edge(required)
        .function(Panicking("request"));
    let connection = site
        .visit(&edge, &site.client(Some(&alice)), NOW)
        .unwrap();
    for _ in 0..2 {
        let refusal = forwarded(&connection, NOW).unwrap_err();
        assert_eq!(refusal.code(), "function-error");
        assert!(!refusal.ends_connection());
    }
}

#[test]
fn sees_all_that_is_known() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    for site in Site::plain() {
        let version = site.version.version;
        let check = move |connection: ConnectionView<'_>| {
            assert_eq!(connection.id(), Some("c-1"));
            assert_eq!(connection.client(), "192.0.2.1:4711".parse().ok());
            assert_eq!(connection.server_name(), Some("edge.example"));
            assert_eq!(connection.alpn_protocol(), Some(&b"h2"[..]));
            assert_eq!(connection.protocol_version(), Some(version.into()));
            assert!(connection.cipher_suite().is_some());
            assert_eq!(connection.resumption(), Resumption::No);
            assert_eq!(connection.mode(), ClientAuthMode::Required);
            assert_eq!(connection.policy_name(), "default");
            assert_eq!(connection.now(), at(NOW));
            assert!(connection.advisory().is_none());
            let certificates: Vec<(String, &str)> = connection
                .certificates()
                .map(|(certificate, status)| {
                    (certificate.subject().to_string(), status.unwrap().word())
                })
                .collect();
            let expected = [("CN=alice", "not-checked"), ("CN=ca", "not-checked")];
            assert_eq!(
                certificates,
                expected.map(|(name, word)| (name.into(), word))
            );
            let headers: Vec<&str> = connection
                .cert_headers()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(
                headers,
                ["client-cert", "client-cert-chain", "client-cert-status"]
            );
        };
        let edge = site
            .edge(ClientAuthPolicy::required(policy(&[&root])))
            .function(move |step: &mut ConnectionStep<'_>| {
                check(step.connection());
                Decision::Allow
            });
        let client = site.client_presenting(Some(&leaf), &[&ca, &root]);
        let connection = site.visit(&edge, &client, NOW).unwrap();
        assert_eq!(connection.mode(), ClientAuthMode::Required);
    }
}

/// What somebody presented of whom nobody has judged anything but an advisory policy.
#[test]
fn sees_an_advisory_verdict() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let site = &Site::plain()[0];
    for (issuer, verdict) in [(&root, "verified"), (&other, "untrusted")] {
        let edge = site
            .edge(
                Passthrough::default()
                    .advisory(policy(&[&root]))
                    .into(),
            )
            .function(move |step: &mut ConnectionStep<'_>| {
                let connection = step.connection();
                let advisory = connection.advisory().unwrap();
                let said = advisory.map_or_else(|rejection| rejection.code(), |_| "verified");
                assert_eq!(said, verdict);
                let [(leaf, status)] = connection
                    .certificates()
                    .collect::<Vec<_>>()[..]
                else {
                    panic!("not one certificate");
                };
                assert_eq!(leaf.subject().to_string(), "CN=alice");
                assert!(status.is_none());
                Decision::Allow
            });
        let leaf = issuer.client("alice");
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        assert!(
            connection
                .identity()
                .verified()
                .is_none()
        );
        let record = connection.record();
        assert_eq!(record.get("advisoryVerdict").as_deref(), Some(verdict));
        assert_eq!(record.get("clientIdentity").as_deref(), Some("unverified"));
    }
}

#[test]
fn a_note_is_cut_between_characters_and_breaks_no_line() {
    let root = Authority::root("root");
    let site = &Site::plain()[0];
    let edge = site
        .edge(ClientAuthPolicy::optional(policy(&[&root])))
        .function(|step: &mut ConnectionStep<'_>| {
            step.note(&"x".repeat(798));
            step.note("\u{20ac}\u{20ac}");
            Decision::Allow
        });
    let connection = site
        .visit(&edge, &site.client(None), NOW)
        .unwrap();
    let note = connection
        .record()
        .get("connectionLogCustomData")
        .unwrap();
    assert_eq!(note, "x".repeat(798));

    let edge = site
        .edge(ClientAuthPolicy::optional(policy(&[&root])))
        .function(|step: &mut ConnectionStep<'_>| {
            step.note("a\r\nconnectionStatus=Success\u{2028}\u{85}\u{e9}");
            Decision::Allow
        });
    let connection = site
        .visit(&edge, &site.client(None), NOW)
        .unwrap();
    let record = connection.record();
    let note = record
        .get("connectionLogCustomData")
        .unwrap();
    assert_eq!(
        note,
        "a\u{fffd}\u{fffd}connectionStatus=Success\u{fffd}\u{fffd}\u{e9}"
    );
    let line = record.to_string();
    assert!(
        line.bytes()
            .all(|octet| (0x20..0x7f).contains(&octet))
    );
}

/// A replaced policy that makes the same of the client does not have it run again; another does.
#[test]
fn runs_again_when_the_identity_is_another() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::plain() {
        let function = Counting::new(Decision::Allow);
        let chains = policy(&[&root]);
        let verifier = site.verifier(ClientAuthPolicy::required(chains.clone()));
        let edge = site
            .edge_of(&verifier)
            .function(function.clone());
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        let put = |policy| verifier.replace(policy).unwrap();
        put(ClientAuthPolicy::required(chains.clone()));
        forwarded(&connection, NOW).unwrap();
        put(ClientAuthPolicy::optional(chains.clone()));
        forwarded(&connection, NOW).unwrap();
        assert_eq!(function.runs().0, 1);
        put(ClientAuthPolicy::passthrough());
        forwarded(&connection, NOW).unwrap();
        assert_eq!(function.runs().0, 2);
        assert!(matches!(
            connection.identity(),
            ClientIdentity::Unverified { .. }
        ));
        assert_eq!(connection.mode(), ClientAuthMode::Passthrough);
        // An advisory verdict, another, another reason, and the same reason once more.
        let other = policy(&[&Authority::root("other")]);
        let tiny = builder(trust(&[&root]))
            .limits(ChainLimits::new(1, 10))
            .build(
                site.provider
                    .signature_verification_algorithms
                    .all,
            )
            .unwrap();
        for (advisory, runs) in [(&chains, 3), (&other, 4), (&tiny, 5), (&tiny, 5)] {
            put(Passthrough::default()
                .advisory(advisory.clone())
                .into());
            forwarded(&connection, NOW).unwrap();
            assert_eq!(function.runs().0, runs);
        }
        put(ClientAuthPolicy::required(chains));
        forwarded(&connection, NOW).unwrap();
        assert_eq!(function.runs().0, 6);
        // Another certificate of the anchor, and none at all.
        let renewed = Authority::self_signed_with(ca_params("root"), root.same_key());
        let pinned = TrustStore::builder()
            .pin_der(&leaf.der)
            .build()
            .unwrap();
        let pinned = builder(pinned)
            .build(
                site.provider
                    .signature_verification_algorithms
                    .all,
            )
            .unwrap();
        for (chains, runs) in [(policy(&[&renewed]), 7), (pinned, 8)] {
            for _ in 0..2 {
                put(ClientAuthPolicy::required(chains.clone()));
                forwarded(&connection, NOW).unwrap();
                assert_eq!(function.runs().0, runs);
            }
        }
    }
}

/// If it then denies, the request is refused.
#[test]
fn may_deny_an_identity_that_became_another() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let site = &Site::plain()[0];
    let verifier = site.verifier(ClientAuthPolicy::required(policy(&[&root])));
    let edge = site
        .edge_of(&verifier)
        .function(
            |step: &mut ConnectionStep<'_>| match step.connection().identity().verified() {
                Some(_) => Decision::Allow,
                None => Decision::deny("only who is verified"),
            },
        );
    let connection = site
        .visit(&edge, &site.client(Some(&leaf)), NOW)
        .unwrap();
    verifier
        .replace(ClientAuthPolicy::passthrough())
        .unwrap();
    let mut parts = request();
    let refusal = connection
        .prepare(&mut parts, at(NOW))
        .unwrap_err();
    assert_eq!(
        (refusal.code(), refusal.http_status()),
        ("function-denied", 403)
    );
    assert!(refusal.ends_connection());
}
