//! For a report: what is wrong with each presented certificate by itself, and who may have issued it.

use std::sync::Arc;

use super::Question;
use super::check::{check_dates_of_anchor, faults_alone};
use super::presented::{Node, unreadable};
use super::profile::Role;
use super::signatures::{Metered, Signatures, Signed, signed_by};
use crate::policy::Rejection;
use crate::trust_store::{Anchor, TrustAnchor};
use crate::x509::Name;

/// What was found out about one presented certificate.
#[derive(Default)]
pub(crate) struct Surveyed {
    /// Why it cannot be read, if it cannot.
    pub(crate) unreadable: Option<Rejection>,
    /// The first place of the same octets, if that is another.
    pub(crate) same_as: Option<usize>,
    /// Whether it is an anchor itself.
    pub(crate) is_anchor: bool,
    /// All that it breaks by itself.
    pub(crate) faults: Vec<Rejection>,
    /// Of the name of its issuer, best match first; behind them those whose name only looks like it, or
    /// whose key identifier is the one that is looked for.
    pub(crate) candidates: Vec<Candidate>,
    /// How many more of that name there are.
    pub(crate) left_out: usize,
}

/// A certificate that may have issued another.
pub(crate) struct Candidate {
    pub(crate) who: Who,
    /// How its name differs from the issuer's, if it does.
    pub(crate) name_difference: Option<String>,
    pub(crate) key_identifiers_differ: bool,
    /// `None` if the budget of signature verifications was used up before.
    pub(crate) signed: Option<Signed>,
    /// What it breaks by itself as an issuer.
    pub(crate) fault: Option<Rejection>,
}

#[derive(Clone)]
pub(crate) enum Who {
    /// The place in the order presented.
    Presented(usize),
    Anchor(Arc<Anchor>),
}

/// Surveys each of `certificates`, in their order. It verifies at most as many signatures as a verdict does,
/// and looks at the names of at most [`MOST_NAMES`] anchors.
pub(crate) fn survey(certificates: &[&[u8]], question: &Question<'_>) -> Vec<Surveyed> {
    let read: Vec<Result<Node<'_>, Rejection>> = certificates
        .iter()
        .enumerate()
        .map(|(index, der)| {
            Node::read(index, der, question.trust_store)
                .map_err(|error| unreadable(index, der, error))
        })
        .collect();
    let unreadable: Vec<Option<Rejection>> = read
        .iter()
        .map(|node| node.as_ref().err().cloned())
        .collect();
    let nodes: Vec<Option<Node<'_>>> = read
        .into_iter()
        .map(Result::ok)
        .collect();
    let mut surveyed: Vec<Surveyed> = nodes
        .iter()
        .zip(unreadable)
        .enumerate()
        .map(|(index, (node, unreadable))| Surveyed {
            unreadable,
            same_as: first_place_of(index, certificates),
            is_anchor: node
                .as_ref()
                .is_some_and(|node| is_anchor(node, question)),
            faults: node
                .as_ref()
                .map_or_else(Vec::new, |node| {
                    let role = match index {
                        0 => Role::Leaf,
                        _ => Role::Issuer,
                    };
                    faults_alone(node, question, role)
                }),
            ..Surveyed::default()
        })
        .collect();
    find_candidates(&nodes, &mut surveyed, question);

    let signatures = Signatures::new(question.algorithms, question.verifications(), None, &[]);
    let readable = nodes.iter().flatten();
    let metered = signatures.metered(readable.map(|node| node.certificate.signature_algorithm()));
    // Those of the right name are more telling, should the budget not do for all.
    for of_right_name in [true, false] {
        for (node, surveyed) in nodes.iter().zip(&mut surveyed) {
            let Some(node) = node else { continue };
            for candidate in &mut surveyed.candidates {
                if candidate.name_difference.is_none() == of_right_name {
                    candidate.signed = signed(node, &candidate.who, &nodes, &metered);
                    if signatures.exhausted() {
                        candidate.signed = None;
                    }
                }
            }
        }
    }
    surveyed
}

/// The first place of the octets that stand at `index`, if that is another.
pub(crate) fn first_place_of(index: usize, certificates: &[&[u8]]) -> Option<usize> {
    certificates
        .iter()
        .position(|der| certificates.get(index) == Some(der))
        .filter(|first| *first != index)
}

/// Looks at no more anchors of its name and key than an honest store has.
fn is_anchor(node: &Node<'_>, question: &Question<'_>) -> bool {
    let store = question.trust_store;
    store
        .candidates(store.named(node.subject), node.subject_key_identifier)
        .into_iter()
        .flatten()
        .take(64)
        .filter_map(|place| store.anchor(place))
        .any(|anchor| anchor.der == node.der)
}

/// Candidates of one name that are told, from each of chain and store.
const MOST_CANDIDATES: usize = 8;

/// Candidates of another name that are told.
const MOST_OF_OTHER_NAMES: usize = 4;

/// Anchors whose name is looked at.
pub(crate) const MOST_NAMES: usize = 1_000;

