//! Section E: path validation, and loading.

use std::sync::Arc;

use edge_mtls::{
    CertForwarder, Certificate, ClientAuthPolicy, ClientCertVerifier, ForwardError, HandshakeFacts,
    HeaderProfile, Rejection, RevocationLists, TooLong, TrustStore,
};
use rcgen::{ExtendedKeyUsagePurpose, Issuer};
use rustls::AlertDescription;

use crate::support::counting;
use crate::support::crl::Crl;
use crate::support::edge::{Site, forwarded};
use crate::support::pki::{
    Authority, Leaf, NOW_SECONDS as NOW, at, builder, ca_params, client_params, judge, modes, now,
    policy, providers, refused,
};
use crate::support::revocation::checking_lists;
use crate::support::tls::{Handshake, ServerPki, VERSIONS, connect};

/// The identity is the first certificate presented, and an unrelated one behind it changes nothing.
#[test]
fn keycloak_cve_2023_2422_any_certificate_of_the_chain_taken_for_the_identity() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let (alice, mallory) = (root.client("alice"), other.client("mallory"));
    let chains = policy(&[&root]);
    let behind = |leaf: &Leaf, other: &Leaf| {
        let presented = [&leaf.der, &other.der];
        edge_mtls::CertChain::from_der(presented).unwrap()
    };
    // A good certificate behind a bad one, and the other way round.
    let untrusted = chains.evaluate(&behind(&mallory, &alice), now());
    assert_eq!(untrusted.unwrap_err().code(), "untrusted");
    let verified = chains
        .evaluate(&behind(&alice, &mallory), now())
        .unwrap();
    assert_eq!(verified.leaf().subject().to_string(), "CN=alice");
    assert_eq!(verified.path().count(), 1);
    let alone = judge(&chains, &alice, &[]).unwrap();
    assert!(verified.path().eq(alone.path()));
    // In a handshake the first one's key must sign.
    for site in Site::plain() {
        let edge = site.edge(ClientAuthPolicy::required(chains.clone()));
        let connection = site
            .visit(
                &edge,
                &site.client_presenting(Some(&alice), &[&other, &root]),
                NOW,
            )
            .unwrap();
        let headers = forwarded(&connection, NOW).unwrap();
        let names: Vec<&str> = headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        // What was beside the path does not reach the origin.
        assert_eq!(names, ["client-cert", "client-cert-status"]);
    }
}

/// Look-alikes of a pinned certificate: of the same key, issuer, name, number, in any combination, and
/// the same certificate with another signature, which ECDSA has many of.
#[test]
fn vault_cve_2025_6037_cve_2024_2048_a_pinned_certificate_matched_by_less_than_its_bytes() {
    let unknown = Authority::root("unknown");
    let pinned = unknown.client("pinned");
    let store = TrustStore::builder()
        .pin_der(&pinned.der)
        .build()
        .unwrap();
    let chains = builder(store)
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    assert!(judge(&chains, &pinned, &[]).is_ok());

    let certificate = Certificate::from_der(&pinned.der).unwrap();
    let impostor = Authority::root("unknown");
    let key = rcgen::KeyPair::try_from(pinned.key.clone()).unwrap();
    let other_key = rcgen::KeyPair::generate().unwrap();
    for authority in [&unknown, &impostor] {
        for key in [&key, &other_key] {
            let mut alike = client_params("pinned");
            alike.serial_number = Some(
                certificate
                    .serial()
                    .as_bytes()
                    .to_vec()
                    .into(),
            );
            let der = alike
                .signed_by(key, &Issuer::new(ca_params("unknown"), authority.key()))
                .unwrap()
                .der()
                .clone();
            let alike = Leaf {
                der,
                key: key.serialize_der(),
            };
            assert_eq!(refused(&chains, &alike, &[]).code(), "untrusted");
            // Nor if the pinned one stands behind it.
            let behind = edge_mtls::CertChain::from_der([&alike.der, &pinned.der]).unwrap();
            assert!(chains.evaluate(&behind, now()).is_err());
        }
    }
    // Not one octet may differ.
    for place in 0..pinned.der.len() {
        let mut changed = pinned.der.to_vec();
        changed[place] ^= 1;
        let changed = edge_mtls::CertChain::from_der([changed]).unwrap();
        assert!(
            chains
                .evaluate(&changed, now())
                .is_err(),
            "{place}"
        );
    }
    for changed in [&pinned.der[1..], &pinned.der[..pinned.der.len() - 1]] {
        let changed = edge_mtls::CertChain::from_der([changed]).unwrap();
        assert!(
            chains
                .evaluate(&changed, now())
                .is_err()
        );
    }

    // Who has its key finishes the handshake in every mode, and who has not does not.
    let pki = ServerPki::new();
    for provider in providers() {
        for version in VERSIONS {
            for mode in modes(&chains) {
                let verifier = ClientCertVerifier::new(mode, &provider).unwrap();
                let server = Arc::new(pki.server_config(&provider, version, verifier));
                let mallory = unknown.client("mallory");
                for (key, is_accepted) in [(&pinned, true), (&mallory, false)] {
                    let presents = (pinned.presented(&[]), key.private_key());
                    let client = pki.client_config(&provider, version, Some(presents));
                    let handshake = connect(&server, &client.into());
                    let is_finished = matches!(handshake, Handshake::Finished { .. });
                    assert_eq!(is_finished, is_accepted);
                }
            }
        }
    }
}

