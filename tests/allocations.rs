//! What it costs to strip where there is nothing to strip: no allocation.

use edge_mtls::{CertForwarder, ClientIdentity, HeaderProfile};
use http::{HeaderMap, HeaderValue};

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
