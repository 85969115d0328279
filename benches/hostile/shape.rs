//! What a Certificate message can be like: how many certificates, whose names and keys, what is in them.

use crate::der::{
    BMP_STRING, OddCertificate, UTF8_STRING, attribute, common_name, implicit, integer,
    octet_string, sequence, set, tlv, utc_time,
};
use crate::part::{PARTS, Part};
use crate::synthetic::{Key, blank, key_identifier, signatures};

pub const ANCHORS: Key = 10_000;

/// Of these anchors, the first have one name.
const OF_ONE_NAME: Key = 40;

/// Keys that are no anchor's begin here.
pub const OWN_KEYS: Key = 1_000_000;

pub fn anchor_name(key: Key) -> Vec<u8> {
    common_name(&match key {
        1..=OF_ONE_NAME => "one name".to_owned(),
        _ => format!("anchor {key}"),
    })
}

/// Whose signatures there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signers {
    /// Who has no anchor's key.
    Outsider,
    /// Who has all keys.
    Anybody,
}

/// Where choices come from.
pub enum Random<'a> {
    /// SplitMix64.
    Seed(u64),
    /// Two octets each, and the first choice where there are no more.
    Octets(&'a [u8]),
}

impl<'a> Random<'a> {
    pub fn new(seed: u64) -> Self {
        Self::Seed(seed)
    }

    pub fn of(octets: &'a [u8]) -> Self {
        Self::Octets(octets)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        match self {
            Self::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                (mixed ^ (mixed >> 31)) as usize % limit
            }
            Self::Octets(octets) => {
                let Some((choice, rest)) = octets.split_first_chunk() else {
                    return 0;
                };
                *octets = rest;
                usize::from(u16::from_be_bytes(*choice)) % limit
            }
        }
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Mostly small, sometimes as much as fits.
    fn amount(&mut self) -> usize {
        let most = self.one_of(&[1, 2, 10, 64, 100, 1_000, 5_000]);
        self.below(most + 1)
    }
}

#[derive(Clone, Debug)]
pub struct Shape {
    certificates: Vec<Certificate>,
}

#[derive(Clone, Debug)]
struct Certificate {
    subject: Name,
    issuer: Name,
    key: u8,
    /// Bits for keys of one's own, and for the first of the anchors.
    signers: u16,
    named_key: Option<u8>,
    named_signer: Option<u8>,
    /// What a leaf or an issuer has.
    is_ca: bool,
    path_len: Option<u8>,
    validity: u8,
    parts: [(Part, usize); 3],
    junk: Option<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    kind: NameKind,
    which: u8,
    amount: usize,
}

#[derive(Clone, Copy, Debug)]
enum NameKind {
    Anchor,
    Own,
    Rdns,
    Attributes,
    Utf8,
    Bmp,
    LongOid,
}

impl Shape {
    pub fn new(random: &mut Random<'_>) -> Self {
        let count = 1 + random.below(6);
        let is_ordinary = random.below(2) == 0;
        Self {
            certificates: (0..count)
                .map(|place| match is_ordinary {
                    true => Certificate::ordinary(random, place, count),
                    false => Certificate::new(random),
                })
                .collect(),
        }
    }

    /// The same with a few changes.
    pub fn changed(&self, random: &mut Random<'_>) -> Self {
        let mut shape = self.clone();
        for _ in 0..=random.below(3) {
            let count = shape.certificates.len();
            let which = random.below(count);
            match random.below(12) {
                0 if count < 6 => shape
                    .certificates
                    .push(Certificate::new(random)),
                1 if count < 6 => {
                    let copy = shape.certificates[which].clone();
                    shape.certificates.push(copy);
                }
                2 if count > 1 => {
                    shape.certificates.remove(which);
                }
                3 => shape.certificates.swap(0, which),
                _ => shape.certificates[which].change(random),
            }
        }
        shape
    }

    pub fn certificates(&self, signers: Signers) -> Vec<Vec<u8>> {
        self.certificates
            .iter()
            .map(|certificate| certificate.der(signers))
            .collect()
    }
}

impl Certificate {
    fn new(random: &mut Random<'_>) -> Self {
        let part = |random: &mut Random<'_>| (random.one_of(PARTS), random.amount());
        Self {
            subject: Name::new(random),
            issuer: Name::new(random),
            key: random.below(6) as u8,
            signers: random.below(1 << 12) as u16,
            named_key: (random.below(2) == 0).then(|| random.below(6) as u8),
            named_signer: (random.below(2) == 0).then(|| random.below(6) as u8),
            is_ca: random.below(3) > 0,
            path_len: (random.below(6) == 0).then(|| random.below(6) as u8),
            validity: random.below(8) as u8,
            parts: [(); 3].map(|()| part(random)),
            junk: (random.below(10) == 0).then(|| random.below(256) as u8),
        }
    }

    /// One that fits the one before it, by the same name or another each time, with one thing odd.
    fn ordinary(random: &mut Random<'_>, place: usize, count: usize) -> Self {
        let one_name = random.below(2) == 0;
        let name = |place: usize| Name {
            kind: match place == count {
                true => NameKind::Anchor,
                false => NameKind::Own,
            },
            which: if one_name && place > 0 {
                0
            } else {
                place as u8
            },
            amount: 0,
        };
        Self {
            subject: name(place),
            issuer: name(place + 1),
            key: place as u8,
            signers: u16::MAX,
            named_key: None,
            named_signer: None,
            is_ca: place > 0,
            path_len: None,
            validity: 0,
            parts: [
                (random.one_of(PARTS), random.amount()),
                (Part::None, 0),
                (Part::None, 0),
            ],
            junk: None,
        }
    }

