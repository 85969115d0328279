//! The marks around certificates in base64: PEM in its many shapes.

use std::borrow::Cow;

/// What stands around the base64 of a certificate, and between certificates.
///
/// A certificate is written as `begin`, its base64, `end` and `after_each`; with newlines, a line
/// break follows `begin` and every 64 characters of base64. Several certificates have `between`
/// between them. At last the whole is percent-encoded, if wanted. The parts are those of CloudFront's
/// header helpers; nginx, AWS ALB, Envoy, Apache, Traefik and many others are rows of this table.
///
/// ```
/// use edge_mtls::{CertMarks, PercentEncoding};
///
/// // One header for leaf and chain: `[MIIB...][MIIC...]`.
/// let bracketed = CertMarks::base64().begin("[").end("]").between("");
/// // PEM on one line, as an origin may expect it that cannot take percent signs.
/// let one_line = CertMarks::pem().line_break(" ").after_each("");
/// # let _ = (bracketed, one_line, PercentEncoding::None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertMarks {
    pub(crate) begin: Cow<'static, str>,
    pub(crate) line_break: Cow<'static, str>,
    pub(crate) end: Cow<'static, str>,
    pub(crate) after_each: Cow<'static, str>,
    pub(crate) between: Cow<'static, str>,
    pub(crate) percent: PercentEncoding,
}

/// Which octets are written as `%XX`, in upper-case hexadecimal. `%` always is, but for `None`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PercentEncoding {
    /// Line feed and space (AWS ALB).
    LineFeedSpace,
    /// Line feed, space, `+`, `/` and `=` (Envoy).
    LineFeedSpaceBase64,
    /// Nothing is encoded.
    None,
    /// All but letters, digits, `-`, `.`, `_` and `~` (RFC 3986 section 2.3; nginx, CloudFront).
    Reserved,
}

impl CertMarks {
    /// Bare base64 on one line, without marks; several certificates have a `,` between them.
    pub const fn base64() -> Self {
        Self {
            begin: Cow::Borrowed(""),
            line_break: Cow::Borrowed(""),
            end: Cow::Borrowed(""),
            after_each: Cow::Borrowed(""),
            between: Cow::Borrowed(","),
            percent: PercentEncoding::None,
        }
    }

    /// PEM with line feeds, also after each certificate. No header can hold line feeds: choose a
    /// percent-encoding, or another line break.
    pub const fn pem() -> Self {
        Self {
            begin: Cow::Borrowed("-----BEGIN CERTIFICATE-----"),
            line_break: Cow::Borrowed("\n"),
            end: Cow::Borrowed("-----END CERTIFICATE-----"),
            after_each: Cow::Borrowed("\n"),
            between: Cow::Borrowed(""),
            percent: PercentEncoding::None,
        }
    }

    /// Percent-encoded PEM.
    pub const fn pem_percent_encoded(percent: PercentEncoding) -> Self {
        let mut marks = Self::pem();
        marks.percent = percent;
        marks
    }

    /// Sets what stands before each certificate.
    #[must_use]
    pub fn begin(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.begin = mark.into();
        self
    }

    /// Sets what stands behind the base64 of each certificate.
    #[must_use]
    pub fn end(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.end = mark.into();
        self
    }

    /// Sets what stands after each certificate, the last one, too.
    #[must_use]
    pub fn after_each(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.after_each = mark.into();
        self
    }

    /// Sets what stands between two certificates.
    #[must_use]
    pub fn between(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.between = mark.into();
        self
    }

    /// Sets what breaks lines: `"\n"`, or what stands for it; `""` to keep no newlines.
    #[must_use]
    pub fn line_break(mut self, mark: impl Into<Cow<'static, str>>) -> Self {
        self.line_break = mark.into();
        self
    }

    /// Sets the percent-encoding.
    #[must_use]
    pub fn percent_encoding(mut self, percent: PercentEncoding) -> Self {
        self.percent = percent;
        self
    }

    /// Why these marks cannot be used; for several certificates in one header if `is_list`.
    pub(super) fn fault(&self, is_list: bool) -> Option<&'static str> {
        let marks = [
            &self.begin,
            &self.line_break,
            &self.end,
            &self.after_each,
            &self.between,
        ];
        let is_legal = |octet: u8| {
            matches!(octet, 0x20..=0x7e) || octet == b'\n' && self.percent != PercentEncoding::None
        };
        let begins_like_base64 = |mark: &str| {
            mark.bytes()
                .next()
                .is_some_and(is_base64)
                || mark.starts_with('%')
        };
        if !marks
            .iter()
            .all(|mark| mark.bytes().all(is_legal))
        {
            return Some(
                "a mark holds what a header cannot; use visible ASCII, or percent-encode line feeds",
            );
        }
        if marks
            .iter()
            .skip(1)
            .any(|mark| begins_like_base64(mark))
        {
            return Some(
                "a mark behind base64 begins with a character of base64, or with %; begin it with \
                 another",
            );
        }
        if !self.line_break.is_empty() && self.end.is_empty() {
            return Some("newlines are kept, and nothing marks the end of a certificate");
        }
        if !self.line_break.is_empty() && self.end.starts_with(&*self.line_break) {
            return Some("the end mark begins with a line break");
        }
        if self.percent == PercentEncoding::None && self.has_outer_space() {
            return Some("the value would begin or end with a space, which HTTP takes off");
        }
        let separates = [&self.begin, &self.end, &self.after_each, &self.between]
            .iter()
            .any(|mark| !mark.is_empty());
        if is_list && !separates {
            return Some("nothing stands between two certificates");
        }
        let follows_base64 = [&self.end, &self.after_each, &self.between]
            .iter()
            .all(|mark| mark.is_empty());
        if is_list && follows_base64 && begins_like_base64(&self.begin) {
            return Some(
                "a mark between certificates begins with a character of base64, or with %",
            );
        }
        None
    }

    fn has_outer_space(&self) -> bool {
        let ends_with_space = match (&*self.after_each, &*self.end) {
            ("", end) => end.ends_with(' '),
            (after, _) => after.ends_with(' '),
        };
        let begins_with_space = match &*self.begin {
            "" => self.line_break.starts_with(' '),
            begin => begin.starts_with(' '),
        };
        begins_with_space || ends_with_space
    }

    /// How many octets of marks so many certificates of so many octets together can have at most,
    /// percent-encoded.
    pub(crate) fn longest(&self, certificates: usize, octets: usize) -> usize {
        /// Of a line of 64 characters.
        const OCTETS: usize = 48;

        let once = [&self.begin, &self.end, &self.after_each, &self.between]
            .iter()
            .map(|mark| mark.len())
            .fold(0, usize::saturating_add);
        let lines = certificates
            .saturating_mul(2)
            .saturating_add(octets / OCTETS);
        certificates
            .saturating_mul(once)
            .saturating_add(lines.saturating_mul(self.line_break.len()))
            .saturating_mul(3)
    }
}

impl PercentEncoding {
    /// Whether an octet is written as `%XX`.
    pub(super) const fn encodes(self, octet: u8) -> bool {
        match self {
            Self::None => false,
            Self::LineFeedSpace => matches!(octet, b'\n' | b' ' | b'%'),
            Self::LineFeedSpaceBase64 => {
                matches!(octet, b'\n' | b' ' | b'%' | b'+' | b'/' | b'=')
            }
            Self::Reserved => {
                !(octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~'))
            }
        }
    }
}

/// Whether an octet is of the standard base64 alphabet, padding included.
pub(super) fn is_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=')
}
