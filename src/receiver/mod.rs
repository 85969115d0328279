//! From headers to a chain, at the origin.

mod carriers;
mod claims;
mod error;
mod rules;
mod xfcc;

use core::num::NonZeroUsize;

use carriers::Found;
pub use claims::ClaimedStatus;
use claims::{check_absence, check_claims, check_left_out};
pub use error::ReceiveError;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use rules::{Rules, check_length, only_line};

use crate::chain::CertChain;
use crate::header::{
    Field, HeaderProfile, HeaderRow, ProfileError, Relaxation, Relaxations, StripSet, XfccElement,
};
use crate::hop::TrustedHop;
use crate::policy::ChainLimits;

/// Reads the headers of a [`HeaderProfile`] that a trusted hop set, strictly.
///
/// What comes out is the chain that the hop forwarded and what it *claims* of it: never a verified
/// identity. [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) makes it one. Any fault is an
/// error, never a shorter chain: also a chain that repeats its leaf, or holds what is no
/// certificate, either of which an edge in passthrough forwards as the client presented it. A chain that
/// the edge left out ([`TooLong::LeaveChainOut`](crate::TooLong::LeaveChainOut)) is an error where the
/// profile has a header that says so, in a flag or the status that is expected.
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
    /// The names of what is read, to find other spellings of them.
    names: StripSet,
    expects_status: bool,
    /// Those that every request has.
    expected: Vec<HeaderName>,
    rules: Rules,
}

impl CertReceiver {
    /// Reads the headers of `profile`, and ignores the status header unless
    /// [`expect_status_header`](Self::expect_status_header) is called. The format is what the profile
    /// says, never guessed.
    ///
    /// Take headers that the edge does not set out of the profile
    /// ([`HeaderProfile::without`]): a client's own copy of such a header would pass through it, and
    /// become a claim.
    pub fn new(profile: HeaderProfile) -> Self {
        Self {
            names: StripSet::only(&profile.clone().without_status_header()),
            profile,
            expects_status: false,
            expected: Vec::new(),
            rules: Rules {
                limits: ChainLimits::default(),
                relaxations: Relaxations::NONE,
                xfcc_from_end: None,
            },
        }
    }

    /// Demands the status header ([`HeaderProfile::STATUS_HEADER`], if the profile has none under
    /// another name) on every request, and reads it: for an edge built on this crate, which sets it
    /// always. A request without it did not come through such an edge, and
    /// is not taken for one of an anonymous client.
    ///
    /// Behind other products leave it off: they do not know the name, so a client's own copy would
    /// pass through them and be believed.
    #[must_use]
    pub fn expect_status_header(mut self) -> Self {
        self.profile = self.profile.with_status_header();
        self.names = StripSet::only(&self.profile);
        self.expects_status = true;
        self
    }

    /// Demands the header called `name`, in any letter case, on every request: for one that the edge sets
    /// with and without a certificate, if only to an empty value. A request without it did not come
    /// through that edge, or in another format, and is not taken for one of an anonymous client.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Unknown`] if the profile has no such header.
    pub fn expect(mut self, name: &str) -> Result<Self, ProfileError> {
        let header = self.profile.find_name(name)?.clone();
        self.expected.push(header);
        Ok(self)
    }

    /// Sets the limits on the chain; [`ChainLimits::default`] otherwise. They are checked before
    /// anything is decoded, and again on what was.
    #[must_use]
    pub fn limits(mut self, limits: ChainLimits) -> Self {
        self.rules.limits = limits;
        self
    }

    /// Tolerates something that is refused otherwise, since the edge is known to send it.
    #[must_use]
    pub fn allow(mut self, relaxation: Relaxation) -> Self {
        self.rules.relaxations.allow(relaxation);
        self
    }

