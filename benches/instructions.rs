//! How many instructions a verdict takes without its signatures: they are made up, and believed.

#[path = "shared/callgrind.rs"]
mod callgrind;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "../tests/support/der.rs"]
mod der;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/synthetic.rs"]
mod synthetic;

use callgrind::Instructions;
use der::common_name;
use edge_mtls::pki_types::UnixTime;
use edge_mtls::{CertChain, ChainPolicy, TrustStore};
use synthetic::{BELIEVING, ca, client, signature};

fn main() {
    let Some(mut instructions) = Instructions::of_this_process() else {
        return;
    };
    println!("name\tinstructions");
    for count in [1, 1_000, 10_000, 100_000] {
        let policy = policy_of((0..count).map(|key| (format!("root {key}"), key)));
        print_count(
            &mut instructions,
            &format!("{count} anchors"),
            &policy,
            "root 0",
        );
    }
    let policy = policy_of((0..1_000).map(|key| ("root".to_owned(), key)));
    print_count(
        &mut instructions,
        "1,000 anchors of one subject",
        &policy,
        "root",
    );
}

/// A verdict on a leaf and an intermediate, under the anchor of key 0.
fn print_count(instructions: &mut Instructions, name: &str, policy: &ChainPolicy, root: &str) {
    let sub = common_name("the intermediate");
    let intermediate = ca(&sub, u32::MAX, &common_name(root), 0).with_signature(&signature(0));
    let leaf = client(&common_name("alice"), u32::MAX - 1, &sub, u32::MAX)
        .with_signature(&signature(u32::MAX));
    let chain = CertChain::from_der([&leaf, &intermediate]).unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000));
    policy.evaluate(&chain, now).unwrap();
    let count = instructions.count(|| policy.evaluate(&chain, now));
    println!("judge, leaf and intermediate, {name}\t{count}");
}

fn policy_of(anchors: impl Iterator<Item = (String, u32)>) -> ChainPolicy {
    let anchors: Vec<Vec<u8>> = anchors
        .map(|(name, key)| {
            let name = common_name(&name);
            ca(&name, key, &name, key).with_signature(&signature(key))
        })
        .collect();
    ChainPolicy::builder(TrustStore::from_der(anchors).unwrap())
        .build(BELIEVING)
        .unwrap()
}
