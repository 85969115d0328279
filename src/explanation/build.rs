//! An explanation from what the search tried and what the survey found.

use pki_types::UnixTime;

use super::hints::hints;
use super::nearest::taken_or_nearest;
use super::{
    CandidateFinding, CandidateIssuer, CertificateSource, ExplainedCertificate, ExplainedPath,
    Explanation, PathOutcome,
};
use crate::chain::CertChain;
use crate::hex;
use crate::path::{
    Candidate, Signed, Surveyed, Trace, TriedOutcome, TriedPath, Who, first_place_of,
    rejection_distance, survey,
};
use crate::policy::{ChainPolicy, Rejection, name_text};
use crate::revocation::OnUnknown;
use crate::trust_store::{Anchor, TrustAnchor};
use crate::x509::{Certificate, LONGEST_TEXT, capped, quotable};

pub(super) fn explain(policy: &ChainPolicy, chain: &CertChain, now: UnixTime) -> Explanation {
    let presented: Vec<&[u8]> = chain.certificates().collect();
    let mut trace = Trace::default();
    let found = policy.find_path(&presented, now, &mut OnUnknown::Refuse, Some(&mut trace));
    let pinned = policy
        .trust_store()
        .pinned(chain.leaf_der())
        .is_some();
    let taken: Vec<usize> = found
        .as_ref()
        .map(|path| path.certificates.clone())
        .unwrap_or_default();
    let verdict = found.map(|path| policy.verified(chain.clone(), path, now));

    let is_read = !matches!(
        verdict,
        Err(Rejection::EmptyCertificate { .. }
            | Rejection::TooLarge { .. }
            | Rejection::TooManyCertificates { .. })
    );
    let surveyed = match (is_read, pinned) {
        (false, _) => Vec::new(),
        // Nobody has to have issued it.
        (true, true) => pinned_alone(&presented),
        (true, false) => survey(&presented, &policy.question(now)),
    };
    let leading = leading_on(&surveyed);
    let certificates: Vec<ExplainedCertificate> = surveyed
        .iter()
        .zip(&presented)
        .enumerate()
        .map(|(index, (found, der))| ExplainedCertificate {
            is_on_path: taken.contains(&index),
            is_trusted: found.is_anchor || pinned && index == 0,
            same_as: found.same_as,
            faults: match (
                &found.unreadable,
                index == 0 || is_candidate(index, &surveyed),
            ) {
                (Some(unreadable), _) => vec![unreadable.clone()],
                (None, true) => found.faults.clone(),
                (None, false) => Vec::new(),
            },
            candidates: found
                .candidates
                .iter()
                .map(|candidate| CandidateIssuer {
                    source: source(&candidate.who),
                    subject: subject(candidate, &presented),
                    finding: finding(index, candidate, &trace, &leading),
                })
                .collect(),
            candidates_left_out: found.left_out,
            ..described(index, der)
        })
        .collect();
    let paths: Vec<ExplainedPath> = trace
        .tried
        .iter()
        .map(explained)
        .collect();
    let path = is_read
        .then(|| taken_or_nearest(&verdict, &paths, &certificates))
        .flatten();
    let hints = hints(policy, &verdict, &certificates, &presented);
    Explanation {
        policy: policy.fingerprint(),
        judged_at: now.into(),
        anchors: policy.trust_store().anchors().len(),
        pinned_leaves: policy
            .trust_store()
            .pinned_leaves()
            .len(),
        presented: presented.len(),
        verdict,
        certificates,
        path,
        paths,
        hints,
    }
}

/// What the certificate says of itself.
fn described(index: usize, der: &[u8]) -> ExplainedCertificate {
    let certificate = Certificate::describe(der);
    let constraints = certificate
        .basic_constraints()
        .ok()
        .flatten();
    let mut names = certificate.subject_alt_names();
    let alternative_names: Vec<String> = names
        .by_ref()
        .take(MOST_NAMES_TOLD)
        .map(|name| quotable(&capped(name, LONGEST_TEXT)))
        .collect();
    ExplainedCertificate {
        index,
        subject: name_text(certificate.subject()),
        issuer: name_text(certificate.issuer()),
        serial: capped(certificate.serial(), LONGEST_TEXT),
        sha256: certificate.sha256(),
        validity: certificate.validity(),
        alternative_names,
        alternative_names_left_out: names.count(),
        is_self_issued: certificate.subject() == certificate.issuer()
            && !certificate.subject().is_empty(),
        is_ca: constraints.is_some_and(|constraints| constraints.ca),
        path_len: constraints.and_then(|constraints| constraints.path_len),
        key_usage: certificate
            .key_usage()
            .map(|usage| capped(usage, LONGEST_TEXT)),
        extended_key_usage: certificate
            .extended_key_usage()
            .map(|usage| capped(usage, LONGEST_TEXT)),
        subject_key_identifier: certificate
            .subject_key_identifier()
            .map(hex_of_identifier),
        authority_key_identifier: certificate
            .authority_key_identifier()
            .map(hex_of_identifier),
        same_as: None,
        is_trusted: false,
        is_on_path: false,
        faults: Vec::new(),
        candidates: Vec::new(),
        candidates_left_out: 0,
    }
}

const MOST_NAMES_TOLD: usize = 16;

fn source(who: &Who) -> CertificateSource {
    match who {
        Who::Presented(index) => CertificateSource::Presented { index: *index },
        Who::Anchor(anchor) => CertificateSource::TrustStore {
            sha256: TrustAnchor::new(anchor).sha256(),
        },
    }
}

