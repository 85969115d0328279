//! What a request costs on a connection whose client is known: beside the same headers without anybody
//! asking whether the client would still be let in.

mod shared;

use std::sync::Arc;

use edge_mtls::{
    CertChain, CertForwarder, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ConnectionInfo,
    ConnectionStep, Decision, Edge, EdgeConnection, HandshakeFacts, HeaderProfile, PolicyMap,
    TrustStore,
};
use http::Request;
use http::request::Parts;
use shared::{client, compare, intermediate, now, root};

const HOST: &str = "a.example";

fn main() {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let ca = root("root");
    let sub = intermediate(&ca, "intermediate");
    let leaf = client(&sub, "client");
    let chain = CertChain::from_der([&leaf, &sub.der]).unwrap();
    let chains = ChainPolicy::builder(TrustStore::from_der([&ca.der]).unwrap())
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let policy = ClientAuthPolicy::required(chains.clone());
    let verifier = ClientCertVerifier::new(policy.clone(), &provider).unwrap();
    let facts = HandshakeFacts::new(Some(chain.clone())).server_name_indication(HOST);
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    let admit = |edge: Edge| -> EdgeConnection {
        edge.admit(&facts, ConnectionInfo::default(), now())
            .unwrap()
    };

    let plain = admit(Edge::new(verifier.clone(), forwarder.clone()));
    let deciding = admit(Edge::new(verifier.clone(), forwarder.clone()).function(allow));
    let by_name = admit(Edge::by_name(names(&verifier), forwarder.clone()));
    let headers = forwarder
        .encode(&plain.identity())
        .unwrap();
    let request = browser_request();
    let prepare = |connection: &EdgeConnection| {
        let mut request = request.clone();
        connection
            .prepare(&mut request, now())
            .unwrap();
        request
    };
    let apply = || {
        let mut request = request.clone();
        headers
            .apply(&mut request.headers)
            .unwrap();
        request
    };

    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    compare("prepare", || prepare(&plain), "apply", apply);
    compare(
        "prepare, a function for connections",
        || prepare(&deciding),
        "prepare",
        || prepare(&plain),
    );
    compare(
        "prepare, policies by name",
        || prepare(&by_name),
        "prepare",
        || prepare(&plain),
    );
    compare(
        "prepare after a reload",
        || {
            verifier.replace_with_ca_names(policy.clone());
            prepare(&plain)
        },
        "evaluate",
        || chains.evaluate(&chain, now()).unwrap(),
    );
}

fn allow(_: &mut ConnectionStep<'_>) -> Decision {
    Decision::Allow
}

fn names(verifier: &Arc<ClientCertVerifier>) -> PolicyMap {
    PolicyMap::builder()
        .policy("clients", verifier.clone(), [HOST])
        .policy("others", verifier.clone(), ["*.b.example"])
        .build()
        .unwrap()
}

fn browser_request() -> Parts {
    let (parts, ()) = [
        ("host", HOST),
        ("user-agent", "Mozilla/5.0"),
        ("accept", "text/html,application/xhtml+xml"),
        ("accept-language", "en"),
        ("accept-encoding", "gzip, br"),
        ("cookie", "a=b"),
        ("cache-control", "no-cache"),
    ]
    .into_iter()
    .fold(Request::builder(), |request, (name, value)| {
        request.header(name, value)
    })
    .body(())
    .unwrap()
    .into_parts();
    parts
}
