//! From the recordings to certificates and claims.

use edge_mtls::{
    CertReceiver, ClaimedStatus, HeaderProfile, ReceiveError, Received, Relaxation, Xfcc,
};
use http::HeaderMap;

use super::{escaped, folder, is_certificate_header, one_line, raw_variable, samples};
use crate::{hop, received};

#[test]
fn every_recording_is_read_to_the_very_certificates() {
    let Some(folder) = folder() else { return };
    let samples = samples(&folder);
    for recording in &samples.recordings {
        let name = recording.name();
        let received: Option<Received> = recording
            .receiver()
            .receive(&recording.headers(), &hop())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = samples.chain(recording.forwarded());
        assert_eq!(
            received.as_ref().map(Received::chain),
            expected.as_ref(),
            "{name}"
        );
        let Some(received) = received else {
            assert_eq!(recording.client, "none", "{name}");
            continue;
        };
        match (recording.verdict(), received.claimed_status().unwrap()) {
            (Ok(()), status) => assert_eq!(status, &ClaimedStatus::Verified, "{name}"),
            (
                Err(text),
                ClaimedStatus::Unverified {
                    reason,
                    advisory: None,
                    ..
                },
            ) => {
                assert_eq!(reason.as_deref(), Some(text), "{name}");
            }
            (_, status) => panic!("{name}: {status}"),
        }
        let is_odd = recording.client == "oddleaf.chain";
        let mut claims = 0;
        for header in recording.profile().header_names() {
            let is_left_out = is_odd && header == "x-ssl-client-dn";
            if is_certificate_header(header) || is_left_out {
                continue;
            }
            let value = recording.headers()[header].clone();
            assert_eq!(
                received.claim(header.as_str()).unwrap(),
                value,
                "{name}: {header}"
            );
            claims += 1;
        }
        let expected = match (recording.is_haproxy(), recording.is_raw_variable()) {
            (true, _) => 6 - usize::from(is_odd),
            (_, true) => 1,
            _ => 6,
        };
        assert_eq!(claims, expected, "{name}");
    }
}

#[test]
fn what_real_proxies_send_oddly_needs_to_be_allowed() {
    let Some(folder) = folder() else { return };
    for recording in samples(&folder).recordings {
        let strict = received(recording.profile(), &recording.headers());
        match &*recording.client {
            "none" => {}
            _ if recording.is_raw_variable() => assert!(
                matches!(&strict, Err(ReceiveError::Malformed { header, .. })
                    if header == "x-ssl-client-cert"),
                "{strict:?}"
            ),
            "tls1_2.first" | "tls1_3.first" if recording.is_haproxy() => assert!(
                matches!(&strict, Err(ReceiveError::RepeatedLeaf { header })
                    if header == "x-ssl-client-chain-der"),
                "{strict:?}"
            ),
            // HAProxy writes the octets of a name as they are, and no claim holds such octets.
            "oddleaf.chain" if recording.is_haproxy() => assert!(
                matches!(&strict, Err(ReceiveError::Malformed { header, .. })
                    if header == "x-ssl-client-dn"),
                "{strict:?}"
            ),
            _ => assert!(strict.is_ok(), "{}: {strict:?}", recording.name()),
        }
    }
}

/// How a server in between joins folded lines is its own affair, and how the profile breaks them.
#[test]
fn folded_lines_may_be_joined_in_any_way() {
    let Some(folder) = folder() else { return };
    let samples = samples(&folder);
    let mut read = 0;
    for recording in &samples.recordings {
        if !recording.is_raw_variable() || recording.client == "none" {
            continue;
        }
        for (marks, keeps_white_space) in [
            (escaped(), true),
            (escaped(), false),
            (one_line(), true),
            (one_line(), false),
        ] {
            let headers: HeaderMap = recording
                .lines(keeps_white_space)
                .into_iter()
                .collect();
            let receiver = CertReceiver::new(raw_variable(marks)).allow(Relaxation::FoldedLines);
            let received = receiver
                .receive(&headers, &hop())
                .unwrap()
                .unwrap();
            assert_eq!(
                Some(received.chain()),
                samples
                    .chain(recording.forwarded())
                    .as_ref()
            );
            read += 1;
        }
    }
    assert_eq!(read, 16);
}

/// All clients of nginx, and HAProxy's without a certificate, got a `Client-Cert` of their own
/// through: those configurations did not strip it. It is nobody's identity.
#[test]
fn what_the_clients_smuggled_in_is_an_error() {
    let Some(folder) = folder() else { return };
    let samples = samples(&folder);
    let (mut smuggled, mut genuine) = (0, 0);
    for recording in &samples.recordings {
        let headers = recording.headers();
        let name = recording.name();
        if let Some(value) = headers.get("client-cert") {
            let result = received(HeaderProfile::rfc9440(), &headers);
            if value == ":U1BPT0ZFRA==:" {
                assert!(
                    matches!(&result, Err(ReceiveError::Malformed { header, member: 1, fault, .. })
                        if header == "client-cert" && fault.contains("not exactly one DER")),
                    "{name}: {result:?}"
                );
                smuggled += 1;
            } else {
                let received = result.unwrap().unwrap();
                let leaf = samples.chain(&recording.presented()[..1]);
                assert_eq!(Some(received.chain()), leaf.as_ref(), "{name}");
                genuine += 1;
            }
        }
        if headers.contains_key("x-forwarded-client-cert") {
            for profile in [
                HeaderProfile::envoy(Xfcc::new().cert().chain()),
                HeaderProfile::cloud_foundry(),
            ] {
                assert!(received(profile, &headers).is_err(), "{name}");
            }
        }
    }
    // HAProxy's `none`, and nginx's but for two; HAProxy's others.
    assert_eq!((smuggled, genuine), (16, 9));
}
