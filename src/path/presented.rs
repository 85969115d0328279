//! The presented certificates as a graph of names.

use pki_types::CertificateDer;

use crate::policy::{PresentedCertificate, Rejection};
use crate::trust_store::TrustStore;
use crate::x509::Certificate;

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
    pub(super) authority_key_identifier: Option<&'a [u8]>,
    pub(super) subject_key_identifier: Option<&'a [u8]>,
    /// Whether names lead from here to an anchor at all.
    pub(super) leads_to_anchor: bool,
}

impl<'a> Node<'a> {
    pub(super) fn read(index: usize, der: &'a [u8]) -> Result<Self, Rejection> {
        let malformed = |part: &str| Rejection::Malformed {
            certificate: PresentedCertificate::new(index, &Certificate::describe(der)),
            part: part.into(),
        };
        let certificate =
            Certificate::from_der(der).map_err(|error| malformed(&error.to_string()))?;
        Ok(Self {
            index,
            certificate,
            der: CertificateDer::from(der),
            issuer: certificate
                .issuer()
                .contents()
                .ok_or_else(|| malformed("issuer"))?,
            subject: certificate
                .subject()
                .contents()
                .ok_or_else(|| malformed("subject"))?,
            authority_key_identifier: certificate.authority_key_identifier(),
            subject_key_identifier: certificate.subject_key_identifier(),
            leads_to_anchor: false,
        })
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    pub(super) fn presented_certificate(&self) -> PresentedCertificate {
        PresentedCertificate::new(self.index, &self.certificate)
    }

    pub(super) fn is_issuer_of(&self, certificate: &Self) -> bool {
        !self.subject.is_empty() && self.subject == certificate.issuer
    }
}

/// How the key identifiers of a certificate and a candidate issuer compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyMatch {
    Same,
    /// One of the two names no key.
    Unknown,
    Different,
}

impl KeyMatch {
    /// The order in which [`TrustStore::candidates`] gives its anchors, too.
    pub(super) const BEST_FIRST: [Self; 3] = [Self::Same, Self::Unknown, Self::Different];

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
        let mut others: Vec<Node<'a>> = others
            .iter()
            .zip(1..)
            .filter(|(der, _)| *der != leaf)
            .filter_map(|(der, index)| Node::read(index, der).ok())
            .collect();
        others.sort_by(|a, b| a.der.as_ref().cmp(b.der.as_ref()));
        others.dedup_by(|a, b| a.der == b.der);

        let mut presented = Self {
            leaf: Node::read(0, leaf)?,
            others,
        };
        presented.mark_what_leads_to_an_anchor(trust_store);
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

    /// Each certificate but the leaf.
    pub(super) fn others(&self) -> &[Node<'a>] {
        &self.others
    }

    /// The nodes whose name is that of the issuer of `certificate`, of one kind of key match.
    pub(super) fn issuers_of(&self, certificate: &Node<'a>, key_match: KeyMatch) -> Vec<usize> {
        self.issuers(certificate)
            .filter(|(_, issuer)| KeyMatch::of(certificate, issuer) == key_match)
            .map(|(node, _)| node)
            .collect()
    }

    /// Whether two nodes are one entity: the same name and the same key.
    pub(super) fn same_entity(&self, a: usize, b: usize) -> bool {
        match (self.node(a), self.node(b)) {
            (Some(a), Some(b)) => {
                a.subject == b.subject
                    && a.certificate.subject_public_key_info()
                        == b.certificate.subject_public_key_info()
            }
            _ => false,
        }
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
        (1..)
            .zip(&self.others)
            .filter(move |(_, issuer)| issuer.is_issuer_of(certificate))
    }

    fn mark_what_leads_to_an_anchor(&mut self, trust_store: &TrustStore) {
        for node in core::iter::once(&mut self.leaf).chain(&mut self.others) {
            node.leads_to_anchor = trust_store.has_subject(node.issuer);
        }
        // As many rounds as there are certificates: no path has more links.
        for _ in 0..=self.others.len() {
            for node in 0..=self.others.len() {
                let leads = self.node(node).is_some_and(|node| {
                    self.issuers(node)
                        .any(|(_, issuer)| issuer.leads_to_anchor)
                });
                match node.checked_sub(1) {
                    None => self.leaf.leads_to_anchor |= leads,
                    Some(other) => {
                        if let Some(other) = self.others.get_mut(other) {
                            other.leads_to_anchor |= leads;
                        }
                    }
                }
            }
        }
    }
}
