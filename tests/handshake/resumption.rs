//! rustls asks no verifier when a session is resumed: the identity is judged all the same.

use std::sync::Arc;

use edge_mtls::{
    CertForwarder, ClientAuthPolicy, ClientCertVerifier, HandshakeFacts, HeaderProfile, Rejection,
    Resumption,
};
use http::HeaderMap;
use rcgen::date_time_ymd;
use rustls::crypto::CryptoProvider;
use rustls::server::ServerSessionMemoryCache;
use rustls::{ClientConfig, ServerConfig, SupportedProtocolVersion};

use crate::support::pki::{Authority, at, client_params, now, policy, providers};
use crate::support::tls::{ServerPki, VERSIONS, connect};

/// Where a session is kept between two connections.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// Session identifiers, or stateful tickets: at the server.
    InMemory,
    /// Tickets: at the client, sealed.
    InTickets,
}

/// A client and servers that share their sessions.
struct Setting {
    server_pki: ServerPki,
    provider: Arc<CryptoProvider>,
    version: &'static SupportedProtocolVersion,
    kept: Kept,
    storage: Arc<ServerSessionMemoryCache>,
    ticketer: Arc<dyn rustls::server::ProducesTickets>,
}

impl Setting {
    fn all() -> Vec<Self> {
        let mut settings = Vec::new();
        let ticketers = [
            rustls::crypto::aws_lc_rs::Ticketer::new().unwrap(),
            rustls::crypto::ring::Ticketer::new().unwrap(),
        ];
        for (provider, ticketer) in providers().into_iter().zip(ticketers) {
            for version in VERSIONS {
                for kept in [Kept::InMemory, Kept::InTickets] {
                    settings.push(Self {
                        server_pki: ServerPki::new(),
                        provider: provider.clone(),
                        version,
                        kept,
                        storage: ServerSessionMemoryCache::new(64),
                        ticketer: ticketer.clone(),
                    });
                }
            }
        }
        settings
    }

    fn server(&self, verifier: &Arc<ClientCertVerifier>) -> Arc<ServerConfig> {
        let mut config =
            self.server_pki
                .server_config(&self.provider, self.version, verifier.clone());
        config.session_storage = self.storage.clone();
        if let Kept::InTickets = self.kept {
            config.ticketer = self.ticketer.clone();
        }
        Arc::new(config)
    }

    fn verifier(&self, policy: ClientAuthPolicy) -> Arc<ClientCertVerifier> {
        ClientCertVerifier::new(policy, &self.provider).unwrap()
    }

    fn client(&self, leaf: Option<&crate::support::pki::Leaf>) -> Arc<ClientConfig> {
        Arc::new(self.server_pki.client_config(
            &self.provider,
            self.version,
            leaf.map(|leaf| (leaf.presented(&[]), leaf.private_key())),
        ))
    }

    fn facts(
        &self,
        verifier: &Arc<ClientCertVerifier>,
        client: &Arc<ClientConfig>,
        expected: Resumption,
    ) -> HandshakeFacts {
        let facts = HandshakeFacts::from(&connect(&self.server(verifier), client).server());
        assert_eq!(
            facts.resumption(),
            expected,
            "{:?} {:?}",
            self.version,
            self.kept
        );
        facts
    }
}

fn forwarded(identity: &edge_mtls::ClientIdentity) -> HeaderMap {
    let mut headers = HeaderMap::new();
    CertForwarder::new(HeaderProfile::cloudfront())
        .encode(identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    headers
}

#[test]
fn verdict_and_headers_are_those_of_the_full_handshake() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for setting in Setting::all() {
        for policy in [
            ClientAuthPolicy::required(policy(&[&root])),
            ClientAuthPolicy::optional(policy(&[&root])),
            ClientAuthPolicy::passthrough(),
        ] {
            let verifier = setting.verifier(policy);
            let client = setting.client(Some(&leaf));
            let full = setting.facts(&verifier, &client, Resumption::No);
            let resumed = setting.facts(&verifier, &client, Resumption::Yes);
            let [full, resumed] = [full, resumed].map(|facts| {
                verifier
                    .identity(&facts, now())
                    .unwrap()
            });
            assert_eq!(forwarded(&full), forwarded(&resumed));
            assert_eq!(full.verified().is_some(), resumed.verified().is_some());
        }
    }
}

#[test]
fn what_changed_since_is_refused() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let mut short = client_params("alice");
    short.not_after = date_time_ymd(2030, 1, 2); // 1893542400
    let leaf = root.leaf(short);
    for setting in Setting::all() {
        let verifier = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let client = setting.client(Some(&leaf));
        setting.facts(&verifier, &client, Resumption::No);
        let resumed = setting.facts(&verifier, &client, Resumption::Yes);
        assert!(
            verifier
                .identity(&resumed, now())
                .is_ok()
        );
        // The certificate has expired since.
        assert_eq!(
            verifier
                .identity(&resumed, at(1_893_542_401))
                .unwrap_err()
                .code(),
            "expired"
        );
        // Its anchor has been removed since.
        verifier
            .replace(ClientAuthPolicy::required(policy(&[&other])))
            .unwrap();
        let resumed = setting.facts(&verifier, &client, Resumption::Yes);
        assert_eq!(
            verifier
                .identity(&resumed, now())
                .unwrap_err()
                .code(),
            "untrusted"
        );
    }
}

#[test]
fn an_anonymous_session_never_resumes_into_required() {
    let root = Authority::root("root");
    for setting in Setting::all() {
        let lax = setting.verifier(ClientAuthPolicy::optional(policy(&[&root])));
        let strict = setting.verifier(ClientAuthPolicy::required(policy(&[&root])));
        let client = setting.client(None);
        let full = setting.facts(&lax, &client, Resumption::No);
        assert!(lax.identity(&full, now()).is_ok());
        // rustls lets it through; the identity does not.
        let resumed = setting.facts(&strict, &client, Resumption::Yes);
        assert_eq!(
            strict
                .identity(&resumed, now())
                .unwrap_err(),
            Rejection::Missing
        );
        assert_eq!(
            strict
                .for_connection()
                .identity(&resumed, now())
                .unwrap_err(),
            Rejection::Missing
        );
    }
}
