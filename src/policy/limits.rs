//! The limits on a presented chain, which come before anything is parsed.

use crate::chain::CertChain;
use crate::policy::Rejection;

/// How large a presented chain may be.
///
/// Checked before any certificate is parsed, in every mode. An empty certificate, which TLS
/// forbids and rustls lets through, is always refused.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct ChainLimits {
    /// How many certificates, the leaf included. Default 6.
    pub max_certificates: usize,
    /// How many bytes of DER all of them have together. Default 32 KiB.
    pub max_bytes: usize,
}

impl ChainLimits {
    /// A chain of at most so many certificates and bytes.
    pub const fn new(max_certificates: usize, max_bytes: usize) -> Self {
        Self {
            max_certificates,
            max_bytes,
        }
    }

    /// The largest `max_certificates` that a [`ChainPolicy`](crate::ChainPolicy) takes: a leaf and
    /// the six intermediates that webpki takes.
    pub const MOST_CERTIFICATES: usize = 7;

    pub(crate) fn check_count(&self, count: usize) -> Result<(), Rejection> {
        match count > self.max_certificates {
            true => Err(Rejection::TooManyCertificates {
                count,
                limit: self.max_certificates,
            }),
            false => Ok(()),
        }
    }

    pub(crate) fn check_chain(&self, chain: &CertChain) -> Result<(), Rejection> {
        let sizes: Vec<usize> = chain
            .certificates()
            .map(<[u8]>::len)
            .collect();
        self.check(sizes.into_iter())
    }

    /// Checks a chain by its sizes alone.
    pub(crate) fn check(
        &self,
        sizes: impl ExactSizeIterator<Item = usize>,
    ) -> Result<(), Rejection> {
        self.check_count(sizes.len())?;
        let mut bytes: usize = 0;
        for (index, size) in sizes.enumerate() {
            if size == 0 {
                return Err(Rejection::EmptyCertificate { index });
            }
            bytes = bytes.saturating_add(size);
        }
        if bytes > self.max_bytes {
            return Err(Rejection::TooLarge {
                bytes,
                limit: self.max_bytes,
            });
        }
        Ok(())
    }
}

impl Default for ChainLimits {
    fn default() -> Self {
        Self {
            max_certificates: 6,
            max_bytes: 32 * 1024,
        }
    }
}
