//! One header of a profile.

use std::borrow::Cow;

use http::HeaderName;

use super::absence::is_absent;
use super::field::{CertEncoding as E, Field};

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
    /// the marks that receivers take for an absence (an empty value, `-`, `NONE`, `(null)`, `::`, `""`).
    #[must_use]
    pub fn absent(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.absent = Some(mark.into());
        self
    }

    /// Sets how long a value that carries certificates may be, in bytes: over it the value is empty,
    /// and the [`Field::TooLarge`] of the profile is set (Cloudflare); without such a field the request
    /// is refused.
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

    /// Why it cannot be used, whatever the other headers.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let is_mark = |mark: &str| is_absent(mark.as_bytes()) && mark.trim() == mark;
        if !self
            .absent
            .as_deref()
            .is_none_or(is_mark)
        {
            return Some(
                "what is sent in the absence of a value is none of the marks for it; use an empty \
                 value, `-`, `NONE`, `(null)`, `::` or `\"\"`",
            );
        }
        let is_plain =
            self.absent.is_none() && self.max_bytes.is_none() && self.when == When::Always;
        if matches!(self.field, Field::Xfcc(_)) && !is_plain {
            return Some(
                "`Xfcc` is sent for all certificates, without a mark of absence or a limit of its own",
            );
        }
        if matches!(self.field, Field::NumberedChain(_)) && self.absent.is_some() {
            return Some("numbered headers have no mark of absence");
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
            _ => None,
        }
    }
}
