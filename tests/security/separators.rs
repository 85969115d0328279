//! Traefik CVE-2026-39858, Caddy GHSA-f59h-q822-g45g: `X_Forwarded_…` or `X.Forwarded…` survived and
//! merged at the origin. Any separator that a header name can have is stripped, for every name of
//! every preset and those that the host chose, and an origin refuses what an edge let through.

use edge_mtls::{
    CertEncoding, CertForwarder, CertMarks, ClientIdentity, Field, HeaderProfile, HeaderRow,
    ReceiveError,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use crate::carrying::*;

/// All of `tchar` (RFC 9110 section 5.6.2) but letters and digits.
const SEPARATORS: &[u8] = b"!#$%&'*+-.^_`|~";

const FORGED: &str = "forged";

const CHOSEN: [&str; 3] = ["x-our-own", "x-our-cert", "x-our-chain-7"];

/// A profile and a forwarder with names of the host's choice.
fn chosen() -> (HeaderProfile, CertForwarder) {
    let profile = HeaderProfile::rfc9440()
        .rename("client-cert", header("x-our-cert"))
        .unwrap()
        .with(HeaderRow::new(
            header("x-our-chain-"),
            Field::NumberedChain(CertEncoding::Marked(CertMarks::base64())),
        ))
        .unwrap();
    let forwarder = CertForwarder::new(profile.clone()).also_strip([header("x-our-own")]);
    (profile, forwarder)
}

fn is_stripped(spelling: &[u8]) -> bool {
    let name = HeaderName::from_bytes(spelling).unwrap();
    let mut headers = HeaderMap::new();
    headers.append(&name, HeaderValue::from_static(FORGED));
    headers.append(name, HeaderValue::from_static(FORGED));
    let mut trailers = headers.clone();
    let (_, forwarder) = chosen();
    forwarder.strip_trailers(&mut trailers);
    forwarder
        .encode(&ClientIdentity::Anonymous)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    headers
        .values()
        .all(|value| value != FORGED)
        && trailers.is_empty()
}

fn respelled(name: &str, separators: &[u8], upper: u64) -> Vec<u8> {
    let mut separators = separators.iter().cycle();
    name.bytes()
        .enumerate()
        .map(|(index, octet)| match octet.is_ascii_alphanumeric() {
            false => *separators.next().unwrap(),
            true if upper >> (index % 64) & 1 == 1 => octet.to_ascii_uppercase(),
            true => octet,
        })
        .collect()
}

fn every_name() -> Vec<String> {
    let mut names = all_names();
    names.extend(CHOSEN.map(Into::into));
    // What a numbered chain may be called at an origin that reads more than numbers.
    names.extend([
        format!("{NUMBERED}x"),
        NUMBERED.into(),
        "x-our-chain-".into(),
    ]);
    names
}

#[test]
fn traefik_cve_2026_39858_caddy_ghsa_f59h_each_separator_in_each_name() {
    for separator in SEPARATORS {
        for name in every_name() {
            let spelling = respelled(&name, &[*separator], 0);
            assert!(
                is_stripped(&spelling),
                "{}",
                String::from_utf8_lossy(&spelling)
            );
        }
    }
    // That is all of them.
    let legal: Vec<u8> = (0..=255)
        .filter(|octet: &u8| !octet.is_ascii_alphanumeric())
        .filter(|octet| HeaderName::from_bytes(&[*octet]).is_ok())
        .collect();
    assert_eq!(legal, SEPARATORS);
}

#[test]
fn traefik_cve_2026_39858_caddy_ghsa_f59h_an_origin_refuses_another_spelling() {
    let mut profiles: Vec<HeaderProfile> = presets()
        .map(|(_, profile)| profile)
        .collect();
    profiles.push(chosen().0);
    for profile in profiles {
        for name in names_of(&profile) {
            for separator in SEPARATORS {
                let spelling = respelled(&name, &[*separator], 0);
                let spelling = HeaderName::from_bytes(&spelling).unwrap();
                if spelling.as_str() == name {
                    continue;
                }
                let mut headers = forwarded(&profile, &ClientIdentity::Anonymous);
                headers.insert(&spelling, value("x"));
                assert_eq!(
                    received(&profile, &headers).unwrap_err(),
                    ReceiveError::OtherSpelling { header: spelling }
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn traefik_cve_2026_39858_caddy_ghsa_f59h_every_mixture_of_separators(
        name in proptest::sample::select(every_name()),
        separators in proptest::collection::vec(proptest::sample::select(SEPARATORS.to_vec()), 1..8),
        upper in any::<u64>(),
    ) {
        let spelling = respelled(&name, &separators, upper);
        prop_assert!(is_stripped(&spelling), "{}", String::from_utf8_lossy(&spelling));
    }
}
