//! Section A: session resumption skips or widens client authentication.

use std::sync::Arc;

use edge_mtls::{
    CertForwarder, ChainPolicy, ClientAuthPolicy, ConfigFault, DenyList, Edge, EdgeConnection,
    HandshakeFacts, HeaderProfile, Passthrough, PolicyMap, RefusedConnection, Resumption,
    check_config,
};
use rcgen::date_time_ymd;
use rustls::ClientConfig;
use rustls::server::ServerSessionMemoryCache;

use crate::support::crl::Crl;
use crate::support::edge::{Site, forwarded, info, summary};
use crate::support::pki::{Authority, Leaf, NOW_SECONDS as NOW, at, client_params, modes, policy};
use crate::support::revocation::{checking_lists, lists};
use crate::support::tls::{SERVER_NAME, ServerPki, connect};

pub fn required(policy: ChainPolicy) -> ClientAuthPolicy {
    ClientAuthPolicy::required(policy)
}

/// A client of 2030-01-05, four days after all tests' time.
pub fn until_the_fifth(root: &Authority) -> Leaf {
    let mut params = client_params("short");
    params.not_after = date_time_ymd(2030, 1, 5);
    root.leaf(params)
}

fn ok(resumption: Resumption) -> (Option<Resumption>, String) {
    (Some(resumption), "ok".into())
}

fn refused(resumption: Resumption, code: &str) -> (Option<Resumption>, String) {
    (Some(resumption), code.into())
}

/// Refused with this code, in a full handshake: a resumed session would have got so far as to be known.
fn refused_in_full(visit: Result<EdgeConnection, RefusedConnection>, code: &str) {
    let refused = visit.unwrap_err();
    assert_eq!(refused.reason().code(), code);
    let record = refused.record();
    assert_ne!(record.get("tlsResumed").as_deref(), Some("true"));
    assert_eq!(record.get("clientIdentity"), None);
}

fn identity(connection: &EdgeConnection) -> String {
    connection
        .record()
        .get("clientIdentity")
        .unwrap()
}

/// A ticket of host A at host B, whose anchors differ: a full handshake, in which B refuses the client.
#[test]
fn nginx_cve_2025_23419_apache_cve_2025_23048_cloudflare_2025_a_ticket_of_another_host() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    for site in Site::all() {
        let host_a = site.edge(required(policy(&[&a])));
        let client = site.client(Some(&leaf));
        let has_ticket = || {
            assert_eq!(summary(&site.visit(&host_a, &client, NOW)).1, "ok");
            let again = site.visit(&host_a, &client, NOW);
            assert_eq!(summary(&again), ok(Resumption::Yes));
        };
        for host_b in [
            required(policy(&[&b])),
            ClientAuthPolicy::optional(policy(&[&b])),
        ] {
            has_ticket();
            refused_in_full(site.visit(&site.edge(host_b), &client, NOW), "untrusted");
        }
        // One that lets everybody in never says that A's client is verified.
        let lax = Passthrough::default().advisory(policy(&[&b]));
        let verifier = site.verifier(lax.into());
        let host_b = site.edge_of(&verifier);
        let visits: [&dyn Fn() -> Result<EdgeConnection, RefusedConnection>; 2] =
            [&|| site.visit(&host_b, &client, NOW), &|| {
                site.visit_shared(&host_b, &verifier, &client, NOW)
            }];
        for visit in visits {
            has_ticket();
            let other = visit();
            assert_eq!(summary(&other), ok(Resumption::No));
            let other = other.unwrap();
            assert_eq!(identity(&other), "unverified");
            let advisory = other.record().get("advisoryVerdict");
            assert_eq!(advisory.as_deref(), Some("untrusted"));
        }
    }
}

/// Hosts with the same anchors, but with policies of their own names, do not share sessions either.
#[test]
fn nginx_cve_2025_23419_hosts_of_one_ca() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::all() {
        let [host_a, host_b] = ["a", "b"].map(|name| {
            let map = PolicyMap::builder()
                .policy(
                    name,
                    site.verifier(required(policy(&[&root]))),
                    [SERVER_NAME],
                )
                .build()
                .unwrap();
            Edge::by_name(map, CertForwarder::new(HeaderProfile::rfc9440()))
        });
        let client = site.client(Some(&leaf));
        for (host, expected) in [
            (&host_a, Resumption::No),
            (&host_a, Resumption::Yes),
            (&host_b, Resumption::No),
            (&host_b, Resumption::Yes),
            (&host_a, Resumption::No),
        ] {
            assert_eq!(summary(&site.visit(host, &client, NOW)), ok(expected));
        }
    }
}

