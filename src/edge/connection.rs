//! A client's connection, and its requests.

use core::time::Duration;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use http::header::HeaderMap;
use http::request::Parts;
use http::{Method, Request, Uri, Version};
use pki_types::UnixTime;

use super::Policies;
use super::changes::Changes;
use super::function::RequestDecision;
use super::guard::guarded;
use super::judge::{self, Admission, Client, Judged, panicked};
use super::record::ConnectionRecord;
use super::refusal::EdgeRefusal;
use super::step::{ConnectionView, RequestHead, RequestStep};
use crate::forwarder::{CertHeaders, ForwardError, Incoming};
use crate::hop::TrustedHop;
use crate::policy::{ClientAuthMode, ClientIdentity};
use crate::server_name::{NameRejection, check_one_host};

/// The connection of a client that an [`Edge`](crate::Edge) let in; a clone shares it, as the requests of
/// an HTTP/2 connection do.
///
/// It keeps no policy alive that was replaced, but, until its next request, the revocation lists that its
/// last verdict names: where lists are large and connections idle for long, close them after a while.
#[derive(Clone, Debug)]
pub struct EdgeConnection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    admission: Admission,
    /// Made when it is asked for.
    record: OnceLock<ConnectionRecord>,
    /// Held for as long as it takes to read or to put an `Arc`, never while judging.
    judged: RwLock<Arc<Judged>>,
}

impl EdgeConnection {
    /// How long an answer of the function about a certificate's status
    /// ([`ConnectionFunction::settle`](crate::ConnectionFunction::settle)), and the refusal of an
    /// advisory policy, are kept on a connection: a request after that has them judged anew.
    pub const LONGEST_ANSWER: Duration = Duration::from_secs(judge::LONGEST_ANSWER);

