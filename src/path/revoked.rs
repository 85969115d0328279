//! Whether a certificate of a path is revoked: the host's deny list, and the lists of its CAs.

use super::Question;
use super::check::CandidatePath;
use super::presented::Node;
use super::signatures::{Metered, Signed, signed_by};
use crate::policy::{Rejection, name_text};
use crate::revocation::{
    DenyList, Finding, Inquiry, OnUnknown, Place, RevocationDepth, RevocationStatus, RevokedBy,
    Settlement, UnknownCause, UnknownStatus, Unsettled, Why,
};
use crate::x509::{Certificate, Time};

/// What is known of the certificates of a path.
pub(super) struct Statuses {
    pub(super) statuses: Vec<RevocationStatus>,
    /// The last instant at which the lists are proof of it, if they are only for a time.
    pub(super) until: Option<Time>,
    /// Whether a status was left for later.
    pub(super) is_provisional: bool,
}

/// Whether the lists are asked for the status of the certificate at `depth`.
pub(super) fn is_asked_for(question: &Question<'_>, depth: usize) -> bool {
    question
        .revocation
        .is_some_and(|revocation| depth == 0 || revocation.depth == RevocationDepth::Path)
}

/// Refuses what the host denies, whoever trusts it.
pub(super) fn check_deny_list(
    path: &CandidatePath<'_, '_>,
    deny: &DenyList,
) -> Result<(), Rejection> {
    if deny.is_empty() {
        return Ok(());
    }
    for node in path.nodes {
        if let Some(by) = node.denied_by(deny) {
            return Err(revoked(node, by.clone()));
        }
    }
    match (deny.holds_anchor(path.anchor), path.nodes.last()) {
        (true, Some(top)) => Err(revoked(
            top,
            RevokedBy::DeniedAnchor {
                anchor: name_text(path.anchor.subject()),
            },
        )),
        _ => Ok(()),
    }
}

