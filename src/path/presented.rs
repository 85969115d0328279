//! The presented certificates as a graph of names.

use core::cell::OnceCell;
use core::ops::Range;

use pki_types::CertificateDer;

use super::breadth::Breadth;
use super::profile::{self, Role};
use crate::policy::{PresentedCertificate, ProfileFault, Rejection};
use crate::revocation::{DenyList, Place, RevokedBy};
use crate::trust_store::TrustStore;
use crate::x509::{Certificate, KnownExtensions, MalformedCertificate, malformed};

/// Which nodes: a bit for each. There are as many as a chain may have certificates, seven at most.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Nodes(u32);

impl Nodes {
    pub(super) fn insert(&mut self, node: usize) {
        self.0 |= Self::bit(node);
    }

    pub(super) fn remove(&mut self, node: usize) {
        self.0 &= !Self::bit(node);
    }

    pub(super) fn contains(self, node: usize) -> bool {
        self.0 & Self::bit(node) != 0
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// In their order.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        (0..)
            .take_while(move |node| self.0.checked_shr(*node).unwrap_or(0) != 0)
            .filter(move |node| self.0 >> node & 1 != 0)
            .filter_map(|node| usize::try_from(node).ok())
    }

    fn bit(node: usize) -> u32 {
        u32::try_from(node)
            .ok()
            .and_then(|node| 1_u32.checked_shl(node))
            .unwrap_or(0)
    }
}

/// Why a certificate cannot be read, as a reason.
pub(super) fn unreadable(index: usize, der: &[u8], error: MalformedCertificate) -> Rejection {
    Rejection::Malformed {
        certificate: PresentedCertificate::new(index, &Certificate::describe(der)),
        part: error.to_string(),
    }
}

/// One presented certificate that can be read.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    /// Its place in the order presented; 0 is the leaf.
    pub(super) index: usize,
    pub(super) certificate: Certificate<'a>,
    pub(super) der: CertificateDer<'a>,
    /// Names without their outer SEQUENCE, as webpki compares them.
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) extensions: KnownExtensions<'a>,
    pub(super) authority_key_identifier: Option<&'a [u8]>,
    pub(super) subject_key_identifier: Option<&'a [u8]>,
    /// The anchors of the issuer's name.
    pub(super) anchors: Range<usize>,
    /// The presented certificates of the issuer's name, the best match of keys first.
    pub(super) issuers: [Nodes; 3],
    /// Of those before it, which are the same entity: the same name and the same key.
    same_before: Nodes,
    /// The first node of its name.
    first_of_name: usize,
    is_self_issued: bool,
    /// Why webpki cannot read it, once that was asked.
    unreadable: OnceCell<Option<webpki::Error>>,
    /// What its names and constraints cost, once that was asked.
    breadth: OnceCell<Breadth>,
    /// Where its lists are, and what of RFC 5280's profile it breaks, once that was asked.
    place: OnceCell<Place<'a>>,
    profile: OnceCell<Result<(), ProfileFault>>,
    /// What the host denies it by, once that was asked.
    denied_by: OnceCell<Option<Box<RevokedBy>>>,
    /// Which it is in a reason, once one was about it: of many paths each may have one.
    in_reason: OnceCell<PresentedCertificate>,
}

impl<'a> Node<'a> {
    pub(super) fn read(
        index: usize,
        der: &'a [u8],
        trust_store: &TrustStore,
    ) -> Result<Self, MalformedCertificate> {
        let certificate = Certificate::from_der(der)?;
        let extensions = KnownExtensions::read(certificate.extensions());
        let issuer = certificate
            .issuer()
            .contents()
            .ok_or(malformed("issuer"))?;
        let subject = certificate
            .subject()
            .contents()
            .ok_or(malformed("subject"))?;
        let anchors = trust_store.named(issuer);
        Ok(Self {
            index,
            certificate,
            der: CertificateDer::from(der),
            issuer,
            subject,
            authority_key_identifier: extensions.authority_key_identifier(),
            subject_key_identifier: extensions.subject_key_identifier(),
            extensions,
            anchors,
            issuers: [Nodes::default(); 3],
            same_before: Nodes::default(),
            first_of_name: index,
            is_self_issued: issuer == subject,
            unreadable: OnceCell::new(),
            breadth: OnceCell::new(),
            place: OnceCell::new(),
            profile: OnceCell::new(),
            denied_by: OnceCell::new(),
            in_reason: OnceCell::new(),
        })
    }

