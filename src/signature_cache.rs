//! Facts that never go stale: this signature over these octets is valid under this key.

use core::fmt;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest, Sha256};

use crate::fingerprint::Fingerprint;

/// Remembers signatures that were valid, so that a client seen before, or a new one below an intermediate
/// seen before, costs less. A clone shares what is remembered, as do all policies that are given one.
///
/// What is remembered is a fact: *this signature over these octets is valid under this key by this
/// algorithm*, as the SHA-256 of all four, each with its length. Such a fact never expires. Names, dates, constraints, usages,
/// anchors, deny lists and revocation are judged every time, so a cache changes no verdict, is no part of a
/// policy's [fingerprint](crate::ChainPolicy::fingerprint), and need not be emptied when anything is
/// replaced; it counts against the budget of a verdict as if it were not there.
///
/// Facts are kept only of the path of a chain that was accepted in full: nothing of a refused chain, or of
/// one whose status the host has not settled yet; nothing of [`passthrough`](crate::ClientAuthPolicy::passthrough),
/// not even where its advisory policy accepts. The signature by which a client proves in a handshake that it
/// has its key is never remembered.
///
/// Keys and signatures of more than 1,200 octets, such as those of post-quantum algorithms, are not remembered,
/// lest anybody has long ones digested again and again.
///
/// An algorithm must say the same of the same arguments for as long as it lives, as those of rustls's providers
/// do.
///
/// By default only signatures over CA certificates are remembered, those of the intermediates: a new client
/// below one then costs one verification instead of two. [`remember_leaves`](Self::remember_leaves) does more.
///
/// ```
/// use edge_mtls::{ChainPolicy, SignatureCache, TrustStore};
/// # fn policy(
/// #     trust_store: TrustStore,
/// #     provider: &rustls::crypto::CryptoProvider,
/// # ) -> Result<ChainPolicy, edge_mtls::PolicyError> {
/// ChainPolicy::builder(trust_store)
///     .signature_cache(SignatureCache::new(100_000))
///     .build(provider.signature_verification_algorithms.all)
/// # }
/// ```
#[derive(Clone)]
pub struct SignatureCache {
    shards: Arc<[Mutex<Shard>]>,
    /// How many facts each of a shard's two generations has at most.
    generation: usize,
    remembers_leaves: bool,
}

/// The generation that is being filled, and the one before. Nothing is searched for what to forget: when the
/// younger is full, the older is forgotten.
#[derive(Default)]
struct Shard {
    younger: HashSet<Fingerprint>,
    older: HashSet<Fingerprint>,
}

/// What a cache knows of something that may be a fact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Memory {
    None,
    /// It is true, and forgotten soon unless it is kept again.
    Fading,
    /// It is true, and need not be kept again.
    Fresh,
}

/// Locks for a cache that has enough facts to share out.
const SHARDS: usize = 16;

impl SignatureCache {
    /// A cache of at most so many facts, two at least.
    ///
    /// A fact takes at most 80 octets of memory, and all locks together 4 KiB; room is made as facts come. When
    /// it is full, the half that has not been of use for longest is forgotten.
    pub fn new(max_entries: usize) -> Self {
        // Too few for a shard would be forgotten by chance.
        let shards = if max_entries < 64 * SHARDS { 1 } else { SHARDS };
        Self {
            shards: (0..shards)
                .map(|_| Mutex::default())
                .collect(),
            generation: (max_entries / shards / 2).max(1),
            remembers_leaves: false,
        }
    }

    /// Remembers the signatures over leaves as well: a client seen before then costs no verification at all.
    ///
    /// It lets anybody who holds a public leaf certificate learn by the time taken (some 2 microseconds
    /// instead of 50, before possession of its key is proven) whether this client was seen lately.
    #[must_use]
    pub fn remember_leaves(mut self) -> Self {
        self.remembers_leaves = true;
        self
    }

