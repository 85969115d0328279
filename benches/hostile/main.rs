//! What a Certificate message can cost without its signatures: a search for the dearest one, at random and
//! uphill, by the count of instructions. `cargo bench --bench hostile -- 5000` tries as many shapes;
//! `-- --corpus DIRECTORY` counts the inputs that the fuzz target `evaluate_shapes` has found. The dearest that
//! were found so far come first. It needs valgrind, and some three minutes; counts are the same within a percent.
//! `EDGE_MTLS_SHOW_SHAPES=1` shows what was found.
//!
//! An honest chain of two takes 21,000, one of six 88,000, and the verification of a signature of P-256 some 700,000.
//! Where something is denied, digests count many times what they take: valgrind knows no instructions for SHA.

#[path = "../shared/callgrind.rs"]
mod callgrind;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "../../tests/support/der.rs"]
mod der;
mod part;
mod shape;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "../shared/synthetic.rs"]
mod synthetic;
mod world;

use std::fs::DirEntry;

use callgrind::Instructions;
use edge_mtls::{CertChain, ChainPolicy};
use shape::{Random, Shape, Signers};
use world::{Case, KINDS, NOW, World};

/// The dearest that were found so far.
const KNOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/evaluate_shapes");

/// The dearest shapes, from which others are made.
const KEPT: usize = 12;

fn main() {
    let Some(mut instructions) = Instructions::of_this_process() else {
        return;
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let world = World::new();
    println!("name\tpolicy\tverdict\tinstructions");
    let corpus = arguments
        .iter()
        .position(|argument| argument == "--corpus")
        .and_then(|place| arguments.get(place + 1));
    if let Some(corpus) = corpus {
        return count_corpus(&mut instructions, &world, corpus, |_| true);
    }
    // What a fuzzer has left there does not count, but for what is known by a name in words.
    count_corpus(&mut instructions, &world, KNOWN, |file| file.contains('_'));
    let is_short = std::env::var_os("EDGE_MTLS_BENCH").is_some_and(|length| length == "short");
    let tries = arguments
        .iter()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(if is_short { 50 } else { 1_500 });
    for (name, signers, denies) in KINDS {
        let policies = world.policies(denies);
        let dearest = search(&mut instructions, &policies, signers, tries);
        for found in dearest.iter().take(3) {
            let (asks, _) = &policies[found.policy];
            print(name, asks, &found.verdict, found.count);
            if std::env::var_os("EDGE_MTLS_SHOW_SHAPES").is_some() {
                println!("{:#?}", found.shape);
            }
        }
    }
}

/// The dearest three of each kind among the inputs of the fuzz target.
fn count_corpus(
    instructions: &mut Instructions,
    world: &World,
    corpus: &str,
    counts: impl Fn(&str) -> bool,
) {
    let mut found: [Vec<(u64, usize, String, String)>; 3] = Default::default();
    let policies = [world.policies(false), world.policies(true)];
    let mut files: Vec<DirEntry> = std::fs::read_dir(corpus)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    files.sort_by_key(DirEntry::file_name);
    for file in files {
        let name = file.file_name().display().to_string();
        if !counts(&name) {
            continue;
        }
        let octets = std::fs::read(file.path()).unwrap();
        let Some(case) = Case::of(&octets) else {
            continue;
        };
        let (_, _, denies) = KINDS[case.kind];
        let (_, policy) = &policies[usize::from(denies)][case.policy];
        let (count, verdict) = count(instructions, policy, &case.certificates);
        found[case.kind].push((count, case.policy, verdict, name));
    }
    for ((name, _, denies), mut found) in KINDS.into_iter().zip(found) {
        found.sort_by_key(|(count, ..)| core::cmp::Reverse(*count));
        for (count, policy, verdict, file) in found.into_iter().take(3) {
            let (asks, _) = &policies[usize::from(denies)][policy];
            print(name, &format!("{asks} ({file})"), &verdict, count);
        }
    }
}

fn print(name: &str, asks: &str, verdict: &str, count: u64) {
    println!("a hostile chain, {name}\t{asks}\t{verdict}\t{count}");
}

/// What a verdict costs, and which it is.
fn count(
    instructions: &mut Instructions,
    policy: &ChainPolicy,
    certificates: &[Vec<u8>],
) -> (u64, String) {
    let chain = CertChain::from_der(certificates).unwrap();
    // What is known of lists, and memory that was asked for once, is there on a live server.
    let _ = policy.evaluate(&chain, NOW);
    let mut verdict = None;
    let count = instructions.count(|| verdict = Some(policy.evaluate(&chain, NOW)));
    let verdict = match verdict {
        Some(Err(rejection)) => rejection.code().to_owned(),
        _ => "verified".to_owned(),
    };
    (count, verdict)
}

struct Found {
    count: u64,
    shape: Shape,
    /// Its place among the policies.
    policy: usize,
    verdict: String,
}

fn search(
    instructions: &mut Instructions,
    policies: &[(String, ChainPolicy)],
    signers: Signers,
    tries: usize,
) -> Vec<Found> {
    let mut random = Random::new(1);
    let mut dearest: Vec<Found> = Vec::new();
    // A short search climbs as well.
    let at_random = 64.min(tries / 3);
    for attempt in 0..tries {
        let any_policy = random.below(policies.len());
        let (shape, which) = match dearest.len() {
            // One in six begins anew.
            length if length > 0 && attempt >= at_random && random.below(6) > 0 => {
                let Found { shape, policy, .. } = &dearest[random.below(length)];
                match random.below(6) {
                    0 => (shape.clone(), any_policy),
                    _ => (shape.changed(&mut random), *policy),
                }
            }
            _ => (Shape::new(&mut random), any_policy),
        };
        let (_, policy) = &policies[which];
        let certificates = shape.certificates(signers);
        let bytes: usize = certificates.iter().map(Vec::len).sum();
        if bytes > policy.limits().max_bytes {
            continue;
        }
        let (count, verdict) = count(instructions, policy, &certificates);
        dearest.push(Found {
            count,
            shape,
            policy: which,
            verdict,
        });
        dearest.sort_by_key(|found| core::cmp::Reverse(found.count));
        dearest.truncate(KEPT);
    }
    dearest
}
