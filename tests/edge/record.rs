//! The line for the connection log.

use std::collections::BTreeMap;
use std::time::Duration;

use edge_mtls::{
    CertForwarder, ClientAuthPolicy, ConnectionInfo, ConnectionRecord, ConnectionStep, Decision,
    Edge, HandshakeFacts, HeaderProfile, Passthrough, PolicyMap, Resumption, Time,
};
use proptest::prelude::*;

use crate::support::edge::{Site, forwarded};
use crate::support::pki::{
    Authority, Leaf, NOW_SECONDS as NOW, client_params, now, policy, providers,
};

/// A line as its fields; `None` if it is not in the form that is documented.
fn read(line: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut fields = BTreeMap::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=')?;
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric());
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"')?;
                (unescape(value)?, after)
            }
            None => {
                let end = value.find(' ').unwrap_or(value.len());
                let (value, after) = value.split_at(end);
                if value.is_empty() || value.contains(['"', '=', '\\']) {
                    return None;
                }
                (value.as_bytes().to_vec(), after)
            }
        };
        rest = match after.strip_prefix(' ') {
            Some(next) if !next.is_empty() => next,
            None if after.is_empty() => after,
            _ => return None,
        };
        if !is_name
            || fields
                .insert(name.to_owned(), value)
                .is_some()
        {
            return None;
        }
    }
    Some(fields)
}

fn unescape(value: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut rest = value.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'\\' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    Some(octets)
}

/// The line, and with serde the map, say what the fields say.
fn check(record: &ConnectionRecord) -> BTreeMap<String, Vec<u8>> {
    let line = record.to_string();
    assert!(
        line.bytes()
            .all(|octet| (0x20..0x7f).contains(&octet)),
        "{line:?}"
    );
    let fields = read(&line).unwrap_or_else(|| panic!("{line}"));
    for (name, value) in &fields {
        assert_eq!(record.get(name).unwrap().as_bytes(), value, "{name}");
    }
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_string(record).unwrap();
        assert!(!json.contains(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']));
        let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(map.len(), fields.len());
        for (name, value) in map {
            let text = match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            assert_eq!(fields[&name], text.as_bytes(), "{name}");
        }
    }
    fields
}

struct Told<'a> {
    id: &'a str,
    server_name: &'a str,
    alpn: &'a [u8],
    note: &'a str,
    policy_name: &'a str,
}

/// The record of a client that passthrough lets in, with an advisory verdict.
fn record(leaf: &Leaf, root: &Authority, told: &Told<'_>) -> ConnectionRecord {
    let verifier = edge_mtls::ClientCertVerifier::new(
        Passthrough::default()
            .advisory(policy(&[root]))
            .into(),
        &providers()[0],
    )
    .unwrap();
    let map = PolicyMap::builder()
        .policy(told.policy_name, verifier, ["edge.example"])
        .lax_fallback(told.policy_name)
        .build()
        .unwrap();
    let note = told.note.to_owned();
    let edge = Edge::by_name(map, CertForwarder::new(HeaderProfile::rfc9440())).function(
        move |step: &mut ConnectionStep<'_>| {
            step.note(&note);
            Decision::Allow
        },
    );
    let mut facts = HandshakeFacts::new(Some(leaf.chain(&[])))
        .resumed(Resumption::Yes)
        .application_protocol(told.alpn);
    facts = facts.server_name_indication(told.server_name);
    let info = ConnectionInfo::of("[2001:db8::1]:4711".parse().unwrap())
        .id(told.id)
        .server("198.51.100.1:443".parse().unwrap())
        .handshake_duration(Duration::from_micros(12_900));
    match edge.admit(&facts, info, now()) {
        Ok(connection) => connection.record().clone(),
        Err(refused) => refused.record().clone(),
    }
}