    /// Takes an `x-forwarded-client-cert` of several elements, and sets which one is read, counted from
    /// its end, where the newest hop writes: 1 is that of the hop in front of this origin. With 2, that
    /// hop is trusted to have kept only what the hop in front of itself wrote, and so on: elements
    /// further from the end are the client's to forge.
    ///
    /// Otherwise there must be exactly one element, as a hop in mode `SANITIZE_SET` writes it.
    ///
    /// With 2 and more, no other header is held against the certificate, and none becomes a claim or a
    /// [status](Received::claimed_status): they speak of the newest hop's client.
    #[must_use]
    pub fn xfcc_element_from_end(mut self, number: NonZeroUsize) -> Self {
        self.rules.xfcc_from_end = Some(number.get());
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
    /// [`ReceiveError`] if a header is there twice, in another spelling, or not at all though it is
    /// [expected](Self::expect); is not exactly in the
    /// form of the profile; is over the limits; contradicts another (a chain without a leaf, a
    /// digest that is not the leaf's); or says that something was left out. The request must then be
    /// refused.
    pub fn receive(
        &self,
        headers: &HeaderMap,
        hop: &TrustedHop,
    ) -> Result<Option<Received>, ReceiveError> {
        let octets = self.check_spelling(headers)?;
        self.check_expected(headers)?;
        let mut found = Found::of_headers(octets, self.rules.limits);
        let mut claims = Vec::new();
        for row in self.profile.rows() {
            if row.field == Field::Status && !self.expects_status {
                continue;
            }
            if found.read(headers, row, &self.rules)? {
                continue;
            }
            match only_line(headers, row)? {
                Some(value) => {
                    check_length(row, value.len(), self.longest_claim(row))?;
                    claims.push((row, visible_text(row, value)?));
                }
                None if row.field == Field::Status => {
                    return Err(ReceiveError::MissingStatus {
                        header: row.name.clone(),
                    });
                }
                None => {}
            }
        }
        let modes = found.modes()?;
        if let Some(row) = found
            .repeats_leaf()
            .filter(|_| !self.rules.relaxations.repeated_leaf)
        {
            return Err(ReceiveError::RepeatedLeaf {
                header: row.name.clone(),
            });
        }
        let others = found
            .others
            .as_ref()
            .map(|(row, _)| *row);
        let xfcc = found.xfcc.take();
        let Some(chain) = found.into_chain() else {
            check_left_out(&claims)?;
            if let Some(row) = others {
                return Err(ReceiveError::contradiction(row, "there is no leaf"));
            }
            check_absence(&claims)?;
            return Ok(None);
        };
        self.rules
            .limits
            .check(chain.certificates().map(<[u8]>::len))
            .map_err(ReceiveError::OverLimit)?;
        if self.rules.is_of_an_earlier_hop() {
            claims.clear();
        }
        let may_lack_chain = self.rules.relaxations.left_out_chain;
        let status = check_claims(&chain, modes, &claims, may_lack_chain)?;
        Ok(Some(Received {
            chain,
            status,
            claims: claims
                .into_iter()
                .map(|(row, value)| (row.name.as_str().to_owned(), value.to_owned()))
                .collect(),
            xfcc,
            hop: hop.clone(),
        }))
    }

    /// A client whose headers pass through an edge that strips them in every spelling cannot send
    /// one; at an origin that folds names they would be one header. Returns how many octets those headers have
    /// that carry certificates.
    fn check_spelling(&self, headers: &HeaderMap) -> Result<usize, ReceiveError> {
        let mut octets: usize = 0;
        for name in headers.keys() {
            if !self
                .names
                .contains(name.as_str().as_bytes())
            {
                continue;
            }
            let row = self
                .profile
                .rows()
                .iter()
                .find(|row| is_name_of(name, row))
                .ok_or_else(|| ReceiveError::OtherSpelling {
                    header: name.clone(),
                })?;
            if row.field.cert_encoding().is_some() {
                let length = headers
                    .get(name)
                    .map_or(0, HeaderValue::len);
                octets = octets.saturating_add(length);
            }
        }
        Ok(octets)
    }

    fn check_expected(&self, headers: &HeaderMap) -> Result<(), ReceiveError> {
        match self
            .expected
            .iter()
            .find(|name| !headers.contains_key(*name))
        {
            Some(name) => Err(ReceiveError::Missing {
                header: name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn longest_claim(&self, row: &HeaderRow) -> usize {
        const LONGEST_STATUS: usize = 1_024;
        match row.field {
            Field::Status => LONGEST_STATUS,
            _ => self.rules.longest(row),
        }
    }
}

fn is_name_of(name: &HeaderName, row: &HeaderRow) -> bool {
    match row.field {
        Field::NumberedChain(_) => name
            .as_str()
            .starts_with(row.name.as_str()),
        _ => *name == row.name,
    }
}

/// A chain that a trusted hop forwarded, and what it claims of it.
#[derive(Clone, Debug)]
pub struct Received {
    chain: CertChain,
    status: Option<ClaimedStatus>,
    claims: Vec<(String, String)>,
    xfcc: Option<XfccElement>,
    hop: TrustedHop,
}

impl Received {
    /// The chain: the leaf, then the others in the order they came.
    pub fn chain(&self) -> &CertChain {
        &self.chain
    }

    /// What the hop says that the certificate is worth, in the status header (if the receiver was
    /// built with [`expect_status_header`](CertReceiver::expect_status_header)) or in its product's own
    /// words; `None` if the profile has neither. It is the hop's word:
    /// [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) is a verdict.
    pub fn claimed_status(&self) -> Option<&ClaimedStatus> {
        self.status.as_ref()
    }

    /// The value of a header of the profile that describes the certificate, by its name: visible ASCII,
    /// as the hop wrote it, and checked against nothing (but that a digest is the leaf's, or one of the
    /// marks that products write for "none", such as `-`).
    pub fn claim(&self, header: &str) -> Option<&str> {
        self.claims
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(header))
            .map(|(_, value)| value.as_str())
    }

    /// The element of `x-forwarded-client-cert` that the chain is from, in Envoy's profile.
    pub fn xfcc(&self) -> Option<&XfccElement> {
        self.xfcc.as_ref()
    }

    /// Why the hop is trusted.
    pub fn hop(&self) -> &TrustedHop {
        &self.hop
    }
}

fn visible_text<'a>(row: &HeaderRow, value: &'a HeaderValue) -> Result<&'a str, ReceiveError> {
    value
        .to_str()
        .ok()
        .filter(|text| !text.contains('\t'))
        .ok_or_else(|| ReceiveError::malformed(row, 1, "it is not visible ASCII".into()))
}
