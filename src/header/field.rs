//! What a header carries, and how it is written.

use super::marks::CertMarks;
use super::xfcc::Xfcc;

/// What a header carries, and how.
///
/// Fields about the certificate are the leaf's. A field that a certificate does not have (no common
/// name, a date in an unknown form) is left out. All values are visible ASCII and inner spaces.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Field {
    /// The subject alternative names of one type, in the certificate's order. Names that are not of
    /// the form of their type ([`SubjectAltName::Malformed`](crate::SubjectAltName)) are left out.
    AltNames(AltNameType, AltNameFormat),

    /// Every certificate but the leaf: for a verified client its path without the anchor (unless
    /// [`with_anchor`](crate::CertForwarder::with_anchor) asks for it), for an unverified one what
    /// it presented, in its order. Left out where there is none.
    Chain(CertEncoding),

    /// The first common name of the subject; like a value in RFC 4514, without the attribute type.
    CommonName,

    /// The issuer's distinguished name.
    Issuer(NameFormat),

    /// The leaf.
    Leaf(CertEncoding),

    /// The leaf, and behind it what [`Chain`](Self::Chain) carries, in one header.
    LeafAndChain(CertEncoding),

    /// The end of the validity period.
    NotAfter(TimeFormat),

    /// The beginning of the validity period.
    NotBefore(TimeFormat),

    /// What [`Chain`](Self::Chain) carries, one certificate a header: the name of the header is a
    /// beginning, to which `0`, `1` and so on are added (Apache's `SSL_CLIENT_CERT_CHAIN_0`).
    NumberedChain(CertEncoding),

    /// Whether there is a certificate.
    Present(Flag),

    /// Why the client is not verified; left out if it is.
    Reason(ReasonWords),

    /// The serial number, without the octet that only carries the sign. A negative one, which RFC 5280
    /// section 4.1.2.2 forbids, is left out.
    SerialNumber(OctetFormat),

    /// The SHA-1 of the leaf's DER: a name that old products use, and no protection.
    Sha1(OctetFormat),

    /// The SHA-256 of the leaf's DER.
    Sha256(OctetFormat),

    /// The [SPIFFE ID](crate::SpiffeId), if the certificate has one.
    SpiffeId,

    /// What the certificate is worth, in this crate's own words
    /// ([`STATUS_HEADER`](super::HeaderProfile::STATUS_HEADER)).
    Status,

    /// The subject's distinguished name.
    Subject(NameFormat),

    /// Whether a value was left out, because it is longer than its limit
    /// ([`HeaderRow::max_bytes`](super::HeaderRow::max_bytes),
    /// [`TooLong::LeaveValueOut`](crate::TooLong)).
    TooLarge(Carrier, Flag),

    /// The validity period: `NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z`.
    Validity,

    /// What the certificate is worth, in the words of other products.
    Verdict(VerdictWords),

    /// Whether the certificate is verified: never in passthrough.
    Verified(Flag),

    /// Envoy's `x-forwarded-client-cert`, with several fields in one header.
    Xfcc(Xfcc),
}

/// How certificates are written.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CertEncoding {
    /// Base64 of the DER of all certificates, one behind the other (HAProxy's `ssl_c_chain_der`). What
    /// is not exactly one DER SEQUENCE cannot be written.
    Concatenated,

    /// Base64 between marks: PEM in its many shapes, and bare base64.
    Marked(CertMarks),

    /// A byte sequence, or a list of them (RFC 9440 section 2).
    StructuredField,
}

/// Which header a [`Field::TooLarge`] is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Carrier {
    /// Those that carry a chain, with or without the leaf.
    Chain,
    /// Those that carry the leaf alone.
    Leaf,
}

/// How yes and no are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Flag {
    /// `1` and `0`.
    OneOrZero,
    /// `true` and `false`.
    TrueOrFalse,
}

/// How octets are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum OctetFormat {
    /// Padded standard base64.
    Base64,
    /// Standard base64 without padding (Google Cloud's digest).
    Base64NoPadding,
    /// Hexadecimal in lower case, with `:` between octets.
    ColonHex,
    /// Hexadecimal in lower case.
    LowerHex,
    /// Hexadecimal in upper case.
    UpperHex,
}