#[test]
fn has_all_the_fields_that_are_documented() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let told = Told {
        id: "c-1",
        server_name: "edge.example",
        alpn: b"h2",
        note: "hello",
        policy_name: "partners",
    };
    let fields = check(&record(&leaf, &root, &told));
    let text = |name: &str| String::from_utf8(fields[name].clone()).unwrap();
    for (name, value) in [
        ("eventTimestamp", "2030-01-01T00:00:00Z"),
        ("connectionId", "c-1"),
        ("connectionStatus", "Success"),
        ("clientIp", "2001:db8::1"),
        ("clientPort", "4711"),
        ("serverIp", "198.51.100.1"),
        ("serverPort", "443"),
        ("tlsHandshakeDuration", "12"),
        ("tlsSni", "edge.example"),
        ("tlsAlpn", "h2"),
        ("tlsResumed", "true"),
        ("policyMode", "passthrough"),
        ("policyName", "partners"),
        ("clientLeafCertSubject", "CN=alice"),
        ("clientLeafCertIssuer", "CN=root"),
        (
            "clientLeafCertValidity",
            "NotBefore=2020-01-01T00:00:00Z;NotAfter=2040-01-01T00:00:00Z",
        ),
        ("clientIdentity", "unverified"),
        ("advisoryVerdict", "verified"),
        ("revocationStatus", "not-checked"),
        ("connectionLogCustomData", "hello"),
    ] {
        assert_eq!(text(name), value);
    }
    assert_eq!(text("clientLeafCertSha256").len(), 64);
    assert_eq!(text("policyFingerprint").len(), 64);
    let documented: Vec<&str> = include_str!("../../src/edge/record/fields.md")
        .lines()
        .skip(2)
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    // Those of a refusal, and those that rustls alone tells.
    let elsewhere = ["refusalCode", "refusalReason", "tlsProtocol", "tlsCipher"];
    for name in &documented {
        assert!(
            fields.contains_key(*name) || elsewhere.contains(name),
            "{name}"
        );
    }
    for name in fields.keys() {
        assert!(documented.contains(&name.as_str()), "{name}");
    }
}

/// The worst that others can put into it.
#[test]
fn nothing_in_it_breaks_a_line() {
    let root = Authority::root("root");
    let mut params = client_params("a\" connectionStatus=Success x=\"\r\n\u{2028}\\");
    params
        .distinguished_name
        .push(rcgen::DnType::OrganizationName, "x".repeat(2_000).as_str());
    let leaf = Leaf::self_signed(params);
    let told = Told {
        id: "a b=\"\n\u{2028}",
        server_name: "\" connectionStatus=Success",
        alpn: b"\xff\n\"",
        note: "\" x=y\r\nconnectionStatus=Success \\0A",
        policy_name: "p\" q=\"\u{85}",
    };
    let refused = record(&leaf, &root, &told);
    check(&refused);
    assert!(refused.status().starts_with("Failed:"));
    let told = Told {
        server_name: "edge.example",
        ..told
    };
    let fields = check(&record(&leaf, &root, &told));
    assert_eq!(fields["connectionStatus"], b"Success");
    assert!(fields["clientLeafCertSubject"].len() < 1_100);
}

#[test]
fn a_client_without_a_certificate() {
    let root = Authority::root("root");
    let verifier = edge_mtls::ClientCertVerifier::new(
        ClientAuthPolicy::optional(policy(&[&root])),
        &providers()[1],
    )
    .unwrap();
    let edge = Edge::new(verifier, CertForwarder::new(HeaderProfile::rfc9440()));
    let connection = edge
        .admit(&HandshakeFacts::new(None), ConnectionInfo::default(), now())
        .unwrap();
    let fields = check(connection.record());
    let names: Vec<&str> = fields
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "clientIdentity",
            "connectionStatus",
            "eventTimestamp",
            "policyFingerprint",
            "policyMode",
            "policyName"
        ]
    );
    assert_eq!(fields["clientIdentity"], b"anonymous");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the host, the client and the function say.
    #[test]
    fn a_line_can_be_read_back(
        id in ".{0,40}",
        server_name in ".{0,40}",
        alpn in proptest::collection::vec(any::<u8>(), 0..20),
        note in ".{0,900}",
        subject in ".{0,60}",
    ) {
        thread_local! {
            static ROOT: Authority = Authority::root("root");
        }
        ROOT.with(|root| {
            let leaf = Leaf::self_signed(client_params(&subject));
            for server_name in [&*server_name, "edge.example"] {
                let told = Told { id: &id, server_name, alpn: &alpn, note: &note, policy_name: "p" };
                check(&record(&leaf, root, &told));
            }
        });
    }
}

/// However late it is asked for, a record says what was true when the client was let in.
#[test]
fn a_record_is_as_of_admission() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::plain() {
        let first = ClientAuthPolicy::optional(policy(&[&root]));
        let verifier = site.verifier(first.clone());
        let connection = site
            .visit(&site.edge_of(&verifier), &site.client(Some(&leaf)), NOW)
            .unwrap();
        let second = ClientAuthPolicy::required(policy(&[&root, &Authority::root("another")]));
        assert_ne!(first.fingerprint(), second.fingerprint());
        verifier.replace_with_ca_names(second);
        forwarded(&connection, NOW + 100).unwrap();

        let record = connection.record();
        let fields = [
            "eventTimestamp",
            "policyMode",
            "policyFingerprint",
            "clientIdentity",
        ];
        assert_eq!(
            fields.map(|field| record.get(field).unwrap()),
            [
                Time::from_unix_seconds(i64::try_from(NOW).unwrap()).to_string(),
                "optional".to_owned(),
                first.fingerprint().to_string(),
                "verified".to_owned(),
            ]
        );
    }
}
