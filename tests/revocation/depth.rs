//! Whose status is asked for.

use edge_mtls::{Rejection, Revocation, RevocationDepth, RevocationStatus, UnknownCause};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, judge};
use crate::support::revocation::{checking, lists, outcome, reason};

/// root, top, low, and a leaf.
struct Pki {
    root: Authority,
    top: Authority,
    low: Authority,
    leaf: Leaf,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::root("root");
        let top = root.intermediate("top");
        let low = top.intermediate("low");
        Self {
            leaf: low.client("alice"),
            root,
            top,
            low,
        }
    }

    fn judge(
        &self,
        depth: RevocationDepth,
        crls: &[Crl<'_>],
    ) -> Result<edge_mtls::VerifiedChain, Rejection> {
        let revocation = Revocation::new(lists(crls)).depth(depth);
        let policy = checking(&[&self.root], revocation);
        judge(&policy, &self.leaf, &[&self.low, &self.top])
    }
}

/// The index of the certificate that a reason is about.
fn index(rejection: &Rejection) -> usize {
    match rejection {
        Rejection::Revoked { certificate, .. }
        | Rejection::RevocationUnknown { certificate, .. } => certificate.index,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_certificate_below_the_anchor_by_default() {
    let pki = Pki::new();
    let of_low = || Crl::of(&pki.low);
    let of_top = || Crl::of(&pki.top);
    let of_root = || Crl::of(&pki.root);
    for (crls, expected) in [
        ([of_low(), of_top(), of_root()], None),
        (
            [of_low().revokes(&pki.leaf.der), of_top(), of_root()],
            Some(0),
        ),
        (
            [of_low(), of_top().revokes(pki.low.der()), of_root()],
            Some(1),
        ),
        (
            [of_low(), of_top(), of_root().revokes(pki.top.der())],
            Some(2),
        ),
        // An anchor is trusted, whatever it says of itself.
        (
            [of_low(), of_top(), of_root().revokes(pki.root.der())],
            None,
        ),
    ] {
        let verdict = pki.judge(RevocationDepth::Path, &crls);
        match expected {
            None => assert!(verdict.is_ok(), "{verdict:?}"),
            Some(expected) => {
                let rejection = verdict.unwrap_err();
                assert_eq!(reason(&rejection), "revoked");
                assert_eq!(index(&rejection), expected);
            }
        }
        let by_default = checking(&[&pki.root], lists(&crls));
        let verdict = judge(&by_default, &pki.leaf, &[&pki.low, &pki.top]);
        assert_eq!(verdict.is_ok(), expected.is_none());
    }
    // Each list is needed.
    let all = [of_low(), of_top(), of_root()];
    for (missing, issuer) in [(0, "CN=low"), (1, "CN=top"), (2, "CN=root")] {
        let mut crls = all.to_vec();
        crls.remove(missing);
        let rejection = pki
            .judge(RevocationDepth::Path, &crls)
            .unwrap_err();
        assert_eq!(index(&rejection), missing);
        assert!(
            matches!(&rejection, Rejection::RevocationUnknown { cause: UnknownCause::NoList { issuer: found, .. }, .. } if found == issuer)
        );
    }
}

#[test]
fn the_leaf_alone_if_asked() {
    let pki = Pki::new();
    let of_low = || Crl::of(&pki.low);
    for (crls, expected) in [
        (vec![of_low()], "good"),
        (vec![of_low().revokes(&pki.leaf.der)], "revoked"),
        (
            vec![
                of_low(),
                Crl::of(&pki.top).revokes(pki.low.der()),
                Crl::of(&pki.root)
                    .revokes(pki.top.der())
                    .days(-9, -2),
            ],
            "good",
        ),
        (vec![Crl::of(&pki.top), Crl::of(&pki.root)], "no list"),
    ] {
        assert_eq!(outcome(&pki.judge(RevocationDepth::Leaf, &crls)), expected);
    }
}

#[test]
fn an_anchor_may_be_an_intermediate() {
    let pki = Pki::new();
    for (crls, expected) in [
        (vec![Crl::of(&pki.low)], "good"),
        (
            vec![Crl::of(&pki.low), Crl::of(&pki.top).revokes(pki.low.der())],
            "good",
        ),
        (vec![Crl::of(&pki.low).revokes(&pki.leaf.der)], "revoked"),
    ] {
        let policy = checking(&[&pki.low], lists(&crls));
        assert_eq!(
            outcome(&judge(&policy, &pki.leaf, &[&pki.low, &pki.top])),
            expected
        );
    }
}

#[test]
fn what_is_beside_the_path_does_not_count() {
    let pki = Pki::new();
    let other = pki.root.intermediate("other");
    let crls = [
        Crl::of(&pki.low),
        Crl::of(&pki.top),
        Crl::of(&pki.root).revokes(other.der()),
    ];
    let policy = checking(&[&pki.root], lists(&crls));
    let others = [&other, &pki.low, &pki.top];
    assert_eq!(outcome(&judge(&policy, &pki.leaf, &others)), "good");
}

#[test]
fn a_revoked_issuer_is_named_before_an_unknown_leaf() {
    // Whichever is told: never as if it could be mended by a fresh list.
    let pki = Pki::new();
    let crls = [Crl::of(&pki.top), Crl::of(&pki.root).revokes(pki.top.der())];
    let rejection = pki
        .judge(RevocationDepth::Path, &crls)
        .unwrap_err();
    assert_eq!(reason(&rejection), "revoked");
    assert_eq!(index(&rejection), 2);
}

#[test]
fn the_verdict_says_who_was_asked_for() {
    let pki = Pki::new();
    let crls = [&pki.low, &pki.top, &pki.root].map(Crl::of);
    let is_good = |depth| -> Vec<bool> {
        pki.judge(depth, &crls)
            .unwrap()
            .revocation()
            .map(|status| match status {
                RevocationStatus::Good { .. } => true,
                RevocationStatus::NotChecked => false,
                other => panic!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(is_good(RevocationDepth::Path), [true, true, true]);
    assert_eq!(is_good(RevocationDepth::Leaf), [true, false, false]);
}
