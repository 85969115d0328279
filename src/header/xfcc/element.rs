//! One hop's element.

use super::{MARKS, Xfcc, grammar};
use crate::header::marked;
use crate::header::value::{DescribedCertificate, name};
use crate::hex;
use crate::x509::SubjectAltName;

/// What one hop said of its client in `x-forwarded-client-cert`. It is checked against nothing, but
/// for `Hash`, `Cert` and `Chain`, which agree with each other in what a receiver returns.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct XfccElement {
    pub(super) pairs: Vec<(XfccKey, String)>,
}

/// A key of an element; in a header, letter case does not matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum XfccKey {
    /// A URI of the proxy's own certificate.
    By,
    /// The leaf, as percent-encoded PEM.
    Cert,
    /// The leaf and what stands behind it, as percent-encoded PEM.
    Chain,
    /// A DNS name of the client.
    Dns,
    /// The SHA-256 of the leaf's DER, in lower-case hexadecimal.
    Hash,
    /// The issuer, as RFC 2253 text.
    Issuer,
    /// The subject, as RFC 2253 text.
    Subject,
    /// A URI of the client.
    Uri,
}

impl XfccElement {
    /// The values of a key, in their order, without quotes.
    pub fn values(&self, key: XfccKey) -> impl Iterator<Item = &str> {
        self.pairs
            .iter()
            .filter(move |(own, _)| *own == key)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn value(&self, key: XfccKey) -> Option<&str> {
        self.values(key).next()
    }
}

impl XfccKey {
    pub(super) const ALL: [Self; 8] = [
        Self::By,
        Self::Cert,
        Self::Chain,
        Self::Dns,
        Self::Hash,
        Self::Issuer,
        Self::Subject,
        Self::Uri,
    ];

    /// As Envoy writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::By => "By",
            Self::Cert => "Cert",
            Self::Chain => "Chain",
            Self::Dns => "DNS",
            Self::Hash => "Hash",
            Self::Issuer => "Issuer",
            Self::Subject => "Subject",
            Self::Uri => "URI",
        }
    }
}

/// What this hop's element holds: one with more pairs than a receiver takes cannot be written.
pub(crate) fn encode(xfcc: &Xfcc, certificate: &DescribedCertificate<'_>) -> Option<String> {
    let leaf = certificate.leaf();
    let mut pairs: Vec<(XfccKey, String)> = xfcc
        .by
        .iter()
        .map(|uri| (XfccKey::By, uri.clone()))
        .collect();
    pairs.push((XfccKey::Hash, hex::lower(&leaf.sha256())));
    if xfcc.cert {
        pairs.push((XfccKey::Cert, pem(core::iter::once(leaf.der()))?));
    }
    if xfcc.chain {
        pairs.push((XfccKey::Chain, pem(certificate.certificates())?));
    }
    if xfcc.subject {
        pairs.push((XfccKey::Subject, name(leaf.subject())));
    }
    let names = |key, pick: fn(SubjectAltName<'_>) -> Option<String>| {
        leaf.subject_alt_names()
            .filter_map(pick)
            .map(move |name| (key, name))
    };
    if xfcc.uri {
        let before = pairs.len();
        pairs.extend(names(XfccKey::Uri, |name| match name {
            SubjectAltName::Uri(uri) => Some(uri.to_owned()),
            _ => None,
        }));
        if pairs.len() == before {
            pairs.push((XfccKey::Uri, String::new()));
        }
    }
    if xfcc.dns {
        pairs.extend(names(XfccKey::Dns, |name| match name {
            SubjectAltName::Dns(name) => Some(name.to_owned()),
            _ => None,
        }));
    }
    (pairs.len() <= grammar::MOST_PAIRS).then(|| grammar::write(&[XfccElement { pairs }]))
}

fn pem<'a>(certificates: impl Iterator<Item = &'a [u8]> + Clone) -> Option<String> {
    String::from_utf8(marked::encode(&MARKS, certificates)).ok()
}