/// Leaves, and CAs, that are for servers or e-mail only.
#[test]
fn envoy_cve_2022_21657_extended_key_usage_not_enforced() {
    use ExtendedKeyUsagePurpose::{ClientAuth, EmailProtection, ServerAuth};

    let root = Authority::root("root");
    let chains = policy(&[&root]);
    for (usages, is_accepted) in [
        (vec![ServerAuth], false),
        (vec![EmailProtection], false),
        (vec![ServerAuth, EmailProtection], false),
        (vec![ServerAuth, ClientAuth], true),
        (vec![ClientAuth], true),
    ] {
        let mut params = client_params("alice");
        params
            .extended_key_usages
            .clone_from(&usages);
        let verdict = judge(&chains, &root.leaf(params), &[]);
        assert_eq!(verdict.is_ok(), is_accepted, "{usages:?}");
        let mut params = ca_params("ca");
        params
            .extended_key_usages
            .clone_from(&usages);
        let ca = root.sub_ca(params);
        let verdict = judge(&chains, &ca.client("alice"), &[&ca]);
        assert_eq!(verdict.is_ok(), is_accepted, "CA {usages:?}");
        if let Err(rejection) = verdict {
            assert_eq!(rejection.code(), "wrong-purpose");
        }
    }
}

/// Nothing that cannot be read makes a policy, and the old one stays.
#[test]
fn caddy_cve_2026_27586_tomcat_cve_2026_53434_an_unreadable_file() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let leaf_pem = crate::support::crl::pem("CERTIFICATE", &leaf.der);
    let crl = Crl::of(&root).days(-1, 6).pem();
    for garbage in ["", "\n# nothing\n", "garbage", &leaf_pem, &crl, &crl[..100]] {
        assert!(
            TrustStore::from_pem(garbage.as_bytes()).is_err(),
            "{garbage}"
        );
    }
    for garbage in ["", "garbage", &leaf_pem, &crl[..100]] {
        assert!(
            RevocationLists::from_pem(garbage.as_bytes()).is_err(),
            "{garbage}"
        );
    }
    assert!(TrustStore::from_der::<[&[u8]; 0]>([]).is_err());
    let site = &Site::plain()[0];
    let verifier = site.verifier(ClientAuthPolicy::required(policy(&[&root])));
    let edge = site.edge_of(&verifier);
    let reload = |pem: &str| -> Result<(), Box<dyn std::error::Error>> {
        let chains = builder(TrustStore::from_pem(pem.as_bytes())?).build(
            site.provider
                .signature_verification_algorithms
                .all,
        )?;
        Ok(verifier.replace(ClientAuthPolicy::required(chains))?)
    };
    assert!(reload("garbage").is_err());
    let stranger = Authority::root("other").client("mallory");
    assert!(
        site.visit(&edge, &site.client(Some(&leaf)), NOW)
            .is_ok()
    );
    assert!(
        site.visit(&edge, &site.client(Some(&stranger)), NOW)
            .is_err()
    );
}

