//! The value of each header.

use core::cell::OnceCell;

use http::header::{HeaderName, HeaderValue};
use sha1::{Digest, Sha1};

use super::field::{
    AltNameFormat, AltNameType, Carrier, CertEncoding, Field, Flag, NameFormat, OctetFormat,
    TimeFormat,
};
use super::row::{HeaderRow, When};
use super::{base64, concatenated, marked, sf, words, xfcc};
use crate::hex;
use crate::policy::ClientIdentity;
use crate::x509::{Certificate, Name, SubjectAltName, Time};

/// An identity, ready to be put into words.
#[derive(Clone)]
pub(crate) struct Described<'a> {
    pub(crate) identity: &'a ClientIdentity,
    certificate: Option<DescribedCertificate<'a>>,
    /// The chain is left out because it is too long.
    omits_chain: bool,
}

#[derive(Clone)]
pub(super) struct DescribedCertificate<'a> {
    leaf_der: &'a [u8],
    /// Made for the first field that asks for it.
    leaf: OnceCell<Certificate<'a>>,
    /// What goes with the leaf, in the order of the path or as presented.
    pub(super) others: Vec<&'a [u8]>,
}

impl<'a> DescribedCertificate<'a> {
    fn new(leaf_der: &'a [u8], others: Vec<&'a [u8]>) -> Self {
        Self {
            leaf_der,
            leaf: OnceCell::new(),
            others,
        }
    }

    pub(super) fn leaf(&self) -> &Certificate<'a> {
        self.leaf
            .get_or_init(|| Certificate::describe(self.leaf_der))
    }

    pub(super) fn leaf_der(&self) -> &'a [u8] {
        self.leaf_der
    }

    /// The leaf, then the others.
    pub(super) fn certificates(&self) -> impl Iterator<Item = &'a [u8]> + Clone {
        core::iter::once(self.leaf_der).chain(self.others.iter().copied())
    }
}

impl<'a> Described<'a> {
    /// A verified identity sends its path, and its anchor if asked; passthrough sends what was
    /// presented.
    pub(crate) fn new(identity: &'a ClientIdentity, with_anchor: bool) -> Self {
        let certificate = match identity {
            ClientIdentity::Anonymous => None,
            ClientIdentity::Unverified { chain, .. } => Some(DescribedCertificate::new(
                chain.leaf_der(),
                chain.intermediates().collect(),
            )),
            ClientIdentity::Verified { verified } => Some(DescribedCertificate::new(
                verified.chain().leaf_der(),
                verified
                    .path()
                    .skip(1)
                    .chain(
                        verified
                            .anchor()
                            .filter(|_| with_anchor)
                            .map(|anchor| anchor.certificate().der()),
                    )
                    .collect(),
            )),
        };
        Self {
            identity,
            certificate,
            omits_chain: false,
        }
    }

    /// The same with the leaf alone; the status says so.
    pub(crate) fn without_chain(mut self) -> Self {
        if let Some(certificate) = &mut self.certificate {
            self.omits_chain = !certificate.others.is_empty();
            certificate.others.clear();
        }
        self
    }

    /// Whether a chain was left out.
    pub(crate) fn omits_chain(&self) -> bool {
        self.omits_chain
    }

    pub(crate) fn has_certificate(&self) -> bool {
        self.certificate.is_some()
    }

    fn fits(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Verified => matches!(self.identity, ClientIdentity::Verified { .. }),
            When::Unverified => matches!(self.identity, ClientIdentity::Unverified { .. }),
        }
    }
}

/// What a header says of an identity.
pub(crate) enum Value {
    /// The field has none, or it is not sent for this identity.
    Absent,
    /// A list whose members, between which `, ` stands, may stand on lines of their own.
    List(Vec<u8>),
    /// One for each number, in [`Field::NumberedChain`].
    Numbered(Vec<Vec<u8>>),
    Text(Vec<u8>),
    /// A certificate cannot be written in this encoding.
    Unwritable,
}

/// The value of a header. It is visible ASCII and inner spaces, always. A [`Field::TooLarge`] says
/// no: whoever leaves a value out knows better.
pub(crate) fn encode(row: &HeaderRow, described: &Described<'_>) -> Value {
    if let Some(text) = about_the_identity(&row.field, described) {
        return own_text(text);
    }
    match &described.certificate {
        Some(certificate) if described.fits(row.when) => {
            about_the_certificate(&row.field, certificate)
        }
        _ => Value::Absent,
    }
}

