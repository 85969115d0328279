//! Revocation in real handshakes: the alert that the client gets, and what becomes of the identity.

use std::sync::Arc;

use edge_mtls::{
    Certificate, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, DenyList,
    HandshakeFacts, Passthrough, Rejection, Revocation, Settlement, UnknownStatus,
};
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
use rustls::{AlertDescription, ClientConfig, ServerConfig, SupportedProtocolVersion};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, now, policy_with, providers};
use crate::support::revocation::{lists, reason};
use crate::support::tls::{Handshake, ServerPki, VERSIONS, connect};

/// One provider and version, a PKI of root, ca and leaf, and a server.
pub struct Setting {
    pub provider: Arc<CryptoProvider>,
    pub version: &'static SupportedProtocolVersion,
    pub server_pki: ServerPki,
    pub root: Authority,
    pub ca: Authority,
    pub leaf: Leaf,
}

impl Setting {
    pub fn all() -> Vec<Self> {
        let mut settings = Vec::new();
        for provider in providers() {
            for version in VERSIONS {
                let root = Authority::root("root");
                let ca = root.intermediate("ca");
                settings.push(Self {
                    provider: provider.clone(),
                    version,
                    server_pki: ServerPki::new(),
                    leaf: ca.client("alice"),
                    root,
                    ca,
                });
            }
        }
        settings
    }

    /// Lists that hold nobody.
    pub fn good(&self) -> [Crl<'_>; 2] {
        [Crl::of(&self.root), Crl::of(&self.ca)]
    }

    pub fn policy(&self, revocation: impl Into<Revocation>) -> ChainPolicy {
        policy_with(&[&self.root], &self.provider).with_revocation(revocation)
    }

    pub fn verifier(&self, policy: ClientAuthPolicy) -> Arc<ClientCertVerifier> {
        ClientCertVerifier::new(policy, &self.provider).unwrap()
    }

    pub fn server(&self, verifier: Arc<dyn RustlsVerifier>) -> Arc<ServerConfig> {
        Arc::new(
            self.server_pki
                .server_config(&self.provider, self.version, verifier),
        )
    }

    pub fn client(&self) -> Arc<ClientConfig> {
        Arc::new(self.server_pki.client_config(
            &self.provider,
            self.version,
            Some((self.leaf.presented(&[&self.ca]), self.leaf.private_key())),
        ))
    }

    /// Connects to the verifier itself, and to a handle of it: both get the alert, and the handle
    /// knows why.
    pub fn is_refused(&self, policy: &ClientAuthPolicy, alert: AlertDescription, why: &str) {
        let verifier = self.verifier(policy.clone());
        let what = format!("{why} {policy:?} {:?}", self.version);
        let handle = verifier.for_connection();
        let verifiers: [Arc<dyn RustlsVerifier>; 2] = [verifier.clone(), handle.clone()];
        for plugged in verifiers {
            let Handshake::Refused {
                alert: found,
                error,
                server,
            } = connect(&self.server(plugged.clone()), &self.client())
            else {
                panic!("{what}: finished");
            };
            assert_eq!(found, alert, "{what}");
            if let Some(rejection) = handle.refusal(&error) {
                assert_eq!(reason(&rejection), why, "{what}");
                assert_eq!(rejection.tls_alert(), u8::from(alert), "{what}");
            }
            let facts = HandshakeFacts::from(&server);
            for identity in [
                verifier.identity(&facts, now()),
                verifier.identity_settling(&facts, now(), |_| Settlement::Good),
                handle.identity_settling(&facts, now(), |_| Settlement::Good),
            ] {
                assert_eq!(identity.unwrap_err(), Rejection::HandshakeIncomplete);
            }
        }
        assert!(handle.refused_chain().is_some(), "{what}");
    }

    /// The facts of a handshake that finishes.
    pub fn facts(&self, verifier: Arc<dyn RustlsVerifier>) -> HandshakeFacts {
        HandshakeFacts::from(&connect(&self.server(verifier), &self.client()).server())
    }
}

/// Both modes that enforce a policy.
fn enforcing(policy: &ChainPolicy) -> [ClientAuthPolicy; 2] {
    [
        ClientAuthPolicy::required(policy.clone()),
        ClientAuthPolicy::optional(policy.clone()),
    ]
}

