//! Headers in both directions: bytes, stripping, strictness.

mod encoding;
mod receiving;
mod round_trip;
mod stripping;
#[path = "../support/mod.rs"]
mod support;
mod vectors;

use edge_mtls::{
    CertChain, CertForwarder, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts,
    HeaderProfile,
};
use http::HeaderMap;

use crate::support::pki::{now, providers};

/// The identity that `policy` makes of `chain`.
pub fn identity(policy: ClientAuthPolicy, chain: Option<CertChain>) -> ClientIdentity {
    ClientCertVerifier::new(policy, &providers()[0])
        .unwrap()
        .identity(&HandshakeFacts::new(chain), now())
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

/// Names and values, in a form that is easy to compare.
pub fn listed(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut list: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    list.sort_unstable();
    list
}
