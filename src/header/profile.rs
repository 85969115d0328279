//! Profiles: which headers there are, what each carries, and how.

use http::HeaderName;
use thiserror::Error;

use super::field::Field;
use super::names::folded;
use super::row::HeaderRow;
use super::sanitise::StripSet;

/// A table of headers: the name of each, which field of the identity it carries, and in which
/// encoding. It serves the edge, which encodes by it, and the origin, which decodes by it.
///
/// There is a preset for each format whose exact bytes are known, and a profile of one's own is made
/// of the same parts. Every name can be changed, and every header taken out, by name.
///
/// # Presets
///
#[doc = include_str!("presets/table.md")]
///
/// In these headers, a number stands behind `ssl_client_cert_chain_`. Where a profile carries the leaf
/// alone, the origin's trust store needs the CA that issued it: intermediates do not come along. A receiver needs the certificate
/// itself: of what a hop says of one without it, there is nothing to judge.
///
/// There is no preset for what these products send, since the exact form is not documented or could
/// not be confirmed, or since it cannot be read without doubt: Alibaba's ALB, Cloudflare's managed
/// transform, Kong and Linkerd; Google Cloud's serial number; the descriptions of Azure Application
/// Gateway; and Traefik's `X-Forwarded-Tls-Client-Cert-Info`, in which a name can pass for other fields.
///
/// # What a certificate is worth
///
/// Profiles of products with a header for that have it, in the product's words. The others have
/// [`STATUS_HEADER`](Self::STATUS_HEADER), a header of this crate's own:
///
/// | identity | value |
/// |---|---|
/// | `Verified` | `verified` |
/// | `Unverified` | `unverified;reason=passthrough`, and `;advisory=` with `verified` or the [code](crate::Rejection::code) of a rejection if there is an advisory policy |
/// | `Anonymous` | `none` |
///
/// `;omitted=chain` stands at the end where [`TooLong::LeaveChainOut`](crate::TooLong) took the
/// chain out. `forwarded` says that the certificate is the one of another hop's client, which this
/// hop has not judged ([`XfccForwarding`](crate::XfccForwarding)).
///
/// # A profile of one's own
///
/// ```
/// use edge_mtls::{CertEncoding, CertMarks, Field, HeaderProfile, HeaderRow, NameFormat, When};
/// use http::HeaderName;
///
/// let profile = HeaderProfile::empty()
///     .with(HeaderRow::new(
///         HeaderName::from_static("x-client-chain"),
///         Field::LeafAndChain(CertEncoding::Marked(CertMarks::base64().begin("[").end("]"))),
///     ))?
///     .with(
///         HeaderRow::new(
///             HeaderName::from_static("x-client-subject"),
///             Field::Subject(NameFormat::Rfc2253),
///         )
///         .when(When::Verified)
///         .absent("-"),
///     )?
///     .with_status_header();
///
/// // A preset with another name, and without a header that the origin does not want.
/// let nginx = HeaderProfile::nginx()
///     .rename("x-ssl-client-escaped-cert", HeaderName::from_static("x-client-pem"))?
///     .without("x-ssl-client-fingerprint")?;
/// # let _ = (profile, nginx);
/// # Ok::<(), edge_mtls::ProfileError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeaderProfile {
    rows: Vec<HeaderRow>,
}

impl HeaderProfile {
    /// The name of the header that says what the certificate is worth.
    pub const STATUS_HEADER: &'static str = "client-cert-status";

