//! The dates of lists.

use std::time::Duration;

use edge_mtls::{
    Rejection, Revocation, RevocationStatus, RevokedBy, Time, UnknownCause, VerifiedChain,
};

use crate::support::crl::{Crl, DAY, NOW, long_time};
use crate::support::pki::{Authority, Leaf, at, judge, now};
use crate::support::revocation::{checking, checking_lists, lists, outcome, reason};

fn seconds(time: i64) -> u64 {
    time.try_into().unwrap()
}

/// The outcome at each instant.
fn outcomes(
    root: &Authority,
    leaf: &Leaf,
    revocation: Revocation,
    instants: &[i64],
) -> Vec<&'static str> {
    let policy = checking(&[root], revocation);
    instants
        .iter()
        .map(|instant| outcome(&policy.evaluate(&leaf.chain(&[]), at(seconds(*instant)))))
        .collect()
}

#[test]
fn an_expired_list_is_refused_and_named() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let crl = Crl::of(&root).number(7).days(-9, -2);
    let policy = checking_lists(&[&root], &[crl]);
    let rejection = judge(&policy, &leaf, &[]).unwrap_err();
    assert_eq!(rejection.code(), "revocation-unknown");
    assert_eq!(
        rejection.to_string(),
        "whether the leaf 'CN=alice' is revoked is unknown: the list of 'CN=root' (number 07, of \
         2029-12-23T00:00:00Z, for all certificates) has expired: the next one was due at \
         2029-12-30T00:00:00Z, and it is 2030-01-01T00:00:00Z; load the newest list, or use \
         `Revocation::allow_expired_lists`"
    );
    let Rejection::RevocationUnknown {
        cause: UnknownCause::Expired {
            list, since, now, ..
        },
        ..
    } = rejection
    else {
        panic!("{rejection:?}");
    };
    assert_eq!(list.number().unwrap().as_bytes(), [7]);
    assert_eq!(since, Time::from_unix_seconds(NOW - 2 * DAY));
    assert_eq!(now, Time::from_unix_seconds(NOW));
}

#[test]
fn a_list_is_proof_from_this_update_until_next_update() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let (first, end) = (NOW - DAY, NOW + DAY);
    for crl in [
        Crl::of(&root).days(-1, 1),
        Crl::of(&root)
            .this_update_der(long_time(first))
            .next_update_der(long_time(end)),
    ] {
        let instants = [first - 1, first, NOW, end - 1, end, end + 1];
        let expected = [
            "list not yet valid",
            "good",
            "good",
            "good",
            "expired list",
            "expired list",
        ];
        let found = outcomes(&root, &leaf, lists(&[crl]).into(), &instants);
        assert_eq!(found, expected);
    }
}

#[test]
fn what_an_expired_list_holds_is_revoked() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for crl in [
        Crl::of(&root).days(-9, -2),
        Crl::of(&root).no_next_update(),
        Crl::of(&root).v1().no_next_update(),
        Crl::of(&root).days(2, 9),
    ] {
        let set = lists(&[crl.revokes(&leaf.der)]);
        for revocation in [
            Revocation::new(set.clone()),
            Revocation::new(set.clone()).allow_expired_lists(),
            Revocation::new(set.clone()).assume_next_update_after(Duration::ZERO),
            Revocation::new(set).on_unknown(edge_mtls::UnknownStatus::Allow),
        ] {
            let rejection = judge(&checking(&[&root], revocation), &leaf, &[]).unwrap_err();
            assert_eq!(reason(&rejection), "revoked");
        }
    }
}

