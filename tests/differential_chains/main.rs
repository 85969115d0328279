//! Random chains, good and with one fault each, judged by this crate and by `openssl verify` where there
//! is one.
//!
//! By default they are as many as a few seconds allow. `EDGE_MTLS_CASES` and `EDGE_MTLS_SEED` choose how
//! many, and which; thousands, by hand, take a minute:
//!
//! ```text
//! EDGE_MTLS_CASES=3000 EDGE_MTLS_SEED=20000 cargo test --test differential_chains -- --nocapture
//! ```
//!
//! The seed stands above the table, and in every failure that of the case.

mod certificate;
mod exceptions;
mod judge;
mod keys;
mod mutation;
mod names;
mod openssl;
mod paths;
#[path = "../differential/random.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;
mod tally;
mod world;

use exceptions::Exception;
use judge::judge;
use keys::Keys;
use mutation::Mutation;
use openssl::Openssl;
use tally::{Agreement, Tally};
use world::World;

const CASES: usize = 200;

#[test]
fn verdicts_are_those_of_openssl() {
    let openssl = Openssl::find();
    let seed = from_environment("EDGE_MTLS_SEED").unwrap_or(1);
    let cases = from_environment("EDGE_MTLS_CASES").unwrap_or(CASES);
    // Shown with whatever fails, too.
    println!("EDGE_MTLS_SEED={seed} EDGE_MTLS_CASES={cases}");
    let keys = Keys::new();
    let mut tally = Tally::new(seed, cases);
    for case in 0..cases {
        let seed = seed + case;
        let world = World::random(seed, &keys);
        // What it says must not depend on any order, with OpenSSL or without.
        let ours = judge(&world);
        let Some(openssl) = &openssl else {
            continue;
        };
        let theirs = openssl.verify(&world.anchors, &world.others, &world.leaf);
        let agreement = match (&ours, &theirs) {
            (Ok(_), Ok(())) => Agreement::Accepted,
            (Err(_), Err(_)) => Agreement::Refused,
            (Ok(path), Err(_)) => match Exception::of_refusal(openssl, path) {
                Ok(exception) => Agreement::Not(exception),
                Err(of_path) => panic!("we accept, and OpenSSL says {}: {world:?}", of_path.words),
            },
            (Err(refused), Ok(())) => match Exception::of_acceptance(openssl, &world) {
                Ok(exception) => Agreement::Not(exception),
                Err(of_path) => panic!(
                    "OpenSSL accepts, and we say {}, and of its path {of_path}: {world:?}",
                    refused.text()
                ),
            },
        };
        tally.add(world.mutation, agreement);
    }
    if openssl.is_some() {
        println!("{tally}");
        if cases >= CASES {
            tally.assert_is_meaningful();
        }
    }
}

/// Each mutation does what it is there for: what it says is the reason is the reason.
#[test]
fn chains_with_one_fault_are_refused_for_that_fault() {
    let keys = Keys::new();
    for mutation in Mutation::FAULTS
        .into_iter()
        .chain(Mutation::ODDITIES)
    {
        for seed in 0..6 {
            let world = World::plain(seed, Some(mutation), &keys);
            let verdict = judge(&world);
            let is_as_expected = match (mutation.refusal(), &verdict) {
                (Some(words), Err(refused)) => refused.text().contains(words),
                (Some(_), Ok(_)) => mutation.may_be_harmless(),
                (None, verdict) => verdict.is_ok(),
            };
            let words = verdict.map_or_else(|refused| refused.text(), |_| "accepted".into());
            assert!(is_as_expected, "{words}: {world:?}");
        }
    }
}

#[test]
fn chains_without_fault_are_accepted() {
    let keys = Keys::new();
    for seed in 0..100 {
        let world = World::plain(seed, None, &keys);
        if let Err(refused) = judge(&world) {
            panic!("{}: {world:?}", refused.text());
        }
    }
}

fn from_environment(name: &str) -> Option<usize> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap())
}
