//! How often memory is allocated: hardly for a chain, and not at all for a request.

use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertChain, CertEncoding, CertForwarder, CertMarks, CertReceiver, ClientAuthPolicy,
    ClientCertVerifier, ClientIdentity, Field, HandshakeFacts, HeaderProfile, HeaderRow,
    PercentEncoding, TrustedHop,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use rcgen::{CertificateParams, KeyPair};

/// What a browser sends: nothing that is stripped, but lists that have to be looked through.
fn request() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("accept", "text/html"),
        ("accept-encoding", "gzip, br"),
        ("connection", "keep-alive, te"),
        ("cookie", "a=b"),
        ("host", "a.example"),
        ("proxy-connection", "keep-alive"),
        ("te", "trailers"),
        ("trailer", "x-checksum"),
        ("user-agent", "client-cert/1.0"),
        ("x-client", "1"),
        ("x-forwarded-for", "192.0.2.1"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// Three certificates, which is all that matters here.
fn identity() -> ClientIdentity {
    let chain = ["leaf", "intermediate", "root"].map(|name| {
        let params = CertificateParams::new(vec![name.into()]).unwrap();
        let key = KeyPair::generate().unwrap();
        params
            .self_signed(&key)
            .unwrap()
            .der()
            .to_vec()
    });
    let provider = rustls::crypto::ring::default_provider();
    let facts = HandshakeFacts::new(CertChain::from_der(chain));
    ClientCertVerifier::new(ClientAuthPolicy::passthrough(), &provider)
        .unwrap()
        .identity(&facts, UnixTime::now())
        .unwrap()
}

fn profiles() -> [HeaderProfile; 3] {
    let escaped_pem = CertMarks::pem_percent_encoded(PercentEncoding::Reserved);
    let row = HeaderRow::new(
        HeaderName::from_static("x-client-chain"),
        Field::LeafAndChain(CertEncoding::Marked(escaped_pem)),
    );
    [
        HeaderProfile::aws_alb_passthrough(),
        HeaderProfile::empty()
            .with(row)
            .unwrap(),
        HeaderProfile::rfc9440(),
    ]
    .map(HeaderProfile::without_status_header)
}

fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[test]
fn a_request_with_nothing_to_strip_or_set() {
    let encoded = CertForwarder::new(HeaderProfile::rfc9440().without_status_header())
        .encode(&ClientIdentity::Anonymous)
        .unwrap();
    assert_eq!(encoded.iter().count(), 0);
    let mut headers = request();
    let before = headers.clone();
    assert_eq!(allocations(|| encoded.apply(&mut headers).unwrap()), 0);
    assert_eq!(headers, before);

    // The counter counts: what has to be stripped is collected first.
    headers.insert("client-cert", HeaderValue::from_static("forged"));
    assert!(allocations(|| encoded.apply(&mut headers).unwrap()) > 0);
    assert_eq!(headers, before);
}

#[test]
fn trailers_with_nothing_to_strip() {
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    let mut trailers = request();
    let before = trailers.clone();
    assert_eq!(allocations(|| forwarder.strip_trailers(&mut trailers)), 0);
    assert_eq!(trailers, before);
}

#[test]
fn values_and_chains() {
    let identity = identity();
    let hop = TrustedHop::private_network("test");
    for profile in profiles() {
        let forwarder = CertForwarder::new(profile.clone());
        // What is made once is made.
        let encoded = forwarder.encode(&identity).unwrap();
        let values = u64::try_from(encoded.iter().count()).unwrap();
        let encode = allocations(|| drop(forwarder.encode(&identity)));
        let mut headers = HeaderMap::new();
        encoded.apply(&mut headers).unwrap();
        let receiver = CertReceiver::new(profile);
        let receive = allocations(|| drop(receiver.receive(&headers, &hop)));
        // Two for each value, and what the table of them takes.
        assert!(encode <= 2 * values + 4, "{encode} for {values} values");
        // One for the octets, and one to share them.
        assert_eq!(receive, 2, "{values} values");
    }
}

#[test]
fn a_request_of_a_client_with_a_certificate() {
    let identity = identity();
    for profile in profiles() {
        let encoded = CertForwarder::new(profile)
            .encode(&identity)
            .unwrap();
        let mut headers = request();
        headers.reserve(2);
        assert_eq!(allocations(|| encoded.apply(&mut headers).unwrap()), 0);
    }
}