#[test]
fn expired_lists_can_be_allowed() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let crl = Crl::of(&root).days(-9, -2);
    let revocation = Revocation::new(lists(&[crl])).allow_expired_lists();
    let verified = judge(&checking(&[&root], revocation), &leaf, &[]).unwrap();
    let status: Vec<&RevocationStatus> = verified.revocation().collect();
    assert!(
        matches!(status[..], [RevocationStatus::Good { list, .. }] if list.next_update() == Some(Time::from_unix_seconds(NOW - 2 * DAY)))
    );
    assert_eq!(verified.holds_until().to_string(), "2040-01-01T00:00:00Z");
    // The option concerns the end alone.
    let future = Revocation::new(lists(&[Crl::of(&root).days(2, 9)])).allow_expired_lists();
    assert_eq!(
        outcome(&judge(&checking(&[&root], future), &leaf, &[])),
        "list not yet valid"
    );
    let bad = Revocation::new(lists(&[Crl::of(&root).days(-9, -2).broken()])).allow_expired_lists();
    assert_eq!(
        outcome(&judge(&checking(&[&root], bad), &leaf, &[])),
        "bad signature"
    );
}

#[test]
fn a_list_without_next_update_proves_revocations_alone() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for crl in [
        Crl::of(&root).no_next_update(),
        Crl::of(&root).v1().no_next_update(),
    ] {
        let policy = checking_lists(&[&root], std::slice::from_ref(&crl));
        let rejection = judge(&policy, &leaf, &[]).unwrap_err();
        assert_eq!(reason(&rejection), "no nextUpdate");
        let text = rejection.to_string();
        assert!(
            text.contains("the list of 'CN=root'")
                && text.contains("`Revocation::assume_next_update_after`"),
            "{text}"
        );
        let policy = checking_lists(&[&root], &[crl.revokes(&leaf.der)]);
        let rejection = judge(&policy, &leaf, &[]).unwrap_err();
        assert!(
            matches!(&rejection, Rejection::Revoked { by: RevokedBy::List { list, .. }, .. } if list.next_update().is_none())
        );
    }
}

#[test]
fn an_age_can_be_assumed_where_there_is_no_next_update() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let week = Duration::from_secs(7 * 86_400);
    let crl = Crl::of(&root)
        .this_update(NOW)
        .no_next_update();
    let end = NOW + 7 * DAY;
    let revocation =
        || Revocation::new(lists(std::slice::from_ref(&crl))).assume_next_update_after(week);
    assert_eq!(
        outcomes(&root, &leaf, revocation(), &[NOW - 1, NOW, end - 1, end]),
        ["list not yet valid", "good", "good", "expired list"]
    );
    let policy = checking(&[&root], revocation());
    let rejection = policy
        .evaluate(&leaf.chain(&[]), at(seconds(end)))
        .unwrap_err();
    assert!(
        matches!(&rejection, Rejection::RevocationUnknown { cause: UnknownCause::Expired { since, .. }, .. } if since.unix_seconds() == end)
    );
    // Where there is one, it counts.
    let longer =
        Revocation::new(lists(&[Crl::of(&root).days(-9, 1)])).assume_next_update_after(week);
    let shorter =
        Revocation::new(lists(&[Crl::of(&root).days(-9, -1)])).assume_next_update_after(10 * week);
    assert_eq!(outcomes(&root, &leaf, longer, &[NOW]), ["good"]);
    assert_eq!(outcomes(&root, &leaf, shorter, &[NOW]), ["expired list"]);
    // An age without end.
    let for_ever = Revocation::new(lists(&[crl])).assume_next_update_after(Duration::MAX);
    assert_eq!(
        outcomes(&root, &leaf, for_ever, &[NOW + 300 * DAY]),
        ["good"]
    );
}

fn holds_until(verified: &VerifiedChain) -> i64 {
    verified.holds_until().unix_seconds()
}

