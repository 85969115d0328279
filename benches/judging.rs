//! Judging a chain of leaf and intermediate, beside its signatures alone and beside rustls's own verifier: with
//! few anchors and with many, for clients never seen before and seen before.

mod shared;

use std::cell::Cell;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use edge_mtls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use edge_mtls::{CertChain, Certificate, ChainPolicy, SignatureCache, TrustStore};
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use shared::{Ca, client_with, compare, intermediate_with, now, root, root_with};

/// A client's chain, and the anchor above it.
struct Pki {
    root: Ca,
    sub: Ca,
    leaf: Vec<u8>,
}

impl Pki {
    fn new(key: &dyn Fn() -> KeyPair) -> Self {
        let root = root_with("the root", key());
        let sub = intermediate_with(&root, "the intermediate", key());
        Self {
            leaf: client_with(&sub, "alice", key()),
            root,
            sub,
        }
    }

    fn chain(&self) -> CertChain {
        CertChain::from_der([&self.leaf, &self.sub.der]).unwrap()
    }

    /// The two verifications of a cold verdict, and nothing else: its limit.
    fn signatures(&self) -> impl Fn() + use<> {
        let links = [
            (self.leaf.clone(), self.sub.der.clone()),
            (self.sub.der.clone(), self.root.der.clone()),
        ];
        move || {
            for (certificate, issuer) in &links {
                verify(certificate, issuer);
            }
        }
    }
}

fn verify(certificate: &[u8], issuer: &[u8]) {
    let issuer = Certificate::from_der(issuer).unwrap();
    let spki = issuer.subject_public_key_info().into();
    let key = webpki::RawPublicKeyEntity::try_from(&spki).unwrap();
    let (message, algorithm, signature) = parts(certificate);
    let verified = algorithms().iter().any(|candidate| {
        candidate.signature_alg_id().as_ref() == algorithm
            && key
                .verify_signature(*candidate, message, signature)
                .is_ok()
    });
    assert!(verified);
}

/// What is signed, by which algorithm, and the signature.
fn parts(certificate: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (_, contents, _) = element(certificate);
    let (message, _, rest) = element(contents);
    let (_, algorithm, rest) = element(rest);
    let (_, signature, _) = element(rest);
    (message, algorithm, &signature[1..])
}

/// The whole of the first element, its contents, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (header, length) = match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        long => {
            let octets = usize::from(long & 0x7f);
            let length = der[2..2 + octets]
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet));
            (2 + octets, length)
        }
    };
    (
        &der[..header + length],
        &der[header..header + length],
        &der[header + length..],
    )
}

fn algorithms() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    rustls::crypto::aws_lc_rs::default_provider()
        .signature_verification_algorithms
        .all
}

fn policy<'a>(anchors: impl Iterator<Item = &'a [u8]>) -> ChainPolicy {
    ChainPolicy::builder(TrustStore::from_der(anchors).unwrap())
        .build(algorithms())
        .unwrap()
}

fn remembering(pki: &Pki, cache: SignatureCache) -> ChainPolicy {
    ChainPolicy::builder(TrustStore::from_der([&pki.root.der]).unwrap())
        .signature_cache(cache)
        .build(algorithms())
        .unwrap()
}

fn main() {
    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    by_anchors(&Pki::new(&p256));
    many_of_one_subject();
    by_memory("P-256", &p256);
    by_memory("RSA-2048", &rsa);
    by_memory("Ed25519", &ed25519);
}

fn p256() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn ed25519() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).unwrap()
}

/// By the other provider: ring makes no keys of this kind.
fn rsa() -> KeyPair {
    let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    KeyPair::try_from(der.as_ref()).unwrap()
}

/// A client never seen before, under more and more anchors.
fn by_anchors(pki: &Pki) {
    let chain = pki.chain();
    let signatures = pki.signatures();
    let others: Vec<Vec<u8>> = (1..100_000)
        .map(|index| root(&format!("root {index}")).der)
        .collect();
    for count in [1, 100, 1_000, 10_000, 100_000] {
        let anchors = || {
            others[..count - 1]
                .iter()
                .chain([&pki.root.der])
                .map(Vec::as_slice)
        };
        let policy = policy(anchors());
        policy.evaluate(&chain, now()).unwrap();
        compare(
            &format!("judge, {count} anchors"),
            || policy.evaluate(&chain, now()),
            "the two signatures",
            &signatures,
        );

        let mut roots = RootCertStore::empty();
        for anchor in anchors() {
            roots
                .add(CertificateDer::from(anchor.to_vec()))
                .unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let peer = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        let end_entity = CertificateDer::from(pki.leaf.as_slice());
        let intermediates = [CertificateDer::from(pki.sub.der.as_slice())];
        peer.verify_client_cert(&end_entity, &intermediates, now())
            .unwrap();
        compare(
            &format!("judge, {count} anchors"),
            || policy.evaluate(&chain, now()),
            "WebPkiClientVerifier",
            || peer.verify_client_cert(&end_entity, &intermediates, now()),
        );
    }
}

/// A CA whose key was rolled over again and again.
fn many_of_one_subject() {
    let pki = Pki::new(&p256);
    let others: Vec<Vec<u8>> = (1..1_000)
        .map(|_| root("the root").der)
        .collect();
    let anchors = || {
        others
            .iter()
            .chain([&pki.root.der])
            .map(Vec::as_slice)
    };
    let (many, one) = (
        policy(anchors()),
        policy([pki.root.der.as_slice()].into_iter()),
    );
    let chain = pki.chain();
    many.evaluate(&chain, now()).unwrap();
    one.evaluate(&chain, now()).unwrap();
    compare(
        "judge, 1,000 anchors of one subject",
        || many.evaluate(&chain, now()),
        "one anchor",
        || one.evaluate(&chain, now()),
    );
}

/// What is remembered of signatures, against a verdict that remembers nothing.
fn by_memory(name: &str, key: &dyn Fn() -> KeyPair) {
    let pki = Pki::new(key);
    let chain = pki.chain();
    let cold = policy([pki.root.der.as_slice()].into_iter());
    cold.evaluate(&chain, now()).unwrap();
    compare(
        &format!("judge, {name}"),
        || cold.evaluate(&chain, now()),
        "the two signatures",
        pki.signatures(),
    );

    let repeat = remembering(&pki, SignatureCache::new(100_000).remember_leaves());
    repeat.evaluate(&chain, now()).unwrap();
    compare(
        &format!("judge, {name}, a client seen before, leaves remembered"),
        || repeat.evaluate(&chain, now()),
        "never seen before",
        || cold.evaluate(&chain, now()),
    );

    // Many leaves in turn, none of which is remembered.
    let clients: Vec<CertChain> = (0..64)
        .map(|number| client_with(&pki.sub, &format!("client {number}"), key()))
        .map(|leaf| CertChain::from_der([&leaf, &pki.sub.der]).unwrap())
        .collect();
    let issuers = remembering(&pki, SignatureCache::new(100_000));
    issuers.evaluate(&chain, now()).unwrap();
    let turn = Cell::new(0);
    let next = || {
        turn.set((turn.get() + 1) % clients.len());
        &clients[turn.get()]
    };
    compare(
        &format!("judge, {name}, a new leaf, its issuer remembered"),
        || issuers.evaluate(next(), now()),
        "nothing remembered",
        || cold.evaluate(next(), now()),
    );
}
