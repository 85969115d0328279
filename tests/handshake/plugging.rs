//! Plugging in: CA names, replacing the policy, providers, and what errors say.

use std::sync::Arc;

use edge_mtls::{
    CaNamesError, ClientAuthPolicy, ClientCertVerifier, HandshakeFacts, ReplaceError, VerifierError,
};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
use rustls::{AlertDescription, Error};

use crate::support::counting;
use crate::support::pki::{Authority, Leaf, at, builder, client_params, now, policy, providers};
use crate::support::tls::{Handshake, ServerPki, VERSIONS, connect};

pub fn names(verifier: &dyn RustlsVerifier) -> Vec<Vec<u8>> {
    verifier
        .root_hint_subjects()
        .iter()
        .map(|name| name.as_ref().to_vec())
        .collect()
}

#[test]
fn ca_names_are_off_by_default() {
    let root = Authority::root("root");
    let provider = &providers()[0];
    let policy = ClientAuthPolicy::required(policy(&[&root]));
    let verifier = ClientCertVerifier::new(policy.clone(), provider).unwrap();
    assert!(names(&*verifier).is_empty());

    let policy = policy.advertise_ca_names().unwrap();
    let verifier = ClientCertVerifier::new(policy, provider).unwrap();
    let subject = edge_mtls::Certificate::from_der(root.der())
        .unwrap()
        .subject()
        .as_der()
        .to_vec();
    assert_eq!(names(&*verifier), [subject.as_slice()]);
    assert_eq!(names(&*verifier.for_connection()), [subject]);
}

/// A client whose certificate is pinned looks for the name of its issuer, whoever that is.
#[test]
fn ca_names_hold_the_issuers_of_pinned_leaves() {
    let (root, unknown) = (Authority::root("root"), Authority::root("unknown"));
    let pinned = unknown.client("alice");
    let nameless = root.odd_leaf(|mut odd| {
        odd.issuer = vec![0x30, 0];
        odd
    });
    let store = edge_mtls::TrustStore::builder()
        .der(root.der())
        .pin_der(&pinned.der)
        .pin_der(&nameless.der)
        .build()
        .unwrap();
    let provider = &providers()[0];
    let chains = builder(store)
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let policy = ClientAuthPolicy::optional(chains)
        .advertise_ca_names()
        .unwrap();
    let verifier = ClientCertVerifier::new(policy, provider).unwrap();
    let mut wanted = [root.name(), unknown.name()];
    wanted.sort_unstable();
    assert_eq!(names(&*verifier), wanted);
}

#[test]
fn ca_names_that_tls_cannot_carry_are_an_error() {
    let roots: Vec<Authority> = (0..210)
        .map(|index| Authority::root(&format!("{index:03} {}", "x".repeat(60))))
        .collect();
    let all: Vec<&Authority> = roots.iter().collect();
    let required = ClientAuthPolicy::required(policy(&all));
    // 210 names of 77 octets, each with its length, and the rest of the message.
    let bytes = 256 + 210 * (77 + 2);
    assert_eq!(
        required
            .clone()
            .advertise_ca_names()
            .unwrap_err(),
        CaNamesError::TooLong {
            names: 210,
            bytes,
            limit: 16_384
        }
    );
    assert!(
        required
            .clone()
            .advertise_ca_names_within(bytes - 1)
            .is_err()
    );
    assert!(
        required
            .advertise_ca_names_within(bytes)
            .is_ok()
    );
}

#[test]
fn a_certificate_request_at_its_limit_reaches_the_client() {
    let server_pki = ServerPki::new();
    // Just below the highest limit, and the client reads it.
    let roots: Vec<Authority> = (0..700)
        .map(|index| Authority::root(&format!("{index:03} {}", "x".repeat(60))))
        .collect();
    let all: Vec<&Authority> = roots.iter().collect();
    let policy = ClientAuthPolicy::required(policy(&all))
        .advertise_ca_names_within(ClientAuthPolicy::MAX_CA_NAMES_LIMIT)
        .unwrap();
    let leaf = roots[0].client("alice");
    for provider in providers() {
        for version in VERSIONS {
            let verifier = ClientCertVerifier::new(policy.clone(), &provider).unwrap();
            let server = Arc::new(server_pki.server_config(&provider, version, verifier));
            let client = Arc::new(server_pki.client_config(
                &provider,
                version,
                Some((leaf.presented(&[]), leaf.private_key())),
            ));
            connect(&server, &client).server();
        }
    }
    let required = ClientAuthPolicy::required(crate::support::pki::policy(&all[..1]));
    assert_eq!(
        required
            .advertise_ca_names_within(60_001)
            .unwrap_err(),
        CaNamesError::LimitTooHigh { limit: 60_001 }
    );
    assert_eq!(
        ClientAuthPolicy::passthrough()
            .advertise_ca_names()
            .unwrap_err(),
        CaNamesError::NoTrustStore
    );
}

