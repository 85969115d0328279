//! Why certificate headers are refused.

use http::HeaderName;
use thiserror::Error;

use crate::header::{Fault, HeaderRow, Relaxation};
use crate::policy::Rejection;

/// Why certificate headers are refused; the request must be refused, with status 400.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ReceiveError {
    /// A header contradicts the others.
    #[error(
        "{header} contradicts the other certificate headers: {fault}; check that the edge and this \
         origin are set up for the same format"
    )]
    Contradiction {
        /// Which header.
        header: HeaderName,
        /// What it contradicts.
        fault: &'static str,
    },

    /// The edge left a certificate or the chain out, because it was too long.
    #[error(
        "{header} says that the edge left out what was too long; raise the edge's budget, or, if the \
         chain alone is missing and this origin has the intermediates, allow \
         `Relaxation::LeftOutChain`"
    )]
    LeftOut {
        /// The header that says so.
        header: HeaderName,
    },

    /// A header is not in the form of the profile.
    #[error("{header}, member {member}: {fault}; {}", malformed_remedy(.relaxation))]
    Malformed {
        /// Which header.
        header: HeaderName,
        /// Which member of the header, counted from 1.
        member: usize,
        /// What is wrong, and at which octet where that is known.
        fault: String,
        /// With which relaxation it could be read, if with one of them.
        relaxation: Option<Relaxation>,
    },

    /// A header is not there, and [`expect`](crate::CertReceiver::expect) demands it.
    #[error(
        "{header} is missing: the request did not come through the edge, or the edge is set up for \
         another format; close the other ways to this origin, and have the edge set the header on every \
         request"
    )]
    Missing {
        /// Which header.
        header: HeaderName,
    },

    /// The status header is not there, and [`expect_status_header`] demands it.
    ///
    /// [`expect_status_header`]: crate::CertReceiver::expect_status_header
    #[error(
        "{header} is missing: the request did not come through an edge built on edge-mtls; close the \
         other ways to this origin, or, behind another product, do not call `expect_status_header`"
    )]
    MissingStatus {
        /// The status header.
        header: HeaderName,
    },

    /// The name of a certificate header in another spelling, such as with `_` for `-`. An edge that
    /// strips what its clients send lets none through.
    #[error(
        "{header} is another spelling of a certificate header; the edge must strip it from what its \
         clients send"
    )]
    OtherSpelling {
        /// Which header.
        header: HeaderName,
    },

    /// The chain is over the limits.
    #[error("{0}")]
    OverLimit(Rejection),

    /// A header is there more than once.
    #[error("{header} is there more than once; the edge must replace what its clients send")]
    Repeated {
        /// Which header.
        header: HeaderName,
    },

    /// The chain repeats the leaf, as the client may have sent it.
    #[error(
        "{header} repeats the leaf, as the client may have sent it; if the edge hands that on, allow \
         `Relaxation::RepeatedLeaf`"
    )]
    RepeatedLeaf {
        /// Which header.
        header: HeaderName,
    },

    /// A header is longer than any chain within the limits.
    #[error(
        "{header} has {bytes} bytes, and what is within the limits has no more than {limit}; raise \
         them with `CertReceiver::limits` if the edge's are higher"
    )]
    TooLong {
        /// Which header.
        header: HeaderName,
        /// Its size.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },
}

impl ReceiveError {
    pub(super) fn contradiction(row: &HeaderRow, fault: &'static str) -> Self {
        Self::Contradiction {
            header: row.name.clone(),
            fault,
        }
    }

    pub(super) fn left_out(row: &HeaderRow) -> Self {
        Self::LeftOut {
            header: row.name.clone(),
        }
    }

    pub(super) fn malformed(row: &HeaderRow, member: usize, fault: String) -> Self {
        Self::Malformed {
            header: row.name.clone(),
            member,
            fault,
            relaxation: None,
        }
    }

    /// The same, which could be read if `readable_with` were allowed.
    pub(super) fn readable_with(self, readable_with: Option<Relaxation>) -> Self {
        match self {
            Self::Malformed {
                header,
                member,
                fault,
                ..
            } => Self::Malformed {
                header,
                member,
                fault,
                relaxation: readable_with,
            },
            other => other,
        }
    }

    pub(super) fn at(row: &HeaderRow, fault: Fault) -> Self {
        Self::malformed(
            row,
            fault.member,
            format!("{} (at octet {})", fault.what, fault.offset),
        )
    }
}

fn malformed_remedy(relaxation: &Option<Relaxation>) -> String {
    match relaxation {
        Some(relaxation) => {
            format!("if the edge is known to send it so, allow `Relaxation::{relaxation:?}`")
        }
        None => "check that the edge and this origin are set up for the same format".into(),
    }
}
