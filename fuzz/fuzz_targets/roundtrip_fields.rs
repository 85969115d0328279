//! Every field that describes a certificate, of any bytes that passthrough takes for one: values that
//! can be sent, and that read back as what the certificate says.

#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use edge_mtls::{
    AltNameFormat, AltNameType, CertChain, CertEncoding, CertForwarder, CertReceiver, Certificate,
    ChainLimits, Field, Flag, HeaderProfile, HeaderRow, NameFormat, OctetFormat, ReasonWords,
    SubjectAltName, TimeFormat, VerdictWords,
};
use edge_mtls_fuzz::receiving::receive;
use edge_mtls_fuzz::{assert_sendable, identities};
use http::{HeaderMap, HeaderName};
use libfuzzer_sys::fuzz_target;

const OCTETS: [OctetFormat; 5] = [
    OctetFormat::Base64,
    OctetFormat::Base64NoPadding,
    OctetFormat::ColonHex,
    OctetFormat::LowerHex,
    OctetFormat::UpperHex,
];

/// The field behind each name `x-<number>`.
static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let mut fields = vec![
        Field::Leaf(CertEncoding::StructuredField),
        Field::CommonName,
        Field::SpiffeId,
        Field::Status,
        Field::Validity,
        Field::Reason(ReasonWords::Code),
        Field::Reason(ReasonWords::GoogleCloud),
        Field::Present(Flag::OneOrZero),
        Field::Verified(Flag::TrueOrFalse),
        Field::Verdict(VerdictWords::Apache),
        Field::Verdict(VerdictWords::Nginx),
        Field::Verdict(VerdictWords::OpenSslNumber),
    ];
    for format in [
        NameFormat::DerBase64,
        NameFormat::Oneline,
        NameFormat::Rfc2253,
    ] {
        fields.extend([Field::Issuer(format), Field::Subject(format)]);
    }
    for format in [
        TimeFormat::Iso8601,
        TimeFormat::OpenSsl,
        TimeFormat::Rfc3339Offset,
    ] {
        fields.extend([Field::NotAfter(format), Field::NotBefore(format)]);
    }
    for format in OCTETS {
        fields.extend([
            Field::SerialNumber(format),
            Field::Sha1(format),
            Field::Sha256(format),
        ]);
    }
    for kind in [
        AltNameType::Dns,
        AltNameType::Email,
        AltNameType::Ip,
        AltNameType::Uri,
        AltNameType::UriNotSpiffe,
    ] {
        fields.extend([
            Field::AltNames(kind, AltNameFormat::Base64),
            Field::AltNames(kind, AltNameFormat::StructuredField),
        ]);
    }
    fields
});

static PROFILE: LazyLock<HeaderProfile> = LazyLock::new(|| {
    FIELDS
        .iter()
        .enumerate()
        .try_fold(HeaderProfile::empty(), |profile, (number, field)| {
            profile.with(HeaderRow::new(name(number), field.clone()))
        })
        .expect("usable fields")
});

fn name(number: usize) -> HeaderName {
    HeaderName::try_from(format!("x-{number}")).expect("a name")
}

fuzz_target!(|data: &[u8]| {
    let chain = CertChain::from_der([data]).expect("a chain of one");
    let Some(identity) = identities::passthrough(Some(chain.clone())) else {
        return;
    };
    let cert_headers = CertForwarder::new(PROFILE.clone())
        .max_line_bytes(usize::MAX)
        .max_total_bytes(usize::MAX)
        .encode(&identity)
        .expect("no limit");
    let mut headers = HeaderMap::new();
    cert_headers
        .apply(&mut headers)
        .expect("room for the headers");
    let texts: HashMap<&HeaderName, &str> = headers
        .iter()
        .map(|(name, value)| (name, assert_sendable(value)))
        .collect();

    let leaf = identity.leaf().expect("a leaf");
    for (number, field) in FIELDS.iter().enumerate() {
        check(field, texts.get(&name(number)).copied(), leaf);
    }

    let receiver = CertReceiver::new(PROFILE.clone());
    match receive(&receiver, ChainLimits::default(), &headers) {
        Ok(received) => assert_eq!(received.expect("a leaf").chain(), &chain),
        Err(error) => assert!(Certificate::from_der(data).is_err(), "{error}"),
    }
});

