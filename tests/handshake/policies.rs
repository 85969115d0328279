//! What a verifier and its handles make of their policies.

use std::sync::Arc;

use edge_mtls::{
    CertChain, ChainLimits, ClientAuthPolicy, ClientCertVerifier, HandshakeFacts, Passthrough,
    Rejection,
};
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
use rustls::{ClientConnection, ServerConnection};

use crate::plugging::names;
use crate::support::pki::{Authority, at, builder, modes, now, policy, providers, trust};
use crate::support::tls::{
    SERVER_NAME, ServerPki, VERSIONS, connect, transfer_to_client, transfer_to_server,
};

#[test]
fn every_mode_keeps_the_limits_that_were_set() {
    let root = Authority::root("root");
    let provider = &providers()[0];
    let limits = ChainLimits::new(2, 4_096);
    let chain_policy = builder(trust(&[&root]))
        .limits(limits)
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let leaf = root.client("alice");
    for policy in [
        ClientAuthPolicy::required(chain_policy.clone()),
        ClientAuthPolicy::optional(chain_policy),
        Passthrough::default()
            .limits(limits)
            .into(),
    ] {
        assert_eq!(policy.limits(), limits);
        let verifier = ClientCertVerifier::new(policy, provider).unwrap();
        for (others, holds) in [(vec![&root], true), (vec![&root; 2], false)] {
            let presented = leaf.presented(&others);
            let (first, rest) = presented.split_first().unwrap();
            let handshake = verifier.verify_client_cert(first, rest, now());
            assert_eq!(handshake.is_ok(), holds, "{verifier:?}");
            let facts = HandshakeFacts::new(Some(leaf.chain(&others)));
            let refused = verifier.identity(&facts, now()).err();
            let expected = Rejection::TooManyCertificates { count: 3, limit: 2 };
            assert_eq!(refused, (!holds).then_some(expected), "{verifier:?}");
        }
    }
}

#[test]
fn the_fingerprint_covers_mode_limits_and_advisory_policy() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let passthrough = Passthrough::default;
    let policies: [ClientAuthPolicy; 8] = [
        ClientAuthPolicy::required(policy(&[&a])),
        ClientAuthPolicy::required(policy(&[&b])),
        ClientAuthPolicy::optional(policy(&[&a])),
        ClientAuthPolicy::passthrough(),
        passthrough()
            .limits(ChainLimits::new(5, 32 * 1024))
            .into(),
        passthrough()
            .limits(ChainLimits::new(6, 32 * 1024 - 1))
            .into(),
        passthrough()
            .advisory(policy(&[&a]))
            .into(),
        passthrough()
            .advisory(policy(&[&b]))
            .into(),
    ];
    let fingerprints = policies.map(|policy| policy.fingerprint());
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[..index].contains(fingerprint), "{index}");
    }
    assert_eq!(
        ClientAuthPolicy::required(policy(&[&a])).fingerprint(),
        fingerprints[0]
    );
}

#[test]
fn a_log_says_which_policy_it_was() {
    let root = Authority::root("root");
    let provider = &providers()[0];
    for (policy, mode) in modes(&policy(&[&root]))
        .into_iter()
        .zip(["required", "optional", "passthrough"])
    {
        assert_eq!(policy.mode().to_string(), mode);
        let verifier = ClientCertVerifier::new(policy, provider).unwrap();
        let handle = verifier.for_connection();
        for text in [format!("{verifier:?}"), format!("{handle:?}")] {
            assert!(text.to_lowercase().contains(mode), "{text}");
        }
        let facts = HandshakeFacts::new(Some(root.client("alice").chain(&[])));
        if let Some(verified) = verifier
            .identity(&facts, now())
            .unwrap()
            .verified()
        {
            let text = format!("{verified:?}");
            assert!(
                text.contains("CN=alice") && text.contains("CN=root"),
                "{text}"
            );
        }
    }
}

#[test]
fn facts_number_the_version_and_the_cipher_suite() {
    let server_pki = ServerPki::new();
    let provider = &providers()[0];
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::passthrough(), provider).unwrap();
    for (version, number) in VERSIONS
        .into_iter()
        .zip([0x0303, 0x0304])
    {
        let server = Arc::new(server_pki.server_config(provider, version, verifier.clone()));
        let client = Arc::new(server_pki.client_config(provider, version, None));
        let server = connect(&server, &client).server();
        let facts = HandshakeFacts::from(&server);
        assert_eq!(facts.protocol_version(), Some(number));
        let suite = server
            .negotiated_cipher_suite()
            .unwrap();
        assert_eq!(facts.cipher_suite(), Some(suite.suite().into()));
    }
}

