//! The whole edge as one object: verifier, function, forwarder, record.

mod allow;
mod changes;
mod combine;
mod connection;
mod function;
mod guard;
mod handshake;
mod info;
mod judge;
mod note;
mod record;
mod refusal;
mod step;

use core::fmt;
use std::sync::Arc;

pub use allow::Allow;
pub use changes::DeclareError;
use changes::Declared;
pub use combine::{AllOf, AnyOf};
pub use connection::EdgeConnection;
pub use function::{ConnectionFunction, Decision, RequestDecision};
pub use handshake::{ConnectionFailure, EdgeHandshake};
use http::HeaderName;
pub use info::ConnectionInfo;
use judge::Client;
use pki_types::UnixTime;
pub use record::ConnectionRecord;
pub use refusal::{EdgeRefusal, RefusedConnection};
pub use step::{ConnectionStep, ConnectionView, RequestStep};

use crate::forwarder::CertForwarder;
use crate::server_name::{NameRejection, PolicyMap};
use crate::verifier::{ClientCertVerifier, HandshakeFacts};

/// All that an edge does with client certificates, as one object: it makes the `ServerConfig` of a
/// handshake safe, says who the client is, asks the host's function, describes the client to the origin,
/// and has a line for the log. A clone shares it.
///
/// Once a connection [`begin`](Self::begin), then [`EdgeHandshake::admit`]; or [`admit`](Self::admit)
/// alone where the host has one `ServerConfig` for all connections. For each request
/// [`EdgeConnection::prepare`].
///
/// ```
/// use std::sync::Arc;
/// use edge_mtls::pki_types::UnixTime;
/// use edge_mtls::{
///     CertForwarder, ClientAuthPolicy, ClientCertVerifier, ConnectionInfo, Edge, EdgeConnection,
///     EdgeHandshake, EdgeRefusal, HandshakeFacts, HeaderProfile, RefusedConnection,
/// };
/// use rustls::ServerConfig;
/// use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
///
/// fn edge(verifier: Arc<ClientCertVerifier>) -> Edge {
///     Edge::new(verifier, CertForwarder::new(HeaderProfile::rfc9440()))
/// }
///
/// /// For each connection, once its ClientHello is there (rustls's `Acceptor` reads it).
/// fn begin(
///     edge: &Edge,
///     server_name: Option<&str>,
///     make: impl FnOnce(Arc<dyn RustlsVerifier>) -> Result<ServerConfig, rustls::Error>,
/// ) -> Result<(EdgeHandshake, Arc<ServerConfig>), Box<dyn std::error::Error>> {
///     let handshake = edge.begin(server_name)?;
///     let config = handshake.server_config(make)?;
///     Ok((handshake, config))
/// }
///
/// /// When the handshake is finished.
/// fn admit(
///     handshake: EdgeHandshake,
///     connection: &rustls::ServerConnection,
///     info: ConnectionInfo,
/// ) -> Result<EdgeConnection, RefusedConnection> {
///     let admitted = handshake.admit(&HandshakeFacts::from(connection), info, UnixTime::now())?;
///     println!("{}", admitted.record());
///     Ok(admitted)
/// }
///
/// /// For each request.
/// fn prepare(
///     connection: &EdgeConnection,
///     request: &mut http::request::Parts,
/// ) -> Result<(), EdgeRefusal> {
///     connection.prepare(request, UnixTime::now())
/// }
/// # let _ = (edge, admit, prepare);
/// # let _ = |edge, make: fn(Arc<dyn RustlsVerifier>) -> _| begin(edge, None, make).map(drop);
/// ```
#[derive(Clone)]
pub struct Edge {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    policies: Policies,
    forwarder: CertForwarder,
    function: Option<Arc<dyn ConnectionFunction>>,
    declared: Declared,
}

/// What clients are judged by.
#[derive(Clone)]
enum Policies {
    ByName(PolicyMap),
    One(Arc<ClientCertVerifier>),
}

/// A policy of an edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct PolicyPlace(usize);

/// The policy's name where there is but one.
const ONLY_POLICY: &str = "default";

impl Edge {
    /// An edge with one policy for all server names.
    pub fn new(verifier: Arc<ClientCertVerifier>, forwarder: CertForwarder) -> Self {
        Self::of(Policies::One(verifier), forwarder)
    }

    /// An edge with several policies by server name. A request for a host that is under another policy
    /// than its connection is refused with 421.
    pub fn by_name(policies: PolicyMap, forwarder: CertForwarder) -> Self {
        Self::of(Policies::ByName(policies), forwarder)
    }

    /// Sets the host's function; without one, whom the policy accepts is let in.
    #[must_use]
    pub fn function(mut self, function: impl ConnectionFunction + 'static) -> Self {
        Arc::make_mut(&mut self.inner).function = Some(Arc::new(function));
        self
    }

