//! The path that a verdict is about: the one that was taken, or the nearest to holding.

use super::{
    CandidateFinding, CertificateSource, ExplainedCertificate, ExplainedPath, PathOutcome,
};
use crate::policy::{Rejection, UntrustedCause, VerifiedChain};

/// The path that the verdict is about.
pub(super) fn taken_or_nearest(
    verdict: &Result<VerifiedChain, Rejection>,
    paths: &[ExplainedPath],
    certificates: &[ExplainedCertificate],
) -> Option<ExplainedPath> {
    let complete = |wanted: &dyn Fn(&PathOutcome) -> bool| {
        paths
            .iter()
            .find(|path| wanted(&path.outcome))
            .cloned()
    };
    let without_anchor = |certificates: Vec<usize>, outcome| ExplainedPath {
        certificates,
        anchor: None,
        outcome,
    };
    match verdict {
        Ok(_) => complete(&|outcome| *outcome == PathOutcome::Taken)
            .or_else(|| Some(without_anchor(vec![0], PathOutcome::Pinned))),
        Err(Rejection::Untrusted {
            certificate,
            issuer,
            cause,
        }) => complete(&|outcome| matches!(outcome, PathOutcome::WrongKey { .. })).or_else(|| {
            let outcome = match cause {
                UntrustedCause::SelfSigned => PathOutcome::SelfSigned,
                _ => PathOutcome::IssuerNotFound {
                    issuer: issuer.clone(),
                },
            };
            let places = way_to(certificate.index, certificates);
            Some(without_anchor(places, outcome))
        }),
        Err(Rejection::UnsupportedAlgorithm { .. }) => {
            complete(&|outcome| matches!(outcome, PathOutcome::UnsupportedAlgorithm { .. }))
        }
        Err(Rejection::TooCostly { .. }) => {
            complete(&|outcome| matches!(outcome, PathOutcome::OutOfBudget))
                .or_else(|| paths.last().cloned())
        }
        Err(rejection) => {
            complete(&|outcome| matches!(outcome, PathOutcome::Refused(of) if of == rejection))
                .or_else(|| {
                    Some(without_anchor(
                        vec![0],
                        PathOutcome::Refused(rejection.clone()),
                    ))
                })
        }
    }
}

/// The shortest way by names from the leaf to the certificate at `wanted`.
fn way_to(wanted: usize, certificates: &[ExplainedCertificate]) -> Vec<usize> {
    let mut ways: Vec<Vec<usize>> = vec![vec![0]];
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        let Some(last) = way.last().copied() else {
            break;
        };
        if last == wanted {
            return way;
        }
        let issuers = certificates
            .get(last)
            .into_iter()
            .flat_map(|certificate| &certificate.candidates)
            .filter_map(|candidate| match (candidate.source, &candidate.finding) {
                (_, CandidateFinding::NameDiffers { .. }) => None,
                (CertificateSource::Presented { index }, _) => Some(index),
                (CertificateSource::TrustStore { .. }, _) => None,
            });
        for issuer in issuers {
            let is_known = ways
                .iter()
                .any(|way| way.last() == Some(&issuer));
            if !is_known {
                ways.push([&way[..], &[issuer]].concat());
            }
        }
    }
    vec![wanted]
}
