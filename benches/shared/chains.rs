//! Chains of three of the size that RSA-2048 makes them, 3,198 octets of DER, all different.
//!
//! Keys and signatures are random octets in the shape of RSA's: encoders and decoders do not know
//! better, and real keys would take minutes to make.
#![allow(dead_code, reason = "each bench uses a part of it")]

use edge_mtls::{
    CertChain, CertForwarder, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts,
};
use http::HeaderMap;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, Error, Issuer, PKCS_RSA_SHA256,
    PublicKeyData, SignatureAlgorithm, SigningKey,
};

use super::now;

/// More than a branch predictor learns by heart.
pub const CHAINS: usize = 512;

const LEAF: usize = 1_104;
const CA: usize = 1_047;

/// What a passthrough makes of so many clients.
pub fn identities() -> Vec<ClientIdentity> {
    let provider = rustls::crypto::ring::default_provider();
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::passthrough(), &provider).unwrap();
    (0..CHAINS)
        .map(|index| {
            let chain = CertChain::from_der([
                certificate(&format!("client {index}"), LEAF),
                certificate(&format!("intermediate {index}"), CA),
                certificate(&format!("root {index}"), CA),
            ]);
            verifier
                .identity(&HandshakeFacts::new(chain), now())
                .unwrap()
        })
        .collect()
}

/// A request of each client, with nothing but these headers.
pub fn requests(forwarder: &CertForwarder, identities: &[ClientIdentity]) -> Vec<HeaderMap> {
    identities
        .iter()
        .map(|identity| {
            let mut headers = HeaderMap::new();
            forwarder
                .encode(identity)
                .unwrap()
                .apply(&mut headers)
                .unwrap();
            headers
        })
        .collect()
}

/// A certificate of exactly so many octets.
fn certificate(name: &str, size: usize) -> Vec<u8> {
    let issuer = Issuer::new(params(&format!("the issuer of {name}"), 0), Rsa::random());
    let mut padding = 0;
    loop {
        let key = Rsa::random();
        let der = params(name, padding)
            .signed_by(&key, &issuer)
            .unwrap()
            .der()
            .to_vec();
        match der.len() {
            len if len == size => return der,
            len => padding = (padding + size).saturating_sub(len),
        }
    }
}

/// What real certificates hold in extensions is random octets here.
fn params(name: &str, padding: usize) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.custom_extensions = vec![CustomExtension::from_oid_content(
        &[2, 25, 1],
        random(padding),
    )];
    params
}

struct Rsa {
    /// An RSAPublicKey (RFC 8017 appendix A.1.1).
    der: Vec<u8>,
}

impl Rsa {
    fn random() -> Self {
        let mut der = vec![0x30, 0x82, 1, 10, 0x02, 0x82, 1, 1, 0, 0xc5];
        der.extend(random(255));
        der.extend([0x02, 3, 1, 0, 1]);
        Self { der }
    }
}

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.der
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for Rsa {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(random(256))
    }
}

fn random(octets: usize) -> Vec<u8> {
    let mut random = vec![0; octets];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut random)
        .unwrap();
    random
}
