//! Responses on their way to the client: `Vary`, and what may be cached.

use edge_mtls::{CertForwarder, ClientAuthMode, HeaderProfile};
use http::{HeaderMap, HeaderName};

use crate::{lines, listed};

const MODES: [ClientAuthMode; 3] = [
    ClientAuthMode::Optional,
    ClientAuthMode::Passthrough,
    ClientAuthMode::Required,
];

fn prepared(response: &[(&str, &str)], mode: ClientAuthMode) -> HeaderMap {
    let mut headers = lines(response);
    CertForwarder::new(HeaderProfile::rfc9440())
        .also_strip([HeaderName::from_static("x-our-own")])
        .prepare_response(&mut headers, mode)
        .unwrap();
    headers
}

fn vary(values: &[&str], mode: ClientAuthMode) -> Vec<String> {
    let response: Vec<(&str, &str)> = values
        .iter()
        .map(|value| ("vary", *value))
        .collect();
    prepared(&response, mode)
        .get_all("vary")
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_vary_that_names_a_certificate_header_becomes_a_star() {
    for mode in MODES {
        for values in [
            &["Client-Cert"][..],
            &["client-cert-chain"],
            &["CLIENT-CERT-STATUS"],
            &["client_cert"],
            &["Client.Cert_Chain"],
            &["accept, client-cert"],
            &["client-cert,accept"],
            &["accept ,\tClient-Cert\t, origin"],
            &[",,client-cert,"],
            &["accept", "client-cert"],
            &["client-cert", "accept"],
            &["accept", "origin", "te, Client_Cert"],
            &["x-our-own"],
            &["X_Our.Own"],
            // What other products call it, which this origin may read, too.
            &["x-forwarded-client-cert"],
            &["SSL_CLIENT_CERT_CHAIN_3"],
            &["cloudfront-viewer-cert-subject"],
            &["*, client-cert"],
            &["*", "client-cert"],
        ] {
            assert_eq!(vary(values, mode), ["*"], "{values:?}");
        }
    }
}

#[test]
fn a_vary_of_others_stays_as_it_is() {
    for mode in MODES {
        for values in [
            &[][..],
            &["*"],
            &[""],
            &["accept"],
            &["Accept, Origin", "TE"],
            &["client-certificate-policy"],
            &["x-client"],
            &["cert"],
        ] {
            assert_eq!(vary(values, mode), values);
        }
    }
}

#[test]
fn in_passthrough_nothing_is_cached() {
    let response = [
        ("cache-control", "public, max-age=60"),
        ("cache-control", "s-maxage=600"),
        ("cdn-cache-control", "max-age=60"),
        ("content-type", "text/html"),
        ("etag", "\"a\""),
        ("expires", "Thu, 01 Jan 2032 00:00:00 GMT"),
        ("surrogate-control", "max-age=60"),
    ];
    for mode in [ClientAuthMode::Optional, ClientAuthMode::Required] {
        assert_eq!(listed(&prepared(&response, mode)), response, "{mode}");
        // Nothing is added either.
        assert!(prepared(&[], mode).is_empty(), "{mode}");
    }
    assert_eq!(
        listed(&prepared(&response, ClientAuthMode::Passthrough)),
        [
            ("cache-control", "private, no-store"),
            ("content-type", "text/html"),
            ("etag", "\"a\""),
        ]
    );
    // Also where the origin said nothing, or something stricter.
    for said in [
        &[][..],
        &[("cache-control", "no-store")],
        &[("cache-control", "")],
    ] {
        assert_eq!(
            listed(&prepared(said, ClientAuthMode::Passthrough)),
            [("cache-control", "private, no-store")]
        );
    }
}

/// What the response says is the origin's: certificate headers are those of requests.
#[test]
fn other_headers_of_a_response_stay() {
    let response = [("client-cert", "x"), ("connection", "client-cert")];
    for mode in [ClientAuthMode::Optional, ClientAuthMode::Required] {
        assert_eq!(listed(&prepared(&response, mode)), response);
    }
}
