//! One certificate revocation list (RFC 5280 section 5).

mod entries;
mod entry;
mod packed;
mod parse;
mod serials;
mod signature;

use core::fmt;
use std::sync::Arc;

use entries::Entries;
pub(super) use parse::issuer_of;
use signature::KnownSignatures;

use super::{ListFault, ListScope, RevokedEntry};
use crate::path::{Algorithms, Signed};
use crate::policy::name_text;
use crate::x509::{Certificate, Name, SerialNumber, Time};

/// A certificate revocation list, read and indexed; a clone shares it.
///
/// Nothing of it is proven yet: a policy verifies its signature when it is first needed, once for each
/// key of its issuer (of a list of a million entries some 90 ms, in which other handshakes that need the
/// same list wait), and what it found out is shared by all clones, so that a list that did not change
/// is not read or verified again when a set is replaced:
///
/// ```
/// use std::collections::HashMap;
/// use edge_mtls::{ListFault, RevocationList, RevocationLists, RevocationListsError};
///
/// /// Reads a list, unless it is the one that was read from that file before.
/// fn refresh(
///     known: &mut HashMap<String, (Vec<u8>, RevocationList)>,
///     file: String,
///     der: Vec<u8>,
/// ) -> Result<RevocationList, ListFault> {
///     match known.get(&file) {
///         Some((same, list)) if *same == der => Ok(list.clone()),
///         _ => {
///             let list = RevocationList::from_der(&der)?;
///             known.insert(file, (der, list.clone()));
///             Ok(list)
///         }
///     }
/// }
///
/// fn set(lists: Vec<RevocationList>) -> Result<RevocationLists, RevocationListsError> {
///     lists
///         .into_iter()
///         .fold(RevocationLists::builder(), |builder, list| builder.list(list))
///         .build()
/// }
/// # assert!(refresh(&mut HashMap::new(), "a".into(), vec![0x30, 0]).is_err());
/// # assert!(set(vec![]).is_err());
/// ```
///
/// Complete lists, version 1 and 2. The octets that were signed are not kept, but can be had back from
/// what is kept: a list of a million entries with serial numbers of 16 octets takes less than 24 MB.
#[derive(Clone)]
pub struct RevocationList {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: Box<[u8]>,
    number: Option<Box<[u8]>>,
    authority_key_identifier: Option<Box<[u8]>>,
    scope: ListScope,
    this_update: Time,
    next_update: Option<Time>,
    /// What was signed, before and behind the entries.
    head: Box<[u8]>,
    entries: Entries,
    tail: Box<[u8]>,
    /// The contents of the AlgorithmIdentifier.
    signature_algorithm: Box<[u8]>,
    signature: Box<[u8]>,
    known_signatures: KnownSignatures,
    sha256: [u8; 32],
}

impl RevocationList {
    /// Reads one list, which `der` must be with nothing behind it. For PEM, see
    /// [`RevocationLists::from_pem`](crate::RevocationLists::from_pem).
    ///
    /// # Errors
    ///
    /// [`ListFault`] says what cannot be read, or is not supported: delta lists, indirect lists, those
    /// for some reasons alone or for attribute certificates, and critical extensions that are not
    /// known.
    pub fn from_der(der: &[u8]) -> Result<Self, ListFault> {
        match parse::parse(der) {
            Ok(inner) => Ok(Self {
                inner: Arc::new(inner),
            }),
            Err(ListFault::Malformed(_))
                if der
                    .trim_ascii_start()
                    .starts_with(b"-----BEGIN") =>
            {
                Err(ListFault::IsPem)
            }
            Err(ListFault::Malformed(_)) if Certificate::from_der(der).is_ok() => {
                Err(ListFault::IsCertificate)
            }
            Err(fault) => Err(fault),
        }
    }

    /// The issuer's name.
    pub fn issuer(&self) -> Name<'_> {
        Name(&self.inner.issuer)
    }

    /// The `cRLNumber`, which version 1 lists and some others do not have.
    pub fn number(&self) -> Option<SerialNumber<'_>> {
        self.inner
            .number
            .as_deref()
            .map(SerialNumber::from_contents)
    }

    /// When it was issued.
    pub fn this_update(&self) -> Time {
        self.inner.this_update
    }

    /// When the next one will be issued at the latest: until then the list is proof. `None` if it does
    /// not say.
    pub fn next_update(&self) -> Option<Time> {
        self.inner.next_update
    }

    /// Which certificates of its issuer it is about.
    pub fn scope(&self) -> &ListScope {
        &self.inner.scope
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.inner.entries.len()
    }

    /// Whether it has no entry: nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The SHA-256 of its DER.
    pub fn sha256(&self) -> [u8; 32] {
        self.inner.sha256
    }

    /// What it says of a serial number, given as the contents octets of an INTEGER
    /// ([`SerialNumber::as_bytes`]); `None` if that is not revoked. It is the list's word alone: a
    /// verdict also looks at its signature, scope and dates.
    pub fn find(&self, serial: &[u8]) -> Option<RevokedEntry> {
        self.inner.entries.find(serial)
    }

    /// The entries, in the list's order: the serial number of each, and what the list says of it.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (SerialNumber<'_>, RevokedEntry)> {
        self.inner.entries.iter()
    }

    /// The key of its signer, where it names one.
    pub(super) fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.inner
            .authority_key_identifier
            .as_deref()
    }

    /// What its signature says about a key, by its SubjectPublicKeyInfo; found out once.
    pub(super) fn signed(&self, algorithms: Algorithms, spki: &[u8]) -> Signed {
        self.inner
            .known_signatures
            .verify(&self.inner, algorithms, spki)
    }

    /// The signature algorithm: the contents of its AlgorithmIdentifier.
    pub(super) fn signature_algorithm(&self) -> &[u8] {
        &self.inner.signature_algorithm
    }
}

impl Inner {
    /// The tbsCertList, as it was signed.
    fn tbs(&self) -> Option<Vec<u8>> {
        let mut tbs = self.head.to_vec();
        self.entries.write(&mut tbs)?;
        tbs.extend_from_slice(&self.tail);
        Some(tbs)
    }
}

impl Eq for RevocationList {}

impl PartialEq for RevocationList {
    fn eq(&self, other: &Self) -> bool {
        self.inner.sha256 == other.inner.sha256
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({self}, {} entries)", self.len())
    }
}

/// One line: `the list of 'CN=CA' (number 0A, of 2030-01-01T00:00:00Z, for all certificates)`.
impl fmt::Display for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list of '{}' (", name_text(self.issuer()))?;
        if let Some(number) = self.number() {
            write!(f, "number {number}, ")?;
        }
        write!(f, "of {}, for {})", self.this_update(), self.scope())
    }
}