fn find_candidates(nodes: &[Option<Node<'_>>], surveyed: &mut [Surveyed], question: &Question<'_>) {
    for (node, surveyed_node) in nodes.iter().zip(&mut *surveyed) {
        let Some(node) = node
            .as_ref()
            .filter(|_| surveyed_node.same_as.is_none())
        else {
            continue;
        };
        let candidates = &mut surveyed_node.candidates;
        let anchors = question
            .trust_store
            .candidates(node.anchors.clone(), node.authority_key_identifier);
        let mut anchors = anchors.into_iter().flatten();
        candidates.extend(
            anchors
                .by_ref()
                .take(MOST_CANDIDATES)
                .filter_map(|place| question.trust_store.anchor(place))
                .map(|anchor| of_anchor(node, anchor, question)),
        );
        let mut presented = others(nodes, node).filter(|issuer| issuer.is_issuer_of(node));
        candidates.extend(
            presented
                .by_ref()
                .take(MOST_CANDIDATES)
                .map(|issuer| of_presented(node, issuer, question)),
        );
        surveyed_node.left_out = anchors.count() + presented.count();
    }
    find_other_names(nodes, surveyed, question);
}

/// Those whose name is another, and whose key identifier is the one that is looked for or whose name looks
/// alike.
fn find_other_names(
    nodes: &[Option<Node<'_>>],
    surveyed: &mut [Surveyed],
    question: &Question<'_>,
) {
    let wanted: Vec<Option<String>> = nodes
        .iter()
        .map(|node| {
            node.as_ref()?
                .certificate
                .issuer()
                .folded()
        })
        .collect();
    let is_alike = |node: &Node<'_>,
                    wanted: &Option<String>,
                    identifier: Option<&[u8]>,
                    folded: &Option<String>| {
        let is_same_key = identifier.is_some() && identifier == node.authority_key_identifier;
        is_same_key || folded.is_some() && folded == wanted
    };
    let has_room = |surveyed: &Surveyed| {
        let others = surveyed
            .candidates
            .iter()
            .filter(|candidate| candidate.name_difference.is_some());
        surveyed.same_as.is_none() && others.count() < MOST_OF_OTHER_NAMES
    };
    for ((node, wanted), surveyed) in nodes
        .iter()
        .zip(&wanted)
        .zip(&mut *surveyed)
    {
        let Some(node) = node else { continue };
        for issuer in others(nodes, node).filter(|issuer| !issuer.is_issuer_of(node)) {
            let folded = issuer.certificate.subject().folded();
            if is_alike(node, wanted, issuer.subject_key_identifier, &folded) && has_room(surveyed)
            {
                surveyed
                    .candidates
                    .push(of_presented(node, issuer, question));
            }
        }
    }
    for place in 0..MOST_NAMES {
        let Some(anchor) = question.trust_store.anchor(place) else {
            break;
        };
        let certificate = TrustAnchor::new(anchor).certificate();
        let subject = certificate.subject().contents();
        let folded = certificate.subject().folded();
        for ((node, wanted), surveyed) in nodes
            .iter()
            .zip(&wanted)
            .zip(&mut *surveyed)
        {
            let Some(node) = node else { continue };
            let has_its_name = subject == Some(node.issuer);
            if !has_its_name
                && is_alike(node, wanted, certificate.subject_key_identifier(), &folded)
                && has_room(surveyed)
            {
                surveyed
                    .candidates
                    .push(of_anchor(node, anchor, question));
            }
        }
    }
}

/// The other certificates that are presented, each once; never the leaf, which is nobody's issuer.
fn others<'n, 'a>(
    nodes: &'n [Option<Node<'a>>],
    node: &'n Node<'a>,
) -> impl Iterator<Item = &'n Node<'a>> {
    nodes
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(index, issuer)| {
            let is_repeated = nodes
                .iter()
                .take(*index)
                .flatten()
                .any(|before| {
                    Some(&before.der)
                        == issuer
                            .as_ref()
                            .map(|issuer| &issuer.der)
                });
            !is_repeated
        })
        .filter_map(|(_, issuer)| issuer.as_ref())
        .filter(|issuer| issuer.der != node.der)
}

fn of_presented(node: &Node<'_>, issuer: &Node<'_>, question: &Question<'_>) -> Candidate {
    Candidate {
        who: Who::Presented(issuer.index),
        name_difference: name_difference(node, issuer.certificate.subject()),
        key_identifiers_differ: differ(node, issuer.subject_key_identifier),
        signed: None,
        fault: faults_alone(issuer, question, Role::Issuer)
            .into_iter()
            .next(),
    }
}

fn of_anchor(node: &Node<'_>, anchor: &Arc<Anchor>, question: &Question<'_>) -> Candidate {
    let trust_anchor = TrustAnchor::new(anchor);
    let certificate = trust_anchor.certificate();
    let fault = match question.rules.allow_expired_anchors {
        true => None,
        false => check_dates_of_anchor(trust_anchor, question.now).err(),
    };
    Candidate {
        who: Who::Anchor(anchor.clone()),
        name_difference: name_difference(node, certificate.subject()),
        key_identifiers_differ: differ(node, certificate.subject_key_identifier()),
        signed: None,
        fault,
    }
}

fn name_difference(node: &Node<'_>, subject: Name<'_>) -> Option<String> {
    subject.difference(&node.certificate.issuer())
}

fn differ(node: &Node<'_>, subject_key_identifier: Option<&[u8]>) -> bool {
    node.authority_key_identifier
        .zip(subject_key_identifier)
        .is_some_and(|(wanted, found)| wanted != found)
}

fn signed(
    node: &Node<'_>,
    who: &Who,
    nodes: &[Option<Node<'_>>],
    algorithms: &[Metered<'_>],
) -> Option<Signed> {
    let key = match who {
        Who::Anchor(anchor) => TrustAnchor::new(anchor).subject_public_key_info(),
        Who::Presented(index) => nodes
            .get(*index)?
            .as_ref()?
            .certificate
            .subject_public_key_info(),
    };
    Some(signed_by(algorithms, &node.certificate, key))
}
