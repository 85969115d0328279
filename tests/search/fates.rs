//! Clients of every fate, what they present, and what may stand beside it.

use edge_mtls::{ChainLimits, ChainPolicy, RevocationLists};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

use crate::support::crl::{Crl, Entry};
use crate::support::pki::{Authority, Leaf, ca_params, client_params, providers, trust};
use crate::support::revocation::lists;

/// How many certificates are presented at most.
pub const MOST: usize = ChainLimits::MOST_CERTIFICATES;

/// A client, and what becomes of it.
pub struct Fate {
    /// Words of the reason; empty if it is accepted.
    pub words: &'static str,
    pub policy: ChainPolicy,
    pub leaf: Vec<u8>,
    /// What it takes to be judged rightly.
    pub needed: Vec<Vec<u8>>,
    /// What must not change the verdict.
    pub takes: Takes,
}

/// The more a chain is held to, the less may stand beside it that is not its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Takes {
    /// What has nothing to do with it.
    Unrelated,
    /// CAs of the same names and other keys, since the right ones are there.
    Impostors,
    /// Faulty certificates of its own CA, since its fault, if any, is nearer to holding than theirs.
    Twins,
}

pub struct Extra {
    pub takes: Takes,
    pub der: Vec<u8>,
}

pub struct World {
    pub fates: Vec<Fate>,
    pub extras: Vec<Extra>,
}

/// root, top, low: the CAs of most.
struct Cas {
    root: Authority,
    top: Authority,
    low: Authority,
}

impl Cas {
    fn new() -> Self {
        let root = Authority::root("root");
        let top = root.intermediate("top");
        let low = top.intermediate("low");
        Self { root, top, low }
    }

    /// With another certificate of the same key as the low one.
    fn with_low(&self, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        let mut params = ca_params("low");
        change(&mut params);
        self.top
            .sub_ca_with(params, self.low.same_key())
    }

    fn policy(&self, lists: Option<RevocationLists>) -> ChainPolicy {
        policy(&[&self.root], lists)
    }

    fn fate(&self, words: &'static str, takes: Takes, leaf: &Leaf) -> Fate {
        Fate {
            words,
            policy: self.policy(None),
            leaf: leaf.der.to_vec(),
            needed: ders(&[&self.top, &self.low]),
            takes,
        }
    }
}

fn ders(cas: &[&Authority]) -> Vec<Vec<u8>> {
    cas.iter()
        .map(|ca| ca.der().to_vec())
        .collect()
}