    /// A profile without headers, to begin with.
    pub const fn empty() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a header.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Duplicate`] if there is one of that name, in any spelling;
    /// [`ProfileError::Reserved`] for a name that HTTP or a proxy needs for itself, or that of the
    /// status header; [`ProfileError::Unusable`] if what the field writes cannot be a header, could not
    /// be read back, or does not go with the other headers: a profile has one [`Field::Status`] and one
    /// [`Field::Xfcc`] at most, and where that only hands on what came in, nothing but the status beside
    /// it.
    pub fn with(mut self, row: HeaderRow) -> Result<Self, ProfileError> {
        self.check_name(&row.name, &row.field)?;
        if let Some(fault) = row
            .fault()
            .or_else(|| self.conflict(&row.field))
        {
            return Err(ProfileError::Unusable {
                header: row.name,
                fault,
            });
        }
        self.rows.push(row);
        Ok(self)
    }

    /// The same with another name for the header called `from`, in any letter case. The name of a
    /// [`Field::NumberedChain`] is what stands before the number.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Unknown`] if there is no such header; [`ProfileError::Duplicate`] and
    /// [`ProfileError::Reserved`] as for [`with`](Self::with).
    pub fn rename(mut self, from: &str, to: HeaderName) -> Result<Self, ProfileError> {
        let index = self.index_of(from)?;
        let mut row = self.rows.remove(index);
        self.check_name(&to, &row.field)?;
        row.name = to;
        self.rows.insert(index, row);
        Ok(self)
    }

    /// The same without the header called `name`, in any letter case.
    ///
    /// Without a header that says what the certificate is worth, the origin must know the edge's
    /// mode.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Unknown`] if there is no such header.
    pub fn without(mut self, name: &str) -> Result<Self, ProfileError> {
        let index = self.index_of(name)?;
        self.rows.remove(index);
        Ok(self)
    }

    /// The same with the headers called `names` alone, in any letter case and in the profile's own order:
    /// of a foreign edge, those that it sets.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Unknown`] if there is no header of one of these names.
    pub fn only(mut self, names: &[&str]) -> Result<Self, ProfileError> {
        for name in names {
            self.index_of(name)?;
        }
        self.rows.retain(|row| {
            names.iter().any(|name| {
                row.name
                    .as_str()
                    .eq_ignore_ascii_case(name)
            })
        });
        Ok(self)
    }

    /// The same with [`STATUS_HEADER`](Self::STATUS_HEADER), unless it has a status header already,
    /// under this or another name.
    #[must_use]
    pub fn with_status_header(mut self) -> Self {
        if self.status_header().is_none() {
            self.rows.push(HeaderRow::new(
                HeaderName::from_static(Self::STATUS_HEADER),
                Field::Status,
            ));
        }
        self
    }

    /// The same without the status header, for origins that must not get a
    /// header that the product does not send. The certificate then may not say what it is worth:
    /// the origin must know the edge's mode.
    #[must_use]
    pub fn without_status_header(mut self) -> Self {
        self.rows
            .retain(|row| row.field != Field::Status);
        self
    }

    /// The names of the headers; of a [`Field::NumberedChain`], what stands before the number.
    pub fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        self.rows.iter().map(|row| &row.name)
    }

    /// The name of the header that carries [`Field::Status`], if there is one.
    pub fn status_header(&self) -> Option<&HeaderName> {
        self.rows
            .iter()
            .find(|row| row.field == Field::Status)
            .map(|row| &row.name)
    }

    pub(crate) fn rows(&self) -> &[HeaderRow] {
        &self.rows
    }

    /// Whether this hop describes its own client: not where Envoy's header is only handed on.
    pub(crate) fn describes_the_client(&self) -> bool {
        !self
            .rows
            .iter()
            .any(|row| row.field.only_hands_on())
    }

    /// Rows that are known to be usable.
    pub(super) fn from_rows(rows: Vec<HeaderRow>) -> Self {
        Self { rows }
    }

    pub(crate) fn find_name(&self, name: &str) -> Result<&HeaderName, ProfileError> {
        self.header_names()
            .find(|own| own.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| ProfileError::Unknown { name: name.into() })
    }

    fn index_of(&self, name: &str) -> Result<usize, ProfileError> {
        self.header_names()
            .position(|own| own.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| ProfileError::Unknown { name: name.into() })
    }

    fn check_name(&self, name: &HeaderName, field: &Field) -> Result<(), ProfileError> {
        let own = folded(name.as_str());
        let is_prefix = matches!(field, Field::NumberedChain(_));
        let clashes = |other: &str| *other == own || is_prefix && other.starts_with(&own);
        let is_reserved = RESERVED
            .iter()
            .any(|name| clashes(name))
            || *field != Field::Status && clashes(Self::STATUS_HEADER);
        if is_reserved {
            return Err(ProfileError::Reserved {
                header: name.clone(),
            });
        }
        let is_there = StripSet::only(self).contains(name.as_str().as_bytes())
            || self
                .header_names()
                .any(|other| clashes(&folded(other.as_str())));
        match is_there {
            true => Err(ProfileError::Duplicate {
                header: name.clone(),
            }),
            false => Ok(()),
        }
    }

    /// Why a field does not go with those that are there.
    fn conflict(&self, field: &Field) -> Option<&'static str> {
        let has = |is: fn(&Field) -> bool| {
            self.rows
                .iter()
                .any(|row| is(&row.field))
        };
        let is_status = |field: &Field| *field == Field::Status;
        let is_xfcc = |field: &Field| matches!(field, Field::Xfcc(_));
        let describes = |field: &Field| !matches!(field, Field::Status | Field::Xfcc(_));
        if is_status(field) && has(is_status) {
            return Some("the profile has a status header already");
        }
        if is_xfcc(field) && has(is_xfcc) {
            return Some("the profile has an `Xfcc` header already");
        }
        let only_hands_on = field.only_hands_on() || !self.describes_the_client();
        (only_hands_on && (describes(field) || has(describes))).then_some(
            "where `Xfcc` only hands on what came in, no header describes this hop's client; leave \
             the others out, or append",
        )
    }
}

/// Whether a name means something to HTTP itself or to every proxy, in any spelling.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    let own = folded(name.as_str());
    RESERVED.contains(&&*own)
}

/// Headers that mean something to HTTP itself or to every proxy, in folded form.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "early-data",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "if-match",
    "if-none-match",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "sec-websocket-key",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Why a profile cannot be made.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ProfileError {
    /// The profile has a header of this name, in this or another spelling.
    #[error(
        "the profile has {header} already, in this or another spelling, or as the beginning of a numbered \
         header; choose another name"
    )]
    Duplicate {
        /// Which header.
        header: HeaderName,
    },

    /// The name is taken.
    #[error(
        "{header} means something to HTTP or to proxies, or is the status header's own name (for that, \
         `with_status_header`); choose another"
    )]
    Reserved {
        /// Which header.
        header: HeaderName,
    },

    /// The profile has no such header.
    #[error("the profile has no header {name}; `HeaderProfile::header_names` lists those it has")]
    Unknown {
        /// What was looked for.
        name: String,
    },

    /// What the header would carry cannot be a header, or could not be read back.
    #[error("{header}: {fault}")]
    Unusable {
        /// Which header.
        header: HeaderName,
        /// What is wrong, and what to do.
        fault: &'static str,
    },
}
