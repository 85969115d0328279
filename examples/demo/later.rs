//! What becomes of a client after its handshake: on a connection that lives on, and on a resumed one.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertForwarder, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ConnectionStep, Decision,
    DenyList, Edge, HeaderProfile, Passthrough, PolicyMap, RevocationLists, TrustStore,
};
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::net::TcpListener;

use crate::outcome::Outcome;
use crate::pki::{Identity, Pki, client_params, valid};
use crate::proxy::{Proxy, TlsParts};
use crate::revoked::{Issue, list};
use crate::visit::{Again, Visitor};

/// A client, what happens after its first request, and what each mode demands for the next.
struct Scene {
    name: &'static str,
    policy: ClientAuthPolicy,
    client: Option<Identity>,
    happens: Happens,
    again: Again,
    first: Outcome,
    then: Outcome,
}

/// What happens between two requests.
enum Happens {
    Nothing,
    /// Time, on the edge's clock.
    Days(u64),
    /// Another policy is put in force.
    Reload(ClientAuthPolicy),
}

const PARTNERS: &str = "localhost";
const PUBLIC: &str = "public.localhost";

/// Plays all scenes and prints them, and the log; it is a failure if one does not end as demanded.
pub async fn play(
    pki: &Pki,
    provider: &Arc<CryptoProvider>,
    origin: SocketAddr,
) -> Result<ExitCode, Box<dyn Error>> {
    println!("LATER: what becomes of a client after its first request");
    println!(
        "{:<NAME$} {:<FIRST$} next request",
        "what happens", "first request"
    );
    let mut failures = Vec::new();
    let mut log = Vec::new();
    for scene in scenes(pki, provider)? {
        for version in [&TLS12, &TLS13] {
            let stage = Stage::set(&scene, pki, provider, origin).await?;
            let client = scene.client.as_ref();
            let server_ca = &pki.server_root;
            let visitor =
                Visitor::new(stage.address, server_ca, client, provider.clone(), version)?;
            let got = visitor
                .ask_twice(scene.again, || stage.let_happen(&scene.happens))
                .await;
            if got != [scene.first.clone(), scene.then.clone()] {
                failures.push(format!(
                    "{} {:?}: {} / {}",
                    scene.name,
                    version.version,
                    got[0].brief(),
                    got[1].brief()
                ));
            }
            if version.version == TLS13.version {
                log.extend(stage.log());
            }
        }
        let then = match scene.then == scene.first {
            true => "the same".into(),
            false => scene.then.brief(),
        };
        println!(
            "{:<NAME$} {:<FIRST$} {then}",
            scene.name,
            scene.first.brief()
        );
    }
    println!("\nThe connection log of it, over TLS 1.3:");
    for line in log {
        println!("{line}");
    }
    println!();
    match failures.is_empty() {
        true => {
            println!("all of it as demanded, over TLS 1.2 and 1.3");
            Ok(ExitCode::SUCCESS)
        }
        false => {
            println!("NOT as demanded:\n  {}", failures.join("\n  "));
            Ok(ExitCode::FAILURE)
        }
    }
}

const NAME: usize = 27;
const FIRST: usize = 34;

fn scenes(pki: &Pki, provider: &CryptoProvider) -> Result<Vec<Scene>, Box<dyn Error>> {
    let good = pki
        .root
        .client(client_params("alice")?)?;
    let short = pki
        .root
        .client(valid(client_params("short")?, -1, 2)?)?;
    let stranger = pki
        .unknown
        .client(client_params("stranger")?)?;
    let trusting = trusting(&pki.client_root, provider)?;
    let revoking = trusting.with_revocation(RevocationLists::from_der([list(
        &pki.root,
        Issue::Newest,
        &good.chain,
    )?])?);
    let distrusting = self::trusting(&pki.unknown_root, provider)?;
    let required = |policy: &ChainPolicy| ClientAuthPolicy::required(policy.clone());
    let reload = |policy: &ChainPolicy| Happens::Reload(required(policy));
    let verified = || Outcome::at_origin("verified", "verified");
    let refused = |reason: &str| Outcome::at_edge(format!("403 {reason}"));
    let scene = |name, client: &Identity, happens, again, then| Scene {
        name,
        policy: required(&trusting),
        client: Some(client.clone()),
        happens,
        again,
        first: verified(),
        then,
    };
    use Again::{KeptAlive, OtherHost, Resumed};
    Ok(vec![
        scene("nothing", &good, Happens::Nothing, KeptAlive, verified()),
        scene(
            "its certificate expires",
            &short,
            Happens::Days(3),
            KeptAlive,
            refused("expired"),
        ),
        scene(
            "it is revoked",
            &good,
            reload(&revoking),
            KeptAlive,
            refused("revoked"),
        ),
        scene(
            "it is revoked, and resumes",
            &good,
            reload(&revoking),
            Resumed,
            refused("revoked").resumed(),
        ),
        scene(
            "its CA is removed",
            &good,
            reload(&distrusting),
            KeptAlive,
            refused("untrusted"),
        ),
        scene(
            "it asks for another host",
            &good,
            Happens::Nothing,
            OtherHost(PUBLIC),
            Outcome::at_edge("421 name"),
        ),
        scene(
            "the function denies",
            &pki.root
                .client(client_params("intern")?)?,
            Happens::Nothing,
            KeptAlive,
            refused("function-denied"),
        )
        .at_once(),
        Scene {
            policy: Passthrough::default()
                .advisory(trusting.clone())
                .into(),
            ..scene(
                "an advisory verdict",
                &stranger,
                Happens::Nothing,
                KeptAlive,
                Outcome::at_origin("unverified, advisory: untrusted", "untrusted"),
            )
        }
        .at_once(),
    ])
}

