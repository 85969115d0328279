//! What a function sees, and what it can do.

use core::any::Any;
use core::net::SocketAddr;
use core::time::Duration;
use std::sync::Arc;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri, Version};
use pki_types::UnixTime;

use super::changes::{Changes, Declared};
use super::info::ConnectionInfo;
use super::note::{self, LONGEST_NOTE};
use crate::forwarder::CertHeaders;
use crate::header::{Field, field_value};
use crate::policy::{ClientAuthMode, ClientIdentity, Rejection, VerifiedChain};
use crate::revocation::RevocationStatus;
use crate::verifier::{HandshakeFacts, Resumption};
use crate::x509::Certificate;

/// What a function left behind for its requests.
pub(super) type Left = Arc<dyn Any + Send + Sync>;

/// What is known of a connection whose handshake is finished.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionView<'a> {
    pub(super) facts: &'a HandshakeFacts,
    pub(super) info: &'a ConnectionInfo,
    pub(super) identity: &'a ClientIdentity,
    pub(super) mode: ClientAuthMode,
    pub(super) policy_name: &'a str,
    pub(super) headers: &'a CertHeaders,
    pub(super) now: UnixTime,
}

impl<'a> ConnectionView<'a> {
    /// The id that the host gave it.
    pub fn id(&self) -> Option<&'a str> {
        self.info.id.as_deref()
    }

    /// The client's address and port.
    pub fn client(&self) -> Option<SocketAddr> {
        self.info.client
    }

    /// The address at which the client arrived.
    pub fn server(&self) -> Option<SocketAddr> {
        self.info.server
    }

    /// How long the handshake took.
    pub fn handshake_duration(&self) -> Option<Duration> {
        self.info.handshake_duration
    }

    /// The name that the client asked for (SNI).
    pub fn server_name(&self) -> Option<&'a str> {
        self.facts.server_name()
    }

    /// The application protocol that was agreed on (ALPN).
    pub fn alpn_protocol(&self) -> Option<&'a [u8]> {
        self.facts.alpn_protocol()
    }

    /// The number of the TLS version: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
    pub fn protocol_version(&self) -> Option<u16> {
        self.facts.protocol_version()
    }

    /// The number of the cipher suite in the IANA registry.
    pub fn cipher_suite(&self) -> Option<u16> {
        self.facts.cipher_suite()
    }

    /// Whether a session was resumed.
    pub fn resumption(&self) -> Resumption {
        self.facts.resumption()
    }

    /// The mode.
    pub fn mode(&self) -> ClientAuthMode {
        self.mode
    }

    /// The policy's name in the [`PolicyMap`](crate::PolicyMap).
    pub fn policy_name(&self) -> &'a str {
        self.policy_name
    }

    /// Who the client is.
    pub fn identity(&self) -> &'a ClientIdentity {
        self.identity
    }

    /// The instant at which this is judged.
    pub fn now(&self) -> UnixTime {
        self.now
    }

    /// The leaf and the others, with what is known of their revocation: of a verified client its path,
    /// of any other what it presented. Parts that cannot be read are empty.
    pub fn certificates(
        &self,
    ) -> impl Iterator<Item = (Certificate<'a>, Option<&'a RevocationStatus>)> + use<'a> {
        let verified = self.identity.verified();
        let on_path = verified
            .into_iter()
            .flat_map(|verified| {
                verified
                    .path()
                    .zip(verified.revocation().map(Some))
            });
        let presented = match verified {
            Some(_) => None,
            None => self.identity.chain(),
        };
        on_path
            .chain(presented.into_iter().flat_map(|chain| {
                chain
                    .certificates()
                    .map(|der| (der, None))
            }))
            .map(|(der, status)| (Certificate::describe(der), status))
    }

    /// What an advisory policy says of an unverified client; `None` without one. It is not enforced.
    pub fn advisory(&self) -> Option<Result<&'a VerifiedChain, &'a Rejection>> {
        match self.identity {
            ClientIdentity::Unverified {
                advisory: Some(advisory),
                ..
            } => Some(advisory.as_ref()),
            _ => None,
        }
    }

    /// The headers that the forwarder sends for this client, in the order of its profile.
    pub fn cert_headers(
        &self,
    ) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> + use<'a> {
        self.headers.iter()
    }

    /// The value of any field for this client, to be sent under a declared name: a certificate in other
    /// marks, the leaf and the chain in one header. `None` where there is none, or it cannot be one
    /// header.
    pub fn field(&self, field: &Field) -> Option<String> {
        let value = field_value(field, self.identity)?;
        value.to_str().ok().map(Into::into)
    }
}