#[test]
fn the_client_gets_the_right_alert() {
    use AlertDescription::{CertificateRevoked, UnknownCA};

    for setting in Setting::all() {
        let [of_root, of_ca] = setting.good();
        let cases = [
            (
                vec![of_root.clone(), of_ca.clone().revokes(&setting.leaf.der)],
                CertificateRevoked,
                "revoked",
            ),
            (
                vec![
                    of_root
                        .clone()
                        .revokes(setting.ca.der()),
                    of_ca.clone(),
                ],
                CertificateRevoked,
                "revoked",
            ),
            (
                vec![
                    of_root.clone(),
                    of_ca.clone().number(1),
                    of_ca
                        .clone()
                        .number(2)
                        .revokes(&setting.leaf.der),
                ],
                CertificateRevoked,
                "revoked",
            ),
            (vec![of_root.clone()], UnknownCA, "no list"),
            (vec![of_ca.clone()], UnknownCA, "no list"),
            (
                vec![of_root.clone(), of_ca.clone().days(-9, -2)],
                UnknownCA,
                "expired list",
            ),
            (
                vec![of_root.clone(), of_ca.clone().broken()],
                UnknownCA,
                "bad signature",
            ),
        ];
        for (crls, alert, why) in cases {
            let reversed: Vec<Crl<'_>> = crls.iter().rev().cloned().collect();
            for crls in [crls, reversed] {
                let policy = setting.policy(lists(&crls));
                for policy in enforcing(&policy) {
                    setting.is_refused(&policy, alert, why);
                }
                // Passthrough has no policy to enforce, and says what it would say.
                let passthrough = Passthrough::default().advisory(policy);
                let verifier = setting.verifier(passthrough.into());
                let facts = setting.facts(verifier.clone());
                let identity = verifier
                    .identity(&facts, now())
                    .unwrap();
                let ClientIdentity::Unverified {
                    advisory: Some(Err(rejection)),
                    ..
                } = identity
                else {
                    panic!("{identity:?}");
                };
                assert_eq!(reason(&rejection), why);
            }
        }
    }
}

#[test]
fn who_is_on_no_list_passes() {
    for setting in Setting::all() {
        let other = setting.ca.client("bob");
        let [of_root, of_ca] = setting.good();
        let policy = setting.policy(lists(&[of_root, of_ca.revokes(&other.der)]));
        for policy in enforcing(&policy) {
            let verifier = setting.verifier(policy);
            let handle = verifier.for_connection();
            let shared = setting.facts(verifier.clone());
            let pinned = setting.facts(handle.clone());
            for identity in [
                verifier.identity(&shared, now()),
                handle.identity(&pinned, now()),
            ] {
                let identity = identity.unwrap();
                assert_eq!(
                    identity
                        .verified()
                        .unwrap()
                        .revocation()
                        .len(),
                    2
                );
            }
        }
    }
}

#[test]
fn the_deny_list_works_in_every_mode() {
    for setting in Setting::all() {
        let ders = [setting.leaf.der.as_ref(), setting.ca.der().as_ref()];
        for der in ders {
            let certificate = Certificate::from_der(der).unwrap();
            for (deny, why) in [
                (
                    DenyList::new().certificate_sha256(certificate.sha256()),
                    "denied certificate",
                ),
                (DenyList::new().issued(&certificate), "denied serial"),
            ] {
                let policy =
                    policy_with(&[&setting.root], &setting.provider).with_deny_list(deny.clone());
                let [required, optional] = enforcing(&policy);
                let passthrough = Passthrough::default().deny(deny).into();
                for policy in [required, optional, passthrough] {
                    setting.is_refused(&policy, AlertDescription::CertificateRevoked, why);
                }
            }
        }
    }
}

#[test]
fn what_is_left_to_the_host_passes_the_handshake_alone() {
    for setting in Setting::all() {
        let [of_root, _] = setting.good();
        let revocation = Revocation::new(lists(&[of_root])).on_unknown(UnknownStatus::LeaveToHost);
        for policy in enforcing(&setting.policy(revocation)) {
            let verifier = setting.verifier(policy);
            let handle = verifier.for_connection();
            let shared = setting.facts(verifier.clone());
            let pinned = setting.facts(handle.clone());
            for refused in [
                verifier.identity(&shared, now()),
                handle.identity(&pinned, now()),
            ] {
                assert_eq!(reason(&refused.unwrap_err()), "no list");
            }
            for (settlement, expected) in [
                (Settlement::Good, None),
                (Settlement::Revoked, Some("revoked by the host")),
                (Settlement::Unknown, Some("no list")),
            ] {
                for identity in [
                    verifier.identity_settling(&shared, now(), |_| settlement),
                    handle.identity_settling(&pinned, now(), |_| settlement),
                ] {
                    match expected {
                        None => assert!(identity.unwrap().verified().is_some()),
                        Some(expected) => assert_eq!(reason(&identity.unwrap_err()), expected),
                    }
                }
            }
        }
        // What is known to be revoked is not left to anybody.
        let [of_root, of_ca] = setting.good();
        let revocation = Revocation::new(lists(&[of_root, of_ca.revokes(&setting.leaf.der)]))
            .on_unknown(UnknownStatus::LeaveToHost);
        for policy in enforcing(&setting.policy(revocation)) {
            setting.is_refused(&policy, AlertDescription::CertificateRevoked, "revoked");
        }
    }
}

#[test]
fn an_allowed_unknown_status_passes() {
    for setting in Setting::all() {
        let [of_root, _] = setting.good();
        let revocation = Revocation::new(lists(&[of_root])).on_unknown(UnknownStatus::Allow);
        let verifier = setting.verifier(ClientAuthPolicy::required(setting.policy(revocation)));
        let facts = setting.facts(verifier.clone());
        assert!(verifier.identity(&facts, now()).is_ok());
    }
}
