//! Every field in every format, of one certificate made by hand.

use edge_mtls::{
    AltNameFormat, AltNameType, CertEncoding, CertMarks, ClientAuthPolicy, ClientIdentity, Field,
    Flag, HeaderProfile, HeaderRow, NameFormat, OctetFormat, Passthrough, ReasonWords, TimeFormat,
    VerdictWords, Xfcc,
};
use http::HeaderName;

use crate::support::der::{
    SUBJECT_ALT_NAME, generalized_time, implicit, name_of, sequence, utc_time,
};
use crate::support::pki::{Authority, Leaf, policy};
use crate::{base64, forwarded, identity, unverified};

/// The text of a field of this client; `None` if the header is left out.
fn text(field: Field, identity: &ClientIdentity) -> Option<String> {
    let row = HeaderRow::new(HeaderName::from_static("x-field"), field);
    let profile = HeaderProfile::empty()
        .with(row)
        .unwrap();
    let headers = forwarded(profile, identity);
    assert!(headers.len() < 2);
    let value = headers.get("x-field")?;
    Some(value.to_str().unwrap().to_owned())
}

fn issuer() -> Vec<u8> {
    name_of(&[("2.5.4.6", "DE"), ("2.5.4.3", "An /issuer\\")])
}

fn subject() -> Vec<u8> {
    name_of(&[
        ("2.5.4.6", "GB"),
        ("2.5.4.10", "A, B & Söhne"),
        ("2.5.4.3", " first "),
        ("2.5.4.3", "second"),
    ])
}

