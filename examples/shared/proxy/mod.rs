//! A reverse proxy which ends TLS, asks for a client certificate, and tells its origin who the
//! client is.
//!
//! Each connection gets a verifier of its own (`for_connection`), which keeps why a client was
//! refused. What a production proxy has beside this is left out: limits on connections, a pool of
//! connections to the origin, HTTP/2.

mod connection;
mod forward;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use connection::Connection;
use edge_mtls::{CertForwarder, ClientCertVerifier, ConnectionVerifier, HandshakeFacts};
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
pub use tls::TlsParts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A proxy in front of one origin.
pub struct Proxy {
    pub tls: TlsParts,
    pub verifier: Arc<ClientCertVerifier>,
    pub forwarder: CertForwarder,
    /// Where the origin listens, for plain HTTP.
    pub origin: Authority,
    /// Gets one line for each connection, refused or not.
    pub log: fn(&str),
}

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

impl Proxy {
    /// Serves clients for as long as the process lives.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((tcp, client)) => {
                    tokio::spawn(self.clone().serve_client(tcp, client));
                }
                Err(error) => {
                    (self.log)(&format!("cannot accept a connection: {error}"));
                    // Mostly there are no file descriptors; some will be free again soon.
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn serve_client(self: Arc<Self>, tcp: TcpStream, client: SocketAddr) {
        let verifier = self.verifier.for_connection();
        match self
            .shake_hands(tcp, verifier.clone())
            .await
        {
            Ok(stream) => {
                self.serve_requests(stream, client, verifier)
                    .await
            }
            Err(reason) => (self.log)(&format!("{client} refused: {reason}")),
        }
    }

    async fn shake_hands(
        &self,
        tcp: TcpStream,
        verifier: Arc<ConnectionVerifier>,
    ) -> Result<TlsStream<TcpStream>, String> {
        let config = self
            .tls
            .config(verifier.clone())
            .map_err(|error| error.to_string())?;
        let handshake = TlsAcceptor::from(Arc::new(config))
            .accept(tcp)
            .into_fallible();
        match timeout(HANDSHAKE_TIMEOUT, handshake).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err((error, tcp))) => {
                tokio::spawn(let_alert_arrive(tcp));
                Err(refusal_text(&verifier, &error))
            }
            Err(_) => Err(format!(
                "no TLS handshake within {} s",
                HANDSHAKE_TIMEOUT.as_secs()
            )),
        }
    }

    async fn serve_requests(
        self: Arc<Self>,
        stream: TlsStream<TcpStream>,
        client: SocketAddr,
        verifier: Arc<ConnectionVerifier>,
    ) {
        let log = self.log;
        let facts = HandshakeFacts::from(stream.get_ref().1);
        let connection = Connection::new(self, client, verifier, facts);
        log(&connection.to_string());
        let service = service_fn(|request| connection.answer(request));
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = served {
            log(&format!("{client} ended: {error}"));
        }
    }
}

/// Why a handshake failed, in the words of the `Rejection` if the certificate was the reason.
fn refusal_text(verifier: &ConnectionVerifier, error: &io::Error) -> String {
    let rustls_error = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match rustls_error.and_then(|error| verifier.refusal(error)) {
        Some(rejection) => format!("{}: {rejection}", rejection.code()),
        None => error.to_string(),
    }
}

/// Reads on for a moment: a TLS 1.3 client may have sent its request already, and a socket that is
/// closed with unread bytes is reset, which may cost the client the alert.
async fn let_alert_arrive(mut tcp: TcpStream) {
    const MOMENT: Duration = Duration::from_secs(2);
    const MOST_BYTES: u64 = 64 * 1024;
    if tcp.shutdown().await.is_ok() {
        let rest = &mut tcp.take(MOST_BYTES);
        let _ = timeout(MOMENT, tokio::io::copy(rest, &mut tokio::io::sink())).await;
    }
}