    /// How many facts are remembered.
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| lock(shard).len())
            .sum()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the signatures over leaves are remembered, and looked for.
    pub(crate) fn remembers_leaves(&self) -> bool {
        self.remembers_leaves
    }

    /// Whether it is known to be true, and if so, whether it will be for long.
    pub(crate) fn knows(&self, fact: &Fingerprint) -> Memory {
        let Some(shard) = self.shard(fact) else {
            return Memory::None;
        };
        if shard.younger.contains(fact) {
            Memory::Fresh
        } else if shard.older.contains(fact) {
            Memory::Fading
        } else {
            Memory::None
        }
    }

    /// Keeps what was found to be true, or was of use again.
    pub(crate) fn keep(&self, fact: Fingerprint) {
        if let Some(mut shard) = self.shard(&fact) {
            shard.keep(fact, self.generation);
        }
    }

    fn shard(&self, fact: &Fingerprint) -> Option<MutexGuard<'_, Shard>> {
        let [first, ..] = *fact.as_bytes();
        let shard = usize::from(first).checked_rem(self.shards.len())?;
        self.shards.get(shard).map(lock)
    }
}

impl Shard {
    fn keep(&mut self, fact: Fingerprint, most: usize) {
        if self.younger.contains(&fact) {
            return;
        }
        self.older.remove(&fact);
        if self.younger.len() >= most {
            core::mem::swap(&mut self.younger, &mut self.older);
            self.younger.clear();
        }
        self.younger.insert(fact);
    }

    fn len(&self) -> usize {
        self.younger.len() + self.older.len()
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for SignatureCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureCache")
            .field("len", &self.len())
            .field("remembers_leaves", &self.remembers_leaves)
            .finish_non_exhaustive()
    }
}

/// A cache, and the names in it of a policy's algorithms.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) cache: SignatureCache,
    algorithms: Arc<[Names]>,
}

/// The names of an algorithm. A leaf's fact has another, so that whoever presents somebody's leaf as if it were
/// an intermediate does not learn by the time taken whether it was seen.
#[derive(Clone, Copy, Debug)]
struct Names {
    of_leaves: Name,
    of_issuers: Name,
}

/// The first octets of a SHA-256: nobody but the host chooses algorithms.
type Name = [u8; 16];