/// Asks the lists for the status of each certificate, and, where they do not say, whom the policy
/// names. A certificate that is revoked comes before one whose status is unknown.
pub(super) fn check(
    path: &CandidatePath<'_, '_>,
    question: &Question<'_>,
    algorithms: &[Metered<'_>],
    on_unknown: &mut OnUnknown<'_>,
) -> Result<Statuses, Rejection> {
    let mut found = Statuses {
        statuses: Vec::with_capacity(path.nodes.len()),
        until: None,
        is_provisional: false,
    };
    let Some(revocation) = question.revocation else {
        found
            .statuses
            .resize(path.nodes.len(), RevocationStatus::NotChecked);
        return Ok(found);
    };
    let certificates: Vec<Certificate<'_>> = path
        .nodes
        .iter()
        .map(|node| node.certificate)
        .chain([path.anchor.certificate()])
        .collect();
    let asks_lists = revocation.depth == RevocationDepth::Path;
    let beside: Vec<&Place<'_>> = path
        .presented
        .others()
        .iter()
        .filter(|other| {
            path.nodes
                .iter()
                .all(|node| node.der != other.der)
        })
        .filter(|other| may_sign_lists(other, question.now, asks_lists))
        .map(Node::place)
        .collect();
    let inquiry = Inquiry {
        revocation,
        algorithms: question.algorithms,
        now: question.now,
        beside: &beside,
        is_signed_by: &|certificate, issuer| {
            signed_by(algorithms, certificate, issuer.subject_public_key_info())
                == Signed::ByThisKey
        },
    };
    let mut open: Vec<(usize, Open)> = Vec::new();
    for (depth, node) in path.nodes.iter().enumerate() {
        if !is_asked_for(question, depth) {
            found
                .statuses
                .push(RevocationStatus::NotChecked);
            continue;
        }
        let above = certificates
            .get(depth + 1..)
            .unwrap_or_default();
        let status = match inquiry.status(node.place(), above) {
            Finding::Good { list, until } => {
                found.until = Time::earlier(found.until, until);
                RevocationStatus::Good { list }
            }
            Finding::Revoked(by) if revocation.leaves_revoked_to_host => {
                open.push((depth, Open::Revoked(by.clone())));
                RevocationStatus::Overridden { by }
            }
            Finding::Revoked(by) => return Err(revoked(node, by)),
            Finding::Unknown(cause) if revocation.on_unknown == UnknownStatus::Allow => {
                RevocationStatus::Unknown { cause }
            }
            Finding::Unknown(cause) => {
                open.push((depth, Open::Unknown(cause.clone())));
                RevocationStatus::Settled { cause }
            }
        };
        found.statuses.push(status);
    }
    let is_refused = |open: &(usize, Open)| matches!(open.1, Open::Unknown(_));
    if revocation.on_unknown == UnknownStatus::Refuse && open.iter().any(is_refused) {
        return refuse(path, open, false).map(|()| found);
    }
    match on_unknown {
        OnUnknown::Ask(ask) => {
            let unsettled = settle(&certificates, path, open, ask)?;
            refuse(path, unsettled, false)?;
        }
        // The statuses are not for anybody to see yet.
        OnUnknown::Postpone => found.is_provisional = !open.is_empty(),
        OnUnknown::Refuse => refuse(path, open, true)?,
    }
    Ok(found)
}

/// What the lists do not say, or say and leave to the host.
enum Open {
    Revoked(RevokedBy),
    Unknown(UnknownCause),
}

/// Has the host say what becomes of each certificate, all of them, so that it can gather the questions.
/// Returns what it does not know either.
fn settle(
    certificates: &[Certificate<'_>],
    path: &CandidatePath<'_, '_>,
    open: Vec<(usize, Open)>,
    ask: &mut dyn FnMut(Unsettled<'_>) -> Settlement,
) -> Result<Vec<(usize, Open)>, Rejection> {
    let mut is_revoked = None;
    let mut unsettled = Vec::new();
    for (depth, open) in open {
        let (Some(certificate), Some(issuer), Some(node)) = (
            certificates.get(depth),
            certificates.get(depth + 1),
            path.nodes.get(depth),
        ) else {
            return Err(Rejection::Missing);
        };
        let why = match &open {
            Open::Revoked(by) => Why::Revoked(by),
            Open::Unknown(cause) => Why::Unknown(cause),
        };
        match (ask(Unsettled::new(*certificate, *issuer, why)), open) {
            (Settlement::Good, _) => {}
            (Settlement::Revoked, Open::Unknown(_)) => {
                is_revoked = is_revoked.or(Some((*node, RevokedBy::Host)));
            }
            (Settlement::Revoked, Open::Revoked(by)) => {
                is_revoked = is_revoked.or(Some((*node, by)));
            }
            (Settlement::Unknown, open) => unsettled.push((depth, open)),
        }
    }
    match is_revoked {
        Some((node, by)) => Err(revoked(node, by)),
        None => Ok(unsettled),
    }
}

/// Refuses what is open: a certificate that is revoked before one whose status is unknown, and of each
/// the lowest.
fn refuse(
    path: &CandidatePath<'_, '_>,
    open: Vec<(usize, Open)>,
    left_to_host: bool,
) -> Result<(), Rejection> {
    let first = open
        .into_iter()
        .min_by_key(|(depth, open)| (matches!(open, Open::Unknown(_)), *depth));
    let Some((depth, open)) = first else {
        return Ok(());
    };
    let node = path
        .nodes
        .get(depth)
        .ok_or(Rejection::Missing)?;
    Err(match open {
        Open::Revoked(by) => revoked(node, by),
        Open::Unknown(cause) => Rejection::RevocationUnknown {
            certificate: node.presented_certificate(),
            cause,
            left_to_host,
        },
    })
}

/// Whether a certificate beside the path can be one for signing lists. Where its own status is not asked
/// for, where its lists are is not enforced.
fn may_sign_lists(node: &Node<'_>, now: Time, asks_lists: bool) -> bool {
    let certificate = &node.certificate;
    certificate.version() == 3
        && certificate
            .validity()
            .is_some_and(|validity| validity.contains(now))
        && node
            .extensions
            .key_usage()
            .is_ok_and(|usage| usage.is_some_and(|usage| usage.crl_sign()))
        && node
            .extensions
            .fault(asks_lists)
            .is_none()
}

fn revoked(node: &Node<'_>, by: RevokedBy) -> Rejection {
    Rejection::Revoked {
        certificate: node.presented_certificate(),
        by,
    }
}
