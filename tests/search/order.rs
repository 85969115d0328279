//! Neither verdict nor reason depends on the order of what is presented beside the leaf, on duplicates, or
//! on what has nothing to do with its path.

use std::sync::LazyLock;

use edge_mtls::CertChain;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::fates::{Fate, MOST, World};
use crate::support::pki::now;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

#[test]
fn fates_are_what_they_say() {
    for fate in &WORLD.fates {
        let verdict = verdict(fate, &fate.needed);
        let is_as_said = match fate.words {
            "" => verdict.starts_with("verified"),
            words => verdict.contains(words),
        };
        assert!(is_as_said, "not '{}' but {verdict}", fate.words);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn order_and_extras_change_nothing((fate, others) in fate_and_others()) {
        let fate = &WORLD.fates[fate];
        prop_assert_eq!(verdict(fate, &others), verdict(fate, &fate.needed));
    }
}

/// What is needed, some extras, and some of all that once more, in any order.
fn fate_and_others() -> impl Strategy<Value = (usize, Vec<Vec<u8>>)> {
    (0..WORLD.fates.len()).prop_flat_map(|index| {
        let fate = &WORLD.fates[index];
        let extras: Vec<Vec<u8>> = WORLD
            .extras
            .iter()
            .filter(|extra| extra.takes <= fate.takes)
            .map(|extra| extra.der.clone())
            .collect();
        let room = MOST - 1 - fate.needed.len();
        let extras = subsequence(extras, 0..=room);
        let again = proptest::collection::vec(any::<prop::sample::Index>(), 0..=room);
        let others = (extras, again).prop_flat_map(move |(extras, again)| {
            let mut others = [fate.needed.clone(), extras].concat();
            let once: Vec<Vec<u8>> = others
                .iter()
                .chain([&fate.leaf])
                .cloned()
                .collect();
            others.extend(
                again
                    .iter()
                    .map(|index| index.get(&once).clone()),
            );
            others.truncate(MOST - 1);
            Just(others).prop_shuffle()
        });
        (Just(index), others)
    })
}

/// All that a verdict tells, but for places in the order presented.
fn verdict(fate: &Fate, others: &[Vec<u8>]) -> String {
    let chain = CertChain::from_der(std::iter::once(&fate.leaf).chain(others)).unwrap();
    match fate.policy.evaluate(&chain, now()) {
        Ok(verified) => format!(
            "verified: {:x?} below {:x?} until {}, {:?}",
            verified.path().collect::<Vec<_>>(),
            verified.anchor().unwrap().sha256(),
            verified.holds_until(),
            verified
                .revocation()
                .collect::<Vec<_>>(),
        ),
        Err(rejection) => format!(
            "{}: {}",
            rejection.code(),
            without_place(&rejection.to_string())
        ),
    }
}

/// `certificate 2 of the chain 'CN=low'` without the number.
fn without_place(sentence: &str) -> String {
    match sentence.split_once("certificate ") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
            format!("{before}certificate{after}")
        }
        None => sentence.into(),
    }
}
