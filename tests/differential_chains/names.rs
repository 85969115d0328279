//! Names, and constraints on them.

use std::net::IpAddr;

use crate::random::Random;
use crate::support::der::{explicit, implicit, name_of};

/// The name of a subject or an issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    pub common: String,
}

/// The organisation of every subject.
const ORGANISATION: &str = "Good";

impl Name {
    pub fn new(common: &str) -> Self {
        Self {
            common: common.into(),
        }
    }

    pub fn der(&self) -> Vec<u8> {
        name_of(&[("2.5.4.10", ORGANISATION), ("2.5.4.3", &self.common)])
    }

    /// Whether they are the same but for the case of letters.
    pub fn is_but_for_case(&self, other: &Self) -> bool {
        self.common
            .eq_ignore_ascii_case(&other.common)
    }
}

/// An alternative name, or the base of a constraint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GeneralName {
    pub kind: Kind,
    value: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Directory,
    Dns,
    Email,
    Ip,
    Uri,
}

impl Kind {
    /// Those whose constraints webpki judges.
    pub const JUDGED: [Self; 2] = [Self::Dns, Self::Ip];
    pub const NOT_JUDGED: [Self; 3] = [Self::Directory, Self::Email, Self::Uri];
    pub const ALL: [Self; 5] = [Self::Directory, Self::Dns, Self::Email, Self::Ip, Self::Uri];

    fn names(self) -> &'static Names {
        match self {
            Self::Directory => &DIRECTORY,
            Self::Dns => &DNS,
            Self::Email => &EMAIL,
            Self::Ip => &IP,
            Self::Uri => &URI,
        }
    }

    pub fn good(self, random: &mut Random) -> GeneralName {
        self.one(random, self.names().good)
    }

    pub fn bad(self, random: &mut Random) -> GeneralName {
        self.one(random, self.names().bad)
    }

    pub fn permitted(self, random: &mut Random) -> GeneralName {
        self.one(random, self.names().permitted)
    }

    pub fn excluded(self, random: &mut Random) -> GeneralName {
        self.one(random, self.names().excluded)
    }

    /// A name near the border of some constraint.
    pub fn any(self, random: &mut Random) -> GeneralName {
        let Names {
            good, bad, other, ..
        } = self.names();
        self.one(random, &[*good, *bad, *other].concat())
    }

    /// A constraint that the names may keep or not.
    pub fn any_base(self, random: &mut Random) -> GeneralName {
        let Names {
            permitted,
            excluded,
            other_bases,
            ..
        } = self.names();
        self.one(random, &[*permitted, *excluded, *other_bases].concat())
    }

    fn one(self, random: &mut Random, values: &[&'static str]) -> GeneralName {
        GeneralName {
            kind: self,
            value: random.of(values),
        }
    }
}

/// Each of `good` is within each of `permitted` and outside each of `excluded`; each of `bad` the
/// other way round.
struct Names {
    good: &'static [&'static str],
    permitted: &'static [&'static str],
    bad: &'static [&'static str],
    excluded: &'static [&'static str],
    /// Neither.
    other: &'static [&'static str],
    other_bases: &'static [&'static str],
}

const DNS: Names = Names {
    good: &["www.a.example", "x.WWW.a.Example"],
    permitted: &["a.example", "www.A.example", "example", ".example"],
    bad: &["www.b.test", "x.www.B.test"],
    excluded: &["b.test", "www.b.test", "test", ".test"],
    other: &[
        "wwwa.example",
        "a.example",
        "ww.a.example",
        "b.test",
        "ab.test",
        "*.a.example",
    ],
    other_bases: &[
        ".a.example",
        "w.a.example",
        "",
        "x.a.example",
        ".www.b.test",
    ],
};

const IP: Names = Names {
    good: &["10.1.2.3", "10.1.3.255"],
    permitted: &["10.0.0.0/255.0.0.0", "10.1.2.0/255.255.254.0"],
    bad: &["192.168.1.1", "192.168.1.254"],
    excluded: &["192.168.0.0/255.255.0.0", "192.168.1.0/255.255.255.0"],
    other: &[
        "11.1.2.3",
        "2001:db8::1",
        "2001:db9::1",
        "::ffff:10.1.2.3",
        "0.0.0.0",
    ],
    other_bases: &[
        "2001:db8::/ffff:ffff::",
        "0.0.0.0/0.0.0.0",
        "::/::",
        "10.1.2.3/255.255.255.255",
    ],
};

const EMAIL: Names = Names {
    good: &["user@a.example"],
    permitted: &["a.example", "user@a.example"],
    bad: &["user@b.test"],
    excluded: &["b.test", "user@b.test"],
    other: &["USER@a.example", "user@x.a.example", "user@A.example"],
    other_bases: &[".a.example", ".b.test"],
};

const URI: Names = Names {
    good: &["https://a.example/x", "spiffe://a.example/y"],
    permitted: &["a.example"],
    bad: &["https://b.test/x", "spiffe://b.test/y"],
    excluded: &["b.test"],
    other: &["https://x.a.example:8080/", "https://x.b.test"],
    other_bases: &[".a.example", ".b.test"],
};

/// Organisations.
const DIRECTORY: Names = Names {
    good: &[ORGANISATION],
    permitted: &[ORGANISATION],
    bad: &["Bad"],
    excluded: &["Bad"],
    other: &["good"],
    other_bases: &["Goo"],
};

impl GeneralName {
    /// Whether it stands for DNS names of which `other` is one.
    pub fn is_wildcard_for(&self, other: &Self) -> bool {
        let parent = self.value.strip_prefix("*.");
        let other_parent = other
            .value
            .split_once('.')
            .map(|(_, parent)| parent);
        (self.kind, other.kind) == (Kind::Dns, Kind::Dns)
            && parent.is_some()
            && parent == other_parent
    }

    pub fn der(&self) -> Vec<u8> {
        match self.kind {
            Kind::Directory => explicit(4, &name_of(&[("2.5.4.10", self.value)])),
            Kind::Dns => implicit(2, self.value.as_bytes()),
            Kind::Email => implicit(1, self.value.as_bytes()),
            Kind::Ip => {
                let octets: Vec<Vec<u8>> = self
                    .value
                    .split('/')
                    .map(octets)
                    .collect();
                implicit(7, &octets.concat())
            }
            Kind::Uri => implicit(6, self.value.as_bytes()),
        }
    }
}

fn octets(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
