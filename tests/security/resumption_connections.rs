//! Section A: connections outlive verdicts, and data comes before them.

use std::io::Write;
use std::sync::Arc;

use edge_mtls::{
    ChainPolicy, ClientAuthMode, ClientAuthPolicy, ConfigFault, ConnectionStep, Decision, DenyList,
    Edge, HandshakeFacts, Resumption, Revocation, check_config, forbid_resumption,
};
use rustls::server::ServerSessionMemoryCache;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

use crate::resumption::{required, sha256, until_the_fifth};
use crate::support::crl::{Crl, DAY};
use crate::support::edge::{Site, forwarded, headers_of, info, request_with, summary};
use crate::support::pki::{Authority, NOW_SECONDS as NOW, at, policy};
use crate::support::revocation::{checking_lists, lists};
use crate::support::tls::{
    SERVER_NAME, ServerPki, connect, transfer_to_client, transfer_to_server,
};

const ONE_DAY: u64 = 24 * 60 * 60;

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
        // One that began a session, one that resumed it, and one of a shared configuration.
        let connections = [
            site.visit(&edge, &client, NOW).unwrap(),
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
            let refusal = forwarded(&connection, last + 1).unwrap_err();
            assert_eq!(refusal.http_status(), 403);
            assert!(refusal.ends_connection());
            // Before the list was made, nothing is known: a clock that goes back is no way around it.
            assert_eq!(code(NOW - 2 * ONE_DAY), Err("revocation-unknown"));
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
            // Nor does an old header of the client's own get past a refusal.
            let mut parts = request_with(&[("client-cert", "forged")]);
            assert!(
                connection
                    .prepare(&mut parts, at(NOW))
                    .is_err()
            );
            assert_eq!(headers_of(&parts), []);
            put(checking.with_deny_list(DenyList::new().certificate_sha256(sha256(&leaf))));
            assert_eq!(code(NOW), Err("revoked"));
            put(checking.clone());
            assert_eq!(code(NOW).as_ref(), Ok(&sent));
        }
    }
}

/// What happens while the handshake goes on counts, too: the policy in force afterwards decides.
#[test]
fn several_gateways_revoked_while_the_handshake_goes_on() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = root.client("alice");
    let pki = ServerPki::new();
    let denying =
        policy(&[&root]).with_deny_list(DenyList::new().certificate_sha256(sha256(&leaf)));
    for site in Site::plain() {
        for (after, code) in [
            (denying.clone(), "revoked"),
            (policy(&[&other]), "untrusted"),
        ] {
            let verifier = site.verifier(required(policy(&[&root])));
            let handshake = site
                .edge_of(&verifier)
                .begin(Some(SERVER_NAME))
                .unwrap();
            let config = handshake
                .server_config(|own| {
                    Ok::<_, rustls::Error>(pki.server_config(&site.provider, site.version, own))
                })
                .unwrap();
            let presents = Some((leaf.presented(&[]), leaf.private_key()));
            let client = pki.client_config(&site.provider, site.version, presents);
            let server = connect(&config, &Arc::new(client)).server();
            verifier
                .replace(required(after))
                .unwrap();
            let admitted = handshake.admit(&HandshakeFacts::from(&server), info(), at(NOW));
            assert_eq!(admitted.unwrap_err().reason().code(), code);
        }
    }
}

