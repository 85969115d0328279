//! Profiles: which headers there are, what each carries, and how.

use http::HeaderName;

/// A table of headers: the name of each, which field of the identity it carries, and in which
/// encoding. It serves the edge, which encodes by it, and the origin, which decodes by it.
///
/// By default [`STATUS_HEADER`](Self::STATUS_HEADER), a header of this crate's own, goes with the
/// certificate and says what it is worth:
///
/// | identity | value |
/// |---|---|
/// | `Verified` | `verified` |
/// | `Unverified` | `unverified;reason=passthrough`, and `;advisory=` with `verified` or the [code](crate::Rejection::code) of a rejection if there is an advisory policy |
/// | `Anonymous` | `none` |
#[derive(Clone, Debug)]
pub struct HeaderProfile {
    rows: Vec<Row>,
}

/// One header.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: HeaderName,
    pub(crate) field: Field,
    pub(crate) encoding: Encoding,
    pub(crate) when: When,
}

/// What a header carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Field {
    /// Every certificate but the leaf.
    Chain,
    Issuer,
    Leaf,
    /// Whether there is a certificate.
    Present,
    SerialNumber,
    Sha256,
    /// What the certificate is worth.
    Status,
    Subject,
    Validity,
}

/// How a field is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// Hexadecimal octets, in lower case, joined by `:`.
    ColonHex,
    /// Hexadecimal digits in lower case.
    Hex,
    /// `NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z`.
    Iso8601,
    /// `1` or `0`.
    OneOrZero,
    /// PEM, with all but unreserved characters percent-encoded (RFC 3986 section 2.3).
    PemUrl,
    /// RFC 4514.
    Rfc4514,
    /// A structured field (RFC 9651): byte sequences, or a token.
    StructuredField,
}

/// For whom a header is sent. [`Field::Present`] and [`Field::Status`] are sent for anonymous
/// clients, too; no other field is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum When {
    Always,
    /// Required and optional mode.
    Verified,
    /// Passthrough.
    Unverified,
}

impl HeaderProfile {
    /// The name of the header that says what the certificate is worth.
    pub const STATUS_HEADER: &'static str = "client-cert-status";

    /// RFC 9440: the leaf in `Client-Cert`, the others in `Client-Cert-Chain`.
    ///
    /// For a verified client the others are its path without the anchor; for an unverified one,
    /// what it presented, in its order. `Client-Cert-Chain` is left out where there is none.
    pub fn rfc9440() -> Self {
        use {Encoding as E, Field as F, When as W};
        Self::preset(&[
            ("client-cert", F::Leaf, E::StructuredField, W::Always),
            ("client-cert-chain", F::Chain, E::StructuredField, W::Always),
        ])
    }

    /// The viewer headers of Amazon CloudFront, in all three modes.
    ///
    /// `CloudFront-Viewer-Cert-Present`, `-Serial-Number`, `-Issuer`, `-Subject`, `-Sha256` and
    /// `-Validity` always; `-Pem` for verified clients, `Client-Cert` and `Client-Cert-Chain` in
    /// passthrough. Without a certificate only `-Present: 0` and the status header are sent.
    pub fn cloudfront() -> Self {
        use {Encoding as E, Field as F, When as W};
        Self::preset(&[
            (
                "cloudfront-viewer-cert-serial-number",
                F::SerialNumber,
                E::ColonHex,
                W::Always,
            ),
            (
                "cloudfront-viewer-cert-issuer",
                F::Issuer,
                E::Rfc4514,
                W::Always,
            ),
            (
                "cloudfront-viewer-cert-subject",
                F::Subject,
                E::Rfc4514,
                W::Always,
            ),
            (
                "cloudfront-viewer-cert-present",
                F::Present,
                E::OneOrZero,
                W::Always,
            ),
            (
                "cloudfront-viewer-cert-sha256",
                F::Sha256,
                E::Hex,
                W::Always,
            ),
            (
                "cloudfront-viewer-cert-validity",
                F::Validity,
                E::Iso8601,
                W::Always,
            ),
            (
                "cloudfront-viewer-cert-pem",
                F::Leaf,
                E::PemUrl,
                W::Verified,
            ),
            ("client-cert", F::Leaf, E::StructuredField, W::Unverified),
            (
                "client-cert-chain",
                F::Chain,
                E::StructuredField,
                W::Unverified,
            ),
        ])
    }

    /// The same without [`STATUS_HEADER`](Self::STATUS_HEADER), for origins that must not get a
    /// header that the product does not send. The certificate then does not say what it is worth:
    /// the origin must know the edge's mode.
    #[must_use]
    pub fn without_status_header(mut self) -> Self {
        self.rows
            .retain(|row| row.field != Field::Status);
        self
    }

    /// The same with the status header, if it has none.
    pub(crate) fn with_status_header(self) -> Self {
        let mut profile = self.without_status_header();
        profile.rows.push(Self::status_row());
        profile
    }

    /// The names of the headers.
    pub fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        self.rows.iter().map(|row| &row.name)
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn preset(rows: &[(&'static str, Field, Encoding, When)]) -> Self {
        let mut rows: Vec<Row> = rows
            .iter()
            .map(|(name, field, encoding, when)| Row {
                name: HeaderName::from_static(name),
                field: *field,
                encoding: *encoding,
                when: *when,
            })
            .collect();
        rows.push(Self::status_row());
        Self { rows }
    }

    fn status_row() -> Row {
        Row {
            name: HeaderName::from_static(Self::STATUS_HEADER),
            field: Field::Status,
            encoding: Encoding::StructuredField,
            when: When::Always,
        }
    }
}