impl Facts {
    pub(crate) fn new(
        cache: SignatureCache,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Self {
        Self {
            cache,
            algorithms: algorithms
                .iter()
                .map(|algorithm| Names {
                    of_leaves: name(*algorithm, "leaf"),
                    of_issuers: name(*algorithm, "issuer"),
                })
                .collect(),
        }
    }

    /// The fact that a signature is valid, by the place of the algorithm in the policy.
    pub(crate) fn fact(
        &self,
        algorithm: usize,
        is_leaf: bool,
        key: &[u8],
        message: MessageDigest,
        signature: &[u8],
    ) -> Option<Fingerprint> {
        let names = self.algorithms.get(algorithm)?;
        let algorithm = match is_leaf {
            true => names.of_leaves,
            false => names.of_issuers,
        };
        let is_honest = key.len() <= LONGEST_PART && signature.len() <= LONGEST_PART;
        is_honest.then(|| {
            let mut digest = message.0;
            digest.update(algorithm);
            for part in [key, signature] {
                digest.update(length(part));
                digest.update(part);
            }
            Fingerprint::of(digest)
        })
    }
}

/// The longest key, and the longest signature, of which facts are remembered: more than RSA with 8,192 bits
/// needs. Those that are longer would only be digested again and again.
const LONGEST_PART: usize = 1_200;

/// The beginning of a fact: what is signed, so that it is digested once however many keys may have signed it.
#[derive(Clone, Debug)]
pub(crate) struct MessageDigest(Sha256);

impl MessageDigest {
    pub(crate) fn of(message: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(length(message));
        digest.update(message);
        Self(digest)
    }
}

/// Before each part, so that no two facts have the same octets.
fn length(part: &[u8]) -> [u8; 4] {
    // A chain is far shorter.
    u32::try_from(part.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes()
}

/// Two algorithms of the same identifiers can differ in the keys that they take, which their names tell, or
/// where they are: a cache lives no longer than its process.
fn name(algorithm: &dyn SignatureVerificationAlgorithm, role: &str) -> Name {
    let address = core::ptr::from_ref(algorithm)
        .cast::<()>()
        .addr();
    let name = Fingerprint::builder("signature algorithm")
        .field(role.as_bytes())
        .number(address)
        .field(algorithm.public_key_alg_id().as_ref())
        .field(algorithm.signature_alg_id().as_ref())
        .flag(algorithm.fips())
        .field(format!("{algorithm:?}").as_bytes())
        .build();
    name.as_bytes()
        .first_chunk()
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pki_types::{AlgorithmIdentifier, InvalidSignature, alg_id};

    use super::*;

    /// All that a policy can tell of an algorithm.
    #[derive(Debug)]
    struct Named {
        _name: &'static str,
        key: AlgorithmIdentifier,
        signature: AlgorithmIdentifier,
        fips: bool,
    }

    impl SignatureVerificationAlgorithm for Named {
        fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
            Ok(())
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            self.key
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            self.signature
        }

        fn fips(&self) -> bool {
            self.fips
        }
    }

    #[test]
    fn every_part_makes_another_fact() {
        let named = |name, key, signature, fips| Named {
            _name: name,
            key,
            signature,
            fips,
        };
        let (p256, p384) = (alg_id::ECDSA_P256, alg_id::ECDSA_P384);
        let (sha256, sha384) = (alg_id::ECDSA_SHA256, alg_id::ECDSA_SHA384);
        let algorithms = [
            named("a", p256, sha256, false),
            named("b", p256, sha256, false),
            named("a", p384, sha256, false),
            named("a", p256, sha384, false),
            named("a", p256, sha256, true),
            // In another place alone.
            named("a", p256, sha256, false),
        ];
        let names: Vec<&dyn SignatureVerificationAlgorithm> = algorithms
            .iter()
            .map(|algorithm| {
                let algorithm: &dyn SignatureVerificationAlgorithm = algorithm;
                algorithm
            })
            .collect();
        let facts = Facts::new(SignatureCache::new(10), &names);
        let fact = |algorithm, [key, message, signature]: [&[u8]; 3]| {
            facts
                .fact(algorithm, false, key, MessageDigest::of(message), signature)
                .unwrap()
        };
        let parts: [[&[u8]; 3]; 8] = [
            [b"key", b"message", b"signature"],
            [b"other", b"message", b"signature"],
            [b"key", b"other", b"signature"],
            [b"key", b"message", b"other"],
            // The same octets, cut elsewhere.
            [b"keym", b"essage", b"signature"],
            [b"key", b"messages", b"ignature"],
            [b"", b"keymessage", b"signature"],
            [b"message", b"key", b"signature"],
        ];
        let all: Vec<Fingerprint> = (0..algorithms.len())
            .flat_map(|algorithm| parts.map(|parts| fact(algorithm, parts)))
            .collect();
        let different: HashSet<&Fingerprint> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        for known in &all {
            facts.cache.keep(*known);
            assert_eq!(facts.cache.knows(known), Memory::Fresh);
        }
        // It held ten, and has forgotten the first.
        assert!(facts.cache.len() <= 10);
        assert_eq!(facts.cache.knows(&all[0]), Memory::None);
        let message = MessageDigest::of(b"");
        let fact = |algorithm, key, signature| {
            facts.fact(algorithm, false, key, message.clone(), signature)
        };
        // A leaf's fact is no issuer's.
        assert_ne!(
            fact(0, b"", b""),
            facts.fact(0, true, b"", message.clone(), b"")
        );
        assert!(fact(algorithms.len(), b"", b"").is_none());
        let (longest, longer) = (&[0; LONGEST_PART], &[0; LONGEST_PART + 1]);
        assert!(fact(0, longest, longest).is_some());
        assert!(fact(0, longer, b"").is_none() && fact(0, b"", longer).is_none());
    }
}
