//! A presented chain as bytes.

use core::fmt;
use std::sync::Arc;

use crate::x509::{Certificate, LONGEST_TEXT, MalformedCertificate, capped};

/// The certificates that a client presented: their DER as it came, the leaf first.
///
/// Immutable and shared: a clone copies no certificate. A chain has at least a leaf; what its
/// certificates hold has not been looked at, and they need not be certificates at all.
///
/// ```
/// use edge_mtls::CertChain;
///
/// let chain = CertChain::from_der([b"leaf", b"root"]).expect("two certificates");
/// assert_eq!(chain.len(), 2);
/// assert_eq!(chain.leaf_der(), b"leaf");
/// assert!(CertChain::from_der::<[&[u8]; 0]>([]).is_none());
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct CertChain {
    inner: Arc<Inner>,
}

#[derive(Eq, Hash, PartialEq)]
struct Inner {
    /// All certificates, one behind the other.
    der: Vec<u8>,
    /// Where each certificate but the leaf begins.
    starts: Vec<usize>,
    leaf_len: usize,
}

impl CertChain {
    /// The chain of `certificates`, each the DER of one, the leaf first; `None` if there is none.
    ///
    /// It takes what hosts have: rustls's `CertificateDer`, quinn's and axum-server's
    /// `Vec<Vec<u8>>`, slices.
    pub fn from_der<I>(certificates: I) -> Option<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut certificates = certificates.into_iter();
        let leaf = certificates.next()?;
        Some(Self::behind(leaf.as_ref(), certificates))
    }

    /// The chain of a leaf and the certificates behind it.
    pub(crate) fn behind<I>(leaf: &[u8], others: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut der = leaf.to_vec();
        let mut starts = Vec::new();
        for certificate in others {
            starts.push(der.len());
            der.extend_from_slice(certificate.as_ref());
        }
        Self {
            inner: Arc::new(Inner {
                der,
                starts,
                leaf_len: leaf.len(),
            }),
        }
    }

    /// How many certificates there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a chain has a leaf")]
    pub fn len(&self) -> usize {
        self.inner.starts.len() + 1
    }

    /// The size of all certificates together, in bytes.
    pub fn total_bytes(&self) -> usize {
        self.inner.der.len()
    }

    /// The DER of the leaf.
    pub fn leaf_der(&self) -> &[u8] {
        self.inner
            .der
            .get(..self.inner.leaf_len)
            .unwrap_or_default()
    }

    /// The DER of each certificate, in the order presented: the leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        core::iter::once(self.leaf_der()).chain(self.intermediates())
    }

    /// The DER of each certificate but the leaf, in the order presented. What they are is the
    /// client's affair: intermediates, a root, others.
    pub fn intermediates(&self) -> impl Iterator<Item = &[u8]> {
        let inner = &*self.inner;
        inner
            .starts
            .iter()
            .enumerate()
            .map(|(index, start)| {
                let end = inner.starts.get(index + 1);
                inner
                    .der
                    .get(*start..end.map_or(inner.der.len(), |end| *end))
                    .unwrap_or_default()
            })
    }

    /// The view of the leaf.
    ///
    /// # Errors
    ///
    /// [`MalformedCertificate`] if the leaf is not a certificate.
    pub fn leaf(&self) -> Result<Certificate<'_>, MalformedCertificate> {
        Certificate::from_der(self.leaf_der())
    }
}

impl fmt::Debug for CertChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leaf = Certificate::describe(self.leaf_der());
        f.debug_struct("CertChain")
            .field(
                "leaf",
                &format_args!("{}", capped(leaf.subject(), LONGEST_TEXT)),
            )
            .field("certificates", &self.len())
            .field("bytes", &self.total_bytes())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_bytes_and_order() {
        let chain = CertChain::from_der([&b"leaf"[..], b"", b"root"]).unwrap();
        assert_eq!(
            chain.certificates().collect::<Vec<_>>(),
            [&b"leaf"[..], b"", b"root"]
        );
        assert_eq!(chain.total_bytes(), 8);
        assert!(chain.leaf().is_err());
        // The same bytes cut at another place are another chain.
        let other = CertChain::from_der([&b"leafr"[..], b"", b"oot"]).unwrap();
        assert_ne!(chain, other);
        let other = CertChain::from_der([&b"leaf"[..], b"r", b"oot"]).unwrap();
        assert_ne!(chain, other);
    }
}
