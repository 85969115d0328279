//! What would mend a refusal, beyond what its reason says.

use super::text::counted;
use super::{CandidateFinding, CandidateIssuer, CertificateSource, ExplainedCertificate};
use crate::path::MOST_NAMES;
use crate::policy::{
    ChainFault, ChainPolicy, PresentedCertificate, Rejection, UntrustedCause, VerifiedChain,
    name_text,
};
use crate::trust_store::TrustAnchor;
use crate::x509::{Certificate, Time, id};

/// Sentences without a full stop, the most telling first.
pub(super) fn hints(
    policy: &ChainPolicy,
    verdict: &Result<VerifiedChain, Rejection>,
    certificates: &[ExplainedCertificate],
    presented: &[&[u8]],
) -> Vec<String> {
    let Err(rejection) = verdict else {
        return Vec::new();
    };
    let mut hints = Vec::new();
    hints.extend(wrong_order(rejection, certificates));
    hints.extend(pinned_look_alike(policy, rejection, presented));
    hints.extend(unreadable(rejection, certificates));
    match rejection {
        Rejection::Untrusted {
            certificate,
            issuer,
            cause,
        } => {
            let found = certificates.get(certificate.index);
            match (cause, found) {
                (UntrustedCause::IssuerNotFound, Some(found)) => {
                    hints.extend(issuer_not_found(
                        policy,
                        found,
                        certificate,
                        issuer,
                        presented,
                    ));
                }
                (UntrustedCause::WrongKey, Some(found)) => {
                    hints.extend(wrong_key(found, certificate));
                }
                _ => {}
            }
        }
        Rejection::Expired { not_after, now, .. } => {
            hints.push(format!(
                "it expired {} before the time of the verdict",
                days_between(*not_after, *now)
            ));
        }
        Rejection::NotYetValid {
            not_before, now, ..
        } => {
            hints.push(format!(
                "it becomes valid {} after the time of the verdict",
                days_between(*now, *not_before)
            ));
        }
        Rejection::Invalid {
            fault: ChainFault::NameConstraint,
            ..
        } => hints.extend(name_constraints(policy, certificates, presented)),
        _ => {}
    }
    hints
}

/// The first certificate is a CA's, and another is not: many tools write a chain the other way round.
fn wrong_order(rejection: &Rejection, certificates: &[ExplainedCertificate]) -> Option<String> {
    let (first, others) = certificates.split_first()?;
    let is_about_it = matches!(
        rejection,
        Rejection::Invalid {
            fault: ChainFault::LeafIsCa,
            ..
        } | Rejection::Untrusted { .. }
            | Rejection::WrongPurpose { .. }
    );
    let leaf = others
        .iter()
        .find(|certificate| !certificate.is_ca)?;
    (first.is_ca && is_about_it).then(|| {
        format!(
            "the first certificate is taken for the client's, and here it is a CA's; if the client's is \
             certificate {} '{}', send that first, and the issuer of each behind it",
            leaf.index, leaf.subject
        )
    })
}

/// The store pins another certificate of the leaf's key. Nothing is proven of the leaf.
fn pinned_look_alike(
    policy: &ChainPolicy,
    rejection: &Rejection,
    presented: &[&[u8]],
) -> Option<String> {
    let is_unknown = matches!(
        rejection,
        Rejection::Untrusted { .. }
            | Rejection::Invalid {
                fault: ChainFault::LeafIsCa,
                ..
            }
    );
    if !is_unknown {
        return None;
    }
    let leaf = Certificate::describe(presented.first()?);
    let key = leaf.subject_public_key_info();
    let pinned = policy
        .trust_store()
        .pinned_leaves()
        .take(MOST_NAMES)
        .find(|pinned| !key.is_empty() && pinned.subject_public_key_info() == key)?;
    Some(format!(
        "the trust store pins another certificate that names this key, '{}' with serial number {}; pins are \
         exact, and anybody can put a key that is known into a certificate: ask its owner before you pin this \
         one, too",
        name_text(pinned.subject()),
        pinned.serial()
    ))
}

/// What cannot be read may be what is missing.
fn unreadable(rejection: &Rejection, certificates: &[ExplainedCertificate]) -> Option<String> {
    let unreadable = certificates
        .iter()
        .skip(1)
        .find(|certificate| matches!(certificate.faults[..], [Rejection::Malformed { .. }]))?;
    matches!(rejection, Rejection::Untrusted { .. }).then(|| {
        format!(
            "certificate {} cannot be read, and may be the one that is missing",
            unreadable.index
        )
    })
}

