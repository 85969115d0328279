//! Real nginx and HAProxy on both sides: as edges in front of [`CertReceiver`], held against what
//! [`CertForwarder`] writes for the same client, and as origins behind it. Clients are
//! `openssl s_client`; everything runs on loopback, in a folder that is removed.
//!
//! Says that it skipped where a program is not installed.
#![cfg(all(feature = "http", unix))]

mod budget;
mod client;
mod folded_pem;
mod haproxy_edge;
mod names;
mod nginx_edge;
mod origin;
mod origins;
mod pki;
mod programs;
mod smuggling;
#[path = "../support/mod.rs"]
mod support;
mod words;

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ClientAuthPolicy, ClientCertVerifier, ClientIdentity,
    HandshakeFacts, HeaderProfile, ReceiveError, Received, TrustedHop,
};
use http::HeaderMap;

use crate::support::pki::{now, providers};

/// The identity that `policy` makes of `chain`.
fn identity(policy: ClientAuthPolicy, chain: Option<CertChain>) -> ClientIdentity {
    ClientCertVerifier::new(policy, &providers()[0])
        .unwrap()
        .identity(&HandshakeFacts::new(chain), now())
        .unwrap()
}

/// What an origin gets of `identity` from this crate.
fn forwarded(profile: &HeaderProfile, identity: &ClientIdentity) -> HeaderMap {
    let mut headers = HeaderMap::new();
    CertForwarder::new(profile.clone())
        .encode(identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    headers
}

fn receive(profile: &HeaderProfile, headers: &HeaderMap) -> Result<Option<Received>, ReceiveError> {
    CertReceiver::new(profile.clone()).receive(headers, &hop())
}

fn hop() -> TrustedHop {
    TrustedHop::private_network("loopback, in a test")
}

/// The lines of the profile's headers, byte for byte, in a form that is easy to compare.
fn lines_of(profile: &HeaderProfile, headers: &HeaderMap) -> Vec<String> {
    profile
        .header_names()
        .flat_map(|name| {
            headers
                .get_all(name)
                .iter()
                .map(move |value| format!("{name}: {}", value.as_bytes().escape_ascii()))
        })
        .collect()
}

/// Asserts that a product sent exactly what this crate sends for `identity`.
#[track_caller]
fn assert_same_lines(profile: &HeaderProfile, theirs: &HeaderMap, identity: &ClientIdentity) {
    let ours = forwarded(profile, identity);
    assert_eq!(lines_of(profile, theirs), lines_of(profile, &ours));
}
