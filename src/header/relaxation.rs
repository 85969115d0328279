//! What a receiver tolerates by name.

/// Something that [`CertReceiver`](crate::CertReceiver) refuses unless told otherwise. Each is for
/// emitters that are there, and for those alone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Relaxation {
    /// White space, of any length and with tabs, where PEM has its line breaks: for nginx's old
    /// `$ssl_client_cert`, whose folded lines a server in between has joined.
    FoldedLines,

    /// A chain without the certificates that the edge left out because they were too long, as its
    /// flag says: for an origin that has the intermediates itself.
    LeftOutChain,

    /// Base64 without padding, or with other bits than zeros behind the last octet: for emitters
    /// that follow RFC 8941 section 3.3.5 in letter only.
    MissingPadding,

    /// PEM with spaces in place of line feeds where the format has line feeds: for edges that build
    /// the header from an Apache or Tomcat variable.
    PemWithSpaces,

    /// A value in double quotes: for HAProxy configurations that put quotes around the value.
    QuotedValue,

    /// A chain that holds the leaf again: HAProxy's chain, and any passthrough, does where the
    /// client sent its leaf twice. The chain stays as it came.
    RepeatedLeaf,
}

/// The same for those who read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relaxations {
    pub(crate) folded_lines: bool,
    pub(crate) lax_base64: bool,
    pub(crate) left_out_chain: bool,
    pub(crate) pem_with_spaces: bool,
    pub(crate) quoted_value: bool,
    pub(crate) repeated_leaf: bool,
}

impl Relaxations {
    pub(crate) const NONE: Self = Self {
        folded_lines: false,
        lax_base64: false,
        left_out_chain: false,
        pem_with_spaces: false,
        quoted_value: false,
        repeated_leaf: false,
    };

    pub(crate) fn allow(&mut self, relaxation: Relaxation) {
        match relaxation {
            Relaxation::FoldedLines => self.folded_lines = true,
            Relaxation::LeftOutChain => self.left_out_chain = true,
            Relaxation::MissingPadding => self.lax_base64 = true,
            Relaxation::PemWithSpaces => self.pem_with_spaces = true,
            Relaxation::QuotedValue => self.quoted_value = true,
            Relaxation::RepeatedLeaf => self.repeated_leaf = true,
        }
    }
}
