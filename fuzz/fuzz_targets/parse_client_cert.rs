//! Any headers: never a panic, never a chain over the limits, and what was taken is a certificate.

#![no_main]

use edge_mtls::{CertReceiver, HeaderProfile};
use edge_mtls_fuzz::SMALL;
use edge_mtls_fuzz::receiving::{headers, receive};
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
    let headers = headers(&NAMES, data);
    for profile in [HeaderProfile::rfc9440(), HeaderProfile::cloudfront()] {
        let receiver = CertReceiver::new(profile);
        let silent = receive(&receiver, SMALL, &headers);
        if let (Ok(Some(silent)), Ok(Some(told))) = (
            silent,
            receive(&receiver.expect_status_header(), SMALL, &headers),
        ) {
            assert_eq!(silent.chain(), told.chain());
        }
    }
});
