//! Encoding and decoding chains of three, over many different ones in turn, beside the crates that
//! one would take for it.

mod shared;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::pki_types::CertificateDer;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ClientAuthPolicy, ClientCertVerifier, ClientIdentity,
    HandshakeFacts, HeaderProfile, TrustedHop, Xfcc,
};
use http::{HeaderMap, HeaderValue};
use pem_rfc7468::LineEnding;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};
use shared::{client, compare, intermediate, now, root};

const CHAINS: usize = 256;

fn main() {
    let chains: Vec<CertChain> = (0..CHAINS)
        .map(|index| {
            let ca = root(&format!("root {index}"));
            let sub = intermediate(&ca, &format!("intermediate {index}"));
            let leaf = client(&sub, &format!("client {index}"));
            CertChain::from_der([&leaf, &sub.der, &ca.der]).unwrap()
        })
        .collect();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let verifier = ClientCertVerifier::new(ClientAuthPolicy::passthrough(), &provider).unwrap();
    let identities: Vec<ClientIdentity> = chains
        .iter()
        .map(|chain| {
            let facts = HandshakeFacts::new(Some(chain.clone()));
            verifier
                .identity(&facts, now())
                .unwrap()
        })
        .collect();

    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440().without_status_header());
    let mut identity = identities.iter().cycle();
    let mut chain = chains.iter().cycle();
    compare(
        "encode RFC 9440, chain of three",
        || {
            forwarder
                .encode(identity.next().unwrap())
                .unwrap()
        },
        "base64 into HeaderValues",
        || -> Vec<HeaderValue> {
            chain
                .next()
                .unwrap()
                .certificates()
                .map(|der| HeaderValue::try_from(format!(":{}:", STANDARD.encode(der))).unwrap())
                .collect()
        },
    );

    let requests = requests(&forwarder, &identities);
    let receiver = CertReceiver::new(HeaderProfile::rfc9440());
    let hop = TrustedHop::private_network("bench");
    let mut request = requests.iter().cycle();
    let mut same = requests.iter().cycle();
    compare(
        "decode RFC 9440, chain of three",
        || {
            receiver
                .receive(request.next().unwrap(), &hop)
                .unwrap()
        },
        "base64 of the same",
        || -> Vec<Vec<u8>> {
            let headers = same.next().unwrap();
            ["client-cert", "client-cert-chain"]
                .iter()
                .flat_map(|name| {
                    headers[*name]
                        .to_str()
                        .unwrap()
                        .split(", ")
                })
                .map(|member| {
                    STANDARD
                        .decode(member.trim_matches(':'))
                        .unwrap()
                })
                .collect()
        },
    );

    percent_encoded("AWS ALB", HeaderProfile::aws_alb_passthrough(), &identities);
    percent_encoded(
        "Envoy",
        HeaderProfile::envoy(Xfcc::new().chain()),
        &identities,
    );

    let headers = forwarder
        .encode(&identities[0])
        .unwrap();
    let plain = browser_request();
    compare(
        "a request: strip and set",
        || {
            let mut request = plain.clone();
            headers.apply(&mut request).unwrap();
            request
        },
        "clone and insert",
        || {
            let mut request = plain.clone();
            for (name, value) in headers.iter() {
                request.insert(name, value.clone());
            }
            request
        },
    );
}

/// Chains of three as percent-encoded PEM, beside the crates that one would put together for it.
fn percent_encoded(product: &str, profile: HeaderProfile, identities: &[ClientIdentity]) {
    let profile = profile.without_status_header();
    let name = profile
        .header_names()
        .next()
        .unwrap()
        .clone();
    let forwarder = CertForwarder::new(profile.clone());
    let mut identity = identities.iter().cycle();
    let mut same = identities.iter().cycle();
    compare(
        &format!("encode {product}, chain of three"),
        || {
            forwarder
                .encode(identity.next().unwrap())
                .unwrap()
        },
        "pem-rfc7468 and percent-encoding",
        || {
            let chain = same.next().unwrap().chain().unwrap();
            let pem: String = chain
                .certificates()
                .map(|der| pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, der).unwrap())
                .collect();
            HeaderValue::try_from(utf8_percent_encode(&pem, ENVOY).to_string()).unwrap()
        },
    );

    let requests = requests(&forwarder, identities);
    let receiver = CertReceiver::new(profile);
    let hop = TrustedHop::private_network("bench");
    let mut request = requests.iter().cycle();
    let mut same = requests.iter().cycle();
    compare(
        &format!("decode {product}, chain of three"),
        || {
            receiver
                .receive(request.next().unwrap(), &hop)
                .unwrap()
        },
        "percent-encoding and pki-types",
        || -> Vec<CertificateDer<'static>> {
            let text: Cow<'_, [u8]> = percent_decode(same.next().unwrap()[&name].as_bytes()).into();
            CertificateDer::pem_slice_iter(&text)
                .collect::<Result<_, _>>()
                .unwrap()
        },
    );
}

/// A request of each client, with nothing but these headers.
fn requests(forwarder: &CertForwarder, identities: &[ClientIdentity]) -> Vec<HeaderMap> {
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

/// What Envoy encodes.
const ENVOY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'%')
    .add(b'+')
    .add(b'/')
    .add(b'=');

fn browser_request() -> HeaderMap {
    [
        ("host", "a.example"),
        ("user-agent", "Mozilla/5.0"),
        ("accept", "text/html,application/xhtml+xml"),
        ("accept-language", "en"),
        ("accept-encoding", "gzip, br"),
        ("cookie", "a=b"),
        ("connection", "keep-alive"),
        ("cache-control", "no-cache"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect()
}
