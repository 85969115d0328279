//! Certificates that a host refuses whatever any CA says.

use core::fmt;
use std::collections::HashSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::RevokedBy;
use crate::fingerprint::Fingerprint;
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
        self.inner_mut()
            .serials
            .insert(serial_digest(Name(issuer), serial));
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
        let Inner {
            certificates,
            keys,
            serials,
        } = &*self.inner;
        if !certificates.is_empty() && certificates.contains(&certificate.sha256()) {
            return Some(RevokedBy::DeniedCertificate);
        }
        if !keys.is_empty() {
            let key: [u8; 32] = Sha256::digest(certificate.subject_public_key_info()).into();
            if keys.contains(&key) {
                return Some(RevokedBy::DeniedKey);
            }
        }
        let is_denied = !serials.is_empty()
            && serials.contains(&serial_digest(
                certificate.issuer(),
                certificate.serial().as_bytes(),
            ));
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

fn serial_digest(issuer: Name<'_>, serial: &[u8]) -> [u8; 32] {
    let zeros = serial
        .iter()
        .take_while(|octet| **octet == 0)
        .count();
    // The name is DER, which says where it ends; one that is not is a key all the same.
    let length = u64::try_from(issuer.as_der().len()).unwrap_or(u64::MAX);
    Sha256::new()
        .chain_update(length.to_be_bytes())
        .chain_update(issuer.as_der())
        .chain_update(serial.get(zeros..).unwrap_or_default())
        .finalize()
        .into()
}