/// The value of one field for an identity, whatever the profile; `None` where it has none, or cannot be
/// one header.
pub(crate) fn field_value(field: &Field, identity: &ClientIdentity) -> Option<HeaderValue> {
    let row = HeaderRow::new(HeaderName::from_static("x"), field.clone());
    let value = encode(&row, &Described::new(identity, false));
    let (None, Value::Text(text) | Value::List(text)) = (row.fault(), value) else {
        return None;
    };
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The value of fields that anonymous clients have, too; `None` for other fields.
fn about_the_identity(field: &Field, described: &Described<'_>) -> Option<Option<String>> {
    let identity = described.identity;
    Some(match field {
        Field::Present(flag) => Some(
            flag.word(described.has_certificate())
                .into(),
        ),
        Field::Reason(words) => words::reason(*words, identity).map(Into::into),
        Field::Status => Some(status(described)),
        Field::TooLarge(_, flag) => Some(flag.word(false).into()),
        Field::Verdict(words) => Some(words::verdict(*words, identity)),
        Field::Verified(flag) => {
            let is_verified = matches!(identity, ClientIdentity::Verified { .. });
            Some(flag.word(is_verified).into())
        }
        _ => return None,
    })
}

fn about_the_certificate(field: &Field, certificate: &DescribedCertificate<'_>) -> Value {
    let leaf = || certificate.leaf();
    let others = &certificate.others;
    let text = match field {
        Field::Chain(_) | Field::NumberedChain(_) if others.is_empty() => None,
        Field::Chain(CertEncoding::StructuredField) => return list(others.iter().copied()),
        Field::LeafAndChain(CertEncoding::StructuredField) => {
            return list(certificate.certificates());
        }
        Field::NumberedChain(encoding) => {
            let values: Option<Vec<Vec<u8>>> = others
                .iter()
                .map(|der| one(encoding, der))
                .collect();
            return values.map_or(Value::Unwritable, Value::Numbered);
        }
        Field::Chain(encoding) => {
            let text = several(encoding, others.iter().copied());
            return text.map_or(Value::Unwritable, Value::Text);
        }
        Field::LeafAndChain(encoding) => {
            let text = several(encoding, certificate.certificates());
            return text.map_or(Value::Unwritable, Value::Text);
        }
        Field::Leaf(encoding) => {
            return one(encoding, certificate.leaf_der()).map_or(Value::Unwritable, Value::Text);
        }
        Field::Xfcc(xfcc) if !xfcc.writes() => None,
        Field::Xfcc(xfcc) => {
            let text = xfcc::encode(xfcc, certificate).map(String::into_bytes);
            return text.map_or(Value::Unwritable, Value::Text);
        }
        Field::AltNames(kind, format) => alt_names(leaf(), *kind, *format),
        Field::CommonName => leaf()
            .subject()
            .common_name()
            .map(ends_visibly),
        Field::Issuer(format) => Some(distinguished_name(leaf().issuer(), *format)),
        Field::Subject(format) => Some(distinguished_name(leaf().subject(), *format)),
        Field::NotAfter(format) => leaf()
            .validity()
            .map(|validity| time(validity.not_after, *format)),
        Field::NotBefore(format) => leaf()
            .validity()
            .map(|validity| time(validity.not_before, *format)),
        Field::SerialNumber(format) => {
            let is_negative = leaf()
                .serial()
                .as_bytes()
                .first()
                .is_some_and(|octet| *octet >= 0x80);
            (!is_negative).then(|| octets(leaf().serial().magnitude(), *format))
        }
        Field::Sha1(format) => Some(octets(&Sha1::digest(certificate.leaf_der()), *format)),
        Field::Sha256(format) => Some(octets(&leaf().sha256(), *format)),
        Field::SpiffeId => leaf()
            .spiffe_id()
            .map(|id| id.to_string()),
        Field::Validity => leaf().validity().map(|validity| {
            format!(
                "NotBefore={};NotAfter={}",
                validity.not_before, validity.not_after
            )
        }),
        // About the identity, above.
        Field::Present(_)
        | Field::Reason(_)
        | Field::Status
        | Field::TooLarge(..)
        | Field::Verdict(_)
        | Field::Verified(_) => None,
    };
    own_text(text)
}

fn own_text(text: Option<String>) -> Value {
    text.map_or(Value::Absent, |text| Value::Text(text.into_bytes()))
}

/// The text of a [`Field::TooLarge`] about `carrier`, where that was left out.
pub(crate) fn too_large(row: &HeaderRow, carrier: Carrier) -> Option<&'static str> {
    match &row.field {
        Field::TooLarge(own, flag) if *own == carrier => Some(Flag::word(*flag, true)),
        _ => None,
    }
}

