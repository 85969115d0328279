//! What the rules say of a world, by its facts.

use std::fmt;

use crate::list::{Kind, List, Signer};
use crate::world::{Subject, World};

/// Numbers say how far from the leaf.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Good,
    Revoked(usize),
    Unknown(usize),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Revoked(_) => "revoked",
            Self::Unknown(_) => "unknown",
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Status {
    Good,
    Revoked,
    Unknown,
}

/// How much a list says of a certificate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Coverage {
    Nothing,
    SomeReasons,
    All,
}

/// A certificate that is revoked comes before one whose status is unknown.
pub fn outcome(world: &World) -> Outcome {
    let statuses: Vec<Status> = world
        .path()
        .map(|(subject, issuer)| status(world, subject, issuer, &signers(world, issuer)))
        .collect();
    let first = |wanted| {
        statuses
            .iter()
            .position(|status| *status == wanted)
    };
    match (first(Status::Revoked), first(Status::Unknown)) {
        (Some(depth), _) => Outcome::Revoked(depth),
        (None, Some(depth)) => Outcome::Unknown(depth),
        (None, None) => Outcome::Good,
    }
}

/// Whose keys may sign the lists of a level.
fn signers(world: &World, level: usize) -> Vec<Signer> {
    let issuer = &world.levels[level];
    let mut signers = own_key(world, level);
    // A delegate's own status is what its issuer's own key says of it.
    if let Some(delegate) = &issuer.delegate
        && status(world, delegate, level - 1, &own_key(world, level - 1)) == Status::Good
    {
        signers.push(Signer::Delegate);
    }
    signers
}

fn own_key(world: &World, level: usize) -> Vec<Signer> {
    match world.levels[level].may_sign {
        true => vec![Signer::Authority],
        false => Vec::new(),
    }
}

fn status(world: &World, subject: &Subject, issuer: usize, signers: &[Signer]) -> Status {
    let lists: Vec<&List> = world
        .lists
        .iter()
        .filter(|list| list.level == issuer)
        .collect();
    let mut is_good = false;
    for list in &lists {
        let coverage = list.coverage(subject);
        if coverage == Coverage::Nothing || !list.is_consulted(&lists, signers) {
            continue;
        }
        if list.revoked.contains(&subject.serial) {
            return Status::Revoked;
        }
        is_good |= coverage == Coverage::All && list.is_current();
    }
    match is_good {
        true => Status::Good,
        false => Status::Unknown,
    }
}

impl List {
    /// What it says of a certificate that its issuer issued.
    pub fn coverage(&self, subject: &Subject) -> Coverage {
        if self.kind == Kind::Ca && !subject.is_ca || self.kind == Kind::User && subject.is_ca {
            return Coverage::Nothing;
        }
        if self.points.is_empty() {
            return Coverage::All;
        }
        subject
            .points
            .iter()
            .filter(|point| self.points.contains(&point.uri))
            .map(|point| match point.is_for_some_reasons {
                true => Coverage::SomeReasons,
                false => Coverage::All,
            })
            .max()
            .unwrap_or(Coverage::Nothing)
    }

    /// Whether it is proof that what it does not hold is good.
    pub fn is_current(&self) -> bool {
        self.this_update <= 0
            && self
                .next_update
                .is_some_and(|days| days > 0)
    }

    pub fn is_signed_by(&self, signers: &[Signer]) -> bool {
        self.signer.is_some_and(|signer| {
            signers.contains(&signer)
                && self
                    .key_identifier
                    .is_none_or(|named| named == signer)
        })
    }

    pub fn is_of_group(&self, other: &Self) -> bool {
        (self.kind, &self.points) == (other.kind, &other.points)
    }

    /// Whether no list of its group that is valid already, and signed with the same key, is newer.
    fn is_consulted(&self, lists: &[&Self], signers: &[Signer]) -> bool {
        let group: Vec<&&Self> = lists
            .iter()
            .filter(|list| list.is_of_group(self))
            .collect();
        let is_numbered = group
            .iter()
            .all(|list| list.number.is_some());
        let age = |list: &Self| (list.number.filter(|_| is_numbered), list.this_update);
        self.is_signed_by(signers)
            && group
                .iter()
                .filter(|list| {
                    list.this_update <= 0
                        && list.is_signed_by(signers)
                        && list.signer == self.signer
                })
                .all(|list| age(list) <= age(self))
    }
}
