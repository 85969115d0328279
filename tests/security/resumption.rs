//! Section A: session resumption skips or widens client authentication, and connections outlive verdicts.

use edge_mtls::{ChainPolicy, ClientAuthPolicy, DenyList, Resumption, Revocation, check_config};
use rcgen::date_time_ymd;

use crate::support::crl::{Crl, DAY};
use crate::support::edge::{Site, forwarded, summary};
use crate::support::pki::{Authority, Leaf, NOW_SECONDS as NOW, client_params, modes, policy};
use crate::support::revocation::{checking_lists, lists};

const ONE_DAY: u64 = 24 * 60 * 60;

fn required(policy: ChainPolicy) -> ClientAuthPolicy {
    ClientAuthPolicy::required(policy)
}

fn until_the_fifth(root: &Authority) -> Leaf {
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

/// A ticket of host A at host B, whose anchors differ: a full handshake, in which B refuses the client.
#[test]
fn nginx_cve_2025_23419_apache_cve_2025_23048_cloudflare_2025_a_ticket_of_another_host() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    for site in Site::all() {
        let host_a = site.edge(required(policy(&[&a])));
        let host_b = site.edge(required(policy(&[&b])));
        let client = site.client(Some(&leaf));
        let first = site.visit(&host_a, &client, NOW);
        assert_eq!(summary(&first), ok(Resumption::No));
        let again = site.visit(&host_a, &client, NOW);
        assert_eq!(summary(&again), ok(Resumption::Yes));
        let other = site.visit(&host_b, &client, NOW);
        let refused = other.unwrap_err();
        assert_eq!(refused.reason().code(), "untrusted", "{:?}", site.version);
        assert_eq!(refused.record().get("clientIdentity"), None);
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
            assert_eq!(
                resumed.unwrap_err().record().status(),
                "Failed:ClientCertRejected"
            );
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
        let again = site
            .visit(&edge, &client, NOW)
            .unwrap_err();
        assert_eq!(again.reason().code(), "untrusted");
        assert_ne!(
            again
                .record()
                .get("tlsResumed")
                .as_deref(),
            Some("true")
        );
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
        ] {
            assert_eq!(summary(&visit(hours)), ok(expected));
        }
        let late = visit(97).unwrap_err();
        assert_eq!(late.reason().code(), "expired");
        assert_eq!(late.record().status(), "Failed:ClientCertExpired");
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
                let identity = connection
                    .record()
                    .get("clientIdentity")
                    .unwrap();
                (identity, forwarded(&connection, NOW).unwrap())
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
            let strict = site
                .visit(&strict, &client, NOW)
                .unwrap_err();
            assert_eq!(strict.reason().code(), "missing");
            assert_eq!(strict.record().status(), "Failed:ClientCertMissing");
        }
        // Nor where the strict policy takes the place of the lax one on the same machine.
        let verifier = site.verifier(ClientAuthPolicy::optional(policy(&[&root])));
        let edge = site.edge_of(&verifier);
        let client = site.client(None);
        let first = site.visit(&edge, &client, NOW).unwrap();
        verifier
            .replace(required(policy(&[&root])))
            .unwrap();
        let again = site
            .visit(&edge, &client, NOW)
            .unwrap_err();
        assert_eq!(again.reason().code(), "missing");
        assert_eq!(
            forwarded(&first, NOW)
                .unwrap_err()
                .code(),
            "missing"
        );
    }
}

/// A certificate expires, is revoked, or loses its CA, while its connection lives on.
#[test]
fn several_gateways_a_connection_outlives_its_certificate() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = until_the_fifth(&root);
    let list = |number| {
        Crl::of(&root)
            .number(number)
            .days(-1, 30)
    };
    let checking = checking_lists(&[&root], &[list(1)]);
    for site in Site::plain() {
        let verifier = site.verifier(required(checking.clone()));
        let edge = site.edge_of(&verifier);
        let client = site.client(Some(&leaf));
        let connections = [
            site.visit(&edge, &client, NOW).unwrap(),
            site.visit_shared(&edge, &verifier, &client, NOW)
                .unwrap(),
        ];
        for connection in connections {
            let code = |seconds| forwarded(&connection, seconds).map_err(|refusal| refusal.code());
            let sent = code(NOW).unwrap();
            let last = NOW + 4 * ONE_DAY;
            assert_eq!(code(last).as_ref(), Ok(&sent));
            assert_eq!(code(last + 1), Err("expired"));
            // A clock that is put right again is believed: nothing is stored.
            assert_eq!(code(NOW).as_ref(), Ok(&sent));
            let put = |policy: ChainPolicy| {
                verifier
                    .replace(required(policy))
                    .unwrap()
            };
            put(checking.with_revocation(lists(&[list(2).revokes(&leaf.der)])));
            assert_eq!(code(NOW), Err("revoked"));
            put(policy(&[&other]));
            assert_eq!(code(NOW), Err("untrusted"));
            put(checking.with_deny_list(DenyList::new().certificate_sha256(sha256(&leaf))));
            assert_eq!(code(NOW), Err("revoked"));
            put(checking.clone());
            assert_eq!(code(NOW).as_ref(), Ok(&sent));
        }
    }
}

/// The list that says that a certificate is good is proof for a time, and so is the connection.
#[test]
fn several_gateways_a_connection_outlives_the_list_that_is_its_proof() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let this_update = i64::try_from(NOW).unwrap() - DAY;
    let list = Crl::of(&root)
        .this_update(this_update)
        .next_update(this_update + 2 * DAY);
    for site in Site::plain() {
        let revocation = Revocation::new(lists(std::slice::from_ref(&list)));
        let edge = site.edge(required(policy(&[&root]).with_revocation(revocation)));
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        assert!(forwarded(&connection, NOW + ONE_DAY - 1).is_ok());
        let late = forwarded(&connection, NOW + ONE_DAY).unwrap_err();
        assert_eq!(late.code(), "revocation-unknown");
        assert!(late.ends_connection());
    }
}

/// Early data stays off in what the crate hands out, and a configuration that has it is reported.
#[test]
fn envoy_47219_data_before_the_certificate_is_judged() {
    let root = Authority::root("root");
    for site in Site::all() {
        let edge = site.edge(required(policy(&[&root])));
        // `visit` switches both on in what it makes, and holds what comes of it to `check_config`.
        let leaf = root.client("alice");
        let client = site.client(Some(&leaf));
        for expected in [Resumption::No, Resumption::Yes] {
            assert_eq!(summary(&site.visit(&edge, &client, NOW)), ok(expected));
        }
    }
    let site = &Site::all()[0];
    let handshake = site
        .edge(required(policy(&[&root])))
        .begin(None)
        .unwrap();
    let pki = crate::support::tls::ServerPki::new();
    let mut unsafe_one = None;
    let config = handshake
        .server_config(|verifier| {
            let mut config = pki.server_config(&site.provider, site.version, verifier);
            config.max_early_data_size = 1;
            unsafe_one = Some(config.clone());
            Ok::<_, rustls::Error>(config)
        })
        .unwrap();
    assert_eq!(config.max_early_data_size, 0);
    assert!(!config.send_half_rtt_data);
    assert_eq!(check_config(&config), []);
    let faults = check_config(&unsafe_one.unwrap());
    assert!(
        faults.iter().any(|fault| fault
            .to_string()
            .contains("max_early_data_size")),
        "{faults:?}"
    );
}

fn sha256(leaf: &Leaf) -> [u8; 32] {
    edge_mtls::Certificate::from_der(&leaf.der)
        .unwrap()
        .sha256()
}
