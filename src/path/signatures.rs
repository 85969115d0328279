//! Signature verifications of one verdict: counted, bounded, and none made twice.

use std::sync::{Mutex, PoisonError};

use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use crate::fingerprint::Fingerprint;
use crate::signature_cache::{Facts, Memory, MessageDigest};
use crate::x509::Certificate;
use crate::x509::der::{BIT_STRING, Reader, SEQUENCE, only};

/// The algorithms of a policy, as its `CryptoProvider` has them.
pub(crate) type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// The budget of one verdict, and what was found out with it so far.
#[derive(Debug)]
pub(crate) struct Signatures<'q> {
    algorithms: Algorithms,
    facts: Option<&'q Facts>,
    /// The message of the signature over the leaf, which is looked for where leaves are remembered.
    leaf: Place,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    left: usize,
    exhausted: bool,
    known: Vec<Known>,
    /// Of messages, each of which is digested once.
    digests: Vec<(Place, MessageDigest)>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    work: Work,
    valid: bool,
    /// What the cache is to keep, if the chain is accepted.
    to_keep: Option<Fingerprint>,
}

/// One verification, by where its arguments stand: all of them outlive the verdict unchanged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Work {
    algorithm: usize,
    key: Place,
    message: Place,
    signature: Place,
}

/// An address, and a length.
type Place = (usize, usize);

fn place(octets: &[u8]) -> Place {
    (octets.as_ptr().addr(), octets.len())
}

/// What a signature says about a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Signed {
    ByThisKey,
    NotByThisKey,
    /// The policy has no algorithm for this signature and this key.
    Unsupported,
}

impl<'q> Signatures<'q> {
    /// `leaf` is the tbsCertificate of the leaf.
    pub(crate) fn new(
        algorithms: Algorithms,
        budget: usize,
        facts: Option<&'q Facts>,
        leaf: &[u8],
    ) -> Self {
        Self {
            algorithms,
            facts,
            leaf: place(leaf),
            state: Mutex::new(State {
                left: budget,
                exhausted: false,
                // As many as a path of the usual length has.
                known: Vec::with_capacity(4),
                digests: Vec::new(),
            }),
        }
    }

    /// Has the cache keep what is known of the signatures over these tbsCertificates: those of a path that
    /// was accepted, and no other.
    pub(crate) fn keep<'m>(&self, messages: impl Iterator<Item = &'m [u8]>) {
        let Some(facts) = self.facts else {
            return;
        };
        let state = self.lock();
        for message in messages.map(place) {
            state
                .known
                .iter()
                .filter(|known| known.valid && known.work.message == message)
                .filter_map(|known| known.to_keep)
                .for_each(|fact| facts.cache.keep(fact));
        }
    }

    /// Whether a verification was refused because the budget was used up.
    pub(crate) fn exhausted(&self) -> bool {
        self.lock().exhausted
    }

    /// The algorithms of these signatures, by the contents of their AlgorithmIdentifiers, in the form that
    /// webpki takes: each asks here first.
    pub(crate) fn metered<'a>(
        &self,
        identifiers: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Vec<Metered<'_>> {
        self.algorithms
            .iter()
            .enumerate()
            .filter(|(_, inner)| {
                let own = inner.signature_alg_id();
                identifiers
                    .clone()
                    .any(|identifier| identifier == own.as_ref())
            })
            .map(|(index, inner)| Metered {
                index,
                inner: *inner,
                signatures: self,
            })
            .collect()
    }

    /// What is remembered counts as well, so that no verdict depends on what is.
    fn verify(
        &self,
        work: Work,
        parts: [&[u8]; 3],
        verify: impl FnOnce() -> Result<(), InvalidSignature>,
    ) -> Result<(), InvalidSignature> {
        let fact = {
            let mut state = self.lock();
            if let Some(known) = state
                .known
                .iter()
                .find(|known| known.work == work)
            {
                return known
                    .valid
                    .then_some(())
                    .ok_or(InvalidSignature);
            }
            match state.left.checked_sub(1) {
                Some(left) => state.left = left,
                None => {
                    state.exhausted = true;
                    return Err(InvalidSignature);
                }
            }
            self.fact(&mut state, work, parts)
        };
        let memory = match (self.facts, &fact) {
            (Some(facts), Some(fact)) => facts.cache.knows(fact),
            _ => Memory::None,
        };
        let result = match memory {
            Memory::None => verify(),
            Memory::Fading | Memory::Fresh => Ok(()),
        };
        self.lock().known.push(Known {
            work,
            valid: result.is_ok(),
            to_keep: fact.filter(|_| memory != Memory::Fresh),
        });
        result
    }

    /// The name in the cache of what is to be verified, if it may be there.
    fn fact(&self, state: &mut State, work: Work, parts: [&[u8]; 3]) -> Option<Fingerprint> {
        let is_leaf = work.message == self.leaf;
        let facts = self
            .facts
            .filter(|facts| !is_leaf || facts.cache.remembers_leaves())?;
        let [key, message, signature] = parts;
        let message = state.digest(message);
        facts.fact(work.algorithm, is_leaf, key, message, signature)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn digest(&mut self, message: &[u8]) -> MessageDigest {
        let place = place(message);
        let known = self
            .digests
            .iter()
            .find(|(known, _)| *known == place);
        if let Some((_, digest)) = known {
            return digest.clone();
        }
        let digest = MessageDigest::of(message);
        self.digests
            .push((place, digest.clone()));
        digest
    }
}

