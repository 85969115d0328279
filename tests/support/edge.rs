//! Machines with an `Edge`, and clients that connect to them in memory.

use std::sync::Arc;

use edge_mtls::{
    CertForwarder, ClientAuthPolicy, ClientCertVerifier, ConnectionInfo, Edge, EdgeConnection,
    EdgeRefusal, HandshakeFacts, HeaderProfile, RefusedConnection, Resumption,
};
use http::Request;
use http::request::Parts;
use rustls::crypto::CryptoProvider;
use rustls::server::{ProducesTickets, ServerSessionMemoryCache};
use rustls::{ClientConfig, SupportedProtocolVersion};

use super::pki::{Authority, Leaf, at, providers};
use super::tls::{Clock, Handshake, SERVER_NAME, ServerPki, VERSIONS, connect};

/// What machines share: a provider, a version of TLS, a session store, ticket keys.
pub struct Site {
    server_pki: ServerPki,
    pub provider: Arc<CryptoProvider>,
    pub version: &'static SupportedProtocolVersion,
    storage: Arc<ServerSessionMemoryCache>,
    ticketer: Option<Arc<dyn ProducesTickets>>,
}

impl Site {
    /// Both providers, both versions, with a session store and with tickets.
    pub fn all() -> Vec<Self> {
        let ticketers = [
            rustls::crypto::aws_lc_rs::Ticketer::new().unwrap(),
            rustls::crypto::ring::Ticketer::new().unwrap(),
        ];
        let mut sites = Vec::new();
        for (provider, ticketer) in providers().into_iter().zip(ticketers) {
            for version in VERSIONS {
                for ticketer in [None, Some(ticketer.clone())] {
                    sites.push(Self {
                        server_pki: ServerPki::new(),
                        provider: provider.clone(),
                        version,
                        storage: ServerSessionMemoryCache::new(64),
                        ticketer,
                    });
                }
            }
        }
        sites
    }

    /// The same without tickets: enough where sessions are of no interest.
    pub fn plain() -> Vec<Self> {
        Self::all()
            .into_iter()
            .filter(|site| site.ticketer.is_none())
            .collect()
    }

    pub fn verifier(&self, policy: ClientAuthPolicy) -> Arc<ClientCertVerifier> {
        ClientCertVerifier::new(policy, &self.provider).unwrap()
    }

    /// An edge with one policy, that sends RFC 9440.
    pub fn edge(&self, policy: ClientAuthPolicy) -> Edge {
        self.edge_of(&self.verifier(policy))
    }

    pub fn edge_of(&self, verifier: &Arc<ClientCertVerifier>) -> Edge {
        Edge::new(
            verifier.clone(),
            CertForwarder::new(HeaderProfile::rfc9440()),
        )
    }

    pub fn client(&self, leaf: Option<&Leaf>) -> Arc<ClientConfig> {
        self.client_presenting(leaf, &[])
    }

    pub fn client_presenting(
        &self,
        leaf: Option<&Leaf>,
        others: &[&Authority],
    ) -> Arc<ClientConfig> {
        Arc::new(self.server_pki.client_config(
            &self.provider,
            self.version,
            leaf.map(|leaf| (leaf.presented(others), leaf.private_key())),
        ))
    }

    /// Connects a client at an instant, as a host would that reads the ClientHello.
    pub fn visit(
        &self,
        edge: &Edge,
        client: &Arc<ClientConfig>,
        seconds: u64,
    ) -> Result<EdgeConnection, RefusedConnection> {
        let now = at(seconds);
        let handshake = edge
            .begin(Some(SERVER_NAME))
            .map_err(|rejection| Edge::refused_name(Some(SERVER_NAME), rejection, info(), now))?;
        let config = handshake
            .server_config(|verifier| {
                let mut config =
                    self.server_pki
                        .server_config(&self.provider, self.version, verifier);
                config.time_provider = Arc::new(Clock(now));
                config.session_storage = self.storage.clone();
                if let Some(ticketer) = &self.ticketer {
                    config.ticketer = ticketer.clone();
                }
                // What a careless host may leave on.
                config.max_early_data_size = 1024;
                config.send_half_rtt_data = true;
                Ok::<_, rustls::Error>(config)
            })
            .unwrap();
        assert_eq!(edge_mtls::check_config(&config), []);
        match connect(&config, client) {
            Handshake::Finished { server, .. } => {
                handshake.admit(&HandshakeFacts::from(&server), info(), now)
            }
            Handshake::Refused { error, server, .. } => {
                let facts = HandshakeFacts::from(&server);
                Err(handshake.failed(&error, Some(&facts), info(), now))
            }
        }
    }

    /// Connects a client as a host does that has one configuration, and `Edge::admit` alone.
    pub fn visit_shared(
        &self,
        edge: &Edge,
        verifier: &Arc<ClientCertVerifier>,
        client: &Arc<ClientConfig>,
        seconds: u64,
    ) -> Result<EdgeConnection, RefusedConnection> {
        let mut config =
            self.server_pki
                .server_config(&self.provider, self.version, verifier.clone());
        config.time_provider = Arc::new(Clock(at(seconds)));
        config.session_storage = self.storage.clone();
        if let Some(ticketer) = &self.ticketer {
            config.ticketer = ticketer.clone();
        }
        verifier.bind_sessions(&mut config, "default");
        let server = connect(&Arc::new(config), client).server();
        edge.admit(&HandshakeFacts::from(&server), info(), at(seconds))
    }
}

pub fn info() -> ConnectionInfo {
    ConnectionInfo::of("192.0.2.1:4711".parse().unwrap()).id("c-1")
}

/// A request for the edge's own host.
pub fn request() -> Parts {
    request_with(&[])
}

/// The same with these headers.
pub fn request_with(headers: &[(&str, &str)]) -> Parts {
    let request = headers
        .iter()
        .fold(Request::builder().uri("/"), |request, (name, value)| {
            request.header(*name, *value)
        });
    let (parts, ()) = request
        .header("host", SERVER_NAME)
        .body(())
        .unwrap()
        .into_parts();
    parts
}

/// The headers that a request of a connection gets.
pub fn forwarded(
    connection: &EdgeConnection,
    seconds: u64,
) -> Result<Vec<(String, String)>, EdgeRefusal> {
    let mut parts = request();
    connection.prepare(&mut parts, at(seconds))?;
    Ok(headers_of(&parts))
}

/// All headers but `Host`.
pub fn headers_of(parts: &Parts) -> Vec<(String, String)> {
    parts
        .headers
        .iter()
        .filter(|(name, _)| *name != "host")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

/// Whether a visit resumed a session, and the code of why it was refused, or `ok`.
pub fn summary(visit: &Result<EdgeConnection, RefusedConnection>) -> (Option<Resumption>, String) {
    let (record, code) = match visit {
        Ok(connection) => (connection.record(), "ok".into()),
        Err(refused) => (refused.record(), refused.reason().code().to_owned()),
    };
    let resumption = record
        .get("tlsResumed")
        .map(|resumed| match &*resumed {
            "true" => Resumption::Yes,
            _ => Resumption::No,
        });
    (resumption, code)
}
