//! Ten thousand anchors, revocation lists, policies, and chains that octets choose.

use edge_mtls::pki_types::UnixTime;
use edge_mtls::{ChainPolicy, DenyList, Revocation, RevocationDepth, RevocationLists, TrustStore};

use crate::der::common_name;
use crate::shape::{self, Random, Shape, Signers};
use crate::synthetic::{BELIEVING, ca, list, signature};

/// 2030-01-01.
pub const NOW: UnixTime = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000));

/// Whose chains there are, and whether something is denied.
pub const KINDS: [(&str, Signers, bool); 3] = [
    ("an outsider's", Signers::Outsider, false),
    ("a CA's own", Signers::Anybody, false),
    ("a CA's own, deny list", Signers::Anybody, true),
];

pub struct World {
    trust_store: TrustStore,
    lists: RevocationLists,
}

impl World {
    pub fn new() -> Self {
        Self {
            trust_store: trust_store(),
            lists: lists(),
        }
    }

    /// What policies ask for beyond the defaults, in all combinations. What they deny is nowhere.
    pub fn policies(&self, denies: bool) -> Vec<(String, ChainPolicy)> {
        let denied = match denies {
            true => DenyList::new()
                .key_sha256([1; 32])
                .serial(&shape::anchor_name(0), &[2]),
            false => DenyList::new(),
        };
        let mut policies = Vec::new();
        for depth in [RevocationDepth::Path, RevocationDepth::Leaf] {
            for has_profile in [false, true] {
                let mut policy = ChainPolicy::builder(self.trust_store.clone())
                    .revocation(Revocation::new(self.lists.clone()).depth(depth))
                    .deny(denied.clone());
                let mut asks = format!("lists of {depth:?}");
                if has_profile {
                    policy = policy.require_rfc5280_profile();
                    asks += ", profile";
                }
                policies.push((asks, policy.build(BELIEVING).unwrap()));
            }
        }
        policies
    }
}

/// What octets choose: a kind, the place of a policy, and a chain; none where it is longer than any policy
/// takes.
pub struct Case {
    pub kind: usize,
    pub policy: usize,
    pub certificates: Vec<Vec<u8>>,
}

impl Case {
    pub fn of(octets: &[u8]) -> Option<Self> {
        let mut choices = Random::of(octets);
        let kind = choices.below(KINDS.len());
        let policy = choices.below(4);
        let (_, signers, _) = KINDS[kind];
        let certificates = Shape::new(&mut choices).certificates(signers);
        let total: usize = certificates.iter().map(Vec::len).sum();
        (total <= 32 * 1024).then_some(Self {
            kind,
            policy,
            certificates,
        })
    }
}

/// Ten thousand anchors, some of them of one name.
fn trust_store() -> TrustStore {
    let anchors = (0..shape::ANCHORS).map(|key| {
        let name = shape::anchor_name(key);
        ca(&name, key, &name, key).with_signature(&signature(key))
    });
    TrustStore::from_der(anchors).unwrap()
}

/// Ten thousand entries each; of two CAs at any place, of two at one that few certificates name.
fn lists() -> RevocationLists {
    RevocationLists::from_der([
        list(&shape::anchor_name(0), 0, 10_000, None),
        list(&common_name("n0"), shape::OWN_KEYS, 10_000, None),
        list(&shape::anchor_name(1), 1, 10_000, Some("v:")),
        list(&common_name("n1"), shape::OWN_KEYS + 1, 10_000, Some("v:")),
    ])
    .unwrap()
}
