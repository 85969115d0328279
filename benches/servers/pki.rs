//! The files that the servers and the clients read.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::lists::list_of;
use crate::support::pki::{Authority, Leaf, params};

/// How many clients there are.
pub const CLIENTS: usize = 64;

const ANCHORS: usize = 10_000;
const ENTRIES: usize = 1_000_000;

pub const SERVER_NAME: &str = "edge.example";

pub struct Folder {
    path: PathBuf,
    /// Whether it goes with this value.
    is_own: bool,
}

impl Folder {
    pub fn at(path: &str) -> Self {
        Self {
            path: path.into(),
            is_own: false,
        }
    }

    /// A PKI for the server, one for clients, many other anchors, and a list of each CA of the clients'.
    pub fn make() -> Self {
        let path = std::env::temp_dir().join(format!("edge-mtls-servers-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        let folder = Self { path, is_own: true };

        let server_root = Authority::root("server root");
        let mut server = params("server");
        server.subject_alt_names = vec![rcgen::SanType::DnsName(SERVER_NAME.try_into().unwrap())];
        let server = server_root.leaf(server);
        folder.write("server-root.pem", &certificate(server_root.der()));
        folder.write("server.pem", &certificate(&server.der));
        folder.write("server.key", &key(&server));

        let root = Authority::root("client root");
        let intermediate = root.intermediate("client intermediate");
        folder.write("client-root.pem", &certificate(root.der()));
        let anchors: String = (0..ANCHORS)
            .map(|index| match index {
                5_000 => certificate(root.der()),
                _ => certificate(Authority::root(&format!("other root {index}")).der()),
            })
            .collect();
        folder.write("anchors.pem", &anchors);
        for (name, authority) in [("root", &root), ("intermediate", &intermediate)] {
            let der = list_of(authority, ENTRIES);
            fs::write(folder.file(&format!("{name}.crl")), der).unwrap();
        }
        for index in 0..CLIENTS {
            let client = intermediate.client(&format!("client {index}"));
            let chain = certificate(&client.der) + &certificate(intermediate.der());
            folder.write(&format!("client{index}.pem"), &chain);
            folder.write(&format!("client{index}.key"), &key(&client));
        }
        folder
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    /// A chain, the leaf first, and its key.
    pub fn chain(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = CertificateDer::pem_file_iter(self.file(&format!("{name}.pem")))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let key = PrivateKeyDer::from_pem_file(self.file(&format!("{name}.key"))).unwrap();
        (chain, key)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_own {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn certificate(der: &[u8]) -> String {
    pem("CERTIFICATE", der)
}

fn key(leaf: &Leaf) -> String {
    pem("PRIVATE KEY", &leaf.key)
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
