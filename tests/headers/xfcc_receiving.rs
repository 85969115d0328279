//! Envoy's `x-forwarded-client-cert`, as an origin reads it.

use core::num::NonZeroUsize;

use edge_mtls::{
    CertReceiver, ChainLimits, HeaderProfile, ReceiveError, Received, Rejection, Xfcc, XfccKey,
};
use http::{HeaderMap, HeaderValue};

use crate::appendix_a::{INTERMEDIATE, LEAF, ROOT, SHA256 as HASH, der};
use crate::{hop, lines};

const HEADER: &str = "x-forwarded-client-cert";

/// PEM as Envoy writes it, of certificates in base64.
pub fn pem(certificates: &[&str]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text += "-----BEGIN CERTIFICATE-----\n";
        let octets = certificate.as_bytes();
        for line in octets.chunks(64) {
            text += core::str::from_utf8(line).unwrap();
            text += "\n";
        }
        text += "-----END CERTIFICATE-----\n";
    }
    text.replace('\n', "%0A")
        .replace(' ', "%20")
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
}

fn receiver() -> CertReceiver {
    CertReceiver::new(HeaderProfile::envoy(Xfcc::new()))
}

pub fn receive(value: &str) -> Result<Option<Received>, ReceiveError> {
    receiver().receive(&lines(&[(HEADER, value)]), &hop())
}

pub fn chain_of(value: &str) -> Vec<Vec<u8>> {
    let received = receive(value)
        .unwrap_or_else(|error| panic!("{value}: {error}"))
        .unwrap();
    let chain = received.chain().certificates();
    chain.map(<[u8]>::to_vec).collect()
}

pub fn contradicts(value: &str) -> &'static str {
    match receive(value) {
        Err(ReceiveError::Contradiction { header, fault }) if header == HEADER => fault,
        other => panic!("{value}: {other:?}"),
    }
}

pub fn is_malformed(value: &str) -> bool {
    matches!(receive(value), Err(ReceiveError::Malformed { header, .. }) if header == HEADER)
}

#[test]
fn the_certificates_come_from_cert_or_chain() {
    let (leaf, both) = (pem(&[LEAF]), pem(&[LEAF, INTERMEDIATE]));
    let chain = [der(LEAF), der(INTERMEDIATE)];
    for (value, expected) in [
        (format!("Hash={HASH};Cert=\"{leaf}\""), &chain[..1]),
        (format!("Hash={HASH};Chain=\"{both}\""), &chain[..]),
        (
            format!("Hash={HASH};Cert=\"{leaf}\";Chain=\"{both}\""),
            &chain[..],
        ),
        (
            format!("Chain=\"{both}\";Cert=\"{leaf}\";Hash={HASH}"),
            &chain[..],
        ),
        (format!("Cert=\"{leaf}\""), &chain[..1]),
        (format!("Cert={leaf}"), &chain[..1]),
        (format!("Chain={both};Cert=\"{leaf}\""), &chain[..]),
        (format!("Chain=\"{leaf}\""), &chain[..1]),
        // Raw characters of base64, and lower-case digits of an escape.
        (
            format!(
                "Cert=\"{}\"",
                leaf.replace("%2B", "+")
                    .replace("%2F", "/")
                    .replace("%3D", "=")
            ),
            &chain[..1],
        ),
        (
            format!("Cert=\"{}\"", leaf.replace("%0A", "%0a")),
            &chain[..1],
        ),
        (
            format!("Hash={};Cert=\"{leaf}\"", HASH.to_uppercase()),
            &chain[..1],
        ),
    ] {
        assert_eq!(chain_of(&value), expected, "{value}");
    }
}

#[test]
fn hash_cert_and_chain_agree() {
    let (leaf, both) = (pem(&[LEAF]), pem(&[LEAF, INTERMEDIATE]));
    let other = pem(&[INTERMEDIATE]);
    let wrong = HASH.replacen('b', "c", 1);
    for value in [
        format!("Hash={wrong};Cert=\"{leaf}\""),
        format!("Hash={wrong};Chain=\"{both}\""),
        format!("Hash=;Cert=\"{leaf}\""),
        format!("Hash={};Cert=\"{leaf}\"", &HASH[..32]),
        format!("Hash={HASH}00;Cert=\"{leaf}\""),
        format!("Hash={HASH};Cert=\"{other}\""),
        format!("Hash={HASH};Chain=\"{}\"", pem(&[INTERMEDIATE, LEAF])),
    ] {
        assert!(contradicts(&value).contains("SHA-256"), "{value}");
    }
    for value in [
        format!("Hash={HASH};Cert=\"{other}\";Chain=\"{both}\""),
        format!("Cert=\"{leaf}\";Chain=\"{other}\""),
    ] {
        assert!(
            contradicts(&value).contains("first certificate of Chain"),
            "{value}"
        );
    }
    let several = contradicts(&format!("Cert=\"{both}\";Chain=\"{both}\""));
    assert!(several.contains("several"), "{several}");
}

#[test]
fn a_hash_alone_is_no_certificate() {
    for value in [
        format!("Hash={HASH}"),
        format!("By=spiffe://a;Hash={HASH};Subject=\"CN=BC\";URI=;DNS=c"),
        "By=spiffe://a".to_owned(),
        "Subject=\"CN=admin\"".to_owned(),
        "URI=".to_owned(),
    ] {
        assert!(
            contradicts(&value).contains("neither Cert nor Chain"),
            "{value}"
        );
    }
}