/// What the advisories need is the least that the manifest takes.
#[test]
fn rustsec_2026_0049_0098_0099_the_least_version_of_webpki() {
    let manifest = include_str!("../../Cargo.toml");
    let line = manifest
        .lines()
        .find(|line| line.starts_with("webpki = "))
        .unwrap();
    let version = line
        .split_once("version = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .unwrap()
        .0;
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(parts >= vec![0, 103, 12], "{version}");
}

/// rustls ignores `nextUpdate` unless it is told otherwise.
#[test]
fn crl_expiry_is_enforced_by_default() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let expired = checking_lists(&[&root], &[Crl::of(&root).days(-9, -2)]);
    assert_eq!(refused(&expired, &leaf, &[]).code(), "revocation-unknown");
    let current = checking_lists(&[&root], &[Crl::of(&root).days(-9, 2)]);
    assert!(judge(&current, &leaf, &[]).is_ok());
}

/// Somebody else's certificate, without its key, in every mode.
#[test]
fn any_somebody_elses_certificate() {
    let root = Authority::root("root");
    let (victim, thief) = (root.client("victim"), root.client("thief"));
    let pki = ServerPki::new();
    for provider in providers() {
        for version in VERSIONS {
            for mode in modes(&policy(&[&root])) {
                let verifier = ClientCertVerifier::new(mode, &provider).unwrap();
                let handle = verifier.for_connection();
                let server = pki.server_config(&provider, version, handle.clone());
                let client = pki.client_config(
                    &provider,
                    version,
                    Some((victim.presented(&[]), thief.private_key())),
                );
                let handshake = connect(&server.into(), &client.into());
                let Handshake::Refused {
                    error,
                    alert,
                    server,
                } = handshake
                else {
                    panic!("finished");
                };
                assert_eq!(alert, AlertDescription::DecryptError);
                assert!(matches!(
                    handle.refusal(&error),
                    Some(Rejection::PossessionUnproven { .. })
                ));
                // Nor does anything come of it by mistake.
                let facts = HandshakeFacts::from(&server);
                assert!(!facts.is_complete());
                assert_eq!(
                    verifier
                        .identity(&facts, now())
                        .unwrap_err(),
                    Rejection::HandshakeIncomplete
                );
            }
        }
    }
}

/// A mesh of CAs of one name costs a bounded number of verifications, and a clear error.
#[test]
fn go_cve_2018_16875_a_mesh_of_cas_of_one_name() {
    let roots = [(); 20].map(|()| Authority::root("mesh"));
    let (counter, chains) = counting::policy(&roots.each_ref());
    let meshes: Vec<Authority> = (0..5)
        .map(|_| Authority::root("mesh"))
        .collect();
    let others: Vec<&Authority> = meshes.iter().collect();
    let leaf = Authority::root("mesh").client("alice");
    let rejection = refused(&chains, &leaf, &others);
    let most = 5 * chains.limits().max_certificates;
    assert!(counter.count() <= most, "{} of {most}", counter.count());
    assert!(
        ["too-costly", "untrusted"].contains(&rejection.code()),
        "{rejection}"
    );
}

/// A chain that is longer than the origin's headers has a stated outcome, which is none of the origin's.
#[test]
fn traefik_12871_oversized_chains_reach_the_origin() {
    let root = Authority::root("root");
    let mut params = client_params("alice");
    params
        .distinguished_name
        .push(rcgen::DnType::OrganizationName, "x".repeat(4_000).as_str());
    let leaf = root.leaf(params);
    let site = &Site::plain()[0];
    let verifier = site.verifier(ClientAuthPolicy::passthrough());
    let facts = HandshakeFacts::new(Some(leaf.chain(&[&root])));
    let identity = verifier
        .identity(&facts, at(NOW))
        .unwrap();
    let size = |forwarder: &CertForwarder| {
        forwarder
            .encode(&identity)
            .map(|headers| {
                headers
                    .iter()
                    .map(|(name, value)| name.as_str().len() + value.len() + 2)
                    .collect::<Vec<_>>()
            })
    };
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    let lines = size(&forwarder).unwrap();
    assert!(lines.iter().all(|line| *line <= 8_000));
    assert!(lines.iter().sum::<usize>() <= 12_000);
    let refused = size(
        &forwarder
            .max_line_bytes(4_000)
            .when_too_long(TooLong::Refuse),
    )
    .unwrap_err();
    assert!(matches!(
        refused,
        ForwardError::LineTooLong { limit: 4_000, .. }
    ));
    assert_eq!(refused.http_status(), 431);
}
