//! Finding a path from the leaf to a trust anchor, and checking it.
//!
//! Finding is done by names and key identifiers, without signatures; of a path found, signatures
//! are verified from the anchor down, then the rules are applied, and webpki has the last word.
//! Candidates are tried in an order that depends on the certificates alone, not on the order in
//! which they were presented, so that neither verdict nor reason does.

mod breadth;
mod by_webpki;
mod check;
mod open_links;
mod pinned;
mod presented;
mod profile;
mod reasons;
mod revoked;
mod signatures;
mod survey;
mod trace;

use core::ops::ControlFlow;
use std::sync::Arc;

use breadth::Checks;
use check::CandidatePath;
use open_links::OpenLinks;
use presented::{Node, Presented};
pub(crate) use reasons::rejection_distance;
use reasons::{unsupported_algorithm, untrusted};
pub(crate) use signatures::{Algorithms, Signed, SignedData, verify};
use signatures::{Metered, Signatures, signed_by};
pub(crate) use survey::{Candidate, MOST_NAMES, Surveyed, Who, first_place_of, survey};
pub(crate) use trace::{Outcome as TriedOutcome, Trace, TriedPath};

use crate::policy::Rejection;
use crate::revocation::{DenyList, OnUnknown, Revocation, RevocationStatus};
use crate::signature_cache::Facts;
use crate::trust_store::{Anchor, TrustAnchor, TrustStore};
use crate::x509::Time;

/// What a verdict is made of, beside the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) trust_store: &'a TrustStore,
    pub(crate) algorithms: Algorithms,
    pub(crate) facts: Option<&'a Facts>,
    /// Whether what is found to be true may be kept there, once the chain is accepted.
    pub(crate) keeps_facts: bool,
    pub(crate) rules: Rules,
    pub(crate) revocation: Option<&'a Revocation>,
    pub(crate) deny: &'a DenyList,
    /// How many certificates a path may have, the anchor not counted.
    pub(crate) max_certificates: usize,
    pub(crate) now: Time,
}

impl Question<'_> {
    /// How many signatures a verdict may verify.
    fn verifications(&self) -> usize {
        self.max_certificates
            .saturating_mul(VERIFICATIONS_PER_CERTIFICATE)
    }
}

/// The options of a policy.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) allow_expired_anchors: bool,
    pub(crate) allow_expired_pinned_leaves: bool,
    pub(crate) ignore_expiry: bool,
    pub(crate) require_client_auth_eku: bool,
    pub(crate) require_rfc5280_profile: bool,
}

/// A path that holds.
pub(crate) struct Path {
    /// Places in the order presented: the leaf, then each issuer of the one before.
    pub(crate) certificates: Vec<usize>,
    /// `None` for a pinned leaf, which needs none.
    pub(crate) anchor: Option<Arc<Anchor>>,
    /// The last instant at which all certificates are valid, and the lists proof.
    pub(crate) holds_until: Time,
    /// Of each certificate.
    pub(crate) statuses: Vec<RevocationStatus>,
    /// Whether a status was left for later: it is no verdict then.
    pub(crate) is_provisional: bool,
}

/// Signature verifications for each certificate of the longest path allowed.
const VERIFICATIONS_PER_CERTIFICATE: usize = 5;

/// Finds a path from the first of `certificates` to an anchor, and checks it; a pinned leaf needs none.
/// `trace` learns what was tried.
pub(crate) fn find(
    certificates: &[&[u8]],
    question: &Question<'_>,
    on_unknown: &mut OnUnknown<'_>,
    trace: Option<&mut Trace>,
) -> Result<Path, Rejection> {
    let leaf = certificates
        .first()
        .ok_or(Rejection::Missing)?;
    if let Some(validity) = question.trust_store.pinned(leaf) {
        return pinned::judge(leaf, validity, question);
    }
    let presented = Presented::read(certificates, question.trust_store)?;
    let budget = question.verifications();
    let signatures = Signatures::new(
        question.algorithms,
        budget,
        question.facts,
        presented.leaf_tbs(),
    );
    let metered = signatures.metered(presented.signature_algorithms());
    let mut search = Search {
        question,
        presented: &presented,
        signatures: &signatures,
        metered: &metered,
        on_unknown,
        trace,
        path: presented.path_of_leaf(),
        wrong_links: Vec::new(),
        open_links: OpenLinks::of(&presented),
        paths_left: budget,
        checks: Checks::new(),
        has_passed_over: false,
        nearest: None,
    };
    match search.extend() {
        ControlFlow::Break(Outcome::Found(path)) => {
            // A status that is left for later is no verdict.
            if question.keeps_facts && !path.is_provisional {
                signatures.keep(presented.tbs_of(&path.certificates));
            }
            Ok(path)
        }
        ControlFlow::Break(Outcome::TooCostly) => Err(match search.nearest {
            // Who is revoked on a path that holds is told so, whatever other paths there may be; and of so many
            // paths that all but hold, one says enough.
            Some(revoked @ Rejection::Revoked { .. }) => revoked,
            Some(nearest) if search.has_passed_over => nearest,
            _ => Rejection::TooCostly { signatures: budget },
        }),
        ControlFlow::Break(Outcome::TooManyChecks) | ControlFlow::Continue(()) => {
            Err(search.rejection())
        }
    }
}

