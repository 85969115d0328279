//! Envoy's `x-forwarded-client-cert`.

mod element;
mod grammar;

pub(crate) use element::encode;
pub use element::{XfccElement, XfccKey};
pub(crate) use grammar::{parse, write};

use super::marks::{CertMarks, PercentEncoding};

/// What an element of `x-forwarded-client-cert` holds, and what becomes of those that come in:
/// Envoy's `set_current_client_cert_details` and `forward_client_cert_details`.
///
/// An element has `By` if it is given, always `Hash`, then what is switched on, in the order `Cert`,
/// `Chain`, `Subject`, `URI`, `DNS`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Xfcc {
    pub(super) by: Vec<String>,
    pub(super) cert: bool,
    pub(super) chain: bool,
    pub(super) dns: bool,
    pub(super) subject: bool,
    pub(super) uri: bool,
    pub(crate) forwarding: XfccForwarding,
}

/// Envoy's `forward_client_cert_details`: what becomes of the header that comes in.
///
/// A header that came in is kept only where [`CertHeaders::apply_from`](crate::CertHeaders) is told
/// why its sender is trusted; it is then read strictly, and written anew. Everywhere else it is
/// stripped, whatever the mode.
///
/// In the modes that write no element for this hop's client, no header describes that client: the
/// status header is `forwarded` where something was kept, else `none`.
///
/// Envoy itself writes `URI` and `DNS` without quotes, so that a client whose CA lets it choose such
/// names can write pairs and whole elements into them. Behind an Envoy that sends them, and whose
/// clients are not all known, keep nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum XfccForwarding {
    /// `ALWAYS_FORWARD_ONLY`: what came in, also where this hop's client has no certificate.
    AlwaysForwardOnly,
    /// `APPEND_FORWARD`: what came in, and this hop's element behind it, if its client has a
    /// certificate; else nothing.
    AppendForward,
    /// `FORWARD_ONLY`: what came in, if this hop's client has a certificate; else nothing.
    ForwardOnly,
    /// `SANITIZE`: nothing.
    Sanitize,
    /// `SANITIZE_SET`: this hop's element alone, if its client has a certificate.
    SanitizeSet,
}

impl Xfcc {
    /// The hash alone, as `SANITIZE_SET`: the safe one of Envoy's modes that forwards something.
    pub const fn new() -> Self {
        Self {
            by: Vec::new(),
            cert: false,
            chain: false,
            dns: false,
            subject: false,
            uri: false,
            forwarding: XfccForwarding::SanitizeSet,
        }
    }

    /// Adds `By`: a URI subject alternative name of the proxy's own certificate. Octets that are not
    /// visible ASCII, which no URI has, are percent-encoded.
    #[must_use]
    pub fn by(mut self, uri: &str) -> Self {
        let visible = uri
            .bytes()
            .map(|octet| match octet {
                0x21..=0x7e => char::from(octet).to_string(),
                _ => format!("%{octet:02X}"),
            })
            .collect();
        self.by.push(visible);
        self
    }

    /// Adds `Cert`: the leaf.
    #[must_use]
    pub const fn cert(mut self) -> Self {
        self.cert = true;
        self
    }

    /// Adds `Chain`: the leaf and what stands behind it.
    #[must_use]
    pub const fn chain(mut self) -> Self {
        self.chain = true;
        self
    }

    /// Adds `DNS`, once for each such subject alternative name.
    #[must_use]
    pub const fn dns(mut self) -> Self {
        self.dns = true;
        self
    }

    /// Adds `Subject`.
    #[must_use]
    pub const fn subject(mut self) -> Self {
        self.subject = true;
        self
    }

    /// Adds `URI`, once for each such subject alternative name; empty if there is none.
    #[must_use]
    pub const fn uri(mut self) -> Self {
        self.uri = true;
        self
    }

    /// Sets what becomes of the header that comes in.
    #[must_use]
    pub const fn forwarding(mut self, forwarding: XfccForwarding) -> Self {
        self.forwarding = forwarding;
        self
    }
}

impl Xfcc {
    /// Whether this hop writes an element of its own.
    pub(crate) fn writes(&self) -> bool {
        match self.forwarding {
            XfccForwarding::AppendForward | XfccForwarding::SanitizeSet => true,
            XfccForwarding::AlwaysForwardOnly
            | XfccForwarding::ForwardOnly
            | XfccForwarding::Sanitize => false,
        }
    }
}

impl Default for Xfcc {
    fn default() -> Self {
        Self::new()
    }
}

/// How Envoy writes certificates.
pub(crate) const MARKS: CertMarks =
    CertMarks::pem_percent_encoded(PercentEncoding::LineFeedSpaceBase64);