/// Something signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedData<'a> {
    /// The contents of the AlgorithmIdentifier.
    pub(crate) algorithm: &'a [u8],
    pub(crate) message: &'a [u8],
    pub(crate) signature: &'a [u8],
}

/// Whether `certificate` is signed by a key, given as its SubjectPublicKeyInfo, whatever else holds of it.
pub(crate) fn signed_by(
    algorithms: &[Metered<'_>],
    certificate: &Certificate<'_>,
    spki: &[u8],
) -> Signed {
    let algorithms = algorithms.iter().map(|algorithm| {
        let algorithm: &dyn SignatureVerificationAlgorithm = algorithm;
        algorithm
    });
    let data = SignedData {
        algorithm: certificate.signature_algorithm(),
        message: certificate.tbs(),
        signature: certificate.signature(),
    };
    verify(algorithms, spki, data)
}

/// Whether `data` is signed by a key, given as its SubjectPublicKeyInfo.
pub(crate) fn verify<'a>(
    algorithms: impl Iterator<Item = &'a dyn SignatureVerificationAlgorithm>,
    spki: &[u8],
    data: SignedData<'_>,
) -> Signed {
    let Some(key) = PublicKey::read(spki) else {
        return Signed::Unsupported;
    };
    // Several may take a signature, each from another kind of key.
    let fitting = algorithms
        .filter(|algorithm| algorithm.signature_alg_id().as_ref() == data.algorithm)
        .find(|algorithm| algorithm.public_key_alg_id().as_ref() == key.algorithm);
    match fitting.map(|algorithm| algorithm.verify_signature(key.key, data.message, data.signature))
    {
        Some(Ok(())) => Signed::ByThisKey,
        Some(Err(InvalidSignature)) => Signed::NotByThisKey,
        None => Signed::Unsupported,
    }
}

/// A SubjectPublicKeyInfo (RFC 5280 section 4.1).
struct PublicKey<'a> {
    /// The contents of the AlgorithmIdentifier.
    algorithm: &'a [u8],
    key: &'a [u8],
}

impl<'a> PublicKey<'a> {
    fn read(spki: &'a [u8]) -> Option<Self> {
        let mut parts = Reader::new(only(spki, SEQUENCE)?.contents);
        let algorithm = parts.expect(SEQUENCE)?.contents;
        let [0, key @ ..] = parts.expect(BIT_STRING)?.contents else {
            return None;
        };
        parts
            .is_empty()
            .then_some(Self { algorithm, key })
    }
}

