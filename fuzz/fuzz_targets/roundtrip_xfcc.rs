//! A hop's own element of `x-forwarded-client-cert`, behind or in the place of what came in, in all
//! of Envoy's modes, and back.
//!
//! The first octet of the input is what an element holds, the second the identity; then what came
//! in, `By`, and a chain.

#![no_main]

use std::num::NonZeroUsize;

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, Certificate, ChainLimits, ClientIdentity, Field,
    ForwardError, HeaderProfile, HeaderRow, ReceiveError, Received, SubjectAltName, Xfcc,
    XfccForwarding, XfccKey,
};
use edge_mtls_fuzz::identities::{forwarded, identity};
use edge_mtls_fuzz::receiving::{hop, receive};
use edge_mtls_fuzz::{assert_sendable, assert_visible, split};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const XFCC: HeaderName = HeaderName::from_static("x-forwarded-client-cert");

const MODES: [XfccForwarding; 5] = [
    XfccForwarding::AlwaysForwardOnly,
    XfccForwarding::AppendForward,
    XfccForwarding::ForwardOnly,
    XfccForwarding::Sanitize,
    XfccForwarding::SanitizeSet,
];

fuzz_target!(|data: &[u8]| {
    let [holds, mode, blocks @ ..] = data else {
        return;
    };
    let blocks = split(blocks);
    let mut blocks = blocks.into_iter();
    let incoming = blocks
        .next()
        .and_then(|block| HeaderValue::from_bytes(block).ok());
    let by = blocks
        .next()
        .and_then(|block| str::from_utf8(block).ok())
        .filter(|_| holds & 1 == 1);
    let Some(identity) = identity(*mode, CertChain::from_der(blocks)) else {
        return;
    };
    let xfcc = element(*holds, by);

    let own = through(&xfcc, XfccForwarding::SanitizeSet, &identity, None);
    let Some(own) = own.expect("no incoming header to refuse") else {
        // No certificate, or `By` cannot be used.
        return check_modes(&xfcc, &identity, incoming, None);
    };
    check_own(*holds, by, &identity, &own);
    check_modes(&xfcc, &identity, incoming, Some(own));
});

fn element(holds: u8, by: Option<&str>) -> Xfcc {
    let mut xfcc = Xfcc::new();
    for (bit, add) in [
        (2, Xfcc::cert as fn(Xfcc) -> Xfcc),
        (4, Xfcc::chain),
        (8, Xfcc::subject),
        (16, Xfcc::uri),
        (32, Xfcc::dns),
    ] {
        if holds & bit != 0 {
            xfcc = add(xfcc);
        }
    }
    match by {
        Some(by) => xfcc.by(by),
        None => xfcc,
    }
}

fn profile(xfcc: &Xfcc, mode: XfccForwarding) -> Option<HeaderProfile> {
    let field = Field::Xfcc(xfcc.clone().forwarding(mode));
    HeaderProfile::empty()
        .with(HeaderRow::new(XFCC, field))
        .map(HeaderProfile::with_status_header)
        .ok()
}

/// The header behind a hop of this mode.
fn through(
    xfcc: &Xfcc,
    mode: XfccForwarding,
    identity: &ClientIdentity,
    incoming: Option<&HeaderValue>,
) -> Result<Option<HeaderValue>, ForwardError> {
    let Some(profile) = profile(xfcc, mode) else {
        return Ok(None);
    };
    let cert_headers = CertForwarder::new(profile)
        .max_line_bytes(usize::MAX)
        .max_total_bytes(usize::MAX)
        .encode(identity)
        .expect("no limit");
    let mut headers = HeaderMap::new();
    if let Some(incoming) = incoming {
        headers.insert(XFCC, incoming.clone());
    }
    let result = cert_headers.apply_from(&mut headers, &hop());
    let value = headers.remove(XFCC);
    let status = headers
        .remove(HeaderProfile::STATUS_HEADER)
        .expect("a status");
    assert!(headers.is_empty());
    if let Some(value) = &value {
        assert_sendable(value);
    }
    let status = assert_sendable(&status)
        .split(';')
        .next();
    let only_hands_on = !matches!(
        mode,
        XfccForwarding::AppendForward | XfccForwarding::SanitizeSet
    );
    let expected = match identity {
        _ if only_hands_on && value.is_some() => "forwarded",
        _ if only_hands_on => "none",
        ClientIdentity::Verified { .. } => "verified",
        ClientIdentity::Unverified { .. } => "unverified",
        _ => "none",
    };
    assert_eq!(status, Some(expected));
    if let Err(error) = &result {
        // What came in is gone.
        assert!(value.is_none() || value.as_ref() != incoming);
        assert_visible(error);
    }
    result.map(|()| value)
}