fn issuer_not_found(
    policy: &ChainPolicy,
    found: &ExplainedCertificate,
    certificate: &PresentedCertificate,
    issuer: &str,
    presented: &[&[u8]],
) -> Vec<String> {
    let look_alikes: Vec<String> = found
        .candidates
        .iter()
        .filter_map(|candidate| look_alike(candidate, certificate))
        .collect();
    if !look_alikes.is_empty() {
        return look_alikes;
    }
    let what = match found.index {
        0 => "the leaf".into(),
        index => format!("certificate {index}"),
    };
    let store = policy.trust_store();
    let of_issuer = Certificate::describe(
        presented
            .get(found.index)
            .copied()
            .unwrap_or_default(),
    )
    .issuer();
    let subject = |anchor: TrustAnchor<'_>| format!("'{}'", name_text(anchor.subject()));
    let wanted = of_issuer.folded_organization();
    let related = store
        .anchors()
        .take(MOST_NAMES)
        .find(|anchor| wanted.is_some() && anchor.subject().folded_organization() == wanted);
    vec![match (related, store.anchors().next()) {
        (Some(related), _) => format!(
            "the intermediate '{issuer}' that issued {what} was not sent; the trust store holds {} of the \
             same organization, perhaps its root: if so, have the client send the intermediate, too",
            subject(related)
        ),
        (None, Some(_)) => format!(
            "'{issuer}', the issuer of {what}, was not sent: if it is an intermediate below a CA of the \
             trust store ({}), have the client send it, too",
            some_names(store.anchors().map(subject))
        ),
        (None, None) => "the trust store holds no CA at all, only pinned leaves".into(),
    }]
}

/// The first of many.
fn some_names(mut names: impl ExactSizeIterator<Item = String>) -> String {
    const MOST_NAMED: usize = 3;
    let mut named: Vec<String> = names
        .by_ref()
        .take(MOST_NAMED)
        .collect();
    if names.len() > 0 {
        named.push(format!("{} more", names.len()));
    }
    named.join(", ")
}

/// A candidate of another name.
fn look_alike(candidate: &CandidateIssuer, certificate: &PresentedCertificate) -> Option<String> {
    let CandidateFinding::NameDiffers {
        difference,
        is_signer,
    } = &candidate.finding
    else {
        return None;
    };
    let place = match candidate.source {
        CertificateSource::Presented { index } => format!("certificate {index}"),
        CertificateSource::TrustStore { .. } => "the trust store".into(),
    };
    Some(match is_signer {
        Some(true) => format!(
            "the key of '{}' ({place}) made the signature of {certificate}, but its name {difference}; names \
             are compared octet for octet, so have one of the two issued anew under the other's name",
            candidate.subject
        ),
        Some(false) => format!(
            "'{}' ({place}) looks like the issuer of {certificate}, but its name {difference}, and its key did \
             not make the signature",
            candidate.subject
        ),
        None => format!(
            "'{}' ({place}) looks like the issuer of {certificate}, but its name {difference}",
            candidate.subject
        ),
    })
}

fn wrong_key(found: &ExplainedCertificate, certificate: &PresentedCertificate) -> Option<String> {
    let wanted = found
        .authority_key_identifier
        .as_ref()?;
    let mut of_its_name = found
        .candidates
        .iter()
        .filter(|candidate| !matches!(candidate.finding, CandidateFinding::NameDiffers { .. }));
    let all_differ = of_its_name.all(|candidate| {
        matches!(
            candidate.finding,
            CandidateFinding::WrongKey {
                key_identifiers_differ: true
            }
        )
    });
    (all_differ && found.candidates_left_out == 0).then(|| {
        format!(
            "{certificate} names its issuer's key by the identifier {wanted}, which no CA of that name has \
             here: that CA was set up anew, or has rolled its key over, or somebody else uses its name; ask its \
             owner before you trust another key"
        )
    })
}

/// Which certificates constrain names.
fn name_constraints(
    policy: &ChainPolicy,
    certificates: &[ExplainedCertificate],
    presented: &[&[u8]],
) -> Option<String> {
    let constrains = |certificate: Certificate<'_>| {
        certificate
            .find_extension(id::NAME_CONSTRAINTS)
            .is_ok_and(|extension| extension.is_some())
    };
    let presented = presented
        .iter()
        .zip(certificates)
        .filter(|(der, _)| constrains(Certificate::describe(der)))
        .map(|(_, certificate)| {
            format!(
                "certificate {} '{}'",
                certificate.index, certificate.subject
            )
        });
    let anchors = policy
        .trust_store()
        .anchors()
        .take(MOST_NAMES)
        .filter(|anchor| {
            certificates.iter().any(|certificate| {
                certificate
                    .candidates
                    .iter()
                    .any(|candidate| {
                        candidate.source
                            == CertificateSource::TrustStore {
                                sha256: anchor.sha256(),
                            }
                    })
            })
        })
        .filter(|anchor| constrains(anchor.certificate()))
        .map(|anchor| format!("the trust anchor '{}'", name_text(anchor.subject())));
    let all: Vec<String> = presented.chain(anchors).collect();
    (!all.is_empty()).then(|| {
        format!(
            "names are constrained by {}; constraints on directory names, e-mail addresses and URIs cannot be \
             judged, and refuse whoever has such a name",
            all.join(", ")
        )
    })
}

/// Whole days, for people.
fn days_between(earlier: Time, later: Time) -> String {
    let seconds = later
        .unix_seconds()
        .saturating_sub(earlier.unix_seconds());
    counted(
        usize::try_from(seconds / 86_400).unwrap_or_default(),
        "day",
        "days",
    )
}