    pub(super) fn breadth(&self) -> Breadth {
        *self.breadth.get_or_init(|| {
            Breadth::of(
                self.subject,
                self.extensions.alternative_names(),
                self.extensions.name_constraints(),
            )
        })
    }

    /// What the policy's deny list denies it by: digests, so it is asked once, however many paths there are.
    pub(super) fn denied_by(&self, deny: &DenyList) -> Option<&RevokedBy> {
        self.denied_by
            .get_or_init(|| {
                deny.find(&self.certificate)
                    .map(Box::new)
            })
            .as_deref()
    }

    /// Why webpki cannot read it, if it cannot.
    pub(super) fn unreadable_by_webpki(&self) -> Option<&webpki::Error> {
        self.unreadable
            .get_or_init(|| webpki::EndEntityCert::try_from(&self.der).err())
            .as_ref()
    }

    pub(super) fn place(&self) -> &Place<'a> {
        self.place
            .get_or_init(|| Place::of(self.certificate))
    }

    /// What it breaks of RFC 5280's profile: asked once, for a presented certificate is the leaf of all paths or
    /// of none.
    pub(super) fn profile(&self) -> Result<(), ProfileFault> {
        *self.profile.get_or_init(|| {
            let role = match self.index {
                0 => Role::Leaf,
                _ => Role::Issuer,
            };
            profile::check(&self.certificate, role)
        })
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.is_self_issued
    }

    pub(super) fn has_name_of(&self, other: &Node<'_>) -> bool {
        self.first_of_name == other.first_of_name
    }

    pub(super) fn presented_certificate(&self) -> PresentedCertificate {
        self.in_reason
            .get_or_init(|| PresentedCertificate::new(self.index, &self.certificate))
            .clone()
    }

    /// The presented certificates of the issuer's name.
    pub(super) fn issuers(&self) -> Nodes {
        self.issuers
            .into_iter()
            .fold(Nodes::default(), |all, some| Nodes(all.0 | some.0))
    }

    fn is_same_entity(&self, other: &Self) -> bool {
        self.subject == other.subject
            && self
                .certificate
                .subject_public_key_info()
                == other
                    .certificate
                    .subject_public_key_info()
    }

    pub(super) fn is_issuer_of(&self, certificate: &Self) -> bool {
        !self.subject.is_empty() && self.subject == certificate.issuer
    }
}

/// How the key identifiers of a certificate and a candidate issuer compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum KeyMatch {
    Same,
    /// One of the two names no key.
    Unknown,
    Different,
}

impl KeyMatch {
    /// Its place in [`Node::issuers`]; [`TrustStore::candidates`] has the same order.
    fn place(self) -> usize {
        match self {
            Self::Same => 0,
            Self::Unknown => 1,
            Self::Different => 2,
        }
    }

    fn of(certificate: &Node<'_>, issuer: &Node<'_>) -> Self {
        match (
            certificate.authority_key_identifier,
            issuer.subject_key_identifier,
        ) {
            (Some(wanted), Some(found)) if wanted == found => Self::Same,
            (Some(_), Some(_)) => Self::Different,
            _ => Self::Unknown,
        }
    }
}

/// The leaf, and each other certificate that can be read, once.
#[derive(Debug)]
pub(super) struct Presented<'a> {
    leaf: Node<'a>,
    /// Sorted by their DER, so that the order presented is of no effect. They are the nodes from 1
    /// on.
    others: Vec<Node<'a>>,
}

impl<'a> Presented<'a> {
    /// The node of the leaf.
    pub(super) const LEAF: usize = 0;

    /// Reads what can be read. Only the leaf has to be: what cannot be read can issue nothing.
    pub(super) fn read(
        certificates: &[&'a [u8]],
        trust_store: &TrustStore,
    ) -> Result<Self, Rejection> {
        let (leaf, others) = certificates
            .split_first()
            .ok_or(Rejection::Missing)?;
        let mut presented = Self {
            leaf: Node::read(0, leaf, trust_store).map_err(|error| unreadable(0, leaf, error))?,
            others: Vec::with_capacity(others.len()),
        };
        for (der, index) in others.iter().copied().zip(1..) {
            let place = presented
                .others
                .binary_search_by_key(&der, |node| node.certificate.der());
            let Err(place) = place else { continue };
            if der == *leaf {
                continue;
            }
            if let Ok(node) = Node::read(index, der, trust_store) {
                presented.others.insert(place, node);
            }
        }
        presented.link();
        Ok(presented)
    }

    pub(super) fn node(&self, node: usize) -> Option<&Node<'a>> {
        match node.checked_sub(1) {
            None => Some(&self.leaf),
            Some(other) => self.others.get(other),
        }
    }

