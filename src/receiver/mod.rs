//! From headers to a chain, at the origin.

mod claims;
mod error;
mod hop;

use std::borrow::Cow;

pub use claims::ClaimedStatus;
use claims::{check_absence, check_claims};
pub use error::ReceiveError;
pub use hop::TrustedHop;
use http::header::{HeaderMap, HeaderValue};

use crate::chain::CertChain;
use crate::header::{Encoding, Field, HeaderProfile, Row, StripSet, decode_pem_url, sf};
use crate::policy::{ChainLimits, Rejection};
use crate::x509::Certificate;

/// Reads the headers of a [`HeaderProfile`] that a trusted hop set, strictly.
///
/// What comes out is the chain that the hop forwarded and what it *claims* of it: never a verified
/// identity. [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) makes it one. Any fault is an
/// error, never a shorter chain: also a chain that repeats its leaf, or holds what is no
/// certificate, either of which an edge in passthrough forwards as the client presented it.
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
}

impl CertReceiver {
    /// Reads the headers of `profile`, and ignores the status header unless
    /// [`expect_status_header`](Self::expect_status_header) is called. The format is what the profile
    /// says, never guessed.
    pub fn new(profile: HeaderProfile) -> Self {
        let profile = profile.without_status_header();
        Self {
            names: StripSet::only(profile.header_names()),
            profile,
            limits: ChainLimits::default(),
        }
    }

    /// Demands [`HeaderProfile::STATUS_HEADER`] on every request, and reads it: for an edge built on
    /// this crate, which sets it always. A request without it did not come through such an edge, and
    /// is not taken for one of an anonymous client.
    ///
    /// Behind other products leave it off: they do not know the name, so a client's own copy would
    /// pass through them and be believed.
    #[must_use]
    pub fn expect_status_header(mut self) -> Self {
        self.profile = self.profile.with_status_header();
        self.names = StripSet::only(self.profile.header_names());
        self
    }

    /// Sets the limits on the chain; [`ChainLimits::default`] otherwise. They are checked before
    /// anything is decoded, and again on what was.
    #[must_use]
    pub fn limits(mut self, limits: ChainLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads the chain that `hop` forwarded; `None` if it says that there was no certificate or,
    /// unless [`expect_status_header`](Self::expect_status_header) is called, says nothing.
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
                    leaf = leaf.or_else(|| found.map(|der| (row, der)));
                }
                Field::Chain => {
                    others = self
                        .read_chain(headers, row)?
                        .map(|chain| (row, chain));
                }
                _ => match only_value(headers, row)? {
                    Some(value) => {
                        check_length(row, value.len(), self.longest_claim(row.field))?;
                        claims.push((row, visible_text(row, value)?));
                    }
                    None if row.field == Field::Status => return Err(ReceiveError::MissingStatus),
                    None => {}
                },
            }
        }
        let Some((leaf_row, leaf)) = leaf else {
            check_absence(others.as_ref().map(|(row, _)| *row), &claims)?;
            return Ok(None);
        };
        let others = match others {
            Some((row, others)) if others.contains(&leaf) => {
                return Err(ReceiveError::contradiction(
                    row,
                    "it repeats the leaf, as the client may have sent it",
                ));
            }
            Some((_, others)) => others,
            None => Vec::new(),
        };
        let chain = CertChain::behind(&leaf, others);
        self.limits
            .check_chain(&chain)
            .map_err(ReceiveError::OverLimit)?;
        let status = check_claims(&chain, leaf_row, &claims)?;
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
        check_length(row, value.len(), self.longest_carrier())?;
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
                check_length(row, length, self.longest_carrier())?;
                let lines: Vec<&[u8]> = lines
                    .iter()
                    .map(|line| line.as_bytes())
                    .collect();
                Cow::Owned(lines.join(&b", "[..]))
            }
        };
        check_length(row, field.len(), self.longest_carrier())?;
        let most = self.limits.max_certificates;
        let chain = sf::byte_sequence_list(&field, most).map_err(|error| match error.fault {
            sf::TOO_MANY_MEMBERS => ReceiveError::OverLimit(Rejection::TooManyCertificates {
                count: error.member.saturating_add(1), // the leaf
                limit: most,
            }),
            _ => ReceiveError::structured_field(row, error),
        })?;
        for (der, member) in chain.iter().zip(1..) {
            check_is_certificate(row, member, der)?;
        }
        Ok(Some(chain))
    }

    /// No chain within the limits is longer when encoded: percent-encoded base64 has at most 4
    /// characters an octet and line feeds between, a structured field less; marks and parameters
    /// have some room of their own.
    fn longest_carrier(&self) -> usize {
        const MARKS: usize = 1_024;
        self.limits
            .max_bytes
            .saturating_mul(5)
            .saturating_add(MARKS)
    }

    fn longest_claim(&self, field: Field) -> usize {
        const LONGEST_STATUS: usize = 1_024;
        match field {
            Field::Status => LONGEST_STATUS,
            _ => self.longest_carrier(),
        }
    }
}

/// Refuses what is longer than anything within the limits before it is decoded.
fn check_length(row: &Row, length: usize, limit: usize) -> Result<(), ReceiveError> {
    match length > limit {
        true => Err(ReceiveError::TooLong {
            header: row.name.clone(),
            bytes: length,
            limit,
        }),
        false => Ok(()),
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

    /// What the hop says that the certificate is worth; `None` unless the receiver was built with
    /// [`expect_status_header`](CertReceiver::expect_status_header). It is the hop's word:
    /// [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) is a verdict.
    pub fn claimed_status(&self) -> Option<&ClaimedStatus> {
        self.status.as_ref()
    }

    /// The value of a header of the profile that describes the certificate, by its name: visible ASCII, as the hop wrote it, and checked against nothing.
    pub fn claim(&self, header: &str) -> Option<&str> {
        self.claims
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(header))
            .map(|(_, value)| value.as_str())
    }

    /// Why the hop is trusted.
    pub fn hop(&self) -> &TrustedHop {
        &self.hop
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
        .ok()
        .filter(|text| !text.contains('\t'))
        .ok_or_else(|| ReceiveError::malformed(row, 1, "it is not visible ASCII".into()))
}

fn check_is_certificate(row: &Row, member: usize, der: &[u8]) -> Result<(), ReceiveError> {
    Certificate::from_der(der)
        .map(|_| ())
        .map_err(|error| {
            let fault = format!("it is not exactly one DER certificate: {error}");
            ReceiveError::malformed(row, member, fault)
        })
}