fn subject(candidate: &Candidate, presented: &[&[u8]]) -> String {
    match &candidate.who {
        Who::Anchor(anchor) => name_text(TrustAnchor::new(anchor).subject()),
        Who::Presented(index) => presented
            .get(*index)
            .map(|der| name_text(Certificate::describe(der).subject()))
            .unwrap_or_default(),
    }
}

/// What became of a candidate issuer of the certificate at `index`.
fn finding(
    index: usize,
    candidate: &Candidate,
    trace: &Trace,
    leading: &[bool],
) -> CandidateFinding {
    let by_it = || {
        trace
            .tried
            .iter()
            .filter(|path| has_link(path, index, &candidate.who))
    };
    if by_it().any(|path| matches!(path.outcome, TriedOutcome::Holds)) {
        return CandidateFinding::OnPath;
    }
    if let Some(difference) = &candidate.name_difference {
        return CandidateFinding::NameDiffers {
            difference: difference.clone(),
            is_signer: match candidate.signed {
                Some(Signed::ByThisKey) => Some(true),
                Some(Signed::NotByThisKey) => Some(false),
                Some(Signed::Unsupported) | None => None,
            },
        };
    }
    // What is wrong with the certificate itself, or below it, is no fault of its issuer's.
    let refused_paths = by_it().filter_map(|path| match &path.outcome {
        TriedOutcome::Refused(rejection) => Some(rejection).filter(|rejection| {
            let about = rejection
                .certificate()
                .map(|certificate| certificate.index);
            let above = path
                .certificates
                .iter()
                .skip_while(|place| **place != index)
                .skip(1);
            about.is_none_or(|about| {
                above
                    .copied()
                    .any(|place| place == about)
            })
        }),
        _ => None,
    });
    let refused = candidate
        .fault
        .as_ref()
        .or_else(|| refused_paths.min_by_key(|rejection| rejection_distance(rejection)));
    match (candidate.signed, refused) {
        (None, _) => CandidateFinding::NotTried,
        (Some(Signed::Unsupported), _) => CandidateFinding::UnsupportedAlgorithm,
        (Some(Signed::NotByThisKey), _) => CandidateFinding::WrongKey {
            key_identifiers_differ: candidate.key_identifiers_differ,
        },
        (Some(Signed::ByThisKey), Some(rejection)) => CandidateFinding::Refused(rejection.clone()),
        (Some(Signed::ByThisKey), None) => match candidate.who {
            Who::Presented(issuer) if leading.get(issuer) != Some(&true) => {
                CandidateFinding::DeadEnd
            }
            _ => CandidateFinding::Signer,
        },
    }
}

/// Where nobody has to have issued the leaf, and the others are of no use.
fn pinned_alone(presented: &[&[u8]]) -> Vec<Surveyed> {
    (0..presented.len())
        .map(|index| Surveyed {
            same_as: first_place_of(index, presented),
            ..Surveyed::default()
        })
        .collect()
}

/// Of each certificate, whether links whose signatures hold, as far as was tried, lead from it to an anchor.
fn leading_on(surveyed: &[Surveyed]) -> Vec<bool> {
    let mut leading = vec![false; surveyed.len()];
    // As many rounds as there are certificates: no path has more links.
    for _ in surveyed {
        leading = surveyed
            .iter()
            .map(|surveyed| {
                surveyed
                    .candidates
                    .iter()
                    .any(|candidate| {
                        candidate.name_difference.is_none()
                            && matches!(candidate.signed, Some(Signed::ByThisKey) | None)
                            && match &candidate.who {
                                Who::Anchor(_) => true,
                                Who::Presented(issuer) => leading.get(*issuer) == Some(&true),
                            }
                    })
            })
            .collect();
    }
    leading
}

/// Whether the certificate at `index` may have issued another.
fn is_candidate(index: usize, surveyed: &[Surveyed]) -> bool {
    surveyed
        .iter()
        .flat_map(|surveyed| &surveyed.candidates)
        .any(|candidate| matches!(candidate.who, Who::Presented(place) if place == index))
}

/// Whether the certificate at `index` stands on `path` right below `issuer`.
fn has_link(path: &TriedPath, index: usize, issuer: &Who) -> bool {
    let Some(depth) = path
        .certificates
        .iter()
        .position(|place| *place == index)
    else {
        return false;
    };
    match (path.certificates.get(depth + 1), issuer) {
        (Some(above), Who::Presented(issuer)) => above == issuer,
        (None, Who::Anchor(issuer)) => issuer.der == path.anchor.der,
        _ => false,
    }
}

fn explained(path: &TriedPath) -> ExplainedPath {
    ExplainedPath {
        certificates: path.certificates.clone(),
        anchor: Some(told(&path.anchor)),
        outcome: match &path.outcome {
            TriedOutcome::Holds => PathOutcome::Taken,
            TriedOutcome::OutOfBudget => PathOutcome::OutOfBudget,
            TriedOutcome::Refused(rejection) => PathOutcome::Refused(rejection.clone()),
            TriedOutcome::Unsupported(certificate) => PathOutcome::UnsupportedAlgorithm {
                certificate: *certificate,
            },
            TriedOutcome::WrongKey(certificate) => PathOutcome::WrongKey {
                certificate: *certificate,
            },
        },
    }
}

fn told(anchor: &Anchor) -> (String, [u8; 32]) {
    let anchor = TrustAnchor::new(anchor);
    (name_text(anchor.subject()), anchor.sha256())
}

/// Of an identifier that a certificate holds, no more than anybody reads.
fn hex_of_identifier(identifier: &[u8]) -> String {
    const LONGEST: usize = 64;
    hex::lower(
        identifier
            .get(..LONGEST)
            .unwrap_or(identifier),
    )
}