    /// The place of a node in the order presented.
    pub(super) fn place(&self, node: usize) -> usize {
        self.node(node)
            .map_or(0, |node| node.index)
    }

    pub(super) fn leaf_tbs(&self) -> &'a [u8] {
        self.leaf.certificate.tbs()
    }

    /// The tbsCertificates at these places in the order presented.
    pub(super) fn tbs_of<'p>(&'p self, places: &'p [usize]) -> impl Iterator<Item = &'a [u8]> + 'p {
        self.nodes()
            .filter(|node| places.contains(&node.index))
            .map(|node| node.certificate.tbs())
    }

    /// What the certificates are signed by: the contents of their AlgorithmIdentifiers.
    pub(super) fn signature_algorithms(&self) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.nodes()
            .map(|node| node.certificate.signature_algorithm())
    }

    /// The leaf, and the others.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node<'a>> + Clone {
        core::iter::once(&self.leaf).chain(&self.others)
    }

    /// The nodes of a path that begins, with room for all others.
    pub(super) fn path_of_leaf(&self) -> Vec<usize> {
        let mut path = Vec::with_capacity(self.others.len().saturating_add(1));
        path.push(Self::LEAF);
        path
    }

    /// Each certificate but the leaf.
    pub(super) fn others(&self) -> &[Node<'a>] {
        &self.others
    }

    /// Whether two nodes are one entity: the same name and the same key.
    pub(super) fn same_entity(&self, a: usize, b: usize) -> bool {
        a == b
            || self
                .node(a.max(b))
                .is_some_and(|later| later.same_before.contains(a.min(b)))
    }

    /// Follows names from the leaf until no further certificate has the issuer's name, taking the
    /// first of several each time.
    pub(super) fn dead_end(&self) -> &Node<'a> {
        let mut visited = Vec::new();
        let mut last = &self.leaf;
        while let Some((node, issuer)) = self
            .issuers(last)
            .find(|(node, _)| !visited.contains(node))
        {
            visited.push(node);
            last = issuer;
        }
        last
    }

    fn issuers(&self, certificate: &Node<'a>) -> impl Iterator<Item = (usize, &Node<'a>)> {
        certificate
            .issuers()
            .iter()
            .filter_map(|node| Some((node, self.node(node)?)))
    }

    /// Finds the issuers of each node among the others, and who is the same as another.
    fn link(&mut self) {
        for certificate in 0..=self.others.len() {
            let mut issuers = [Nodes::default(); 3];
            for (node, issuer) in (1..).zip(&self.others) {
                let Some(certificate) = self
                    .node(certificate)
                    .filter(|certificate| issuer.is_issuer_of(certificate))
                else {
                    continue;
                };
                if let Some(issuers) = issuers.get_mut(KeyMatch::of(certificate, issuer).place()) {
                    issuers.insert(node);
                }
            }
            let same_before = self.same_before(certificate);
            let first_of_name = self.first_of_name(certificate);
            if let Some(certificate) = self.node_mut(certificate) {
                certificate.issuers = issuers;
                certificate.same_before = same_before;
                certificate.first_of_name = first_of_name;
            }
        }
    }

    fn first_of_name(&self, node: usize) -> usize {
        let subject = self.node(node).map(|node| node.subject);
        self.nodes()
            .take(node)
            .position(|before| Some(before.subject) == subject)
            .unwrap_or(node)
    }

    fn same_before(&self, node: usize) -> Nodes {
        let mut same = Nodes::default();
        if let Some(later) = self.node(node) {
            for before in 0..node {
                if self
                    .node(before)
                    .is_some_and(|before| before.is_same_entity(later))
                {
                    same.insert(before);
                }
            }
        }
        same
    }

    fn node_mut(&mut self, node: usize) -> Option<&mut Node<'a>> {
        match node.checked_sub(1) {
            None => Some(&mut self.leaf),
            Some(other) => self.others.get_mut(other),
        }
    }
}
