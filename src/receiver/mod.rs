//! From headers to a chain, at the origin.

mod error;
mod hop;

use core::fmt;
use std::borrow::Cow;

pub use error::ReceiveError;
pub use hop::TrustedHop;
use http::header::{HeaderMap, HeaderValue};

use crate::chain::CertChain;
use crate::header::{Encoding, Field, HeaderProfile, Row, StripSet, decode_pem_url, sf};
use crate::policy::ChainLimits;
use crate::x509::Certificate;

/// Reads the headers of a [`HeaderProfile`] that a trusted hop set, strictly.
///
/// What comes out is the chain that the hop forwarded and what it *claims* of it: never a verified
/// identity. [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) makes it one. Any fault is an
/// error, never a shorter chain.
///
/// ```
/// use edge_mtls::{CertReceiver, HeaderProfile, TrustedHop};
/// use http::HeaderMap;
///
/// let receiver = CertReceiver::new(HeaderProfile::rfc9440());
/// // This origin listens on a network that only the edge can reach.
/// let hop = TrustedHop::private_network("10.0.0.0/24, the edge's own");
///
/// let mut headers = HeaderMap::new();
/// assert!(receiver.receive(&headers, &hop)?.is_none());
///
/// headers.insert("client-cert", ":bm90IGEgY2VydGlmaWNhdGU=:".parse()?);
/// let error = receiver.receive(&headers, &hop).unwrap_err();
/// assert!(error.to_string().contains("not exactly one DER certificate"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CertReceiver {
    profile: HeaderProfile,
    /// The names of the profile, to find other spellings of them.
    names: StripSet,
    limits: ChainLimits,
    require_status: bool,
}

impl CertReceiver {
    /// Reads the headers of `profile`. The format is what it says, never guessed.
    pub fn new(profile: HeaderProfile) -> Self {
        Self {
            names: StripSet::only(profile.header_names()),
            profile,
            limits: ChainLimits::default(),
            require_status: false,
        }
    }

    /// Demands [`HeaderProfile::STATUS_HEADER`] on every request: a request without it did not come
    /// through an edge that uses this profile, and is not taken for one of an anonymous client.
    #[must_use]
    pub fn require_status_header(mut self) -> Self {
        self.require_status = true;
        self
    }

