//! Handshakes in memory, the server's side alone: with this crate's verifiers, beside the cheapest that can
//! be written by hand.
//!
//! `cargo bench --bench handshake` prints times; `cargo bench --bench handshake -- --instructions` counts
//! instructions with `valgrind --tool=callgrind`, which differences of a few percent need. valgrind knows no
//! instructions for SHA; with `--steps` the processor runs every single one by itself, half a minute each,
//! where x86-64 Linux, `cc` and `taskset` are.

mod counting;
#[path = "../shared/possession.rs"]
mod possession;
#[path = "../shared/mod.rs"]
mod shared;

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counting::{Counter, counted};
use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use edge_mtls::{
    CertForwarder, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ConnectionInfo, Edge,
    HandshakeFacts, HeaderProfile, SignatureCache, TrustStore,
};
use possession::PossessionByHand;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use shared::{client_key, intermediate, now, root};

/// What one server does, and the one that it is compared with.
const COMPARED: [(&str, &str); 11] = [
    ("passthrough", "possession by hand"),
    ("passthrough, for a connection", "possession by hand"),
    ("optional, no certificate", "no client authentication"),
    (
        "optional, no certificate, for a connection",
        "no client authentication",
    ),
    ("required", "WebPkiClientVerifier"),
    ("required, for a connection", "WebPkiClientVerifier"),
    (SEEN_BEFORE, "possession by hand"),
    (WITH_EDGE, "possession by hand"),
    (WITH_RECORD, "possession by hand"),
    ("resumed, judged again", "resumed, not judged again"),
    ("possession by hand", "no client authentication"),
];

/// Those whose differences are in digests above all.
const STEPPED: [(&str, &str); 3] = [
    (SEEN_BEFORE, "possession by hand"),
    (WITH_EDGE, "possession by hand"),
    ("resumed, judged again", "resumed, not judged again"),
];

/// With the headers for the origin.
const WITH_EDGE: &str = "an edge, required, a client seen before";

/// With the record of the connection as well.
const WITH_RECORD: &str = "an edge, required, a client seen before, and its record";

const SEEN_BEFORE: &str = "required, a client seen before, for a connection";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments
        .iter()
        .position(|argument| argument == "--count")
    {
        let rounds = arguments[place + 2].parse().unwrap();
        return count(&arguments[place + 1], rounds);
    }
    let has = |option: &str| {
        arguments
            .iter()
            .any(|argument| argument == option)
    };
    if has("--steps") {
        print_instructions(Counter::steps(), &STEPPED);
    } else if has("--instructions") {
        print_instructions(Some(Counter::Valgrind), &COMPARED);
    } else {
        print_times();
    }
}

fn print_times() {
    let world = World::new();
    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    for (ours, peer) in COMPARED {
        let servers = [world.server(ours), world.server(peer)];
        let mut samples = [Vec::new(), Vec::new()];
        // They take turns, so that what disturbs the machine disturbs both.
        for _ in 0..600 {
            for (server, samples) in servers.iter().zip(&mut samples) {
                samples.push(server.handshake(|step| step()));
            }
        }
        let [own, other] = samples.map(|mut samples| {
            samples.sort_unstable();
            samples[samples.len() / 4].as_nanos() as f64
        });
        println!("{ours}\t{own:.0}\t{peer}\t{other:.0}\t{:.3}", own / other);
    }
}

/// The same lines with instructions in the place of nanoseconds.
fn print_instructions(counter: Option<Counter>, compared: &[(&str, &str)]) {
    let Some(counter) = counter else { return };
    println!("name\tours_instructions\tpeer\tpeer_instructions\tratio");
    let mut known: HashMap<&str, f64> = HashMap::new();
    for (ours, peer) in compared {
        for name in [*ours, *peer] {
            if !known.contains_key(name) {
                let Some(count) = counter.instructions(name) else {
                    return;
                };
                known.insert(name, count);
            }
        }
        let (own, other) = (known[ours], known[peer]);
        println!("{ours}\t{own:.0}\t{peer}\t{other:.0}\t{:.3}", own / other);
    }
}

fn count(name: &str, rounds: u32) {
    let server = World::new().server(name);
    for _ in 0..rounds {
        black_box(server.handshake(counted));
    }
}

/// A PKI for clients, one for the server, and a client of each kind.
struct World {
    provider: Arc<CryptoProvider>,
    client_root: Vec<u8>,
    server: Arc<CertifiedKey>,
    client: Arc<ClientConfig>,
    anonymous: Arc<ClientConfig>,
}

