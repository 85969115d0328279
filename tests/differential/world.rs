//! A random PKI, and the facts about it.

use std::fmt;

use edge_mtls::pki_types::CertificateDer;
use rcgen::{CertificateParams, IsCa, KeyUsagePurpose, SerialNumber};

use crate::list::{List, Signer};
use crate::random::Random;
use crate::support::crl::{Crl, pem};
use crate::support::pki::{Authority, ca_params, client_params, params};
use crate::support::points::{full, point, point_for_reasons, uri, with_points};

pub const POINTS: [&str; 2] = ["http://crl.example/a", "http://crl.example/b"];

/// keyCompromise, as the contents octets of a BIT STRING.
const SOME_REASONS: &[u8] = &[6, 0x40];

/// A leaf below up to two intermediates below an anchor.
///
/// OpenSSL asks for the status of its anchor too. So the anchor here is issued by another CA, which
/// OpenSSL trusts instead, and which has a list that says that it is good.
#[derive(Debug)]
pub struct World {
    /// The anchor first.
    pub levels: Vec<Level>,
    pub leaf: Subject,
    pub lists: Vec<List>,
    leaf_der: Der,
    root: Der,
    list_of_root: Der,
}

#[derive(Debug)]
pub struct Level {
    /// Whether its key usage has cRLSign.
    pub may_sign: bool,
    /// What is known of it as a certificate that another level issued.
    pub subject: Subject,
    /// A certificate of the same name for a key that signs lists alone.
    pub delegate: Option<Subject>,
    pub authority: Held<Authority>,
    delegate_authority: Option<Held<Authority>>,
}

/// A certificate that may be revoked.
#[derive(Clone, Debug)]
pub struct Subject {
    pub serial: u64,
    pub is_ca: bool,
    /// Its cRLDistributionPoints.
    pub points: Vec<Point>,
}

#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub uri: &'static str,
    pub is_for_some_reasons: bool,
}

impl World {
    pub fn random(random: &mut Random) -> Self {
        let root = Authority::root("root");
        let stranger = Authority::root("stranger");
        let mut levels: Vec<Level> = Vec::new();
        for index in 0..=random.below(3) {
            let parent = levels
                .last()
                .map_or(&root, |level| &level.authority.0);
            let level = Level::random(random, parent, &format!("CA {index}"), index == 0);
            levels.push(level);
        }
        let leaf = Subject::random(random, false);
        let leaf_der = levels
            .last()
            .unwrap()
            .authority
            .0
            .leaf(leaf.params(client_params("leaf")));
        let mut world = Self {
            leaf,
            lists: Vec::new(),
            leaf_der: Der(leaf_der.der.to_vec()),
            root: Der(root.der().to_vec()),
            list_of_root: Der(Crl::of(&root).der()),
            levels,
        };
        for level in 0..world.levels.len() {
            for list in 0..random.below(4) {
                let list = List::random(random, &world, level, &stranger, list == 0);
                world.lists.push(list);
            }
        }
        world
    }

    pub fn anchor(&self) -> &Authority {
        &self.levels[0].authority.0
    }

    /// The certificates of the path below the anchor, the leaf first, each with its issuer's level.
    pub fn path(&self) -> impl Iterator<Item = (&Subject, usize)> {
        let intermediates = self
            .levels
            .iter()
            .enumerate()
            .skip(1)
            .rev()
            .map(|(level, issued)| (&issued.subject, level - 1));
        std::iter::once((&self.leaf, self.levels.len() - 1)).chain(intermediates)
    }

    /// The certificates that a level issued.
    pub fn issued_by(&self, level: usize) -> Vec<&Subject> {
        let below = self.levels.get(level + 1);
        match below {
            None => vec![&self.leaf],
            Some(below) => std::iter::once(&below.subject)
                .chain(&below.delegate)
                .collect(),
        }
    }

