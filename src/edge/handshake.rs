//! A handshake that an edge begins, and how it ends.

use std::io;
use std::sync::Arc;

use pki_types::UnixTime;
use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;

use super::connection::EdgeConnection;
use super::info::ConnectionInfo;
use super::judge::Client;
use super::record::{self, ConnectionRecord};
use super::refusal::{EdgeRefusal, RefusedConnection};
use super::{Edge, PolicyPlace};
use crate::verifier::{ConnectionVerifier, HandshakeFacts};
use crate::x509::{Escaped, LONGEST_TEXT, capped};

/// A handshake under one policy, from [`Edge::begin`](crate::Edge::begin).
#[derive(Debug)]
pub struct EdgeHandshake {
    edge: Edge,
    place: PolicyPlace,
    handle: Arc<ConnectionVerifier>,
    server_name: Option<String>,
}

impl EdgeHandshake {
    pub(super) fn new(
        edge: Edge,
        place: PolicyPlace,
        handle: Arc<ConnectionVerifier>,
        server_name: Option<&str>,
    ) -> Self {
        Self {
            handle,
            edge,
            place,
            server_name: server_name.map(Into::into),
        }
    }

    /// The policy's name in the [`PolicyMap`](crate::PolicyMap); `default` without one.
    pub fn policy_name(&self) -> &str {
        self.edge
            .policy(self.place)
            .map_or("", |(name, _)| name)
    }

    /// The `ServerConfig` of this handshake, which `make` builds around its verifier.
    ///
    /// Sessions and tickets that it sets (the configurations of all connections share them, or no client
    /// can resume) are bound to the policy and the verdict, and early data is switched off; see
    /// [`ConnectionVerifier::bind_sessions`].
    ///
    /// # Errors
    ///
    /// That of `make`.
    pub fn server_config<E>(
        &self,
        make: impl FnOnce(Arc<dyn RustlsVerifier>) -> Result<ServerConfig, E>,
    ) -> Result<Arc<ServerConfig>, E> {
        let mut config = make(self.handle.clone())?;
        self.handle
            .bind_sessions(&mut config, self.policy_name());
        Ok(Arc::new(config))
    }

    /// Says who the client of the finished handshake is, and asks the function.
    ///
    /// # Errors
    ///
    /// [`RefusedConnection`]; the host closes the connection, or answers with
    /// [`EdgeRefusal::http_status`], and logs [`RefusedConnection::record`].
    pub fn admit(
        self,
        facts: &HandshakeFacts,
        info: impl Into<ConnectionInfo>,
        now: UnixTime,
    ) -> Result<EdgeConnection, RefusedConnection> {
        Client {
            edge: self.edge,
            place: self.place,
            handle: Some(self.handle),
            facts: facts.clone(),
            info: info.into(),
        }
        .admit(now)
    }

    /// What is to be logged of a handshake that failed: with the certificate that was refused, if that
    /// was the reason. Facts are what the connection tells all the same
    /// (`HandshakeFacts::from(&connection)`), if the host still has it.
    pub fn failed<'f>(
        &self,
        failure: impl Into<ConnectionFailure<'f>>,
        facts: Option<&HandshakeFacts>,
        info: impl Into<ConnectionInfo>,
        now: UnixTime,
    ) -> RefusedConnection {
        let reason = self.reason(failure.into());
        let chain = self.handle.refused_chain();
        let policy = self.handle.pinned_policy();
        let record = ConnectionRecord::new(record::Source {
            facts,
            server_name: self.server_name.as_deref(),
            policy: policy
                .as_ref()
                .map(|policy| record::Policy::of(self.policy_name(), policy)),
            chain: chain.as_ref(),
            ..record::Source::of_refusal(&reason, &info.into(), now)
        });
        RefusedConnection {
            reason,
            record: Box::new(record),
            chain,
        }
    }

    fn reason(&self, failure: ConnectionFailure<'_>) -> EdgeRefusal {
        let rejection = match failure {
            ConnectionFailure::Tls(error) => self.handle.refusal(error),
            _ => None,
        };
        rejection.map_or_else(|| failure.refusal(), EdgeRefusal::Rejected)
    }
}

/// How a handshake failed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConnectionFailure<'e> {
    /// Something of the host's own, in its words.
    Internal(&'e str),
    /// The transport.
    Tcp(&'e io::Error),
    /// The client took too long.
    TcpTimeout,
    /// rustls ended it.
    Tls(&'e rustls::Error),
}

impl ConnectionFailure<'_> {
    /// The refusal, where a certificate was not the reason.
    pub(super) fn refusal(self) -> EdgeRefusal {
        let (status, reason) = match self {
            Self::Internal(sentence) => ("Failed:Internal", sentence.to_owned()),
            Self::Tcp(error) => ("Failed:TcpError", error.to_string()),
            Self::TcpTimeout => (
                "Failed:TcpTimeout",
                "the client did not finish the handshake in time".into(),
            ),
            Self::Tls(error) => ("Failed:UnmappedConnectionError", error.to_string()),
        };
        EdgeRefusal::Unconnected {
            status,
            reason: capped(Escaped(reason.as_bytes()), LONGEST_TEXT),
        }
    }
}

impl<'e> From<&'e rustls::Error> for ConnectionFailure<'e> {
    fn from(error: &'e rustls::Error) -> Self {
        Self::Tls(error)
    }
}

impl<'e> From<&'e io::Error> for ConnectionFailure<'e> {
    /// rustls's error, if this carries one, as those of tokio-rustls do.
    fn from(error: &'e io::Error) -> Self {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref());
        match tls {
            Some(tls) => Self::Tls(tls),
            None if error.kind() == io::ErrorKind::TimedOut => Self::TcpTimeout,
            None => Self::Tcp(error),
        }
    }
}
