//! A random PKI, and what a client presents of it.

use std::fmt;

use crate::certificate::{
    Basic, CERT_SIGN, CRL_SIGN, DIGITAL_SIGNATURE, Facts, KEY_ENCIPHERMENT, Made, More, Purpose,
    SECOND_BEFORE,
};
use crate::keys::{Fresh, Keys, shuffle};
use crate::mutation::Mutation;
use crate::names::Kind;
use crate::random::Random;

/// How many certificates are presented at most: a leaf, and the intermediates that webpki takes.
pub const MOST_PRESENTED: usize = 7;

/// The most intermediates that the path is made with.
const MOST_INTERMEDIATES: usize = 4;

pub struct World {
    /// What makes it once more.
    pub seed: usize,
    pub mutation: Option<Mutation>,
    pub anchors: Vec<Made>,
    pub leaf: Made,
    /// What is presented beside the leaf.
    pub others: Vec<Made>,
}

impl World {
    pub fn random(seed: usize, keys: &Keys) -> Self {
        let random = &mut Random::new(seed);
        let mutation = match random.below(100) {
            0..37 => None,
            37..94 => Some(random.of(&Mutation::FAULTS)),
            _ => Some(random.of(&Mutation::ODDITIES)),
        };
        let mut builder = Builder::new(random, mutation);
        let is_root = builder.random.happens(80);
        if !is_root {
            builder.stand_below_other_root();
        }
        for _ in 0..builder.random.below(4) {
            builder.add_random();
        }
        builder.build(seed, mutation, keys)
    }

    /// One path, and nothing beside it.
    pub fn plain(seed: usize, mutation: Option<Mutation>, keys: &Keys) -> Self {
        Builder::new(&mut Random::new(seed), mutation).build(seed, mutation, keys)
    }

    pub fn presented(&self) -> impl Iterator<Item = &Made> {
        std::iter::once(&self.leaf).chain(&self.others)
    }
}

struct Builder<'r> {
    random: &'r mut Random,
    fresh: Fresh,
    /// As it was before the mutation: the anchor first, the leaf last.
    good: Vec<Facts>,
    chain: Vec<Facts>,
    anchors: Vec<Facts>,
    others: Vec<Facts>,
}

impl<'r> Builder<'r> {
    fn new(random: &'r mut Random, mutation: Option<Mutation>) -> Self {
        let mut fresh = Fresh::new(random);
        let least = mutation.map_or(0, Mutation::depth);
        let depth = random
            .below(MOST_INTERMEDIATES + 1)
            .max(least);
        let good = good_chain(random, &mut fresh, depth);
        let mut chain = good.clone();
        if let Some(mutation) = mutation {
            mutation.apply(random, &mut fresh, &mut chain);
        }
        Self {
            anchors: vec![chain[0].clone()],
            others: chain[1..chain.len() - 1].to_vec(),
            random,
            fresh,
            good,
            chain,
        }
    }

    fn stand_below_other_root(&mut self) {
        let (key, serial) = (self.fresh.next(), self.serial());
        let root = Facts::authority("Upper", key, serial);
        self.anchors[0] = self.anchors[0].clone().issued_by(&root);
        if self.random.happens(50) {
            self.others.push(root.clone());
        }
        if self.random.happens(30) {
            self.others
                .push(self.anchors[0].clone());
        }
        if self.random.happens(20) {
            self.anchors.push(root);
        }
    }

    /// Something more to find a way through.
    fn add_random(&mut self) {
        let ca = self.random.below(self.good.len() - 1);
        let serial = self.serial();
        let from = match self.random.happens(70) {
            true => &self.good,
            false => &self.chain,
        };
        let twin = Facts {
            serial,
            ..from[ca.min(from.len() - 2)].clone()
        };
        match self.random.below(8) {
            // Another root certifies one of the CAs.
            0 | 1 => {
                let root = Facts::authority("Other root", self.fresh.next(), serial);
                self.others.push(twin.issued_by(&root));
                match self.random.below(3) {
                    0 => self.others.push(root),
                    _ => self.anchors.push(root),
                }
            }
            // A CA of the same name with another key, of the same issuer or its own.
            2 => {
                let key = self.fresh.next();
                let mut other = Facts { key, ..twin };
                if ca == 0 || self.random.happens(50) {
                    other.issuer = other.subject.clone();
                    other.signer = key;
                    other.authority_key = None;
                }
                other.has_key_identifier = self.random.happens(60);
                match ca == 0 && self.random.happens(60) {
                    true => self.anchors.push(other),
                    false => self.others.push(other),
                }
            }
            // The same once more, out of date.
            3 => self.others.push(Facts {
                not_after: SECOND_BEFORE,
                ..twin
            }),
            // The same once more.
            4 => self.others.push(twin),
            5 => {
                let stranger = Facts::authority("Stranger", self.fresh.next(), serial);
                match self.random.happens(50) {
                    true => self.anchors.push(stranger),
                    false => self.others.push(stranger),
                }
            }
            // Duplicates, and the root.
            6 => self
                .others
                .extend(self.others.first().cloned()),
            _ => self
                .others
                .push(self.anchors[0].clone()),
        }
    }