fn check_modes(
    xfcc: &Xfcc,
    identity: &ClientIdentity,
    incoming: Option<HeaderValue>,
    own: Option<HeaderValue>,
) {
    if profile(xfcc, XfccForwarding::Sanitize).is_none() {
        return;
    }
    let incoming = incoming.as_ref();
    let nobody = ClientIdentity::Anonymous;
    let kept = through(xfcc, XfccForwarding::AlwaysForwardOnly, &nobody, incoming);
    let is_anonymous = identity.chain().is_none();
    for mode in MODES {
        let expected = match mode {
            XfccForwarding::AlwaysForwardOnly => kept.clone(),
            XfccForwarding::AppendForward if !is_anonymous => {
                let own = own
                    .clone()
                    .expect("an element of a certificate");
                kept.clone().map(|kept| match kept {
                    Some(kept) => Some(appended(&kept, &own)),
                    None => Some(own),
                })
            }
            XfccForwarding::ForwardOnly if !is_anonymous => kept.clone(),
            XfccForwarding::SanitizeSet => Ok(own.clone()),
            _ => Ok(None),
        };
        assert_eq!(through(xfcc, mode, identity, incoming), expected);
    }

    let (Ok(Some(kept)), Some(own)) = (kept, own) else {
        return;
    };
    // Written anew, it is the same; behind another element it stays where it is.
    let again = through(
        xfcc,
        XfccForwarding::AlwaysForwardOnly,
        &nobody,
        Some(&kept),
    );
    assert_eq!(again, Ok(Some(kept.clone())));
    let both = appended(&kept, &own);
    assert_same(read(&both, 1), read(&own, 1));
    assert_same(read(&both, 2), read(&kept, 1));
    assert_same(read(&both, 3), read(&kept, 2));
}

fn appended(kept: &HeaderValue, own: &HeaderValue) -> HeaderValue {
    let [kept, own] = [kept, own].map(|value| value.to_str().expect("visible ASCII"));
    format!("{kept},{own}")
        .parse()
        .expect("a value")
}

fn read(value: &HeaderValue, from_end: usize) -> Result<Option<Received>, ReceiveError> {
    let profile = HeaderProfile::envoy(Xfcc::new());
    let receiver = CertReceiver::new(profile)
        .xfcc_element_from_end(NonZeroUsize::new(from_end).expect("not zero"));
    let headers = HeaderMap::from_iter([(XFCC, value.clone())]);
    receive(&receiver, ChainLimits::default(), &headers)
}

fn assert_same(
    one: Result<Option<Received>, ReceiveError>,
    other: Result<Option<Received>, ReceiveError>,
) {
    let parts = |received: Option<Received>| {
        received.map(|received| (received.chain().clone(), received.xfcc().cloned()))
    };
    // Errors tell of places, which differ.
    assert_eq!(one.ok().map(parts), other.ok().map(parts));
}

/// What `Xfcc::by` makes of a text that need not be a URI.
fn as_uri(text: &str) -> String {
    text.bytes()
        .map(|octet| match octet.is_ascii_graphic() {
            true => char::from(octet).to_string(),
            false => format!("%{octet:02X}"),
        })
        .collect()
}

/// Asserts that an element says of the leaf what the leaf says.
fn check_own(holds: u8, by: Option<&str>, identity: &ClientIdentity, own: &HeaderValue) {
    let sent = forwarded(identity, false).expect("a certificate");
    let expected = match holds & 6 {
        0 => {
            // From a hash alone there is no certificate.
            assert!(read(own, 1).is_err());
            return;
        }
        2 => CertChain::from_der([sent.leaf_der()]).expect("a leaf"),
        _ => sent,
    };
    let leaf_der = expected.leaf_der();
    let received = match read(own, 1) {
        Ok(received) => received.expect("a certificate"),
        Err(error) => {
            let is_of_certificates = expected
                .certificates()
                .all(|der| Certificate::from_der(der).is_ok());
            let repeats_leaf = expected
                .certificates()
                .skip(1)
                .any(|der| der == leaf_der);
            assert!(!is_of_certificates || repeats_leaf, "{error}: {own:?}");
            return;
        }
    };
    assert_eq!(received.chain(), &expected);

    let leaf = Certificate::from_der(leaf_der).expect("a certificate");
    let element = received.xfcc().expect("an element");
    let values = |key| -> Vec<String> {
        element
            .values(key)
            .map(Into::into)
            .collect()
    };
    assert_eq!(values(XfccKey::By), Vec::from_iter(by.map(as_uri)));
    let mut subject = leaf.subject().to_string();
    if subject.ends_with(' ') {
        subject.pop();
        subject.push_str("20");
    }
    let subject = (holds & 8 != 0).then_some(subject);
    assert_eq!(values(XfccKey::Subject), Vec::from_iter(subject));
    let mut uris = Vec::new();
    let mut names = Vec::new();
    for name in leaf.subject_alt_names() {
        match name {
            SubjectAltName::Uri(uri) if holds & 16 != 0 => uris.push(uri.to_owned()),
            SubjectAltName::Dns(name) if holds & 32 != 0 => names.push(name.to_owned()),
            _ => {}
        }
    }
    if holds & 16 != 0 && uris.is_empty() {
        uris.push(String::new());
    }
    assert_eq!(values(XfccKey::Uri), uris);
    assert_eq!(values(XfccKey::Dns), names);
}
