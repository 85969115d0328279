//! Any values where bare base64 is expected, of one certificate, of a list, and of several one
//! behind the other: never a panic, and nothing taken that does not stand there.
//!
//! The first octet of the input is the relaxations, the second the profile; then one line a header.

#![no_main]

use edge_mtls::{CertEncoding, Field, HeaderProfile, HeaderRow};
use edge_mtls_fuzz::choose;
use edge_mtls_fuzz::receiving::{Carriers, receive_base64};
use http::HeaderName;
use libfuzzer_sys::fuzz_target;

const PROFILES: [Carriers; 5] = [
    (HeaderProfile::traefik, &["x-forwarded-tls-client-cert"]),
    (HeaderProfile::aspnet, &["x-client-cert"]),
    (
        HeaderProfile::haproxy,
        &["x-ssl-client-der", "x-ssl-client-chain-der"],
    ),
    (whole, &["x-whole"]),
    (numbered, &["x-leaf", "x-chain-0", "x-chain-1", "x-chain-2"]),
];

fuzz_target!(|data: &[u8]| {
    let [relaxations, profile, lines @ ..] = data else {
        return;
    };
    let (profile, names) = choose(*profile, &PROFILES);
    receive_base64(profile(), names, *relaxations, lines);
});

fn whole() -> HeaderProfile {
    with(
        HeaderProfile::empty(),
        "x-whole",
        Field::LeafAndChain(CertEncoding::Concatenated),
    )
}

fn numbered() -> HeaderProfile {
    let leaf = Field::Leaf(CertEncoding::Concatenated);
    with(
        with(HeaderProfile::empty(), "x-leaf", leaf),
        "x-chain-",
        Field::NumberedChain(CertEncoding::Concatenated),
    )
}

fn with(profile: HeaderProfile, name: &'static str, field: Field) -> HeaderProfile {
    profile
        .with(HeaderRow::new(HeaderName::from_static(name), field))
        .expect("a usable header")
}
