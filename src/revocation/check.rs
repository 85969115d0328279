//! The status of a certificate on a path whose signatures hold and whose rules are kept.

use super::list::RevocationList;
use super::scope::{Coverage, Place};
use super::set::{Group, Issued};
use super::{Revocation, RevocationDepth, RevokedBy, UnknownCause, UnknownStatus};
use crate::path::{Algorithms, Signed};
use crate::policy::name_text;
use crate::x509::{Certificate, ObjectIdentifier, Time};

/// What the lists say of one certificate.
#[derive(Clone, Debug)]
pub(crate) enum Finding {
    Good {
        list: RevocationList,
        /// The last instant at which that is proven; `None` where the policy does not ask.
        until: Option<Time>,
    },
    Revoked(RevokedBy),
    Unknown(UnknownCause),
}

/// A path, the lists, and what else a status depends on.
pub(crate) struct Inquiry<'i, 'a> {
    pub(crate) revocation: &'i Revocation,
    pub(crate) algorithms: Algorithms,
    pub(crate) now: Time,
    /// What was presented beside the path and may sign lists now.
    pub(crate) beside: &'i [&'i Place<'a>],
    /// Whether the second certificate's key signed the first, within the verdict's budget.
    pub(crate) is_signed_by: &'i dyn Fn(&Certificate<'a>, &Certificate<'a>) -> bool,
}

/// Of so many lists each path asks anew.
const FEW_GROUPS: usize = 4;

/// All of a signer that what lists say depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SignerTraits {
    key: Box<[u8]>,
    key_identifier: Option<Box<[u8]>>,
    may_sign: bool,
    until: Option<Time>,
}

/// Whose key may have signed a list.
struct Signer<'a> {
    certificate: Certificate<'a>,
    /// The last instant at which it may, for one that is not on the path.
    until: Option<Time>,
}

impl Signer<'_> {
    fn traits(&self) -> SignerTraits {
        let certificate = &self.certificate;
        SignerTraits {
            key: certificate
                .subject_public_key_info()
                .into(),
            key_identifier: certificate
                .subject_key_identifier()
                .map(Into::into),
            may_sign: self.may_sign(),
            until: self.until,
        }
    }

    /// Whether its key usage lets it sign lists.
    fn may_sign(&self) -> bool {
        self.certificate
            .key_usage_extension()
            .is_ok_and(|usage| usage.is_none_or(|usage| usage.crl_sign()))
    }
}

