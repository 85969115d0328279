//! From the client's request to the origin's answer, over plain HTTP/1.1.

use std::net::IpAddr;
use std::time::Duration;

use edge_mtls::EdgeConnection;
use edge_mtls::pki_types::UnixTime;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING,
    UPGRADE,
};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Proxy, connection};

/// The body of an answer: the origin's, or a sentence.
pub(super) type Body = Either<Incoming, Full<Bytes>>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends a client's request to the origin, with what the origin is to know of the client.
pub(super) async fn forward(
    request: Request<Incoming>,
    client: &EdgeConnection,
    proxy: &Proxy,
    address: IpAddr,
) -> Response<Body> {
    match try_forward(request, client, proxy, address).await {
        Ok(response) => response,
        Err(response) => *response,
    }
}

/// An answer of the edge itself, after which it closes the connection.
pub(super) fn refuse(status: StatusCode, sentence: &str) -> Response<Body> {
    let body = Full::from(format!("{sentence}\n"));
    let mut response = Response::new(Either::Right(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert("content-type", HeaderValue::from_static("text/plain"));
    response
}

/// What the edge answers itself.
type Failure = Box<Response<Body>>;

fn failure(status: StatusCode, sentence: &str) -> Failure {
    Box::new(refuse(status, sentence))
}

async fn try_forward(
    request: Request<Incoming>,
    client: &EdgeConnection,
    proxy: &Proxy,
    address: IpAddr,
) -> Result<Response<Body>, Failure> {
    let (mut parts, body) = request.into_parts();
    prepare(&mut parts, client, &proxy.origin, address, (proxy.now)())?;
    let stripping = client.clone();
    let body = body.map_frame(move |frame| match frame.into_trailers() {
        Ok(mut trailers) => {
            stripping.strip_trailers(&mut trailers);
            Frame::trailers(trailers)
        }
        Err(data) => data,
    });

    // A connection of its own: two clients never share one, whatever their requests look like.
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(proxy.origin.as_str()))
        .await
        .map_err(|_| unreachable_origin(proxy, "it does not answer"))?
        .map_err(|error| unreachable_origin(proxy, error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable_origin(proxy, error))?;
    tokio::spawn(connection);
    let mut response = timeout(
        ANSWER_TIMEOUT,
        sender.send_request(Request::from_parts(parts, body)),
    )
    .await
    .map_err(|_| {
        let sentence = format!(
            "the origin gave no answer in {} s",
            ANSWER_TIMEOUT.as_secs()
        );
        failure(StatusCode::GATEWAY_TIMEOUT, &sentence)
    })?
    .map_err(|error| unreachable_origin(proxy, error))?;

    remove_hop_by_hop(response.headers_mut());
    client
        .prepare_response(response.headers_mut())
        .map_err(|error| failure(StatusCode::BAD_GATEWAY, &error.to_string()))?;
    Ok(response.map(Either::Left))
}

fn unreachable_origin(proxy: &Proxy, reason: impl std::fmt::Display) -> Failure {
    let sentence = format!(
        "the origin at {} cannot be asked ({reason}); start it there, or point the edge to another",
        proxy.origin
    );
    failure(StatusCode::BAD_GATEWAY, &sentence)
}

/// Makes of the client's request the one that the origin gets.
fn prepare(
    parts: &mut Parts,
    client: &EdgeConnection,
    origin: &Authority,
    address: IpAddr,
    now: UnixTime,
) -> Result<(), Failure> {
    if parts.method == Method::CONNECT {
        let sentence = "this is a reverse proxy, which has no CONNECT";
        return Err(failure(StatusCode::METHOD_NOT_ALLOWED, sentence));
    }
    let host = host(parts, origin)?;

    // First of all: whatever `Connection` names must not take away what is set below.
    remove_hop_by_hop(&mut parts.headers);
    // Judges the client, too, if its certificate may have expired, or the policy is another.
    client
        .prepare(parts, now)
        .map_err(|refusal| Box::new(connection::refuse(&refusal)))?;
    parts.headers.insert(HOST, host);
    // The client may say what it likes here, too, so nothing of it is kept.
    let address = HeaderValue::try_from(address.to_string())
        .map_err(|error| failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))?;
    parts
        .headers
        .insert("x-forwarded-for", address);

    let path = parts
        .uri
        .path_and_query()
        .cloned()
        .unwrap_or(PathAndQuery::from_static("/"));
    parts.uri = Uri::from(path);
    parts.version = Version::HTTP_11;
    Ok(())
}

/// The host that the client asked for (RFC 9112 section 3.2): the target's before the header's.
fn host(parts: &Parts, origin: &Authority) -> Result<HeaderValue, Failure> {
    let bad_request = |sentence: &str| failure(StatusCode::BAD_REQUEST, sentence);
    let mut lines = parts.headers.get_all(HOST).iter();
    let line = match (lines.next(), lines.next()) {
        (_, Some(_)) => return Err(bad_request("send one Host header, not several")),
        (None, None) if parts.version >= Version::HTTP_11 => {
            return Err(bad_request("send a Host header, which HTTP/1.1 demands"));
        }
        (line, None) => line.cloned(),
    };
    match (parts.uri.authority(), line) {
        (None, Some(line)) => Ok(line),
        (target, _) => {
            let authority = target.unwrap_or(origin).as_str();
            let (_, host) = authority
                .rsplit_once('@')
                .unwrap_or(("", authority));
            HeaderValue::from_str(host).map_err(|_| bad_request("the host is no header value"))
        }
    }
}

/// Removes what is between two neighbours only (RFC 9110 section 7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = tokens(headers, &CONNECTION)
        .filter_map(|token| HeaderName::from_bytes(token).ok())
        .collect();
    // hyper has chosen the one of the two that counts; none of the client's may remain.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    let takes_trailers = tokens(headers, &TE).any(|token| token.eq_ignore_ascii_case(b"trailers"));
    for name in named
        .iter()
        .chain(&[CONNECTION, TE, TRANSFER_ENCODING, UPGRADE])
    {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
}

fn tokens<'a>(headers: &'a HeaderMap, list: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(list)
        .iter()
        .flat_map(|line| {
            line.as_bytes()
                .split(|octet| *octet == b',')
        })
        .map(<[u8]>::trim_ascii)
}
