//! Possession is proven in every mode, for every kind of key that a provider knows.

use std::sync::Arc;

use edge_mtls::{ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts};
use rcgen::{KeyPair, SignatureAlgorithm};
use rustls::crypto::CryptoProvider;
use rustls::{AlertDescription, SupportedProtocolVersion};

use crate::support::pki::{Leaf, client_params, modes, now, policy_with, providers};
use crate::support::tls::{Handshake, ServerPki, VERSIONS, connect};
use crate::support::{der::OddCertificate, pki::Authority};

fn self_signed(algorithm: &'static SignatureAlgorithm) -> Leaf {
    let key = KeyPair::generate_for(algorithm).unwrap();
    Leaf {
        der: client_params("alice")
            .self_signed(&key)
            .unwrap()
            .der()
            .clone(),
        key: key.serialize_der(),
    }
}

fn passes_through(
    server_pki: &ServerPki,
    provider: &Arc<CryptoProvider>,
    version: &'static SupportedProtocolVersion,
    leaf: &Leaf,
) {
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::passthrough(), provider).unwrap();
    let server = Arc::new(server_pki.server_config(provider, version, verifier.clone()));
    let client = Arc::new(server_pki.client_config(
        provider,
        version,
        Some((leaf.presented(&[]), leaf.private_key())),
    ));
    let facts = HandshakeFacts::from(&connect(&server, &client).server());
    let identity = verifier
        .identity(&facts, now())
        .unwrap();
    assert!(matches!(identity, ClientIdentity::Unverified { .. }));
    assert_eq!(identity.chain().unwrap().leaf_der(), leaf.der.as_ref());
}

#[test]
fn keys_of_every_kind() {
    let server_pki = ServerPki::new();
    for provider in providers() {
        for version in VERSIONS {
            for algorithm in [
                &rcgen::PKCS_ECDSA_P256_SHA256,
                &rcgen::PKCS_ECDSA_P384_SHA384,
                &rcgen::PKCS_ED25519,
            ] {
                passes_through(&server_pki, &provider, version, &self_signed(algorithm));
            }
        }
    }
}

#[test]
fn leaves_that_webpki_cannot_read() {
    let server_pki = ServerPki::new();
    let issuer = Authority::root("issuer");
    let odd = [
        issuer.odd_leaf(|mut odd| {
            odd.version = 1;
            odd
        }),
        issuer.odd_leaf(|mut odd| {
            odd.version = 2;
            odd.issuer_unique_id = Some(vec![1, 2, 3]);
            odd
        }),
        issuer.odd_leaf(|odd| odd.extension("1.2.3", true, b"?")),
        issuer.odd_leaf(|odd| {
            odd.extension("2.5.29.17", false, b"?")
                .extension("2.5.29.17", true, b"!")
        }),
        issuer.odd_leaf(|mut odd: OddCertificate| {
            odd.serial = vec![0x80; 40];
            odd
        }),
    ];
    for provider in providers() {
        for version in VERSIONS {
            for leaf in &odd {
                passes_through(&server_pki, &provider, version, leaf);
            }
        }
    }
}

#[test]
fn nobody_presents_a_certificate_without_its_key() {
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let (victim, thief) = (root.client("victim"), root.client("thief"));
    let odd = root.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    for provider in providers() {
        for version in VERSIONS {
            for policy in modes(&policy_with(&[&root], &provider)) {
                let in_passthrough = policy.chain_policy().is_none();
                for leaf in [&victim, &odd] {
                    let verifier = ClientCertVerifier::new(policy.clone(), &provider).unwrap();
                    let server = Arc::new(server_pki.server_config(&provider, version, verifier));
                    let client = Arc::new(server_pki.client_config(
                        &provider,
                        version,
                        Some((leaf.presented(&[]), thief.private_key())),
                    ));
                    match connect(&server, &client) {
                        Handshake::Refused { alert, .. } => {
                            let expected = match std::ptr::eq(leaf, &odd) && !in_passthrough {
                                true => AlertDescription::CertificateUnknown,
                                false => AlertDescription::DecryptError,
                            };
                            assert_eq!(alert, expected);
                        }
                        Handshake::Finished { .. } => panic!("{policy:?} {version:?}"),
                    }
                }
            }
        }
    }
}
