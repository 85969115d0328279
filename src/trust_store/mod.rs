//! The certificates that a policy trusts.

mod builder;
mod check;
mod error;

use core::fmt;
use core::ops::Range;
use std::collections::HashMap;
use std::sync::Arc;

pub use builder::{TrustStoreBuilder, TrustStoreLimits};
pub use error::{AnchorFault, TrustStoreError};
use pki_types::{CertificateDer, UnixTime};

use crate::fingerprint::Fingerprint;
use crate::x509::{Certificate, Name, SerialNumber, Time, Validity};

/// An immutable set of CA certificates, each a trust anchor, root or intermediate, and of pinned
/// leaves, if wanted.
///
/// Indexed by subject and key identifier; a clone shares the set. It always holds at least one
/// certificate.
///
/// ```
/// use edge_mtls::{TrustStore, TrustStoreError};
///
/// # fn load(bundle: &[u8]) -> Result<TrustStore, TrustStoreError> {
/// let store = TrustStore::from_pem(bundle)?;
/// for anchor in store.anchors() {
///     println!("{} until {:?}", anchor.subject(), anchor.validity());
/// }
/// # Ok(store)
/// # }
/// let error = load(b"# nothing but a comment").unwrap_err();
/// assert_eq!(error, TrustStoreError::NoCertificates);
/// ```
#[derive(Clone)]
pub struct TrustStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// In the order added, duplicates left out.
    anchors: Vec<Arc<Anchor>>,
    by_subject: BySubject,
    /// Sorted by their DER, duplicates left out.
    pinned: Vec<Pinned>,
    fingerprint: Fingerprint,
}

/// Where the anchors of each subject are.
struct BySubject {
    /// Positions in `anchors`, sorted by subject, key identifier and digest.
    positions: Vec<usize>,
    /// The places within `positions` of each subject, without its outer SEQUENCE.
    subjects: HashMap<Box<[u8]>, Range<usize>>,
    /// The length of the longest of them: what is longer need not be looked for.
    longest: usize,
}

pub(crate) struct Anchor {
    pub(crate) der: CertificateDer<'static>,
    parts: Parts,
    key_identifier: Option<Box<[u8]>>,
    validity: Validity,
    path_len: Option<usize>,
    sha256: [u8; 32],
}

/// A leaf that is accepted for its own sake.
struct Pinned {
    der: Box<[u8]>,
    validity: Validity,
}

/// Where within an anchor's DER stands what a verdict asks for: reading it anew each time would take as long
/// as all else.
struct Parts {
    /// With its header.
    spki: Range<usize>,
    /// These three as webpki reads them: without the header.
    subject: Range<usize>,
    spki_contents: Range<usize>,
    name_constraints: Option<Range<usize>>,
}

impl TrustStore {
    /// The CERTIFICATE sections of a PEM bundle, with the default limits and rules.
    ///
    /// Between sections any text and `#` comments may stand.
    ///
    /// # Errors
    ///
    /// [`TrustStoreError`] says which certificate cannot be an anchor, and why. A bundle without
    /// any is an error.
    pub fn from_pem(bundle: &[u8]) -> Result<Self, TrustStoreError> {
        Self::builder().pem(bundle).build()
    }

