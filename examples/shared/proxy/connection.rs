//! The requests of one client's connection.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use edge_mtls::{EdgeConnection, EdgeRefusal};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use super::Proxy;
use super::forward::{self, Body, forward};

pub(super) struct Connection {
    pub(super) proxy: Arc<Proxy>,
    pub(super) client: IpAddr,
    /// Who the client is, or why it is refused.
    pub(super) admitted: Result<EdgeConnection, EdgeRefusal>,
}

impl Connection {
    /// Forwards a request, or answers it with why not.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        Ok(match &self.admitted {
            Ok(admitted) => forward(request, admitted, &self.proxy, self.client).await,
            Err(refusal) => refuse(refusal),
        })
    }
}

/// The answer to a client that is refused after its handshake.
pub(super) fn refuse(refusal: &EdgeRefusal) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::FORBIDDEN);
    forward::refuse(status, &format!("{}: {refusal}", refusal.code()))
}
