//! Formats are configured, never guessed: each reads its own, and refuses those of others.

use edge_mtls::{CertChain, CertReceiver, HeaderProfile};
use http::HeaderMap;

use crate::carrying::*;

/// The forms that the leaf, or the leaf and its chain, travel in. What is of one form is read by all
/// that have it: percent-encoders differ in what they encode, and their readers take all of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Base64,
    ByteSequence,
    PemPercent,
    PemSpaces,
    Xfcc,
}

use Form::*;

/// Which header of each preset has the leaf.
const LEAVES: [(&str, &str, Form); 23] = [
    ("akamai", "akamai-cc-der", ByteSequence),
    ("apache", "ssl_client_cert", PemSpaces),
    ("aspnet", "x-client-cert", Base64),
    ("aws-alb-passthrough", "x-amzn-mtls-clientcert", PemPercent),
    ("aws-alb-verify", "x-amzn-mtls-clientcert-leaf", PemPercent),
    ("azure-app-gateway", "x-client-certificate", PemPercent),
    ("azure-app-service", "x-arr-clientcert", Base64),
    ("caddy", "x-client-cert-der", Base64),
    ("cloud-foundry", XFCC, Base64),
    ("cloudflare", "cf-client-cert-der-base64", Base64),
    ("cloudflare-rfc9440", "client-cert", ByteSequence),
    ("cloudfront", "client-cert", ByteSequence),
    ("cloudfront", "cloudfront-viewer-cert-pem", PemPercent),
    ("envoy", XFCC, Xfcc),
    ("google-cloud", "x-client-cert-leaf", ByteSequence),
    ("haproxy", "x-ssl-client-der", Base64),
    ("ingress-nginx", "ssl-client-cert", PemPercent),
    ("nginx", "x-ssl-client-escaped-cert", PemPercent),
    ("puppet", "x-client-cert", PemPercent),
    ("rfc9440", "client-cert", ByteSequence),
    ("traefik", "x-forwarded-tls-client-cert", Base64),
    ("weblogic", "wl-proxy-client-cert", Base64),
    ("websphere", "$wscc", Base64),
];

/// Percent-encoded PEM came under the name `Client-Cert`, and was read. Whatever one product's edge
/// writes, the origin of another takes only if the form is truly the same.
#[test]
fn kuadrant_openbao_formats_are_never_guessed() {
    for (preset, _) in presets() {
        assert!(
            LEAVES
                .iter()
                .any(|(name, ..)| *name == preset),
            "{preset}"
        );
    }
    let client = Client::new("alice");
    let alone = client.leaf.chain(&[]);
    for (writer, written_in, written) in LEAVES {
        let text = leaf_value(&client, &alone, writer, written_in);
        for (reader, read_from, form) in LEAVES {
            let mut headers = HeaderMap::new();
            headers.insert(header(read_from), value(&text));
            let profile = HeaderProfile::preset(reader).unwrap();
            let read = CertReceiver::new(profile).receive(&headers, &hop());
            match written == form {
                true => assert_eq!(read.unwrap().unwrap().chain(), &alone, "{writer}, {reader}"),
                false => assert!(read.is_err(), "{writer}, {reader}: {read:?}"),
            }
        }
    }
    // In the words of the row.
    let pem = leaf_value(&client, &alone, "nginx", "x-ssl-client-escaped-cert");
    let mut headers = HeaderMap::new();
    headers.insert("client-cert", value(&pem));
    let error = received(&HeaderProfile::rfc9440().without_status_header(), &headers).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("client-cert, member 1: "),
        "{error}"
    );
}

/// The value in which an edge sends the leaf, and nothing else, in this header.
fn leaf_value(client: &Client, alone: &CertChain, preset: &str, name: &str) -> String {
    let profile = HeaderProfile::preset(preset).unwrap();
    [
        unverified(alone.clone()),
        verified(&client.top, alone.clone()),
    ]
    .iter()
    .find_map(|identity| forwarded(&profile, identity).remove(name))
    .unwrap()
    .to_str()
    .unwrap()
    .to_owned()
}

/// All that one edge sends, at the origin of another: the origin sees nothing of it, or refuses it,
/// or, where names and forms are shared, takes this very chain; never another.
#[test]
fn kuadrant_openbao_an_edge_and_an_origin_of_different_products() {
    /// Which origins find the leaf under the name they know, and in their form.
    const SHARED: [(&str, &str); 5] = [
        ("cloudflare-rfc9440", "cloudfront"),
        ("cloudflare-rfc9440", "rfc9440"),
        ("cloudfront", "cloudflare-rfc9440"),
        ("cloudfront", "rfc9440"),
        ("rfc9440", "cloudflare-rfc9440"),
    ];
    /// Which know the name, and have another form for it.
    const CLASH: [(&str, &str); 4] = [
        ("aspnet", "puppet"),
        ("cloud-foundry", "envoy"),
        ("envoy", "cloud-foundry"),
        ("puppet", "aspnet"),
    ];

    let client = Client::new("alice");
    for (writer, written) in presets() {
        for identity in [client.unverified(), client.verified()] {
            let headers = forwarded(&written, &identity);
            for (reader, profile) in presets() {
                if reader == writer {
                    continue;
                }
                let read =
                    CertReceiver::new(profile.without_status_header()).receive(&headers, &hop());
                let pair = (writer, reader);
                if CLASH.contains(&pair) {
                    assert!(read.is_err(), "{pair:?}: {read:?}");
                }
                if let Ok(Some(read)) = &read {
                    assert!(
                        SHARED.contains(&pair) || pair == ("rfc9440", "cloudfront"),
                        "{pair:?}"
                    );
                    assert_eq!(Some(read.chain()), Some(&sent(&identity)), "{pair:?}");
                }
            }
        }
    }
}

/// What an edge sends of an identity: for a verified one, its path.
fn sent(identity: &edge_mtls::ClientIdentity) -> CertChain {
    match identity.verified() {
        Some(verified) => CertChain::from_der(verified.path()).unwrap(),
        None => identity.chain().unwrap().clone(),
    }
}