/// Reads a value as the one who gets it would.
fn check(field: &Field, text: Option<&str>, leaf: Certificate<'_>) {
    match field {
        Field::Issuer(NameFormat::DerBase64) => {
            assert_eq!(base64(text), leaf.issuer().as_der());
        }
        Field::Subject(NameFormat::DerBase64) => {
            assert_eq!(base64(text), leaf.subject().as_der());
        }
        Field::SerialNumber(OctetFormat::Base64) => match text {
            Some(_) => assert_eq!(base64(text), leaf.serial().magnitude()),
            // Less than 0.
            None => assert!(leaf.serial().as_bytes()[0] >= 0x80),
        },
        Field::Sha256(OctetFormat::Base64) => assert_eq!(base64(text), leaf.sha256()),
        Field::SpiffeId => {
            let id = leaf
                .spiffe_id()
                .map(|id| id.to_string());
            assert_eq!(text, id.as_deref());
        }
        Field::NotAfter(_) | Field::NotBefore(_) | Field::Validity => {
            assert_eq!(text.is_some(), leaf.validity().is_some());
        }
        Field::Verdict(_) => {
            assert!(!matches!(text, None | Some("SUCCESS" | "0")));
        }
        Field::Verified(_) => assert_eq!(text, Some("false")),
        Field::AltNames(kind, AltNameFormat::Base64) => {
            let read: Vec<String> = text
                .into_iter()
                .flat_map(|text| text.split(','))
                .map(|name| String::from_utf8(base64(Some(name))).expect("a name"))
                .collect();
            assert_eq!(read, alt_names(*kind, leaf));
        }
        Field::AltNames(kind, AltNameFormat::StructuredField) => {
            let read = text.map_or_else(Vec::new, strings);
            assert_eq!(read, alt_names(*kind, leaf));
        }
        _ => {}
    }
}

fn base64(text: Option<&str>) -> Vec<u8> {
    BASE64_STANDARD
        .decode(text.expect("a value"))
        .expect("base64")
}

fn alt_names(kind: AltNameType, leaf: Certificate<'_>) -> Vec<String> {
    let id = leaf
        .spiffe_id()
        .map(|id| id.to_string());
    leaf.subject_alt_names()
        .filter(|name| match name {
            SubjectAltName::Dns(_) => kind == AltNameType::Dns,
            SubjectAltName::Email(_) => kind == AltNameType::Email,
            SubjectAltName::Ip(_) => kind == AltNameType::Ip,
            SubjectAltName::Uri(uri) => {
                kind == AltNameType::Uri
                    || kind == AltNameType::UriNotSpiffe && Some(*uri) != id.as_deref()
            }
            _ => false,
        })
        .map(|name| match name {
            SubjectAltName::Dns(text) | SubjectAltName::Email(text) | SubjectAltName::Uri(text) => {
                text.to_owned()
            }
            SubjectAltName::Ip(address) => address.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The members of a structured-field list of strings.
fn strings(list: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut rest = list;
    loop {
        let mut member = String::new();
        let mut characters = rest
            .strip_prefix('"')
            .expect("a quote")
            .chars();
        loop {
            match characters
                .next()
                .expect("a closing quote")
            {
                '"' => break,
                '\\' => member.push(
                    characters
                        .next()
                        .expect("an escaped character"),
                ),
                other => member.push(other),
            }
        }
        members.push(member);
        match characters.as_str().strip_prefix(", ") {
            Some(behind) => rest = behind,
            None => {
                assert_eq!(characters.as_str(), "");
                return members;
            }
        }
    }
}
