//! Loading revocation lists and judging with them, beside webpki's; what they take in memory is
//! another program's to tell, `revocation_memory`, since counting costs time.

#[path = "shared/lists.rs"]
mod lists;
#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use edge_mtls::pki_types::CertificateDer;
use edge_mtls::{CertChain, ChainPolicy, RevocationList, RevocationLists};
use lists::{entries, list_of};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use support::crl::Crl;
use support::der::common_name;
use support::pki::{Authority, Leaf, now, policy, providers};
use webpki::OwnedCertRevocationList;

fn main() {
    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    let pki = Pki::new();
    loading(&pki);
    for count in [1_000, 100_000, 1_000_000] {
        judging(&pki, count);
    }
    slopes(&pki);
}

/// A leaf below an intermediate, P-256.
struct Pki {
    root: Authority,
    intermediate: Authority,
    leaf: Leaf,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::root("root");
        let intermediate = root.intermediate("intermediate");
        let leaf = intermediate.client("alice");
        Self {
            root,
            intermediate,
            leaf,
        }
    }
}

fn loading(pki: &Pki) {
    let der = list_of(&pki.intermediate, 1_000_000);
    compare(
        9,
        "load 1,000,000 entries",
        || RevocationList::from_der(&der).unwrap(),
        "webpki",
        || OwnedCertRevocationList::from_der(&der).unwrap(),
    );
}

/// The same verdict with a list of `count` entries and without, ours and webpki's.
fn judging(pki: &Pki, count: usize) {
    let chain = pki.leaf.chain(&[&pki.intermediate]);
    let ders = [list_of(&pki.intermediate, count), list_of(&pki.root, 10)];
    let without = policy(&[&pki.root]);
    let with = without.with_revocation(RevocationLists::from_der(&ders).unwrap());
    first_verdict(pki, &without, &ders, count);

    let mut roots = RootCertStore::empty();
    roots
        .add(pki.root.der().clone())
        .unwrap();
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), providers()[0].clone());
    let webpki_without = builder.clone().build().unwrap();
    let webpki_with = builder
        .with_crls(ders.map(Into::into))
        .enforce_revocation_expiration()
        .build()
        .unwrap();
    let presented = pki.leaf.presented(&[&pki.intermediate]);

    let name = format!("judge, list of {count}");
    compare(
        101,
        &name,
        || judge(&with, &chain),
        "ours without lists",
        || judge(&without, &chain),
    );
    compare(
        31,
        &name,
        || judge(&with, &chain),
        "webpki with it",
        || verify(&*webpki_with, &presented),
    );
    compare(
        31,
        &format!("webpki, list of {count}"),
        || verify(&*webpki_with, &presented),
        "webpki without lists",
        || verify(&*webpki_without, &presented),
    );
}

fn judge(policy: &ChainPolicy, chain: &CertChain) {
    black_box(policy.evaluate(chain, now())).unwrap();
}

fn verify(verifier: &dyn ClientCertVerifier, presented: &[CertificateDer<'_>]) {
    black_box(verifier.verify_client_cert(&presented[0], &presented[1..], now())).unwrap();
}

/// The one verdict that verifies the signature of the list.
fn first_verdict(pki: &Pki, without: &ChainPolicy, ders: &[Vec<u8>; 2], count: usize) {
    let chain = pki.leaf.chain(&[&pki.intermediate]);
    let samples = (0..5).map(|_| {
        let policy = without.with_revocation(RevocationLists::from_der(ders).unwrap());
        time(1, &mut || judge(&policy, &chain))
    });
    let first = median(samples.collect());
    let second = time(100, &mut || judge(without, &chain));
    println!(
        "first verdict, list of {count}\t{first:.0}\tours without lists\t{second:.0}\t{:.3}",
        first / second
    );
}

/// How loading grows; the ratio is of nanoseconds an entry to those in a list of 1,000,000.
fn slopes(pki: &Pki) {
    let mut base = None;
    for count in [1_000_000, 100_000, 10_000] {
        let der = list_of(&pki.intermediate, count);
        let samples = (0..9).map(|_| time(1, &mut || RevocationList::from_der(&der).unwrap()));
        let nanoseconds = median(samples.collect()) / count as f64;
        let base = *base.get_or_insert(nanoseconds);
        println!(
            "load {count}, an entry\t{nanoseconds:.1}\tin 1,000,000\t{base:.1}\t{:.3}",
            nanoseconds / base
        );
    }
    for count in [1_000, 10_000] {
        let nanoseconds = many_lists(pki, count) / (1_000 * count) as f64;
        let base = base.unwrap_or(nanoseconds);
        println!(
            "load 1,000 lists of {count}, an entry\t{nanoseconds:.1}\tin 1,000,000\t{base:.1}\t{:.3}",
            nanoseconds / base
        );
    }
}

/// Nanoseconds of reading 1,000 lists of as many issuers, and of making a set of them.
fn many_lists(pki: &Pki, count: usize) -> f64 {
    let mut nanoseconds = 0.0;
    let mut lists = Vec::new();
    for issuer in 0..1_000 {
        let der = Crl::of(&pki.intermediate)
            .issuer(&common_name(&format!("CA {issuer}")))
            .entry_der(entries(count))
            .der();
        nanoseconds += time(1, &mut || {
            lists.push(RevocationList::from_der(&der).unwrap())
        });
    }
    nanoseconds
        + time(1, &mut || {
            lists
                .drain(..)
                .fold(RevocationLists::builder(), |set, list| set.list(list))
                .build()
                .unwrap()
        })
}

/// As that of the other benches, with a number of rounds; a third of them where it is to be short.
fn compare<A, B>(
    rounds: usize,
    name: &str,
    mut ours: impl FnMut() -> A,
    peer: &str,
    mut theirs: impl FnMut() -> B,
) {
    let is_short = std::env::var_os("EDGE_MTLS_BENCH").is_some_and(|pace| pace == "short");
    let rounds = if is_short { rounds.div_ceil(3) } else { rounds };
    let calls = |nanoseconds: f64| (2_000_000.0 / nanoseconds).ceil() as u32;
    let own_calls = calls(time(1, &mut ours).min(time(1, &mut ours)));
    let other_calls = calls(time(1, &mut theirs).min(time(1, &mut theirs)));
    let (own, other): (Vec<f64>, Vec<f64>) = (0..rounds)
        .map(|_| (time(own_calls, &mut ours), time(other_calls, &mut theirs)))
        .unzip();
    let (own, other) = (median(own), median(other));
    println!("{name}\t{own:.0}\t{peer}\t{other:.0}\t{:.4}", own / other);
}

/// Nanoseconds a call, without what it takes to drop a single result.
fn time<T>(calls: u32, work: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 1..calls {
        black_box(work());
    }
    let last = black_box(work());
    let elapsed = start.elapsed();
    drop(last);
    elapsed.as_nanos() as f64 / f64::from(calls)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
