//! Cases whose leaf has its key, driven through real handshakes.

use std::sync::Arc;

use edge_mtls::{ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts};

use crate::case::Case;
use crate::support::tls::{Clock, Handshake, ServerPki, VERSIONS, connect};
use crate::{Profile, policy};

/// Whether a client can present the chain at all: no provider signs with some kinds of keys.
pub fn drive(case: &Case) -> bool {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let Some(key) = &case.key else { return false };
    if provider
        .key_provider
        .load_private_key(key.clone_key())
        .is_err()
    {
        return false;
    }
    // A policy that cannot be built refuses nothing here; passthrough needs none.
    let chains = policy(case, Profile::NotDemanded).ok();
    let mut policies = vec![ClientAuthPolicy::passthrough()];
    if let Some(chains) = &chains {
        policies.push(ClientAuthPolicy::required(chains.clone()));
        policies.push(ClientAuthPolicy::optional(chains.clone()));
    }
    let expected = chains.map(|chains| chains.evaluate(&case.chain, case.now));
    let presented: Vec<_> = case
        .chain
        .certificates()
        .map(|der| der.to_vec().into())
        .collect();
    let pki = ServerPki::new();
    for version in VERSIONS {
        for policy in &policies {
            let context = format!("{}, {}, {version:?}", case.id, policy.mode());
            let verifier = ClientCertVerifier::new(policy.clone(), &provider).unwrap();
            let mut server = pki.server_config(&provider, version, verifier.clone());
            server.time_provider = Arc::new(Clock(case.now));
            let presents = (presented.clone(), key.clone_key());
            let client = pki.client_config(&provider, version, Some(presents));
            let handshake = connect(&Arc::new(server), &Arc::new(client));
            let is_passthrough = policy.mode() == edge_mtls::ClientAuthMode::Passthrough;
            let is_accepted = match (&expected, is_passthrough) {
                // Its limits are those of the policies, and nothing else is asked of the chain.
                (_, true) => case.chain.len() <= 6,
                (Some(verdict), false) => verdict.is_ok(),
                (None, false) => false,
            };
            match handshake {
                Handshake::Refused { error, .. } => assert!(!is_accepted, "{context}: {error}"),
                Handshake::Finished { server, .. } => {
                    assert!(is_accepted, "{context}");
                    let facts = HandshakeFacts::from(&server);
                    let identity = verifier
                        .identity(&facts, case.now)
                        .unwrap();
                    match &identity {
                        ClientIdentity::Verified { .. } => assert!(!is_passthrough, "{context}"),
                        ClientIdentity::Unverified { .. } => assert!(is_passthrough, "{context}"),
                        other => panic!("{context}: {other:?}"),
                    }
                    // Exactly what was presented, octet by octet.
                    let handed_on = identity.chain().unwrap();
                    assert!(
                        handed_on
                            .certificates()
                            .eq(case.chain.certificates()),
                        "{context}"
                    );
                }
            }
        }
    }
    true
}