    fn change(&mut self, random: &mut Random<'_>) {
        let other = Self::new(random);
        match random.below(13) {
            0 => self.subject = other.subject,
            1 => self.issuer = other.issuer,
            2 => self.key = other.key,
            3 => self.signers = random.one_of(&[other.signers, 0, u16::MAX]),
            4 => self.named_key = other.named_key,
            5 => self.named_signer = other.named_signer,
            6 => self.is_ca = other.is_ca,
            7 => (self.path_len, self.validity) = (other.path_len, other.validity),
            8 => self.junk = other.junk,
            9 => self.issuer = self.subject,
            10 => {
                let part = random.below(self.parts.len());
                let amount = self.parts[part].1;
                self.parts[part].1 = amount + 1 + amount / 4;
            }
            _ => self.parts[random.below(3)] = other.parts[0],
        }
    }

    fn der(&self, signers: Signers) -> Vec<u8> {
        let mut certificate = blank(OWN_KEYS + Key::from(self.key));
        certificate.subject = self.subject.der();
        certificate.issuer = self.issuer.der();
        match self.validity {
            6 => certificate.not_after = utc_time("250101000000Z"),
            7 => certificate.not_before = utc_time("490101000000Z"),
            _ => {}
        }
        certificate = self.usual_extensions(certificate);
        let mut signature = self.signature(signers);
        for (part, amount) in self.parts {
            certificate = part.add(certificate, &mut signature, amount);
        }
        let mut der = certificate.with_signature(&signature);
        if let Some(junk) = self.junk {
            let place = usize::from(junk) * der.len() / 256;
            der[place] ^= 1 << (junk % 8);
        }
        der
    }

    fn usual_extensions(&self, certificate: OddCertificate) -> OddCertificate {
        let constraints = match (self.is_ca, self.path_len) {
            (false, _) => sequence::<&[u8]>(&[]),
            (true, None) => sequence(&[tlv(0x01, &[0xff])]),
            (true, Some(length)) => sequence(&[tlv(0x01, &[0xff]), integer(&[length])]),
        };
        let usage: &[u8] = match self.is_ca {
            true => &[0x03, 0x02, 0x01, 0x06],
            false => &[0x03, 0x02, 0x07, 0x80],
        };
        let mut certificate = certificate
            .extension("2.5.29.19", true, &constraints)
            .extension("2.5.29.15", true, usage);
        if let Some(key) = self.named_key {
            let identifier = octet_string(&key_identifier(Key::from(key)));
            certificate = certificate.extension("2.5.29.14", false, &identifier);
        }
        if let Some(key) = self.named_signer {
            let identifier = sequence(&[implicit(0, &key_identifier(Key::from(key)))]);
            certificate = certificate.extension("2.5.29.35", false, &identifier);
        }
        certificate
    }

    fn signature(&self, whose: Signers) -> Vec<u8> {
        let keys: Vec<Key> = (0..16)
            .filter(|bit| self.signers & 1 << bit != 0)
            .filter_map(|bit| match bit {
                0..6 => Some(OWN_KEYS + bit),
                _ => (whose == Signers::Anybody).then_some(bit - 6),
            })
            .collect();
        signatures(&keys)
    }
}

impl Name {
    fn new(random: &mut Random<'_>) -> Self {
        use NameKind::{Anchor, Attributes, Bmp, LongOid, Own, Rdns, Utf8};
        Self {
            kind: random.one_of(&[Anchor, Own, Own, Own, Rdns, Attributes, Utf8, Bmp, LongOid]),
            which: random.below(4) as u8,
            amount: random.amount(),
        }
    }

    fn der(&self) -> Vec<u8> {
        let last = attribute("2.5.4.3", UTF8_STRING, &[b'a' + self.which]);
        let small = attribute("2.5.4.3", UTF8_STRING, b"");
        let octets = |tag, octet| {
            let long = attribute("2.5.4.3", tag, &vec![octet; self.amount * 2]);
            sequence(&[set(&[long]), set(std::slice::from_ref(&last))])
        };
        match self.kind {
            NameKind::Anchor => anchor_name(Key::from(self.which)),
            NameKind::Own => common_name(&format!("n{}", self.which)),
            NameKind::Rdns => {
                let mut rdns = vec![set(&[small]); self.amount];
                rdns.push(set(&[last]));
                sequence(&rdns)
            }
            NameKind::Attributes => {
                let mut attributes = vec![small; self.amount];
                attributes.push(last);
                sequence(&[set(&attributes)])
            }
            NameKind::Utf8 => octets(UTF8_STRING, 0x01),
            NameKind::Bmp => octets(BMP_STRING, 0x01),
            NameKind::LongOid => {
                let kind = tlv(0x06, &vec![0x2a; self.amount + 2]);
                sequence(&[
                    set(&[sequence(&[kind, tlv(UTF8_STRING, b"x")])]),
                    set(&[last]),
                ])
            }
        }
    }
}
