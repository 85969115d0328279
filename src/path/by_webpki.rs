//! What webpki makes of a path that keeps our own rules: it has the last word.

use pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};

use super::breadth::{MOST_COMPARISONS, Toll};
use super::check::{CandidatePath, invalid};
use super::presented::Node;
use super::signatures::Metered;
use crate::policy::{ChainFault, Rejection};
use crate::trust_store::TrustAnchor;
use crate::x509::Time;

impl CandidatePath<'_, '_> {
    /// What webpki refuses is never accepted.
    pub(super) fn check_by_webpki(
        &self,
        algorithms: &[Metered<'_>],
        now: Time,
    ) -> Result<(), Rejection> {
        let (Some((leaf, intermediates)), Some(now)) =
            (self.nodes.split_first(), now.to_unix_time())
        else {
            return Err(Rejection::Missing);
        };
        let intermediates: Vec<CertificateDer<'_>> = intermediates
            .iter()
            .map(|node| CertificateDer::from(node.der.as_ref()))
            .collect();
        verify(leaf, &intermediates, self.anchor, algorithms, now)
            .map_err(|error| self.rejection(&error))
    }

    /// What is left for webpki to find, in our words.
    fn rejection(&self, error: &webpki::Error) -> Rejection {
        let unreadable = self.unreadable_by_webpki(self.nodes.len());
        match (unreadable, self.nodes.first()) {
            (Some(rejection), _) => rejection,
            (None, Some(leaf)) => refused_by_webpki(leaf, error),
            (None, None) => Rejection::Missing,
        }
    }

    /// The first of the lowest `count` certificates that webpki cannot read: it comes before what is wrong
    /// with those above it. webpki reads all of a path that it accepts, so this is asked of others alone.
    pub(super) fn unreadable_by_webpki(&self, count: usize) -> Option<Rejection> {
        self.nodes
            .iter()
            .take(count)
            .find_map(|node| check_is_read_by_webpki(node).err())
    }

    /// What the path costs, if no more comparisons than an honest path has.
    pub(super) fn check_breadth(&self) -> Result<Toll, Rejection> {
        let anchor = self.anchor.webpki().name_constraints;
        let toll = Toll::of(self.nodes, anchor.as_deref());
        match self.nodes.first() {
            Some(leaf) if toll.comparisons > MOST_COMPARISONS => Err(Rejection::Malformed {
                certificate: leaf.presented_certificate(),
                part: format!(
                    "its names and those of its issuers make more than {MOST_COMPARISONS} \
                     comparisons with their name constraints"
                ),
            }),
            _ => Ok(toll),
        }
    }

    /// Whether no name repeats more often than it does where a CA has rolled over its key twice.
    pub(super) fn check_names_that_repeat(&self) -> Result<(), Rejection> {
        const MOST_OF_ONE_NAME: usize = 3;
        let repeats = |node: &Node<'_>| {
            let same = self
                .nodes
                .iter()
                .filter(|other| other.has_name_of(node));
            same.count() > MOST_OF_ONE_NAME
        };
        match self.nodes.len() > MOST_OF_ONE_NAME
            && self
                .nodes
                .iter()
                .any(|node| repeats(node))
        {
            true => Err(self.rejected(ChainFault::NotFollowed)),
            false => Ok(()),
        }
    }
}

fn refused_by_webpki(node: &Node<'_>, error: &webpki::Error) -> Rejection {
    let fault = match error {
        webpki::Error::CaUsedAsEndEntity => ChainFault::LeafIsCa,
        webpki::Error::NameConstraintViolation => ChainFault::NameConstraint,
        webpki::Error::PathLenConstraintViolated => ChainFault::PathLength,
        webpki::Error::UnsupportedCriticalExtension => ChainFault::UnhandledCriticalExtension,
        // All signatures of this path hold: webpki chose another, by names that repeat.
        webpki::Error::InvalidSignatureForPublicKey | webpki::Error::UnknownIssuer => {
            ChainFault::NotFollowed
        }
        other => ChainFault::Other(other.to_string()),
    };
    invalid(node, fault)
}

pub(super) fn check_is_read_by_webpki(node: &Node<'_>) -> Result<(), Rejection> {
    match node.unreadable_by_webpki() {
        None => Ok(()),
        Some(error) => Err(refused_by_webpki(node, error)),
    }
}

fn verify(
    leaf: &Node<'_>,
    intermediates: &[CertificateDer<'_>],
    anchor: TrustAnchor<'_>,
    algorithms: &[Metered<'_>],
    now: UnixTime,
) -> Result<(), webpki::Error> {
    let anchors = [anchor.webpki()];
    let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = algorithms
        .iter()
        .map(|algorithm| {
            let algorithm: &dyn SignatureVerificationAlgorithm = algorithm;
            algorithm
        })
        .collect();
    let leaf = webpki::EndEntityCert::try_from(&leaf.der)?;
    let path = leaf.verify_for_usage(
        &algorithms,
        &anchors,
        intermediates,
        now,
        webpki::KeyUsage::client_auth(),
        None,
        None,
    )?;
    // With a name that occurs twice webpki could leave the path it was given; ours was checked.
    let is_our_path = path
        .intermediate_certificates()
        .map(|certificate| certificate.der())
        .eq(intermediates.iter().cloned());
    match is_our_path {
        true => Ok(()),
        false => Err(webpki::Error::UnknownIssuer),
    }
}
