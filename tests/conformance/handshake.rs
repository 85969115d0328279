//! Cases whose leaf has its key, driven through real handshakes.

use std::sync::Arc;

use edge_mtls::{ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts};

use rustls::crypto::CryptoProvider;

use crate::case::Case;
use crate::explain;
use crate::judge::{Judge, Profile};
use crate::rules::Explained;
use crate::support::tls::{Clock, Handshake, ServerPki, VERSIONS, connect};

/// Whether a client can present the chain at all: no provider signs with some kinds of keys.
pub fn drive(case: &Case, provider: &Arc<CryptoProvider>) -> bool {
    let Some(key) = &case.key else { return false };
    if provider
        .key_provider
        .load_private_key(key.clone_key())
        .is_err()
    {
        return false;
    }
    let judge = Judge {
        profile: Profile::NotDemanded,
        provider,
    };
    // What the suite expects is asked of the verdict, and of each handshake that it is the verdict.
    let verdict = judge.verdict(case);
    let faults = explain(case, judge, &verdict, &mut Explained::default());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Without a policy nothing is accepted; passthrough needs none.
    let chains = judge.policy(case).ok();
    let mut policies = vec![ClientAuthPolicy::passthrough()];
    if let Some(chains) = &chains {
        policies.push(ClientAuthPolicy::required(chains.clone()));
        policies.push(ClientAuthPolicy::optional(chains.clone()));
    }
    let presented: Vec<_> = case
        .chain
        .certificates()
        .map(|der| der.to_vec().into())
        .collect();
    let pki = ServerPki::new();
    for version in VERSIONS {
        for policy in &policies {
            let context = format!("{}, {}, {version:?}", case.id, policy.mode());
            let verifier = ClientCertVerifier::new(policy.clone(), provider).unwrap();
            let mut server = pki.server_config(provider, version, verifier.clone());
            server.time_provider = Arc::new(Clock(case.now));
            let presents = (presented.clone(), key.clone_key());
            let client = pki.client_config(provider, version, Some(presents));
            let handshake = connect(&Arc::new(server), &Arc::new(client));
            let is_passthrough = policy.mode() == edge_mtls::ClientAuthMode::Passthrough;
            let is_accepted = match is_passthrough {
                // Its limits are those of the policies, and nothing else is asked of the chain.
                true => case.chain.len() <= 6,
                false => verdict.is_ok(),
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
