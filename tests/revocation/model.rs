//! Any few lists of a CA, in any order: what a plain model says of them, the verdict says.

use edge_mtls::{Rejection, Revocation, RevocationLists, UnknownStatus, VerifiedChain};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::support::crl::{Crl, DAY, NOW};
use crate::support::pki::{Authority, Leaf, at};
use crate::support::points::Scope;
use crate::support::revocation::{checking, outcome};

/// Whose certificates a list is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum About {
    All,
    Cas,
    Users,
}

/// A list, in our own words. Dates are days from now.
#[derive(Clone, Debug)]
struct Spec {
    about: About,
    number: Option<u64>,
    this_update: i64,
    next_update: Option<i64>,
    is_genuine: bool,
    revokes: bool,
}

impl Spec {
    fn crl<'a>(&self, root: &'a Authority, leaf: &Leaf) -> Crl<'a> {
        let mut crl = Crl::of(root).this_update(NOW + self.this_update * DAY);
        crl = match self.next_update {
            Some(days) => crl.next_update(NOW + days * DAY),
            None => crl.no_next_update(),
        };
        crl = match self.number {
            Some(number) => crl.number(number),
            None => crl.no_number(),
        };
        crl = match self.about {
            About::All => crl,
            About::Cas => crl.scope(&Scope::ca()),
            About::Users => crl.scope(&Scope::user()),
        };
        if !self.is_genuine {
            crl = crl.broken();
        }
        match self.revokes {
            true => crl.revokes(&leaf.der),
            false => crl,
        }
    }

    /// Whether it is proof at an instant, in seconds from now.
    fn is_proof(&self, instant: i64) -> bool {
        self.this_update * DAY <= instant
            && self
                .next_update
                .is_some_and(|days| instant < days * DAY)
    }
}

fn spec() -> impl Strategy<Value = Spec> {
    (
        prop_oneof![
            3 => Just(About::All),
            2 => Just(About::Users),
            1 => Just(About::Cas)
        ],
        option::weighted(0.9, 0_u64..4),
        -4_i64..3,
        option::weighted(0.9, 1_i64..8),
        proptest::bool::weighted(0.85),
        proptest::bool::weighted(0.2),
    )
        .prop_map(
            |(about, number, this_update, life, is_genuine, revokes)| Spec {
                about,
                number,
                this_update,
                next_update: life.map(|life| this_update + life),
                is_genuine,
                revokes,
            },
        )
}

/// What the lists say of the leaf at an instant, in seconds from now.
fn expected(specs: &[Spec], instant: i64) -> &'static str {
    let mut is_proven = false;
    for about in [About::All, About::Users] {
        let group: Vec<&Spec> = specs
            .iter()
            .filter(|spec| spec.about == about)
            .collect();
        let is_numbered = group
            .iter()
            .all(|spec| spec.number.is_some());
        let age = |spec: &Spec| (spec.number.filter(|_| is_numbered), spec.this_update);
        let genuine = || {
            group
                .iter()
                .filter(|spec| spec.is_genuine)
        };
        let is_published = |spec: &Spec| spec.this_update * DAY <= instant;
        let newest = genuine()
            .filter(|spec| is_published(spec))
            .map(|spec| age(spec))
            .max();
        for spec in genuine() {
            let is_asked = match is_published(spec) {
                true => newest == Some(age(spec)),
                // One of the future, unless one of now is newer all the same.
                false => newest.is_none_or(|newest| newest <= age(spec)),
            };
            if is_asked && spec.revokes {
                return "revoked";
            }
            is_proven |= is_asked && spec.is_proof(instant);
        }
    }
    if is_proven { "good" } else { "unknown" }
}

/// A chain of root's, and lists of root's in any order.
struct Case {
    root: Authority,
    leaf: Leaf,
    set: RevocationLists,
}

impl Case {
    fn new(specs: &[Spec], order: &[usize]) -> Self {
        let root = Authority::root("root");
        let leaf = root.client("alice");
        let ders: Vec<Vec<u8>> = specs
            .iter()
            .map(|spec| spec.crl(&root, &leaf).der())
            .collect();
        let set = RevocationLists::from_der(order.iter().map(|place| &ders[*place])).unwrap();
        Self { root, leaf, set }
    }

    fn judge(
        &self,
        revocation: impl Into<Revocation>,
        instant: i64,
    ) -> Result<VerifiedChain, Rejection> {
        checking(&[&self.root], revocation).evaluate(
            &self.leaf.chain(&[]),
            at((NOW + instant).try_into().unwrap()),
        )
    }
}

fn specs_and_order() -> impl Strategy<Value = (Vec<Spec>, Vec<usize>)> {
    vec(spec(), 1..6).prop_flat_map(|specs| {
        let order: Vec<usize> = (0..specs.len()).collect();
        (Just(specs), Just(order).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_verdict_is_the_models(
        (specs, order) in specs_and_order(),
        instants in vec(-5 * DAY..10 * DAY, 4),
    ) {
        let case = Case::new(&specs, &order);
        for instant in [&[0][..], &instants].concat() {
            let found = match outcome(&case.judge(case.set.clone(), instant)) {
                known @ ("good" | "revoked") => known,
                _ => "unknown",
            };
            prop_assert_eq!(found, expected(&specs, instant), "at {}", instant);
        }
        // What is unknown is accepted where that is allowed, and nothing else is.
        let allowing = Revocation::new(case.set.clone()).on_unknown(UnknownStatus::Allow);
        prop_assert_eq!(case.judge(allowing, 0).is_ok(), expected(&specs, 0) != "revoked");
    }

    #[test]
    fn a_verdict_holds_until_the_lists_say_otherwise((specs, order) in specs_and_order()) {
        let case = Case::new(&specs, &order);
        let Ok(verified) = case.judge(case.set.clone(), 0) else {
            return Ok(());
        };
        let last = verified.holds_until().unix_seconds() - NOW;
        let changes = (0..11).map(|days| days * DAY).chain([last]);
        for instant in changes.filter(|instant| *instant <= last) {
            let then = case.judge(case.set.clone(), instant);
            prop_assert_eq!(outcome(&then), "good", "at {} of {}", instant, last);
        }
    }
}
