//! The clients, their authorities, and what each of them presents.

use edge_mtls::pki_types::CertificateDer;
use edge_mtls::{CertChain, ClientAuthPolicy, ClientIdentity, Passthrough};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::identity;
use crate::programs::Folder;
use crate::support::der::OddCertificate;
use crate::support::pki::{Authority, Leaf, params, policy};

/// What the servers trust, and what they show.
pub struct Pki {
    pub root: Authority,
    pub intermediate: Authority,
}

/// What a client presents.
#[derive(Clone)]
pub struct Presented {
    pub leaf: Leaf,
    pub others: Vec<CertificateDer<'static>>,
}

impl Pki {
    /// Writes the servers' files, too: `server.pem` (certificate and key), `server-ca.pem` and
    /// `client-ca.pem`.
    pub fn new(folder: &Folder) -> Self {
        let server_ca = Authority::root("server root");
        let mut server = params("localhost");
        server
            .subject_alt_names
            .push(rcgen::SanType::DnsName("localhost".try_into().unwrap()));
        let server = server_ca.leaf(server);
        let pki = Self::with_root(Authority::root("root"));
        folder.write("server.pem", &(cert_pem(&server.der) + &key_pem(&server)));
        folder.write("server-ca.pem", &cert_pem(server_ca.der()));
        folder.write("client-ca.pem", &cert_pem(pki.root.der()));
        pki
    }

    fn with_root(root: Authority) -> Self {
        Self {
            intermediate: root.intermediate("intermediate"),
            root,
        }
    }

    /// Authorities that no server trusts.
    pub fn rogue() -> Self {
        Self::with_root(Authority::root("rogue root"))
    }

    pub fn alice(&self) -> Presented {
        Presented::new(self.intermediate.client("alice"), &[&self.intermediate])
    }

    /// A client whose certificate has this subject (the DER of a Name), and any odd field.
    pub fn odd(&self, change: impl FnOnce(OddCertificate) -> OddCertificate) -> Presented {
        let leaf = self.intermediate.odd_leaf(|mut odd| {
            odd.serial = vec![0x0a, 0xbc];
            // Dates that the wall clock is within.
            odd.not_after = crate::support::der::generalized_time("20551231235959Z");
            change(odd)
        });
        Presented::new(leaf, &[&self.intermediate])
    }

    /// What an edge of this crate knows of the client, if it demands certificates.
    pub fn verified(&self, client: &Presented) -> ClientIdentity {
        let policy = ClientAuthPolicy::required(policy(&[&self.root]));
        identity(policy, Some(client.chain()))
    }

    /// What it knows of a client without a certificate, if it takes one.
    pub fn anonymous(&self) -> ClientIdentity {
        identity(ClientAuthPolicy::optional(policy(&[&self.root])), None)
    }

    /// What it knows of any client if it only asks for certificates, and for a verdict.
    pub fn advised(&self, client: &Presented) -> ClientIdentity {
        let policy = Passthrough::default().advisory(policy(&[&self.root]));
        identity(policy.into(), Some(client.chain()))
    }
}

impl Presented {
    pub fn new(leaf: Leaf, others: &[&Authority]) -> Self {
        Self {
            leaf,
            others: others
                .iter()
                .map(|ca| ca.der().clone())
                .collect(),
        }
    }

    pub fn chain(&self) -> CertChain {
        let others = self.others.iter().cloned();
        CertChain::from_der(std::iter::once(self.leaf.der.clone()).chain(others)).unwrap()
    }

    /// The leaf, where a product sends only that.
    pub fn leaf_alone(&self) -> CertChain {
        CertChain::from_der([self.leaf.der.clone()]).unwrap()
    }

    /// The arguments with which `openssl s_client` presents it.
    pub fn arguments(&self, folder: &Folder) -> Vec<String> {
        let leaf = folder.write("leaf.pem", &cert_pem(&self.leaf.der));
        let key = folder.write("leaf.key", &key_pem(&self.leaf));
        let mut arguments = vec!["-cert".to_owned(), leaf, "-key".to_owned(), key];
        if !self.others.is_empty() {
            let others: String = self
                .others
                .iter()
                .map(cert_pem)
                .collect();
            arguments.push("-cert_chain".to_owned());
            arguments.push(folder.write("others.pem", &others));
        }
        arguments
    }
}

/// PEM, as OpenSSL writes it.
pub fn cert_pem(der: &CertificateDer<'_>) -> String {
    pem("CERTIFICATE", der)
}

fn key_pem(leaf: &Leaf) -> String {
    pem("PRIVATE KEY", &leaf.key)
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: String = base64
        .as_bytes()
        .chunks(64)
        .map(|line| format!("{}\n", std::str::from_utf8(line).unwrap()))
        .collect();
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}