    fn serial(&mut self) -> u64 {
        serial(self.random)
    }

    fn build(mut self, seed: usize, mutation: Option<Mutation>, keys: &Keys) -> World {
        let leaf = self.chain.last().unwrap();
        let needed = self.chain.len() - 2;
        // What the path needs comes first.
        let others = self
            .others
            .len()
            .min(MOST_PRESENTED - 1);
        assert!(needed <= others || needed == self.others.len());
        self.others.truncate(others);
        let make = |all: &[Facts]| {
            all.iter()
                .map(|facts| facts.make(keys))
                .collect::<Vec<_>>()
        };
        let mut world = World {
            seed,
            mutation,
            anchors: make(&self.anchors),
            leaf: leaf.make(keys),
            others: make(&self.others),
        };
        shuffle(self.random, &mut world.others);
        shuffle(self.random, &mut world.anchors);
        world
    }
}

/// From the anchor to the leaf, with whatever a good chain may have.
fn good_chain(random: &mut Random, fresh: &mut Fresh, depth: usize) -> Vec<Facts> {
    let mut chain: Vec<Facts> = Vec::new();
    for level in 0..=depth {
        let name = format!("CA {level}");
        let mut ca = Facts::authority(&name, fresh.next(), serial(random));
        if let Some(issuer) = chain.last() {
            ca = ca.issued_by(issuer);
            ca.authority_key = ca
                .authority_key
                .filter(|_| random.happens(85));
        }
        ca.has_key_identifier = random.happens(85);
        if random.happens(20) {
            let below = u8::try_from(depth - level).unwrap();
            ca.basic = Basic::Ca(Some(below + random.of(&[0, 0, 1, 100])));
        }
        ca.usage = random.of(&[
            None,
            Some(CERT_SIGN),
            Some(CERT_SIGN | CRL_SIGN),
            Some(CERT_SIGN | CRL_SIGN | DIGITAL_SIGNATURE),
        ]);
        choose_purposes(random, &mut ca, 70);
        chain.push(ca);
    }
    let mut leaf = Facts::client("Client", fresh.next(), serial(random)).issued_by(&chain[depth]);
    leaf.authority_key = leaf
        .authority_key
        .filter(|_| random.happens(85));
    leaf.has_key_identifier = random.happens(50);
    leaf.basic = random.of(&[Basic::Absent, Basic::NoCa]);
    leaf.usage = random.of(&[
        None,
        Some(DIGITAL_SIGNATURE),
        Some(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT),
    ]);
    choose_purposes(random, &mut leaf, 25);
    for kind in Kind::ALL {
        if random.happens(20) {
            leaf.names.push(kind.good(random));
        }
    }
    chain.push(leaf);
    for _ in 0..random.below(3) {
        let kind = random.of(&Kind::JUDGED);
        let issuer = random.below(depth + 1);
        match random.happens(60) {
            true => chain[issuer]
                .permitted
                .push(kind.permitted(random)),
            false => chain[issuer]
                .excluded
                .push(kind.excluded(random)),
        }
    }
    for facts in &mut chain {
        if random.happens(10) {
            facts
                .more
                .push(random.of(&[More::Policies, More::Unknown]));
        }
        if random.happens(10) {
            facts.not_before = random.of(&["291231000000Z", "700101000000Z", "991231235959Z"]);
        }
        if random.happens(10) {
            facts.not_after = random.of(&["300101000001Z", "491231235959Z"]);
        }
    }
    chain
}

fn choose_purposes(random: &mut Random, facts: &mut Facts, percent_without: usize) {
    facts.purposes = match random.happens(percent_without) {
        true => Vec::new(),
        false => match random.below(5) {
            0 => vec![Purpose::Server, Purpose::Client],
            1 => vec![Purpose::Any, Purpose::Client],
            _ => vec![Purpose::Client],
        },
    };
}

/// Neither negative nor with leading zeros.
fn serial(random: &mut Random) -> u64 {
    random.next() >> 2 | 1 << 62
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = |all: &[Made]| {
            all.iter()
                .map(|made| made.facts.clone())
                .collect::<Vec<_>>()
        };
        let (seed, mutation) = (self.seed, self.mutation);
        writeln!(f, "EDGE_MTLS_SEED={seed} EDGE_MTLS_CASES=1: {mutation:?}")?;
        writeln!(f, "anchors: {:?}", facts(&self.anchors))?;
        writeln!(f, "leaf: {:?}", self.leaf.facts)?;
        write!(f, "others: {:?}", facts(&self.others))
    }
}
