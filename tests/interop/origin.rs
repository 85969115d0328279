//! The origin behind a real edge: it keeps the head of each request, byte for byte.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::programs::PATIENCE;

/// A server of HTTP/1.1, one request a connection.
pub struct Origin {
    address: SocketAddr,
    heads: Receiver<Head>,
}

/// The head of a request, as it came.
#[derive(Debug)]
pub struct Head(Vec<u8>);

impl Origin {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heads) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(head) = read_head(&mut stream) else {
                    continue;
                };
                if sender.send(head).is_err() {
                    return;
                }
                // Behind what is kept, so that whoever has an answer can rely on that.
                let _ = stream.write_all(ANSWER);
            }
        });
        Self { address, heads }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The head of the next request.
    pub fn head(&self) -> Head {
        self.heads
            .recv_timeout(PATIENCE)
            .expect("no request came")
    }

    /// The headers of the next request, as hyper reads them.
    pub fn headers(&self) -> HeaderMap {
        self.head().through_hyper().unwrap()
    }

    /// Whether no request came before the client got an answer.
    pub fn is_silent(&self) -> bool {
        self.heads.try_recv().is_err()
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

/// `None` if nothing came, as when a server looks whether this one is there.
fn read_head(stream: &mut TcpStream) -> Option<Head> {
    stream
        .set_read_timeout(Some(PATIENCE))
        .unwrap();
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(length @ 1..) => head.extend_from_slice(&buffer[..length]),
            _ => return None,
        }
    }
    Some(Head(head))
}

impl Head {
    /// As a hyper server reads it; the status with which hyper refuses it otherwise.
    pub fn through_hyper(&self) -> Result<HeaderMap, StatusCode> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let seen = Arc::new(Mutex::new(None));
        let keep = seen.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            *keep.lock().unwrap() = Some(request.headers().clone());
            async { Ok::<_, hyper::Error>(Response::new(Empty::<Bytes>::new())) }
        });
        let answer = runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(64 * 1024);
            client.write_all(&self.0).await.unwrap();
            // Its error, if it refuses the head, is in its answer, too.
            let _ = hyper::server::conn::http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(server), service)
                .await;
            let mut answer = String::new();
            client
                .read_to_string(&mut answer)
                .await
                .unwrap();
            answer
        });
        let status = answer.split(' ').nth(1).unwrap();
        match seen.lock().unwrap().take() {
            Some(headers) => Ok(headers),
            None => Err(status.parse().unwrap()),
        }
    }

    /// As a server reads it that takes a line feed alone for a line's end, and puts `fold` where a
    /// value goes on in the next line (RFC 9112 sections 2.2 and 5.2).
    pub fn with_folds(&self, fold: &str) -> HeaderMap {
        let text = std::str::from_utf8(&self.0)
            .unwrap()
            .replace("\r\n", "\n");
        let unfolded = text
            .replace("\n\t", fold)
            .replace("\n ", fold);
        unfolded
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| {
                (
                    HeaderName::try_from(name).unwrap(),
                    HeaderValue::from_str(value.trim_matches([' ', '\t'])).unwrap(),
                )
            })
            .collect()
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
