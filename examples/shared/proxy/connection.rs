//! One client's connection: who it is, and what its requests get.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertHeaders, ClientIdentity, ConnectionVerifier, ForwardError, HandshakeFacts, Rejection,
    Resumption,
};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use super::Proxy;
use super::forward::{Body, forward, refuse};

pub(super) struct Connection {
    proxy: Arc<Proxy>,
    client: SocketAddr,
    verifier: Arc<ConnectionVerifier>,
    facts: HandshakeFacts,
    /// Who the client was when the connection began, for the log.
    identity: Result<ClientIdentity, Rejection>,
    /// The headers of that identity, as long as it is the same.
    encoded: Option<CertHeaders>,
}

impl Connection {
    /// A connection whose handshake is finished.
    pub(super) fn new(
        proxy: Arc<Proxy>,
        client: SocketAddr,
        verifier: Arc<ConnectionVerifier>,
        facts: HandshakeFacts,
    ) -> Self {
        let identity = verifier.identity(&facts, UnixTime::now());
        let encoded = identity
            .as_ref()
            .ok()
            .and_then(|identity| proxy.forwarder.encode(identity).ok());
        Self {
            proxy,
            client,
            verifier,
            facts,
            identity,
            encoded,
        }
    }

    /// Forwards a request, or answers it with why not.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        Ok(match self.cert_headers() {
            Ok(headers) => forward(request, &headers, &self.proxy, self.client.ip()).await,
            Err(refusal) => refuse(refusal.status(), &refusal.to_string()),
        })
    }

    /// The certificate headers of a request. The client is judged for each one: its certificate may
    /// have expired since the last, or the policy may be another.
    fn cert_headers(&self) -> Result<CertHeaders, Refusal> {
        let identity = self
            .verifier
            .identity(&self.facts, UnixTime::now())
            .map_err(Refusal::Client)?;
        match &self.encoded {
            Some(headers) if self.is_still(&identity) => Ok(headers.clone()),
            _ => self
                .proxy
                .forwarder
                .encode(&identity)
                .map_err(Refusal::Headers),
        }
    }

    /// Whether the connection began with this very verdict. What an advisory policy says may change
    /// with each.
    fn is_still(&self, identity: &ClientIdentity) -> bool {
        match (&self.identity, identity) {
            (Ok(ClientIdentity::Anonymous), ClientIdentity::Anonymous) => true,
            (
                Ok(ClientIdentity::Unverified { advisory: None, .. }),
                ClientIdentity::Unverified { advisory: None, .. },
            ) => true,
            (
                Ok(ClientIdentity::Verified { verified: then, .. }),
                ClientIdentity::Verified { verified: now, .. },
            ) => {
                then.judged_at() == now.judged_at()
                    && then.policy_fingerprint() == now.policy_fingerprint()
            }
            _ => false,
        }
    }
}

/// The line for the log.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = match self.facts.protocol_version() {
            Some(0x0303) => "TLS 1.2",
            Some(0x0304) => "TLS 1.3",
            _ => "TLS",
        };
        write!(f, "{} {version}", self.client)?;
        if self.facts.resumption() == Resumption::Yes {
            f.write_str(", resumed")?;
        }
        let leaf = |identity: &ClientIdentity| {
            identity
                .leaf()
                .map_or_else(String::new, |leaf| leaf.subject().to_string())
        };
        match &self.identity {
            Ok(ClientIdentity::Anonymous) => f.write_str(": anonymous"),
            Ok(identity @ ClientIdentity::Verified { .. }) => {
                write!(f, ": verified {}", leaf(identity))
            }
            Ok(identity) => write!(f, ": unverified {}", leaf(identity)),
            Err(rejection) => write!(f, " refused: {}: {rejection}", rejection.code()),
        }
    }
}

/// Why a request is not forwarded.
enum Refusal {
    Client(Rejection),
    Headers(ForwardError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        let status = match self {
            Self::Client(rejection) => rejection.http_status(),
            Self::Headers(error) => error.http_status(),
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(rejection) => write!(f, "{}: {rejection}", rejection.code()),
            Self::Headers(error) => write!(f, "{error}"),
        }
    }
}
