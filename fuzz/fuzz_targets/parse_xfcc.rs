//! Any `x-forwarded-client-cert`: never a panic, and what is read is the same once a hop has written
//! it anew.
//!
//! The first octet of the input is the relaxations; then one line a header.

#![no_main]

use std::num::NonZeroUsize;

use edge_mtls::{
    CertForwarder, CertReceiver, Certificate, ClientIdentity, ForwardError, HeaderProfile,
    ReceiveError, Relaxation, Xfcc, XfccForwarding, XfccKey,
};
use edge_mtls_fuzz::receiving::{RELAXATIONS, headers, hop, receive, relaxed};
use edge_mtls_fuzz::{SMALL, assert_sendable, assert_visible, assert_visible_debug};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

const XFCC: &str = "x-forwarded-client-cert";

const KEYS: [XfccKey; 8] = [
    XfccKey::By,
    XfccKey::Cert,
    XfccKey::Chain,
    XfccKey::Dns,
    XfccKey::Hash,
    XfccKey::Issuer,
    XfccKey::Subject,
    XfccKey::Uri,
];

fuzz_target!(|data: &[u8]| {
    let [relaxations, lines @ ..] = data else {
        return;
    };
    // A value in quotes cannot be written anew.
    let quotes = RELAXATIONS
        .iter()
        .position(|relaxation| *relaxation == Relaxation::QuotedValue)
        .expect("a relaxation");
    let may_have_quotes = relaxations >> quotes & 1 == 1;
    let headers = headers(&[XFCC], lines);
    let anew = match write_anew(&headers) {
        Ok(anew) => {
            assert_eq!(write_anew(&anew).as_ref(), Ok(&anew));
            Some(anew)
        }
        Err(error) => {
            assert_visible(&error);
            assert_visible_debug(&error);
            assert_eq!(error.http_status(), 400);
            None
        }
    };
    for from_end in 1..=4 {
        let receiver = CertReceiver::new(profile())
            .xfcc_element_from_end(NonZeroUsize::new(from_end).expect("not zero"));
        let receiver = relaxed(receiver, *relaxations);
        let found = read(&receiver, &headers);
        match &anew {
            Some(_) if may_have_quotes => {}
            Some(anew) => assert_eq!(read(&receiver, anew), found),
            None => assert!(may_have_quotes || !matches!(found, Ok(Some(_)))),
        }
    }
});

fn profile() -> HeaderProfile {
    HeaderProfile::envoy(Xfcc::new().forwarding(XfccForwarding::AlwaysForwardOnly))
        .without_status_header()
}

/// The certificates of an element, and its values.
type Element = (Vec<u8>, Vec<Vec<String>>);

fn read(receiver: &CertReceiver, headers: &HeaderMap) -> Result<Option<Element>, ReceiveError> {
    let Some(received) = receive(receiver, SMALL, headers)? else {
        return Ok(None);
    };
    let element = received.xfcc().expect("an element");
    let leaf = Certificate::from_der(received.chain().leaf_der()).expect("a certificate");
    let hash: String = leaf
        .sha256()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    for own in element.values(XfccKey::Hash) {
        assert!(own.eq_ignore_ascii_case(&hash));
    }
    let values = KEYS.map(|key| {
        element
            .values(key)
            .inspect(|value| assert_visible(value))
            .map(Into::into)
            .collect()
    });
    let certificates = received
        .chain()
        .certificates()
        .flatten()
        .copied()
        .collect();
    Ok(Some((certificates, values.into())))
}

/// What a hop makes of it that adds nothing of its own.
fn write_anew(headers: &HeaderMap) -> Result<HeaderMap, ForwardError> {
    let cert_headers = CertForwarder::new(profile())
        .max_line_bytes(usize::MAX)
        .encode(&ClientIdentity::Anonymous)
        .expect("no headers");
    let mut headers = headers.clone();
    let result = cert_headers.apply_from(&mut headers, &hop());
    assert!(result.is_ok() || headers.is_empty());
    result?;
    if let Some(value) = headers.get(XFCC) {
        assert_sendable(value);
    }
    Ok(headers)
}
