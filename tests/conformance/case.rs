//! The cases of `client-chains.json`.

use std::path::PathBuf;
use std::time::Duration;

use edge_mtls::CertChain;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Verdict;

/// A chain, and what to think of it.
pub struct Case {
    pub id: String,
    /// The first three parts of the id: suite, namespace, and what it is about; less where there is less.
    pub group: String,
    pub anchors: Vec<CertificateDer<'static>>,
    pub chain: CertChain,
    /// Of the leaf, where there is one.
    pub key: Option<PrivateKeyDer<'static>>,
    pub lists: Vec<CertificateRevocationListDer<'static>>,
    pub now: UnixTime,
    /// The verdict of the suite's authors.
    pub expected: Verdict,
    /// The verdict of rustls's own verifier.
    pub rustls: Verdict,
    /// Why rustls refuses, if it does.
    pub rustls_error: String,
    /// The verdicts of others, where there are any.
    pub others: Vec<(String, Verdict)>,
}

/// All cases, if `EDGE_MTLS_CONFORMANCE` names the folder that has them.
pub fn cases() -> Option<Vec<Case>> {
    let Some(folder) = std::env::var_os("EDGE_MTLS_CONFORMANCE") else {
        eprintln!("SKIPPED: EDGE_MTLS_CONFORMANCE does not name the folder of client-chains.json");
        return None;
    };
    let text = std::fs::read(PathBuf::from(folder).join("client-chains.json")).unwrap();
    let file: Value = serde_json::from_slice(&text).unwrap();
    let cases: Vec<Case> = file["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(Case::read)
        .collect();
    assert!(!cases.is_empty(), "there is no case in client-chains.json");
    Some(cases)
}

/// Whether the cases are those of the folder that the tables of rules were made with: by the digest of
/// their ids.
pub fn is_standard(cases: &[Case]) -> bool {
    const DIGEST: &str = "a27dc9333095cb2c70d0028825f3dfe06bd1eda6d72d97e5b207d0533cee66b5";
    let mut ids: Vec<&str> = cases
        .iter()
        .map(|case| case.id.as_str())
        .collect();
    ids.sort_unstable();
    let digest = Sha256::digest(ids.join("\n"));
    let digest: String = digest
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    digest == DIGEST
}

impl Case {
    fn read(case: &Value) -> Self {
        let presented = [&case["leaf"], &case["intermediates"]];
        let id = text(&case["id"]);
        Self {
            id: id.to_owned(),
            group: group(id),
            anchors: sections(&case["trust_anchors"]),
            chain: CertChain::from_der(
                presented
                    .into_iter()
                    .flat_map(sections::<CertificateDer<'_>>),
            )
            .unwrap(),
            // Empty where there is none; and no client has a key of a kind that is not read here, such as DSA.
            key: case["leaf_key"]
                .as_str()
                .and_then(|pem| PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()),
            lists: sections(&case["crls"]),
            now: instant(text(&case["validation_time"])),
            expected: verdict(&case["expected"]),
            rustls: verdict(&case["rustls"]),
            rustls_error: case["rustls_error"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            others: case["others"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(who, word)| (who.clone(), verdict(word)))
                .collect(),
        }
    }
}

fn group(id: &str) -> String {
    let parts: Vec<&str> = id.split("::").collect();
    let group = parts.len().saturating_sub(1).min(2);
    parts[..group].join("::")
}

fn verdict(value: &Value) -> Verdict {
    match text(value) {
        "accept" => Verdict::Accept,
        "reject" => Verdict::Reject,
        other => panic!("{other} is no verdict"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The DER of a PEM text, or of each of several.
fn sections<T: PemObject>(value: &Value) -> Vec<T> {
    match value {
        Value::Array(values) => values
            .iter()
            .flat_map(sections)
            .collect(),
        _ => T::pem_slice_iter(text(value).as_bytes())
            .map(|section| section.unwrap())
            .collect(),
    }
}

/// An instant like `2024-03-01T00:00:00.999+00:00`, without the fraction.
fn instant(rfc3339: &str) -> UnixTime {
    let text = rfc3339.strip_suffix("+00:00").unwrap();
    let text = text
        .split_once('.')
        .map_or(text, |(whole, _)| whole);
    let fields: Vec<u64> = text
        .split(['-', 'T', ':'])
        .map(|field| field.parse().unwrap())
        .collect();
    let [year, month, day, hour, minute, second] = fields[..] else {
        panic!("{rfc3339} is no instant");
    };
    let midnight = rcgen::date_time_ymd(
        year.try_into().unwrap(),
        month.try_into().unwrap(),
        day.try_into().unwrap(),
    );
    let midnight = u64::try_from(midnight.unix_timestamp()).unwrap();
    let seconds = midnight + hour * 3_600 + minute * 60 + second;
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
