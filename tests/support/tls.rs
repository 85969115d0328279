//! Real TLS connections, in memory.

use std::sync::Arc;

use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig,
    ServerConnection, SignatureScheme, SupportedProtocolVersion,
};

use super::pki::{Authority, now, params};

pub const SERVER_NAME: &str = "edge.example";

/// Both versions, so that every test can run with each.
pub const VERSIONS: [&SupportedProtocolVersion; 2] =
    [&rustls::version::TLS12, &rustls::version::TLS13];

/// The server's own PKI.
pub struct ServerPki {
    authority: Authority,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl ServerPki {
    pub fn new() -> Self {
        let authority = Authority::root("server root");
        let mut params = params("server");
        params.subject_alt_names = [SERVER_NAME, "strict.example", "lax.example"]
            .map(|name| rcgen::SanType::DnsName(name.try_into().unwrap()))
            .into();
        let leaf = authority.leaf(params);
        Self {
            certificate: leaf.der.clone(),
            key: leaf.private_key(),
            authority,
        }
    }

    pub fn server_config(
        &self,
        provider: &Arc<CryptoProvider>,
        version: &'static SupportedProtocolVersion,
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> ServerConfig {
        let mut config =
            ServerConfig::builder_with_details(provider.clone(), Arc::new(Clock(now())))
                .with_protocol_versions(&[version])
                .unwrap()
                .with_client_cert_verifier(verifier)
                .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
                .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    /// A client that presents `chain` and signs with `key`, whether or not they belong together.
    pub fn client_config(
        &self,
        provider: &Arc<CryptoProvider>,
        version: &'static SupportedProtocolVersion,
        presents: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.authority.der().clone())
            .unwrap();
        let builder = ClientConfig::builder_with_details(provider.clone(), Arc::new(Clock(now())))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match presents {
            Some((chain, key)) => {
                let key = provider
                    .key_provider
                    .load_private_key(key)
                    .unwrap();
                builder.with_client_cert_resolver(Arc::new(Presents(Arc::new(CertifiedKey::new(
                    chain, key,
                )))))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

/// A clock that stands still.
#[derive(Debug)]
pub struct Clock(pub UnixTime);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// Presents the same certificate to everybody.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl ResolvesClientCert for Presents {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// How a handshake ended.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Handshake {
    Finished {
        server: ServerConnection,
        client: ClientConnection,
    },
    /// The server refused it.
    Refused {
        error: Error,
        /// The alert that the client got.
        alert: AlertDescription,
        server: ServerConnection,
    },
}

impl Handshake {
    pub fn server(self) -> ServerConnection {
        match self {
            Self::Finished { server, .. } => server,
            Self::Refused { error, .. } => panic!("refused: {error}"),
        }
    }
}

/// Connects a client to a server until both have finished, and all tickets have arrived.
pub fn connect(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>) -> Handshake {
    let mut server = ServerConnection::new(server.clone()).unwrap();
    let mut client =
        ClientConnection::new(client.clone(), SERVER_NAME.try_into().unwrap()).unwrap();
    loop {
        let sent = transfer_to_server(&mut client, &mut server);
        if let Err(error) = sent {
            return refused(error, server, client);
        }
        let answered = transfer_to_client(&mut server, &mut client).unwrap();
        if sent.unwrap() + answered == 0 {
            assert!(!client.is_handshaking() && !server.is_handshaking());
            return Handshake::Finished { server, client };
        }
    }
}

fn refused(error: Error, mut server: ServerConnection, mut client: ClientConnection) -> Handshake {
    match transfer_to_client(&mut server, &mut client) {
        Err(Error::AlertReceived(alert)) => Handshake::Refused {
            error,
            alert,
            server,
        },
        other => panic!("the client got no alert but {other:?}; the server said {error:?}"),
    }
}

pub fn transfer_to_server(
    client: &mut ClientConnection,
    server: &mut ServerConnection,
) -> Result<usize, Error> {
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        server.read_tls(&mut rest).unwrap();
        server.process_new_packets()?;
    }
    Ok(bytes.len())
}

pub fn transfer_to_client(
    server: &mut ServerConnection,
    client: &mut ClientConnection,
) -> Result<usize, Error> {
    let mut bytes = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        client.read_tls(&mut rest).unwrap();
        client.process_new_packets()?;
    }
    Ok(bytes.len())
}
