//! Sessions that are bound to a policy and to the time of a verdict.

use std::sync::{Arc, Mutex};

use edge_mtls::{
    ClientAuthPolicy, ClientCertVerifier, ConfigFault, ConnectionVerifier, HandshakeFacts,
    Rejection, Resumption, Revocation, check_config, forbid_resumption,
};
use rcgen::date_time_ymd;
use rustls::crypto::CryptoProvider;
use rustls::server::{ProducesTickets, ServerSessionMemoryCache};
use rustls::{AlertDescription, ClientConfig, ServerConfig, SupportedProtocolVersion};

use crate::support::crl::{Crl, DAY};
use crate::support::pki::{Authority, Leaf, NOW_SECONDS, at, client_params, policy, providers};
use crate::support::revocation::lists;
use crate::support::tls::{Clock, Handshake, ServerPki, VERSIONS, connect};

/// How the verifier is plugged in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Plugged {
    ForConnection,
    Shared,
}

/// Machines that share a session store, or ticket keys.
struct Setting {
    server_pki: ServerPki,
    provider: Arc<CryptoProvider>,
    version: &'static SupportedProtocolVersion,
    storage: Arc<ServerSessionMemoryCache>,
    ticketer: Option<Arc<dyn ProducesTickets>>,
    plugged: Plugged,
}

impl Setting {
    fn all(plugged: Plugged) -> Vec<Self> {
        let ticketers = [
            rustls::crypto::aws_lc_rs::Ticketer::new().unwrap(),
            rustls::crypto::ring::Ticketer::new().unwrap(),
        ];
        let mut settings = Vec::new();
        for (provider, ticketer) in providers().into_iter().zip(ticketers) {
            for version in VERSIONS {
                for ticketer in [None, Some(ticketer.clone())] {
                    settings.push(Self {
                        server_pki: ServerPki::new(),
                        provider: provider.clone(),
                        version,
                        storage: ServerSessionMemoryCache::new(64),
                        ticketer,
                        plugged,
                    });
                }
            }
        }
        settings
    }

    fn both() -> Vec<Self> {
        [Plugged::ForConnection, Plugged::Shared]
            .into_iter()
            .flat_map(Self::all)
            .collect()
    }

    fn verifier(&self, policy: ClientAuthPolicy) -> Arc<ClientCertVerifier> {
        ClientCertVerifier::new(policy, &self.provider).unwrap()
    }

    fn client(&self, leaf: Option<&Leaf>) -> Arc<ClientConfig> {
        Arc::new(self.server_pki.client_config(
            &self.provider,
            self.version,
            leaf.map(|leaf| (leaf.presented(&[]), leaf.private_key())),
        ))
    }

    /// A configuration for one connection, at an instant.
    fn server(
        &self,
        verifier: &Arc<ClientCertVerifier>,
        name: &str,
        seconds: u64,
    ) -> (Arc<ServerConfig>, Arc<ConnectionVerifier>) {
        let handle = verifier.for_connection();
        let mut config = match self.plugged {
            Plugged::ForConnection => {
                self.server_pki
                    .server_config(&self.provider, self.version, handle.clone())
            }
            Plugged::Shared => {
                self.server_pki
                    .server_config(&self.provider, self.version, verifier.clone())
            }
        };
        config.time_provider = Arc::new(Clock(at(seconds)));
        config.session_storage = self.storage.clone();
        if let Some(ticketer) = &self.ticketer {
            config.ticketer = ticketer.clone();
        }
        match self.plugged {
            Plugged::ForConnection => handle.bind_sessions(&mut config, name),
            Plugged::Shared => verifier.bind_sessions(&mut config, name),
        }
        assert_eq!(check_config(&config), []);
        (Arc::new(config), handle)
    }

    /// Whether a client resumes, and who it is then.
    fn visit(
        &self,
        verifier: &Arc<ClientCertVerifier>,
        name: &str,
        client: &Arc<ClientConfig>,
        seconds: u64,
    ) -> (Resumption, Result<(), Rejection>) {
        let (config, handle) = self.server(verifier, name, seconds);
        let facts = HandshakeFacts::from(&connect(&config, client).server());
        let identity = match self.plugged {
            Plugged::ForConnection => handle.identity(&facts, at(seconds)),
            Plugged::Shared => verifier.identity(&facts, at(seconds)),
        };
        (facts.resumption(), identity.map(drop))
    }
}

const NOW: u64 = NOW_SECONDS;
const ONE_DAY: u64 = 24 * 60 * 60;

