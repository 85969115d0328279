//! What the round trips of both profiles share.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ClientAuthPolicy, ClientCertVerifier, HandshakeFacts,
    HeaderProfile, TrustedHop,
};
use http::HeaderMap;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::UnixTime;

use crate::split;

static PASSTHROUGH: LazyLock<Arc<ClientCertVerifier>> = LazyLock::new(|| {
    ClientCertVerifier::new(ClientAuthPolicy::passthrough(), &default_provider())
        .expect("algorithms")
});

/// Forwards the chain in `data` by `profile`, over headers that a client forged, and receives it
/// again: the same chain, or an error, and never a value that is no header value.
pub fn header_round_trip(data: &[u8], profile: fn() -> HeaderProfile) {
    let facts = HandshakeFacts::new(CertChain::from_der(split(data)));
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600));
    let Ok(identity) = PASSTHROUGH.identity(&facts, now) else {
        return;
    };
    let Ok(cert_headers) = CertForwarder::new(profile()).encode(&identity) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("client_cert", "forged".parse().expect("a value"));
    headers.insert("client-cert", "forged".parse().expect("a value"));
    headers.insert("connection", "client-cert".parse().expect("a value"));
    cert_headers
        .apply(&mut headers)
        .expect("room for the headers");
    for (name, value) in &headers {
        assert!(name.as_str() != "client_cert" && name.as_str() != "connection");
        assert!(value != "forged");
        assert!(
            value
                .as_bytes()
                .iter()
                .all(|octet| matches!(octet, 0x20..=0x7e))
        );
    }
    let received =
        CertReceiver::new(profile()).receive(&headers, &TrustedHop::private_network("fuzz"));
    if let Ok(received) = received {
        let received = received
            .as_ref()
            .map(|received| received.chain());
        assert_eq!(received, identity.chain());
    }
}