/// One algorithm, within the budget of a verdict.
#[derive(Debug)]
pub(crate) struct Metered<'s> {
    index: usize,
    inner: &'static dyn SignatureVerificationAlgorithm,
    signatures: &'s Signatures<'s>,
}

impl SignatureVerificationAlgorithm for Metered<'_> {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let work = Work {
            algorithm: self.index,
            key: place(public_key),
            message: place(message),
            signature: place(signature),
        };
        let parts = [public_key, message, signature];
        self.signatures.verify(work, parts, || {
            self.inner
                .verify_signature(public_key, message, signature)
        })
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.signature_alg_id()
    }

    fn fips(&self) -> bool {
        self.inner.fips()
    }
}

#[cfg(test)]
mod tests {
    use pki_types::alg_id;

    use super::*;

    /// Takes a signature if all of its arguments begin with the same octet.
    #[derive(Debug)]
    struct SameOctet;

    /// Takes none.
    #[derive(Debug)]
    struct Never;

    impl SignatureVerificationAlgorithm for SameOctet {
        fn verify_signature(&self, k: &[u8], m: &[u8], s: &[u8]) -> Result<(), InvalidSignature> {
            match k.first() == m.first() && m.first() == s.first() {
                true => Ok(()),
                false => Err(InvalidSignature),
            }
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ED25519
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ED25519
        }
    }

    impl SignatureVerificationAlgorithm for Never {
        fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
            Err(InvalidSignature)
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ED25519
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ED25519
        }
    }

    #[test]
    fn what_is_known_is_known_of_these_very_arguments() {
        let signatures = Signatures::new(&[&SameOctet, &Never], 5, None, &[]);
        let ed25519 = alg_id::ED25519;
        let metered = signatures.metered([ed25519.as_ref()].into_iter());
        let [same_octet, never] = &metered[..] else {
            panic!("{metered:?}");
        };
        let (good, bad) = ([1], [2]);
        // The second time all of it is known, and the first answer stands.
        for _ in 0..2 {
            assert!(
                same_octet
                    .verify_signature(&good, &good, &good)
                    .is_ok()
            );
            for (key, message, signature) in [
                (&bad, &good, &good),
                (&good, &bad, &good),
                (&good, &good, &bad),
            ] {
                assert!(
                    same_octet
                        .verify_signature(key, message, signature)
                        .is_err()
                );
            }
            assert!(
                never
                    .verify_signature(&good, &good, &good)
                    .is_err()
            );
            assert!(!signatures.exhausted());
        }
        // The budget of five is used up: what holds is refused, what is known is known.
        assert!(
            same_octet
                .verify_signature(&bad, &bad, &bad)
                .is_err()
        );
        assert!(signatures.exhausted());
        assert!(
            same_octet
                .verify_signature(&good, &good, &good)
                .is_ok()
        );
    }

    #[test]
    fn reads_the_public_keys_that_webpki_reads() {
        let good = [0x30, 9, 0x30, 2, 6, 0, 3, 3, 0, 1, 2];
        let key = PublicKey::read(&good).unwrap();
        assert_eq!((key.algorithm, key.key), (&[6, 0][..], &[1, 2][..]));
        let changed = |place: usize, octet: u8| {
            let mut spki = good;
            spki[place] = octet;
            spki.to_vec()
        };
        for bad in [
            changed(0, 0x31),                      // not a SEQUENCE
            changed(6, 4),                         // not a BIT STRING
            changed(8, 1),                         // unused bits
            vec![0x30, 5, 0x30, 0, 3, 1, 0, 0],    // something behind it
            vec![0x30, 7, 0x30, 0, 3, 1, 0, 5, 0], // something behind the key
            vec![0x30, 4, 0x30, 0, 3, 0],          // not even unused bits
        ] {
            let spki = pki_types::SubjectPublicKeyInfoDer::from(&bad[..]);
            assert!(PublicKey::read(&bad).is_none(), "{bad:02x?}");
            assert!(
                webpki::RawPublicKeyEntity::try_from(&spki).is_err(),
                "{bad:02x?}"
            );
        }
    }
}
