//! What is known of a list's signature: one verification for each key.

use std::sync::{PoisonError, RwLock};

use super::Inner;
use crate::path::{Algorithms, Signed, SignedData, verify};

/// For how many keys a list's signature is verified, until it is read anew: a CA has a few keys of one
/// name, and what is no CA gets here never.
const MOST_KEYS: usize = 64;

/// What is known: facts that cannot expire.
#[derive(Debug, Default)]
pub(super) struct KnownSignatures {
    facts: RwLock<Vec<Fact>>,
}

#[derive(Debug)]
struct Fact {
    /// Where the policy's algorithms stand, and how many they are: they live for ever.
    algorithms: (usize, usize),
    /// The key, by its SubjectPublicKeyInfo.
    spki: Box<[u8]>,
    signed: Signed,
}

impl KnownSignatures {
    /// Whether `list` is signed by a key. Others who ask meanwhile wait, so that nothing is verified
    /// twice.
    pub(super) fn verify(&self, list: &Inner, algorithms: Algorithms, spki: &[u8]) -> Signed {
        let place = (algorithms.as_ptr().addr(), algorithms.len());
        let known = |facts: &[Fact]| {
            facts
                .iter()
                .find(|fact| fact.algorithms == place && *fact.spki == *spki)
                .map(|fact| fact.signed)
        };
        let facts = self
            .facts
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = known(&facts) {
            return signed;
        }
        drop(facts);
        let mut facts = self
            .facts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = known(&facts) {
            return signed;
        }
        if facts.len() >= MOST_KEYS {
            return Signed::NotByThisKey;
        }
        let signed = list
            .tbs()
            .map_or(Signed::NotByThisKey, |tbs| {
                let data = SignedData {
                    algorithm: &list.signature_algorithm,
                    message: &tbs,
                    signature: &list.signature,
                };
                verify(algorithms.iter().copied(), spki, data)
            });
        facts.push(Fact {
            algorithms: place,
            spki: spki.into(),
            signed,
        });
        signed
    }
}
