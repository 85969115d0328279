//! Any words beside the certificates: never a panic, and a certificate is claimed to be verified
//! only if the words say so.
//!
//! The first octet of the input is the profile, the second the relaxations, the third the identity
//! whose headers are changed. Then, on each line: an octet for the name, and the value, or nothing to
//! take the header out.

#![no_main]

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ClaimedStatus, ClientIdentity, HeaderProfile, Received,
};
use edge_mtls_fuzz::pki::{GOOD_LEAVES, INTERMEDIATES};
use edge_mtls_fuzz::receiving::{receive, relaxed};
use edge_mtls_fuzz::{SMALL, assert_visible, choose, identities};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// A preset, and in which words it says that a certificate is verified, if not in the status header.
type Preset = (fn() -> HeaderProfile, Option<(&'static str, &'static str)>);

const PRESETS: [Preset; 9] = [
    (
        HeaderProfile::nginx,
        Some(("x-ssl-client-verify", "SUCCESS")),
    ),
    (HeaderProfile::haproxy, Some(("x-ssl-client-verify", "0"))),
    (
        HeaderProfile::apache,
        Some(("ssl_client_verify", "SUCCESS")),
    ),
    (
        HeaderProfile::google_cloud,
        Some(("x-client-cert-chain-verified", "true")),
    ),
    (HeaderProfile::cloudflare_rfc9440, None),
    (
        HeaderProfile::azure_app_gateway,
        Some(("x-client-certificate-verification", "SUCCESS")),
    ),
    (HeaderProfile::cloudfront, None),
    (HeaderProfile::cloudflare, None),
    (
        HeaderProfile::ingress_nginx,
        Some(("ssl-client-verify", "SUCCESS")),
    ),
];

/// Digests of the leaf.
const DIGESTS: [&str; 5] = [
    "cf-client-cert-sha256",
    "cloudfront-viewer-cert-sha256",
    "x-client-cert-hash",
    "x-ssl-client-fingerprint",
    "x-ssl-client-sha1",
];

/// What products write where they have no digest.
const MARKS_OF_ABSENCE: [&str; 7] = ["", "::", "\"\"", "-", "NONE", "(null)", ":(null):"];

fuzz_target!(|data: &[u8]| {
    let [preset, relaxations, mode, lines @ ..] = data else {
        return;
    };
    let (profile, verdict) = choose(*preset, &PRESETS);
    let expects_status = relaxations >> 6 & 1 == 1;
    let (profile, receiver) = match expects_status {
        true => (
            profile().with_status_header(),
            CertReceiver::new(profile()).expect_status_header(),
        ),
        false => (
            profile().without_status_header(),
            CertReceiver::new(profile()),
        ),
    };
    let identity = identity(*mode);
    let original = original(profile.clone(), &identity);
    let headers = changed(&profile, &original, lines);

    let is_verified = verdict
        .into_iter()
        .filter_map(|(name, word)| Some(headers.get(name)? == word))
        .chain(
            headers
                .get(HeaderProfile::STATUS_HEADER)
                .filter(|_| expects_status)
                .map(has_token_verified),
        );
    // Words that contradict each other are an error.
    let is_verified: Vec<bool> = is_verified.collect();
    match receive(&relaxed(receiver, *relaxations), SMALL, &headers) {
        Ok(Some(received)) => {
            match received.claimed_status() {
                Some(ClaimedStatus::Verified | ClaimedStatus::VerifiedUnproven { .. }) => {
                    assert!(!is_verified.is_empty() && is_verified.iter().all(|is| *is));
                }
                _ => assert!(!is_verified.contains(&true)),
            }
            if identity
                .chain()
                .is_some_and(|chain| chain.leaf_der() == received.chain().leaf_der())
            {
                check_digests(&original, &received);
            }
            for name in profile.header_names() {
                assert_visible(
                    received
                        .claim(name.as_str())
                        .unwrap_or_default(),
                );
            }
        }
        // HAProxy's 0 is its word for nothing to verify, too.
        Ok(None) => {
            assert!(!is_verified.contains(&true) || verdict.is_some_and(|(_, word)| word == "0"));
        }
        Err(_) => {}
    }
});

fn identity(mode: u8) -> ClientIdentity {
    let chain = CertChain::from_der(
        [GOOD_LEAVES[0]]
            .iter()
            .chain(&INTERMEDIATES),
    );
    let chain = chain.filter(|_| mode & 4 == 0);
    identities::identity(mode & 3, chain).expect("a good chain")
}

fn original(profile: HeaderProfile, identity: &ClientIdentity) -> HeaderMap {
    let cert_headers = CertForwarder::new(profile)
        .encode(identity)
        .expect("a small chain");
    let mut headers = HeaderMap::new();
    cert_headers
        .apply(&mut headers)
        .expect("room for the headers");
    headers
}

fn changed(profile: &HeaderProfile, original: &HeaderMap, lines: &[u8]) -> HeaderMap {
    let mut names: Vec<HeaderName> = profile
        .header_names()
        .cloned()
        .collect();
    names.extend(OTHER_NAMES.map(HeaderName::from_static));
    let mut headers = original.clone();
    for line in lines.split(|octet| *octet == b'\n') {
        let Some((name, value)) = line.split_first() else {
            continue;
        };
        let name = choose(*name, &names);
        match (value, HeaderValue::from_bytes(value)) {
            ([], _) => drop(headers.remove(name)),
            (_, Ok(value)) => drop(headers.insert(name, value)),
            (_, Err(_)) => {}
        }
    }
    headers
}

/// Names that stand for those of a profile.
const OTHER_NAMES: [&str; 3] = [
    "client_cert_status",
    "ssl_client_cert_chain_0",
    "ssl_client_cert_chain_1",
];

fn has_token_verified(status: &HeaderValue) -> bool {
    let status = String::from_utf8_lossy(status.as_bytes());
    status
        .split(';')
        .next()
        .is_some_and(|token| token.trim_matches(' ') == "verified")
}

fn check_digests(original: &HeaderMap, received: &Received) {
    for name in DIGESTS {
        if let (Some(own), Some(value)) = (original.get(name), received.claim(name)) {
            let own = own.to_str().expect("visible ASCII");
            let is_digest = match name {
                "x-client-cert-hash" => value.trim_end_matches('=') == own,
                _ => value.eq_ignore_ascii_case(own),
            };
            assert!(is_digest || MARKS_OF_ABSENCE.contains(&value.trim()));
        }
    }
}
