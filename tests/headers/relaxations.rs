//! What a receiver tolerates by name: refused without, taken with, and no more than that.

use edge_mtls::{
    CertChain, CertEncoding, CertForwarder, CertMarks, CertReceiver, ChainLimits, ClientIdentity,
    Field, HeaderProfile, HeaderRow, ReceiveError, Relaxation, TooLong,
};
use http::{HeaderMap, HeaderName};

use crate::appendix_a::{LEAF, identity};
use crate::support::pki::Authority;
use crate::{base64, forwarded, hop, lines, received, set, unverified};

const ALL: [Relaxation; 6] = [
    Relaxation::FoldedLines,
    Relaxation::LeftOutChain,
    Relaxation::MissingPadding,
    Relaxation::PemWithSpaces,
    Relaxation::QuotedValue,
    Relaxation::RepeatedLeaf,
];

/// The chain that only those of these relaxations accept: each of them alone, no other, and not none;
/// the error names one of them.
fn only_with(profile: &HeaderProfile, headers: &HeaderMap, enough: &[Relaxation]) -> CertChain {
    let error = received(profile.clone(), headers).unwrap_err();
    assert!(
        enough.iter().any(|relaxation| error
            .to_string()
            .contains(&format!("`Relaxation::{relaxation:?}`"))),
        "{error}"
    );
    let mut chain = None;
    for relaxation in ALL {
        let receiver = CertReceiver::new(profile.clone()).allow(relaxation);
        let result = receiver.receive(headers, &hop());
        match enough.contains(&relaxation) {
            true => chain = Some(result.unwrap().unwrap().chain().clone()),
            false => assert!(result.is_err(), "{relaxation:?}: {headers:?}"),
        }
    }
    chain.unwrap()
}

fn appendix() -> ClientIdentity {
    identity(edge_mtls::ClientAuthPolicy::passthrough())
}

fn own(encoding: CertEncoding) -> HeaderProfile {
    HeaderProfile::empty()
        .with(HeaderRow::new(
            HeaderName::from_static("x-cert"),
            Field::Leaf(encoding),
        ))
        .unwrap()
}

#[test]
fn quoted_value() {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[&root]));
    // All that HAProxy can be told to put into quotes, and what others could.
    for (preset, header) in [
        ("haproxy", "x-ssl-client-der"),
        ("haproxy", "x-ssl-client-chain-der"),
        ("traefik", "x-forwarded-tls-client-cert"),
        ("nginx", "x-ssl-client-escaped-cert"),
        ("rfc9440", "client-cert"),
        ("rfc9440", "client-cert-chain"),
    ] {
        let profile = HeaderProfile::preset(preset).unwrap();
        let headers = forwarded(profile.clone(), &identity);
        let value = headers[header].to_str().unwrap();
        let plain = received(profile.clone(), &headers)
            .unwrap()
            .unwrap();
        let quoted = set(&headers, header, &format!("\"{value}\""));
        let chain = only_with(&profile, &quoted, &[Relaxation::QuotedValue]);
        assert_eq!(&chain, plain.chain(), "{preset}: {header}");
        // One quote is none, and two pairs are one too many.
        let receiver = CertReceiver::new(profile).allow(Relaxation::QuotedValue);
        for bad in [
            format!("\"{value}"),
            format!("{value}\""),
            format!("'{value}'"),
            format!("\"\"{value}\"\""),
            format!("\"\t{value}\""),
        ] {
            let result = receiver.receive(&set(&headers, header, &bad), &hop());
            assert!(result.is_err(), "{bad}");
        }
        // What has no quotes is still taken.
        assert!(
            receiver
                .receive(&headers, &hop())
                .is_ok()
        );
    }
}

