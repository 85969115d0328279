//! What the `ServerConfig`s of all connections share.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{
    ProducesTickets, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};

/// The parts of a `ServerConfig` that outlive a connection. Sessions and tickets must, or no client
/// could resume; `EdgeHandshake::server_config` binds them to the policy, and to the time for which its
/// verdict holds.
pub struct TlsParts {
    provider: Arc<CryptoProvider>,
    certificate: Arc<dyn ResolvesServerCert>,
    sessions: Arc<dyn StoresServerSessions>,
    ticketer: Arc<dyn ProducesTickets>,
}

impl TlsParts {
    pub fn new(
        provider: Arc<CryptoProvider>,
        certificate: CertifiedKey,
    ) -> Result<Self, rustls::Error> {
        Ok(Self {
            provider,
            certificate: Arc::new(SingleCertAndKey::from(certificate)),
            sessions: ServerSessionMemoryCache::new(1024),
            ticketer: Ticketer::new()?,
        })
    }

    /// The configuration of one connection.
    pub fn config(
        &self,
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> Result<ServerConfig, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(self.certificate.clone());
        config.session_storage = self.sessions.clone();
        config.ticketer = self.ticketer.clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