fn policy(anchors: &[&Authority], lists: Option<RevocationLists>) -> ChainPolicy {
    let mut builder =
        crate::support::pki::builder(trust(anchors)).limits(ChainLimits::new(MOST, 32 * 1024));
    if let Some(lists) = lists {
        builder = builder.revocation(lists);
    }
    builder
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

fn client(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = client_params("alice");
    change(&mut params);
    params
}

fn expired(params: &mut CertificateParams) {
    params.not_after = date_time_ymd(2025, 1, 1);
}

fn for_servers(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

fn no_ca(params: &mut CertificateParams) {
    params.is_ca = IsCa::ExplicitNoCa;
}

fn limited(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
}

impl World {
    pub fn new() -> Self {
        let cas = Cas::new();
        let fates = [
            accepted(&cas),
            faults_of_leaves(&cas),
            faults_of_cas(&cas),
            revoked(&cas),
            untrusted(&cas),
        ];
        Self {
            fates: fates.into_iter().flatten().collect(),
            extras: extras(&cas),
        }
    }
}

fn accepted(cas: &Cas) -> Vec<Fate> {
    let new = Authority::root("new root");
    let by_new = new.sub_ca_with(ca_params("low"), cas.low.same_key());
    let namesake = Authority::root("root");
    let leaf = cas.low.client("alice");
    let fate = || cas.fate("", Takes::Twins, &leaf);
    vec![
        fate(),
        // Straight from the anchor.
        Fate {
            needed: vec![],
            ..cas.fate("", Takes::Twins, &cas.root.client("alice"))
        },
        // Cross-signed, and both roots trusted, or the second alone.
        Fate {
            policy: policy(&[&cas.root, &new], None),
            needed: ders(&[&cas.top, &cas.low, &by_new]),
            ..fate()
        },
        Fate {
            policy: policy(&[&new], None),
            needed: ders(&[&cas.low, &by_new]),
            ..fate()
        },
        // The root has a new key, and both are trusted.
        Fate {
            policy: policy(&[&namesake, &cas.root], None),
            ..fate()
        },
    ]
}

fn faults_of_leaves(cas: &Cas) -> Vec<Fate> {
    let low = &cas.low;
    let v1 = low.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    [
        ("expired at", low.leaf(client(expired))),
        (
            "is valid from",
            low.leaf(client(|of| of.not_before = date_time_ymd(2031, 1, 1))),
        ),
        ("is for serverAuth", low.leaf(client(for_servers))),
        (
            "is a CA's",
            low.leaf(client(|of| {
                of.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            })),
        ),
        (
            "its keyUsage has keyCertSign",
            low.leaf(client(|of| {
                of.key_usages
                    .push(KeyUsagePurpose::KeyCertSign)
            })),
        ),
        (
            "has a critical extension",
            low.odd_leaf(|odd| odd.extension("1.2.3", true, &[0x05, 0x00])),
        ),
        ("is X.509 version 1", v1),
    ]
    .map(|(words, leaf)| cas.fate(words, Takes::Twins, &leaf))
    .into()
}

fn faults_of_cas(cas: &Cas) -> Vec<Fate> {
    let leaf = cas.low.client("alice");
    let fate = |words| cas.fate(words, Takes::Impostors, &leaf);
    let with_low = |words, change: fn(&mut CertificateParams)| Fate {
        needed: ders(&[&cas.top, &cas.with_low(change)]),
        ..fate(words)
    };
    let limited_top = {
        let mut params = ca_params("top");
        limited(&mut params);
        cas.root
            .sub_ca_with(params, cas.top.same_key())
    };
    let with_root = |words, change: fn(&mut CertificateParams)| {
        let mut params = ca_params("root");
        change(&mut params);
        let root = Authority::self_signed_with(params, cas.root.same_key());
        Fate {
            policy: policy(&[&root], None),
            ..fate(words)
        }
    };
    let constrained = cas.with_low(|of| {
        of.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("a.example".into())],
            excluded_subtrees: vec![],
        });
    });
    let outside = client(|of| {
        of.subject_alt_names = vec![SanType::DnsName("b.example".try_into().unwrap())];
    });
    vec![
        with_low("expired at", expired),
        with_low("is for serverAuth", for_servers),
        with_low("do not say that it is a CA's", no_ca),
        with_low("lacks keyCertSign", |of| {
            of.key_usages = vec![KeyUsagePurpose::CrlSign];
        }),
        Fate {
            needed: ders(&[&limited_top, &cas.low]),
            ..fate("allows fewer intermediates below it")
        },
        with_root("a trust anchor that allows fewer intermediates", limited),
        with_root("the trust anchor 'CN=root' is valid from", expired),
        Fate {
            leaf: cas.low.leaf(outside).der.to_vec(),
            needed: ders(&[&cas.top, &constrained]),
            ..fate("name constraints do not permit")
        },
    ]
}