fn leaf(root: &Authority) -> Leaf {
    let names = sequence(&[
        implicit(2, b"a.example"),
        implicit(6, b"spiffe://example.org/ns/\x22a"),
        implicit(1, b"alice@example.org"),
        implicit(2, b"*.b.example"),
        implicit(7, &[192, 0, 2, 7]),
        implicit(6, b"https://c.example/,;\\\""),
        implicit(2, b"not\nvisible"),
        implicit(7, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ]);
    root.odd_leaf(|mut odd| {
        odd.serial = vec![0, 0xfe, 0xdc, 0x0b];
        odd.issuer = issuer();
        odd.subject = subject();
        odd.not_before = utc_time("230901001500Z");
        odd.not_after = generalized_time("20500101235959Z");
        odd.extension(SUBJECT_ALT_NAME, false, &names)
    })
}

#[test]
fn names_and_numbers() {
    let root = Authority::root("root");
    let client = unverified(leaf(&root).chain(&[]));
    let subject_text = r"CN=second,CN=\ first\ ,O=A\, B & S\C3\B6hne,C=GB";
    for (field, expected) in [
        (Field::Subject(NameFormat::Rfc2253), subject_text.to_owned()),
        (
            Field::Subject(NameFormat::Oneline),
            r"/C=GB/O=A, B & S\C3\B6hne/CN= first /CN=second".to_owned(),
        ),
        (Field::Subject(NameFormat::DerBase64), base64(&subject())),
        (
            Field::Issuer(NameFormat::Rfc2253),
            r"CN=An /issuer\\,C=DE".to_owned(),
        ),
        (
            Field::Issuer(NameFormat::Oneline),
            r"/C=DE/CN=An \2Fissuer\5C".to_owned(),
        ),
        (Field::Issuer(NameFormat::DerBase64), base64(&issuer())),
        // The first, whose last space HTTP would take off.
        (Field::CommonName, r"\ first\20".to_owned()),
        (
            Field::SerialNumber(OctetFormat::UpperHex),
            "FEDC0B".to_owned(),
        ),
        (
            Field::SerialNumber(OctetFormat::LowerHex),
            "fedc0b".to_owned(),
        ),
        (
            Field::SerialNumber(OctetFormat::ColonHex),
            "fe:dc:0b".to_owned(),
        ),
        (Field::SerialNumber(OctetFormat::Base64), "/twL".to_owned()),
        (
            Field::NotBefore(TimeFormat::Iso8601),
            "2023-09-01T00:15:00Z".to_owned(),
        ),
        (
            Field::NotBefore(TimeFormat::OpenSsl),
            "Sep  1 00:15:00 2023 GMT".to_owned(),
        ),
        (
            Field::NotBefore(TimeFormat::Rfc3339Offset),
            "2023-09-01T00:15:00+00:00".to_owned(),
        ),
        (
            Field::NotAfter(TimeFormat::Iso8601),
            "2050-01-01T23:59:59Z".to_owned(),
        ),
        (
            Field::NotAfter(TimeFormat::OpenSsl),
            "Jan  1 23:59:59 2050 GMT".to_owned(),
        ),
        (
            Field::NotAfter(TimeFormat::Rfc3339Offset),
            "2050-01-01T23:59:59+00:00".to_owned(),
        ),
        (
            Field::Validity,
            "NotBefore=2023-09-01T00:15:00Z;NotAfter=2050-01-01T23:59:59Z".to_owned(),
        ),
    ] {
        assert_eq!(text(field.clone(), &client), Some(expected), "{field:?}");
    }
}

#[test]
fn alternative_names() {
    let root = Authority::root("root");
    let client = unverified(leaf(&root).chain(&[]));
    for (kind, names) in [
        (AltNameType::Dns, &["a.example", "*.b.example"][..]),
        (AltNameType::Email, &["alice@example.org"]),
        (AltNameType::Ip, &["192.0.2.7", "2001:db8::1"]),
        (
            AltNameType::Uri,
            &["spiffe://example.org/ns/\"a", "https://c.example/,;\\\""],
        ),
    ] {
        let quoted: Vec<String> = names
            .iter()
            .map(|name| {
                format!(
                    "\"{}\"",
                    name.replace('\\', "\\\\")
                        .replace('"', "\\\"")
                )
            })
            .collect();
        let encoded: Vec<String> = names
            .iter()
            .map(|name| base64(name.as_bytes()))
            .collect();
        for (format, expected) in [
            (AltNameFormat::StructuredField, quoted.join(", ")),
            (AltNameFormat::Base64, encoded.join(",")),
        ] {
            let field = Field::AltNames(kind, format);
            assert_eq!(text(field.clone(), &client), Some(expected), "{field:?}");
        }
    }
    // Two URIs are no SPIFFE ID; one is.
    assert_eq!(text(Field::SpiffeId, &client), None);
    let one = root.odd_leaf(|odd| {
        let names = sequence(&[implicit(6, b"spiffe://example.org/a")]);
        odd.extension(SUBJECT_ALT_NAME, false, &names)
    });
    let client = unverified(one.chain(&[]));
    assert_eq!(
        text(Field::SpiffeId, &client).as_deref(),
        Some("spiffe://example.org/a")
    );
    for kind in [AltNameType::Dns, AltNameType::Email, AltNameType::Ip] {
        for format in [AltNameFormat::StructuredField, AltNameFormat::Base64] {
            assert_eq!(text(Field::AltNames(kind, format), &client), None);
        }
    }
}

/// Digests in all formats, of the appendix's leaf, as OpenSSL prints them.
#[test]
fn digests() {
    let client = crate::appendix_a::identity(ClientAuthPolicy::passthrough());
    let sha1 = "ca083f269fb4fc71920e94070eaacb731929e6f9";
    let sha256 = crate::appendix_a::SHA256;
    let upper = |text: &str| text.to_ascii_uppercase();
    let colons = |text: &str| {
        let octets: Vec<&str> = (0..text.len() / 2)
            .map(|index| &text[2 * index..2 * index + 2])
            .collect();
        octets.join(":")
    };
    for (field, expected) in [
        (Field::Sha1(OctetFormat::LowerHex), sha1.to_owned()),
        (Field::Sha1(OctetFormat::UpperHex), upper(sha1)),
        (Field::Sha1(OctetFormat::ColonHex), colons(sha1)),
        (
            Field::Sha1(OctetFormat::Base64),
            "ygg/Jp+0/HGSDpQHDqrLcxkp5vk=".to_owned(),
        ),
        (Field::Sha256(OctetFormat::LowerHex), sha256.to_owned()),
        (Field::Sha256(OctetFormat::UpperHex), upper(sha256)),
        (Field::Sha256(OctetFormat::ColonHex), colons(sha256)),
        (
            Field::Sha256(OctetFormat::Base64),
            "v68ffgcPn6jdYpBfFY2nP4ShE2Yk+6/Mk5PI9yh6aes=".to_owned(),
        ),
    ] {
        assert_eq!(text(field.clone(), &client), Some(expected), "{field:?}");
    }
}

#[test]
fn verdicts() {
    let root = Authority::root("root");
    let chain = || Some(root.client("alice").chain(&[]));
    let advised = |anchor: &Authority| -> ClientAuthPolicy {
        Passthrough::default()
            .advisory(policy(&[anchor]))
            .into()
    };
    let nobody = ClientIdentity::Anonymous;
    let good = identity(ClientAuthPolicy::required(policy(&[&root])), chain());
    let unjudged = identity(ClientAuthPolicy::passthrough(), chain());
    let accepted = identity(advised(&root), chain());
    let rejected = identity(advised(&Authority::root("another")), chain());
    let clients = [nobody, good, unjudged, accepted, rejected];
    let unable = "FAILED:unable to verify the first certificate";
    let google = |word: &'static str| Some(word);
    let table: [(Field, [Option<&str>; 5]); 9] = [
        (
            Field::Present(Flag::OneOrZero),
            [Some("0"), Some("1"), Some("1"), Some("1"), Some("1")],
        ),
        (
            Field::Verified(Flag::TrueOrFalse),
            [
                Some("false"),
                Some("true"),
                Some("false"),
                Some("false"),
                Some("false"),
            ],
        ),
        (
            Field::Verified(Flag::OneOrZero),
            [Some("0"), Some("1"), Some("0"), Some("0"), Some("0")],
        ),
        (
            Field::Status,
            [
                Some("none"),
                Some("verified"),
                Some("unverified;reason=passthrough"),
                Some("unverified;reason=passthrough;advisory=verified"),
                Some("unverified;reason=passthrough;advisory=untrusted"),
            ],
        ),
        (
            Field::Verdict(VerdictWords::Nginx),
            [
                Some("NONE"),
                Some("SUCCESS"),
                Some("FAILED:unverified"),
                Some("FAILED:unverified"),
                Some(unable),
            ],
        ),
        (
            Field::Verdict(VerdictWords::Apache),
            [
                Some("NONE"),
                Some("SUCCESS"),
                Some("GENEROUS"),
                Some("GENEROUS"),
                Some(unable),
            ],
        ),
        (
            Field::Verdict(VerdictWords::OpenSslNumber),
            [Some("0"), Some("0"), Some("50"), Some("50"), Some("21")],
        ),
        (
            Field::Reason(ReasonWords::Code),
            [
                Some("missing"),
                None,
                Some("passthrough"),
                Some("passthrough"),
                Some("untrusted"),
            ],
        ),
        (
            Field::Reason(ReasonWords::GoogleCloud),
            [
                google("client_cert_not_provided"),
                None,
                google("client_cert_validation_not_performed"),
                google("client_cert_validation_not_performed"),
                google("client_cert_validation_failed"),
            ],
        ),
    ];
    for (field, expected) in table {
        for (client, expected) in clients.iter().zip(expected) {
            assert_eq!(
                text(field.clone(), client).as_deref(),
                expected,
                "{field:?} {client:?}"
            );
        }
    }
}

#[test]
fn certificates() {
    let root = Authority::root("root");
    let low = root.intermediate("low");
    let leaf = low.client("alice");
    let client = unverified(leaf.chain(&[&low, &root]));
    let [a, b, c] = [&leaf.der, low.der(), root.der()].map(|der| base64(der));
    let joined = |ders: &[&[u8]]| base64(&ders.concat());
    let marks = || {
        CertEncoding::Marked(
            CertMarks::base64()
                .begin("<")
                .end(">")
                .between(""),
        )
    };
    for (field, expected) in [
        (Field::Leaf(CertEncoding::StructuredField), format!(":{a}:")),
        (
            Field::Chain(CertEncoding::StructuredField),
            format!(":{b}:, :{c}:"),
        ),
        (
            Field::LeafAndChain(CertEncoding::StructuredField),
            format!(":{a}:, :{b}:, :{c}:"),
        ),
        (Field::Leaf(CertEncoding::Concatenated), a.clone()),
        (
            Field::Chain(CertEncoding::Concatenated),
            joined(&[low.der(), root.der()]),
        ),
        (
            Field::LeafAndChain(CertEncoding::Concatenated),
            joined(&[&leaf.der, low.der(), root.der()]),
        ),
        (Field::Leaf(marks()), format!("<{a}>")),
        (Field::Chain(marks()), format!("<{b}><{c}>")),
        (Field::LeafAndChain(marks()), format!("<{a}><{b}><{c}>")),
    ] {
        assert_eq!(text(field.clone(), &client), Some(expected), "{field:?}");
    }
    // Without others there is no chain, and without a certificate nothing.
    let alone = unverified(leaf.chain(&[]));
    for encoding in [
        CertEncoding::StructuredField,
        CertEncoding::Concatenated,
        marks(),
    ] {
        assert_eq!(text(Field::Chain(encoding.clone()), &alone), None);
        assert_eq!(text(Field::NumberedChain(encoding.clone()), &alone), None);
        let whole = text(Field::LeafAndChain(encoding.clone()), &alone);
        assert_eq!(whole, text(Field::Leaf(encoding.clone()), &alone));
        for field in [
            Field::Leaf,
            Field::Chain,
            Field::LeafAndChain,
            Field::NumberedChain,
        ] {
            let nobody = ClientIdentity::Anonymous;
            assert_eq!(text(field(encoding.clone()), &nobody), None);
        }
    }
    assert_eq!(
        text(Field::Xfcc(Xfcc::new()), &ClientIdentity::Anonymous),
        None
    );
}
