//! Why a map cannot be built, and why a name is refused.

use thiserror::Error;

use crate::policy::ClientAuthMode;

/// Why a [`PolicyMap`](crate::PolicyMap) cannot be built.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PolicyMapError {
    /// Two policies have one name.
    #[error("there are two policies called '{policy}'; give each its own name")]
    DuplicatePolicy {
        /// The policy's name.
        policy: String,
    },

    /// A server name is under two policies, or twice under one.
    #[error(
        "the server name '{server_name}' is there twice, under '{first}' and '{second}'; leave one"
    )]
    DuplicateServerName {
        /// The server name.
        server_name: String,
        /// The policy that it stands under first.
        first: String,
        /// And the other.
        second: String,
    },

    /// What was given is no server name.
    #[error(
        "'{server_name}' is neither a host name nor a wildcard of one label; write it as \
         'www.example.com' or '*.example.com', without port, and in ASCII (punycode)"
    )]
    InvalidServerName {
        /// What was given.
        server_name: String,
    },

    /// The fallback lets clients in without a certificate, and a client that leaves the server name
    /// out would have the choice.
    #[error(
        "the fallback '{policy}' is {mode}, so that a client that sends no server name needs no accepted \
         certificate; use one that is required, or `lax_fallback` if that is meant"
    )]
    LaxFallback {
        /// The policy's name.
        policy: String,
        /// Its mode.
        mode: ClientAuthMode,
    },

    /// There is no policy.
    #[error("there is no policy, so that every client would be refused; add one with `policy`")]
    NoPolicies,

    /// The fallback is none of the policies.
    #[error("the fallback '{policy}' is none of the policies; add it with `policy`")]
    UnknownFallback {
        /// What was given.
        policy: String,
    },
}

/// Why a name is refused: that of a ClientHello, or of a request on its connection.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum NameRejection {
    /// `Host` and `:authority` name two hosts.
    #[error("Host is '{host}', and the request is for '{authority}'; they must be the same")]
    DifferentHosts {
        /// What `Host` says, in visible ASCII.
        host: String,
        /// What `:authority`, or the request target, says.
        authority: String,
    },

    /// The fallback has become one that lets clients in without a certificate.
    #[error(
        "there is no policy for the server name, and the fallback '{policy}' does not require \
         certificates any more; put a required one in force again, or build the map with `lax_fallback`"
    )]
    LaxFallback {
        /// The policy's name.
        policy: String,
    },

    /// A host is not in the form of RFC 9110 section 7.2.
    #[error("'{host}' is not a host, with a port or without; the client must send one")]
    MalformedHost {
        /// What was sent, in visible ASCII, cut at 256 characters.
        host: String,
    },

    /// The request is for a host under another policy than the one that the client was authenticated
    /// by.
    #[error(
        "the request is for '{host}', which is not under the policy '{policy}' of this connection; the \
         client must open another connection for it"
    )]
    Misdirected {
        /// The host, as the request has it but in lower case and without its port.
        host: String,
        /// The policy of the connection.
        policy: String,
    },

    /// The request names no host, or `Host` is there twice.
    #[error("the request has no Host, or more than one; the client must send exactly one")]
    NoHost,

    /// The ClientHello has no server name, and the map no fallback.
    #[error(
        "the client sent no server name (SNI), and there is no fallback; it must send one, or the map \
         needs a `fallback`"
    )]
    NoServerName,

    /// The server name is under no policy, and the map has no fallback.
    #[error(
        "the server name '{server_name}' is under no policy; add it to one, or set a `fallback`"
    )]
    UnknownServerName {
        /// The server name, in visible ASCII, cut at 256 characters.
        server_name: String,
    },
}

impl NameRejection {
    /// The status of the HTTP response: 421 Misdirected Request (RFC 9110 section 15.5.20) for a host
    /// under another policy, 400 for what is malformed.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::DifferentHosts { .. } | Self::MalformedHost { .. } | Self::NoHost => 400,
            Self::LaxFallback { .. }
            | Self::Misdirected { .. }
            | Self::NoServerName
            | Self::UnknownServerName { .. } => 421,
        }
    }

    /// The number of the TLS alert (RFC 8446 section 6) where a handshake is refused:
    /// `unrecognized_name`, and `missing_extension` where there is no name at all.
    pub fn tls_alert(&self) -> u8 {
        const MISSING_EXTENSION: u8 = 109;
        const UNRECOGNIZED_NAME: u8 = 112;
        match self {
            Self::NoServerName => MISSING_EXTENSION,
            _ => UNRECOGNIZED_NAME,
        }
    }
}