fn list<'a>(certificates: impl Iterator<Item = &'a [u8]> + Clone) -> Value {
    Value::List(sf::byte_sequences(certificates))
}

/// `None` if it cannot be written.
fn one(encoding: &CertEncoding, der: &[u8]) -> Option<Vec<u8>> {
    several(encoding, core::iter::once(der))
}

/// `None` if one of them cannot be written.
fn several<'a>(
    encoding: &CertEncoding,
    certificates: impl Iterator<Item = &'a [u8]> + Clone,
) -> Option<Vec<u8>> {
    match encoding {
        CertEncoding::Concatenated => concatenated::encode(certificates),
        CertEncoding::Marked(marks) => Some(marked::encode(marks, certificates)),
        CertEncoding::StructuredField => Some(sf::byte_sequences(certificates)),
    }
}

fn alt_names(leaf: &Certificate<'_>, kind: AltNameType, format: AltNameFormat) -> Option<String> {
    let spiffe_id = leaf.spiffe_id();
    let is_spiffe_id = |uri: &str| spiffe_id.is_some_and(|id| id.as_str() == uri);
    let names: Vec<String> = leaf
        .subject_alt_names()
        .filter_map(|name| match (kind, name) {
            (AltNameType::Dns, SubjectAltName::Dns(name))
            | (AltNameType::Email, SubjectAltName::Email(name))
            | (AltNameType::Uri, SubjectAltName::Uri(name)) => Some(name.to_owned()),
            (AltNameType::UriNotSpiffe, SubjectAltName::Uri(uri)) => {
                (!is_spiffe_id(uri)).then(|| uri.to_owned())
            }
            (AltNameType::Ip, SubjectAltName::Ip(address)) => Some(address.to_string()),
            _ => None,
        })
        .map(|name| match format {
            AltNameFormat::Base64 => base64::encode(name.as_bytes()),
            AltNameFormat::StructuredField => sf::string(&name),
        })
        .collect();
    let between = match format {
        AltNameFormat::Base64 => ",",
        AltNameFormat::StructuredField => ", ",
    };
    (!names.is_empty()).then(|| names.join(between))
}

fn distinguished_name(own: Name<'_>, format: NameFormat) -> String {
    match format {
        NameFormat::DerBase64 => base64::encode(own.as_der()),
        NameFormat::Oneline => {
            let mut text = own.oneline();
            if text.ends_with(' ') {
                text.pop();
                text.push_str("\\20");
            }
            text
        }
        NameFormat::Rfc2253 => name(own),
    }
}

pub(super) fn name(name: Name<'_>) -> String {
    ends_visibly(name.to_string())
}

/// HTTP takes white space off the end of a value, and would leave the backslash before it: a last
/// space is written in hexadecimal, which RFC 4514 section 2.4 allows.
fn ends_visibly(mut text: String) -> String {
    if text.ends_with(' ') {
        text.pop();
        text.push_str("20");
    }
    text
}

fn time(time: Time, format: TimeFormat) -> String {
    match format {
        TimeFormat::Iso8601 => time.to_string(),
        TimeFormat::OpenSsl => time.openssl_text(),
        TimeFormat::Rfc3339Offset => time.to_string().replace('Z', "+00:00"),
    }
}

/// The status of what another hop's client sent.
pub(crate) const FORWARDED: &str = "forwarded";

fn status(described: &Described<'_>) -> String {
    let mut status = match described.identity {
        ClientIdentity::Anonymous => String::from("none"),
        ClientIdentity::Verified { verified } => {
            let mut status = String::from("verified");
            if let Some(word) = verified.unproven_revocation() {
                status.push_str(";revocation=");
                status.push_str(word);
            }
            status
        }
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
    };
    if described.omits_chain {
        status.push_str(";omitted=chain");
    }
    status
}

/// Octets as text.
pub(crate) fn octets(octets: &[u8], format: OctetFormat) -> String {
    match format {
        OctetFormat::Base64 => base64::encode(octets),
        OctetFormat::Base64NoPadding => base64::encode(octets)
            .trim_end_matches('=')
            .to_owned(),
        OctetFormat::ColonHex => hex::separated(octets, ":"),
        OctetFormat::LowerHex => hex::lower(octets),
        OctetFormat::UpperHex => hex::lower(octets).to_ascii_uppercase(),
    }
}

/// The SHA-1 of a certificate, as text.
pub(crate) fn sha1_text(der: &[u8], format: OctetFormat) -> String {
    octets(&Sha1::digest(der), format)
}
