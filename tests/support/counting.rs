//! A policy whose signature verifications are counted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use edge_mtls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};
use edge_mtls::{ChainPolicy, ChainPolicyBuilder};

use super::pki::{Authority, providers, trust};

pub struct Counter {
    count: Arc<AtomicUsize>,
    algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
}

impl Counter {
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Another policy whose verifications are counted here, with the same algorithms.
    pub fn policy(
        &self,
        anchors: &[&Authority],
        options: impl FnOnce(ChainPolicyBuilder) -> ChainPolicyBuilder,
    ) -> ChainPolicy {
        options(ChainPolicy::builder(trust(anchors)))
            .build(self.algorithms)
            .unwrap()
    }

    /// How many verifications `work` takes, and what it returns.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> (usize, T) {
        let before = self.count();
        let result = work();
        (self.count() - before, result)
    }
}

/// One without a cache of signatures, whatever other tests have: what is remembered is not counted.
pub fn policy(anchors: &[&Authority]) -> (Counter, ChainPolicy) {
    policy_with(anchors, |builder| builder)
}

/// The same with other options.
pub fn policy_with(
    anchors: &[&Authority],
    options: impl FnOnce(ChainPolicyBuilder) -> ChainPolicyBuilder,
) -> (Counter, ChainPolicy) {
    let count = Arc::new(AtomicUsize::new(0));
    let algorithms: Vec<&'static dyn SignatureVerificationAlgorithm> = providers()[0]
        .signature_verification_algorithms
        .all
        .iter()
        .map(|inner| {
            let counting: &'static Counting = Box::leak(Box::new(Counting {
                inner: *inner,
                count: count.clone(),
            }));
            counting as _
        })
        .collect();
    let counter = Counter {
        count,
        algorithms: Box::leak(algorithms.into_boxed_slice()),
    };
    let policy = counter.policy(anchors, options);
    (counter, policy)
}

struct Counting {
    inner: &'static dyn SignatureVerificationAlgorithm,
    count: Arc<AtomicUsize>,
}

/// The name by which a policy tells algorithms apart is not to change with the count.
impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl SignatureVerificationAlgorithm for Counting {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.count
            .fetch_add(1, Ordering::Relaxed);
        self.inner
            .verify_signature(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.signature_alg_id()
    }
}
