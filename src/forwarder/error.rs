//! Why an identity cannot be forwarded.

use http::HeaderName;
use thiserror::Error;

/// Why an identity cannot be forwarded; the request must be refused.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ForwardError {
    /// The header that came in, which this profile's mode keeps, is not in its form.
    #[error(
        "{header} came in and cannot be kept, element {member}: {fault} (at octet {offset}); check \
         what the hop in front sends, or use a mode that replaces it"
    )]
    BadIncoming {
        /// Which header.
        header: HeaderName,
        /// Which element of the header, counted from 1.
        member: usize,
        /// How many octets stand before the place.
        offset: usize,
        /// What is wrong.
        fault: &'static str,
    },

    /// A value holds what no header may. It does not occur: values are visible ASCII.
    #[error("the value of {header} is no header value; report it as a defect of edge-mtls")]
    NotAHeaderValue {
        /// Which header.
        header: HeaderName,
    },

    /// The header that came in, which this profile's mode keeps, is there more than once.
    #[error("{header} came in more than once; the hop in front must join it, or replace it")]
    RepeatedIncoming {
        /// Which header.
        header: HeaderName,
    },

    /// The request has as many headers as its map can hold.
    #[error("the request has so many headers that none can be added")]
    TooManyHeaders,

    /// All header lines together are longer than the limit.
    #[error(
        "the certificate headers have {bytes} bytes, more than the limit of {limit}; raise \
         `CertForwarder::max_total_bytes` if the origin takes more, or choose another outcome with \
         `CertForwarder::when_too_long`"
    )]
    TotalTooLong {
        /// Their size.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// A header line is longer than the limit.
    #[error(
        "the line of {header} has {bytes} bytes, more than the limit of {limit}; raise \
         `CertForwarder::max_line_bytes` (or the limit of the profile's row) if the origin takes more, \
         or choose another outcome with `CertForwarder::when_too_long`"
    )]
    LineTooLong {
        /// Which header.
        header: HeaderName,
        /// The size of its name, colon, space and value.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// What the client presented cannot be written as the profile has it, and read as the same: it is
    /// not exactly one DER SEQUENCE, and the encoding does not say where a certificate ends; its text is
    /// a mark for "no certificate"; or it has more names than a receiver takes.
    #[error(
        "{header} cannot carry what the client presented: it could not be told from \
         something else there; refuse the request, or use a format such as RFC 9440's"
    )]
    Unwritable {
        /// Which header.
        header: HeaderName,
    },
}

impl ForwardError {
    /// The status of the HTTP response: 431, as an origin would answer that got such headers, or 400
    /// for what came in and cannot be kept, or cannot be written.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::BadIncoming { .. } | Self::RepeatedIncoming { .. } | Self::Unwritable { .. } => {
                400
            }
            Self::NotAHeaderValue { .. } => 500,
            Self::LineTooLong { .. } | Self::TooManyHeaders | Self::TotalTooLong { .. } => 431,
        }
    }
}
