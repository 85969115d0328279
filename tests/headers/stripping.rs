//! Strip first, always, in every spelling (section C of the security lessons).

use edge_mtls::{CertForwarder, ClientIdentity, HeaderProfile};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use crate::support::pki::Authority;
use crate::unverified;

fn header(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).unwrap()
}

fn forged(names: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in names {
        for _ in 0..2 {
            headers.append(header(name), HeaderValue::from_static("forged"));
        }
    }
    headers
}

fn is_clean(headers: &HeaderMap) -> bool {
    headers
        .values()
        .all(|value| value != "forged")
}

const FORGED: [&str; 12] = [
    "Client-Cert",
    "Client_Cert",
    "client.cert",
    "CLIENT-CERT-CHAIN",
    "Client-Cert-Status",
    "X-SSL-Client-Cert",
    "X_SSL_Client_Verify",
    "X-Forwarded-Client-Cert",
    "X.Forwarded.Client_Cert",
    "SSL_CLIENT_CERT_CHAIN_3",
    "CloudFront-Viewer-Cert-Subject",
    "X-Amzn-Mtls-Clientcert",
];

#[test]
fn with_and_without_a_certificate() {
    let identities = [
        ClientIdentity::Anonymous,
        unverified(
            Authority::root("root")
                .client("alice")
                .chain(&[]),
        ),
    ];
    for profile in [HeaderProfile::rfc9440(), HeaderProfile::cloudfront()] {
        let forwarder = CertForwarder::new(profile);
        for identity in &identities {
            let mut headers = forged(&FORGED);
            forwarder
                .encode(identity)
                .unwrap()
                .apply(&mut headers)
                .unwrap();
            assert!(is_clean(&headers), "{headers:?}");
            // What was set is there once.
            for name in headers.keys() {
                assert_eq!(headers.get_all(name).iter().count(), 1);
            }
        }
    }
}

#[test]
fn names_that_the_host_chose() {
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440())
        .also_strip([header("x-our-own")])
        .also_strip([header("X-Another")]);
    let mut headers = forged(&["x-our-own", "X_Our_Own", "x.another", "x-other"]);
    forwarder
        .encode(&ClientIdentity::Anonymous)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    assert!(
        headers.contains_key("x-other") && headers.keys_len() == 2,
        "{headers:?}"
    );
}

#[test]
fn connection_cannot_make_the_next_hop_drop_a_header() {
    for value in [
        "client-cert",
        "close, Client-Cert",
        "CLIENT_CERT ,close",
        ",client-cert,",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("connection", value.parse().unwrap());
        headers.insert("trailer", value.parse().unwrap());
        CertForwarder::new(HeaderProfile::rfc9440())
            .encode(&unverified(
                Authority::root("root")
                    .client("alice")
                    .chain(&[]),
            ))
            .unwrap()
            .apply(&mut headers)
            .unwrap();
        for list in ["connection", "trailer"] {
            let left: Vec<&HeaderValue> = headers.get_all(list).iter().collect();
            match value.contains("close") {
                true => assert_eq!(left, ["close"]),
                false => assert!(left.is_empty(), "{left:?}"),
            }
        }
        assert!(headers.contains_key("client-cert"));
    }
}

#[test]
fn trailers_are_stripped_too() {
    let mut trailers = forged(&FORGED);
    trailers.insert("x-checksum", HeaderValue::from_static("1"));
    CertForwarder::new(HeaderProfile::rfc9440()).strip_trailers(&mut trailers);
    assert_eq!(trailers.len(), 1);
    assert!(trailers.contains_key("x-checksum"));
}

proptest! {
    /// Any letter case and any separator that a header name can have.
    #[test]
    fn no_spelling_survives(
        name in proptest::sample::select(FORGED.to_vec()),
        separators in proptest::collection::vec(proptest::sample::select(b"-_.~!#$%&'*+^`|".to_vec()), 8),
        upper in any::<u32>(),
    ) {
        let mut separators = separators.into_iter().cycle();
        let spelling: Vec<u8> = name
            .bytes()
            .enumerate()
            .map(|(index, octet)| match octet {
                b'-' | b'_' | b'.' => separators.next().unwrap(),
                letter if upper >> (index % 32) & 1 == 1 => letter.to_ascii_uppercase(),
                letter => letter.to_ascii_lowercase(),
            })
            .collect();
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_bytes(&spelling).unwrap(), HeaderValue::from_static("forged"));
        CertForwarder::new(HeaderProfile::rfc9440())
            .encode(&ClientIdentity::Anonymous)
            .unwrap()
            .apply(&mut headers)
            .unwrap();
        prop_assert!(is_clean(&headers), "{headers:?}");
    }
}
