//! Certificates that a host refuses whatever any CA says.

use core::fmt;
use std::collections::HashSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::RevokedBy;
use crate::fingerprint::Fingerprint;
use crate::trust_store::TrustAnchor;
use crate::x509::{Certificate, Name};

/// Certificates and keys that a host refuses, whatever any CA says of them; a clone shares the list.
///
/// It works at once and without any revocation list: in
/// [`ChainPolicyBuilder::deny`](crate::ChainPolicyBuilder::deny) on each certificate of a path, its
/// anchor included, and in [`Passthrough::deny`](crate::Passthrough::deny) on each that is presented.
/// A look-up takes the same time whatever the number of entries.
///
/// ```
/// use edge_mtls::{Certificate, DenyList};
///
/// fn deny(stolen: &[u8], key_sha256: [u8; 32]) -> Result<DenyList, edge_mtls::MalformedCertificate> {
///     let stolen = Certificate::from_der(stolen)?;
///     Ok(DenyList::new()
///         .certificate_sha256(stolen.sha256())
///         // The same, should the CA have issued it in two forms:
///         .issued(&stolen)
///         // And every certificate, of any CA, for this key:
///         .key_sha256(key_sha256))
/// }
/// # assert!(deny(&[], [0; 32]).is_err());
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct DenyList {
    inner: Arc<Inner>,
}

#[derive(Clone, Default)]
struct Inner {
    certificates: HashSet<[u8; 32]>,
    keys: HashSet<[u8; 32]>,
    /// Digests of issuer and serial number.
    serials: HashSet<[u8; 32]>,
    /// The octets of the longest of these pairs: what is longer need not be looked for.
    longest: usize,
}

impl DenyList {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a certificate: by its SHA-256, and by its issuer and serial number, should the CA have issued
    /// it in two forms.
    pub fn certificate(self, certificate: &Certificate<'_>) -> Self {
        self.certificate_sha256(certificate.sha256())
            .issued(certificate)
    }

    /// Adds the certificate whose DER has this SHA-256.
    pub fn certificate_sha256(mut self, digest: [u8; 32]) -> Self {
        self.inner_mut()
            .certificates
            .insert(digest);
        self
    }

    /// Adds every certificate for the key whose SubjectPublicKeyInfo, as DER, has this SHA-256.
    pub fn key_sha256(mut self, digest: [u8; 32]) -> Self {
        self.inner_mut().keys.insert(digest);
        self
    }

    /// Adds the certificates with this serial number that `issuer` issued.
    ///
    /// `issuer` is the DER of its name ([`Name::as_der`]), compared as it is; `serial` the number,
    /// the first octet the highest, with or without zeros before it. A negative number, which RFC 5280
    /// forbids, is told from a positive one by nothing but such a zero, and both are refused.
    pub fn serial(mut self, issuer: &[u8], serial: &[u8]) -> Self {
        let pair = IssuerAndSerial::new(Name(issuer), serial);
        let inner = self.inner_mut();
        inner.longest = inner.longest.max(pair.len());
        inner.serials.insert(pair.digest());
        self
    }

    /// Adds the issuer and the serial number of `certificate`.
    pub fn issued(self, certificate: &Certificate<'_>) -> Self {
        self.serial(
            certificate.issuer().as_der(),
            certificate.serial().as_bytes(),
        )
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        let Inner {
            certificates,
            keys,
            serials,
            longest: _,
        } = &*self.inner;
        certificates.len() + keys.len() + serials.len()
    }

    /// Whether nothing is denied.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fingerprint of the list: the same whatever the order its entries were added in.
    pub fn fingerprint(&self) -> Fingerprint {
        let Inner {
            certificates,
            keys,
            serials,
            longest: _,
        } = &*self.inner;
        [certificates, keys, serials]
            .into_iter()
            .fold(Fingerprint::builder("deny list"), |builder, set| {
                let mut digests: Vec<&[u8; 32]> = set.iter().collect();
                digests.sort_unstable();
                digests
                    .iter()
                    .fold(builder.number(digests.len()), |builder, digest| {
                        builder.field(*digest)
                    })
            })
            .build()
    }

    /// By which entry a certificate is refused, if by any.
    pub(crate) fn find(&self, certificate: &Certificate<'_>) -> Option<RevokedBy> {
        self.find_with(certificate, || certificate.sha256())
    }

    /// Whether an anchor is refused by any entry.
    pub(crate) fn holds_anchor(&self, anchor: TrustAnchor<'_>) -> bool {
        !self.is_empty()
            && self
                .find_with(&anchor.certificate(), || anchor.sha256())
                .is_some()
    }

    fn find_with(
        &self,
        certificate: &Certificate<'_>,
        sha256: impl FnOnce() -> [u8; 32],
    ) -> Option<RevokedBy> {
        let Inner {
            certificates,
            keys,
            serials,
            longest,
        } = &*self.inner;
        if !certificates.is_empty() && certificates.contains(&sha256()) {
            return Some(RevokedBy::DeniedCertificate);
        }
        if !keys.is_empty() {
            let key: [u8; 32] = Sha256::digest(certificate.subject_public_key_info()).into();
            if keys.contains(&key) {
                return Some(RevokedBy::DeniedKey);
            }
        }
        let pair = IssuerAndSerial::new(certificate.issuer(), certificate.serial().as_bytes());
        let is_denied =
            !serials.is_empty() && pair.len() <= *longest && serials.contains(&pair.digest());
        is_denied.then_some(RevokedBy::DeniedSerial)
    }

    fn inner_mut(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.inner)
    }
}

impl fmt::Debug for DenyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DenyList")
            .field("entries", &self.len())
            .finish()
    }
}

/// What names a certificate of its issuer.
struct IssuerAndSerial<'a> {
    /// DER.
    issuer: &'a [u8],
    /// Without zeros before it.
    serial: &'a [u8],
}

impl<'a> IssuerAndSerial<'a> {
    fn new(issuer: Name<'a>, serial: &'a [u8]) -> Self {
        let zeros = serial
            .iter()
            .take_while(|octet| **octet == 0)
            .count();
        Self {
            issuer: issuer.as_der(),
            serial: serial.get(zeros..).unwrap_or_default(),
        }
    }

    fn len(&self) -> usize {
        self.issuer
            .len()
            .saturating_add(self.serial.len())
    }

    fn digest(&self) -> [u8; 32] {
        // The name is DER, which says where it ends; one that is not is a key all the same.
        let length = u64::try_from(self.issuer.len()).unwrap_or(u64::MAX);
        Sha256::new()
            .chain_update(length.to_be_bytes())
            .chain_update(self.issuer)
            .chain_update(self.serial)
            .finalize()
            .into()
    }
}
