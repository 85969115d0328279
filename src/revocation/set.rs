//! A set of lists, grouped so that the order they were added in is of no effect.

use core::cmp::Ordering;
use core::fmt;
use std::collections::HashMap;
use std::sync::Arc;

use pki_types::UnixTime;

use super::scope::Place;
use super::{ListScope, RevocationList, RevocationListsBuilder, RevocationListsError};
use crate::fingerprint::Fingerprint;
use crate::x509::{Name, Time};

/// An immutable set of certificate revocation lists, grouped by issuer and scope; a clone shares it.
///
/// The newest list of each group decides, whatever order they were added in: that with the highest
/// `cRLNumber`, then the latest `thisUpdate`; `thisUpdate` alone in a group of which some have no
/// number. It always holds at least one list.
///
/// ```
/// use edge_mtls::{ChainPolicy, RevocationLists, TrustStore};
/// # fn policy(
/// #     trust_store: TrustStore,
/// #     crls: &[u8],
/// #     provider: &rustls::crypto::CryptoProvider,
/// # ) -> Result<ChainPolicy, Box<dyn std::error::Error>> {
/// let policy = ChainPolicy::builder(trust_store)
///     .revocation(RevocationLists::from_pem(crls)?)
///     .build(provider.signature_verification_algorithms.all)?;
/// # Ok(policy)
/// # }
///
/// /// New lists, the same trust store: what a host passes to `ClientCertVerifier::replace`.
/// fn refresh(policy: &ChainPolicy, crls: &[u8]) -> Result<ChainPolicy, Box<dyn std::error::Error>> {
///     Ok(policy.with_revocation(RevocationLists::from_pem(crls)?))
/// }
/// ```
///
/// # Many lists
///
/// What grows, and how, for serial numbers of 16 octets (`cargo bench --bench revocation` and
/// `revocation_memory`; one core of a server of 2025, so look at the ratios):
///
/// | | an entry | a list of a million | a hundred million in a thousand lists |
/// |---|---|---|---|
/// | reading, without the signature | 65 to 80 ns | 70 ms | 7 s of one core |
/// | kept in memory | 21 to 22 bytes | 22 MB | 2.2 GB |
/// | in memory while it is read, beside the file | 57 bytes | 57 MB | 6 MB for each list that is being read |
/// | the first verdict that asks the list, which verifies its signature | 70 to 90 ns | 90 ms | 7 ms, once for each list |
/// | every later verdict | nothing: 1 µs a list asked | 1 µs | 1 µs |
///
/// Reading goes as straight up from ten thousand to a million entries, and from one list to a
/// thousand. So, for a hundred million entries of a thousand issuers:
///
/// * Read each list by itself with [`RevocationList::from_der`], in as many threads as there are cores:
///   it takes no lock. Keep the lists, and read those alone whose file has changed: a
///   [`RevocationList`] goes into any number of sets, with what is known of its signature, and making a
///   set of a thousand takes less than a millisecond.
/// * Two sets share the lists that did not change, so that replacing one needs room for the new lists
///   alone, not twice 2.2 GB.
/// * Judge a chain of each issuer with the new policy before it is put in force, if 7 ms in a handshake
///   are too many: that verifies the signatures.
/// * A verdict asks the lists of the issuers on one path, whatever the number of others.
#[derive(Clone)]
pub struct RevocationLists {
    inner: Arc<Inner>,
}

struct Inner {
    /// Sorted by issuer and scope, the newest of a group first.
    lists: Vec<RevocationList>,
    /// By the issuer's name.
    issuers: HashMap<Box<[u8]>, Issued>,
    /// The length of the longest of these names: what is longer need not be looked for.
    longest_name: usize,
    fingerprint: Fingerprint,
}

/// The lists of one issuer. It may have split them over hundreds of distribution points, of which a
/// certificate names one.
#[derive(Default)]
pub(super) struct Issued {
    groups: Vec<Group>,
    /// Places in `groups` of those that are bound to no distribution point.
    unbound: Vec<usize>,
    /// The others, by each of their names.
    bound: HashMap<Box<[u8]>, Vec<usize>>,
}

/// The lists of one issuer about the same certificates.
pub(super) struct Group {
    /// Which certificates its lists are about.
    pub(super) scope: ListScope,
    /// The newest first.
    pub(super) lists: Vec<RevocationList>,
    /// Whether all of them have a number.
    is_numbered: bool,
}

impl RevocationLists {
    /// The X509 CRL sections of a PEM file.
    ///
    /// # Errors
    ///
    /// [`RevocationListsError`] says which lists cannot be used, and why. A file without any is an
    /// error. [`RevocationListsBuilder::build_with_report`] uses the others.
    pub fn from_pem(pem: &[u8]) -> Result<Self, RevocationListsError> {
        Self::builder().pem(pem).build()
    }

