//! Client by mode by TLS version by provider, plugged in either way: what the handshake does, the
//! alert that the client gets, the rejection, and the identity.

use std::sync::Arc;

use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer};
use edge_mtls::{
    ClientAuthPolicy, ClientCertVerifier, ClientIdentity, ConnectionVerifier, HandshakeFacts,
    Resumption,
};
use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::AlertDescription;
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;

use crate::support::pki::{
    Authority, Leaf, ca_params, client_params, modes, now, policy_with, providers,
};
use crate::support::tls::{Handshake, ServerPki, VERSIONS, connect};

type Presented = Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>;

/// What becomes of a client in required, optional and passthrough mode.
type Fates = [Fate; 3];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Anonymous,
    Refused {
        code: &'static str,
        alert: AlertDescription,
    },
    Unverified,
    Verified,
}

struct Client {
    name: &'static str,
    presents: Presented,
    fates: Fates,
}

#[test]
fn every_client_meets_its_fate() {
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let clients = clients(&root);
    let mut cells = 0;
    for provider in providers() {
        let policy = policy_with(&[&root], &provider);
        for version in VERSIONS {
            for (mode, policy) in modes(&policy).into_iter().enumerate() {
                for client in &clients {
                    let config = Arc::new(
                        server_pki.client_config(
                            &provider,
                            version,
                            client
                                .presents
                                .as_ref()
                                .map(|(chain, key)| (chain.clone(), key.clone_key())),
                        ),
                    );
                    let server = |verifier: Arc<dyn RustlsVerifier>| {
                        Arc::new(server_pki.server_config(&provider, version, verifier))
                    };
                    let verifier = ClientCertVerifier::new(policy.clone(), &provider).unwrap();
                    let what = format!("{} {policy:?} {version:?}", client.name);

                    let shared = connect(&server(verifier.clone()), &config);
                    check_shared(
                        shared,
                        &verifier,
                        client.fates[mode],
                        &client.presents,
                        &what,
                    );

                    let handle = verifier.for_connection();
                    let pinned = connect(&server(handle.clone()), &config);
                    check_pinned(pinned, &handle, client.fates[mode], &client.presents, &what);
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 2 * 2 * 3 * clients.len());
}

fn check_shared(
    handshake: Handshake,
    verifier: &ClientCertVerifier,
    fate: Fate,
    presented: &Presented,
    what: &str,
) {
    match handshake {
        Handshake::Refused { alert, server, .. } => {
            let Fate::Refused {
                alert: expected, ..
            } = fate
            else {
                panic!("{what}: refused with {alert:?}");
            };
            assert_eq!(alert, expected, "{what}");
            // Nothing is handed on of a client that has proven nothing.
            let facts = HandshakeFacts::from(&server);
            let rejection = verifier
                .identity(&facts, now())
                .unwrap_err();
            assert_eq!(rejection.code(), "handshake-incomplete", "{what}");
        }
        Handshake::Finished { server, .. } => {
            let facts = HandshakeFacts::from(&server);
            assert_eq!(facts.resumption(), Resumption::No);
            assert_eq!(facts.server_name(), Some("edge.example"));
            assert_eq!(facts.alpn_protocol(), Some(&b"h2"[..]));
            assert_eq!(
                facts.protocol_version(),
                server.protocol_version().map(u16::from)
            );
            assert!(matches!(facts.protocol_version(), Some(0x0303 | 0x0304)));
            let suite = server
                .negotiated_cipher_suite()
                .unwrap();
            assert_eq!(facts.cipher_suite(), Some(suite.suite().into()));
            let identity = verifier
                .identity(&facts, now())
                .unwrap();
            check_identity(&identity, fate, presented, what);
        }
    }
}

fn check_pinned(
    handshake: Handshake,
    handle: &ConnectionVerifier,
    fate: Fate,
    presented: &Presented,
    what: &str,
) {
    match handshake {
        Handshake::Refused { alert, error, .. } => {
            let Fate::Refused {
                code,
                alert: expected,
            } = fate
            else {
                panic!("{what}: refused with {alert:?}");
            };
            assert_eq!(alert, expected, "{what}");
            let rejection = handle.refusal(&error).unwrap();
            assert_eq!(rejection.code(), code, "{what}");
            assert_eq!(rejection.tls_alert(), u8::from(alert), "{what}");
            let chain: Vec<Vec<u8>> = handle
                .refused_chain()
                .iter()
                .flat_map(|chain| chain.certificates().map(<[u8]>::to_vec))
                .collect();
            let expected = presented
                .as_ref()
                .map_or(vec![], |(chain, _)| {
                    chain
                        .iter()
                        .map(|der| der.to_vec())
                        .collect()
                });
            assert_eq!(chain, expected, "{what}");
        }
        Handshake::Finished { server, .. } => {
            assert!(handle.refused_chain().is_none());
            let identity = handle
                .identity(&HandshakeFacts::from(&server), now())
                .unwrap();
            check_identity(&identity, fate, presented, what);
        }
    }
}

fn check_identity(identity: &ClientIdentity, fate: Fate, presented: &Presented, what: &str) {
    let found = match identity {
        ClientIdentity::Anonymous => Fate::Anonymous,
        ClientIdentity::Unverified { .. } => Fate::Unverified,
        ClientIdentity::Verified { .. } => Fate::Verified,
        other => panic!("{other:?}"),
    };
    assert_eq!(found, fate, "{what}");
    // Exactly the bytes presented, in their order.
    let chain: Option<Vec<&[u8]>> = identity
        .chain()
        .map(|chain| chain.certificates().collect());
    let expected: Option<Vec<&[u8]>> = presented.as_ref().map(|(chain, _)| {
        chain
            .iter()
            .map(AsRef::as_ref)
            .collect()
    });
    assert_eq!(chain, expected, "{what}");
}

fn clients(root: &Authority) -> Vec<Client> {
    use AlertDescription as Alert;
    let refused = |code, alert| Fate::Refused { code, alert };
    let in_verified_modes = |fate| [fate, fate, Fate::Unverified];
    let everywhere = |fate| [fate; 3];
    let client = |name, leaf: &Leaf, others: &[&Authority], fates| Client {
        name,
        presents: Some((leaf.presented(others), leaf.private_key())),
        fates,
    };

    let top = root.intermediate("top");
    let low = top.intermediate("low");
    let other = Authority::root("other");
    let good = root.client("good");
    let with = |change: fn(&mut rcgen::CertificateParams)| {
        let mut params = client_params("odd");
        change(&mut params);
        root.leaf(params)
    };
    let expired = with(|params| params.not_after = date_time_ymd(2025, 1, 1));
    let future = with(|params| params.not_before = date_time_ymd(2035, 1, 1));
    let for_servers =
        with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let v1 = root.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    let critical = root.odd_leaf(|odd| odd.extension("1.2.3", true, &[0x05, 0x00]));
    let twice = root.odd_leaf(|odd| {
        odd.extension("2.5.29.15", false, &[0x03, 0x02, 0x07, 0x80])
            .extension("2.5.29.15", false, &[0x03, 0x02, 0x07, 0x80])
    });
    let mut large = ca_params("large");
    large
        .custom_extensions
        .push(CustomExtension::from_oid_content(
            &[1, 2, 3],
            vec![0; 33_000],
        ));
    let large = Authority::self_signed(large);
    let many: Vec<&Authority> = [&top; 6].to_vec();
    let mut empty = client(
        "an empty certificate",
        &good,
        &[],
        everywhere(refused("empty-certificate", Alert::BadCertificate)),
    );
    if let Some((chain, _)) = &mut empty.presents {
        chain.push(CertificateDer::from(Vec::new()));
    }

    vec![
        Client {
            name: "no certificate",
            presents: None,
            fates: [
                refused("missing", Alert::CertificateRequired),
                Fate::Anonymous,
                Fate::Anonymous,
            ],
        },
        client("good", &good, &[], in_verified_modes(Fate::Verified)),
        client(
            "good, behind two intermediates",
            &low.client("deep"),
            &[&low, &top],
            in_verified_modes(Fate::Verified),
        ),
        client(
            "good, with an unrelated CA behind it",
            &good,
            &[&other],
            in_verified_modes(Fate::Verified),
        ),
        client(
            "expired",
            &expired,
            &[],
            in_verified_modes(refused("expired", Alert::CertificateExpired)),
        ),
        client(
            "not yet valid",
            &future,
            &[],
            in_verified_modes(refused("not-yet-valid", Alert::CertificateExpired)),
        ),
        client(
            "unknown CA",
            &other.client("stranger"),
            &[&other],
            in_verified_modes(refused("untrusted", Alert::UnknownCA)),
        ),
        client(
            "self-signed",
            &Leaf::self_signed(client_params("me")),
            &[],
            in_verified_modes(refused("untrusted", Alert::UnknownCA)),
        ),
        client(
            "for servers",
            &for_servers,
            &[],
            in_verified_modes(refused("wrong-purpose", Alert::UnsupportedCertificate)),
        ),
        client(
            "X.509 v1",
            &v1,
            &[],
            in_verified_modes(refused("invalid", Alert::CertificateUnknown)),
        ),
        client(
            "unknown critical extension",
            &critical,
            &[],
            in_verified_modes(refused("invalid", Alert::CertificateUnknown)),
        ),
        client(
            "duplicate extension",
            &twice,
            &[],
            in_verified_modes(refused("malformed", Alert::BadCertificate)),
        ),
        client(
            "too many certificates",
            &good,
            &many,
            everywhere(refused("too-many-certificates", Alert::CertificateUnknown)),
        ),
        client(
            "too large",
            &good,
            &[&large],
            everywhere(refused("too-large", Alert::CertificateUnknown)),
        ),
        empty,
        Client {
            name: "not a certificate",
            presents: Some((
                vec![CertificateDer::from(b"garbage".to_vec())],
                good.private_key(),
            )),
            fates: everywhere(refused("malformed", Alert::BadCertificate)),
        },
        Client {
            name: "somebody else's certificate",
            presents: Some((good.presented(&[]), root.client("thief").private_key())),
            fates: everywhere(refused("possession-unproven", Alert::DecryptError)),
        },
    ]
}

#[test]
fn passthrough_has_limits_of_its_own() {
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let provider = &providers()[0];
    let limits = edge_mtls::ChainLimits::new(1, 32 * 1024);
    let policy = ClientAuthPolicy::from(edge_mtls::Passthrough::default().limits(limits));
    assert_eq!(policy.limits(), limits);
    let verifier = ClientCertVerifier::new(policy, provider).unwrap();
    for (others, is_refused) in [(vec![], false), (vec![&root], true)] {
        let server = Arc::new(server_pki.server_config(provider, VERSIONS[1], verifier.clone()));
        let client = Arc::new(server_pki.client_config(
            provider,
            VERSIONS[1],
            Some((leaf.presented(&others), leaf.private_key())),
        ));
        let handshake = connect(&server, &client);
        assert_eq!(matches!(handshake, Handshake::Refused { .. }), is_refused);
        // Also for what comes from elsewhere than a handshake that was just judged.
        let facts = HandshakeFacts::new(Some(leaf.chain(&others)));
        assert_eq!(
            verifier
                .identity(&facts, now())
                .is_err(),
            is_refused
        );
    }
}

#[test]
fn an_advisory_verdict_is_told_and_not_enforced() {
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let provider = &providers()[0];
    let passthrough = edge_mtls::Passthrough::default().advisory(policy_with(&[&root], provider));
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::from(passthrough), provider).unwrap();
    for (leaf, expected) in [
        (root.client("alice"), Ok(())),
        (Authority::root("other").client("alice"), Err("untrusted")),
    ] {
        let server = Arc::new(server_pki.server_config(provider, VERSIONS[1], verifier.clone()));
        let client = Arc::new(server_pki.client_config(
            provider,
            VERSIONS[1],
            Some((leaf.presented(&[]), leaf.private_key())),
        ));
        let facts = HandshakeFacts::from(&connect(&server, &client).server());
        let identity = verifier
            .identity(&facts, now())
            .unwrap();
        assert!(identity.verified().is_none());
        let ClientIdentity::Unverified {
            advisory: Some(advisory),
            ..
        } = identity
        else {
            panic!("{identity:?}");
        };
        assert_eq!(
            advisory
                .map(|_| ())
                .map_err(|rejection| rejection.code()),
            expected
        );
    }
}