    /// Sets the limits on the chain; [`ChainLimits::default`] otherwise. They are checked before
    /// anything is decoded, and again on what was.
    #[must_use]
    pub fn limits(mut self, limits: ChainLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads the chain that `hop` forwarded; `None` if it says that there was no certificate.
    ///
    /// The marks that products use for "no certificate" (an empty value, `::`, `""`, `-`, `NONE`,
    /// `(null)`, `:(null):`) all mean that there is none.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] if a header is there twice, or in another spelling; is not exactly in the
    /// form of the profile; is over the limits; or contradicts another (a chain without a leaf, a
    /// digest that is not the leaf's). The request must then be refused.
    pub fn receive(
        &self,
        headers: &HeaderMap,
        hop: &TrustedHop,
    ) -> Result<Option<Received>, ReceiveError> {
        self.check_spelling(headers)?;
        if self.require_status && !headers.contains_key(HeaderProfile::STATUS_HEADER) {
            return Err(ReceiveError::MissingStatus);
        }
        let mut leaf = None;
        let mut others = None;
        let mut claims = Vec::new();
        for row in self.profile.rows() {
            match row.field {
                Field::Leaf => {
                    let found = self.read_leaf(headers, row)?;
                    if found.is_some() && leaf.is_some() {
                        return Err(ReceiveError::contradiction(
                            row,
                            "another header carries a leaf, too",
                        ));
                    }
                    leaf = leaf.or(found);
                }
                Field::Chain => {
                    others = self
                        .read_chain(headers, row)?
                        .map(|chain| (row, chain));
                }
                _ => {
                    if let Some(value) = only_value(headers, row)? {
                        claims.push((row, visible_text(row, value)?));
                    }
                }
            }
        }
        let Some(leaf) = leaf else {
            check_absence(others.as_ref().map(|(row, _)| *row), &claims)?;
            return Ok(None);
        };
        let others = match others {
            Some((row, others)) if others.contains(&leaf) => {
                return Err(ReceiveError::contradiction(row, "it repeats the leaf"));
            }
            Some((_, others)) => others,
            None => Vec::new(),
        };
        let Some(chain) = CertChain::from_der(core::iter::once(leaf).chain(others)) else {
            return Ok(None);
        };
        self.limits
            .check_chain(&chain)
            .map_err(ReceiveError::OverLimit)?;
        let status = check_claims(&chain, &claims)?;
        Ok(Some(Received {
            chain,
            status,
            claims: claims
                .into_iter()
                .map(|(row, value)| (row.name.as_str().to_owned(), value.to_owned()))
                .collect(),
            hop: hop.clone(),
        }))
    }

    /// A client whose headers pass through an edge that strips them in every spelling cannot send
    /// one; at an origin that folds names they would be one header.
    fn check_spelling(&self, headers: &HeaderMap) -> Result<(), ReceiveError> {
        let other_spelling = headers.keys().find(|name| {
            self.names
                .contains(name.as_str().as_bytes())
                && !self
                    .profile
                    .header_names()
                    .any(|ours| ours == *name)
        });
        match other_spelling {
            Some(name) => Err(ReceiveError::OtherSpelling {
                header: name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn read_leaf(&self, headers: &HeaderMap, row: &Row) -> Result<Option<Vec<u8>>, ReceiveError> {
        let Some(value) = only_value(headers, row)? else {
            return Ok(None);
        };
        let value = value.as_bytes();
        self.check_length(row, value.len())?;
        let der = match row.encoding {
            Encoding::PemUrl => decode_pem_url(value)
                .map_err(|fault| ReceiveError::malformed(row, 1, fault.into()))?,
            _ => sf::byte_sequence_item(value)
                .map_err(|error| ReceiveError::structured_field(row, error))?,
        };
        check_is_certificate(row, 1, &der)?;
        Ok(Some(der))
    }

    fn read_chain(
        &self,
        headers: &HeaderMap,
        row: &Row,
    ) -> Result<Option<Vec<Vec<u8>>>, ReceiveError> {
        let lines: Vec<&HeaderValue> = headers
            .get_all(&row.name)
            .iter()
            .collect();
        let field: Cow<'_, [u8]> = match lines.as_slice() {
            [] => return Ok(None),
            [line] if is_absent(line.as_bytes()) => return Ok(None),
            [line] => Cow::Borrowed(line.as_bytes()),
            lines => {
                let length = lines
                    .iter()
                    .map(|line| line.len().saturating_add(2))
                    .fold(0, usize::saturating_add);
                self.check_length(row, length)?;
                let lines: Vec<&[u8]> = lines
                    .iter()
                    .map(|line| line.as_bytes())
                    .collect();
                Cow::Owned(lines.join(&b", "[..]))
            }
        };
        self.check_length(row, field.len())?;
        let most = self.limits.max_certificates;
        let chain = sf::byte_sequence_list(&field, most)
            .map_err(|error| ReceiveError::structured_field(row, error))?;
        for (der, member) in chain.iter().zip(1..) {
            check_is_certificate(row, member, der)?;
        }
        Ok(Some(chain))
    }

    /// Refuses what must be over the limits before it is decoded.
    fn check_length(&self, row: &Row, length: usize) -> Result<(), ReceiveError> {
        // Percent-encoded base64 has at most 4 characters an octet and line feeds between; a
        // structured field less. Marks and parameters have some room of their own.
        const MARKS: usize = 1_024;
        let limit = self
            .limits
            .max_bytes
            .saturating_mul(5)
            .saturating_add(MARKS);
        match length > limit {
            true => Err(ReceiveError::TooLong {
                header: row.name.clone(),
                bytes: length,
                limit,
            }),
            false => Ok(()),
        }
    }
}

/// A chain that a trusted hop forwarded, and what it claims of it.
#[derive(Clone, Debug)]
pub struct Received {
    chain: CertChain,
    status: Option<ClaimedStatus>,
    claims: Vec<(String, String)>,
    hop: TrustedHop,
}

impl Received {
    /// The chain: the leaf, then the others in the order they came.
    pub fn chain(&self) -> &CertChain {
        &self.chain
    }

    /// What the hop says that the certificate is worth, if it says so.
    pub fn claimed_status(&self) -> Option<&ClaimedStatus> {
        self.status.as_ref()
    }

    /// The value of a header of the profile that describes the certificate, by its name in lower
    /// case: visible ASCII, as the hop wrote it, and checked against nothing.
    pub fn claim(&self, header: &str) -> Option<&str> {
        self.claims
            .iter()
            .find(|(name, _)| name == header)
            .map(|(_, value)| value.as_str())
    }

    /// Why the hop is trusted.
    pub fn hop(&self) -> &TrustedHop {
        &self.hop
    }
}

/// What a hop says that a certificate is worth, in
/// [`Client-Cert-Status`](HeaderProfile::STATUS_HEADER).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimedStatus {
    /// The hop's mode is passthrough: nobody has judged the chain.
    #[non_exhaustive]
    Unverified {
        /// Why it is unverified, such as `passthrough`.
        reason: Option<String>,
        /// What an advisory policy said: `verified`, or the code of a rejection.
        advisory: Option<String>,
    },
    /// A policy of the hop accepted the chain.
    Verified,
}

/// As in the header: `verified`, or `unverified` with its parameters.
impl fmt::Display for ClaimedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::Unverified { reason, advisory } => {
                f.write_str("unverified")?;
                for (name, value) in [("reason", reason), ("advisory", advisory)] {
                    if let Some(value) = value {
                        write!(f, ";{name}={value}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// The value of a header that may be there once; `None` if it is not, or marks an absence.
fn only_value<'a>(
    headers: &'a HeaderMap,
    row: &Row,
) -> Result<Option<&'a HeaderValue>, ReceiveError> {
    let mut lines = headers.get_all(&row.name).iter();
    match (lines.next(), lines.next()) {
        (_, Some(_)) => Err(ReceiveError::Repeated {
            header: row.name.clone(),
        }),
        // An empty description is one of an empty name, not an absence.
        (Some(line), None) if is_carrier(row.field) && is_absent(line.as_bytes()) => Ok(None),
        (line, None) => Ok(line),
    }
}

fn is_carrier(field: Field) -> bool {
    matches!(field, Field::Leaf | Field::Chain)
}

fn is_absent(value: &[u8]) -> bool {
    matches!(
        value.trim_ascii(),
        b"" | b"::" | b"\"\"" | b"-" | b"NONE" | b"(null)" | b":(null):"
    )
}

fn visible_text<'a>(row: &Row, value: &'a HeaderValue) -> Result<&'a str, ReceiveError> {
    value
        .to_str()
        .map_err(|_| ReceiveError::malformed(row, 1, "it is not visible ASCII".into()))
}

fn check_is_certificate(row: &Row, member: usize, der: &[u8]) -> Result<(), ReceiveError> {
    Certificate::from_der(der)
        .map(|_| ())
        .map_err(|error| {
            let fault = format!("it is not exactly one DER certificate: {error}");
            ReceiveError::malformed(row, member, fault)
        })
}

/// Without a leaf, no header may speak of one.
fn check_absence(chain: Option<&Row>, claims: &[(&Row, &str)]) -> Result<(), ReceiveError> {
    if let Some(row) = chain {
        return Err(ReceiveError::contradiction(row, "there is no leaf"));
    }
    for (row, value) in claims {
        let says_none = match row.field {
            Field::Present => *value == "0",
            Field::Status => read_status(row, value)?.is_none(),
            _ => false,
        };
        if !says_none {
            return Err(ReceiveError::contradiction(row, "there is no leaf"));
        }
    }
    Ok(())
}

/// With a leaf, no header may contradict it.
fn check_claims(
    chain: &CertChain,
    claims: &[(&Row, &str)],
) -> Result<Option<ClaimedStatus>, ReceiveError> {
    let mut status = None;
    for (row, value) in claims {
        let fault = match row.field {
            Field::Present if *value != "1" => Some("there is a leaf"),
            Field::Sha256 if !is_digest_of(value, chain.leaf_der()) => {
                Some("it is not the SHA-256 of the leaf")
            }
            Field::Status => {
                status = read_status(row, value)?;
                status
                    .is_none()
                    .then_some("there is a leaf")
            }
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(ReceiveError::contradiction(row, fault));
        }
    }
    Ok(status)
}

fn is_digest_of(value: &str, der: &[u8]) -> bool {
    let digest = Certificate::describe(der).sha256();
    let expected: String = digest
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    value == expected
}

/// `None` for `none`.
fn read_status(row: &Row, value: &str) -> Result<Option<ClaimedStatus>, ReceiveError> {
    let (token, parameters) = sf::token_item(value.as_bytes())
        .map_err(|error| ReceiveError::structured_field(row, error))?;
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    match token.as_str() {
        "none" => Ok(None),
        "unverified" => Ok(Some(ClaimedStatus::Unverified {
            reason: parameter("reason"),
            advisory: parameter("advisory"),
        })),
        "verified" => Ok(Some(ClaimedStatus::Verified)),
        _ => Err(ReceiveError::malformed(
            row,
            1,
            "it is neither verified, unverified nor none".into(),
        )),
    }
}
