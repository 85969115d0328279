//! CAs with one name and several keys, and certificates of one key with several issuers.

use edge_mtls::{Rejection, Revocation, Settlement, UnknownStatus};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, ca_params, judge, now};
use crate::support::revocation::{checking, checking_lists, lists, orders, outcome, reason};

#[test]
fn a_list_of_the_new_key_does_not_stand_for_one_of_the_old() {
    let (old, new) = (Authority::root("ca"), Authority::root("ca"));
    let leaf = old.client("alice");
    type Change = for<'a> fn(Crl<'a>) -> Crl<'a>;
    let changes: [Change; 2] = [|crl| crl, |crl| crl.no_key_identifier()];
    for change in changes {
        let of_old = || change(Crl::of(&old).number(5));
        let of_new = || change(Crl::of(&new).number(6));
        for (crls, expected) in [
            (vec![of_old().revokes(&leaf.der), of_new()], "revoked"),
            (vec![of_old(), of_new().revokes(&leaf.der)], "good"),
            (vec![of_old(), of_new()], "good"),
        ] {
            for order in orders(&crls) {
                for anchors in [[&old, &new], [&new, &old]] {
                    let policy = checking_lists(&anchors, &order);
                    assert_eq!(outcome(&judge(&policy, &leaf, &[])), expected);
                    assert_eq!(outcome(&judge(&policy, &leaf, &[&new])), expected);
                }
            }
        }
        // The new key's list alone says nothing of what the old key issued.
        let policy = checking_lists(&[&old, &new], &[of_new()]);
        let found = outcome(&judge(&policy, &leaf, &[]));
        assert!(["other key", "bad signature"].contains(&found), "{found}");
    }
}

#[test]
fn a_key_that_the_anchor_certified_anew_signs_for_the_old_one() {
    // A roll-over: the root issued the CA's new certificate under the same name, and lists come from
    // the new key.
    let root = Authority::root("root");
    let (old, new) = (root.intermediate("ca"), root.intermediate("ca"));
    let leaf = old.client("alice");
    let crls = |revoked: bool| {
        let crl = Crl::of(&new);
        [
            Crl::of(&root),
            if revoked { crl.revokes(&leaf.der) } else { crl },
        ]
    };
    for (revoked, expected) in [(false, "good"), (true, "revoked")] {
        for order in orders(&crls(revoked)) {
            let policy = checking_lists(&[&root], &order);
            for others in [[&old, &new], [&new, &old]] {
                assert_eq!(outcome(&judge(&policy, &leaf, &others)), expected);
            }
            assert_eq!(outcome(&judge(&policy, &leaf, &[&old])), "other key");
        }
    }
}

#[test]
fn the_newest_list_of_a_key_decides_whether_it_names_the_key_or_not() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let named = |number| Crl::of(&root).number(number);
    let unnamed = |number| named(number).no_key_identifier();
    for (crls, expected) in [
        ([named(1), unnamed(2).days(-9, -2)], "expired list"),
        ([unnamed(1), named(2).days(-9, -2)], "expired list"),
        ([named(1).revokes(&leaf.der), unnamed(2)], "good"),
        ([unnamed(1).revokes(&leaf.der), named(2)], "good"),
        ([named(1), unnamed(2).revokes(&leaf.der)], "revoked"),
        ([unnamed(1), named(2).revokes(&leaf.der)], "revoked"),
    ] {
        for order in orders(&crls) {
            let policy = checking_lists(&[&root], &order);
            assert_eq!(outcome(&judge(&policy, &leaf, &[])), expected);
        }
    }
}