enum Outcome {
    Found(Path),
    TooCostly,
    TooManyChecks,
}

/// Who may have issued a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Issuer {
    Anchor(usize),
    Presented(usize),
}

/// A certificate and an issuer whose key did not sign it, as far as is known.
#[derive(Clone, Copy, Debug)]
struct WrongLink {
    certificate: usize,
    issuer: Issuer,
    signed: Signed,
}

struct Search<'s, 'a, 'f> {
    question: &'s Question<'a>,
    on_unknown: &'s mut OnUnknown<'f>,
    trace: Option<&'s mut Trace>,
    presented: &'s Presented<'a>,
    signatures: &'s Signatures<'s>,
    metered: &'s [Metered<'s>],
    /// Nodes from the leaf upwards.
    path: Vec<usize>,
    wrong_links: Vec<WrongLink>,
    /// All others.
    open_links: OpenLinks,
    /// How many complete paths may still be looked at.
    paths_left: usize,
    checks: Checks,
    /// Whether a path was not checked, since it would have cost too much.
    has_passed_over: bool,
    /// Of the paths that lead to an anchor, what is wrong with the one that is nearest to holding.
    nearest: Option<Rejection>,
}

impl<'a> Search<'_, 'a, '_> {
    /// Tries everything above the last node of the path, best match first.
    fn extend(&mut self) -> ControlFlow<Outcome> {
        let Some(last) = self.path.last().copied() else {
            return ControlFlow::Continue(());
        };
        let Some(node) = self.presented.node(last) else {
            return ControlFlow::Continue(());
        };
        if !self
            .open_links
            .lead_to_anchor_from(last)
        {
            return ControlFlow::Continue(());
        }
        let anchors = self
            .question
            .trust_store
            .candidates(node.anchors.clone(), node.authority_key_identifier);
        for (anchors, issuers) in anchors.into_iter().zip(node.issuers) {
            for anchor in anchors {
                self.try_anchor(anchor)?;
            }
            for issuer in issuers.iter() {
                self.try_intermediate(last, issuer)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn try_intermediate(&mut self, certificate: usize, issuer: usize) -> ControlFlow<Outcome> {
        let is_loop = self.path.iter().any(|node| {
            self.presented
                .same_entity(*node, issuer)
        });
        if is_loop
            || self
                .wrong_link(certificate, Issuer::Presented(issuer))
                .is_some()
            || self.path.len() >= self.question.max_certificates
        {
            return ControlFlow::Continue(());
        }
        self.path.push(issuer);
        let outcome = self.extend();
        self.path.pop();
        outcome
    }

    /// Whether an intermediate of the path is the anchor itself, by name and key: the path that ends below it is as
    /// good, and is tried as well.
    fn holds(&self, anchor: TrustAnchor<'_>) -> bool {
        self.path.iter().skip(1).any(|node| {
            self.presented
                .node(*node)
                .is_some_and(|node| {
                    node.subject == &*anchor.webpki().subject
                        && node
                            .certificate
                            .subject_public_key_info()
                            == anchor.subject_public_key_info()
                })
        })
    }

    fn try_anchor(&mut self, anchor: usize) -> ControlFlow<Outcome> {
        let Some(trust_anchor) = self.question.trust_store.anchor(anchor) else {
            return ControlFlow::Continue(());
        };
        let Some(paths_left) = self.paths_left.checked_sub(1) else {
            return ControlFlow::Break(Outcome::TooCostly);
        };
        self.paths_left = paths_left;
        if self.holds(TrustAnchor::new(trust_anchor)) {
            return ControlFlow::Continue(());
        }
        let mut nodes: Vec<&Node<'a>> = Vec::with_capacity(self.path.len());
        let path = self.path.iter();
        nodes.extend(path.filter_map(|node| self.presented.node(*node)));

        if let Some(wrong) = self.first_wrong_link(&nodes, anchor, trust_anchor) {
            let is_exhausted = self.signatures.exhausted();
            let place = self.presented.place(wrong.certificate);
            self.note(&nodes, trust_anchor, || {
                match (is_exhausted, wrong.signed) {
                    (true, _) => TriedOutcome::OutOfBudget,
                    (false, Signed::Unsupported) => TriedOutcome::Unsupported(place),
                    (false, _) => TriedOutcome::WrongKey(place),
                }
            });
            return match is_exhausted {
                true => ControlFlow::Break(Outcome::TooCostly),
                false => ControlFlow::Continue(()),
            };
        }
        let candidate = CandidatePath {
            nodes: &nodes,
            anchor: TrustAnchor::new(trust_anchor),
            presented: self.presented,
        };
        let verdict = candidate.check(
            self.question,
            self.metered,
            self.on_unknown,
            &mut self.checks,
        );
        let is_too_dear = matches!(verdict, Err(Rejection::TooCostly { .. }));
        self.has_passed_over |= is_too_dear;
        let is_exhausted = self.signatures.exhausted();
        self.note(&nodes, trust_anchor, || match &verdict {
            Ok(_) => TriedOutcome::Holds,
            Err(_) if is_exhausted || is_too_dear => TriedOutcome::OutOfBudget,
            Err(rejection) => TriedOutcome::Refused(rejection.clone()),
        });
        match verdict {
            Ok(verdict) => ControlFlow::Break(Outcome::Found(Path {
                certificates: places(&nodes),
                anchor: Some(trust_anchor.clone()),
                holds_until: verdict.holds_until,
                statuses: verdict.statuses,
                is_provisional: verdict.is_provisional,
            })),
            Err(_) if is_exhausted => ControlFlow::Break(Outcome::TooCostly),
            Err(_) if is_too_dear && self.checks.are_used_up() => {
                ControlFlow::Break(Outcome::TooManyChecks)
            }
            // Another may cost less.
            Err(_) if is_too_dear => ControlFlow::Continue(()),
            Err(rejection) => {
                self.remember(rejection);
                ControlFlow::Continue(())
            }
        }
    }

    /// Verifies the signatures of a path from the anchor down: what a client made up itself is
    /// found out with the first of them. Returns the first that does not hold.
    fn first_wrong_link(
        &mut self,
        nodes: &[&Node<'a>],
        anchor: usize,
        trust_anchor: &Anchor,
    ) -> Option<WrongLink> {
        let mut issuer = Issuer::Anchor(anchor);
        let mut issuer_key = TrustAnchor::new(trust_anchor).subject_public_key_info();
        for (node, certificate) in nodes.iter().zip(&self.path).rev() {
            let known = self.wrong_link(*certificate, issuer);
            if known.is_some() {
                return known;
            }
            let signed = signed_by(self.metered, &node.certificate, issuer_key);
            if signed != Signed::ByThisKey {
                if signed == Signed::Unsupported && self.nearest.is_none() {
                    self.nearest = Some(unsupported_algorithm(node));
                }
                let wrong = WrongLink {
                    certificate: *certificate,
                    issuer,
                    signed,
                };
                self.wrong_links.push(wrong);
                self.open_links
                    .close(self.presented, *certificate, issuer);
                return Some(wrong);
            }
            issuer = Issuer::Presented(*certificate);
            issuer_key = node
                .certificate
                .subject_public_key_info();
        }
        None
    }

    fn wrong_link(&self, certificate: usize, issuer: Issuer) -> Option<WrongLink> {
        self.wrong_links
            .iter()
            .find(|link| link.certificate == certificate && link.issuer == issuer)
            .copied()
    }

    fn note(
        &mut self,
        nodes: &[&Node<'a>],
        anchor: &Arc<Anchor>,
        outcome: impl FnOnce() -> TriedOutcome,
    ) {
        if let Some(trace) = &mut self.trace {
            trace.tried.push(TriedPath {
                certificates: places(nodes),
                anchor: anchor.clone(),
                outcome: outcome(),
            });
        }
    }

    fn remember(&mut self, rejection: Rejection) {
        let is_nearer = self
            .nearest
            .as_ref()
            .is_none_or(|nearest| rejection_distance(&rejection) < rejection_distance(nearest));
        if is_nearer {
            self.nearest = Some(rejection);
        }
    }

    /// The reason where no path holds: what is wrong with the nearest one, or else the place where
    /// the search for an anchor came to an end.
    fn rejection(self) -> Rejection {
        if let Some(nearest) = self.nearest {
            return nearest;
        }
        let wrong_key = self
            .wrong_links
            .first()
            .and_then(|link| self.presented.node(link.certificate));
        match wrong_key {
            Some(node) => untrusted(node, true),
            None => untrusted(self.presented.dead_end(), false),
        }
    }
}

/// Places in the order presented.
fn places(nodes: &[&Node<'_>]) -> Vec<usize> {
    nodes
        .iter()
        .map(|node| node.index)
        .collect()
}