#[test]
fn a_session_is_found_in_its_own_scope_alone() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    // Both trust A, so that whoever resumes would be let in.
    let leaf = a.client("alice");
    for setting in Setting::both() {
        let required =
            |anchors: &[&Authority]| setting.verifier(ClientAuthPolicy::required(policy(anchors)));
        let optional = setting.verifier(ClientAuthPolicy::optional(policy(&[&a])));
        let passthrough = setting.verifier(ClientAuthPolicy::passthrough());
        let home = required(&[&a]);
        for (other, name) in [
            (&required(&[&a, &b]), "one"),
            (&optional, "one"),
            (&passthrough, "one"),
            (&home, "two"),
        ] {
            let client = setting.client(Some(&leaf));
            let same = required(&[&a]);
            let visit = |verifier, name| setting.visit(verifier, name, &client, NOW);
            assert_eq!(visit(&home, "one"), (Resumption::No, Ok(())));
            assert_eq!(visit(&home, "one"), (Resumption::Yes, Ok(())));
            // The same scope on another machine.
            assert_eq!(visit(&same, "one"), (Resumption::Yes, Ok(())));
            assert_eq!(
                visit(other, name),
                (Resumption::No, Ok(())),
                "{:?}",
                setting.version
            );
        }
    }
}

#[test]
fn an_anonymous_session_is_not_found_by_a_policy_that_requires() {
    let root = Authority::root("root");
    for setting in Setting::both() {
        let lax = setting.verifier(ClientAuthPolicy::optional(policy(&[&root])));
        let strict = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let client = setting.client(None);
        for resumed in [Resumption::No, Resumption::Yes] {
            assert_eq!(setting.visit(&lax, "one", &client, NOW), (resumed, Ok(())));
        }
        let (config, _) = setting.server(&strict, "one", NOW);
        assert!(matches!(
            connect(&config, &client),
            Handshake::Refused {
                alert: AlertDescription::CertificateRequired,
                ..
            }
        ));
    }
}

#[test]
fn a_replaced_policy_with_other_anchors_finds_none_of_the_old_sessions() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    for setting in Setting::both() {
        let verifier = setting.verifier(ClientAuthPolicy::required(policy(&[&a])));
        let client = setting.client(Some(&leaf));
        let first = setting.visit(&verifier, "one", &client, NOW);
        assert_eq!(first, (Resumption::No, Ok(())));
        verifier
            .replace(ClientAuthPolicy::required(policy(&[&b])))
            .unwrap();
        let (config, _) = setting.server(&verifier, "one", NOW);
        assert!(matches!(
            connect(&config, &client),
            Handshake::Refused {
                alert: AlertDescription::UnknownCA,
                ..
            }
        ));
    }
}

#[test]
fn no_chain_of_resumptions_outlives_the_certificate() {
    let root = Authority::root("root");
    let mut short = client_params("alice");
    short.not_after = date_time_ymd(2030, 1, 5);
    let leaf = root.leaf(short);
    for setting in Setting::all(Plugged::ForConnection) {
        let verifier = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let client = setting.client(Some(&leaf));
        let expected = [Resumption::No, Resumption::Yes, Resumption::Yes];
        // Each begins with what the one before renewed; tickets of rustls last for half a day and more.
        for (hours, expected) in [86, 90, 94].into_iter().zip(expected) {
            assert_eq!(
                setting.visit(&verifier, "one", &client, NOW + hours * 3600),
                (expected, Ok(()))
            );
        }
        // A full handshake, in which the certificate has expired.
        let (config, handle) = setting.server(&verifier, "one", NOW + 4 * ONE_DAY + 1);
        let Handshake::Refused { alert, error, .. } = connect(&config, &client) else {
            panic!("finished");
        };
        assert_eq!(alert, AlertDescription::CertificateExpired);
        assert!(matches!(
            handle.refusal(&error),
            Some(Rejection::Expired { .. })
        ));
    }
}

