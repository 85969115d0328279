//! Every kind of client against every mode, over real TLS, with an origin behind.
//!
//! `cargo run --example demo` prints what each of them gets, and fails if any cell of the table is
//! not as the mode demands.

mod clients;
mod later;
#[path = "../shared/origin.rs"]
mod origin;
mod outcome;
mod pki;
#[path = "../shared/proxy/mod.rs"]
mod proxy;
mod revoked;
mod table;
mod visit;
mod x509_v1;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clients::{Client, Conduct};
use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertForwarder, CertReceiver, Certificate, ChainPolicy, ClientAuthPolicy, ClientCertVerifier,
    Edge as MtlsEdge, HeaderProfile, Passthrough, RevocationLists, TrustStore,
};
use origin::Origin;
use outcome::Outcome;
use pki::Pki;
use proxy::{Proxy, TlsParts};
use revoked::Known;
use rustls::SupportedProtocolVersion;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use table::{Mode, Row};
use tokio::net::TcpListener;
use tokio::time::timeout;
use visit::Visitor;

const LONGEST_RUN: Duration = Duration::from_secs(120);

/// A mode: its name, what it asks of clients, and its policy on top of a `ChainPolicy`.
type ModeOf = (
    &'static str,
    &'static str,
    fn(ChainPolicy) -> ClientAuthPolicy,
);

const MODES: [ModeOf; 3] = [
    (
        "required",
        "every client must show a certificate that the edge accepts",
        ClientAuthPolicy::required,
    ),
    (
        "optional",
        "a client may show none; one that it shows must be accepted",
        ClientAuthPolicy::optional,
    ),
    (
        "passthrough",
        "possession and the deny list apart, the origin decides",
        |policy| {
            Passthrough::default()
                .deny(policy.deny_list().clone())
                .into()
        },
    ),
];

#[tokio::main]
async fn main() -> ExitCode {
    match timeout(LONGEST_RUN, run()).await {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("demo: not done after {} s", LONGEST_RUN.as_secs());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let pki = Pki::new()?;
    let mut known = Known::default();
    let clients = clients::all(&pki, &mut known)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trusting = chain_policy(&pki.client_root, &known, &provider)?;
    let distrusting = chain_policy(&pki.unknown_root, &known, &provider)?;
    // The origin judges by a policy of the same type as the edge's.
    let origin = start_origin(trusting.clone()).await?;

    let mut modes = Vec::new();
    for (index, (name, asks, policy)) in MODES.into_iter().enumerate() {
        let chains = Chains {
            trusting: trusting.clone(),
            distrusting: distrusting.clone(),
            mode: policy,
        };
        let edge = Edge::start(&pki, &provider, origin, chains).await?;
        let mut rows = Vec::new();
        for client in &clients {
            rows.push(Row {
                client: client.name,
                demanded: client.demanded[index].clone(),
                tls12: edge.meet(client, &TLS12).await?,
                tls13: edge.meet(client, &TLS13).await?,
            });
        }
        modes.push(Mode { name, asks, rows });
    }
    let modes = table::print(&modes);
    let later = later::play(&pki, &provider, origin).await?;
    Ok(match modes == ExitCode::SUCCESS {
        true => later,
        false => modes,
    })
}

/// An edge, and what is needed to send clients to it.
struct Edge {
    address: SocketAddr,
    verifier: Arc<ClientCertVerifier>,
    provider: Arc<CryptoProvider>,
    server_ca: Vec<u8>,
    chains: Chains,
}

/// The policies of an edge.
struct Chains {
    trusting: ChainPolicy,
    /// With another CA.
    distrusting: ChainPolicy,
    mode: fn(ChainPolicy) -> ClientAuthPolicy,
}

impl Edge {
    async fn start(
        pki: &Pki,
        provider: &Arc<CryptoProvider>,
        origin: SocketAddr,
        chains: Chains,
    ) -> Result<Self, Box<dyn Error>> {
        let trusting = (chains.mode)(chains.trusting.clone());
        let verifier = ClientCertVerifier::new(trusting, provider)?;
        let certificate =
            CertifiedKey::from_der(pki.server.chain.clone(), pki.server.private_key(), provider)?;
        let proxy = Proxy {
            tls: TlsParts::new(provider.clone(), certificate)?,
            edge: MtlsEdge::new(
                verifier.clone(),
                CertForwarder::new(HeaderProfile::rfc9440()),
            ),
            origin: origin.to_string().parse()?,
            now: Box::new(UnixTime::now),
            log: Box::new(|_| ()),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(Arc::new(proxy).serve(listener));
        Ok(Self {
            address,
            verifier,
            provider: provider.clone(),
            server_ca: pki.server_root.to_vec(),
            chains,
        })
    }

    /// Lets a client do what it does, over one version of TLS.
    async fn meet(
        &self,
        client: &Client,
        version: &'static SupportedProtocolVersion,
    ) -> Result<Outcome, Box<dyn Error>> {
        let identity = client.identity.as_ref();
        let visitor = Visitor::new(
            self.address,
            &self.server_ca,
            identity,
            self.provider.clone(),
            version,
        )?;
        match client.conduct {
            Conduct::Asks => Ok(visitor.ask().await),
            Conduct::Forges => Ok(visitor.ask_with_forged_headers().await),
            Conduct::Resumes => {
                visitor.ask().await;
                Ok(visitor.ask().await)
            }
            Conduct::ResumesDenied => {
                let leaf = identity.and_then(|identity| identity.chain.first());
                let leaf = Certificate::from_der(leaf.ok_or("no certificate")?)?;
                let trusting = &self.chains.trusting;
                let deny = trusting.deny_list().clone();
                let denying = trusting.with_deny_list(deny.certificate(&leaf));
                self.ask_before_and_after(&visitor, denying)
                    .await
            }
            Conduct::ResumesDistrusted => {
                let distrusting = self.chains.distrusting.clone();
                self.ask_before_and_after(&visitor, distrusting)
                    .await
            }
        }
    }

    /// What a client gets that comes back when another policy is in force.
    async fn ask_before_and_after(
        &self,
        visitor: &Visitor,
        policy: ChainPolicy,
    ) -> Result<Outcome, Box<dyn Error>> {
        let mode = self.chains.mode;
        visitor.ask().await;
        self.verifier.replace(mode(policy))?;
        let outcome = visitor.ask().await;
        self.verifier
            .replace(mode(self.chains.trusting.clone()))?;
        Ok(outcome)
    }
}

async fn start_origin(policy: ChainPolicy) -> Result<SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let origin = Origin {
        receiver: CertReceiver::new(HeaderProfile::rfc9440()).expect_status_header(),
        trusted_hops: vec![Ipv4Addr::LOCALHOST.into()],
        policy: Some(policy),
        require: false,
        log: |_| (),
    };
    tokio::spawn(origin.serve(listener));
    Ok(address)
}

fn chain_policy(
    root: &[u8],
    known: &Known,
    provider: &CryptoProvider,
) -> Result<ChainPolicy, Box<dyn Error>> {
    let policy = ChainPolicy::builder(TrustStore::from_der([root])?)
        .revocation(RevocationLists::from_der(&known.lists)?)
        .deny(known.deny.clone())
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )?;
    Ok(policy)
}