impl Scene {
    /// The same for a client that gets with its first request what it gets with the next.
    fn at_once(mut self) -> Self {
        self.first = self.then.clone();
        self
    }
}

fn trusting(root: &[u8], provider: &CryptoProvider) -> Result<ChainPolicy, Box<dyn Error>> {
    let algorithms = provider.signature_verification_algorithms;
    Ok(ChainPolicy::builder(TrustStore::from_der([root])?)
        .deny(DenyList::new())
        .build(algorithms.all)?)
}

/// The host's own decision: nobody called intern, and a note for the log.
fn no_interns(step: &mut ConnectionStep<'_>) -> Decision {
    let subject = step
        .connection()
        .identity()
        .leaf()
        .map_or_else(String::new, |leaf| leaf.subject().to_string());
    step.note(&format!("hello {subject}"));
    match subject == "CN=intern" {
        true => Decision::deny("interns use the VPN"),
        false => Decision::Allow,
    }
}

/// An edge for one scene.
struct Stage {
    address: SocketAddr,
    verifier: Arc<ClientCertVerifier>,
    days: Arc<AtomicU64>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    async fn set(
        scene: &Scene,
        pki: &Pki,
        provider: &Arc<CryptoProvider>,
        origin: SocketAddr,
    ) -> Result<Self, Box<dyn Error>> {
        let verifier = ClientCertVerifier::new(scene.policy.clone(), provider)?;
        let public = ClientAuthPolicy::optional(trusting(&pki.client_root, provider)?);
        let policies = PolicyMap::builder()
            .policy("partners", verifier.clone(), [PARTNERS])
            .policy(
                "public",
                ClientCertVerifier::new(public, provider)?,
                [PUBLIC],
            )
            .build()?;
        let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
        let certificate =
            CertifiedKey::from_der(pki.server.chain.clone(), pki.server.private_key(), provider)?;
        let days = Arc::new(AtomicU64::new(0));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (clock, lines) = (days.clone(), log.clone());
        let proxy = Proxy {
            tls: TlsParts::new(provider.clone(), certificate)?,
            edge: Edge::by_name(policies, forwarder).function(no_interns),
            origin: origin.to_string().parse()?,
            now: Box::new(move || days_from_now(clock.load(Ordering::Relaxed))),
            log: Box::new(move |line| lock(&lines).push(line.to_owned())),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(Arc::new(proxy).serve(listener));
        Ok(Self {
            address,
            verifier,
            days,
            log,
        })
    }

    fn let_happen(&self, happens: &Happens) {
        match happens {
            Happens::Nothing => {}
            Happens::Days(days) => self
                .days
                .store(*days, Ordering::Relaxed),
            Happens::Reload(policy) => self
                .verifier
                .replace_with_ca_names(policy.clone()),
        }
    }

    /// The records so far.
    fn log(&self) -> Vec<String> {
        lock(&self.log)
            .iter()
            .filter(|line| line.starts_with("eventTimestamp="))
            .cloned()
            .collect()
    }
}

fn lock(lines: &Mutex<Vec<String>>) -> std::sync::MutexGuard<'_, Vec<String>> {
    lines
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

fn days_from_now(days: u64) -> UnixTime {
    const DAY: u64 = 24 * 60 * 60;
    let seconds = UnixTime::now().as_secs() + days * DAY;
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
