//! What a Certificate message can cost without its signatures: a search for the dearest one, at random and
//! uphill, by the count of instructions. `cargo bench --bench hostile -- 5000` tries as many shapes.

#[path = "../shared/callgrind.rs"]
mod callgrind;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "../../tests/support/der.rs"]
mod der;
mod shape;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "../shared/synthetic.rs"]
mod synthetic;

use callgrind::Instructions;
use der::common_name;
use edge_mtls::pki_types::UnixTime;
use edge_mtls::{
    CertChain, ChainPolicy, DenyList, Revocation, RevocationDepth, RevocationLists, TrustStore,
};
use shape::{Random, Shape, Signers};
use synthetic::{BELIEVING, ca, list, signature};

/// The dearest shapes, from which others are made.
const KEPT: usize = 12;

fn main() {
    let Some(mut instructions) = Instructions::of_this_process() else {
        return;
    };
    let is_short = std::env::var_os("EDGE_MTLS_BENCH").is_some_and(|length| length == "short");
    let tries = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(if is_short { 50 } else { 1_500 });
    let (trust_store, lists) = (trust_store(), lists());
    println!("name\tpolicy\tverdict\tinstructions");
    for (name, signers, denies) in [
        ("an outsider's", Signers::Outsider, false),
        ("a CA's own", Signers::Anybody, false),
        // callgrind knows no SHA instructions: digests count many times what they take.
        ("a CA's own, deny list", Signers::Anybody, true),
    ] {
        let policies = policies(&trust_store, &lists, denies);
        let dearest = search(&mut instructions, &policies, signers, tries);
        for found in dearest.iter().take(3) {
            let Found {
                count,
                shape,
                policy,
                verdict,
            } = found;
            let (asks, _) = &policies[*policy];
            println!("a hostile chain, {name}\t{asks}\t{verdict}\t{count}");
            if std::env::var_os("EDGE_MTLS_SHOW_SHAPES").is_some() {
                println!("{shape:#?}");
            }
        }
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

/// Ten thousand entries each.
fn lists() -> RevocationLists {
    RevocationLists::from_der([
        list(&shape::anchor_name(0), 0, 10_000),
        list(&common_name("n0"), shape::OWN_KEYS, 10_000),
    ])
    .unwrap()
}

/// What policies ask for beyond the defaults, in all combinations. What they deny is nowhere.
fn policies(
    trust_store: &TrustStore,
    lists: &RevocationLists,
    denies: bool,
) -> Vec<(String, ChainPolicy)> {
    let denied = match denies {
        true => DenyList::new()
            .key_sha256([1; 32])
            .serial(&shape::anchor_name(0), &[2]),
        false => DenyList::new(),
    };
    let mut policies = Vec::new();
    for depth in [RevocationDepth::Path, RevocationDepth::Leaf] {
        for has_profile in [false, true] {
            let mut policy = ChainPolicy::builder(trust_store.clone())
                .revocation(Revocation::new(lists.clone()).depth(depth))
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

struct Found {
    count: u64,
    shape: Shape,
    /// Its place among the policies.
    policy: usize,
    verdict: String,
}

fn search(
    instructions: &mut Instructions,
    policies: &[(String, ChainPolicy)],
    signers: Signers,
    tries: usize,
) -> Vec<Found> {
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000));
    let mut random = Random::new(1);
    let mut dearest: Vec<Found> = Vec::new();
    // A short search climbs as well.
    let at_random = 64.min(tries / 3);
    for attempt in 0..tries {
        let any_policy = random.below(policies.len());
        let (shape, which) = match dearest.len() {
            // One in six begins anew.
            length if length > 0 && attempt >= at_random && random.below(6) > 0 => {
                let Found { shape, policy, .. } = &dearest[random.below(length)];
                match random.below(6) {
                    0 => (shape.clone(), any_policy),
                    _ => (shape.changed(&mut random), *policy),
                }
            }
            _ => (Shape::new(&mut random), any_policy),
        };
        let (_, policy) = &policies[which];
        let certificates = shape.certificates(signers);
        let bytes: usize = certificates.iter().map(Vec::len).sum();
        if bytes > policy.limits().max_bytes {
            continue;
        }
        let chain = CertChain::from_der(&certificates).unwrap();
        // What is known of lists, and memory that was asked for once, is there on a live server.
        let _ = policy.evaluate(&chain, now);
        let mut verdict = None;
        let count = instructions.count(|| verdict = Some(policy.evaluate(&chain, now)));
        let verdict = match verdict {
            Some(Err(rejection)) => rejection.code().to_owned(),
            _ => "verified".to_owned(),
        };
        dearest.push(Found {
            count,
            shape,
            policy: which,
            verdict,
        });
        dearest.sort_by_key(|found| core::cmp::Reverse(found.count));
        dearest.truncate(KEPT);
    }
    dearest
}
