//! What stands in the names of a certificate: the second table's rows about subjects and SANs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::{Certificate, HeaderProfile, ReceiveError, Xfcc, XfccKey};
use proptest::prelude::*;

use crate::carrying::*;
use crate::every_field::every_field;
use crate::support::der::*;
use crate::support::pki::Authority;

/// `Subject="CN=x;Chain=…"` was split at `;` or `,` without regard to quotes. Names that look like
/// more of the header stay one value, in both directions, and what is not closed is refused.
#[test]
fn keycloak_envoy_32945_a_subject_split_without_regard_to_quotes() {
    let mallory = forwarded(
        &HeaderProfile::envoy(Xfcc::new().chain()),
        &Client::new("mallory").unverified(),
    );
    let mallory = mallory[XFCC].to_str().unwrap();
    let root = Authority::root("root");
    let envoy = HeaderProfile::preset("envoy").unwrap();
    for name in [
        "x;Chain=y",
        "x,By=y",
        "x=y",
        "x\"y",
        "x\\",
        "x\\\\",
        "x\\\"",
        "\"",
        "x\";Chain=\"y",
        "x\\\";Chain=\"y",
        "x\",Hash=00;Subject=\"y",
        "x/CN=admin",
        "x+CN=admin",
        &format!("x\",{mallory}"),
        &format!("x\\\",{mallory},Subject=\"y"),
    ] {
        let leaf = root.client(name);
        let identity = unverified(leaf.chain(&[&root]));
        let view = Certificate::from_der(&leaf.der).unwrap();
        let subject = view.subject().to_string();
        assert!(subject.starts_with("CN="));

        let headers = forwarded(&envoy, &identity);
        let keys = keys(headers[XFCC].to_str().unwrap());
        assert_eq!(
            keys,
            [["Hash", "Cert", "Chain", "Subject", "URI"]],
            "{name}"
        );
        let read = received(&envoy, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(Some(read.chain()), identity.chain());
        let subjects: Vec<&str> = read
            .xfcc()
            .unwrap()
            .values(XfccKey::Subject)
            .collect();
        assert_eq!(subjects, [subject.as_str()]);

        for (preset, profile) in presets() {
            if preset == "google-cloud" {
                continue;
            }
            let read = received(&profile, &forwarded(&profile, &identity))
                .unwrap()
                .unwrap();
            assert_eq!(read.chain().leaf_der(), leaf.der.as_ref(), "{preset}");
            if let Some(oneline) = read.claim("x-ssl-client-dn") {
                assert_eq!(oneline.matches('/').count(), 1, "{oneline}");
            }
            for claim in ["x-client-dn", "x-ssl-client-s-dn", "ssl-client-subject-dn"] {
                assert!(
                    read.claim(claim)
                        .is_none_or(|text| text == subject),
                    "{preset}"
                );
            }
        }
    }
    incoming_vectors(&envoy, &root);
}

fn incoming_vectors(envoy: &HeaderProfile, root: &Authority) {
    let identity = unverified(root.client("alice").chain(&[]));
    let headers = forwarded(envoy, &identity);
    let own = headers[XFCC]
        .to_str()
        .unwrap()
        .replace("Subject=\"CN=alice\";", "");
    let read = |subject: &str| {
        let text = format!("Subject={subject};{own}");
        received(envoy, &with(&headers, XFCC, &text))
    };
    for (quoted, inner) in [
        (r#""CN=x;Chain=y,Hash=z""#, "CN=x;Chain=y,Hash=z"),
        (r#""CN=x=y""#, "CN=x=y"),
        (r#""CN=x\",Hash=y;Chain=z""#, r#"CN=x\",Hash=y;Chain=z"#),
        (r#""CN=x\\""#, r"CN=x\\"),
        (r#""CN=x\\\"""#, r#"CN=x\\\""#),
    ] {
        let read = read(quoted).unwrap().unwrap();
        assert_eq!(Some(read.chain()), identity.chain());
        let subjects: Vec<&str> = read
            .xfcc()
            .unwrap()
            .values(XfccKey::Subject)
            .collect();
        assert_eq!(subjects, [inner]);
    }
    for bad in [
        r#""CN=x"#,
        r#""CN=x\""#,
        r#""CN=x\\\""#,
        r#""CN=x"y"#,
        r#"CN="x"#,
        r#""CN=x\\"""#,
    ] {
        assert!(
            matches!(read(bad), Err(ReceiveError::Malformed { .. })),
            "{bad}"
        );
    }
}

/// The keys of each element, found by the rule of the format alone: `,` and `;` separate outside of
/// quotes, and inside them a backslash and what stands behind it are one.
fn keys(text: &str) -> Vec<Vec<String>> {
    let mut elements = vec![vec![String::new()]];
    let (mut is_quoted, mut is_value) = (false, false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => drop(characters.next()),
            '=' if !is_quoted => is_value = true,
            ';' | ',' if !is_quoted => {
                is_value = false;
                if character == ',' {
                    elements.push(Vec::new());
                }
                elements
                    .last_mut()
                    .unwrap()
                    .push(String::new());
            }
            other if !is_value => elements
                .last_mut()
                .unwrap()
                .last_mut()
                .unwrap()
                .push(other),
            _ => {}
        }
    }
    assert!(!is_quoted, "{text}");
    elements
}

/// A NUL inside a SAN. Such names are none: they are not sent as DNS names, e-mail addresses or
/// URIs, they hide no other, and no header has a NUL, encoded or not.
#[test]
fn envoy_cve_2025_66220_nul_inside_a_san() {
    let leaf = Authority::root("root").odd_leaf(|odd| {
        let names = sequence(&[
            implicit(2, b"a.example"),
            implicit(2, b"b.example\0.evil"),
            implicit(2, b"\0"),
            implicit(6, b"spiffe://a.example/x\0y"),
            implicit(6, b"https://a.example/"),
            implicit(1, b"admin@a.example\0@evil"),
            implicit(1, b"alice@a.example"),
            implicit(7, b"10.0.0.1\0"),
            implicit(2, b"c.example"),
        ]);
        odd.extension(SUBJECT_ALT_NAME, false, &names)
    });
    let identity = unverified(leaf.chain(&[]));
    for (preset, profile) in presets().chain([("every field", every_field())]) {
        let headers = forwarded(&profile, &identity);
        for (name, text) in &headers {
            // The DER of the certificate has it, of course.
            let text = text.to_str().unwrap();
            if text.contains("MII") && name != XFCC {
                continue;
            }
            let evil = [
                "evil",
                "x\\00y",
                "%00",
                "\\00",
                "b.example",
                "admin",
                "10.0.0.1",
            ];
            assert!(
                !evil
                    .iter()
                    .any(|part| text.contains(part)),
                "{preset} {name}: {text}"
            );
            for member in text.split(',') {
                let decoded = STANDARD
                    .decode(member)
                    .unwrap_or_default();
                let is_san = name.as_str().ends_with("-sans") || name.as_str().starts_with("x-san");
                assert!(!is_san || !decoded.contains(&0), "{preset} {name}: {text}");
            }
        }
    }
    let google = forwarded(&HeaderProfile::google_cloud(), &identity);
    let list = |names: &[&str]| {
        let names: Vec<String> = names
            .iter()
            .map(|name| STANDARD.encode(name))
            .collect();
        names.join(",")
    };
    assert_eq!(
        google["x-client-cert-dnsname-sans"],
        list(&["a.example", "c.example"])
    );
    assert_eq!(
        google["x-client-cert-uri-sans"],
        list(&["https://a.example/"])
    );
    // The URI that is a SPIFFE ID but for its NUL is none, and the other is none either.
    assert!(!google.contains_key("x-client-cert-spiffe"));

    let envoy = HeaderProfile::preset("envoy").unwrap();
    let read = received(&envoy, &forwarded(&envoy, &identity))
        .unwrap()
        .unwrap();
    let values = |key| {
        read.xfcc()
            .unwrap()
            .values(key)
            .collect::<Vec<_>>()
    };
    assert_eq!(values(XfccKey::Dns), ["a.example", "c.example"]);
    assert_eq!(values(XfccKey::Uri), ["https://a.example/"]);
}

static ROOT: std::sync::LazyLock<Authority> = std::sync::LazyLock::new(|| Authority::root("root"));

fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![
            any::<u8>(),
            proptest::sample::select(b"\r\n\0 \t\x7f\"\\;,=%:".to_vec())
        ],
        0..most,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// CR, LF, NUL or non-ASCII from a DN reached a header. Whatever a certificate says, each value
    /// of each preset and of each field is visible ASCII and inner spaces.
    #[test]
    fn request_splitting_what_a_name_holds_never_breaks_a_line(
        text in octets(80),
        raw_name in proptest::option::of(octets(40)),
        tag in 0_u8..31,
        names in proptest::collection::vec((0_u8..9, octets(40)), 0..5),
        raw_extension in proptest::option::of(octets(40)),
        serial in proptest::collection::vec(any::<u8>(), 1..40),
        date in octets(20),
    ) {
        let odd = ROOT.odd_leaf(|mut odd| {
            odd.subject = match &raw_name {
                Some(raw) => tlv(0x30, raw),
                None => sequence(&[
                    set(&[attribute(COMMON_NAME, tag, &text)]),
                    set(&[attribute("2.5.4.97", tag, &text), attribute("1.2.3.4", 12, &text)]),
                ]),
            };
            odd.issuer = odd.subject.clone();
            odd.serial = serial;
            odd.not_before = tlv(GENERALIZED_TIME, &date);
            let names: Vec<Vec<u8>> = names.iter().map(|(tag, name)| implicit(*tag, name)).collect();
            let names = raw_extension.unwrap_or_else(|| sequence(&names));
            odd.extension(SUBJECT_ALT_NAME, false, &names)
        });
        let identity = unverified(odd.chain(&[&ROOT]));
        for (preset, profile) in presets().chain([("every field", every_field())]) {
            let headers = forwarded(&profile, &identity);
            for (name, value) in &headers {
                let value = value.as_bytes();
                prop_assert!(value.iter().all(|octet| matches!(octet, 0x20..=0x7e)), "{preset} {name}");
                prop_assert!(value.trim_ascii() == value, "{preset} {name}");
            }
            // If an origin takes it, it takes this certificate.
            if let Ok(Some(read)) = received(&profile, &headers) {
                prop_assert!(read.chain().leaf_der() == odd.der.as_ref(), "{preset}");
            }
        }
    }
}
