//! Judging a chain of leaf and intermediate, P-256, beside rustls's own verifier.

mod shared;

use std::sync::Arc;

use edge_mtls::pki_types::CertificateDer;
use edge_mtls::{CertChain, ChainPolicy, TrustStore};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use shared::{client, compare, intermediate, now, root};

fn main() {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let ca = root("the root");
    let sub = intermediate(&ca, "the intermediate");
    let leaf = client(&sub, "alice");

    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    for count in [1, 100, 1_000, 10_000] {
        let others: Vec<Vec<u8>> = (1..count)
            .map(|index| root(&format!("root {index}")).der)
            .collect();
        let anchors: Vec<&[u8]> = others
            .iter()
            .map(Vec::as_slice)
            .chain([ca.der.as_slice()])
            .collect();

        let policy = ChainPolicy::builder(TrustStore::from_der(anchors.iter().copied()).unwrap())
            .build(
                provider
                    .signature_verification_algorithms
                    .all,
            )
            .unwrap();
        let chain = CertChain::from_der([&leaf, &sub.der]).unwrap();
        policy.evaluate(&chain, now()).unwrap();

        let mut roots = RootCertStore::empty();
        for anchor in &anchors {
            roots
                .add(CertificateDer::from(anchor.to_vec()))
                .unwrap();
        }
        let peer = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .unwrap();
        let end_entity = CertificateDer::from(leaf.as_slice());
        let intermediates = [CertificateDer::from(sub.der.as_slice())];
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