    /// The certificates given, each the DER of one, with the default limits and rules.
    ///
    /// # Errors
    ///
    /// [`TrustStoreError`] says which certificate cannot be an anchor, and why. No certificate at
    /// all is an error.
    pub fn from_der<I>(certificates: I) -> Result<Self, TrustStoreError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let certificates: Vec<I::Item> = certificates.into_iter().collect();
        certificates
            .iter()
            .map(AsRef::as_ref)
            .fold(Self::builder(), TrustStoreBuilder::der)
            .build()
    }

    /// Starts a store from several sources, or with other limits and rules.
    pub fn builder<'a>() -> TrustStoreBuilder<'a> {
        TrustStoreBuilder::default()
    }

    /// How many certificates there are, anchors and pinned leaves: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a store is never empty")]
    pub fn len(&self) -> usize {
        self.inner.anchors.len() + self.inner.pinned.len()
    }

    /// The anchors, in the order added; there are none where leaves are pinned alone.
    pub fn anchors(&self) -> impl ExactSizeIterator<Item = TrustAnchor<'_>> {
        self.inner
            .anchors
            .iter()
            .map(|anchor| TrustAnchor::new(anchor))
    }

    /// The [pinned](TrustStoreBuilder::pin_der) leaves, sorted by their DER.
    pub fn pinned_leaves(&self) -> impl ExactSizeIterator<Item = Certificate<'_>> {
        self.inner
            .pinned
            .iter()
            .map(|pinned| Certificate::describe(&pinned.der))
    }

    /// The anchors whose `notAfter` lies before `now`; those that are not valid yet are not among
    /// them.
    pub fn expired_at(&self, now: UnixTime) -> impl Iterator<Item = TrustAnchor<'_>> {
        let now = Time::from(now);
        self.anchors()
            .filter(move |anchor| anchor.validity().not_after < now)
    }

    /// The fingerprint of the set: the same whatever the order its certificates were added in.
    pub fn fingerprint(&self) -> Fingerprint {
        self.inner.fingerprint
    }

    /// When the leaf of exactly these octets is valid, if it is pinned.
    pub(crate) fn pinned(&self, der: &[u8]) -> Option<Validity> {
        let pinned = &self.inner.pinned;
        let place = pinned
            .binary_search_by(|pinned| (*pinned.der).cmp(der))
            .ok()?;
        pinned
            .get(place)
            .map(|pinned| pinned.validity)
    }

    pub(crate) fn anchor(&self, index: usize) -> Option<&Arc<Anchor>> {
        self.inner.anchors.get(index)
    }

    /// The anchors with this subject (without its outer SEQUENCE), for [`candidates`](Self::candidates).
    pub(crate) fn named(&self, subject: &[u8]) -> Range<usize> {
        let by_subject = &self.inner.by_subject;
        match subject.len() <= by_subject.longest {
            true => by_subject
                .subjects
                .get(subject)
                .cloned()
                .unwrap_or_default(),
            false => 0..0,
        }
    }

    /// The anchors of one subject, best match first: those with the key identifier that is looked for,
    /// those where one side has none, the others.
    pub(crate) fn candidates(
        &self,
        named: Range<usize>,
        key_identifier: Option<&[u8]>,
    ) -> [impl Iterator<Item = usize> + '_; 3] {
        // Sorted by key identifier, those without one stand first.
        let without = named.start..named.start + self.count_from(&named, |own| own.is_none());
        let others = without.end..named.end;
        let matching = match key_identifier {
            Some(_) => {
                let before = self.count_from(&others, |own| own < key_identifier);
                let start = others.start + before;
                let equal = self.count_from(&(start..others.end), |own| own == key_identifier);
                start..start + equal
            }
            // Whoever names no key may mean any.
            None => without.end..without.end,
        };
        let (any, differing) = match key_identifier {
            Some(_) => (without, others),
            None => (named.clone(), named.end..named.end),
        };
        let positions = |range: Range<usize>, but: Range<usize>| {
            range
                .filter(move |place| !but.contains(place))
                .filter_map(|place| {
                    self.inner
                        .by_subject
                        .positions
                        .get(place)
                        .copied()
                })
        };
        [
            positions(matching.clone(), 0..0),
            positions(any, 0..0),
            positions(differing, matching),
        ]
    }

    /// Of how many anchors from the beginning of `places` on the key identifier is such, where those that
    /// are stand first.
    fn count_from(&self, places: &Range<usize>, is_such: impl Fn(Option<&[u8]>) -> bool) -> usize {
        self.inner
            .by_subject
            .positions
            .get(places.clone())
            .unwrap_or_default()
            .partition_point(|position| {
                self.anchor(*position)
                    .is_some_and(|anchor| is_such(anchor.key_identifier.as_deref()))
            })
    }
}

impl Anchor {
    fn subject(&self) -> &[u8] {
        self.part(&self.parts.subject)
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.der
            .get(range.clone())
            .unwrap_or_default()
    }
}

impl fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustStore")
            .field("anchors", &self.inner.anchors.len())
            .field("pinned", &self.inner.pinned.len())
            .field("fingerprint", &self.fingerprint())
            .finish()
    }
}

/// One certificate of a [`TrustStore`].
#[derive(Clone, Copy)]
pub struct TrustAnchor<'a> {
    anchor: &'a Anchor,
}

impl<'a> TrustAnchor<'a> {
    pub(crate) fn new(anchor: &'a Anchor) -> Self {
        Self { anchor }
    }

    /// The view of the certificate.
    pub fn certificate(&self) -> Certificate<'a> {
        Certificate::describe(&self.anchor.der)
    }

    /// The subject's name.
    pub fn subject(&self) -> Name<'a> {
        self.certificate().subject()
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber<'a> {
        self.certificate().serial()
    }

    /// The validity period.
    pub fn validity(&self) -> Validity {
        self.anchor.validity
    }

    /// The SHA-256 of the certificate's DER.
    pub fn sha256(&self) -> [u8; 32] {
        self.anchor.sha256
    }

    #[cfg(feature = "http")]
    pub(crate) fn der(&self) -> &'a CertificateDer<'static> {
        &self.anchor.der
    }

    /// As webpki reads it.
    pub(crate) fn webpki(&self) -> pki_types::TrustAnchor<'a> {
        let parts = &self.anchor.parts;
        pki_types::TrustAnchor {
            subject: self.anchor.part(&parts.subject).into(),
            subject_public_key_info: self
                .anchor
                .part(&parts.spki_contents)
                .into(),
            name_constraints: parts
                .name_constraints
                .as_ref()
                .map(|range| self.anchor.part(range).into()),
        }
    }

    /// The DER of its SubjectPublicKeyInfo.
    pub(crate) fn subject_public_key_info(&self) -> &'a [u8] {
        self.anchor
            .part(&self.anchor.parts.spki)
    }

    /// How many intermediates that are not self-issued the anchor allows below it.
    pub(crate) fn path_len(&self) -> Option<usize> {
        self.anchor.path_len
    }
}

impl fmt::Debug for TrustAnchor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustAnchor({})", self.subject())
    }
}
