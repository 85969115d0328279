//! From an identity to headers, at the edge.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use crate::header::{Described, HeaderProfile, StripSet, encode};
use crate::policy::ClientIdentity;

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
#[doc = include_str!("header/known.md")]
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
    max_value_bytes: usize,
    max_total_bytes: usize,
}

impl CertForwarder {
    /// The longest value, unless [`max_value_bytes`](Self::max_value_bytes) is called: 16 KiB.
    pub const DEFAULT_MAX_VALUE_BYTES: usize = 16 * 1024;

    /// All names and values together, unless [`max_total_bytes`](Self::max_total_bytes) is called:
    /// 32 KiB.
    pub const DEFAULT_MAX_TOTAL_BYTES: usize = 32 * 1024;

    /// Encodes by `profile`.
    pub fn new(profile: HeaderProfile) -> Self {
        Self {
            strip: Arc::new(StripSet::new(profile.header_names())),
            profile,
            extra_names: Vec::new(),
            with_anchor: false,
            max_value_bytes: Self::DEFAULT_MAX_VALUE_BYTES,
            max_total_bytes: Self::DEFAULT_MAX_TOTAL_BYTES,
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
        self.strip = Arc::new(StripSet::new(
            self.profile
                .header_names()
                .chain(&self.extra_names),
        ));
        self
    }

    /// Sets how long a value may be, in bytes. Most receivers stop at 8 or 16 KiB a line.
    #[must_use]
    pub fn max_value_bytes(mut self, limit: usize) -> Self {
        self.max_value_bytes = limit;
        self
    }

    /// Sets how long all names and values together may be, in bytes.
    #[must_use]
    pub fn max_total_bytes(mut self, limit: usize) -> Self {
        self.max_total_bytes = limit;
        self
    }

    /// Encodes an identity, for all requests of its connection.
    ///
    /// A part of the leaf that cannot be described (a date in an unknown form) is left out. Values
    /// are marked sensitive, so that HPACK and QPACK never index them.
    ///
    /// # Errors
    ///
    /// [`ForwardError::ValueTooLong`] and [`ForwardError::TotalTooLong`]: nothing is cut, and
    /// nothing goes to the origin as if it were all. The host refuses the request.
    pub fn encode(&self, identity: &ClientIdentity) -> Result<CertHeaders, ForwardError> {
        let described = Described::new(identity, self.with_anchor);
        let mut total: usize = 0;
        let mut headers = Vec::new();
        for row in self.profile.rows() {
            let Some(value) = encode(row, &described) else {
                continue;
            };
            if value.len() > self.max_value_bytes {
                return Err(ForwardError::ValueTooLong {
                    header: row.name.clone(),
                    bytes: value.len(),
                    limit: self.max_value_bytes,
                });
            }
            total = total
                .saturating_add(row.name.as_str().len())
                .saturating_add(value.len());
            let mut value =
                HeaderValue::try_from(value).map_err(|_| ForwardError::NotAHeaderValue {
                    header: row.name.clone(),
                })?;
            value.set_sensitive(true);
            headers.push((row.name.clone(), value));
        }
        if total > self.max_total_bytes {
            return Err(ForwardError::TotalTooLong {
                bytes: total,
                limit: self.max_total_bytes,
            });
        }
        Ok(CertHeaders {
            headers: headers.into(),
            strip: self.strip.clone(),
        })
    }

    /// Removes from a request's trailers what a client may have forged.
    pub fn strip_trailers(&self, trailers: &mut HeaderMap) {
        self.strip.strip(trailers);
    }
}

/// The headers of one identity, from [`CertForwarder::encode`]; a clone shares them.
#[derive(Clone, Debug)]
pub struct CertHeaders {
    headers: Arc<[(HeaderName, HeaderValue)]>,
    strip: Arc<StripSet>,
}

impl CertHeaders {
    /// Strips a request's headers, then sets these.
    ///
    /// # Errors
    ///
    /// [`ForwardError::TooManyHeaders`] if the map is full; the request must then be refused.
    pub fn apply(&self, headers: &mut HeaderMap) -> Result<(), ForwardError> {
        self.strip.strip(headers);
        for (name, value) in self.iter() {
            headers
                .try_insert(name, value.clone())
                .map_err(|_| ForwardError::TooManyHeaders)?;
        }
        Ok(())
    }

    /// The headers, in the order of the profile.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.headers
            .iter()
            .map(|(name, value)| (name, value))
    }
}

/// Why an identity cannot be forwarded; the request must be refused.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ForwardError {
    /// A value holds what no header may. It does not occur: values are visible ASCII.
    #[error("the value of {header} is no header value; report it as a defect of edge-mtls")]
    NotAHeaderValue {
        /// Which header.
        header: HeaderName,
    },

    /// The request has as many headers as its map can hold.
    #[error("the request has so many headers that none can be added")]
    TooManyHeaders,

    /// All names and values together are longer than the limit.
    #[error(
        "the certificate headers have {bytes} bytes, more than the limit of {limit}; raise \
         `CertForwarder::max_total_bytes` if the origin takes more"
    )]
    TotalTooLong {
        /// Their size.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// A value is longer than the limit.
    #[error(
        "{header} has {bytes} bytes, more than the limit of {limit}; raise \
         `CertForwarder::max_value_bytes` if the origin takes more"
    )]
    ValueTooLong {
        /// Which header.
        header: HeaderName,
        /// Its size.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },
}

impl ForwardError {
    /// The status of the HTTP response: 431, as an origin would answer that got such headers.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::NotAHeaderValue { .. } => 500,
            Self::TooManyHeaders | Self::TotalTooLong { .. } | Self::ValueTooLong { .. } => 431,
        }
    }
}