#[test]
fn a_verdict_holds_as_long_as_its_lists() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    let chain = leaf.chain(&[&ca]);
    for (of_ca, of_root, end) in [(3, 9, 3), (9, 3, 3)] {
        let crls = [
            Crl::of(&ca).days(-1, of_ca),
            Crl::of(&root).days(-1, of_root),
        ];
        let policy = checking_lists(&[&root], &crls);
        let last = holds_until(&policy.evaluate(&chain, now()).unwrap());
        // The last second at which the verdict is the same.
        assert_eq!(last, NOW + end * DAY - 1);
        assert!(
            policy
                .evaluate(&chain, at(seconds(last)))
                .is_ok()
        );
        assert_eq!(
            outcome(&policy.evaluate(&chain, at(seconds(last + 1)))),
            "expired list"
        );
        // At any time the end is the same.
        let verified = policy
            .evaluate(&chain, at(seconds(last)))
            .unwrap();
        assert_eq!(holds_until(&verified), last);

        let expired = Revocation::new(lists(&crls)).allow_expired_lists();
        let verified = judge(&checking(&[&root], expired), &leaf, &[&ca]).unwrap();
        assert_eq!(verified.holds_until().to_string(), "2040-01-01T00:00:00Z");
    }
    // The list of a certificate that is not asked for does not count.
    let crls = [Crl::of(&ca).days(-1, 9), Crl::of(&root).days(-1, 3)];
    let leaf_only = Revocation::new(lists(&crls)).depth(edge_mtls::RevocationDepth::Leaf);
    let verified = judge(&checking(&[&root], leaf_only), &leaf, &[&ca]).unwrap();
    assert_eq!(holds_until(&verified), NOW + 9 * DAY - 1);
    // Nor does a list that outlives the certificates.
    let crls = [Crl::of(&ca), Crl::of(&root)].map(|crl| crl.days(-1, 36_500));
    let verified = judge(&checking_lists(&[&root], &crls), &leaf, &[&ca]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2040-01-01T00:00:00Z");
}

#[test]
fn a_verdict_ends_where_a_list_of_the_future_begins() {
    // Which then decides, and for less long than the one of now.
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let current = Crl::of(&root).number(1).days(-1, 9);
    let next = Crl::of(&root).number(2).days(1, 3);
    for order in [[current.clone(), next.clone()], [next, current]] {
        let policy = checking_lists(&[&root], &order);
        let verified = judge(&policy, &leaf, &[]).unwrap();
        assert_eq!(holds_until(&verified), NOW + DAY - 1);
    }
}

#[test]
fn of_several_proofs_the_longest_counts() {
    use crate::support::points::Scope;

    let root = Authority::root("root");
    let leaf = root.client("alice");
    let all = Crl::of(&root).days(-1, 3);
    let users = Crl::of(&root)
        .scope(&Scope::user())
        .days(-1, 9);
    for order in [[all.clone(), users.clone()], [users, all]] {
        let verified = judge(&checking_lists(&[&root], &order), &leaf, &[]).unwrap();
        let status = verified.revocation().next().unwrap();
        let RevocationStatus::Good { list, .. } = status else {
            panic!("{status:?}");
        };
        assert_eq!(list.scope().to_string(), "user certificates");
        assert_eq!(holds_until(&verified), NOW + 9 * DAY - 1);
    }
}

#[test]
fn a_verdict_that_was_assumed_holds_as_long_as_assumed() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let revocation = Revocation::new(lists(&[Crl::of(&root)
        .this_update(NOW - DAY)
        .no_next_update()]))
    .assume_next_update_after(Duration::from_secs(2 * 86_400));
    let verified = judge(&checking(&[&root], revocation), &leaf, &[]).unwrap();
    assert_eq!(holds_until(&verified), NOW + DAY - 1);
}

#[test]
fn a_set_tells_which_lists_have_expired() {
    let root = Authority::root("root");
    let crls = [
        Crl::of(&root).number(1).days(-9, -1),
        Crl::of(&root).number(2).days(-9, 1),
        Crl::of(&root)
            .number(3)
            .no_next_update(),
    ];
    let set = lists(&crls);
    let expired = |instant| -> Vec<u8> {
        set.expired_at(at(seconds(instant)))
            .map(|list| list.number().unwrap().as_bytes()[0])
            .collect()
    };
    assert_eq!(expired(NOW), [1]);
    assert_eq!(expired(NOW + 2 * DAY), [2, 1]);
    // At `nextUpdate` itself a list is proof no more.
    assert_eq!(expired(NOW + DAY - 1), [1]);
    assert_eq!(expired(NOW + DAY), [2, 1]);
    assert_eq!(expired(NOW - 2 * DAY), [0; 0]);
}
