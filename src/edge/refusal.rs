//! Why a client, or a request of it, is refused.

use core::fmt;

use pki_types::UnixTime;
use thiserror::Error;

use super::info::ConnectionInfo;
use super::note;
use super::record::{ConnectionRecord, Source};
use crate::chain::CertChain;
use crate::forwarder::ForwardError;
use crate::policy::Rejection;
use crate::server_name::NameRejection;

/// Why an [`Edge`](crate::Edge) refuses a client, or a request of it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum EdgeRefusal {
    /// The host's function denied the connection.
    #[error("the connection function denied: {reason}")]
    Denied {
        /// Why, in the function's words.
        reason: String,
    },

    /// The host's function failed, which denies.
    #[error("the connection function failed: {fault}")]
    FunctionFailed {
        /// What it did.
        fault: String,
    },

    /// The client cannot be described to the origin.
    #[error(transparent)]
    Headers(#[from] ForwardError),

    /// The name that was asked for is not one of this connection.
    #[error(transparent)]
    Name(#[from] NameRejection),

    /// The policy does not accept the client, or no longer.
    #[error(transparent)]
    Rejected(#[from] Rejection),

    /// The host's function denied this request.
    #[error("the connection function denied the request: {reason}")]
    RequestDenied {
        /// The status of the HTTP response.
        status: u16,
        /// Why, in the function's words.
        reason: String,
    },

    /// The connection failed, and the client's certificate was not the reason.
    #[error("{reason}")]
    Unconnected {
        /// CloudFront's status.
        status: &'static str,
        /// What happened.
        reason: String,
    },
}

impl EdgeRefusal {
    pub(super) fn denied(reason: &str) -> Self {
        Self::Denied {
            reason: safe(reason),
        }
    }

    pub(super) fn request_denied(status: u16, reason: &str) -> Self {
        Self::RequestDenied {
            status: match status {
                400..=599 => status,
                _ => FORBIDDEN,
            },
            reason: safe(reason),
        }
    }

    /// Our own code, in lower-case words joined by `-`: a [`Rejection`]'s own, or `function-denied`,
    /// `function-error`, `headers`, `name`, `request-denied`, `unconnected`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "function-denied",
            Self::FunctionFailed { .. } => "function-error",
            Self::Headers(_) => "headers",
            Self::Name(_) => "name",
            Self::Rejected(rejection) => rejection.code(),
            Self::RequestDenied { .. } => "request-denied",
            Self::Unconnected { .. } => "unconnected",
        }
    }

    /// The `connectionStatus` of Amazon CloudFront's connection log.
    pub fn cloudfront_status(&self) -> &'static str {
        match self {
            Self::Denied { .. } | Self::RequestDenied { .. } => "Failed:ConnectionFunctionDenied",
            Self::FunctionFailed { .. } => "Failed:ConnectionFunctionError",
            Self::Headers(error) => match error {
                ForwardError::LineTooLong { .. } | ForwardError::TotalTooLong { .. } => {
                    "Failed:ClientCertMaxSizeExceeded"
                }
                ForwardError::Unwritable { .. } => "Failed:ClientCertInvalid",
                _ => "Failed:Internal",
            },
            Self::Name(_) => "Failed:UnmappedConnectionError",
            Self::Rejected(rejection) => rejection.cloudfront_status(),
            Self::Unconnected { status, .. } => status,
        }
    }

    /// The status of the HTTP response.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Denied { .. } => FORBIDDEN,
            Self::RequestDenied { status, .. } => *status,
            Self::FunctionFailed { .. } => 500,
            Self::Headers(error) => error.http_status(),
            Self::Name(rejection) => rejection.http_status(),
            Self::Rejected(rejection) => rejection.http_status(),
            Self::Unconnected { .. } => 400,
        }
    }

    /// Whether later requests of the connection would be refused as well, as far as can be known: the host
    /// answers, and closes it. Otherwise another request may be fine: one for another host, or one that
    /// the function takes.
    pub fn ends_connection(&self) -> bool {
        match self {
            Self::Denied { .. } | Self::Rejected(_) | Self::Unconnected { .. } => true,
            Self::FunctionFailed { .. }
            | Self::Headers(_)
            | Self::Name(_)
            | Self::RequestDenied { .. } => false,
        }
    }
}

const FORBIDDEN: u16 = 403;

/// A function's words, fit for a line of a log.
fn safe(reason: &str) -> String {
    const LONGEST_REASON: usize = 256;
    let mut safe = String::new();
    note::add(&mut safe, reason, LONGEST_REASON);
    safe
}

/// A client that was refused: why, and the line for the log.
#[derive(Clone, Debug)]
pub struct RefusedConnection {
    pub(super) reason: EdgeRefusal,
    pub(super) record: Box<ConnectionRecord>,
    pub(super) chain: Option<CertChain>,
}

impl RefusedConnection {
    /// One of which nothing is known but why it was refused.
    pub(super) fn unconnected(reason: EdgeRefusal, info: &ConnectionInfo, now: UnixTime) -> Self {
        let record = ConnectionRecord::new(Source::of_refusal(&reason, info, now));
        Self {
            reason,
            record: Box::new(record),
            chain: None,
        }
    }

    /// Why.
    pub fn reason(&self) -> &EdgeRefusal {
        &self.reason
    }

    /// For the connection log.
    pub fn record(&self) -> &ConnectionRecord {
        &self.record
    }

    /// The chain that the client presented, where it is known: for
    /// [`ChainPolicy::explain`](crate::ChainPolicy::explain). Where the handshake failed, nothing about it is
    /// proven.
    ///
    /// ```
    /// use edge_mtls::pki_types::UnixTime;
    /// use edge_mtls::{ClientCertVerifier, RefusedConnection};
    ///
    /// fn log(verifier: &ClientCertVerifier, refused: &RefusedConnection, now: UnixTime) {
    ///     println!("{}", refused.record());
    ///     let policy = verifier.policy();
    ///     if let (Some(chains), Some(chain)) = (policy.chain_policy(), refused.chain()) {
    ///         println!("{}", chains.explain(chain, now));
    ///     }
    /// }
    /// ```
    pub fn chain(&self) -> Option<&CertChain> {
        self.chain.as_ref()
    }
}

impl fmt::Display for RefusedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl core::error::Error for RefusedConnection {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.reason.source()
    }
}