    /// What the client sends: the leaf, the intermediates, the delegates.
    pub fn presented(&self) -> Vec<CertificateDer<'static>> {
        let delegates = self
            .levels
            .iter()
            .filter_map(|level| level.delegate_authority.as_ref());
        std::iter::once(self.leaf_der.0.clone().into())
            .chain(
                self.levels[1..]
                    .iter()
                    .rev()
                    .map(|level| &level.authority)
                    .chain(delegates)
                    .map(|authority| authority.0.der().clone()),
            )
            .collect()
    }

    /// All lists, as DER; at least one.
    pub fn lists(&self) -> impl Iterator<Item = &[u8]> {
        self.lists
            .iter()
            .map(|list| &list.der)
            .chain([&self.list_of_root])
            .map(|der| der.0.as_slice())
    }

    pub fn root_pem(&self) -> String {
        pem("CERTIFICATE", &self.root.0)
    }

    pub fn leaf_pem(&self) -> String {
        pem("CERTIFICATE", &self.leaf_der.0)
    }

    /// Everything between leaf and root, the delegates first: OpenSSL compares the key identifiers of
    /// those alone at which it has looked when it finds the path.
    pub fn others_pem(&self) -> String {
        self.presented()[1..]
            .iter()
            .rev()
            .chain([self.anchor().der()])
            .map(|der| pem("CERTIFICATE", der))
            .collect()
    }

    pub fn lists_pem(&self) -> String {
        self.lists()
            .map(|der| pem("X509 CRL", der))
            .collect()
    }
}

impl Level {
    fn random(random: &mut Random, parent: &Authority, name: &str, is_anchor: bool) -> Self {
        let mut subject = Subject::random(random, true);
        if is_anchor {
            subject.points.clear();
        }
        let may_sign = random.happens(93);
        let mut params = ca_params(name);
        if !may_sign {
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }
        let delegate = (!is_anchor && random.happens(20)).then(|| Subject::random(random, false));
        let delegate_authority = delegate.as_ref().map(|subject| {
            let mut params = params_of_delegate(name);
            params = subject.params(params);
            Held(parent.sub_ca(params))
        });
        Self {
            may_sign,
            authority: Held(parent.sub_ca(subject.params(params))),
            subject,
            delegate,
            delegate_authority,
        }
    }

    pub fn key<'a>(&'a self, signer: Signer, stranger: &'a Authority) -> &'a Authority {
        match (signer, &self.delegate_authority) {
            (Signer::Stranger, _) => stranger,
            (Signer::Delegate, Some(delegate)) => &delegate.0,
            (Signer::Delegate | Signer::Authority, _) => &self.authority.0,
        }
    }
}

fn params_of_delegate(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    params
}

impl Subject {
    pub fn random(random: &mut Random, is_ca: bool) -> Self {
        // Neither negative nor with leading zeros.
        let serial = random.next() >> 2 | 1 << 62;
        let mut points = Vec::new();
        for uri in POINTS {
            if random.happens(25) {
                points.push(Point {
                    uri,
                    is_for_some_reasons: random.happens(25),
                });
            }
        }
        Self {
            serial,
            is_ca,
            points,
        }
    }

    fn params(&self, mut params: CertificateParams) -> CertificateParams {
        params.serial_number = Some(SerialNumber::from(self.serial));
        if self.points.is_empty() {
            return params;
        }
        let points: Vec<Vec<u8>> = self
            .points
            .iter()
            .map(|each| {
                let name = full(&[uri(each.uri)]);
                match each.is_for_some_reasons {
                    true => point_for_reasons(&name, SOME_REASONS),
                    false => point(&name),
                }
            })
            .collect();
        with_points(params, &points, false)
    }
}

/// What a failing test need not print.
pub struct Held<T>(pub T);

impl<T> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

#[derive(Default)]
pub struct Der(pub Vec<u8>);

impl fmt::Debug for Der {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} octets", self.0.len())
    }
}