    /// Declares headers that the function may set or drop. They are stripped from every request, as all
    /// certificate headers are, and no others can be changed.
    ///
    /// Names of the forwarder's profile can be declared, to send them changed or not at all, but for those
    /// that say what the certificate is worth.
    ///
    /// # Errors
    ///
    /// [`DeclareError`] for names that mean something to HTTP or to proxies (hop-by-hop and framing
    /// headers, `Host`, `Authorization`, and more), for
    /// [`STATUS_HEADER`](crate::HeaderProfile::STATUS_HEADER), for headers of the profile that say
    /// what the certificate is worth, and for other spellings of the profile's.
    pub fn declare_headers(
        mut self,
        names: impl IntoIterator<Item = HeaderName>,
    ) -> Result<Self, DeclareError> {
        let inner = Arc::make_mut(&mut self.inner);
        for name in names {
            inner
                .declared
                .add(&name, inner.forwarder.profile())?;
        }
        let declared = inner.declared.names().to_vec();
        inner.forwarder = inner
            .forwarder
            .clone()
            .also_strip(declared);
        Ok(self)
    }

    /// Begins a handshake with a client that asks for `server_name`, as its ClientHello says.
    ///
    /// # Errors
    ///
    /// [`NameRejection`] if there is no policy for the name; the host ends the handshake, best with the
    /// alert [`NameRejection::tls_alert`], and logs
    /// [`refused_name`](Self::refused_name).
    pub fn begin(&self, server_name: Option<&str>) -> Result<EdgeHandshake, NameRejection> {
        let place = self.choose(server_name)?;
        let (_, verifier) = self
            .policy(place)
            .ok_or(NameRejection::NoServerName)?;
        let handle = verifier.for_connection();
        Ok(EdgeHandshake::new(self.clone(), place, handle, server_name))
    }

    /// The line for the log of a client that [`begin`](Self::begin) refused.
    pub fn refused_name(
        server_name: Option<&str>,
        rejection: NameRejection,
        info: impl Into<ConnectionInfo>,
        now: UnixTime,
    ) -> RefusedConnection {
        let reason = EdgeRefusal::Name(rejection);
        let info = info.into();
        let record = ConnectionRecord::new(record::Source {
            server_name,
            ..record::Source::of_refusal(&reason, &info, now)
        });
        RefusedConnection {
            reason,
            record: Box::new(record),
            chain: None,
        }
    }

    /// The line for the log of a client that failed before [`begin`](Self::begin): that sent no ClientHello
    /// which can be read, or none in time.
    pub fn failed<'f>(
        failure: impl Into<ConnectionFailure<'f>>,
        info: impl Into<ConnectionInfo>,
        now: UnixTime,
    ) -> RefusedConnection {
        RefusedConnection::unconnected(failure.into().refusal(), &info.into(), now)
    }

    /// Says who the client of a finished handshake is, and asks the function: for hosts with one
    /// `ServerConfig` for all connections, in which the [`ClientCertVerifier`] itself is. Of a client that
    /// was refused in the handshake such hosts learn nothing but rustls's error.
    ///
    /// # Errors
    ///
    /// [`RefusedConnection`]; the host closes the connection, or answers with
    /// [`EdgeRefusal::http_status`], and logs [`RefusedConnection::record`].
    pub fn admit(
        &self,
        facts: &HandshakeFacts,
        info: impl Into<ConnectionInfo>,
        now: UnixTime,
    ) -> Result<EdgeConnection, RefusedConnection> {
        let info = info.into();
        match self.choose(facts.server_name()) {
            Ok(place) => Client {
                edge: self.clone(),
                place,
                handle: None,
                facts: facts.clone(),
                info,
            }
            .admit(now),
            Err(rejection) => Err(Self::refused_name(
                facts.server_name(),
                rejection,
                info,
                now,
            )),
        }
    }

    fn of(policies: Policies, forwarder: CertForwarder) -> Self {
        Self {
            inner: Arc::new(Inner {
                policies,
                forwarder,
                function: None,
                declared: Declared::default(),
            }),
        }
    }

    fn choose(&self, server_name: Option<&str>) -> Result<PolicyPlace, NameRejection> {
        match &self.inner.policies {
            Policies::One(_) => Ok(PolicyPlace(0)),
            Policies::ByName(map) => {
                let chosen = map.choose(server_name)?;
                map.place_of(chosen)
                    .map(PolicyPlace)
                    .ok_or(NameRejection::NoServerName)
            }
        }
    }

    /// The name of a policy, and what enforces it; `None` for a place of another edge.
    fn policy(&self, place: PolicyPlace) -> Option<(&str, &Arc<ClientCertVerifier>)> {
        match &self.inner.policies {
            Policies::One(verifier) => Some((ONLY_POLICY, verifier)),
            Policies::ByName(map) => {
                let chosen = map.at(place.0)?;
                Some((chosen.name(), chosen.verifier()))
            }
        }
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Edge");
        match &self.inner.policies {
            Policies::One(verifier) => debug.field("verifier", verifier),
            Policies::ByName(map) => debug.field("policies", map),
        };
        debug
            .field("forwarder", &self.inner.forwarder)
            .field("has_function", &self.inner.function.is_some())
            .field("declared", &self.inner.declared.names())
            .finish()
    }
}