impl World {
    fn new() -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let ca = root("root");
        let sub = intermediate(&ca, "intermediate");
        let (leaf, key) = client_key(&sub, "alice");
        let server_ca = root("server root");
        let (server, server_key) = shared::server_key(&server_ca, SERVER_NAME);
        let load = |chain: Vec<Vec<u8>>, key: Vec<u8>| {
            let key = provider
                .key_provider
                .load_private_key(PrivateKeyDer::Pkcs8(key.into()))
                .unwrap();
            let chain = chain
                .into_iter()
                .map(CertificateDer::from)
                .collect();
            Arc::new(CertifiedKey::new(chain, key))
        };
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(server_ca.der))
            .unwrap();
        let roots = Arc::new(roots);
        let builder = || {
            ClientConfig::builder_with_details(provider.clone(), Arc::new(Clock))
                .with_protocol_versions(&[&rustls::version::TLS13])
                .unwrap()
                .with_root_certificates(roots.clone())
        };
        let presented = load(vec![leaf, sub.der], key);
        Self {
            client: Arc::new(
                builder().with_client_cert_resolver(Arc::new(SingleCertAndKey::from(presented))),
            ),
            anonymous: Arc::new(builder().with_no_client_auth()),
            server: load(vec![server], server_key),
            client_root: ca.der,
            provider,
        }
    }

    fn server(&self, name: &str) -> Server {
        let algorithms = self
            .provider
            .signature_verification_algorithms;
        let chains = || {
            ChainPolicy::builder(TrustStore::from_der([&self.client_root]).unwrap())
                .build(algorithms.all)
                .unwrap()
        };
        let remembering = || {
            ChainPolicy::builder(TrustStore::from_der([&self.client_root]).unwrap())
                .signature_cache(SignatureCache::new(1_000).remember_leaves())
                .build(algorithms.all)
                .unwrap()
        };
        let shared_config = |policy: ClientAuthPolicy| {
            let verifier = ClientCertVerifier::new(policy, &self.provider).unwrap();
            let config = Arc::new(self.config(Some(verifier.clone()), false));
            (Config::Shared(config), After::Identity(verifier))
        };
        let of_connection = |policy: ClientAuthPolicy| {
            let verifier = ClientCertVerifier::new(policy, &self.provider).unwrap();
            let parts = (self.provider.clone(), self.server.clone());
            (Config::OfConnection(verifier, parts), After::Nothing)
        };
        let fixed = |verifier: Option<Arc<dyn RustlsVerifier>>, resumes| {
            let config = Arc::new(self.config(verifier, resumes));
            (Config::Shared(config), After::Nothing)
        };
        let by_hand: Arc<dyn RustlsVerifier> = Arc::new(PossessionByHand(algorithms));
        let (config, after) = match name {
            "no client authentication" => fixed(None, false),
            "possession by hand" => fixed(Some(by_hand), false),
            "WebPkiClientVerifier" => {
                let mut roots = RootCertStore::empty();
                roots
                    .add(CertificateDer::from(self.client_root.clone()))
                    .unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(
                    Arc::new(roots),
                    self.provider.clone(),
                )
                .build()
                .unwrap();
                fixed(Some(verifier), false)
            }
            "passthrough" => shared_config(ClientAuthPolicy::passthrough()),
            "passthrough, for a connection" => of_connection(ClientAuthPolicy::passthrough()),
            "optional, no certificate" => shared_config(ClientAuthPolicy::optional(chains())),
            "optional, no certificate, for a connection" => {
                of_connection(ClientAuthPolicy::optional(chains()))
            }
            "required" => shared_config(ClientAuthPolicy::required(chains())),
            "required, for a connection" => of_connection(ClientAuthPolicy::required(chains())),
            SEEN_BEFORE => of_connection(ClientAuthPolicy::required(remembering())),
            WITH_EDGE | WITH_RECORD => {
                let policy = ClientAuthPolicy::required(remembering());
                let verifier = ClientCertVerifier::new(policy, &self.provider).unwrap();
                let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
                let parts = (self.provider.clone(), self.server.clone());
                let edge = Edge::new(verifier, forwarder);
                let after = match name {
                    WITH_RECORD => After::Record,
                    _ => After::Nothing,
                };
                (Config::OfEdge(edge, parts), after)
            }
            "resumed, not judged again" => fixed(Some(by_hand), true),
            "resumed, judged again" => {
                let policy = ClientAuthPolicy::required(remembering());
                let verifier = ClientCertVerifier::new(policy, &self.provider).unwrap();
                let config = Arc::new(self.config(Some(verifier.clone()), true));
                (Config::Shared(config), After::Identity(verifier))
            }
            other => panic!("{other} is no server"),
        };
        let is_anonymous = name.starts_with("no client") || name.contains("no certificate");
        let mut client = ClientConfig::clone(match is_anonymous {
            true => &self.anonymous,
            false => &self.client,
        });
        client.resumption = match name.starts_with("resumed") {
            true => Resumption::in_memory_sessions(4),
            false => Resumption::disabled(),
        };
        let server = Server {
            config,
            after,
            client: Arc::new(client),
        };
        // The first is full, gives the tickets for the others, and is not measured.
        server.handshake(|step| step());
        server
    }

    fn config(&self, verifier: Option<Arc<dyn RustlsVerifier>>, resumes: bool) -> ServerConfig {
        config_of(&self.provider, &self.server, verifier, resumes)
    }
}

