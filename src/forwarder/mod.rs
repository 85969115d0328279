//! From an identity to headers, at the edge.

mod error;
mod incoming;
mod lines;
mod response;

use std::sync::Arc;

pub use error::ForwardError;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use incoming::KeepsIncoming;
use lines::{Budget, Line, lines};

use crate::header::{Described, HeaderProfile, StripSet};
use crate::hop::TrustedHop;
use crate::policy::{ClientAuthMode, ClientIdentity};

/// Encodes identities into the headers of a [`HeaderProfile`], once a connection, and puts them
/// into requests, after stripping whatever a client may have forged.
///
/// Every request goes through [`CertHeaders::apply`], also those of anonymous clients and of
/// connections without TLS (with the headers of [`ClientIdentity::Anonymous`]): it is what keeps a
/// client from sending such headers itself. Stripped are the names of the profile, those that some
/// twenty products use for client certificates (below), and those of [`also_strip`](Self::also_strip), in every
/// spelling, from the headers, from `Connection` and from `Trailer`; trailers themselves go through
/// [`strip_trailers`](Self::strip_trailers).
///
/// These are stripped always, in any letter case and with any character that is no letter or digit
/// for `-`; `*` stands for any ending:
///
#[doc = include_str!("../header/known.md")]
///
/// ```
/// use edge_mtls::{CertForwarder, ClientIdentity, HeaderProfile};
/// use http::HeaderMap;
///
/// let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
/// // Once a connection ...
/// let cert_headers = forwarder.encode(&ClientIdentity::Anonymous)?;
///
/// // ... and for each request.
/// let mut request_headers = HeaderMap::new();
/// request_headers.insert("client_cert", "forged".parse()?);
/// cert_headers.apply(&mut request_headers)?;
/// assert_eq!(request_headers.len(), 1);
/// assert_eq!(request_headers["client-cert-status"], "none");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CertForwarder {
    profile: HeaderProfile,
    strip: Arc<StripSet>,
    extra_names: Vec<HeaderName>,
    with_anchor: bool,
    budget: Budget,
}

/// What happens to an identity whose headers are longer than the budget.
///
/// Nothing is ever cut, and nothing is left out unless it is said so here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TooLong {
    /// The chain is left out, and the leaf is sent alone; the status header says `omitted=chain`, and a
    /// [`Field::TooLarge`](crate::Field::TooLarge) about chains is set. If the profile has neither, or
    /// if that is too long, too, the request is refused.
    LeaveChainOut,

    /// The value is left empty, and the profile's [`Field::TooLarge`](crate::Field::TooLarge) says so, as
    /// Cloudflare does. Where the headers are too long together, those that carry a chain are left
    /// empty first, then those that carry the leaf; without its leaf no chain is sent either. If the
    /// profile has no such flag for a value, the request is refused.
    LeaveValueOut,

    /// The request is refused.
    Refuse,

    /// A list is split over as many lines as it needs, where the format allows it: RFC 9440's chain.
    /// Whatever is still too long is refused. Not every origin joins the lines: the variable
    /// `$http_client_cert_chain` of nginx before 1.23 holds the first one alone.
    SplitLines,
}

impl CertForwarder {
    /// The longest line, unless [`max_line_bytes`](Self::max_line_bytes) is called: 8,000 bytes, which
    /// fit receivers that take 8 KiB a line.
    pub const DEFAULT_MAX_LINE_BYTES: usize = 8_000;

    /// All lines together, unless [`max_total_bytes`](Self::max_total_bytes) is called: 12,000 bytes,
    /// which leave some room in the 16 KiB that many receivers take for a whole request (HAProxy, some
    /// 15,000 bytes).
    pub const DEFAULT_MAX_TOTAL_BYTES: usize = 12_000;

    /// Encodes by `profile`, within the default budget, splitting lists that are too long.
    pub fn new(profile: HeaderProfile) -> Self {
        Self {
            strip: Arc::new(StripSet::new(&profile, &[])),
            profile,
            extra_names: Vec::new(),
            with_anchor: false,
            budget: Budget {
                max_line_bytes: Self::DEFAULT_MAX_LINE_BYTES,
                max_total_bytes: Self::DEFAULT_MAX_TOTAL_BYTES,
                when_too_long: TooLong::SplitLines,
            },
        }
    }

