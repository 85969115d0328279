//! Random lists, and the facts about them.

use crate::random::Random;
use crate::support::crl::{Crl, DAY, Entry, NOW};
use crate::support::pki::Authority;
use crate::support::points::{Scope, full, uri};
use crate::world::{Der, Level, POINTS, Subject, World};

#[derive(Debug)]
pub struct List {
    /// The level whose name it has as its issuer.
    pub level: usize,
    /// Days from now.
    pub this_update: i64,
    pub next_update: Option<i64>,
    pub number: Option<u64>,
    pub kind: Kind,
    /// The names of its issuing distribution point.
    pub points: Vec<&'static str>,
    pub revoked: Vec<u64>,
    /// Whose key signed it; `None` if nobody's did.
    pub signer: Option<Signer>,
    /// Whose key its authorityKeyIdentifier names.
    pub key_identifier: Option<Signer>,
    pub der: Der,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    All,
    Ca,
    User,
}

/// A key that may sign the lists of a level.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signer {
    Authority,
    Delegate,
    Stranger,
}

impl List {
    /// `is_plain` if it should rather be one that a CA in good order would issue.
    pub fn random(
        random: &mut Random,
        world: &World,
        level: usize,
        stranger: &Authority,
        is_plain: bool,
    ) -> Self {
        let odd = if is_plain { 4 } else { 20 };
        let issuer = &world.levels[level];
        let signer = match issuer.delegate {
            Some(_) if random.happens(60) => Signer::Delegate,
            _ => Signer::Authority,
        };
        let mut list = Self {
            level,
            this_update: -1,
            next_update: Some(7),
            number: Some(5),
            kind: Kind::All,
            points: Vec::new(),
            revoked: Vec::new(),
            signer: Some(signer),
            key_identifier: Some(signer),
            der: Der::default(),
        };
        if !is_plain || random.happens(20) {
            list.this_update = random.of(&[-20, -9, -5, -5, -1, 0]);
            list.number = Some(random.next() % 4 + 3);
        }
        if random.happens(odd) {
            list.next_update = random.of(&[None, Some(0), Some(0), Some(5)]);
        }
        if random.happens(odd / 2) {
            (list.this_update, list.next_update) = (3, Some(9));
        }
        if random.happens(odd / 2) {
            list.number = None;
        }
        if random.happens(odd) {
            list.kind = random.of(&[Kind::Ca, Kind::User]);
        }
        if random.happens(odd) {
            list.points.push(random.of(&POINTS));
        }
        if random.happens(odd / 2) {
            list.points = POINTS.to_vec();
        }
        if is_plain && random.happens(25) {
            let points = &world.issued_by(level)[0].points;
            list.points
                .extend(points.first().map(|point| point.uri));
        }
        if random.happens(odd / 2) {
            list.signer = random.of(&[None, Some(Signer::Stranger)]);
        }
        if random.happens(odd) {
            list.key_identifier = random.of(&[None, None, Some(Signer::Stranger)]);
        }
        for subject in world.issued_by(level) {
            if random.happens(if is_plain { 15 } else { 25 }) {
                list.revoked.push(subject.serial);
            }
        }
        for _ in 0..random.below(4) {
            list.revoked
                .push(Subject::random(random, false).serial);
        }
        // The first version has no extensions.
        let is_v1 = random.happens(odd / 3);
        if is_v1 {
            (list.number, list.key_identifier, list.kind) = (None, None, Kind::All);
            list.points.clear();
        }
        list.der = Der(list.make(random, issuer, stranger, is_v1));
        list
    }

    fn make(
        &self,
        random: &mut Random,
        issuer: &Level,
        stranger: &Authority,
        is_v1: bool,
    ) -> Vec<u8> {
        let mut crl = Crl::of(&issuer.authority.0)
            .no_key_identifier()
            .no_number()
            .this_update(NOW + self.this_update * DAY);
        crl = match self.next_update {
            Some(days) => crl.next_update(NOW + days * DAY),
            None => crl.no_next_update(),
        };
        crl = match self.signer {
            Some(signer) => crl.signed_by(issuer.key(signer, stranger)),
            None => crl.broken(),
        };
        if is_v1 {
            crl = crl.v1();
        }
        if let Some(signer) = self.key_identifier {
            crl = crl.key_identifier(
                issuer
                    .key(signer, stranger)
                    .key_identifier(),
            );
        }
        if let Some(number) = self.number {
            crl = crl.number(number);
        }
        if self.kind != Kind::All || !self.points.is_empty() {
            let names: Vec<Vec<u8>> = self
                .points
                .iter()
                .map(|point| uri(point))
                .collect();
            crl = crl.scope(&Scope {
                point: (!names.is_empty()).then(|| full(&names)),
                user: self.kind == Kind::User,
                ca: self.kind == Kind::Ca,
                ..Scope::default()
            });
        }
        for serial in &self.revoked {
            let entry = Entry::new(&serial.to_be_bytes());
            crl = crl.entry(match random.below(3) {
                0 if !is_v1 => entry.reason(random.of(&[1, 4, 5, 6])),
                _ => entry,
            });
        }
        crl.der()
    }
}
