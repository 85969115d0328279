//! An origin: it reads the certificate headers of the edge, judges the chain itself if it has a
//! trust store, and answers with what it saw.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertReceiver, ChainPolicy, ClaimedStatus, Received, Rejection, TrustedHop, VerifiedChain,
};
use http_body_util::BodyExt;
use tokio::net::TcpListener;

pub struct Origin {
    pub receiver: CertReceiver,
    /// From these addresses, and no others, certificate headers are believed.
    pub trusted_hops: Vec<IpAddr>,
    /// By which it judges the chain itself: the same type as at the edge.
    pub policy: Option<ChainPolicy>,
    /// Whether a client must have a certificate that `policy` accepts.
    pub require: bool,
    /// Gets one line for each request.
    pub log: fn(&str),
}

impl Origin {
    /// Serves edges for as long as the process lives.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::new(self))
            .into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    }

    fn report(&self, peer: SocketAddr, headers: &HeaderMap) -> Result<String, Refusal> {
        let hop = self.trusted_hop(peer)?;
        let received = self
            .receiver
            .receive(headers, &hop)
            .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
        let verdict = match (&received, &self.policy) {
            (Some(received), Some(policy)) => {
                Some(policy.evaluate(received.chain(), UnixTime::now()))
            }
            _ => None,
        };
        if self.require {
            check_is_verified(received.is_some(), verdict.as_ref())?;
        }
        Ok(text(received.as_ref(), verdict.as_ref()))
    }

    /// Anybody who can connect can send certificate headers: only the edge's are to be believed.
    fn trusted_hop(&self, peer: SocketAddr) -> Result<TrustedHop, Refusal> {
        let address = peer.ip().to_canonical();
        match self.trusted_hops.contains(&address) {
            true => Ok(TrustedHop::checked_address(address)),
            false => Err((
                StatusCode::FORBIDDEN,
                format!(
                    "{address} is not a trusted hop; ask the edge, or add it with --trusted-hop"
                ),
            )),
        }
    }
}

type Refusal = (StatusCode, String);
type Verdict = Result<VerifiedChain, Rejection>;

async fn answer(
    State(origin): State<Arc<Origin>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> (StatusCode, String) {
    let (parts, body) = request.into_parts();
    let (status, text) = match origin.report(peer, &parts.headers) {
        Ok(mut report) => {
            list(&mut report, "header", &parts.headers);
            list(&mut report, "trailer", &trailers(body).await);
            (StatusCode::OK, report)
        }
        Err((status, sentence)) => (status, format!("{sentence}\n")),
    };
    let first_line = text.lines().next().unwrap_or_default();
    (origin.log)(&format!(
        "{peer} {} {}: {}, {first_line}",
        parts.method,
        parts.uri,
        status.as_u16()
    ));
    (status, text)
}

fn check_is_verified(has_certificate: bool, verdict: Option<&Verdict>) -> Result<(), Refusal> {
    let sentence = match verdict {
        Some(Ok(_)) => return Ok(()),
        Some(Err(rejection)) => format!("{}: {rejection}", rejection.code()),
        None if has_certificate => "this origin has no trust store to judge by".into(),
        None => Rejection::Missing.to_string(),
    };
    Err((StatusCode::FORBIDDEN, sentence))
}

/// What the edge said of the client, and what this origin finds.
fn text(received: Option<&Received>, verdict: Option<&Verdict>) -> String {
    let mut text = match received {
        None => "claimed: no certificate\n".into(),
        Some(received) => {
            let leaf = received.chain().leaf().map_or_else(
                |error| format!("subject: {error}\n"),
                |leaf| {
                    format!(
                        "subject: {}\nsha256: {}\n",
                        leaf.subject(),
                        hex(&leaf.sha256())
                    )
                },
            );
            format!(
                "claimed: {}\n{leaf}certificates: {}\n",
                claim(received.claimed_status()),
                received.chain().len()
            )
        }
    };
    text.push_str(&match verdict {
        Some(Ok(_)) => "verdict: verified\n".into(),
        Some(Err(rejection)) => format!("verdict: {}: {rejection}\n", rejection.code()),
        None => "verdict: not judged\n".into(),
    });
    text
}

fn claim(status: Option<&ClaimedStatus>) -> String {
    match status {
        Some(ClaimedStatus::Verified) => "verified".into(),
        Some(ClaimedStatus::VerifiedUnproven { revocation, .. }) => {
            format!("verified, revocation: {revocation}")
        }
        Some(ClaimedStatus::Unverified {
            advisory: Some(advisory),
            ..
        }) => format!("unverified, advisory: {advisory}"),
        Some(ClaimedStatus::Unverified { .. }) => "unverified".into(),
        _ => "nothing".into(),
    }
}

/// Appends what came in, each value cut, so that everybody sees what passes the edge.
fn list(text: &mut String, kind: &str, headers: &HeaderMap) {
    const LONGEST: usize = 64;
    for (name, value) in headers {
        let value = value
            .as_bytes()
            .escape_ascii()
            .to_string();
        let (head, dots) = match value.split_at_checked(LONGEST) {
            Some((head, rest)) if !rest.is_empty() => (head, "..."),
            _ => (&*value, ""),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{kind}: {name}: {head}{dots}");
    }
}

/// Reads the body to its end, and keeps nothing but the trailers.
async fn trailers(mut body: Body) -> HeaderMap {
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(trailers) = frame.into_trailers() {
            return trailers;
        }
    }
    HeaderMap::new()
}

fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}
