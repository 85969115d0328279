//! What means that there is no certificate, and what looks like it and does not.

use edge_mtls::{CertReceiver, HeaderProfile, ReceiveError, Relaxation};
use http::HeaderMap;

use crate::presets::PRESETS;
use crate::support::pki::Authority;
use crate::{forwarded, hop, lines, received, set, unverified};

const MARKS: [&str; 10] = [
    "", "::", "\"\"", "-", "NONE", "(null)", ":(null):", "  ", " - ", " NONE",
];

/// What a proxy sends that does not know its own variable, and what programs make of nothing.
const PLACEHOLDERS: [&str; 12] = [
    "$ssl_client_cert",
    "$ssl_client_escaped_cert",
    "%{SSL_CLIENT_CERT}s",
    "%[ssl_c_der,base64]",
    "{http.request.tls.client.certificate_der_base64}",
    "null",
    "undefined",
    "None",
    "nil",
    "none",
    "false",
    "0",
];

/// The headers of a preset that carry certificates.
fn carriers() -> impl Iterator<Item = (HeaderProfile, &'static str, &'static str)> {
    PRESETS.iter().flat_map(|preset| {
        let mut names = vec![preset.leaf];
        names.extend(preset.chain);
        names.extend((preset.name == "cloudfront").then_some("cloudfront-viewer-cert-pem"));
        names.dedup();
        names
            .into_iter()
            .map(|name| (preset.profile(), preset.name, name))
    })
}

#[test]
fn every_mark_is_an_absence_in_every_preset() {
    assert!(carriers().count() > PRESETS.len());
    for (profile, preset, header) in carriers() {
        for mark in MARKS {
            let received = received(profile.clone(), &lines(&[(header, mark)]));
            assert!(received.unwrap().is_none(), "{preset}: {header}: {mark}");
        }
    }
    // All carriers of a preset at once.
    for preset in PRESETS {
        for mark in MARKS {
            let mut headers = lines(&[(preset.leaf, mark)]);
            if let Some(chain) = preset.chain {
                headers = set(&headers, chain, mark);
            }
            let received = received(preset.profile(), &headers);
            assert!(received.unwrap().is_none(), "{}: {mark}", preset.name);
        }
    }
}

#[test]
fn no_header_at_all_is_an_absence() {
    for preset in PRESETS {
        let received = received(preset.profile(), &HeaderMap::new());
        assert!(received.unwrap().is_none(), "{}", preset.name);
    }
}

/// Not even with everything tolerated is a placeholder an absence, or an identity.
#[test]
fn a_placeholder_is_an_error_in_every_preset() {
    for (profile, preset, header) in carriers() {
        let lenient = [
            Relaxation::FoldedLines,
            Relaxation::LeftOutChain,
            Relaxation::MissingPadding,
            Relaxation::PemWithSpaces,
            Relaxation::QuotedValue,
            Relaxation::RepeatedLeaf,
        ]
        .into_iter()
        .fold(CertReceiver::new(profile.clone()), CertReceiver::allow);
        for placeholder in PLACEHOLDERS {
            let headers = lines(&[(header, placeholder)]);
            for receiver in [&CertReceiver::new(profile.clone()), &lenient] {
                let result = receiver.receive(&headers, &hop());
                assert!(
                    matches!(&result, Err(ReceiveError::Malformed { header: at, .. }) if at == header),
                    "{preset}: {header}: {placeholder}: {result:?}"
                );
            }
        }
    }
}

/// A chain behind a leaf that is marked absent, and a mark in the place of a chain.
#[test]
fn half_an_absence() {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[&root]));
    for preset in PRESETS {
        let Some(chain) = preset
            .chain
            .filter(|chain| *chain != preset.leaf)
        else {
            continue;
        };
        let headers = forwarded(preset.profile(), &identity);
        if preset.name == "google-cloud" {
            // It sends no certificates here.
            continue;
        }
        for mark in MARKS {
            let result = received(preset.profile(), &set(&headers, preset.leaf, mark));
            assert!(
                matches!(result, Err(ReceiveError::Contradiction { .. })),
                "{}: {result:?}",
                preset.name
            );
            let result = received(preset.profile(), &set(&headers, chain, mark));
            assert_eq!(result.unwrap().unwrap().chain().len(), 1, "{}", preset.name);
        }
    }
}

#[test]
fn no_claim_speaks_of_an_absent_certificate() {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[]));
    let mut claims = 0;
    for (profile, preset, _) in carriers() {
        let preset = PRESETS
            .iter()
            .find(|own| own.name == preset)
            .unwrap();
        for (name, value) in &forwarded(profile.clone(), &identity) {
            let is_silent = [preset.leaf, "client-cert-status", "x-client-cert-error"]
                .contains(&name.as_str())
                || name.as_str().ends_with("too-large")
                || value == "false"
                || value.is_empty();
            if is_silent {
                continue;
            }
            let mut headers = HeaderMap::new();
            headers.insert(name, value.clone());
            let result = received(profile.clone(), &headers);
            assert!(
                matches!(&result, Err(ReceiveError::Contradiction { header, .. }) if header == name),
                "{}: {name}: {value:?}: {result:?}",
                preset.name
            );
            claims += 1;
        }
    }
    assert!(claims > 30, "{claims}");
}

/// The status header, and CloudFront's flag, say that there is none.
#[test]
fn a_header_may_say_that_there_is_none() {
    let receiver = |profile| CertReceiver::new(profile).expect_status_header();
    let mut headers = lines(&[("client-cert-status", "none")]);
    let received = receiver(HeaderProfile::rfc9440()).receive(&headers, &hop());
    assert!(received.unwrap().is_none());
    headers = set(&headers, "cloudfront-viewer-cert-present", "0");
    let received = receiver(HeaderProfile::cloudfront()).receive(&headers, &hop());
    assert!(received.unwrap().is_none());
    // HAProxy's number is the same as for a good certificate.
    headers = lines(&[("x-ssl-client-verify", "0"), ("x-ssl-client-used", "0")]);
    assert!(
        crate::received(HeaderProfile::haproxy(), &headers)
            .unwrap()
            .is_none()
    );
}

/// An edge in another format sends nothing that this one reads: that is no anonymous client.
#[test]
fn a_header_that_is_expected_must_be_there() {
    let receiver = CertReceiver::new(HeaderProfile::nginx())
        .expect("X-SSL-Client-Verify")
        .unwrap();
    let root = Authority::root("root");
    let other = forwarded(
        HeaderProfile::rfc9440(),
        &unverified(root.client("alice").chain(&[&root])),
    );
    for headers in [HeaderMap::new(), other] {
        let error = receiver
            .receive(&headers, &hop())
            .unwrap_err();
        assert!(
            matches!(&error, ReceiveError::Missing { header } if header == "x-ssl-client-verify"),
            "{error}"
        );
    }
    let anonymous = lines(&[("x-ssl-client-verify", "NONE")]);
    let received = receiver.receive(&anonymous, &hop());
    assert!(received.unwrap().is_none());
    assert!(
        CertReceiver::new(HeaderProfile::nginx())
            .expect("x-ssl-client")
            .is_err()
    );
}
