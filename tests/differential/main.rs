//! Random PKIs with random revocation lists, judged by this crate, by a model of its rules that looks
//! at facts instead of DER, and by `openssl verify -crl_check_all` where there is one.
//!
//! `EDGE_MTLS_CASES` and `EDGE_MTLS_SEED` choose how many, and which.

mod exceptions;
mod list;
mod model;
mod openssl;
mod random;
#[path = "../support/mod.rs"]
mod support;
mod world;

use std::collections::BTreeMap;

use edge_mtls::{
    CertChain, ChainPolicy, Rejection, Revocation, RevocationLists, RevokedBy, VerifiedChain,
};
use exceptions::Exception;
use model::Outcome;
use openssl::Openssl;
use random::Random;
use support::pki::{now, providers, trust};
use world::World;

const CASES: usize = 60;

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
fn verdicts_are_those_of_the_model_and_of_openssl() {
    let openssl = Openssl::find();
    let cases = from_environment("EDGE_MTLS_CASES", CASES);
    let seed = from_environment("EDGE_MTLS_SEED", 1);
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    for case in seed..seed + cases {
        let world = World::random(&mut Random::new(case));
        let context = format!("EDGE_MTLS_SEED={case} EDGE_MTLS_CASES=1");
        let ours = judge(&world);
        assert_eq!(ours, model::outcome(&world), "{context}: {world:?}");
        let Some(openssl) = &openssl else { continue };
        let theirs = openssl.verify(&world);
        let excused = match (&ours, &theirs) {
            (Outcome::Good, Err(_)) => Exception::of_refusals(&world),
            (Outcome::Revoked(_) | Outcome::Unknown(_), Ok(())) => {
                Exception::of_acceptances(&world)
            }
            _ => {
                let name = ours.to_string();
                *tally.entry(name).or_default() += 1;
                continue;
            }
        };
        let Some(exception) = excused else {
            panic!("{context}: we say {ours:?}, and OpenSSL {theirs:?}: {world:?}");
        };
        *tally
            .entry(format!("{exception:?}"))
            .or_default() += 1;
    }
    println!("{tally:?}");
    // As many agree as make the rest exceptions, and of both kinds.
    if openssl.is_some() && cases >= CASES {
        let count = |name: &str| {
            tally
                .get(name)
                .copied()
                .unwrap_or_default()
        };
        for name in ["good", "revoked", "unknown"] {
            assert!(count(name) >= cases / 12, "{tally:?}");
        }
        let agreeing = count("good") + count("revoked") + count("unknown");
        assert!(agreeing > cases * 3 / 4, "{tally:?}");
    }
}

/// What this crate says, which is the same for the lists in both orders.
fn judge(world: &World) -> Outcome {
    let lists: Vec<&[u8]> = world.lists().collect();
    let in_order = outcome(evaluate(world, lists.iter().copied()));
    let reversed = outcome(evaluate(world, lists.iter().rev().copied()));
    assert_eq!(in_order, reversed);
    in_order
}

fn evaluate<'a>(
    world: &World,
    lists: impl Iterator<Item = &'a [u8]>,
) -> Result<VerifiedChain, Rejection> {
    let lists = RevocationLists::from_der(lists).unwrap();
    let policy = ChainPolicy::builder(trust(&[world.anchor()]))
        .revocation(Revocation::new(lists))
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    policy.evaluate(&CertChain::from_der(world.presented()).unwrap(), now())
}

fn outcome(verdict: Result<VerifiedChain, Rejection>) -> Outcome {
    match verdict {
        Ok(_) => Outcome::Good,
        Err(Rejection::Revoked {
            certificate,
            by: RevokedBy::List { .. },
        }) => Outcome::Revoked(certificate.index),
        Err(Rejection::RevocationUnknown { certificate, .. }) => {
            Outcome::Unknown(certificate.index)
        }
        Err(other) => panic!("{other}"),
    }
}
