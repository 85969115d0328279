//! A bare loop on this crate, and the same without it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use edge_mtls::{
    CertForwarder, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, Edge, HandshakeFacts,
    HeaderProfile, RevocationLists, SignatureCache, TrustStore,
};
use http::Request;
use rustls::crypto::CryptoProvider;
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::pki::{Folder, SERVER_NAME};
use crate::possession::PossessionByHand;
use crate::support::pki::now;
use crate::support::tls::Clock;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// No client authentication.
    None,
    /// Any certificate whose key signed, judged by hand.
    Possession,
    /// This crate in required mode, with the signatures of intermediates remembered.
    Required,
    /// The same, with those of leaves as well.
    RequiredLeaves,
}

impl Kind {
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::Possession,
        Self::Required,
        Self::RequiredLeaves,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no client authentication",
            Self::Possession => "possession by hand",
            Self::Required => "required",
            Self::RequiredLeaves => "required, leaves remembered",
        }
    }

    pub fn named(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap()
    }
}

/// Serves for as long as the process lives; prints its port.
pub fn serve(kind: Kind, folder: &Folder) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let certificate = certificate(folder, &provider);
    let edge = match kind {
        Kind::Required | Kind::RequiredLeaves => Some(edge(folder, &provider, kind)),
        Kind::None | Kind::Possession => None,
    };
    let by_hand = Arc::new(PossessionByHand(provider.signature_verification_algorithms));
    let fixed = Arc::new(match kind {
        Kind::Possession => config(&provider, &certificate, Some(by_hand)),
        _ => config(&provider, &certificate, None),
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (tcp, peer) = listener.accept().unwrap();
        tcp.set_nodelay(true).unwrap();
        match &edge {
            Some(edge) => judged(tcp, peer, edge, &provider, &certificate),
            None => {
                let mut tls = ServerConnection::new(fixed.clone()).unwrap();
                answer(tcp, &mut tls, |_| {});
            }
        }
    }
}

/// A connection of an edge: its client is judged, and the request gets its certificate.
fn judged(
    tcp: TcpStream,
    peer: SocketAddr,
    edge: &Edge,
    provider: &Arc<CryptoProvider>,
    certificate: &Arc<CertifiedKey>,
) {
    let handshake = edge.begin(Some(SERVER_NAME)).unwrap();
    let config = handshake
        .server_config(|verifier| {
            Ok::<_, rustls::Error>(config(provider, certificate, Some(verifier)))
        })
        .unwrap();
    let mut tls = ServerConnection::new(config).unwrap();
    answer(tcp, &mut tls, |tls| {
        let connection = handshake
            .admit(&HandshakeFacts::from(tls), peer, now())
            .unwrap();
        let request = Request::get("/")
            .header("host", SERVER_NAME)
            .body(());
        let (mut parts, ()) = request.unwrap().into_parts();
        connection
            .prepare(&mut parts, now())
            .unwrap();
        assert!(
            parts
                .headers
                .contains_key("client-cert-chain")
        );
    });
}

/// Reads a request, and answers.
fn answer(mut tcp: TcpStream, tls: &mut ServerConnection, admit: impl FnOnce(&ServerConnection)) {
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).unwrap();
    }
    admit(tls);
    let mut stream = Stream::new(tls, &mut tcp);
    let mut lines = BufReader::new(&mut stream);
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        .unwrap();
    tls.send_close_notify();
    let _ = tls.complete_io(&mut tcp);
}

fn certificate(folder: &Folder, provider: &CryptoProvider) -> Arc<CertifiedKey> {
    let (chain, key) = folder.chain("server");
    let key = provider
        .key_provider
        .load_private_key(key)
        .unwrap();
    Arc::new(CertifiedKey::new(chain, key))
}

fn edge(folder: &Folder, provider: &CryptoProvider, kind: Kind) -> Edge {
    let store = TrustStore::from_pem(&folder.read("anchors.pem")).unwrap();
    let lists =
        RevocationLists::from_der([folder.read("root.crl"), folder.read("intermediate.crl")]);
    let cache = match kind {
        Kind::RequiredLeaves => SignatureCache::new(100_000).remember_leaves(),
        _ => SignatureCache::new(100_000),
    };
    let policy = ChainPolicy::builder(store)
        .signature_cache(cache)
        .revocation(lists.unwrap())
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::required(policy), provider).unwrap();
    Edge::new(verifier, CertForwarder::new(HeaderProfile::rfc9440()))
}

fn config(
    provider: &Arc<CryptoProvider>,
    certificate: &Arc<CertifiedKey>,
    verifier: Option<Arc<dyn RustlsVerifier>>,
) -> ServerConfig {
    let builder = ServerConfig::builder_with_details(provider.clone(), Arc::new(Clock(now())))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap();
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config =
        builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certificate.clone())));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}