    /// Sends the trust anchor, too, behind the path of a verified client: one certificate more, which
    /// the origin's limits have to allow. RFC 9440 lets it be left out, which is the default.
    #[must_use]
    pub fn with_anchor(mut self) -> Self {
        self.with_anchor = true;
        self
    }

    /// Strips these names from every request, too.
    #[must_use]
    pub fn also_strip(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.extra_names.extend(names);
        self.strip = Arc::new(StripSet::new(&self.profile, &self.extra_names));
        self
    }

    /// Sets how long a header line may be, in bytes: its name, a colon, a space and the value.
    ///
    /// What receivers take, in their default configuration:
    ///
    /// | receiver | limit |
    /// |---|---|
    /// | nginx, Apache httpd, Tomcat, Jetty, gunicorn, Varnish | 8 KiB a line (Tomcat, Jetty: all headers) |
    /// | Node.js, HAProxy, Caddy, hyper (HTTP/2), IIS, AWS ALB | 16 KiB (ALB: one header, 64 KiB in all; the others: all headers) |
    /// | CloudFront | 20,480 bytes for the whole request |
    /// | Envoy | 60 KiB, all headers |
    /// | Go, Traefik, Pingora | 1 MiB, all headers |
    #[must_use]
    pub fn max_line_bytes(mut self, limit: usize) -> Self {
        self.budget.max_line_bytes = limit;
        self
    }

    /// Sets how long all header lines together may be, in bytes.
    #[must_use]
    pub fn max_total_bytes(mut self, limit: usize) -> Self {
        self.budget.max_total_bytes = limit;
        self
    }

    /// Sets what happens to what is longer than that; [`TooLong::SplitLines`] otherwise.
    #[must_use]
    pub fn when_too_long(mut self, outcome: TooLong) -> Self {
        self.budget.when_too_long = outcome;
        self
    }

    /// Encodes an identity, for all requests of its connection.
    ///
    /// A part of the leaf that cannot be described (a date in an unknown form) is left out. Values
    /// are marked sensitive, so that HPACK and QPACK never index them.
    ///
    /// # Errors
    ///
    /// [`ForwardError::LineTooLong`] and [`ForwardError::TotalTooLong`], unless
    /// [`when_too_long`](Self::when_too_long) knows another outcome. The host refuses the request, with
    /// [`ForwardError::http_status`].
    pub fn encode(&self, identity: &ClientIdentity) -> Result<CertHeaders, ForwardError> {
        let described = match self.profile.describes_the_client() {
            true => Described::new(identity, self.with_anchor),
            false => Described::new(&ClientIdentity::Anonymous, false),
        };
        let headers = lines(&self.profile, self.budget, described)?;
        let has_certificate = identity.chain().is_some();
        Ok(CertHeaders {
            keeps_incoming: KeepsIncoming::new(
                &self.profile,
                has_certificate,
                self.budget,
                &headers,
            ),
            headers: headers.into(),
            strip: self.strip.clone(),
        })
    }

    /// The same headers with some set, and others dropped.
    pub(crate) fn reshaped(
        &self,
        headers: &CertHeaders,
        changes: &[Change],
    ) -> Result<CertHeaders, ForwardError> {
        let kept = headers
            .headers
            .iter()
            .filter(|(name, _)| {
                changes
                    .iter()
                    .all(|(changed, _)| changed != name)
            });
        let set = changes
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let lines: Vec<Line> = kept.cloned().chain(set).collect();
        self.budget.check(&lines)?;
        Ok(CertHeaders {
            keeps_incoming: headers
                .keeps_incoming
                .as_ref()
                .map(|keeps| keeps.beside(&self.profile, &lines)),
            headers: lines.into(),
            strip: self.strip.clone(),
        })
    }

    pub(crate) fn profile(&self) -> &HeaderProfile {
        &self.profile
    }

    /// Removes from a request's trailers what a client may have forged.
    pub fn strip_trailers(&self, trailers: &mut HeaderMap) {
        self.strip.strip(trailers);
    }