#[test]
fn ca_names_are_a_set() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let renewed = Authority::root("b");
    let advertised = |roots: &[&Authority]| {
        ClientAuthPolicy::required(policy(roots))
            .advertise_ca_names()
            .unwrap()
    };
    let verifier = ClientCertVerifier::new(advertised(&[&a, &b]), &providers()[0]).unwrap();
    assert_eq!(names(&*verifier).len(), 2);
    // Another order and a second CA of the same name are no other names.
    assert_eq!(verifier.replace(advertised(&[&renewed, &b, &a])), Ok(()));
}

#[test]
fn a_verdict_is_not_older_than_the_question() {
    let root = Authority::root("root");
    let verifier = ClientCertVerifier::new(
        ClientAuthPolicy::required(policy(&[&root])),
        &providers()[0],
    )
    .unwrap();
    let handle = verifier.for_connection();
    let facts = HandshakeFacts::new(Some(root.client("alice").chain(&[])));
    handle.identity(&facts, now()).unwrap();
    // A clock that was set back makes no difference between the handle and the shared verifier.
    assert_eq!(
        handle
            .identity(&facts, at(1_500_000_000))
            .unwrap_err()
            .code(),
        "not-yet-valid"
    );
}

#[test]
fn a_handle_asks_by_the_policy_that_it_was_made_under() {
    let root = Authority::root("root");
    let verifier = ClientCertVerifier::new(
        ClientAuthPolicy::optional(policy(&[&root])),
        &providers()[0],
    )
    .unwrap();
    let early = verifier.for_connection();
    verifier
        .replace(ClientAuthPolicy::required(policy(&[&root])))
        .unwrap();
    assert!(!early.client_auth_mandatory());
    assert!(
        verifier
            .for_connection()
            .client_auth_mandatory()
    );
}

#[test]
fn a_leaf_without_a_key_has_no_identity() {
    let verifier =
        ClientCertVerifier::new(ClientAuthPolicy::passthrough(), &providers()[0]).unwrap();
    let facts = HandshakeFacts::new(CertChain::from_der([b"garbage"]));
    assert_eq!(
        verifier
            .identity(&facts, now())
            .unwrap_err()
            .code(),
        "malformed"
    );
}

#[test]
fn a_proven_key_is_no_finished_handshake() {
    // TLS 1.2 up to the client's CertificateVerify: possession is proven, Finished is missing.
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let provider = &providers()[0];
    let leaf = root.client("alice");
    let verifier =
        ClientCertVerifier::new(ClientAuthPolicy::required(policy(&[&root])), provider).unwrap();
    let handle = verifier.for_connection();
    let server = Arc::new(server_pki.server_config(provider, VERSIONS[0], handle.clone()));
    let client = Arc::new(server_pki.client_config(
        provider,
        VERSIONS[0],
        Some((leaf.presented(&[]), leaf.private_key())),
    ));
    let mut server = ServerConnection::new(server).unwrap();
    let mut client = ClientConnection::new(client, SERVER_NAME.try_into().unwrap()).unwrap();
    transfer_to_server(&mut client, &mut server).unwrap();
    transfer_to_client(&mut server, &mut client).unwrap();
    let mut flight = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut flight).unwrap();
    }
    let mut rest = flight.as_slice();
    let mut records = 0;
    while HandshakeFacts::from(&server)
        .chain()
        .is_none()
    {
        let length = 5 + usize::from(u16::from_be_bytes([rest[3], rest[4]]));
        let (mut record, behind) = rest.split_at(length);
        server.read_tls(&mut record).unwrap();
        server.process_new_packets().unwrap();
        rest = behind;
        records += 1;
    }
    assert!(records > 1 && !rest.is_empty());
    let facts = HandshakeFacts::from(&server);
    assert!(!facts.is_complete());
    assert_eq!(
        handle
            .identity(&facts, now())
            .unwrap_err(),
        Rejection::HandshakeIncomplete
    );
    server.read_tls(&mut rest).unwrap();
    server.process_new_packets().unwrap();
    assert!(
        handle
            .identity(&HandshakeFacts::from(&server), now())
            .is_ok()
    );
}
