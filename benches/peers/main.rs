//! What is done elsewhere than in Rust, beside ours: chains of three as nginx and Go encode them, what OpenSSL
//! and Go decode, and their verdicts, each from the DER; and a certificate's view beside other crates'.
//!
//! OpenSSL and Go run in programs of their own, which are built here where `cc` and OpenSSL's headers, or `go`,
//! are installed, and are named and left out where not. Whatever they give out is compared with ours first.
//! Decoding, both also parse each certificate, as their users would; a receiver reads its outline.

#[path = "../shared/chains.rs"]
mod chains;
mod inputs;
mod program;
#[path = "../shared/mod.rs"]
mod shared;
mod view;

use chains::{identities, requests};
use edge_mtls::{
    CertChain, CertEncoding, CertForwarder, CertMarks, CertReceiver, ChainPolicy, ClientIdentity,
    Field, HeaderProfile, HeaderRow, PercentEncoding, TrustStore, TrustedHop,
};
use http::{HeaderMap, HeaderName};
use inputs::{ANCHORS, Client, Folder, Pki, texts};
use program::Program;
use shared::{compare_timed, now, time};

fn main() {
    let identities = identities();
    let profile = url_encoded_pem();
    let forwarder = CertForwarder::new(profile.clone().without_status_header());
    let requests = requests(&forwarder, &identities);
    let texts = texts(&requests);
    let pki = Pki::make();
    let folder = Folder::make(&identities, &texts, &pki);
    let forms = texts.iter().map(|text| of_a_form(text));
    let programs = [
        (
            "OpenSSL",
            "nginx's way (OpenSSL)",
            check(&texts),
            Program::openssl(&folder),
        ),
        ("Go", "Go", check(forms), Program::go(&folder)),
    ];

    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    let mut peers = Vec::new();
    for (name, encoder, encoded, program) in programs {
        let Some(mut program) = program else { continue };
        assert_eq!(program.check("encode"), encoded);
        encode(&forwarder, &identities, encoder, &mut program);
        peers.push((name, program));
    }

    let receiver = CertReceiver::new(profile);
    let chains = identities
        .iter()
        .flat_map(|identity| identity.chain().unwrap().certificates());
    let decoded = check(chains);
    for (peer, program) in &mut peers {
        assert_eq!(program.check("decode"), decoded);
        let peer = format!("{peer}, which also parses");
        decode(&receiver, &requests, &peer, program);
    }

    let leaves = check(pki.clients.iter().map(|[leaf, _]| leaf));
    for (work, anchors) in [("judge-under-one", 1), ("judge-under-all", ANCHORS)] {
        let policy = policy(&pki.anchors[..anchors]);
        for (peer, program) in &mut peers {
            assert_eq!(program.check(work), leaves);
            let name = format!("judge from DER, {anchors} anchors");
            judge(&name, &policy, &pki.clients, peer, |calls| {
                program.time(work, calls)
            });
        }
    }

    view::read();
}

fn url_encoded_pem() -> HeaderProfile {
    let marks = CertMarks::pem_percent_encoded(PercentEncoding::Reserved);
    HeaderProfile::empty()
        .with(HeaderRow::new(
            HeaderName::from_static("x-client-chain"),
            Field::LeafAndChain(CertEncoding::Marked(marks)),
        ))
        .unwrap()
}

fn encode(
    forwarder: &CertForwarder,
    identities: &[ClientIdentity],
    peer: &str,
    program: &mut Program,
) {
    let mut next = identities.iter().cycle();
    let mut ours = || {
        forwarder
            .encode(next.next().unwrap())
            .unwrap()
    };
    compare_timed(
        "encode a chain of three, URL-encoded PEM",
        |calls| time(calls, &mut ours),
        peer,
        |calls| program.time("encode", calls),
    );
}

fn decode(receiver: &CertReceiver, requests: &[HeaderMap], peer: &str, program: &mut Program) {
    let hop = TrustedHop::private_network("bench");
    let mut next = requests.iter().cycle();
    let mut ours = || {
        receiver
            .receive(next.next().unwrap(), &hop)
            .unwrap()
    };
    compare_timed(
        "decode a chain of three, URL-encoded PEM",
        |calls| time(calls, &mut ours),
        peer,
        |calls| program.time("decode", calls),
    );
}

fn judge(
    name: &str,
    policy: &ChainPolicy,
    clients: &[Client],
    peer: &str,
    theirs: impl FnMut(u32) -> f64,
) {
    let mut next = clients.iter().cycle();
    let mut ours = || {
        let chain = CertChain::from_der(next.next().unwrap()).unwrap();
        policy.evaluate(&chain, now()).unwrap()
    };
    compare_timed(name, |calls| time(calls, &mut ours), peer, theirs);
}

fn policy(anchors: &[Vec<u8>]) -> ChainPolicy {
    let algorithms = rustls::crypto::aws_lc_rs::default_provider()
        .signature_verification_algorithms
        .all;
    ChainPolicy::builder(TrustStore::from_der(anchors).unwrap())
        .build(algorithms)
        .unwrap()
}

/// Go escapes as forms do, where a space is a `+`.
fn of_a_form(text: &[u8]) -> String {
    str::from_utf8(text)
        .unwrap()
        .replace("%20", "+")
}

/// What a program answers that gave out the same: the octets, and their hash (FNV-1a, 64 bits).
fn check(outputs: impl IntoIterator<Item: AsRef<[u8]>>) -> String {
    let (mut total, mut hash) = (0, 0xcbf2_9ce4_8422_2325_u64);
    for output in outputs {
        total += output.as_ref().len();
        for octet in output.as_ref() {
            hash = (hash ^ u64::from(*octet)).wrapping_mul(0x100_0000_01b3);
        }
    }
    format!("{total} {hash}")
}