/// Revoked between the handshake and the resumption, by a new list or by the deny list.
#[test]
fn cloudflare_2022_rpxy_revoked_and_resumed_all_the_same() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let list = |number| {
        Crl::of(&root)
            .number(number)
            .days(-1, 6)
    };
    for site in Site::all() {
        let before = checking_lists(&[&root], &[list(1)]);
        let revoking = before.with_revocation(lists(&[list(2).revokes(&leaf.der)]));
        let denying = before.with_deny_list(DenyList::new().certificate_sha256(sha256(&leaf)));
        for after in [revoking, denying] {
            let verifier = site.verifier(required(before.clone()));
            let edge = site.edge_of(&verifier);
            let client = site.client(Some(&leaf));
            let first = site.visit(&edge, &client, NOW).unwrap();
            verifier
                .replace(required(after))
                .unwrap();
            // The session is found, and the client is not let in with it.
            let resumed = site.visit(&edge, &client, NOW);
            assert_eq!(summary(&resumed), refused(Resumption::Yes, "revoked"));
            let record = resumed.unwrap_err().record().clone();
            assert_eq!(record.status(), "Failed:ClientCertRejected");
            assert_eq!(record.get("clientIdentity"), None);
            let shared = site.visit_shared(&edge, &verifier, &client, NOW);
            assert_eq!(summary(&shared), refused(Resumption::Yes, "revoked"));
            let refusal = forwarded(&first, NOW).unwrap_err();
            assert_eq!((refusal.code(), refusal.http_status()), ("revoked", 403));
        }
    }
}

/// A reload without the CA.
#[test]
fn go_cve_2025_68121_envoy_cve_2022_21654_anchors_replaced_by_a_reload() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    for site in Site::all() {
        let verifier = site.verifier(required(policy(&[&a, &b])));
        let edge = site.edge_of(&verifier);
        let client = site.client(Some(&leaf));
        assert_eq!(
            summary(&site.visit(&edge, &client, NOW)),
            ok(Resumption::No)
        );
        verifier
            .replace(required(policy(&[&b])))
            .unwrap();
        refused_in_full(site.visit(&edge, &client, NOW), "untrusted");
    }
}

/// A chain of resumptions, each with what the one before renewed, ends with the certificate.
#[test]
fn apisix_9525_haproxy_9f1d5909_expired_between_handshake_and_resumption() {
    let root = Authority::root("root");
    let leaf = until_the_fifth(&root);
    for site in Site::all() {
        let edge = site.edge(required(policy(&[&root])));
        let client = site.client(Some(&leaf));
        let visit = |hours: u64| site.visit(&edge, &client, NOW + hours * 3600);
        for (hours, expected) in [
            (86, Resumption::No),
            (90, Resumption::Yes),
            (94, Resumption::Yes),
            (96, Resumption::Yes),
        ] {
            assert_eq!(summary(&visit(hours)), ok(expected));
        }
        let late = visit(97);
        assert_eq!(
            late.as_ref()
                .unwrap_err()
                .record()
                .status(),
            "Failed:ClientCertExpired"
        );
        refused_in_full(late, "expired");
    }
}

/// With one configuration for all connections nobody knows whose session ends when: it is found, and the
/// client refused all the same.
#[test]
fn apisix_9525_haproxy_9f1d5909_expired_where_the_configuration_is_shared() {
    let root = Authority::root("root");
    let leaf = until_the_fifth(&root);
    for site in Site::all() {
        let verifier = site.verifier(required(policy(&[&root])));
        let edge = site.edge_of(&verifier);
        let client = site.client(Some(&leaf));
        for (hours, expected) in [
            (90, ok(Resumption::No)),
            (96, ok(Resumption::Yes)),
            (97, refused(Resumption::Yes, "expired")),
        ] {
            let visit = site.visit_shared(&edge, &verifier, &client, NOW + hours * 3600);
            assert_eq!(summary(&visit), expected);
        }
    }
}

