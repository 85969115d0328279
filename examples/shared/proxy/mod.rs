//! A reverse proxy which ends TLS, asks for a client certificate, and tells its origin who the
//! client is.
//!
//! Each connection gets a `ServerConfig` of its own, by the server name that the client asks for. What a
//! production proxy has beside this is left out: limits on connections, a pool of connections to the
//! origin, HTTP/2.

mod connection;
mod forward;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use connection::Connection;
use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    ConnectionFailure, ConnectionInfo, Edge, EdgeConnection, EdgeHandshake, HandshakeFacts,
    RefusedConnection,
};
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::server::Acceptor;
pub use tls::TlsParts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// A proxy in front of one origin.
pub struct Proxy {
    pub tls: TlsParts,
    pub edge: Edge,
    /// Where the origin listens, for plain HTTP.
    pub origin: Authority,
    /// What time it is.
    pub now: Box<dyn Fn() -> UnixTime + Send + Sync>,
    /// Gets one line for each connection, refused or not.
    pub log: Box<dyn Fn(&str) + Send + Sync>,
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
        static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
        let id = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let mut info = ConnectionInfo::of(client).id(id.to_string());
        if let Ok(server) = tcp.local_addr() {
            info = info.server(server);
        }
        let begun = Instant::now();
        match self.shake_hands(tcp, &info).await {
            Ok((handshake, stream)) => {
                let info = info.handshake_duration(begun.elapsed());
                let facts = HandshakeFacts::from(stream.get_ref().1);
                let admitted = handshake.admit(&facts, info, (self.now)());
                self.serve_requests(stream, client, admitted)
                    .await
            }
            Err(refused) => (self.log)(&refused.record().to_string()),
        }
    }

    async fn shake_hands(
        &self,
        tcp: TcpStream,
        info: &ConnectionInfo,
    ) -> Result<(EdgeHandshake, TlsStream<TcpStream>), RefusedConnection> {
        let now = &self.now;
        let acceptor = LazyConfigAcceptor::new(Acceptor::default(), tcp);
        let start = within(HANDSHAKE_TIMEOUT, acceptor)
            .await
            .map_err(|error| Edge::failed(&error, info.clone(), now()))?;
        let server_name = start
            .client_hello()
            .server_name()
            .map(str::to_owned);
        let handshake = self
            .edge
            .begin(server_name.as_deref())
            .map_err(|rejection| {
                Edge::refused_name(server_name.as_deref(), rejection, info.clone(), now())
            })?;
        let failed =
            |failure: ConnectionFailure<'_>| handshake.failed(failure, None, info.clone(), now());
        let config = handshake
            .server_config(|verifier| self.tls.config(verifier))
            .map_err(|error| failed(ConnectionFailure::Internal(&error.to_string())))?;
        let accept = start
            .into_stream(config)
            .into_fallible();
        match timeout(HANDSHAKE_TIMEOUT, accept).await {
            Ok(Ok(stream)) => Ok((handshake, stream)),
            Ok(Err((error, tcp))) => {
                tokio::spawn(let_alert_arrive(tcp));
                Err(failed((&error).into()))
            }
            Err(_) => Err(failed(ConnectionFailure::TcpTimeout)),
        }
    }

    async fn serve_requests(
        self: Arc<Self>,
        stream: TlsStream<TcpStream>,
        client: SocketAddr,
        admitted: Result<EdgeConnection, RefusedConnection>,
    ) {
        let record = match &admitted {
            Ok(admitted) => admitted.record(),
            Err(refused) => refused.record(),
        };
        (self.log)(&record.to_string());
        let connection = Connection {
            proxy: self.clone(),
            client: client.ip(),
            admitted: admitted.map_err(|refused| refused.reason().clone()),
        };
        let service = service_fn(|request| connection.answer(request));
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = served {
            (self.log)(&format!("{client} ended: {error}"));
        }
    }
}

/// What comes within some time; otherwise an error that says so.
async fn within<T>(time: Duration, what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(time, what)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
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
