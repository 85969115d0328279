//! What a request costs on a connection whose client is known: beside the same headers without anybody
//! asking whether the client would still be let in, and those beside a request without any. With
//! `-- --instructions`, what stripping costs, counted by valgrind.

#[path = "shared/callgrind.rs"]
mod callgrind;
#[path = "shared/heads.rs"]
mod heads;
mod shared;

use std::sync::Arc;

use callgrind::Instructions;
use edge_mtls::{
    CertChain, CertForwarder, CertHeaders, ChainPolicy, ClientAuthPolicy, ClientCertVerifier,
    ClientIdentity, ConnectionInfo, ConnectionStep, Decision, Edge, EdgeConnection, HandshakeFacts,
    HeaderProfile, PolicyMap, TrustStore,
};
use heads::heads;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request};
use shared::{client, compare, difference, intermediate, now, root};

const HOST: &str = "a.example";

fn main() {
    match std::env::args().any(|argument| argument == "--instructions") {
        true => print_instructions(),
        false => print_times(),
    }
}

/// What stripping takes of each header that is not ours.
fn print_instructions() {
    let Some(mut instructions) = Instructions::of_this_process() else {
        return;
    };
    println!("name\tinstructions");
    let none = none();
    let mut heads = heads();
    let headers: usize = heads.iter().map(HeaderMap::len).sum();
    let count = instructions.count(|| {
        for head in &mut heads {
            none.apply(head).unwrap();
        }
    });
    let each = count as f64 / headers as f64;
    println!("strip, a header of six real requests\t{each:.1}");
}

/// Strips, and sets nothing.
fn none() -> CertHeaders {
    CertForwarder::new(HeaderProfile::rfc9440().without_status_header())
        .encode(&ClientIdentity::Anonymous)
        .unwrap()
}

fn print_times() {
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
    kept_alive(&forwarder, &plain.identity());
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

/// What is done for each request, once its connection's headers are encoded.
fn kept_alive(forwarder: &CertForwarder, identity: &ClientIdentity) {
    let none = none();
    let mut heads = heads();
    let cloned = heads.clone();
    compare(
        "strip six real requests of 57 headers",
        || {
            for head in &mut heads {
                none.apply(head).unwrap();
            }
        },
        "hash each name",
        || -> usize {
            cloned
                .iter()
                .map(|head| {
                    head.keys()
                        .filter(|name| head.contains_key(*name))
                        .count()
                })
                .sum()
        },
    );

    let headers = forwarder.encode(identity).unwrap();
    let mut request = cloned[0].clone();
    // Room for them: what a map allocates is its own affair.
    request.reserve(headers.iter().count());
    let mut same = request.clone();
    same.reserve(headers.iter().count());
    let values = headers.iter().count();
    let mut shared = || {
        headers.apply(&mut request).unwrap();
        for (name, _) in headers.iter() {
            request.remove(name);
        }
    };
    let mut fixed = || {
        none.apply(&mut same).unwrap();
        for (name, _) in headers.iter() {
            same.append(name, HeaderValue::from_static("1"));
        }
        for (name, _) in headers.iter() {
            same.remove(name);
        }
    };
    compare(
        "a kept-alive request: strip, set three values",
        &mut shared,
        "strip, insert static values",
        &mut fixed,
    );
    println!(
        "a value of a kept-alive request, beside a static one\t{:.1}",
        difference(shared, fixed) / values as f64
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
