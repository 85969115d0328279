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
use edge_mtls::{CertChain, ChainPolicy, RevocationLists, TrustStore};
use shape::{Random, Shape, Signers};
use synthetic::{BELIEVING, ca, list, signature};

/// What the work without signatures is to keep to.
const GOAL: u64 = 40_000;

/// The dearest shapes, from which others are made.
const KEPT: usize = 12;

fn main() {
    let Some(mut instructions) = Instructions::of_this_process() else {
        return;
    };
    let tries = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_500);
    let policy = policy();
    for (name, signers) in [
        ("an outsider's", Signers::Outsider),
        ("a CA's own", Signers::Anybody),
    ] {
        let dearest = search(&mut instructions, &policy, signers, tries);
        for (count, shape, verdict) in dearest.iter().take(3) {
            println!("{name} chain, the dearest of {tries}\t{count}\t{verdict}");
            if std::env::var_os("EDGE_MTLS_SHOW_SHAPES").is_some() {
                println!("{shape:#?}");
            }
        }
        let most = dearest
            .first()
            .map_or(0, |dearest| dearest.0);
        let is_met = if most <= GOAL { "met" } else { "missed" };
        println!("{name} chain, at most {GOAL} instructions without signatures\t{most}\t{is_met}");
    }
}

/// Ten thousand anchors, some of them of one name, and a list of ten thousand entries.
fn policy() -> ChainPolicy {
    let anchors = (0..shape::ANCHORS).map(|key| {
        let name = shape::anchor_name(key);
        ca(&name, key, &name, key).with_signature(&signature(key))
    });
    let trust_store = TrustStore::from_der(anchors).unwrap();
    let lists = [
        list(&shape::anchor_name(0), 0, 10_000),
        list(&common_name("n0"), shape::OWN_KEYS, 10_000),
    ];
    ChainPolicy::builder(trust_store)
        .revocation(RevocationLists::from_der(lists).unwrap())
        .build(BELIEVING)
        .unwrap()
}

type Found = (u64, Shape, String);

fn search(
    instructions: &mut Instructions,
    policy: &ChainPolicy,
    signers: Signers,
    tries: usize,
) -> Vec<Found> {
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000));
    let mut random = Random::new(1);
    let mut dearest: Vec<Found> = Vec::new();
    for attempt in 0..tries {
        let shape = match dearest.len() {
            // One in six begins anew.
            length if length > 0 && attempt >= 64 && random.below(6) > 0 => dearest
                [random.below(length)]
            .1
            .changed(&mut random),
            _ => Shape::new(&mut random),
        };
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
        dearest.push((count, shape, verdict));
        dearest.sort_by_key(|(count, ..)| core::cmp::Reverse(*count));
        dearest.truncate(KEPT);
    }
    dearest
}
