//! Clients, one connection after the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use edge_mtls::pki_types::CertificateDer;
use edge_mtls::pki_types::pem::PemObject;
use rustls::client::Resumption;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::pki::{CLIENTS, Folder, SERVER_NAME};
use crate::support::pki::now;
use crate::support::tls::Clock;

pub struct Load(Vec<Arc<ClientConfig>>);

impl Load {
    pub fn new(folder: &Folder) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(folder.file("server-root.pem")).unwrap())
            .unwrap();
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients = (0..CLIENTS).map(|index| {
            let (chain, key) = folder.chain(&format!("client{index}"));
            let mut config =
                ClientConfig::builder_with_details(provider.clone(), Arc::new(Clock(now())))
                    .with_protocol_versions(&[&rustls::version::TLS13])
                    .unwrap()
                    .with_root_certificates(roots.clone())
                    .with_client_auth_cert(chain, key)
                    .unwrap();
            config.resumption = Resumption::disabled();
            Arc::new(config)
        });
        Self(clients.collect())
    }

    /// So many connections, the clients in turn, each with one request.
    pub fn visit(&self, port: u16, connections: usize) {
        for client in self.0.iter().cycle().take(connections) {
            let name = SERVER_NAME.try_into().unwrap();
            let tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
            tcp.set_nodelay(true).unwrap();
            let tls = ClientConnection::new(client.clone(), name).unwrap();
            let mut stream = StreamOwned::new(tls, tcp);
            let request =
                format!("GET / HTTP/1.1\r\nHost: {SERVER_NAME}\r\nConnection: close\r\n\r\n");
            stream
                .write_all(request.as_bytes())
                .unwrap();
            let mut answer = Vec::new();
            let mut part = [0; 4_096];
            // To the end of the body: not everybody says goodbye at once.
            while !answer.ends_with(b"ok") {
                match stream.read(&mut part) {
                    Ok(length @ 1..) => answer.extend_from_slice(&part[..length]),
                    Ok(0) | Err(_) => break,
                }
            }
            assert!(
                answer.starts_with(b"HTTP/1.1 200"),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
}