    /// The lists given, each the DER of one.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der<I>(lists: I) -> Result<Self, RevocationListsError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let lists: Vec<I::Item> = lists.into_iter().collect();
        lists
            .iter()
            .map(AsRef::as_ref)
            .fold(Self::builder(), RevocationListsBuilder::der)
            .build()
    }

    /// Starts a set from several sources.
    pub fn builder<'a>() -> RevocationListsBuilder<'a> {
        RevocationListsBuilder::default()
    }

    /// How many lists there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.inner.lists.len()
    }

    /// The lists: those of one issuer together, the newest of each scope first.
    pub fn lists(&self) -> impl ExactSizeIterator<Item = &RevocationList> {
        self.inner.lists.iter()
    }

    /// The lists whose `nextUpdate` is `now` or lies before it: they are no proof any more.
    pub fn expired_at(&self, now: UnixTime) -> impl Iterator<Item = &RevocationList> {
        let now = Time::from(now);
        self.lists().filter(move |list| {
            list.next_update()
                .is_some_and(|next| next <= now)
        })
    }

    /// The fingerprint of the set: the same whatever the order its lists were added in.
    pub fn fingerprint(&self) -> Fingerprint {
        self.inner.fingerprint
    }

    /// A set of `lists`; `None` if there are none.
    pub(super) fn of(mut lists: Vec<RevocationList>) -> Option<Self> {
        lists.sort_by(|a, b| {
            key(a)
                .cmp(&key(b))
                .then_with(|| a.sha256().cmp(&b.sha256()))
        });
        lists.dedup();
        let mut issuers: HashMap<Box<[u8]>, Issued> = HashMap::new();
        let mut sorted = Vec::with_capacity(lists.len());
        for chunk in lists.chunk_by(|a, b| key(a) == key(b)) {
            if let Some(first) = chunk.first() {
                let group = Group::new(first.scope().clone(), chunk.to_vec());
                sorted.extend_from_slice(&group.lists);
                issuers
                    .entry(first.issuer().as_der().into())
                    .or_default()
                    .add(group);
            }
        }
        let mut digests: Vec<[u8; 32]> = sorted
            .iter()
            .map(RevocationList::sha256)
            .collect();
        digests.sort_unstable();
        let fingerprint = digests
            .iter()
            .fold(
                Fingerprint::builder("revocation lists"),
                |builder, digest| builder.field(digest),
            )
            .build();
        (!sorted.is_empty()).then(|| Self {
            inner: Arc::new(Inner {
                lists: sorted,
                longest_name: issuers
                    .keys()
                    .map(|name| name.len())
                    .max()
                    .unwrap_or(0),
                issuers,
                fingerprint,
            }),
        })
    }

    /// The lists that `issuer` issued.
    pub(super) fn issued_by(&self, issuer: Name<'_>) -> Option<&Issued> {
        match issuer.as_der() {
            name if name.len() <= self.inner.longest_name => self.inner.issuers.get(name),
            _ => None,
        }
    }
}

impl Issued {
    fn add(&mut self, group: Group) {
        let place = self.groups.len();
        let mut names = group.scope.names().peekable();
        if names.peek().is_none() {
            self.unbound.push(place);
        }
        for name in names {
            self.bound
                .entry(name.into())
                .or_default()
                .push(place);
        }
        self.groups.push(group);
    }

    /// Those that may be about a certificate, by where it says that they are.
    pub(super) fn at(&self, place: &Place<'_>) -> impl Iterator<Item = &Group> {
        let mut places = self.unbound.clone();
        // Where none is bound to a place, nobody reads where the certificate's are.
        if !self.bound.is_empty() {
            match place.names() {
                Some(names) => {
                    let named = names.filter_map(|name| self.bound.get(name));
                    places.extend(named.flatten());
                    places.sort_unstable();
                    places.dedup();
                }
                None => places = (0..self.groups.len()).collect(),
            }
        }
        places
            .into_iter()
            .filter_map(|place| self.groups.get(place))
    }

    /// One of them.
    pub(super) fn any(&self) -> Option<&RevocationList> {
        self.groups.first()?.lists.first()
    }
}

impl fmt::Debug for RevocationLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationLists")
            .field("lists", &self.len())
            .field("fingerprint", &self.fingerprint())
            .finish()
    }
}

impl Group {
    fn new(scope: ListScope, mut lists: Vec<RevocationList>) -> Self {
        let is_numbered = lists
            .iter()
            .all(|list| list.number().is_some());
        let mut group = Self {
            scope,
            lists: Vec::new(),
            is_numbered,
        };
        lists.sort_by(|a, b| {
            group
                .age(b, a)
                .then_with(|| a.sha256().cmp(&b.sha256()))
        });
        group.lists = lists;
        group
    }

    /// The order of two of its lists: the newer is the greater.
    pub(super) fn age(&self, a: &RevocationList, b: &RevocationList) -> Ordering {
        // By number only where all have one, or three lists could be newer than each other in a ring.
        fn number(list: &RevocationList) -> Option<(usize, &[u8])> {
            let magnitude = without_zeros(list.number()?.as_bytes());
            Some((magnitude.len(), magnitude))
        }
        let by_number = match self.is_numbered {
            true => number(a).cmp(&number(b)),
            false => Ordering::Equal,
        };
        by_number.then_with(|| a.this_update().cmp(&b.this_update()))
    }
}

/// What a group has in common.
fn key(list: &RevocationList) -> (&[u8], &ListScope) {
    (list.issuer().as_der(), list.scope())
}

fn without_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets
        .iter()
        .take_while(|octet| **octet == 0)
        .count();
    octets.get(zeros..).unwrap_or_default()
}
