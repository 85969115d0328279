//! What this crate says, which is the same in whatever order.

use edge_mtls::{
    CertChain, Certificate, ChainLimits, Rejection, TrustStore, TrustStoreError, VerifiedChain,
};

use crate::certificate::Made;
use crate::paths::Path;
use crate::support::pki::{builder, now, providers};
use crate::world::{MOST_PRESENTED, World};

#[derive(Debug)]
pub struct Refused {
    /// `None` if no anchor can be trusted.
    pub rejection: Option<Rejection>,
    /// Why some anchors cannot be trusted.
    pub left_out: Vec<TrustStoreError>,
}

impl Refused {
    /// Its text, without the places of certificates in the order presented and in the store.
    pub fn text(&self) -> String {
        let text = match (&self.rejection, self.left_out.first()) {
            (Some(rejection), _) => rejection.to_string(),
            (None, Some(left_out)) => left_out.to_string(),
            (None, None) => unreachable!("refused without a reason"),
        };
        without_number(&text, "certificate ")
    }
}

/// Judges in several orders, with and without duplicates; all verdicts must be the same, and where none
/// holds, none may hold alone.
pub fn judge(world: &World) -> Result<Path, Refused> {
    let verdict = judge_in_order(world, &world.anchors, &world.others);
    let reversed: Vec<Made> = world
        .others
        .iter()
        .rev()
        .cloned()
        .collect();
    let reversed_anchors: Vec<Made> = world
        .anchors
        .iter()
        .rev()
        .cloned()
        .collect();
    let turned: Vec<Made> = world
        .others
        .iter()
        .cycle()
        .skip(1)
        .take(reversed.len())
        .cloned()
        .collect();
    let doubled: Vec<Made> = world
        .others
        .iter()
        .chain(&reversed)
        .chain([&world.leaf])
        .take(MOST_PRESENTED - 1)
        .cloned()
        .collect();
    for others in [reversed, turned, doubled] {
        let other = judge_in_order(world, &reversed_anchors, &others);
        assert_eq!(
            summary(&verdict),
            summary(&other),
            "depends on the order: {world:?}"
        );
    }
    if verdict.is_err() {
        for path in world.paths() {
            let alone = world.of_path(&path);
            let verdict = judge_in_order(&alone, &alone.anchors, &alone.others);
            assert!(verdict.is_err(), "a path was not found: {world:?}");
        }
    }
    verdict
}

/// A verdict but for all places.
fn summary(verdict: &Result<Path, Refused>) -> Result<Vec<&[u8]>, String> {
    match verdict {
        Ok(path) => Ok(path
            .iter()
            .map(|made| made.der.as_slice())
            .collect()),
        Err(refused) => Err(refused.text()),
    }
}

fn judge_in_order(world: &World, anchors: &[Made], others: &[Made]) -> Result<Path, Refused> {
    let store = anchors
        .iter()
        .fold(TrustStore::builder(), |builder, anchor| {
            builder.der(&anchor.der)
        })
        .build_with_report();
    let (store, left_out) = match store {
        Ok(built) => built,
        Err(error) => {
            return Err(Refused {
                rejection: None,
                left_out: vec![error],
            });
        }
    };
    let policy = builder(store)
        .limits(ChainLimits::new(MOST_PRESENTED, 32 * 1024))
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let presented = std::iter::once(&world.leaf).chain(others);
    let chain = CertChain::from_der(presented.map(|made| made.der.clone())).unwrap();
    match policy.evaluate(&chain, now()) {
        Ok(verified) => Ok(path(world, &verified)),
        Err(rejection) => Err(Refused {
            rejection: Some(rejection),
            left_out,
        }),
    }
}

fn path(world: &World, verified: &VerifiedChain) -> Path {
    let anchor = verified.anchor().unwrap();
    let below = verified.path().map(|der| {
        world
            .presented()
            .find(|made| made.der == der)
            .unwrap()
    });
    let anchor = world
        .anchors
        .iter()
        .find(|made| {
            Certificate::from_der(&made.der)
                .unwrap()
                .sha256()
                == anchor.sha256()
        })
        .unwrap();
    below.chain([anchor]).cloned().collect()
}

/// `text` without the number after `word`.
fn without_number(text: &str, word: &str) -> String {
    match text.split_once(word) {
        None => text.into(),
        Some((before, after)) => {
            let after = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
            format!("{before}{word}{after}")
        }
    }
}