#[test]
fn a_replaced_policy_is_in_force_at_once() {
    let server_pki = ServerPki::new();
    let (old, new) = (Authority::root("old"), Authority::root("new"));
    let provider = &providers()[0];
    let required = |root: &Authority| ClientAuthPolicy::required(policy(&[root]));
    let verifier = ClientCertVerifier::new(required(&old), provider).unwrap();
    let leaf = old.client("alice");
    // A client without sessions to resume.
    let client = || {
        Arc::new(server_pki.client_config(
            provider,
            VERSIONS[1],
            Some((leaf.presented(&[]), leaf.private_key())),
        ))
    };
    let shared = Arc::new(server_pki.server_config(provider, VERSIONS[1], verifier.clone()));
    let early = verifier.for_connection();
    let pinned = Arc::new(server_pki.server_config(provider, VERSIONS[1], early.clone()));
    let facts = HandshakeFacts::from(&connect(&shared, &client()).server());
    assert!(verifier.identity(&facts, now()).is_ok());

    verifier
        .replace(required(&new))
        .unwrap();
    // A connection that is there already, the shared verifier, and a handle made before.
    assert_eq!(
        verifier
            .identity(&facts, now())
            .unwrap_err()
            .code(),
        "untrusted"
    );
    assert!(matches!(
        connect(&shared, &client()),
        Handshake::Refused { .. }
    ));
    let facts = HandshakeFacts::from(&connect(&pinned, &client()).server());
    assert_eq!(
        early
            .identity(&facts, now())
            .unwrap_err()
            .code(),
        "untrusted"
    );
}

#[test]
fn a_replacement_cannot_change_ca_names_of_a_shared_verifier() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let advertised = |root: &Authority| {
        ClientAuthPolicy::required(policy(&[root]))
            .advertise_ca_names()
            .unwrap()
    };
    let verifier = ClientCertVerifier::new(advertised(&a), &providers()[0]).unwrap();
    let before = verifier.policy().fingerprint();
    assert_eq!(verifier.replace(advertised(&b)), Err(ReplaceError::CaNames));
    assert_eq!(verifier.policy().fingerprint(), before);

    verifier.replace_with_ca_names(advertised(&b));
    assert_ne!(names(&*verifier.for_connection()), names(&*verifier));
}

#[test]
fn a_verifier_needs_a_provider_that_can_verify() {
    let policy = || ClientAuthPolicy::passthrough();
    let mut empty = providers()[0].as_ref().clone();
    empty.signature_verification_algorithms = WebPkiSupportedAlgorithms {
        all: &[],
        mapping: &[],
    };
    assert_eq!(
        ClientCertVerifier::new(policy(), &empty).unwrap_err(),
        VerifierError::NoAlgorithms
    );
    empty.signature_verification_algorithms = WebPkiSupportedAlgorithms {
        all: &[],
        mapping: &[(rustls::SignatureScheme::ED25519, &[])],
    };
    assert_eq!(
        ClientCertVerifier::new(policy(), &empty).unwrap_err(),
        VerifierError::NoAlgorithms
    );
    // Nothing installs a default provider in this process, and nothing panics for want of one.
    assert!(CryptoProvider::get_default().is_none());
    assert_eq!(
        ClientCertVerifier::with_default_provider(policy()).unwrap_err(),
        VerifierError::NoProvider
    );
}

#[test]
fn the_handle_verifies_no_signature_twice() {
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let sub = root.intermediate("sub");
    let leaf = sub.client("alice");
    let (counter, policy) = counting::policy(&[&root]);
    let provider = &providers()[0];
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::required(policy), provider).unwrap();
    let client = Arc::new(server_pki.client_config(
        provider,
        VERSIONS[1],
        Some((leaf.presented(&[&sub]), leaf.private_key())),
    ));
    let handle = verifier.for_connection();
    let server = Arc::new(server_pki.server_config(provider, VERSIONS[1], handle.clone()));
    let facts = HandshakeFacts::from(&connect(&server, &client).server());
    assert_eq!(counter.count(), 2);
    handle.identity(&facts, now()).unwrap();
    assert_eq!(counter.count(), 2);
    // The shared verifier has nothing to go by, and judges.
    verifier
        .identity(&facts, now())
        .unwrap();
    assert_eq!(counter.count(), 4);
    // Another chain than the one proven is judged, and then known.
    let other = HandshakeFacts::new(Some(root.client("bob").chain(&[])));
    for _ in 0..2 {
        handle.identity(&other, now()).unwrap();
        assert_eq!(counter.count(), 5);
    }
    // The proof ends with its dates, and with its policy.
    assert_eq!(
        handle
            .identity(&other, at(2_208_988_801))
            .unwrap_err()
            .code(),
        "expired" // 2040-01-01T00:00:01Z
    );
    verifier
        .replace((*verifier.policy()).clone())
        .unwrap();
    handle.identity(&other, now()).unwrap();
    assert_eq!(counter.count(), 7);
}

#[test]
fn errors_speak_in_words() {
    let server_pki = ServerPki::new();
    let root = Authority::root("root");
    let provider = &providers()[0];
    let verifier =
        ClientCertVerifier::new(ClientAuthPolicy::required(policy(&[&root])), provider).unwrap();
    let v1 = root.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    let mut expired = client_params("alice");
    expired.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let say = |leaf: &Leaf| {
        let server = Arc::new(server_pki.server_config(provider, VERSIONS[1], verifier.clone()));
        let client = Arc::new(server_pki.client_config(
            provider,
            VERSIONS[1],
            Some((leaf.presented(&[]), leaf.private_key())),
        ));
        match connect(&server, &client) {
            Handshake::Refused { error, alert, .. } => (error, alert),
            Handshake::Finished { .. } => panic!("not refused"),
        }
    };
    let (error, alert) = say(&v1);
    assert_eq!(alert, AlertDescription::CertificateUnknown);
    assert!(matches!(error, Error::InvalidCertificate(_)));
    assert!(
        error
            .to_string()
            .contains("is X.509 version 1; only version 3 says what it may be used for"),
        "{error}"
    );
    let (error, _) = say(&root.leaf(expired));
    assert!(
        error
            .to_string()
            .contains("certificate expired"),
        "{error}"
    );
}