#[test]
fn what_is_not_exactly_certificates_is_refused() {
    let leaf = pem(&[LEAF]);
    for bad in [
        String::new(),
        LEAF.to_owned(),
        leaf.replace("%0A", ""),
        leaf.replace("%20", " "),
        leaf.replace("%20", "+"),
        format!("{leaf}x"),
        format!("%20{leaf}"),
        leaf.replace("%3D", ""),
        pem(&["AAAA"]),
        "(null)".to_owned(),
    ] {
        for key in ["Cert", "Chain"] {
            let value = format!("{key}=\"{bad}\"");
            assert!(is_malformed(&value), "{value}: {:?}", receive(&value));
        }
    }
    let value = format!("Chain=\"{}\"", pem(&[LEAF, "AAAA"]));
    assert!(is_malformed(&value));
    let six = format!(
        "Chain=\"{}\"",
        pem(&[LEAF, INTERMEDIATE, ROOT, ROOT, ROOT, ROOT])
    );
    assert_eq!(chain_of(&six).len(), 6);
    let seven = format!(
        "Chain=\"{}\"",
        pem(&[LEAF, INTERMEDIATE, ROOT, ROOT, ROOT, ROOT, ROOT])
    );
    assert_eq!(
        receive(&seven).unwrap_err(),
        ReceiveError::OverLimit(Rejection::TooManyCertificates { count: 7, limit: 6 })
    );
    let small = receiver().limits(ChainLimits::new(6, 427));
    let value = format!("Cert=\"{leaf}\"");
    assert_eq!(
        small
            .receive(&lines(&[(HEADER, &value)]), &hop())
            .unwrap_err(),
        ReceiveError::OverLimit(Rejection::TooLarge {
            bytes: 428,
            limit: 427
        })
    );
}

#[test]
fn the_element_is_counted_from_the_end() {
    let newest = format!(
        "By=spiffe://newest;Chain=\"{}\"",
        pem(&[LEAF, INTERMEDIATE])
    );
    let middle = format!("By=spiffe://middle;Cert=\"{}\"", pem(&[INTERMEDIATE]));
    let oldest = format!("By=spiffe://oldest;Cert=\"{}\"", pem(&[ROOT]));
    for between in [",", ", "] {
        let value = [oldest.clone(), middle.clone(), newest.clone()].join(between);
        let headers = lines(&[(HEADER, &value)]);
        for (number, by, leaf) in [
            (1, "spiffe://newest", LEAF),
            (2, "spiffe://middle", INTERMEDIATE),
            (3, "spiffe://oldest", ROOT),
        ] {
            let number = NonZeroUsize::new(number).unwrap();
            let receiver = receiver().xfcc_element_from_end(number);
            let received = receiver
                .receive(&headers, &hop())
                .unwrap()
                .unwrap();
            assert_eq!(received.chain().leaf_der(), der(leaf));
            let element = received.xfcc().unwrap();
            assert_eq!(
                element
                    .values(XfccKey::By)
                    .collect::<Vec<_>>(),
                [by]
            );
        }
        // Nobody stands in for an element that is not there.
        for number in [4, 5, usize::MAX] {
            let receiver = receiver().xfcc_element_from_end(NonZeroUsize::new(number).unwrap());
            let error = receiver
                .receive(&headers, &hop())
                .unwrap_err();
            assert!(
                matches!(&error, ReceiveError::Malformed { fault, .. } if fault.contains("fewer")),
                "{error}"
            );
        }
    }
    // Unless one is chosen, there is one.
    let several = format!("{oldest},{newest}");
    assert!(is_malformed(&several));
    assert_eq!(chain_of(&newest).len(), 2);
    let newest_of = |value: &str| {
        receiver()
            .xfcc_element_from_end(NonZeroUsize::MIN)
            .receive(&lines(&[(HEADER, value)]), &hop())
    };
    // A fault anywhere is a fault: where the elements end would be a guess.
    let broken = newest_of(&format!("Hash=a b,{newest}"));
    assert!(matches!(broken, Err(ReceiveError::Malformed { .. })));
    // What a client forged in front is not looked at, and does not help the newest.
    let forged = newest_of(&format!("{newest},Hash={HASH}"));
    assert!(matches!(forged, Err(ReceiveError::Contradiction { .. })));
    let ignored = newest_of(&format!("Hash={HASH},{newest}"));
    assert_eq!(ignored.unwrap().unwrap().chain().len(), 2);
}

#[test]
fn one_line_of_visible_ascii() {
    let value = format!("Cert=\"{}\"", pem(&[LEAF]));
    let twice: HeaderMap = lines(&[(HEADER, &value), (HEADER, &value)]);
    assert!(matches!(
        receiver().receive(&twice, &hop()),
        Err(ReceiveError::Repeated { .. })
    ));
    for bad in [
        format!("Subject=\"CN=\u{fc}\";{value}"),
        format!("Subject=\"a\tb\";{value}"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(bad.as_bytes()).unwrap());
        assert!(matches!(
            receiver().receive(&headers, &hop()),
            Err(ReceiveError::Malformed { .. })
        ));
    }
}
