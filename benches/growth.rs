//! How cost grows: with trust anchors, entries of revocation lists, the length of a chain, the headers of a
//! request, and connections that are held.
//!
//! A slope of 0 is a cost that stays, of 1 one that grows as its cause does: the exponent between a row and
//! the one before it. Allocations are counted, which costs some time: compare rows, not other benches.

#[path = "shared/lists.rs"]
mod lists;
#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::Instant;

use edge_mtls::pki_types::SignatureVerificationAlgorithm;
use edge_mtls::{
    CertForwarder, ChainLimits, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ConnectionInfo,
    Edge, EdgeConnection, HandshakeFacts, HeaderProfile, RevocationList, RevocationLists,
    TrustStore,
};
use http::Request;
use lists::list_of;
use support::pki::{Authority, ca_params, now, providers};

fn main() {
    anchors();
    entries();
    certificates();
    headers();
    connections();
}

fn anchors() {
    let mut table = Table::new("trust anchors", "one verdict, ns");
    let root = Authority::root("root");
    let sub = root.intermediate("intermediate");
    let chain = sub.client("alice").chain(&[&sub]);
    let others: Vec<Vec<u8>> = (0..100_000)
        .map(|index| {
            let name = format!("other root {index}");
            Authority::self_signed_with(ca_params(&name), sub.same_key())
                .der()
                .to_vec()
        })
        .collect();
    for count in [1, 10, 100, 1_000, 10_000, 100_000] {
        let store = others[..count - 1]
            .iter()
            .fold(TrustStore::builder().der(root.der()), |store, der| {
                store.der(der)
            });
        let policy = policy(store.build().unwrap());
        table.row(count, median(|| policy.evaluate(&chain, now()).unwrap()));
    }
}

fn entries() {
    let mut reading = Table::new("entries of a list", "reading it, ns");
    let mut memory = Table::new("entries of a list", "kept, bytes");
    let mut verdict = Table::new("entries of a list", "one verdict, ns");
    let root = Authority::root("root");
    let chain = root.client("alice").chain(&[]);
    let plain = policy(TrustStore::from_der([root.der()]).unwrap());
    for count in [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        let der = list_of(&root, count);
        let start = Instant::now();
        let list = RevocationList::from_der(&der).unwrap();
        reading.row(count, nanoseconds(start));
        drop(list);
        let mut list = None;
        let kept = allocation_counter::measure(|| {
            list = RevocationList::from_der(&der).ok();
        });
        memory.row(count, kept.bytes_current as f64);
        drop(der);
        let lists = RevocationLists::builder()
            .list(list.unwrap())
            .build()
            .unwrap();
        let policy = plain.with_revocation(lists);
        policy.evaluate(&chain, now()).unwrap();
        verdict.row(count, median(|| policy.evaluate(&chain, now()).unwrap()));
    }
}

fn certificates() {
    let mut table = Table::new("certificates of a path", "one verdict, ns");
    let root = Authority::root("root");
    let mut path: Vec<Authority> = Vec::new();
    for count in 1..=ChainLimits::MOST_CERTIFICATES {
        if count > 1 {
            let above = path.last().unwrap_or(&root);
            path.push(above.intermediate(&format!("intermediate {count}")));
        }
        let others: Vec<&Authority> = path.iter().rev().collect();
        let chain = path
            .last()
            .unwrap_or(&root)
            .client("alice")
            .chain(&others);
        let policy = ChainPolicy::builder(TrustStore::from_der([root.der()]).unwrap())
            .limits(ChainLimits::new(ChainLimits::MOST_CERTIFICATES, 32 * 1024))
            .build(algorithms())
            .unwrap();
        table.row(count, median(|| policy.evaluate(&chain, now()).unwrap()));
    }
}

fn headers() {
    let mut table = Table::new("headers of a request", "stripping and setting, ns");
    let connection = admitted(&edge());
    for count in [1, 4, 16, 64] {
        let request = (0..count).fold(Request::get("/"), |request, index| {
            request.header(format!("x-header-{index}"), "value")
        });
        let (parts, ()) = request
            .header("host", "a.example")
            .body(())
            .unwrap()
            .into_parts();
        let copying = median(|| parts.clone());
        let all = median(|| {
            let mut parts = parts.clone();
            connection
                .prepare(&mut parts, now())
                .unwrap();
            parts
        });
        table.row(count, all - copying);
    }
}

fn connections() {
    let mut table = Table::new("connections held", "memory, bytes");
    let edge = edge();
    for count in [1, 10, 100, 1_000] {
        let mut held: Vec<EdgeConnection> = Vec::with_capacity(count);
        let kept = allocation_counter::measure(|| {
            held.extend((0..count).map(|_| admitted(&edge)));
        });
        table.row(count, kept.bytes_current as f64);
        black_box(held);
    }
}

fn edge() -> Edge {
    let (root, _) = client();
    let policy = policy(TrustStore::from_der([root.der()]).unwrap());
    let verifier =
        ClientCertVerifier::new(ClientAuthPolicy::required(policy), &providers()[0]).unwrap();
    Edge::new(verifier, CertForwarder::new(HeaderProfile::rfc9440()))
}

/// A connection of a client with its own chain, as each has.
fn admitted(edge: &Edge) -> EdgeConnection {
    let (_, chain) = client();
    let copied = edge_mtls::CertChain::from_der(chain.certificates()).unwrap();
    let facts = HandshakeFacts::new(Some(copied));
    edge.admit(&facts, ConnectionInfo::default(), now())
        .unwrap()
}

fn client() -> &'static (Authority, edge_mtls::CertChain) {
    static CLIENT: std::sync::OnceLock<(Authority, edge_mtls::CertChain)> =
        std::sync::OnceLock::new();
    CLIENT.get_or_init(|| {
        let root = Authority::root("root");
        let sub = root.intermediate("intermediate");
        let chain = sub.client("alice").chain(&[&sub]);
        (root, chain)
    })
}

fn policy(store: TrustStore) -> ChainPolicy {
    ChainPolicy::builder(store)
        .build(algorithms())
        .unwrap()
}

fn algorithms() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    providers()[0]
        .signature_verification_algorithms
        .all
}

/// Prints `cause<TAB>count<TAB>cost<TAB>value<TAB>slope`.
struct Table {
    cause: &'static str,
    cost: &'static str,
    last: Option<(usize, f64)>,
}

impl Table {
    fn new(cause: &'static str, cost: &'static str) -> Self {
        Self {
            cause,
            cost,
            last: None,
        }
    }

    fn row(&mut self, count: usize, value: f64) {
        let slope = self
            .last
            .map(|(before, cost)| (value / cost).ln() / (count as f64 / before as f64).ln());
        let slope = slope.map_or_else(|| "-".to_owned(), |slope| format!("{slope:.2}"));
        println!(
            "{}\t{count}\t{}\t{value:.0}\t{slope}",
            self.cause, self.cost
        );
        self.last = Some((count, value));
    }
}

/// Nanoseconds of a call, the median of many.
fn median<T>(mut work: impl FnMut() -> T) -> f64 {
    const ROUNDS: usize = 101;
    let calls = {
        let start = Instant::now();
        black_box(work());
        (200_000.0 / nanoseconds(start).max(1.0)).max(1.0) as u32
    };
    let mut samples: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(work());
            }
            nanoseconds(start) / f64::from(calls)
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    samples[ROUNDS / 2]
}

fn nanoseconds(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64
}
