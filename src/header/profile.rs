//! Profiles: which headers there are, what each carries, and how.

use std::borrow::Cow;

use http::HeaderName;
use thiserror::Error;

use super::field::Field;
use super::sanitise::{StripSet, folded};

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
/// In these headers, a number stands behind `ssl_client_cert_chain_`. A receiver needs the certificate
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
/// chain out.
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

/// One header of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeaderRow {
    pub(crate) name: HeaderName,
    pub(crate) field: Field,
    pub(crate) when: When,
    /// What is sent where the field has no value.
    pub(crate) absent: Option<Cow<'static, str>>,
    pub(crate) max_bytes: Option<usize>,
    /// What is added to the reason where the value is longer than that.
    pub(crate) too_long_token: Option<&'static str>,
}

/// For which certificates a header is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum When {
    /// All of them.
    Always,
    /// Those of passthrough.
    Unverified,
    /// Those of required and optional mode.
    Verified,
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
    /// [`ProfileError::Reserved`] for a name that HTTP or a proxy needs for itself;
    /// [`ProfileError::Unusable`] if what the field writes cannot be a header, or could not be read
    /// back.
    pub fn with(mut self, row: HeaderRow) -> Result<Self, ProfileError> {
        self.check_name(&row.name)?;
        if let Some(fault) = row.fault() {
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
        self.check_name(&to)?;
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

    /// The same with [`STATUS_HEADER`](Self::STATUS_HEADER), if it has none.
    #[must_use]
    pub fn with_status_header(self) -> Self {
        let mut profile = self.without_status_header();
        profile.rows.push(HeaderRow::new(
            HeaderName::from_static(Self::STATUS_HEADER),
            Field::Status,
        ));
        profile
    }

    /// The same without [`STATUS_HEADER`](Self::STATUS_HEADER), for origins that must not get a
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

    pub(crate) fn rows(&self) -> &[HeaderRow] {
        &self.rows
    }

    /// Rows that are known to be usable.
    pub(super) fn from_rows(rows: Vec<HeaderRow>) -> Self {
        Self { rows }
    }

    fn index_of(&self, name: &str) -> Result<usize, ProfileError> {
        self.header_names()
            .position(|own| own.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| ProfileError::Unknown { name: name.into() })
    }

    fn check_name(&self, name: &HeaderName) -> Result<(), ProfileError> {
        let folded_name = folded(name.as_str());
        if RESERVED.contains(&&*folded_name) {
            return Err(ProfileError::Reserved {
                header: name.clone(),
            });
        }
        match StripSet::only(self).contains(name.as_str().as_bytes()) {
            true => Err(ProfileError::Duplicate {
                header: name.clone(),
            }),
            false => Ok(()),
        }
    }
}

impl HeaderRow {
    /// A header that is sent for all certificates, and left out where its field has no value.
    pub const fn new(name: HeaderName, field: Field) -> Self {
        Self {
            name,
            field,
            when: When::Always,
            absent: None,
            max_bytes: None,
            too_long_token: None,
        }
    }

    /// Sets for which certificates it is sent.
    ///
    /// [`Field::Present`], [`Field::Reason`], [`Field::Status`], [`Field::TooLarge`],
    /// [`Field::Verdict`] and [`Field::Verified`] have a value without a certificate, too, and are
    /// then sent in any case.
    #[must_use]
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Sets what is sent where the field has no value, as for a client without a certificate: one of
    /// the marks that receivers take for an absence, such as `""` and `"(null)"`.
    #[must_use]
    pub fn absent(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.absent = Some(mark.into());
        self
    }

    /// Sets how long a value that carries certificates may be, in bytes: over it the value is empty,
    /// and the [`Field::TooLarge`] of the profile is set (Cloudflare).
    #[must_use]
    pub const fn max_bytes(mut self, limit: usize) -> Self {
        self.max_bytes = Some(limit);
        self
    }

    /// The same for a value of any field: over the limit it is empty, and a token stands in the
    /// reason (Google Cloud).
    pub(super) const fn max_bytes_or(mut self, limit: usize, token: &'static str) -> Self {
        self.max_bytes = Some(limit);
        self.too_long_token = Some(token);
        self
    }

    fn fault(&self) -> Option<&'static str> {
        use super::CertEncoding as E;

        let absent = self
            .absent
            .as_deref()
            .unwrap_or_default();
        if !is_visible(absent) || absent.trim() != absent {
            return Some("the mark of absence is not visible ASCII and inner spaces");
        }
        let may_have_limit = self.field.carrier().is_some() || self.too_long_token.is_some();
        if self.max_bytes.is_some() && !may_have_limit {
            return Some("a limit of its own is for headers that carry certificates");
        }
        match &self.field {
            Field::Chain(E::Marked(marks)) | Field::LeafAndChain(E::Marked(marks)) => {
                marks.fault(true)
            }
            Field::Leaf(E::Marked(marks)) | Field::NumberedChain(E::Marked(marks)) => {
                marks.fault(false)
            }
            Field::Xfcc(xfcc) => (!xfcc
                .by
                .iter()
                .all(|uri| is_visible(uri)))
            .then_some("`By` is not visible ASCII"),
            _ => None,
        }
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes()
        .all(|octet| matches!(octet, 0x20..=0x7e))
}

/// Headers that mean something to HTTP itself or to every proxy, in folded form.
const RESERVED: &[&str] = &[
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// Why a profile cannot be made.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ProfileError {
    /// The profile has a header of this name, in this or another spelling.
    #[error("the profile has {header} already, in this or another spelling; choose another name")]
    Duplicate {
        /// Which header.
        header: HeaderName,
    },

    /// The name is taken.
    #[error("{header} means something to HTTP or to proxies; choose another name")]
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