#[test]
fn where_two_keys_of_a_name_are_on_the_path_each_has_a_newest_list() {
    // A CA that splits its lists by key: a newer one of the other key is not the newest of this.
    let old = Authority::root("ca");
    let new = old.sub_ca(ca_params("ca"));
    let leaf = new.client("alice");
    for [low, high] in [[&new, &old], [&old, &new]] {
        for (of_low, of_high) in [(true, false), (false, true)] {
            let crl = |authority, number, revokes: bool| {
                let crl = Crl::of(authority)
                    .number(number)
                    .no_key_identifier();
                if revokes { crl.revokes(&leaf.der) } else { crl }
            };
            let crls = [
                crl(low, 1, of_low),
                crl(high, 2, of_high),
                crl(high, 1, false),
            ];
            for order in orders(&crls) {
                let policy = checking_lists(&[&old], &order);
                assert_eq!(outcome(&judge(&policy, &leaf, &[&new])), "revoked");
            }
        }
    }
}

#[test]
fn a_self_issued_certificate_above_has_the_name_too() {
    // old -> new (same name, new key) -> leaf: both keys are on the path.
    let old = Authority::root("ca");
    let new = old.sub_ca(ca_params("ca"));
    let leaf = new.client("alice");
    for (crls, expected) in [
        (vec![Crl::of(&new), Crl::of(&old)], "good"),
        (
            vec![Crl::of(&new).revokes(&leaf.der), Crl::of(&old)],
            "revoked",
        ),
        (
            vec![Crl::of(&new), Crl::of(&old).revokes(new.der())],
            "revoked",
        ),
    ] {
        for order in orders(&crls) {
            let policy = checking_lists(&[&old], &order);
            assert_eq!(outcome(&judge(&policy, &leaf, &[&new])), expected);
        }
    }
}

#[test]
fn of_two_paths_the_one_that_is_not_revoked_is_taken() {
    let (one, two) = (Authority::root("one"), Authority::root("two"));
    let by_one = one.intermediate("ca");
    let by_two = two.sub_ca_with(ca_params("ca"), by_one.same_key());
    let leaf = by_one.client("alice");
    let of_leaf = || Crl::of(&by_one);
    let cases = [
        (
            vec![Crl::of(&one).revokes(by_one.der()), Crl::of(&two)],
            "CN=two",
        ),
        (
            vec![Crl::of(&one), Crl::of(&two).revokes(by_two.der())],
            "CN=one",
        ),
    ];
    for (crls, anchor) in cases {
        for order in orders(&[crls, vec![of_leaf()]].concat()) {
            for anchors in [[&one, &two], [&two, &one]] {
                let policy = checking_lists(&anchors, &order);
                for others in [[&by_one, &by_two], [&by_two, &by_one]] {
                    let verified = judge(&policy, &leaf, &others).unwrap();
                    assert_eq!(
                        verified
                            .anchor()
                            .unwrap()
                            .subject()
                            .to_string(),
                        anchor
                    );
                }
            }
        }
    }
    // Where all paths are revoked, so is the client.
    let crls = [
        of_leaf(),
        Crl::of(&one).revokes(by_one.der()),
        Crl::of(&two).revokes(by_two.der()),
    ];
    for order in orders(&crls) {
        let policy = checking_lists(&[&one, &two], &order);
        for others in [[&by_one, &by_two], [&by_two, &by_one]] {
            let rejection = judge(&policy, &leaf, &others).unwrap_err();
            assert_eq!(reason(&rejection), "revoked");
            assert!(
                matches!(&rejection, Rejection::Revoked { certificate, .. } if certificate.subject == "CN=ca")
            );
        }
    }
    // A revoked leaf is revoked by every path.
    let crls = [of_leaf().revokes(&leaf.der), Crl::of(&one), Crl::of(&two)];
    let policy = checking_lists(&[&one, &two], &crls);
    assert_eq!(
        outcome(&judge(&policy, &leaf, &[&by_one, &by_two])),
        "revoked"
    );
}

