//! What nginx and HAProxy really sent; the folder of the recordings is an argument.

mod forwarding;
mod receiving;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use edge_mtls::{
    CertChain, CertEncoding, CertMarks, CertReceiver, ChainPolicy, Field, HeaderProfile, HeaderRow,
    PercentEncoding, Relaxation, TrustStore, VerdictWords,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::pki::{builder, providers};

/// The recordings that there are: a folder that holds fewer is not the right one.
const RECORDINGS: usize = 27;

/// The folder of the recordings, from `EDGE_MTLS_CONFORMANCE`.
fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("EDGE_MTLS_CONFORMANCE") else {
        eprintln!("SKIPPED: EDGE_MTLS_CONFORMANCE does not name the folder of the recordings");
        return None;
    };
    Some(PathBuf::from(folder).join("peer-samples"))
}

struct Samples {
    certs: BTreeMap<String, Vec<u8>>,
    recordings: Vec<Recording>,
}

struct Recording {
    /// The proxy and its configuration, as in the name of the file.
    proxy: String,
    /// What the client presented, as in the name of the file.
    client: String,
    head: Vec<u8>,
}

fn samples(folder: &Path) -> Samples {
    let list = |folder: PathBuf, extension: &str| -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().unwrap_or_default() == extension)
            .map(|path| {
                let stem = path
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap();
                (stem.to_owned(), std::fs::read(&path).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let recordings: Vec<Recording> = list(folder.join("raw"), "head")
        .into_iter()
        .map(|(stem, head)| {
            let (proxy, client) = stem.split_once('.').unwrap();
            Recording {
                proxy: proxy.into(),
                client: client.into(),
                head,
            }
        })
        .collect();
    assert!(recordings.len() >= RECORDINGS, "{}", recordings.len());
    Samples {
        certs: list(folder.join("certs"), "der")
            .into_iter()
            .collect(),
        recordings,
    }
}

impl Samples {
    fn chain(&self, names: &[&str]) -> Option<CertChain> {
        CertChain::from_der(
            names
                .iter()
                .map(|name| &self.certs[*name]),
        )
    }

    fn policy(&self, anchor: &str) -> ChainPolicy {
        let store = TrustStore::from_der([self.certs[anchor].as_slice()]).unwrap();
        builder(store)
            .build(
                providers()[0]
                    .signature_verification_algorithms
                    .all,
            )
            .unwrap()
    }
}

impl Recording {
    fn name(&self) -> String {
        format!("{}.{}", self.proxy, self.client)
    }

    /// The header lines. A folded line goes on behind one space (RFC 9112 section 5.2), which some
    /// servers put in front of its own white space, and others in the place of it.
    fn lines(&self, keeps_white_space: bool) -> Vec<(HeaderName, HeaderValue)> {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for line in self
            .head
            .split(|octet| *octet == b'\n')
            .skip(1)
        {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match (texts.last_mut(), line.first()) {
                (_, None) => {}
                (Some(before), Some(b' ' | b'\t')) => {
                    let start = match keeps_white_space {
                        true => line,
                        false => line.trim_ascii_start(),
                    };
                    before.push(b' ');
                    before.extend_from_slice(start);
                }
                _ => texts.push(line.to_vec()),
            }
        }
        texts
            .iter()
            .map(|text| {
                let colon = text
                    .iter()
                    .position(|octet| *octet == b':')
                    .unwrap();
                let value = text[colon + 1..].trim_ascii();
                (
                    HeaderName::from_bytes(&text[..colon]).unwrap(),
                    HeaderValue::from_bytes(value).unwrap(),
                )
            })
            .collect()
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.lines(true) {
            headers.append(name, value);
        }
        headers
    }

    fn is_haproxy(&self) -> bool {
        self.proxy == "haproxy"
    }

    fn is_raw_variable(&self) -> bool {
        self.proxy == "nginx-optional-rawvar"
    }

    /// What the client presented; of a resumed session, what the proxy still knows.
    fn presented(&self) -> &'static [&'static str] {
        match &*self.client {
            "leaf.chain" => &["leaf", "int"],
            "leaf.fullchain" => &["leaf", "int", "root"],
            "oddleaf.chain" => &["oddleaf", "int"],
            "rsaleaf.chain" => &["rsaleaf", "int"],
            "rogue.chain" => &["rogue"],
            "tls1_2.first" | "tls1_3.first" => &["leaf", "leaf", "int"],
            "tls1_2.resumed" | "tls1_3.resumed" => &["leaf"],
            "none" => &[],
            other => panic!("a client that this test does not know: {other}"),
        }
    }

    /// What the proxy forwards of it: nginx sends the leaf alone.
    fn forwarded(&self) -> &'static [&'static str] {
        let presented = self.presented();
        match self.is_haproxy() {
            true => presented,
            false => &presented[..presented.len().min(1)],
        }
    }

    /// The verdict that the proxy states, if it has a certificate.
    fn verdict(&self) -> Result<(), &'static str> {
        match (&*self.proxy, &*self.client) {
            ("haproxy", "rogue.chain") => Err("21"),
            ("nginx-optional_no_ca", "rogue.chain") => {
                Err("unable to verify the first certificate")
            }
            ("nginx-optional_no_ca", "leaf.fullchain") => {
                Err("self-signed certificate in certificate chain")
            }
            ("nginx-optional_no_ca", _) => Err("unable to get local issuer certificate"),
            _ => Ok(()),
        }
    }

    fn profile(&self) -> HeaderProfile {
        match &*self.proxy {
            "haproxy" => HeaderProfile::haproxy(),
            "nginx-on" | "nginx-optional_no_ca" => HeaderProfile::nginx(),
            "nginx-optional-rawvar" => raw_variable(one_line()),
            other => panic!("a proxy that this test does not know: {other}"),
        }
    }

    fn receiver(&self) -> CertReceiver {
        let receiver = match (self.is_haproxy(), &*self.client) {
            // HAProxy writes the odd leaf's name as raw UTF-8, which is refused below.
            (true, "oddleaf.chain") => CertReceiver::new(
                self.profile()
                    .without("x-ssl-client-dn")
                    .unwrap(),
            ),
            _ => CertReceiver::new(self.profile()),
        };
        match (self.is_raw_variable(), &*self.client) {
            (true, _) => receiver.allow(Relaxation::FoldedLines),
            (_, "tls1_2.first" | "tls1_3.first") => receiver.allow(Relaxation::RepeatedLeaf),
            _ => receiver,
        }
    }
}

/// PEM with a space for every line feed.
fn one_line() -> CertMarks {
    CertMarks::pem()
        .line_break(" ")
        .after_each("")
}

/// PEM with line feeds, which a header could hold percent-encoded alone.
fn escaped() -> CertMarks {
    CertMarks::pem_percent_encoded(PercentEncoding::LineFeedSpace)
}

/// nginx's old `$ssl_client_cert`.
fn raw_variable(marks: CertMarks) -> HeaderProfile {
    let row = |name, field| HeaderRow::new(HeaderName::from_static(name), field);
    HeaderProfile::empty()
        .with(row(
            "x-ssl-client-cert",
            Field::Leaf(CertEncoding::Marked(marks)),
        ))
        .and_then(|profile| {
            profile.with(row(
                "x-ssl-client-verify",
                Field::Verdict(VerdictWords::Nginx),
            ))
        })
        .unwrap()
}

fn is_certificate_header(name: &HeaderName) -> bool {
    [
        "x-ssl-client-escaped-cert",
        "x-ssl-client-cert",
        "x-ssl-client-der",
        "x-ssl-client-chain-der",
    ]
    .contains(&name.as_str())
}
