//! A TLS client that asks the edge, and says what it got.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge_mtls::CertChain;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, HandshakeKind, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::outcome::Outcome;
use crate::pki::Identity;

/// A client; its sessions last from one visit to the next.
pub struct Visitor {
    edge: SocketAddr,
    config: Arc<ClientConfig>,
    presented: Option<CertChain>,
}

/// How a client comes a second time.
#[derive(Clone, Copy)]
pub enum Again {
    /// On the same connection.
    KeptAlive,
    /// On the same connection, for this host.
    OtherHost(&'static str),
    /// On a connection of its own, with a resumed session.
    Resumed,
}

const LONGEST_VISIT: Duration = Duration::from_secs(10);

const REQUEST: &str = "\
GET / HTTP/1.1\r\n\
Host: localhost\r\n\
Connection: close\r\n\
\r\n";

/// Names of the origin's format, other spellings, other products' names, and `Connection`, by which
/// a client may hope to have the edge remove its own headers again.
const FORGED_REQUEST: &str = "\
POST / HTTP/1.1\r\n\
Host: localhost\r\n\
Client-Cert: :Zm9yZ2Vk: forged\r\n\
Client-Cert-Chain: :Zm9yZ2Vk: forged\r\n\
Client-Cert-Status: verified;forged\r\n\
client_cert: forged\r\n\
CLIENT.CERT: forged\r\n\
Client-Cert_Status: forged\r\n\
X-Client-Cert: forged\r\n\
X-SSL-Client-Cert: forged\r\n\
X-SSL-Client-Verify: SUCCESS, forged\r\n\
X-Forwarded-Client-Cert: forged\r\n\
CloudFront-Viewer-Cert-Present: forged\r\n\
X-Forwarded-For: forged\r\n\
Connection: close, client-cert, Client-Cert-Status, x-forwarded-for\r\n\
TE: trailers\r\n\
Trailer: Client-Cert, x-client-cert\r\n\
Transfer-Encoding: chunked\r\n\
\r\n\
5\r\nhello\r\n\
0\r\n\
Client-Cert: forged\r\n\
x-client-cert: forged\r\n\
\r\n";

impl Visitor {
    pub fn new(
        edge: SocketAddr,
        server_ca: &[u8],
        identity: Option<&Identity>,
        provider: Arc<CryptoProvider>,
        version: &'static SupportedProtocolVersion,
    ) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(server_ca))?;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[version])?
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let key = provider
                    .key_provider
                    .load_private_key(identity.private_key())?;
                // Not by `with_client_auth_cert`, which would find that a thief lacks the key.
                let certificate = CertifiedKey::new(identity.chain.clone(), key);
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certificate)))
            }
        };
        Ok(Self {
            edge,
            config: Arc::new(config),
            presented: identity.and_then(|identity| CertChain::from_der(&identity.chain)),
        })
    }

    /// Sends a request.
    pub async fn ask(&self) -> Outcome {
        self.send(REQUEST).await
    }

    /// Sends a request with certificate headers of its own making.
    pub async fn ask_with_forged_headers(&self) -> Outcome {
        self.send(FORGED_REQUEST).await
    }

    /// Sends two requests, and lets something happen in between.
    pub async fn ask_twice(&self, again: Again, happens: impl FnOnce()) -> [Outcome; 2] {
        let host = match again {
            Again::KeptAlive => "localhost",
            Again::OtherHost(host) => host,
            Again::Resumed => {
                let first = self.ask().await;
                happens();
                return [first, self.ask().await];
            }
        };
        let asked = self.ask_twice_on_one(host, happens);
        match timeout(LONGEST_VISIT, asked).await {
            Ok(Ok(outcomes)) => outcomes,
            Ok(Err(error)) => [failed(&error), failed(&error)],
            Err(_) => [(); 2].map(|()| Outcome::at_edge("no answer")),
        }
    }

    async fn ask_twice_on_one(
        &self,
        second_host: &str,
        happens: impl FnOnce(),
    ) -> io::Result<[Outcome; 2]> {
        let mut stream = self.connect().await?;
        let first = ask_on(&mut stream, "localhost").await?;
        happens();
        // One that was refused at first may come again on another connection alone.
        if first.contains("\r\nconnection: close\r\n") {
            stream = self.connect().await?;
        }
        let second = ask_on(&mut stream, second_host).await?;
        Ok([self.read(&first), self.read(&second)])
    }

    async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(self.edge).await?;
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        TlsConnector::from(self.config.clone())
            .connect(name, tcp)
            .await
    }

    async fn send(&self, request: &str) -> Outcome {
        match timeout(LONGEST_VISIT, self.exchange(request)).await {
            Ok(Ok((answer, resumed))) => {
                let outcome = self.read(&answer);
                match resumed {
                    true => outcome.resumed(),
                    false => outcome,
                }
            }
            Ok(Err(error)) => failed(&error),
            Err(_) => Outcome::at_edge("no answer"),
        }
    }

    /// The answer, and whether the session was resumed.
    async fn exchange(&self, request: &str) -> io::Result<(String, bool)> {
        let mut stream = self.connect().await?;
        // In TLS 1.3 the client is done before the edge has judged it: the alert comes when it
        // reads, and a failure to write says less.
        let written = stream
            .write_all(request.as_bytes())
            .await;
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await?;
        written?;
        let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
        Ok((answer, resumed))
    }

    /// What the answer says, if it is of this client; otherwise what is wrong with it.
    fn read(&self, answer: &str) -> Outcome {
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or((answer, ""));
        let status = head
            .split(' ')
            .nth(1)
            .unwrap_or("no status");
        if status != "200" {
            let code = word(body);
            return Outcome::at_edge(format!("{status} {code}"));
        }
        if body.contains("forged") {
            return Outcome::at_origin("FORGED", "forged headers");
        }
        let claim = line(body, "claimed");
        match &self.presented {
            None if claim == "no certificate" => Outcome::anonymous(),
            Some(chain) if is_of(body, chain) => {
                Outcome::at_origin(claim, word(line(body, "verdict")))
            }
            _ => Outcome::at_origin("WRONG", "another chain"),
        }
    }
}

/// Sends a request, and reads its answer, on a connection that lives on.
async fn ask_on(stream: &mut TlsStream<TcpStream>, host: &str) -> io::Result<String> {
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await?;
    let mut answer = String::new();
    while !is_whole(&answer) {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    Ok(answer)
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

/// Whether the origin saw this very leaf, and as many certificates.
fn is_of(body: &str, chain: &CertChain) -> bool {
    let sha256: String = chain.leaf().map_or_else(
        |_| String::new(),
        |leaf| {
            leaf.sha256()
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect()
        },
    );
    line(body, "sha256") == sha256 && line(body, "certificates") == chain.len().to_string()
}

/// What follows `name: ` in the origin's answer.
fn line<'a>(body: &'a str, name: &str) -> &'a str {
    body.lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .strip_prefix(": ")
        })
        .unwrap_or_default()
}

/// The code before a sentence.
fn word(text: &str) -> &str {
    text.split(':')
        .next()
        .unwrap_or_default()
}

fn failed(error: &io::Error) -> Outcome {
    let rustls_error = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match rustls_error {
        Some(rustls::Error::AlertReceived(alert)) => {
            Outcome::alert(&snake_case(&format!("{alert:?}")))
        }
        _ => Outcome::at_edge(format!("error: {error}")),
    }
}

/// `UnknownCA` as the RFCs write it: `unknown_ca`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            text.push('_');
        }
        after_lower = letter.is_ascii_lowercase();
        text.push(letter.to_ascii_lowercase());
    }
    text
}
