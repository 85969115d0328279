//! What must hold of whatever is received.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use edge_mtls::{
    CertChain, CertReceiver, Certificate, ChainLimits, HeaderProfile, ReceiveError, Received,
    Relaxation, TrustedHop,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{SMALL, assert_visible, assert_visible_debug};

/// A profile, and the headers in which it has certificates, the leaf first.
pub type Carriers = (fn() -> HeaderProfile, &'static [&'static str]);

pub fn hop() -> TrustedHop {
    TrustedHop::private_network("fuzz")
}

/// The receiver with one relaxation for each bit of `bits`, as in [`RELAXATIONS`].
pub fn relaxed(mut receiver: CertReceiver, bits: u8) -> CertReceiver {
    for (place, relaxation) in RELAXATIONS.into_iter().enumerate() {
        if bits >> place & 1 == 1 {
            receiver = receiver.allow(relaxation);
        }
    }
    receiver
}

pub const RELAXATIONS: [Relaxation; 6] = [
    Relaxation::FoldedLines,
    Relaxation::LeftOutChain,
    Relaxation::MissingPadding,
    Relaxation::PemWithSpaces,
    Relaxation::QuotedValue,
    Relaxation::RepeatedLeaf,
];

/// The headers of these names, each set to one line of `lines`. An empty line leaves its header
/// out; what is over begins again with the first, which then is there twice.
pub fn headers(names: &[&'static str], lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (line, name) in lines
        .split(|octet| *octet == b'\n')
        .zip(names.iter().cycle())
    {
        if let (false, Ok(value)) = (line.is_empty(), HeaderValue::from_bytes(line)) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    headers
}

/// Receives: a chain within the limits, of certificates alone, or an error that can be logged.
pub fn receive(
    receiver: &CertReceiver,
    limits: ChainLimits,
    headers: &HeaderMap,
) -> Result<Option<Received>, ReceiveError> {
    let result = receiver
        .clone()
        .limits(limits)
        .receive(headers, &hop());
    match &result {
        Ok(Some(received)) => {
            check_chain(received.chain(), limits);
            assert_visible_debug(received);
            if let Some(status) = received.claimed_status() {
                assert_visible(status);
            }
        }
        Ok(None) => {}
        Err(error) => {
            assert_visible(error);
            assert_visible_debug(error);
        }
    }
    result
}

/// Asserts that a chain is within the limits, and all of it certificates.
pub fn check_chain(chain: &CertChain, limits: ChainLimits) {
    assert!(chain.len() <= limits.max_certificates);
    assert!(chain.total_bytes() <= limits.max_bytes);
    for der in chain.certificates() {
        assert!(Certificate::from_der(der).is_ok());
    }
}

/// Receives certificates in base64, by a profile that has them in headers of these names, the leaf
/// first: what is taken is all that stands there, as another reader sees it.
pub fn receive_base64(
    profile: HeaderProfile,
    names: &'static [&'static str],
    relaxations: u8,
    lines: &[u8],
) {
    let headers = headers(names, lines);
    let receiver = relaxed(CertReceiver::new(profile), relaxations);
    if let Ok(Some(received)) = receive(&receiver, SMALL, &headers) {
        let values = names
            .iter()
            .filter_map(|name| headers.get(*name))
            .filter(|value| value != &"(null)" && value != &"NONE");
        let written: Vec<u8> = values.flat_map(octets_in).collect();
        let taken: Vec<u8> = received
            .chain()
            .certificates()
            .flatten()
            .copied()
            .collect();
        assert_eq!(taken, written);
        // What is in the usual form is read in one pass; with a relaxation never.
        let strictly = receive(&receiver.allow(Relaxation::PemWithSpaces), SMALL, &headers);
        let strictly = strictly
            .expect("the same")
            .expect("a chain");
        assert_eq!(received.chain(), strictly.chain());
    }
}

/// The octets of all base64 in a value, whatever stands around it.
fn octets_in(value: &HeaderValue) -> Vec<u8> {
    let text = percent_decoded(value.as_bytes())
        .replace("-----BEGIN CERTIFICATE-----", "<")
        .replace("-----END CERTIFICATE-----", ">");
    text.split(['<', '>', ','])
        .flat_map(|part| {
            let base64: String = part
                .chars()
                .filter(|octet| octet.is_ascii_alphanumeric() || "+/=".contains(*octet))
                .collect();
            LAX.decode(base64).expect("base64")
        })
        .collect()
}

/// What was taken for certificates is ASCII, so no other octet matters.
fn percent_decoded(value: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let [first, behind @ ..] = rest {
        let hex = behind
            .get(..2)
            .and_then(|hex| str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        (text, rest) = match (first, hex) {
            (b'%', Some(octet)) => (text + &char::from(octet).to_string(), &behind[2..]),
            _ => (text + &char::from(*first).to_string(), behind),
        };
    }
    text
}

const LAX: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
