//! Signature algorithms that remember what they verified.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_mtls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use crate::support::pki::providers;

/// The messages whose signatures were verified.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Vec<u8>>>>);

/// Without what it holds: an algorithm's name is part of a policy's fingerprint.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record")
    }
}

impl Record {
    /// Those since the last time.
    pub fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// How many of them are lists.
    pub fn lists(&self, crls: &[Vec<u8>]) -> usize {
        self.take()
            .iter()
            .filter(|message| {
                crls.iter()
                    .any(|crl| contains(crl, message))
            })
            .count()
    }
}

pub fn contains(crl: &[u8], message: &[u8]) -> bool {
    crl.windows(message.len())
        .any(|window| window == message)
}

#[derive(Debug)]
struct Recording {
    inner: &'static dyn SignatureVerificationAlgorithm,
    record: Record,
    takes: Duration,
}

impl SignatureVerificationAlgorithm for Recording {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.record
            .0
            .lock()
            .unwrap()
            .push(message.to_vec());
        std::thread::sleep(self.takes);
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

/// Algorithms of their own, each of which takes a while, and what they verify.
pub fn recording(
    takes: Duration,
) -> (
    Record,
    &'static [&'static dyn SignatureVerificationAlgorithm],
) {
    let record = Record::default();
    let algorithms: Vec<&'static dyn SignatureVerificationAlgorithm> = providers()[0]
        .signature_verification_algorithms
        .all
        .iter()
        .map(|inner| {
            let recording: &'static Recording = Box::leak(Box::new(Recording {
                inner: *inner,
                record: record.clone(),
                takes,
            }));
            recording as _
        })
        .collect();
    (record, Box::leak(algorithms.into_boxed_slice()))
}
