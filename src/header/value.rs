//! The value of each header.

use core::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Encoding, Field, Row, When, pem_url};
use crate::policy::ClientIdentity;
use crate::x509::{Certificate, Name};

/// An identity, ready to be put into words.
pub(crate) struct Described<'a> {
    identity: &'a ClientIdentity,
    certificate: Option<DescribedCertificate<'a>>,
}

struct DescribedCertificate<'a> {
    leaf: Certificate<'a>,
    /// What goes with the leaf, in the order of the path or as presented.
    others: Vec<&'a [u8]>,
}

impl<'a> Described<'a> {
    /// A verified identity sends its path, and its anchor if asked; passthrough sends what was
    /// presented.
    pub(crate) fn new(identity: &'a ClientIdentity, with_anchor: bool) -> Self {
        let certificate = match identity {
            ClientIdentity::Anonymous => None,
            ClientIdentity::Unverified { chain, .. } => Some(DescribedCertificate {
                leaf: Certificate::describe(chain.leaf_der()),
                others: chain.intermediates().collect(),
            }),
            ClientIdentity::Verified { verified } => Some(DescribedCertificate {
                leaf: verified.leaf(),
                others: verified
                    .path()
                    .skip(1)
                    .chain(with_anchor.then(|| verified.anchor().certificate().der()))
                    .collect(),
            }),
        };
        Self {
            identity,
            certificate,
        }
    }

    fn fits(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Verified => matches!(self.identity, ClientIdentity::Verified { .. }),
            When::Unverified => matches!(self.identity, ClientIdentity::Unverified { .. }),
        }
    }
}

/// The value of a header; `None` if it is not sent for this identity, or if the certificate cannot
/// be described in this way. It is visible ASCII and inner spaces, always.
pub(crate) fn encode(row: &Row, described: &Described<'_>) -> Option<String> {
    if !described.fits(row.when) {
        return None;
    }
    match (row.field, &described.certificate) {
        (Field::Present, certificate) => Some(u8::from(certificate.is_some()).to_string()),
        (Field::Status, _) => Some(status(described.identity)),
        (_, None) => None,
        (Field::Chain, Some(certificate)) => chain(&certificate.others),
        (Field::Leaf, Some(certificate)) => Some(match row.encoding {
            Encoding::PemUrl => pem_url::encode(certificate.leaf.der()),
            _ => byte_sequence(certificate.leaf.der()),
        }),
        (Field::Issuer, Some(certificate)) => Some(name(certificate.leaf.issuer())),
        (Field::Subject, Some(certificate)) => Some(name(certificate.leaf.subject())),
        (Field::SerialNumber, Some(certificate)) => {
            Some(hex(certificate.leaf.serial().magnitude(), ":"))
        }
        (Field::Sha256, Some(certificate)) => Some(hex(&certificate.leaf.sha256(), "")),
        (Field::Validity, Some(certificate)) => {
            let validity = certificate.leaf.validity()?;
            Some(format!(
                "NotBefore={};NotAfter={}",
                validity.not_before, validity.not_after
            ))
        }
    }
}

/// HTTP takes white space off the end of a value, and would leave the backslash before it: a last
/// space is written in hexadecimal, which RFC 4514 section 2.4 allows.
fn name(name: Name<'_>) -> String {
    let mut text = name.to_string();
    if text.ends_with(' ') {
        text.pop();
        text.push_str("20");
    }
    text
}

fn byte_sequence(der: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(der))
}

fn chain(others: &[&[u8]]) -> Option<String> {
    let members: Vec<String> = others
        .iter()
        .map(|der| byte_sequence(der))
        .collect();
    (!members.is_empty()).then(|| members.join(", "))
}

fn status(identity: &ClientIdentity) -> String {
    match identity {
        ClientIdentity::Anonymous => "none".into(),
        ClientIdentity::Verified { .. } => "verified".into(),
        ClientIdentity::Unverified { advisory, .. } => {
            let mut status = String::from("unverified;reason=passthrough");
            if let Some(verdict) = advisory {
                let verdict = verdict
                    .as_ref()
                    .map_or_else(|rejection| rejection.code(), |_| "verified");
                status.push_str(";advisory=");
                status.push_str(verdict);
            }
            status
        }
    }
}

/// Octets in lower-case hexadecimal, with `separator` between them.
pub(crate) fn hex(octets: &[u8], separator: &str) -> String {
    let mut text = String::with_capacity(octets.len().saturating_mul(3));
    for (index, octet) in octets.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}
