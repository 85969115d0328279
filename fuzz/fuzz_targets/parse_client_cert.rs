//! Any headers: never a panic, never a chain over the limits, and what was taken is a certificate.

#![no_main]

use edge_mtls::{CertReceiver, Certificate, ChainLimits, HeaderProfile, TrustedHop};
use edge_mtls_fuzz::assert_visible;
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// The headers that a profile reads, each set to one line of the input.
const NAMES: [&str; 6] = [
    "client-cert",
    "client-cert-chain",
    "client-cert-status",
    "cloudfront-viewer-cert-pem",
    "cloudfront-viewer-cert-present",
    "cloudfront-viewer-cert-sha256",
];

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for (line, name) in data
        .split(|octet| *octet == b'\n')
        .zip(NAMES.iter().cycle())
    {
        // An empty line leaves the header out.
        if let (false, Ok(value)) = (line.is_empty(), HeaderValue::from_bytes(line)) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let hop = TrustedHop::private_network("fuzz");
    let limits = ChainLimits::new(3, 4_096);
    for profile in [HeaderProfile::rfc9440(), HeaderProfile::cloudfront()] {
        let receiver = CertReceiver::new(profile).limits(limits);
        match receiver.receive(&headers, &hop) {
            Ok(Some(received)) => {
                let chain = received.chain();
                assert!(chain.len() <= limits.max_certificates);
                assert!(chain.total_bytes() <= limits.max_bytes);
                for der in chain.certificates() {
                    assert!(Certificate::from_der(der).is_ok());
                }
            }
            Ok(None) => {}
            Err(error) => assert_visible(error),
        }
    }
});
