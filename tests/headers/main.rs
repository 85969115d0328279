//! Headers in both directions: bytes, stripping, strictness.

mod absences;
mod appendix_a;
mod caps;
mod encoding;
mod fields;
mod forwarding_modes;
mod golden;
mod handed_on;
mod left_out;
mod limits;
mod names;
mod numbered;
mod presets;
mod profiles;
mod receiving;
mod recordings;
mod relaxations;
mod reshaping;
mod responses;
mod round_trip;
mod sizes;
mod stripping;
mod structured_fields;
#[path = "../support/mod.rs"]
mod support;
mod vectors;
mod xfcc_elements;
mod xfcc_receiving;
mod xfcc_texts;

use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ClientAuthPolicy, ClientCertVerifier, ClientIdentity,
    HandshakeFacts, HeaderProfile, ReceiveError, Received, TrustedHop,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::pki::{now, providers};

/// The identity that `policy` makes of `chain`.
pub fn identity(policy: ClientAuthPolicy, chain: Option<CertChain>) -> ClientIdentity {
    identity_at(policy, chain, now())
}

/// The same at another time.
pub fn identity_at(
    policy: ClientAuthPolicy,
    chain: Option<CertChain>,
    time: UnixTime,
) -> ClientIdentity {
    ClientCertVerifier::new(policy, &providers()[0])
        .unwrap()
        .identity(&HandshakeFacts::new(chain), time)
        .unwrap()
}

pub fn unverified(chain: CertChain) -> ClientIdentity {
    identity(ClientAuthPolicy::passthrough(), Some(chain))
}

/// What an origin gets of `identity`, beside nothing else.
pub fn forwarded(profile: HeaderProfile, identity: &ClientIdentity) -> HeaderMap {
    let mut headers = HeaderMap::new();
    CertForwarder::new(profile)
        .encode(identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    headers
}

/// What a strict receiver of `profile` makes of `headers`; a status header is nobody's.
pub fn received(
    profile: HeaderProfile,
    headers: &HeaderMap,
) -> Result<Option<Received>, ReceiveError> {
    CertReceiver::new(profile).receive(headers, &hop())
}

pub fn hop() -> TrustedHop {
    TrustedHop::checked_address("192.0.2.1".parse().unwrap())
}

/// One header line each.
pub fn lines(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::try_from(*name).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    headers
}

/// The same headers with another value of this one.
pub fn set(headers: &HeaderMap, name: &str, value: &str) -> HeaderMap {
    let mut headers = headers.clone();
    headers.insert(
        HeaderName::try_from(name).unwrap(),
        HeaderValue::from_str(value).unwrap(),
    );
    headers
}

/// Padded standard base64.
pub fn base64(octets: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

/// Names and values, in a form that is easy to compare.
pub fn listed(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut list: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    list.sort_unstable();
    list
}