impl<'a> Inquiry<'_, 'a> {
    /// The status of a certificate, with those above it on the path.
    pub(crate) fn status(&self, place: &Place<'a>, above: &[Certificate<'a>]) -> Finding {
        let mut signers = signers_on_path(place.certificate(), above);
        signers.extend(self.delegates(place.certificate(), above));
        self.status_by(place, &signers)
    }

    /// Certificates beside the path that the issuer of `certificate` has for signing lists (RFC 5280
    /// section 6.3.3 (f)).
    fn delegates(
        &self,
        certificate: &Certificate<'a>,
        above: &[Certificate<'a>],
    ) -> Vec<Signer<'a>> {
        let mut delegates = Vec::new();
        for place in self.beside {
            let delegate = place.certificate();
            if delegate.subject() != certificate.issuer() {
                continue;
            }
            let issuers = signers_on_path(delegate, above);
            let is_signed = issuers
                .iter()
                .any(|issuer| (self.is_signed_by)(delegate, &issuer.certificate));
            let Some(validity) = delegate
                .validity()
                .filter(|_| is_signed)
            else {
                continue;
            };
            let until = match self.revocation.depth {
                RevocationDepth::Leaf => None,
                RevocationDepth::Path => match self.status_by(place, &issuers) {
                    Finding::Good { until, .. } => until,
                    Finding::Unknown(_) if self.revocation.on_unknown == UnknownStatus::Allow => {
                        None
                    }
                    Finding::Revoked(_) | Finding::Unknown(_) => continue,
                },
            };
            delegates.push(Signer {
                certificate: *delegate,
                until: Time::earlier(Some(validity.not_after), until),
            });
        }
        delegates
    }

    fn status_by(&self, place: &Place<'a>, signers: &[Signer<'a>]) -> Finding {
        let issued = self
            .revocation
            .lists
            .issued_by(place.certificate().issuer());
        let groups: Vec<&Group> = issued
            .into_iter()
            .flat_map(|issued| issued.at(place))
            .collect();
        let ask = || self.ask(place, signers, issued, &groups);
        match groups.len() {
            0..=FEW_GROUPS => ask(),
            // Each path of a verdict asks, and most are told the same.
            _ => place.answer(
                signers
                    .iter()
                    .map(Signer::traits)
                    .collect(),
                ask,
            ),
        }
    }

    fn ask(
        &self,
        place: &Place<'a>,
        signers: &[Signer<'a>],
        issued: Option<&Issued>,
        groups: &[&Group],
    ) -> Finding {
        let mut answer = Answer::default();
        let certificate = place.certificate();
        for group in groups {
            let coverage = group.scope.coverage(place);
            if coverage != Coverage::None
                && let Some(revoked) =
                    self.consult(group, coverage, certificate, signers, &mut answer)
            {
                return Finding::Revoked(revoked);
            }
        }
        let issuer = || name_text(certificate.issuer());
        match (answer.proof, answer.cause) {
            (Some((list, until)), _) => Finding::Good {
                list,
                until: Time::earlier(until, answer.next_in_force),
            },
            (None, Some(cause)) => Finding::Unknown(cause),
            (None, None) => Finding::Unknown(match issued.and_then(Issued::any) {
                Some(list) => UnknownCause::OutOfScope {
                    list: list.clone(),
                    issuer: issuer(),
                },
                None => UnknownCause::NoList { issuer: issuer() },
            }),
        }
    }

    /// Asks, of those that each key signed, the newest list of a group, and those of the future, which can
    /// only revoke.
    fn consult(
        &self,
        group: &Group,
        coverage: Coverage,
        certificate: &Certificate<'a>,
        signers: &[Signer<'a>],
        answer: &mut Answer,
    ) -> Option<RevokedBy> {
        // With the place of the signer.
        let mut newest: Vec<(usize, &RevocationList)> = Vec::new();
        for list in &group.lists {
            let is_older = |(_, newest): &(usize, &RevocationList)| group.age(list, newest).is_lt();
            if newest.len() == signers.len() && newest.iter().all(is_older) {
                break;
            }
            let (place, signer) = match self.signer(list, signers) {
                Ok(signer) => signer,
                Err(cause) => {
                    answer.note_some(cause);
                    continue;
                }
            };
            let newest_of_key = newest
                .iter()
                .find(|(signer, _)| *signer == place);
            if newest_of_key.is_some_and(is_older) {
                continue;
            }
            if let Some(entry) = list.find(certificate.serial().as_bytes()) {
                return Some(RevokedBy::List {
                    list: list.clone(),
                    revoked_at: entry.revoked_at,
                    reason: entry.reason,
                });
            }
            match self.proof(list) {
                Ok(until) if coverage == Coverage::All => {
                    answer.prove(list, Time::earlier(until, signer.until));
                }
                Ok(_) => {}
                Err(cause) => answer.note(cause),
            }
            match list.this_update() <= self.now {
                true if newest_of_key.is_none() => newest.push((place, list)),
                true => {}
                false => answer.expect(list),
            }
        }
        None
    }

    /// Whether a list is proof now; if so, the last instant at which it is.
    fn proof(&self, list: &RevocationList) -> Result<Option<Time>, UnknownCause> {
        if self.now < list.this_update() {
            return Err(UnknownCause::NotYetValid {
                list: list.clone(),
                now: self.now,
            });
        }
        if self.revocation.allows_expired_lists() {
            return Ok(None);
        }
        match self.revocation.next_update(list) {
            None => Err(UnknownCause::NoNextUpdate { list: list.clone() }),
            Some(since) if since <= self.now => Err(UnknownCause::Expired {
                list: list.clone(),
                since,
                now: self.now,
            }),
            Some(next_update) => Ok(Some(just_before(next_update))),
        }
    }

    /// Who signed a list, key identifiers first; if nobody did, why the nearest did not.
    fn signer<'s>(
        &self,
        list: &RevocationList,
        signers: &'s [Signer<'a>],
    ) -> Result<(usize, &'s Signer<'a>), Option<UnknownCause>> {
        let mut nearest = Answer::default();
        for (place, signer) in signers.iter().enumerate() {
            match self.signed(list, signer) {
                Ok(()) => return Ok((place, signer)),
                Err(cause) => nearest.note(cause),
            }
        }
        Err(nearest.cause)
    }

    fn signed(&self, list: &RevocationList, signer: &Signer<'a>) -> Result<(), UnknownCause> {
        let certificate = &signer.certificate;
        let key_identifiers = list
            .authority_key_identifier()
            .zip(certificate.subject_key_identifier());
        if key_identifiers.is_some_and(|(wanted, found)| wanted != found) {
            return Err(UnknownCause::OtherKey { list: list.clone() });
        }
        if !signer.may_sign() {
            return Err(UnknownCause::IssuerMayNotSign { list: list.clone() });
        }
        match list.signed(self.algorithms, certificate.subject_public_key_info()) {
            Signed::ByThisKey => Ok(()),
            Signed::NotByThisKey => Err(UnknownCause::BadSignature { list: list.clone() }),
            Signed::Unsupported => Err(UnknownCause::UnsupportedAlgorithm {
                algorithm: ObjectIdentifier::of_algorithm(list.signature_algorithm()),
                list: list.clone(),
            }),
        }
    }
}