#[test]
fn pem_with_spaces_and_folded_lines() {
    let both = [Relaxation::FoldedLines, Relaxation::PemWithSpaces];
    for (preset, header) in [
        ("nginx", "x-ssl-client-escaped-cert"),
        ("aws-alb-passthrough", "x-amzn-mtls-clientcert"),
        ("azure-app-gateway", "x-client-certificate"),
    ] {
        let profile = HeaderProfile::preset(preset).unwrap();
        let headers = forwarded(profile.clone(), &appendix());
        let chain = received(profile.clone(), &headers)
            .unwrap()
            .unwrap();
        let value = headers[header].to_str().unwrap();
        let spaces = value
            .replace("%0A", " ")
            .replace("%20", " ");
        let spaces = spaces.trim_end();
        let found = only_with(&profile, &set(&headers, header, spaces), &both);
        assert_eq!(&found, chain.chain(), "{preset}");

        // White space of any length where lines break, but nowhere else.
        for white in ["\t", "  ", " \t", "\t\t  "] {
            let folded = value
                .replace("%0A", white)
                .replace("%20", " ");
            let folded = set(&headers, header, folded.trim_end());
            let found = only_with(&profile, &folded, &[Relaxation::FoldedLines]);
            assert_eq!(&found, chain.chain(), "{preset}");
        }
        for bad in [
            spaces.replace("BEGIN ", "BEGIN  "),
            spaces.replace("BEGIN ", "BEGIN\t"),
            spaces.replace("----- ", "-----"),
            spaces.replacen("MII", "MI  I", 1),
        ] {
            let receiver = CertReceiver::new(profile.clone()).allow(Relaxation::PemWithSpaces);
            let result = receiver.receive(&set(&headers, header, &bad), &hop());
            assert!(result.is_err(), "{bad}");
        }
        // Words of a name are no line breaks, and lines may have any length.
        let receiver = CertReceiver::new(profile.clone()).allow(Relaxation::FoldedLines);
        let bad = spaces.replace("BEGIN ", "BEGIN\t");
        let result = receiver.receive(&set(&headers, header, &bad), &hop());
        assert!(result.is_err(), "{bad}");
    }
}

/// A format whose own line breaks are spaces needs nothing, and takes tabs only if told so.
#[test]
fn folded_lines_where_spaces_break_lines() {
    let profile = HeaderProfile::apache();
    let headers = forwarded(profile.clone(), &appendix());
    let text = headers["ssl_client_cert"]
        .to_str()
        .unwrap();
    for white in ["\t", " \t", "  "] {
        let folded = text
            .replace(' ', white)
            .replace(&format!("BEGIN{white}"), "BEGIN ")
            .replace(&format!("END{white}"), "END ");
        let folded = set(&headers, "ssl_client_cert", &folded);
        only_with(&profile, &folded, &[Relaxation::FoldedLines]);
    }
}

#[test]
fn missing_padding() {
    // 428 octets: one octet is left over, and so is `=`.
    let unpadded = LEAF.trim_end_matches('=');
    assert_eq!(LEAF.len() - unpadded.len(), 1);
    let (first, last) = unpadded.split_at(unpadded.len() - 1);
    assert_eq!(last, "k", "100100: the last two bits are zero");
    let profiles = [
        (own(CertEncoding::StructuredField), ":", ":"),
        (own(CertEncoding::Concatenated), "", ""),
        (own(CertEncoding::Marked(CertMarks::base64())), "", ""),
        (
            own(CertEncoding::Marked(
                CertMarks::base64().begin("[").end("]"),
            )),
            "[",
            "]",
        ),
    ];
    for (profile, begin, end) in profiles {
        for text in [
            unpadded.to_owned(),
            format!("{first}l"),
            format!("{first}m="),
            format!("{first}n="),
        ] {
            let headers = lines(&[("x-cert", &format!("{begin}{text}{end}"))]);
            let chain = only_with(&profile, &headers, &[Relaxation::MissingPadding]);
            assert_eq!(base64(chain.leaf_der()), LEAF);
        }
        // Other alphabets, white space, and padding elsewhere are no padding that is missing.
        let lenient = CertReceiver::new(profile).allow(Relaxation::MissingPadding);
        for text in [
            LEAF.replace('+', "-").replace('/', "_"),
            LEAF.replacen('M', "M ", 1),
            format!("{unpadded}==="),
            format!("={unpadded}"),
            unpadded[..unpadded.len() - 2].to_owned(),
            format!("{unpadded}AA"),
        ] {
            let headers = lines(&[("x-cert", &format!("{begin}{text}{end}"))]);
            assert!(
                lenient
                    .receive(&headers, &hop())
                    .is_err(),
                "{text}"
            );
        }
    }
}