#[test]
fn a_session_lasts_as_long_as_the_list_that_is_its_proof() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for setting in Setting::all(Plugged::ForConnection) {
        let list = |number, from: i64| {
            let this_update = i64::try_from(NOW).unwrap() + from * DAY / 24;
            Crl::of(&root)
                .number(number)
                .this_update(this_update)
                .next_update(this_update + DAY / 4)
        };
        let with = |crl: Crl<'_>| {
            ClientAuthPolicy::required(
                policy(&[&root]).with_revocation(Revocation::new(lists(&[crl]))),
            )
        };
        let verifier = setting.verifier(with(list(1, -1)));
        let client = setting.client(Some(&leaf));
        let visit = |hours: u64| setting.visit(&verifier, "one", &client, NOW + hours * 3600);
        assert_eq!(visit(0), (Resumption::No, Ok(())));
        assert_eq!(visit(1), (Resumption::Yes, Ok(())));
        // With a new list the session of the old one holds as long as that did, not longer.
        verifier
            .replace(with(list(2, 4)))
            .unwrap();
        assert_eq!(visit(4), (Resumption::Yes, Ok(())));
        assert_eq!(visit(6), (Resumption::No, Ok(())));
        assert_eq!(visit(7), (Resumption::Yes, Ok(())));
        // Who is revoked meanwhile resumes, and is refused all the same.
        verifier
            .replace(with(list(3, 7).revokes(&leaf.der)))
            .unwrap();
        let (resumption, identity) = visit(8);
        assert_eq!(resumption, Resumption::Yes);
        assert!(matches!(identity, Err(Rejection::Revoked { .. })));
    }
}

#[test]
fn resumption_can_be_switched_off() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for setting in Setting::all(Plugged::Shared) {
        let verifier = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let mut config =
            setting
                .server_pki
                .server_config(&setting.provider, setting.version, verifier);
        config.session_storage = setting.storage.clone();
        forbid_resumption(&mut config);
        assert_eq!(check_config(&config), []);
        let (config, client) = (Arc::new(config), setting.client(Some(&leaf)));
        for _ in 0..3 {
            let facts = HandshakeFacts::from(&connect(&config, &client).server());
            assert_eq!(facts.resumption(), Resumption::No);
        }
    }
}

/// Makes the same ticket for every session, and keeps what it was asked to read.
#[derive(Debug, Default)]
struct Parrot {
    ticket: Vec<u8>,
    asked: Mutex<Vec<Vec<u8>>>,
}

impl ProducesTickets for Parrot {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        3600
    }

    fn encrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        Some(self.ticket.clone())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.asked
            .lock()
            .unwrap()
            .push(ticket.to_vec());
        None
    }
}

#[test]
fn a_client_that_sends_the_question_of_check_config_as_its_ticket_gets_no_session() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for setting in Setting::all(Plugged::ForConnection) {
        let Some(ticketer) = &setting.ticketer else {
            continue;
        };
        let verifier = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let config = |ticketer: Arc<dyn ProducesTickets>| {
            let handle = verifier.for_connection();
            let mut config = setting.server_pki.server_config(
                &setting.provider,
                setting.version,
                handle.clone(),
            );
            config.ticketer = ticketer;
            (config, handle)
        };
        // What is asked of a ticketer that is not bound.
        let parrot = Arc::new(Parrot::default());
        let (unbound, _) = config(parrot.clone());
        assert!(check_config(&unbound).contains(&ConfigFault::UnboundTickets));
        let question = parrot.asked.lock().unwrap()[0].clone();

        let (mut bound, handle) = config(ticketer.clone());
        handle.bind_sessions(&mut bound, "one");
        // None of the client's octets come back as a session, or as anything else.
        assert_eq!(bound.ticketer.decrypt(&question), Some(Vec::new()));
        assert_eq!(bound.session_storage.get(&question), Some(Vec::new()));

        let (another, _) = config(Arc::new(Parrot {
            ticket: question,
            ..Parrot::default()
        }));
        let client = setting.client(Some(&leaf));
        connect(&Arc::new(another), &client).server();
        let facts = HandshakeFacts::from(&connect(&Arc::new(bound), &client).server());
        assert_eq!(facts.resumption(), Resumption::No);
    }
}

#[test]
fn what_is_unsafe_is_reported_and_mended() {
    let root = Authority::root("root");
    for setting in Setting::all(Plugged::ForConnection) {
        let verifier = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let handle = verifier.for_connection();
        let mut config =
            setting
                .server_pki
                .server_config(&setting.provider, setting.version, handle.clone());
        config.max_early_data_size = 100;
        config.send_half_rtt_data = true;
        let mut expected = vec![
            ConfigFault::EarlyData { bytes: 100 },
            ConfigFault::HalfRttData,
            ConfigFault::UnboundStorage,
        ];
        if let Some(ticketer) = &setting.ticketer {
            config.ticketer = ticketer.clone();
            expected.push(ConfigFault::UnboundTickets);
        }
        assert_eq!(check_config(&config), expected);
        handle.bind_sessions(&mut config, "one");
        assert_eq!(check_config(&config), []);
        assert_eq!(config.max_early_data_size, 0);
        assert!(!config.send_half_rtt_data);
    }
}
