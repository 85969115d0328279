//! Whether a certificate of a path is revoked: the host's deny list, and the lists of its CAs.

use super::Question;
use super::check::{CandidatePath, check_extensions};
use super::presented::Node;
use super::signatures::{Metered, Signed, signed_by};
use crate::policy::{Rejection, name_text};
use crate::revocation::{
    DenyList, Finding, Inquiry, OnUnknown, RevocationDepth, RevocationStatus, RevokedBy,
    Settlement, UnknownCause, UnknownStatus, Unsettled,
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
    for node in path.nodes {
        if let Some(by) = deny.find(&node.certificate) {
            return Err(revoked(node, by));
        }
    }
    match (deny.find(&path.anchor.certificate()), path.nodes.last()) {
        (Some(_), Some(top)) => Err(revoked(
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
    let beside: Vec<Certificate<'_>> = path
        .presented
        .others()
        .iter()
        .filter(|other| {
            path.nodes
                .iter()
                .all(|node| node.der != other.der)
        })
        .filter(|other| may_sign_lists(other, question.now, asks_lists))
        .map(|node| node.certificate)
        .collect();
    let inquiry = Inquiry {
        revocation,
        algorithms: question.algorithms,
        now: question.now,
        beside: &beside,
        is_signed_by: &|certificate, issuer| {
            signed_by(algorithms, certificate, issuer) == Signed::ByThisKey
        },
    };
    let mut unknown: Vec<(usize, UnknownCause)> = Vec::new();
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
        found
            .statuses
            .push(match inquiry.status(&node.certificate, above) {
                Finding::Good { list, until } => {
                    found.until = Time::earlier(found.until, until);
                    RevocationStatus::Good { list }
                }
                Finding::Revoked(by) => return Err(revoked(node, by)),
                Finding::Unknown(cause) => {
                    unknown.push((depth, cause.clone()));
                    RevocationStatus::Unknown { cause }
                }
            });
    }
    match revocation.on_unknown {
        UnknownStatus::Allow => {}
        UnknownStatus::LeaveToHost => settle(&certificates, path, unknown, &mut found, on_unknown)?,
        UnknownStatus::Refuse => refuse_first(path, unknown, false)?,
    }
    Ok(found)
}

/// Has the host say what the lists do not. It is asked about each certificate, so that it can gather
/// the questions.
fn settle(
    certificates: &[Certificate<'_>],
    path: &CandidatePath<'_, '_>,
    unknown: Vec<(usize, UnknownCause)>,
    found: &mut Statuses,
    on_unknown: &mut OnUnknown<'_>,
) -> Result<(), Rejection> {
    let ask = match on_unknown {
        OnUnknown::Ask(ask) => ask,
        OnUnknown::Postpone => {
            found.is_provisional = !unknown.is_empty();
            return Ok(());
        }
        OnUnknown::Refuse => return refuse_first(path, unknown, true),
    };
    let mut is_revoked_at = None;
    let mut unsettled = Vec::new();
    for (depth, cause) in unknown {
        let (Some(certificate), Some(issuer)) =
            (certificates.get(depth), certificates.get(depth + 1))
        else {
            continue;
        };
        match ask(Unsettled::new(*certificate, *issuer, &cause)) {
            Settlement::Good => {
                if let Some(status) = found.statuses.get_mut(depth) {
                    *status = RevocationStatus::Settled { cause };
                }
            }
            Settlement::Revoked => is_revoked_at = is_revoked_at.or(Some(depth)),
            Settlement::Unknown => unsettled.push((depth, cause)),
        }
    }
    match is_revoked_at.and_then(|depth| path.nodes.get(depth)) {
        Some(node) => Err(revoked(node, RevokedBy::Host)),
        None => refuse_first(path, unsettled, false),
    }
}

fn refuse_first(
    path: &CandidatePath<'_, '_>,
    unknown: Vec<(usize, UnknownCause)>,
    left_to_host: bool,
) -> Result<(), Rejection> {
    let Some((depth, cause)) = unknown.into_iter().next() else {
        return Ok(());
    };
    let node = path
        .nodes
        .get(depth)
        .ok_or(Rejection::Missing)?;
    Err(Rejection::RevocationUnknown {
        certificate: node.presented_certificate(),
        cause,
        left_to_host,
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
        && certificate
            .key_usage()
            .is_some_and(|usage| usage.crl_sign())
        && check_extensions(node, asks_lists).is_ok()
}

fn revoked(node: &Node<'_>, by: RevokedBy) -> Rejection {
    Rejection::Revoked {
        certificate: node.presented_certificate(),
        by,
    }
}