#[test]
fn repeated_leaf() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let chain = CertChain::from_der([&leaf.der, root.der(), &leaf.der]).unwrap();
    let identity = unverified(chain.clone());
    for preset in [
        "apache",
        "aws-alb-passthrough",
        "cloudflare-rfc9440",
        "cloudfront",
        "envoy",
        "haproxy",
        "rfc9440",
        "traefik",
    ] {
        let profile = HeaderProfile::preset(preset).unwrap();
        let headers = forwarded(profile.clone(), &identity);
        let found = only_with(&profile, &headers, &[Relaxation::RepeatedLeaf]);
        // It stays as it came: dropping one would be a repair.
        assert_eq!(found, chain, "{preset}");
    }
    // It still counts.
    let receiver = CertReceiver::new(HeaderProfile::rfc9440())
        .allow(Relaxation::RepeatedLeaf)
        .limits(ChainLimits::new(2, 32_768));
    let headers = forwarded(HeaderProfile::rfc9440(), &identity);
    assert!(matches!(
        receiver.receive(&headers, &hop()),
        Err(ReceiveError::OverLimit(_))
    ));
}

#[test]
fn left_out_chain() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let identity = unverified(leaf.chain(&[&root, &Authority::root("another"), &root]));
    for (preset, outcome, with_status) in [
        ("cloudflare-rfc9440", TooLong::LeaveValueOut, false),
        ("rfc9440", TooLong::LeaveChainOut, true),
        ("haproxy", TooLong::LeaveChainOut, true),
    ] {
        let profile = HeaderProfile::preset(preset)
            .unwrap()
            .with_status_header();
        let headers = CertForwarder::new(profile.clone())
            .max_line_bytes(1_200)
            .when_too_long(outcome)
            .encode(&identity)
            .unwrap();
        let mut map = HeaderMap::new();
        headers.apply(&mut map).unwrap();
        let receiver = |relaxation: Option<Relaxation>| {
            let receiver = CertReceiver::new(profile.clone());
            let receiver = match with_status {
                true => receiver.expect_status_header(),
                false => receiver,
            };
            relaxation
                .into_iter()
                .fold(receiver, CertReceiver::allow)
        };
        for relaxation in ALL.into_iter().map(Some).chain([None]) {
            let result = receiver(relaxation).receive(&map, &hop());
            match relaxation {
                Some(Relaxation::LeftOutChain) => {
                    let received = result.unwrap().unwrap();
                    assert_eq!(received.chain(), &leaf.chain(&[]), "{preset}");
                }
                _ => assert!(
                    matches!(result, Err(ReceiveError::LeftOut { .. })),
                    "{preset}: {result:?}"
                ),
            }
        }
    }
}

/// A leaf that was left out is never nobody.
#[test]
fn left_out_leaf() {
    let identity = unverified(
        Authority::root("root")
            .client("alice")
            .chain(&[]),
    );
    let mut headers = HeaderMap::new();
    CertForwarder::new(HeaderProfile::cloudflare_rfc9440())
        .max_line_bytes(200)
        .when_too_long(TooLong::LeaveValueOut)
        .encode(&identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    assert_eq!(headers["client-cert"], "");
    assert_eq!(headers["client-cert-too-large"], "true");
    for relaxation in ALL {
        let receiver = CertReceiver::new(HeaderProfile::cloudflare_rfc9440()).allow(relaxation);
        assert_eq!(
            receiver
                .receive(&headers, &hop())
                .unwrap_err(),
            ReceiveError::LeftOut {
                header: HeaderName::from_static("client-cert-too-large")
            }
        );
    }
}
