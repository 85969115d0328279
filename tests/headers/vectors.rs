//! Test vectors: RFC 9440's Appendix A, and the values that CloudFront documents.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::{
    CertForwarder, CertReceiver, Certificate, ClientAuthPolicy, HeaderProfile, TrustedHop,
};
use http::{HeaderMap, HeaderValue};

use crate::appendix_a::{INTERMEDIATE, LEAF, ROOT, THEN, der};
use crate::support::der::{name_of, utc_time};
use crate::support::pki::{Authority, at, policy};
use crate::{appendix_a, forwarded, identity, listed, unverified};

#[test]
fn rfc_9440_appendix_a() {
    let leaf = der(LEAF);
    let view = Certificate::from_der(&leaf).unwrap();
    let digest: String = view
        .sha256()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert_eq!(
        digest,
        "bfaf1f7e070f9fa8dd62905f158da73f84a1136624fbafcc9393c8f7287a69eb"
    );
    assert_eq!(leaf.len(), 428);

    let chains = appendix_a::policy();
    let identity = appendix_a::identity(ClientAuthPolicy::required(chains.clone()));

    let mut headers = HeaderMap::new();
    CertForwarder::new(HeaderProfile::rfc9440())
        .with_anchor()
        .encode(&identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    let client_cert = format!(":{LEAF}:");
    assert_eq!(client_cert.len(), 574);
    let whole_chain = format!(":{INTERMEDIATE}:, :{ROOT}:");
    assert_eq!(
        listed(&headers),
        [
            ("client-cert", client_cert.as_str()),
            ("client-cert-chain", whole_chain.as_str()),
            ("client-cert-status", "verified"),
        ]
    );
    // The root is left out unless asked for.
    let headers = forwarded(HeaderProfile::rfc9440(), &identity);
    assert_eq!(headers["client-cert-chain"], format!(":{INTERMEDIATE}:"));

    // And back, at an origin that judges by a policy of the same type.
    let received = CertReceiver::new(HeaderProfile::rfc9440())
        .receive(&headers, &TrustedHop::private_network("test"))
        .unwrap()
        .unwrap();
    assert_eq!(received.chain(), &appendix_a::chain());
    let verified = chains
        .evaluate(received.chain(), at(THEN))
        .unwrap();
    assert_eq!(verified.leaf().subject().to_string(), "CN=BC");

    // The chain may come on several lines, the root included.
    let mut lines = HeaderMap::new();
    lines.insert("client-cert", headers["client-cert"].clone());
    for member in [INTERMEDIATE, ROOT] {
        let line = HeaderValue::from_str(&format!(":{member}:")).unwrap();
        lines.append("client-cert-chain", line);
    }
    let received = CertReceiver::new(HeaderProfile::rfc9440())
        .receive(&lines, &TrustedHop::private_network("test"))
        .unwrap()
        .unwrap();
    assert_eq!(received.chain().len(), 3);
}

/// The examples of CloudFront's documentation, as far as a certificate of one's own can have them.
#[test]
fn cloudfront_documents_these_values() {
    let root = Authority::root("root");
    let leaf = root.odd_leaf(|mut odd| {
        odd.serial = vec![0x4a, 0x3f, 0x5c, 0x92, 0xd1, 0xe8, 0x7b, 0x6c];
        odd.issuer = name_of(&[
            ("2.5.4.6", "US"),
            ("2.5.4.8", "Washington"),
            ("2.5.4.7", "Seattle"),
            ("2.5.4.10", "mTLS"),
            ("2.5.4.11", "rootCA"),
            ("2.5.4.3", "rootcamtls.com"),
        ]);
        odd.subject = name_of(&[
            ("2.5.4.6", "US"),
            ("2.5.4.8", "Washington"),
            ("2.5.4.10", "mTLS"),
            ("2.5.4.11", "client-3"),
            ("2.5.4.3", "client_.com"),
        ]);
        odd.not_before = utc_time("230921015017Z");
        odd.not_after = utc_time("240920015017Z");
        odd
    });
    let chain = leaf.chain(&[&root]);
    let headers = forwarded(HeaderProfile::cloudfront(), &unverified(chain));
    let digest: String = Certificate::from_der(&leaf.der)
        .unwrap()
        .sha256()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let client_cert = format!(":{}:", STANDARD.encode(&leaf.der));
    let client_cert_chain = format!(":{}:", STANDARD.encode(root.der()));
    assert_eq!(
        listed(&headers),
        [
            ("client-cert", client_cert.as_str()),
            ("client-cert-chain", client_cert_chain.as_str()),
            ("client-cert-status", "unverified;reason=passthrough"),
            (
                "cloudfront-viewer-cert-issuer",
                "CN=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US"
            ),
            ("cloudfront-viewer-cert-present", "1"),
            (
                "cloudfront-viewer-cert-serial-number",
                "4a:3f:5c:92:d1:e8:7b:6c"
            ),
            ("cloudfront-viewer-cert-sha256", digest.as_str()),
            (
                "cloudfront-viewer-cert-subject",
                "CN=client_.com,OU=client-3,O=mTLS,ST=Washington,C=US"
            ),
            (
                "cloudfront-viewer-cert-validity",
                "NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z"
            ),
        ]
    );
}

#[test]
fn cloudfront_sends_pem_for_verified_clients_alone() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for mode in [ClientAuthPolicy::required, ClientAuthPolicy::optional] {
        let verified = identity(mode(policy(&[&root])), Some(leaf.chain(&[&root])));
        let headers = forwarded(HeaderProfile::cloudfront(), &verified);
        let pem = headers["cloudfront-viewer-cert-pem"]
            .to_str()
            .unwrap();
        assert!(
            pem.starts_with("-----BEGIN%20CERTIFICATE-----%0AMII"),
            "{pem}"
        );
        assert!(pem.ends_with("%0A-----END%20CERTIFICATE-----%0A"), "{pem}");
        assert!(!headers.contains_key("client-cert") && !headers.contains_key("client-cert-chain"));
        assert_eq!(headers["client-cert-status"], "verified");
        assert_eq!(headers.len(), 8);
    }
}

#[test]
fn without_a_certificate_hardly_anything_is_sent() {
    let root = Authority::root("root");
    for policy in [
        ClientAuthPolicy::optional(policy(&[&root])),
        ClientAuthPolicy::passthrough(),
    ] {
        let anonymous = identity(policy, None);
        let headers = forwarded(HeaderProfile::cloudfront(), &anonymous);
        assert_eq!(
            listed(&headers),
            [
                ("client-cert-status", "none"),
                ("cloudfront-viewer-cert-present", "0")
            ]
        );
        let plain = HeaderProfile::cloudfront().without_status_header();
        assert_eq!(
            listed(&forwarded(plain, &anonymous)),
            [("cloudfront-viewer-cert-present", "0")]
        );
        let headers = forwarded(HeaderProfile::rfc9440(), &anonymous);
        assert_eq!(listed(&headers), [("client-cert-status", "none")]);
    }
}