/// A list that is about certificates of this issuer's name and holds this one, whoever signed it: for
/// pinned leaves, whose issuer nobody has looked for.
pub(crate) fn listed(revocation: &Revocation, certificate: &Certificate<'_>) -> Option<RevokedBy> {
    let place = Place::of(*certificate);
    revocation
        .lists
        .issued_by(certificate.issuer())?
        .at(&place)
        .filter(|group| group.scope.coverage(&place) != Coverage::None)
        .flat_map(|group| &group.lists)
        .find_map(|list| {
            let entry = list.find(certificate.serial().as_bytes())?;
            Some(RevokedBy::List {
                list: list.clone(),
                revoked_at: entry.revoked_at,
                reason: entry.reason,
            })
        })
}

/// What the lists said so far of a certificate that none of them holds.
#[derive(Default)]
struct Answer {
    proof: Option<(RevocationList, Option<Time>)>,
    /// The last instant before a list of the future takes the place of another.
    next_in_force: Option<Time>,
    cause: Option<UnknownCause>,
}

impl Answer {
    /// Of several proofs, that which holds for longest.
    fn prove(&mut self, list: &RevocationList, until: Option<Time>) {
        let is_longer = match (&self.proof, until) {
            (None, _) => true,
            (Some((_, None)), _) => false,
            (Some(_), None) => true,
            (Some((_, Some(known))), Some(until)) => *known < until,
        };
        if is_longer {
            self.proof = Some((list.clone(), until));
        }
    }

    fn expect(&mut self, list: &RevocationList) {
        self.next_in_force =
            Time::earlier(self.next_in_force, Some(just_before(list.this_update())));
    }

    fn note_some(&mut self, cause: Option<UnknownCause>) {
        if let Some(cause) = cause {
            self.note(cause);
        }
    }

    /// Of several causes, the nearest.
    fn note(&mut self, cause: UnknownCause) {
        let is_nearer = self
            .cause
            .as_ref()
            .is_none_or(|known| cause.distance() < known.distance());
        if is_nearer {
            self.cause = Some(cause);
        }
    }
}

/// The certificates above one on a path that have its issuer's name: more than one where a CA has
/// signed a new key with its old one.
fn signers_on_path<'a>(
    certificate: &Certificate<'a>,
    above: &[Certificate<'a>],
) -> Vec<Signer<'a>> {
    above
        .iter()
        .filter(|issuer| issuer.subject() == certificate.issuer())
        .map(|issuer| Signer {
            certificate: *issuer,
            until: None,
        })
        .collect()
}

fn just_before(time: Time) -> Time {
    Time::from_unix_seconds(time.unix_seconds().saturating_sub(1))
}
