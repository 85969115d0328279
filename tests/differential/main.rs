//! Random PKIs with random revocation lists, judged by this crate, by a model of its rules that looks
//! at facts instead of DER, and by `openssl verify -crl_check_all` where there is one.
//!
//! `EDGE_MTLS_CASES` and `EDGE_MTLS_SEED` choose how many, and which; without, the first tenth is for
//! OpenSSL, which takes longest.

mod exceptions;
mod list;
mod model;
mod openssl;
mod random;
#[path = "../support/mod.rs"]
mod support;
mod world;

use std::collections::BTreeMap;

use edge_mtls::{CertChain, Rejection, Revocation, RevocationLists, RevokedBy, VerifiedChain};
use exceptions::Exception;
use model::Outcome;
use openssl::Openssl;
use random::Random;
use support::pki::{builder, now, providers, trust};
use world::World;

const CASES: usize = 600;

#[test]
fn verdicts_are_those_of_the_model_and_of_openssl() {
    let openssl = Openssl::find();
    let seed = from_environment("EDGE_MTLS_SEED").unwrap_or(1);
    let chosen = from_environment("EDGE_MTLS_CASES");
    let cases = chosen.unwrap_or(CASES);
    let for_openssl = chosen.unwrap_or(CASES / 10);
    let mut tally = Tally::default();
    for case in 0..cases {
        let seed = seed + case;
        let world = World::random(&mut Random::new(seed));
        let context = format!("EDGE_MTLS_SEED={seed} EDGE_MTLS_CASES=1: {world:?}");
        let ours = judge(&world);
        assert_eq!(ours, model::outcome(&world), "{context}");
        if let Some(openssl) = &openssl
            && case < for_openssl
        {
            let theirs = openssl.verify(&world);
            let exception = match (ours, &theirs) {
                (Outcome::Good, Err(_)) => Some(Exception::of_refusals(&world)),
                (Outcome::Revoked(_) | Outcome::Unknown(_), Ok(())) => {
                    Some(Exception::of_acceptances(&world))
                }
                _ => None,
            };
            match exception {
                None => tally.add(ours.to_string()),
                Some(Some(exception)) => tally.add(format!("{exception:?}")),
                Some(None) => panic!("we say {ours:?}, and OpenSSL {theirs:?}: {context}"),
            }
        }
    }
    println!("{tally:?}");
    if openssl.is_some() && for_openssl >= CASES / 10 {
        tally.assert_exceptions_are_few(for_openssl);
    }
}

fn from_environment(name: &str) -> Option<usize> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap())
}

/// How often there was each verdict on which OpenSSL agrees, and each exception.
#[derive(Debug, Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn add(&mut self, name: String) {
        *self.0.entry(name).or_default() += 1;
    }

    fn assert_exceptions_are_few(&self, cases: usize) {
        let agreed =
            ["good", "revoked", "unknown"].map(|name| self.0.get(name).copied().unwrap_or(0));
        assert!(
            agreed
                .iter()
                .all(|count| *count >= cases / 12),
            "{self:?}"
        );
        assert!(agreed.iter().sum::<usize>() > cases * 3 / 4, "{self:?}");
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
    let policy = builder(trust(&[world.anchor()]))
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
