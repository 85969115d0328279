//! A presented chain as bytes.

use core::fmt;
#[cfg(feature = "http")]
use core::ops::Range;
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
    /// At least one.
    certificates: Arc<DerList>,
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
        let mut certificates = DerList::default();
        certificates.push(leaf);
        for other in others {
            certificates.push(other.as_ref());
        }
        Self {
            certificates: Arc::new(certificates),
        }
    }

    /// The chain of these certificates, not copied; `None` if there is none.
    #[cfg(feature = "http")]
    pub(crate) fn of(certificates: DerList) -> Option<Self> {
        (certificates.len() > 0).then(|| Self {
            certificates: Arc::new(certificates),
        })
    }

    /// How many certificates there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a chain has a leaf")]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// The size of all certificates together, in bytes.
    pub fn total_bytes(&self) -> usize {
        self.certificates.der.len()
    }

    /// The DER of the leaf.
    pub fn leaf_der(&self) -> &[u8] {
        self.certificates
            .get(0)
            .unwrap_or_default()
    }

    /// The DER of each certificate, in the order presented: the leaf first.
    pub fn certificates(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.certificates.iter()
    }

    /// The DER of each certificate but the leaf, in the order presented. What they are is the
    /// client's affair: intermediates, a root, others.
    pub fn intermediates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().skip(1)
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

/// The DER of certificates, one behind the other.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct DerList {
    der: Vec<u8>,
    /// Where each certificate ends.
    ends: Ends,
}

/// Where certificates end. For as many as honest chains have, no memory is asked for.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Ends {
    /// Zero where there is none.
    first: [usize; Self::FIRST],
    others: Vec<usize>,
    count: usize,
}

impl Ends {
    const FIRST: usize = 8;

    fn get(&self, index: usize) -> Option<usize> {
        let end = match index.checked_sub(Self::FIRST) {
            None => self.first.get(index),
            Some(other) => self.others.get(other),
        };
        end.copied()
            .filter(|_| index < self.count)
    }

    #[cfg(feature = "http")]
    fn last(&self) -> Option<usize> {
        self.get(self.count.checked_sub(1)?)
    }

    fn push(&mut self, end: usize) {
        match self.first.get_mut(self.count) {
            Some(first) => *first = end,
            None => self.others.push(end),
        }
        self.count += 1;
    }

    #[cfg(feature = "http")]
    fn truncate(&mut self, count: usize) {
        self.first
            .iter_mut()
            .skip(count)
            .for_each(|end| *end = 0);
        self.others
            .truncate(count.saturating_sub(Self::FIRST));
        self.count = self.count.min(count);
    }
}

impl DerList {
    pub(crate) fn len(&self) -> usize {
        self.ends.count
    }

    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let end = self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before)?,
            None => 0,
        };
        self.der.get(start..end)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    pub(crate) fn push(&mut self, der: &[u8]) {
        self.der.extend_from_slice(der);
        self.ends.push(self.der.len());
    }
}

#[cfg(feature = "http")]
impl DerList {
    /// Makes room for so many octets more.
    pub(crate) fn reserve(&mut self, octets: usize) {
        self.der.reserve(octets);
    }

    /// Pushes what `write` puts behind the octets that are there; nothing, where it fails.
    pub(crate) fn push_with<T>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Option<T>,
    ) -> Option<T> {
        let written = write(&mut self.der);
        match written {
            Some(_) => self.ends.push(self.der.len()),
            None => self
                .der
                .truncate(self.ends.last().unwrap_or(0)),
        }
        written
    }

    /// Pushes all of another, and tells where they are.
    pub(crate) fn append(&mut self, other: Self) -> Range<usize> {
        let start = self.len();
        match start {
            0 => *self = other,
            _ => other
                .iter()
                .for_each(|der| self.push(der)),
        }
        start..self.len()
    }

    /// Keeps the first so many.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.der
            .truncate(self.ends.last().unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "http")]
    #[test]
    fn keeps_as_many_as_there_are() {
        let all: Vec<Vec<u8>> = (0..20)
            .map(|octet| vec![octet; 3])
            .collect();
        for count in 0..all.len() {
            let mut list = DerList::default();
            for der in &all {
                list.push(der);
            }
            assert_eq!(list.len(), all.len());
            list.truncate(count);
            assert!(list.iter().eq(&all[..count]));
            assert_eq!(list.get(count), None);
            // What was there before leaves no trace.
            let mut other = DerList::default();
            for der in &all[..count] {
                other.push(der);
            }
            assert_eq!(list, other);
            list.push(b"next");
            assert_eq!(list.get(count), Some(&b"next"[..]));
        }
    }

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