fn revoked(cas: &Cas) -> Vec<Fate> {
    let Cas { root, top, low } = cas;
    let leaf = low.client("alice");
    let fate = |words, crls: [Option<Crl<'_>>; 3]| {
        let crls: Vec<Crl<'_>> = crls.into_iter().flatten().collect();
        Fate {
            policy: cas.policy(Some(lists(&crls))),
            ..cas.fate(words, Takes::Twins, &leaf)
        }
    };
    let of_root = || Some(Crl::of(root));
    let of_top = || Some(Crl::of(top));
    let of_low = || Some(Crl::of(low));
    vec![
        fate("", [of_root(), of_top(), of_low()]),
        fate(
            "the leaf 'CN=alice' is revoked",
            [
                of_root(),
                of_top(),
                of_low().map(|crl| crl.entry(Entry::of(&leaf.der))),
            ],
        ),
        fate(
            "'CN=low' is revoked",
            [
                of_root(),
                of_top().map(|crl| crl.entry(Entry::of(low.der()))),
                of_low(),
            ],
        ),
        fate(
            "whether the leaf 'CN=alice' is revoked is unknown",
            [of_root(), of_top(), None],
        ),
        fate("'CN=top' is revoked is unknown", [None, of_top(), of_low()]),
        fate(
            "whether the leaf 'CN=alice' is revoked is unknown",
            [of_root(), of_top(), of_low().map(|crl| crl.days(-9, -2))],
        ),
    ]
}

fn untrusted(cas: &Cas) -> Vec<Fate> {
    let stranger = Authority::root("strange root");
    let strange_ca = stranger.intermediate("strange ca");
    let other_low = cas.top.intermediate("low");
    let other_root = Authority::root("root");
    let other_ca = other_root.intermediate("ca");
    let fate = |words, leaf: &Leaf, needed: &[&Authority]| Fate {
        needed: ders(needed),
        ..cas.fate(words, Takes::Unrelated, leaf)
    };
    let unknown = "nor the chain holds that name";
    let wrong_key = "no key that the trust store or the chain holds under that name";
    vec![
        fate(unknown, &cas.low.client("alice"), &[]),
        fate(unknown, &cas.low.client("alice"), &[&cas.top]),
        fate(unknown, &cas.low.client("alice"), &[&cas.low]),
        fate(unknown, &strange_ca.client("alice"), &[&strange_ca]),
        fate(
            "it is self-signed",
            &strange_ca.client("alice"),
            &[&strange_ca, &stranger],
        ),
        fate(
            "it is self-signed",
            &Leaf::self_signed(client_params("alice")),
            &[],
        ),
        fate(wrong_key, &other_low.client("alice"), &[&cas.low, &cas.top]),
        fate(wrong_key, &other_root.client("alice"), &[]),
        fate(wrong_key, &other_ca.client("alice"), &[&other_ca]),
    ]
}

fn extras(cas: &Cas) -> Vec<Extra> {
    let other = Authority::root("other root");
    let v1 = other.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    let mut old = ca_params("old ca");
    expired(&mut old);
    let unrelated = [
        b"garbage".to_vec(),
        b"\x30\x03\x02\x01\x00".to_vec(),
        v1.der.to_vec(),
        Leaf::self_signed(client_params("somebody"))
            .der
            .to_vec(),
        other.der().to_vec(),
        other
            .intermediate("other ca")
            .der()
            .to_vec(),
        other.sub_ca(old).der().to_vec(),
        cas.root
            .intermediate("side ca")
            .der()
            .to_vec(),
        cas.root.der().to_vec(),
        cas.root.client("somebody").der.to_vec(),
    ];
    let impostors = [
        Authority::root("root"),
        Authority::root("top"),
        Authority::root("low"),
        other.intermediate("low"),
        cas.root.intermediate("low"),
        cas.top.intermediate("low"),
    ];
    let twins = [
        cas.with_low(expired),
        cas.with_low(for_servers),
        cas.with_low(no_ca),
        cas.with_low(|of| {
            of.key_usages = vec![KeyUsagePurpose::CrlSign];
        }),
    ];
    let of = |takes, ders: Vec<Vec<u8>>| {
        ders.into_iter()
            .map(move |der| Extra { takes, der })
    };
    let impostors: Vec<&Authority> = impostors.iter().collect();
    let twins: Vec<&Authority> = twins.iter().collect();
    of(Takes::Unrelated, unrelated.into())
        .chain(of(Takes::Impostors, ders(&impostors)))
        .chain(of(Takes::Twins, ders(&twins)))
        .collect()
}
