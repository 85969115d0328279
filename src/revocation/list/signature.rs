//! What is known of a list's signature: one verification for each key.

use std::sync::{Mutex, PoisonError, RwLock};

use super::Inner;
use crate::path::{Algorithms, Signed, SignedData, verify};

/// How many keys are remembered that did not sign a list. A CA has a few keys of one name; only a CA below
/// an anchor that calls itself like another gets here with more, and must not crowd out the right one.
const MOST_WRONG_KEYS: usize = 64;

/// What is known: facts that cannot expire.
#[derive(Debug, Default)]
pub(super) struct KnownSignatures {
    facts: RwLock<Vec<Fact>>,
    /// Held by whoever verifies, so that nothing is verified twice; who asks about a key that is known
    /// does not wait for it.
    verifying: Mutex<()>,
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
    /// Whether `list` is signed by a key.
    pub(super) fn verify(&self, list: &Inner, algorithms: Algorithms, spki: &[u8]) -> Signed {
        let place = (algorithms.as_ptr().addr(), algorithms.len());
        if let Some(signed) = self.known(place, spki) {
            return signed;
        }
        let _verifying = self
            .verifying
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = self.known(place, spki) {
            return signed;
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
        self.remember(Fact {
            algorithms: place,
            spki: spki.into(),
            signed,
        });
        signed
    }

    fn known(&self, place: (usize, usize), spki: &[u8]) -> Option<Signed> {
        self.facts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find(|fact| fact.algorithms == place && *fact.spki == *spki)
            .map(|fact| fact.signed)
    }

    fn remember(&self, fact: Fact) {
        let mut facts = self
            .facts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let is_wrong = |fact: &Fact| fact.signed != Signed::ByThisKey;
        let wrong_keys = facts
            .iter()
            .filter(|fact| is_wrong(fact))
            .count();
        if wrong_keys >= MOST_WRONG_KEYS
            && let Some(oldest) = facts.iter().position(is_wrong)
        {
            facts.remove(oldest);
        }
        facts.push(fact);
    }
}