fn config_of(
    provider: &Arc<CryptoProvider>,
    server: &Arc<CertifiedKey>,
    verifier: Option<Arc<dyn RustlsVerifier>>,
    resumes: bool,
) -> ServerConfig {
    let builder = ServerConfig::builder_with_details(provider.clone(), Arc::new(Clock))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap();
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(server.clone())));
    match resumes {
        true => config.session_storage = ServerSessionMemoryCache::new(1_024),
        false => {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
    }
    config
}

/// A server that takes one handshake after the other.
struct Server {
    config: Config,
    after: After,
    client: Arc<ClientConfig>,
}

enum Config {
    Shared(Arc<ServerConfig>),
    /// One for each connection, from shared parts.
    OfConnection(
        Arc<ClientCertVerifier>,
        (Arc<CryptoProvider>, Arc<CertifiedKey>),
    ),
    OfEdge(Edge, (Arc<CryptoProvider>, Arc<CertifiedKey>)),
}

/// What a host does when the handshake is finished.
enum After {
    Identity(Arc<ClientCertVerifier>),
    Nothing,
    /// Asks for the line for the log.
    Record,
}

impl Server {
    /// A whole handshake, of which `run` runs the server's side; returns the time that it takes.
    fn handshake(&self, run: fn(&mut dyn FnMut())) -> Duration {
        let name = SERVER_NAME.try_into().unwrap();
        let mut client = ClientConnection::new(self.client.clone(), name).unwrap();
        let mut spent = Duration::ZERO;
        let mut timed = |step: &mut dyn FnMut()| {
            let start = Instant::now();
            run(step);
            spent += start.elapsed();
        };
        let mut server = None;
        let mut handle = None;
        let mut handshake = None;
        timed(&mut || {
            let config = match &self.config {
                Config::Shared(config) => config.clone(),
                Config::OfEdge(edge, (provider, certificate)) => {
                    let begun = edge.begin(Some(SERVER_NAME)).unwrap();
                    let config = begun.server_config(|verifier| {
                        Ok::<_, rustls::Error>(config_of(
                            provider,
                            certificate,
                            Some(verifier),
                            false,
                        ))
                    });
                    handshake = Some(begun);
                    config.unwrap()
                }
                Config::OfConnection(verifier, (provider, certificate)) => {
                    let verifier = verifier.for_connection();
                    handle = Some(verifier.clone());
                    let mut config =
                        config_of(provider, certificate, Some(verifier.clone()), false);
                    verifier.bind_sessions(&mut config, "clients");
                    Arc::new(config)
                }
            };
            server = Some(ServerConnection::new(config).unwrap());
        });
        let mut server = server.unwrap();
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        while server.is_handshaking() || client.is_handshaking() || client.wants_write() {
            while client.wants_write() {
                client
                    .write_tls(&mut to_server)
                    .unwrap();
            }
            timed(&mut || {
                let mut octets = to_server.as_slice();
                while !octets.is_empty() {
                    server.read_tls(&mut octets).unwrap();
                    server.process_new_packets().unwrap();
                }
                while server.wants_write() {
                    server
                        .write_tls(&mut to_client)
                        .unwrap();
                }
            });
            to_server.clear();
            let mut octets = to_client.as_slice();
            while !octets.is_empty() {
                client.read_tls(&mut octets).unwrap();
                client.process_new_packets().unwrap();
            }
            to_client.clear();
        }
        timed(&mut || {
            let facts = || HandshakeFacts::from(&server);
            if let Some(handshake) = handshake.take() {
                let admitted = handshake.admit(&facts(), ConnectionInfo::default(), now());
                let admitted = black_box(admitted.unwrap());
                if let After::Record = self.after {
                    black_box(admitted.record());
                }
            }
            match (&self.after, &handle) {
                (After::Identity(verifier), _) => {
                    black_box(
                        verifier
                            .identity(&facts(), now())
                            .unwrap(),
                    );
                }
                (After::Nothing | After::Record, Some(handle)) => {
                    black_box(
                        handle
                            .identity(&facts(), now())
                            .unwrap(),
                    );
                }
                (After::Nothing | After::Record, None) => {}
            }
        });
        spent
    }
}

#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(now())
    }
}

const SERVER_NAME: &str = "edge.example";