#[test]
fn of_two_paths_the_one_whose_status_is_known_is_taken() {
    let (one, two) = (Authority::root("one"), Authority::root("two"));
    let by_one = one.intermediate("ca");
    let by_two = two.sub_ca_with(ca_params("ca"), by_one.same_key());
    let leaf = by_one.client("alice");
    for (crl, anchor) in [(Crl::of(&one), "CN=one"), (Crl::of(&two), "CN=two")] {
        let policy = checking_lists(&[&one, &two], &[Crl::of(&by_one), crl]);
        for others in [[&by_one, &by_two], [&by_two, &by_one]] {
            let verified = judge(&policy, &leaf, &others).unwrap();
            assert_eq!(
                verified
                    .anchor()
                    .unwrap()
                    .subject()
                    .to_string(),
                anchor
            );
        }
    }
}

#[test]
fn one_that_is_revoked_is_told_so_under_any_number_of_anchors() {
    // More of one name than the budget of signatures reaches.
    let right = Authority::root("ca");
    let others: Vec<Authority> = (0..40)
        .map(|_| Authority::root("ca"))
        .collect();
    let leaf = right.client("alice");
    let mut anchors: Vec<&Authority> = others.iter().collect();
    anchors.push(&right);
    let policy = checking_lists(&anchors, &[Crl::of(&right).revokes(&leaf.der)]);
    assert_eq!(outcome(&judge(&policy, &leaf, &[])), "revoked");
}

#[test]
fn of_two_paths_a_list_that_is_missing_is_told_before_a_revocation() {
    // What a new list would mend comes first.
    let (one, two) = (Authority::root("one"), Authority::root("two"));
    let by_one = one.intermediate("ca");
    let by_two = two.sub_ca_with(ca_params("ca"), by_one.same_key());
    let leaf = by_one.client("alice");
    let crls = [Crl::of(&by_one), Crl::of(&one).revokes(by_one.der())];
    let policy = checking_lists(&[&one, &two], &crls);
    for others in [[&by_one, &by_two], [&by_two, &by_one]] {
        let rejection = judge(&policy, &leaf, &others).unwrap_err();
        assert_eq!(reason(&rejection), "no list");
    }
}

#[test]
fn of_two_paths_a_revocation_is_told_before_what_a_new_certificate_would_mend() {
    let (one, two) = (Authority::root("one"), Authority::root("two"));
    let by_one = one.intermediate("ca");
    let mut old = ca_params("ca");
    old.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let by_two = two.sub_ca_with(old, by_one.same_key());
    let leaf = by_one.client("alice");
    let crls = [
        Crl::of(&by_one),
        Crl::of(&one).revokes(by_one.der()),
        Crl::of(&two),
    ];
    let policy = checking_lists(&[&one, &two], &crls);
    for others in [[&by_one, &by_two], [&by_two, &by_one]] {
        let rejection = judge(&policy, &leaf, &others).unwrap_err();
        assert_eq!(reason(&rejection), "revoked");
    }
}

#[test]
fn of_two_paths_the_one_that_the_host_knows_is_taken() {
    let (one, two) = (Authority::root("one"), Authority::root("two"));
    let by_one = one.intermediate("ca");
    let by_two = two.sub_ca_with(ca_params("ca"), by_one.same_key());
    let leaf = by_one.client("alice");
    let revocation =
        Revocation::new(lists(&[Crl::of(&by_one)])).on_unknown(UnknownStatus::LeaveToHost);
    let policy = checking(&[&one, &two], revocation);
    for (known, anchor) in [(&by_one, "CN=one"), (&by_two, "CN=two")] {
        for others in [[&by_one, &by_two], [&by_two, &by_one]] {
            for otherwise in [Settlement::Unknown, Settlement::Revoked] {
                let chain = leaf.chain(&others);
                let verdict = policy.evaluate_settling(&chain, now(), |unsettled| {
                    match unsettled.certificate().der() == known.der().as_ref() {
                        true => Settlement::Good,
                        false => otherwise,
                    }
                });
                let verified = verdict.unwrap();
                assert_eq!(
                    verified
                        .anchor()
                        .unwrap()
                        .subject()
                        .to_string(),
                    anchor
                );
            }
        }
    }
}