/// How a distinguished name is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NameFormat {
    /// Padded standard base64 of its DER.
    DerBase64,

    /// `/C=GB/O=Example Ltd/CN=alice`, as HAProxy's `ssl_c_s_dn` writes it, but that `/` and `\` in
    /// a value, a `#` at its beginning, and octets that are not visible ASCII, are escaped as `\XX`.
    /// HAProxy escapes no more than control characters, and those as `%XX`: there a value can be taken
    /// for another attribute.
    Oneline,

    /// RFC 4514 (and 2253): [`Name`](crate::Name) as it displays; but that a space at the end is
    /// written `\20`, since HTTP takes spaces off the end of a value.
    Rfc2253,
}

/// How an instant is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TimeFormat {
    /// `2029-02-25T00:30:04Z`.
    Iso8601,
    /// `Feb 25 00:30:04 2029 GMT`, as OpenSSL and nginx print it.
    OpenSsl,
    /// `2029-02-25T00:30:04+00:00`.
    Rfc3339Offset,
}

/// A type of subject alternative name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AltNameType {
    /// `dNSName`.
    Dns,
    /// `rfc822Name`.
    Email,
    /// `iPAddress`, as text.
    Ip,
    /// `uniformResourceIdentifier`.
    Uri,
    /// The same without the [SPIFFE ID](crate::SpiffeId) (Google Cloud).
    UriNotSpiffe,
}

/// How several names are written, so that no name can pass for two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AltNameFormat {
    /// Each in padded standard base64, with `,` between (Google Cloud).
    Base64,
    /// A structured-field list of strings (RFC 9651 sections 3.1 and 3.3.3).
    StructuredField,
}

/// In whose words a verdict is written. An unverified certificate is never called a success, not
/// even where an advisory policy accepts it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum VerdictWords {
    /// Apache's `SSL_CLIENT_VERIFY`: as nginx's, but `GENEROUS` where nobody has judged the chain, or
    /// an advisory policy has accepted it.
    Apache,

    /// nginx's `$ssl_client_verify`: `SUCCESS`, `NONE` without a certificate, `FAILED:` and a reason,
    /// which is OpenSSL's text for what an advisory policy rejected, else `unverified`.
    Nginx,

    /// HAProxy's `ssl_c_verify`: OpenSSL's number for what an advisory policy rejected, 50
    /// (`X509_V_ERR_APPLICATION_VERIFICATION`) if nobody has judged the chain, and 0 for a verified
    /// certificate. It is **also 0 without a certificate**, as HAProxy has it: the number alone says
    /// nothing.
    OpenSslNumber,
}

/// In whose words a reason is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ReasonWords {
    /// This crate's: the [code](crate::Rejection::code) of what an advisory policy rejected,
    /// `missing` without a certificate, else `passthrough`.
    Code,

    /// Google Cloud's `client_cert_error`.
    GoogleCloud,
}

impl Flag {
    pub(super) fn word(self, value: bool) -> &'static str {
        match (self, value) {
            (Self::OneOrZero, false) => "0",
            (Self::OneOrZero, true) => "1",
            (Self::TrueOrFalse, false) => "false",
            (Self::TrueOrFalse, true) => "true",
        }
    }

    /// The value of a word, if it is one of the two.
    pub(crate) fn read(self, word: &str) -> Option<bool> {
        [false, true]
            .into_iter()
            .find(|value| self.word(*value) == word)
    }
}

impl Field {
    /// The encoding of a field that carries certificates one way or another, but for XFCC.
    pub(crate) fn cert_encoding(&self) -> Option<&CertEncoding> {
        match self {
            Self::Chain(encoding)
            | Self::Leaf(encoding)
            | Self::LeafAndChain(encoding)
            | Self::NumberedChain(encoding) => Some(encoding),
            _ => None,
        }
    }

    /// Whether it is Envoy's header in a mode that writes no element for this hop's client.
    pub(crate) fn only_hands_on(&self) -> bool {
        matches!(self, Self::Xfcc(xfcc) if !xfcc.writes())
    }

    /// What a header carries, if it is certificates.
    pub(crate) fn carrier(&self) -> Option<Carrier> {
        match self {
            Self::Leaf(_) => Some(Carrier::Leaf),
            Self::Chain(_) | Self::LeafAndChain(_) | Self::NumberedChain(_) | Self::Xfcc(_) => {
                Some(Carrier::Chain)
            }
            _ => None,
        }
    }
}
