//! Keys, made once: making one takes longer than signing with it.

use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
    SigningKey,
};

use crate::random::Random;
use crate::support::der::{oid, sequence};

/// A place among [`Keys`].
pub type Key = usize;

const P256: usize = 14;

pub struct Keys {
    /// Those of P-256 first.
    pairs: Vec<KeyPair>,
}

impl Keys {
    pub fn new() -> Self {
        let kinds: Vec<&'static SignatureAlgorithm> =
            std::iter::repeat_n(&PKCS_ECDSA_P256_SHA256, P256)
                .chain([&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519])
                .collect();
        Self {
            pairs: kinds
                .into_iter()
                .map(|kind| KeyPair::generate_for(kind).unwrap())
                .collect(),
        }
    }

    pub fn pair(&self, key: Key) -> &KeyPair {
        &self.pairs[key]
    }

    pub fn sign(&self, key: Key, message: &[u8]) -> Vec<u8> {
        self.pairs[key].sign(message).unwrap()
    }

    /// The AlgorithmIdentifier of its signatures.
    pub fn algorithm(&self, key: Key) -> Vec<u8> {
        let kind = self.pairs[key].algorithm();
        sequence(&[oid(if kind == &PKCS_ECDSA_P256_SHA256 {
            "1.2.840.10045.4.3.2"
        } else if kind == &PKCS_ECDSA_P384_SHA384 {
            "1.2.840.10045.4.3.3"
        } else {
            "1.3.101.112"
        })])
    }
}

/// The octets that name a key in the certificates.
pub fn identifier(key: Key) -> Vec<u8> {
    vec![u8::try_from(key).unwrap(); 20]
}

/// Keys that nobody has in a world yet.
#[derive(Debug)]
pub struct Fresh(Vec<Key>);

impl Fresh {
    pub fn new(random: &mut Random) -> Self {
        let mut keys: Vec<Key> = (0..P256).collect();
        shuffle(random, &mut keys);
        for slow in [P256, P256 + 1] {
            if random.happens(15) {
                let place = P256 - 1 - random.below(4);
                keys.insert(place, slow);
            }
        }
        Self(keys)
    }

    pub fn next(&mut self) -> Key {
        self.0.pop().unwrap()
    }
}

pub fn shuffle<T>(random: &mut Random, all: &mut [T]) {
    for last in (1..all.len()).rev() {
        all.swap(last, random.below(last + 1));
    }
}
