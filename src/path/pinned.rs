//! A leaf that the trust store pins: accepted for its own sake, without a path.

use super::check::{ALL_TIME, check_dates};
use super::{Path, Question};
use crate::policy::{PresentedCertificate, Rejection};
use crate::revocation::{RevocationStatus, listed};
use crate::x509::{Certificate, Validity};

/// Whether the pinned `leaf` is accepted now: its dates, the deny list, and what a list revokes.
pub(super) fn judge(
    leaf: &[u8],
    validity: Validity,
    question: &Question<'_>,
) -> Result<Path, Rejection> {
    let certificate = Certificate::describe(leaf);
    let presented = || PresentedCertificate::new(0, &certificate);
    // No issuer's key is at hand that proves a list, so every list that holds it counts: a client must
    // not choose whether it is revoked by what it sends along.
    let revoked_by = question
        .deny
        .find(&certificate)
        .or_else(|| {
            question
                .revocation
                .and_then(|revocation| listed(revocation, &certificate))
        });
    if let Some(by) = revoked_by {
        return Err(Rejection::Revoked {
            certificate: presented(),
            by,
        });
    }
    let ignores_dates = question.rules.ignore_expiry
        || question
            .rules
            .allow_expired_pinned_leaves;
    if !ignores_dates {
        check_dates(presented, validity, question.now)?;
    }
    Ok(Path {
        certificates: vec![0],
        anchor: None,
        holds_until: match ignores_dates {
            true => ALL_TIME.not_after,
            false => validity.not_after,
        },
        statuses: vec![RevocationStatus::NotChecked],
        is_provisional: false,
    })
}