    /// Prepares a response on its way to the client.
    ///
    /// A `Vary` that names a certificate header becomes `*`: the client does not send such headers, so
    /// no cache on its side could tell what they select (RFC 9440 section 2.4). In passthrough, where
    /// the origin alone decides who is served what, nothing may be cached at all: `Cache-Control`
    /// becomes `private, no-store`, and what caches obey in its place is removed. CloudFront caches no
    /// such response either.
    ///
    /// # Errors
    ///
    /// [`ForwardError::TooManyHeaders`] if the map is full; the response must then not be sent.
    pub fn prepare_response(
        &self,
        headers: &mut HeaderMap,
        mode: ClientAuthMode,
    ) -> Result<(), ForwardError> {
        response::prepare(&self.strip, headers, mode)
    }
}

/// A header that is set, or else dropped.
pub(crate) type Change = (HeaderName, Option<HeaderValue>);

/// What came in from a trusted hop, and is kept.
#[derive(Debug, Default)]
pub(crate) struct Incoming(Option<String>);

/// The headers of one identity, from [`CertForwarder::encode`]; a clone shares them.
#[derive(Clone, Debug)]
pub struct CertHeaders {
    headers: Arc<[(HeaderName, HeaderValue)]>,
    strip: Arc<StripSet>,
    keeps_incoming: Option<KeepsIncoming>,
}

impl CertHeaders {
    /// Strips a request's headers, then sets these. Nothing that came in is kept.
    ///
    /// # Errors
    ///
    /// [`ForwardError::TooManyHeaders`] if the map is full; the request must then be refused.
    pub fn apply(&self, headers: &mut HeaderMap) -> Result<(), ForwardError> {
        self.strip(headers);
        self.insert(headers)
    }

    /// Strips a request's headers.
    pub(crate) fn strip(&self, headers: &mut HeaderMap) {
        self.strip.strip(headers);
    }

    /// Sets the headers in a request that is stripped.
    // Apart, so that a request that is only stripped keeps no registers for it.
    #[inline(never)]
    pub(crate) fn insert(&self, headers: &mut HeaderMap) -> Result<(), ForwardError> {
        for (name, value) in self.iter() {
            // `strip` left none of these names, and a list may have several lines.
            headers
                .try_append(name, value.clone())
                .map_err(|_| ForwardError::TooManyHeaders)?;
        }
        Ok(())
    }

    /// The same for a request from a hop that is trusted to set certificate headers: where the profile
    /// is Envoy's, in a [mode](crate::XfccForwarding) that keeps what came in, its elements are read
    /// strictly, and written anew, in front of this hop's if the mode writes one. For every other profile
    /// this is [`apply`](Self::apply).
    ///
    /// `hop` is the sender of *this request*: for a client of one's own listener there is none.
    ///
    /// # Errors
    ///
    /// [`ForwardError::BadIncoming`] and [`ForwardError::RepeatedIncoming`] if what came in is not
    /// exactly in Envoy's form; [`ForwardError::LineTooLong`] and [`ForwardError::TotalTooLong`] if it is
    /// too long, or so with this hop's element; [`ForwardError::TooManyHeaders`] as above. The request
    /// must then be refused.
    pub fn apply_from(
        &self,
        headers: &mut HeaderMap,
        hop: &TrustedHop,
    ) -> Result<(), ForwardError> {
        let incoming = self.read_incoming(headers, hop);
        self.strip(headers);
        self.insert_with(incoming, headers)
    }

    /// What a trusted hop sent that is kept, before the request is stripped.
    pub(crate) fn read_incoming(
        &self,
        headers: &HeaderMap,
        hop: &TrustedHop,
    ) -> Result<Incoming, ForwardError> {
        let _: &TrustedHop = hop;
        match &self.keeps_incoming {
            Some(keeps) => keeps.read(headers).map(Incoming),
            None => Ok(Incoming(None)),
        }
    }

    /// Sets the headers in a request that is stripped, beside what came in.
    pub(crate) fn insert_with(
        &self,
        incoming: Result<Incoming, ForwardError>,
        headers: &mut HeaderMap,
    ) -> Result<(), ForwardError> {
        // First, so that not even a request that is refused holds what came in.
        self.insert(headers)?;
        let Incoming(kept) = incoming?;
        match &self.keeps_incoming {
            Some(keeps) => keeps.put_back(kept, headers),
            None => Ok(()),
        }
    }

    /// The headers, in the order of the profile.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.headers
            .iter()
            .map(|(name, value)| (name, value))
    }
}
