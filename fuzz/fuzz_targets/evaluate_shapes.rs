//! Chains of the shapes that the bench `hostile` searches, before ten thousand anchors, some of them of one name:
//! a verdict verifies no more signatures than its budget, and the order of the chain is of no effect.
//!
//! What is found here, `cargo bench --bench hostile -- --corpus fuzz/corpus/evaluate_shapes` counts, by
//! instructions. An input is two octets a choice: whose signatures there are, the policy, then the shape.

#![no_main]

use std::sync::LazyLock;

use edge_mtls::{CertChain, ChainPolicy};
use libfuzzer_sys::fuzz_target;
use world::{Case, KINDS, NOW, World};

#[allow(dead_code, reason = "the bench uses all of it")]
#[path = "../../tests/support/der.rs"]
mod der;
#[path = "../../benches/hostile/part.rs"]
mod part;
#[allow(dead_code, reason = "the bench uses all of it")]
#[path = "../../benches/hostile/shape.rs"]
mod shape;
#[allow(dead_code, reason = "the bench uses all of it")]
#[path = "../../benches/shared/synthetic.rs"]
mod synthetic;
#[path = "../../benches/hostile/world.rs"]
mod world;

/// About how many webpki and the lists are asked in a verdict.
const MOST_PATHS: usize = 8;

/// Without and with a deny list.
static POLICIES: LazyLock<[Vec<(String, ChainPolicy)>; 2]> = LazyLock::new(|| {
    let world = World::new();
    [false, true].map(|denies| world.policies(denies))
});

fuzz_target!(|data: &[u8]| {
    let Some(case) = Case::of(data) else {
        return;
    };
    let (_, _, denies) = KINDS[case.kind];
    let (_, policy) = &POLICIES[usize::from(denies)][case.policy];
    let judge = |certificates: Vec<&Vec<u8>>| {
        let before = synthetic::verified();
        let chain = CertChain::from_der(certificates).expect("a leaf");
        let verdict = policy.evaluate(&chain, NOW);
        let verified = synthetic::verified() - before;
        // And each of four lists by the key of whoever may have signed it.
        let most = policy.limits().max_certificates;
        assert!(verified <= 5 * most + 4 * (most + MOST_PATHS));
        match verdict {
            Ok(verified) => verified
                .path()
                .map(<[u8]>::to_vec)
                .collect(),
            Err(rejection) => vec![rejection.code().as_bytes().to_vec()],
        }
    };
    let (leaf, others) = case
        .certificates
        .split_first()
        .expect("a leaf");
    let leaf = [leaf];
    let as_presented = judge(leaf.into_iter().chain(others).collect());
    let reversed = judge(
        leaf.into_iter()
            .chain(others.iter().rev())
            .collect(),
    );
    assert_eq!(as_presented, reversed);
});