/// Nor is a verdict a mixture when the policy is replaced while the host's function is asked.
#[test]
fn several_gateways_replaced_while_the_function_is_asked() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = root.client("alice");
    for site in Site::plain() {
        let verifier = site.verifier(ClientAuthPolicy::optional(policy(&[&root])));
        let replaced = verifier.clone();
        let strict = required(policy(&[&other]));
        let edge = site
            .edge_of(&verifier)
            .function(move |_: &mut ConnectionStep<'_>| {
                replaced
                    .replace(strict.clone())
                    .unwrap();
                Decision::Allow
            });
        let before = verifier
            .policy()
            .fingerprint()
            .to_string();
        let connection = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap();
        // All of it by the policy that it was judged by.
        assert_eq!(connection.mode(), ClientAuthMode::Optional);
        assert!(
            connection
                .identity()
                .verified()
                .is_some()
        );
        let by = connection
            .record()
            .get("policyFingerprint");
        assert_eq!(by, Some(before));
        // And the first request is judged by the new one.
        let refusal = forwarded(&connection, NOW).unwrap_err();
        assert_eq!(refusal.code(), "untrusted");
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
    let pki = ServerPki::new();
    for site in Site::all() {
        let verifier = site.verifier(required(policy(&[&root])));
        let edge = site.edge_of(&verifier);
        // `visit` switches both on in what it makes, and holds what comes of it to `check_config`.
        let leaf = root.client("alice");
        let client = site.client(Some(&leaf));
        for expected in [Resumption::No, Resumption::Yes] {
            let visit = site.visit(&edge, &client, NOW);
            assert_eq!(summary(&visit), (Some(expected), "ok".into()));
        }

        let mut careless = pki.server_config(&site.provider, site.version, verifier.clone());
        careless.max_early_data_size = 1;
        careless.send_half_rtt_data = true;
        let faults = check_config(&careless);
        assert!(faults.contains(&ConfigFault::EarlyData { bytes: 1 }));
        assert!(faults.contains(&ConfigFault::HalfRttData));
        let handed_out = [
            by_edge(&edge, &careless),
            changed(&careless, |config| verifier.bind_sessions(config, "one")),
            changed(&careless, |config| {
                verifier
                    .for_connection()
                    .bind_sessions(config, "one");
            }),
            changed(&careless, forbid_resumption),
        ];
        for config in handed_out {
            assert_eq!(config.max_early_data_size, 0);
            assert!(!config.send_half_rtt_data);
            assert_eq!(check_config(&config), []);
        }
    }
}

fn changed(config: &ServerConfig, change: impl FnOnce(&mut ServerConfig)) -> Arc<ServerConfig> {
    let mut config = config.clone();
    change(&mut config);
    Arc::new(config)
}

/// What an edge makes of a configuration for one handshake, but for the verifier in it.
fn by_edge(edge: &Edge, config: &ServerConfig) -> Arc<ServerConfig> {
    edge.begin(Some(SERVER_NAME))
        .unwrap()
        .server_config(|_| Ok::<_, rustls::Error>(config.clone()))
        .unwrap()
}

/// A client that may send early data sends none, or none that is read.
#[test]
fn envoy_47219_no_early_data_is_read() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let pki = ServerPki::new();
    let versions = |site: &Site| *site.version == rustls::version::TLS13;
    for site in Site::plain()
        .into_iter()
        .filter(versions)
    {
        let verifier = site.verifier(required(policy(&[&root])));
        let edge = site.edge_of(&verifier);
        let mut careless = pki.server_config(&site.provider, site.version, verifier.clone());
        careless.max_early_data_size = 1024;
        careless.session_storage = ServerSessionMemoryCache::new(64);
        let client = || {
            let presents = Some((leaf.presented(&[]), leaf.private_key()));
            let mut client = pki.client_config(&site.provider, site.version, presents);
            client.enable_early_data = true;
            Arc::new(client)
        };
        let unsafe_one = Arc::new(careless.clone());
        let safe = || by_edge(&edge, &careless);

        // So it goes without this crate: the data is there before the client's Finished.
        let hasty = client();
        connect(&unsafe_one, &hasty).server();
        assert_eq!(early_data(&unsafe_one, &hasty), (true, b"early".to_vec()));
        // What a careless machine gave is of no use at a safe one, though they share their sessions.
        connect(&unsafe_one, &hasty).server();
        assert_eq!(early_data(&safe(), &hasty), (true, Vec::new()));

        // And who has a session of a safe one does not even try.
        let hasty = client();
        connect(&safe(), &hasty).server();
        assert_eq!(early_data(&safe(), &hasty), (false, Vec::new()));
    }
}

/// Whether a client sends early data, and what of it the server reads while the handshake goes on.
fn early_data(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>) -> (bool, Vec<u8>) {
    let mut server = ServerConnection::new(server.clone()).unwrap();
    let name = SERVER_NAME.try_into().unwrap();
    let mut client = ClientConnection::new(client.clone(), name).unwrap();
    let sends = match client.early_data() {
        Some(mut early) => {
            early.write_all(b"early").unwrap();
            true
        }
        None => false,
    };
    transfer_to_server(&mut client, &mut server).unwrap();
    assert!(server.is_handshaking());
    let mut read = Vec::new();
    if let Some(mut early) = server.early_data() {
        std::io::Read::read_to_end(&mut early, &mut read).unwrap();
    }
    while server.is_handshaking() || client.wants_write() {
        transfer_to_client(&mut server, &mut client).unwrap();
        transfer_to_server(&mut client, &mut server).unwrap();
    }
    (sends, read)
}