    pub(super) fn new(client: Client, judged: Judged, admission: Admission) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                admission,
                record: OnceLock::new(),
                judged: RwLock::new(Arc::new(judged)),
            }),
        }
    }

    /// Who the client was when it was judged last.
    pub fn identity(&self) -> ClientIdentity {
        self.judged().identity.clone()
    }

    /// The line for the log, as of when the client was let in. It is made when it is first asked for, so
    /// that a connection that nobody logs does not pay for it.
    pub fn record(&self) -> &ConnectionRecord {
        let inner = &*self.inner;
        inner.record.get_or_init(|| {
            inner
                .client
                .record(&inner.admission, None)
        })
    }

    /// Prepares a request for the origin: strips what the client may have forged, makes sure that the
    /// request belongs on this connection and that the client would still be let in, asks the function,
    /// and sets the certificate headers.
    ///
    /// The client is judged anew once its verdict's time is over, or the policy was replaced; until then
    /// a request costs no more than its headers. The host of the target (`:authority` in HTTP/2) and `Host`
    /// are read here, before the proxy writes them anew: they must be the same, and, where the policy was
    /// chosen by server name, under the policy of the connection. In any case this comes after hop-by-hop headers are removed, or a `Connection` that the
    /// client sent could name what is set here.
    ///
    /// # Errors
    ///
    /// [`EdgeRefusal`]; the host answers with [`EdgeRefusal::http_status`], and closes the connection
    /// where [`EdgeRefusal::ends_connection`] says so. The request must not be forwarded; it is stripped
    /// all the same.
    pub fn prepare(&self, request: &mut Parts, now: UnixTime) -> Result<(), EdgeRefusal> {
        self.prepare_parts(HeadMut::of_parts(request), None, now)
    }

    /// The same for a whole request.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn prepare_request<B>(
        &self,
        request: &mut Request<B>,
        now: UnixTime,
    ) -> Result<(), EdgeRefusal> {
        // The parts cannot be borrowed side by side.
        let mut headers = core::mem::take(request.headers_mut());
        let head = HeadMut {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: &mut headers,
        };
        let prepared = self.prepare_parts(head, None, now);
        *request.headers_mut() = headers;
        prepared
    }

    /// The same for a request from a hop that is trusted to set certificate headers, where the profile is
    /// Envoy's and keeps them; see [`CertHeaders::apply_from`].
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare), and as [`CertHeaders::apply_from`].
    pub fn prepare_from(
        &self,
        request: &mut Parts,
        hop: &TrustedHop,
        now: UnixTime,
    ) -> Result<(), EdgeRefusal> {
        self.prepare_parts(HeadMut::of_parts(request), Some(hop), now)
    }

    /// Removes from a request's trailers what a client may have forged.
    pub fn strip_trailers(&self, trailers: &mut HeaderMap) {
        self.inner
            .client
            .edge
            .inner
            .forwarder
            .strip_trailers(trailers);
    }

    /// Prepares a response on its way to the client; see
    /// [`CertForwarder::prepare_response`](crate::CertForwarder::prepare_response).
    ///
    /// # Errors
    ///
    /// As there; the response must then not be sent.
    pub fn prepare_response(&self, headers: &mut HeaderMap) -> Result<(), ForwardError> {
        self.inner
            .client
            .edge
            .inner
            .forwarder
            .prepare_response(headers, self.mode())
    }

    /// The mode under which the client was judged last.
    pub fn mode(&self) -> ClientAuthMode {
        self.judged().mode
    }

    fn prepare_parts(
        &self,
        head: HeadMut<'_>,
        hop: Option<&TrustedHop>,
        now: UnixTime,
    ) -> Result<(), EdgeRefusal> {
        // Its names and lists are the same for every identity: nothing of the client's stays, whatever
        // comes of the request.
        let last = self.judged();
        let incoming = hop.map(|hop| {
            last.headers
                .read_incoming(head.headers, hop)
        });
        last.headers.strip(head.headers);
        self.check_names(head.uri, head.headers)?;
        let judged = self.current(last, now)?;
        let changes = self.ask(&judged, &head, now)?;
        match changes.as_slice() {
            [] => insert(&judged.headers, incoming, head.headers),
            changes => {
                let forwarder = &self.inner.client.edge.inner.forwarder;
                let headers = forwarder.reshaped(&judged.headers, changes)?;
                insert(&headers, incoming, head.headers)
            }
        }
    }

    /// Whether the request belongs on this connection.
    fn check_names(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), EdgeRefusal> {
        let client = &self.inner.client;
        match &client.edge.inner.policies {
            Policies::One(_) => Ok(check_one_host(uri, headers)?),
            Policies::ByName(map) => {
                let policy = map
                    .at(client.place.0)
                    .ok_or(NameRejection::NoServerName)?;
                map.check_request(policy, uri, headers)?;
                Ok(())
            }
        }
    }

    /// What is known of the client, judged anew if it may be another.
    fn current(&self, last: Arc<Judged>, now: UnixTime) -> Result<Arc<Judged>, EdgeRefusal> {
        let client = &self.inner.client;
        let verifier = client
            .verifier()
            .ok_or(NameRejection::NoServerName)?;
        if last.stands(verifier.replaced(), now) {
            return Ok(last);
        }
        let judged = client
            .judge(&verifier.in_force(), Some(&last), now)
            .map_err(|failed| failed.refusal)?;
        let judged = Arc::new(judged);
        let mut kept = self
            .inner
            .judged
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Another request may have judged by a newer policy meanwhile.
        if judged.supersedes(&kept) {
            *kept = judged.clone();
        }
        Ok(judged)
    }

    /// Runs the function's step for requests.
    fn ask(
        &self,
        judged: &Judged,
        head: &HeadMut<'_>,
        now: UnixTime,
    ) -> Result<Changes, EdgeRefusal> {
        let client = &self.inner.client;
        let Some(function) = &client.edge.inner.function else {
            return Ok(Changes::default());
        };
        let mut step = RequestStep {
            connection: ConnectionView {
                facts: &client.facts,
                info: &client.info,
                identity: &judged.identity,
                mode: judged.mode,
                policy_name: client.policy_name(),
                headers: &judged.plain_headers,
                now,
            },
            declared: &client.edge.inner.declared,
            left: judged.outcome.left.as_ref(),
            head: RequestHead {
                method: head.method,
                uri: head.uri,
                version: head.version,
                headers: head.headers,
            },
            changes: Changes::default(),
        };
        let decision = guarded(|| function.request(&mut step));
        match (decision, step.changes.fault()) {
            (None, _) => Err(panicked("request")),
            (Some(RequestDecision::Deny { status, reason }), _) => {
                Err(EdgeRefusal::request_denied(status, &reason))
            }
            (Some(RequestDecision::Forward), Some(fault)) => Err(EdgeRefusal::FunctionFailed {
                fault: fault.to_owned(),
            }),
            (Some(RequestDecision::Forward), None) => Ok(step.changes),
        }
    }

    fn judged(&self) -> Arc<Judged> {
        self.inner
            .judged
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The head of a request, of which the headers change.
struct HeadMut<'r> {
    method: &'r Method,
    uri: &'r Uri,
    version: Version,
    headers: &'r mut HeaderMap,
}

impl<'r> HeadMut<'r> {
    fn of_parts(parts: &'r mut Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &mut parts.headers,
        }
    }
}

fn insert(
    headers: &CertHeaders,
    incoming: Option<Result<Incoming, ForwardError>>,
    request: &mut HeaderMap,
) -> Result<(), EdgeRefusal> {
    match incoming {
        None => headers.insert(request)?,
        Some(incoming) => headers.insert_with(incoming, request)?,
    }
    Ok(())
}