/// The verdict, and every byte that the origin gets, are the same on the full and the resumed connection.
#[test]
fn envoy_21235_42668_the_verdict_is_lost_on_a_resumed_session() {
    let root = Authority::root("root");
    let ca = root.intermediate("intermediate");
    let leaf = ca.client("alice");
    for site in Site::all() {
        for mode in modes(&policy(&[&root])) {
            let verifier = site.verifier(mode.clone());
            let edge = site.edge_of(&verifier);
            let client = site.client_presenting(Some(&leaf), &[&ca, &root]);
            let [full, resumed] = [Resumption::No, Resumption::Yes].map(|expected| {
                let visit = site.visit(&edge, &client, NOW);
                assert_eq!(summary(&visit), ok(expected));
                let connection = visit.unwrap();
                (identity(&connection), forwarded(&connection, NOW).unwrap())
            });
            assert_eq!(full, resumed);
            let is_verified = mode.chain_policy().is_some();
            assert_eq!(full.0 == "verified", is_verified);
            assert_eq!(full.1.len(), 3, "{:?}", full.1);
            // A host that has one configuration sees the same.
            for _ in 0..2 {
                let shared = site
                    .visit_shared(&edge, &verifier, &client, NOW)
                    .unwrap();
                assert_eq!(forwarded(&shared, NOW).unwrap(), full.1);
            }
        }
    }
}

/// An anonymous session of a lax configuration never resumes at a strict one.
#[test]
fn rustls_an_anonymous_session_at_a_strict_policy() {
    let root = Authority::root("root");
    for site in Site::all() {
        let [strict, optional, passthrough] = modes(&policy(&[&root])).map(|mode| site.edge(mode));
        for lax in [optional, passthrough] {
            let client = site.client(None);
            for expected in [Resumption::No, Resumption::Yes] {
                assert_eq!(summary(&site.visit(&lax, &client, NOW)), ok(expected));
            }
            let strict = site.visit(&strict, &client, NOW);
            assert_eq!(
                strict
                    .as_ref()
                    .unwrap_err()
                    .record()
                    .status(),
                "Failed:ClientCertMissing"
            );
            refused_in_full(strict, "missing");
        }
        // Nor where the strict policy takes the place of the lax one on the same machine.
        let verifier = site.verifier(ClientAuthPolicy::optional(policy(&[&root])));
        let edge = site.edge_of(&verifier);
        let client = site.client(None);
        let first = site.visit(&edge, &client, NOW).unwrap();
        verifier
            .replace(required(policy(&[&root])))
            .unwrap();
        refused_in_full(site.visit(&edge, &client, NOW), "missing");
        assert_eq!(
            forwarded(&first, NOW)
                .unwrap_err()
                .code(),
            "missing"
        );
    }
}

/// A host that binds nothing, on a store that all share: every session is found, and none is believed.
#[test]
fn rustls_sessions_that_are_bound_to_nothing() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let pki = ServerPki::new();
    let leaf = a.client("alice");
    for site in Site::plain() {
        let storage = ServerSessionMemoryCache::new(64);
        let visit = |policy: &ClientAuthPolicy, client: &Arc<ClientConfig>| {
            let verifier = site.verifier(policy.clone());
            let mut config = pki.server_config(&site.provider, site.version, verifier.clone());
            config.session_storage = storage.clone();
            assert_eq!(check_config(&config), [ConfigFault::UnboundStorage]);
            let server = connect(&Arc::new(config), client).server();
            site.edge_of(&verifier)
                .admit(&HandshakeFacts::from(&server), info(), at(NOW))
        };
        let [of_a, lax, open] = modes(&policy(&[&a]));
        let [of_b, lax_of_b, _] = modes(&policy(&[&b]));
        for (leaf, before, after, code) in [
            (None, &lax, &of_a, "missing"),
            (None, &open, &of_a, "missing"),
            (Some(&leaf), &of_a, &of_b, "untrusted"),
            (Some(&leaf), &of_a, &lax_of_b, "untrusted"),
            (Some(&leaf), &open, &of_b, "untrusted"),
            (Some(&leaf), &open, &of_a, "ok"),
        ] {
            let presents = leaf.map(|leaf| (leaf.presented(&[]), leaf.private_key()));
            let client = pki.client_config(&site.provider, site.version, presents);
            let client = Arc::new(client);
            assert_eq!(summary(&visit(before, &client)), ok(Resumption::No));
            let visit = visit(after, &client);
            assert_eq!(summary(&visit), (Some(Resumption::Yes), code.into()));
        }
    }
}

pub fn sha256(leaf: &Leaf) -> [u8; 32] {
    edge_mtls::Certificate::from_der(&leaf.der)
        .unwrap()
        .sha256()
}