/// What a [`ConnectionFunction`](crate::ConnectionFunction) sees of a connection, and what it can do.
#[derive(Debug)]
pub struct ConnectionStep<'a> {
    pub(super) connection: ConnectionView<'a>,
    pub(super) declared: &'a Declared,
    pub(super) outcome: Outcome,
}

/// What a function did beside deciding.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) note: String,
    pub(super) changes: Changes,
    pub(super) left: Option<Left>,
}

impl<'a> ConnectionStep<'a> {
    pub(super) fn new(connection: ConnectionView<'a>, declared: &'a Declared) -> Self {
        Self {
            connection,
            declared,
            outcome: Outcome::default(),
        }
    }

    /// What is known of the connection.
    pub fn connection(&self) -> ConnectionView<'a> {
        self.connection
    }

    /// Adds to the connection's text in the log: 800 bytes of UTF-8 in all, cut at a character boundary.
    /// Characters that could break a line become U+FFFD.
    pub fn note(&mut self, text: &str) {
        note::add(&mut self.outcome.note, text, LONGEST_NOTE);
    }

    /// Sets a header for all requests of the connection, in the place of one of that name that the
    /// forwarder sends. The name must have been declared
    /// ([`Edge::declare_headers`](crate::Edge::declare_headers)), and the value must be visible ASCII and
    /// inner spaces; otherwise the client is refused, and the record says why.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.outcome
            .changes
            .set(self.declared, name, value);
    }

    /// Has no header of this name sent. It must have been declared, as for
    /// [`set_header`](Self::set_header).
    pub fn drop_header(&mut self, name: &str) {
        self.outcome
            .changes
            .drop_header(self.declared, name);
    }

    /// Leaves a value for [`ConnectionFunction::request`](crate::ConnectionFunction::request), in the
    /// place of one that was left before.
    pub fn leave<T: Any + Send + Sync>(&mut self, value: T) {
        self.outcome.left = Some(Arc::new(value));
    }
}

/// What a [`ConnectionFunction`](crate::ConnectionFunction) sees of a request, and what it can do.
#[derive(Debug)]
pub struct RequestStep<'a> {
    pub(super) connection: ConnectionView<'a>,
    pub(super) declared: &'a Declared,
    pub(super) left: Option<&'a Left>,
    pub(super) head: RequestHead<'a>,
    pub(super) changes: Changes,
}

/// The head of a request, whose certificate headers are stripped.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestHead<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) version: Version,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> RequestStep<'a> {
    /// What is known of the connection.
    pub fn connection(&self) -> ConnectionView<'a> {
        self.connection
    }

    /// What [`ConnectionFunction::connection`](crate::ConnectionFunction::connection) left, if it is of
    /// this type.
    pub fn left<T: Any>(&self) -> Option<&'a T> {
        self.left?.downcast_ref()
    }

    /// The request's method.
    pub fn method(&self) -> &'a Method {
        self.head.method
    }

    /// What the request is for.
    pub fn uri(&self) -> &'a Uri {
        self.head.uri
    }

    /// The version of HTTP.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The request's headers as the client sent them, but without any that is stripped; the crate's own
    /// are [`ConnectionView::cert_headers`].
    pub fn headers(&self) -> &'a HeaderMap {
        self.head.headers
    }

    /// Sets a header of this request; see [`ConnectionStep::set_header`].
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.changes
            .set(self.declared, name, value);
    }

    /// Has no header of this name sent with this request; see [`ConnectionStep::drop_header`].
    pub fn drop_header(&mut self, name: &str) {
        self.changes
            .drop_header(self.declared, name);
    }
}
