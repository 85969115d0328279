//! Of several lists the newest that applies decides, in whatever order they were added.

use edge_mtls::{Rejection, RevocationList, RevocationLists, UnknownCause};

use crate::support::crl::{Crl, DAY, Entry, NOW, long_time, pem};
use crate::support::pki::{Authority, Leaf, judge, now};
use crate::support::revocation::{checking, lists, orders, outcome, reason};

/// Adds the lists in each order, as DER and as one PEM file: the outcome for `leaf` is the same.
fn outcome_in_all_orders(root: &Authority, leaf: &Leaf, crls: &[Crl<'_>]) -> &'static str {
    outcome_of_ders(root, leaf, &ders(crls))
}

fn outcome_of_ders(root: &Authority, leaf: &Leaf, ders: &[Vec<u8>]) -> &'static str {
    let expected = RevocationLists::from_der(ders).unwrap();
    let mut outcomes = Vec::new();
    for order in orders(ders) {
        let pem: String = order
            .iter()
            .map(|der| pem("X509 CRL", der))
            .collect();
        for set in [
            RevocationLists::from_der(&order).unwrap(),
            RevocationLists::from_pem(pem.as_bytes()).unwrap(),
        ] {
            assert_eq!(set.fingerprint(), expected.fingerprint());
            assert!(set.lists().eq(expected.lists()));
            outcomes.push(outcome(&judge(&checking(&[root], set), leaf, &[])));
        }
    }
    outcomes.dedup();
    assert_eq!(outcomes.len(), 1, "the order matters: {outcomes:?}");
    outcomes[0]
}

/// Each signed once: two signatures of the same are different lists.
fn ders(crls: &[Crl<'_>]) -> Vec<Vec<u8>> {
    crls.iter().map(Crl::der).collect()
}

/// Of `crls`, the oldest first, the last decides: whether it is the only one that holds the leaf, or
/// the only one that does not.
fn the_last_decides<'a>(root: &'a Authority, name: &str, crls: Vec<Crl<'a>>) {
    let leaf = root.client("alice");
    let last = crls.len() - 1;
    for last_revokes in [true, false] {
        let crls: Vec<Crl<'_>> = crls
            .iter()
            .cloned()
            .enumerate()
            .map(|(index, crl)| match (index == last) == last_revokes {
                true => crl.revokes(&leaf.der),
                false => crl,
            })
            .collect();
        let ders = ders(&crls);
        let expected = if last_revokes { "revoked" } else { "good" };
        assert_eq!(outcome_of_ders(root, &leaf, &ders), expected, "{name}");
        let set = RevocationLists::from_der(&ders).unwrap();
        let newest = RevocationList::from_der(&ders[last]).unwrap();
        assert_eq!(set.lists().next(), Some(&newest), "{name}");
    }
}

#[test]
fn the_newest_list_decides() {
    let root = Authority::root("root");
    let crl = || Crl::of(&root);
    let cases = [
        ("by number", vec![crl().number(1), crl().number(2)]),
        (
            "by number, of four",
            vec![
                crl().number(1),
                crl().number(2),
                crl().number(3),
                crl().number(4),
            ],
        ),
        (
            "by number, whatever their dates",
            vec![crl().number(1).days(-1, 7), crl().number(2).days(-3, 7)],
        ),
        (
            "by thisUpdate, of equal numbers",
            vec![crl().days(-3, 7), crl().days(-2, 7), crl().days(-1, 7)],
        ),
        (
            "by thisUpdate, of lists without number",
            vec![
                crl().no_number().days(-3, 7),
                crl().no_number().days(-2, 7),
                crl().no_number().days(-1, 7),
            ],
        ),
        (
            "by thisUpdate, where only one has no number",
            vec![
                crl().number(9).days(-3, 7),
                crl().no_number().days(-2, 7),
                crl().number(1).days(-1, 7),
            ],
        ),
        (
            "by thisUpdate, where the newest has no number",
            vec![crl().number(9).days(-3, 7), crl().no_number().days(-1, 7)],
        ),
        (
            "by thisUpdate, of version 1",
            vec![
                crl().v1().days(-3, 7),
                crl().v1().days(-2, 7),
                crl().v1().days(-1, 7),
            ],
        ),
        (
            "by a number of more octets",
            vec![crl().number(0x7f), crl().number(0x80), crl().number(0x100)],
        ),
        (
            "by a number of 20 octets",
            vec![
                crl().number_octets(&[0x01; 19]),
                crl().number_octets(&[0x01; 20]),
                crl().number_octets(&[0x02; 20]),
            ],
        ),
        (
            "by thisUpdate, as UTCTime and as GeneralizedTime",
            vec![
                crl().this_update_der(long_time(NOW - 3 * DAY)),
                crl().days(-2, 7),
                crl().this_update_der(long_time(NOW - DAY)),
            ],
        ),
    ];
    for (name, crls) in cases {
        the_last_decides(&root, name, crls);
    }
}

#[test]
fn an_older_list_that_is_still_current_hides_no_revocation() {
    // What webpki gets wrong: it uses the first list that matches.
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let older = Crl::of(&root).number(1).days(-2, 30);
    let newer = Crl::of(&root)
        .number(2)
        .days(-1, 7)
        .revokes(&leaf.der);
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[older, newer]),
        "revoked"
    );
}

#[test]
fn equal_lists_are_all_asked() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let other = root.client("bob");
    for crl in [Crl::of(&root), Crl::of(&root).no_number()] {
        let (none, others, this) = (
            crl.clone(),
            crl.clone().revokes(&other.der),
            crl.clone().revokes(&leaf.der),
        );
        assert_eq!(
            outcome_in_all_orders(&root, &leaf, &[none.clone(), others.clone(), this]),
            "revoked"
        );
        assert_eq!(
            outcome_in_all_orders(&root, &leaf, &[none, others.clone()]),
            "good"
        );
        // The very same list counts once.
        let der = others.der();
        let set = RevocationLists::from_der([&der, &der]).unwrap();
        assert_eq!(set.len(), 1);
        assert_eq!(
            outcome(&judge(&checking(&[&root], set), &leaf, &[])),
            "good"
        );
    }
}

#[test]
fn a_list_of_the_future_decides_nothing_yet() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let current = || Crl::of(&root).number(1);
    let future = || Crl::of(&root).number(2).days(1, 7);
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[current().revokes(&leaf.der), future()]),
        "revoked"
    );
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[current(), future()]),
        "good"
    );
    // A list from its very first second on is one of now.
    let from_now = Crl::of(&root)
        .number(2)
        .this_update(NOW)
        .revokes(&leaf.der);
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[current(), from_now]),
        "revoked"
    );
    let set = lists(&[future()]);
    let rejection = judge(&checking(&[&root], set), &leaf, &[]).unwrap_err();
    assert_eq!(reason(&rejection), "list not yet valid");
    assert_eq!(
        rejection.to_string(),
        "whether the leaf 'CN=alice' is revoked is unknown: the list of 'CN=root' (number 02, of \
         2030-01-02T00:00:00Z, for all certificates) is not valid yet: it is 2030-01-01T00:00:00Z; \
         check the clocks of this machine and of the CA"
    );
}

#[test]
fn a_list_of_the_future_proves_revocations() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let future = Crl::of(&root)
        .number(2)
        .days(1, 7)
        .revokes(&leaf.der);
    assert_eq!(outcome_in_all_orders(&root, &leaf, &[future]), "revoked");
}

#[test]
fn a_list_with_a_bad_signature_hides_nothing() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = root.client("alice");
    type Change = for<'a> fn(Crl<'a>) -> Crl<'a>;
    let changes: [Change; 2] = [|crl| crl.broken(), |crl| crl.no_key_identifier().broken()];
    for bad in changes {
        let newest = || bad(Crl::of(&root).number(9));
        let older = || Crl::of(&root).number(2);
        let oldest = || Crl::of(&root).number(1).days(-2, 7);
        assert_eq!(
            outcome_in_all_orders(
                &root,
                &leaf,
                &[newest(), older().revokes(&leaf.der), oldest()]
            ),
            "revoked"
        );
        assert_eq!(
            outcome_in_all_orders(
                &root,
                &leaf,
                &[
                    newest().revokes(&leaf.der),
                    older(),
                    oldest().revokes(&leaf.der)
                ]
            ),
            "good"
        );
        assert_eq!(
            outcome_in_all_orders(&root, &leaf, &[newest().revokes(&leaf.der)]),
            "bad signature"
        );
    }
    // Nor does one that somebody else signed in the CA's name.
    let forged = || {
        Crl::of(&root)
            .number(9)
            .signed_by(&other)
    };
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[forged(), Crl::of(&root).revokes(&leaf.der)]),
        "revoked"
    );
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[forged().revokes(&leaf.der), Crl::of(&root)]),
        "good"
    );
    // Nor of equal ones, the bad one.
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[Crl::of(&root).broken(), Crl::of(&root)]),
        "good"
    );
}

#[test]
fn the_newest_list_decides_even_if_it_has_expired() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let current = || Crl::of(&root).number(1).days(-9, 30);
    let expired = || Crl::of(&root).number(2).days(-8, -1);
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[current(), expired()]),
        "expired list"
    );
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[current().revokes(&leaf.der), expired()]),
        "expired list"
    );
    assert_eq!(
        outcome_in_all_orders(&root, &leaf, &[current(), expired().revokes(&leaf.der)]),
        "revoked"
    );
}

#[test]
fn every_issuer_has_lists_of_its_own() {
    let root = Authority::root("root");
    let (a, b) = (root.intermediate("a"), root.intermediate("b"));
    // The same serial number, by two CAs.
    let serial = |ca: &Authority| {
        ca.odd_leaf(|mut odd| {
            odd.serial = vec![7];
            odd
        })
    };
    let (of_a, of_b) = (serial(&a), serial(&b));
    let crls = [
        Crl::of(&root).number(3),
        Crl::of(&a)
            .number(2)
            .entry(Entry::new(&[7])),
        Crl::of(&b).number(9),
    ];
    for order in orders(&crls) {
        let policy = checking(&[&root], lists(&order));
        assert_eq!(outcome(&judge(&policy, &of_a, &[&a])), "revoked");
        assert_eq!(outcome(&judge(&policy, &of_b, &[&b])), "good");
    }
    let policy = checking(&[&root], lists(&crls[..2]));
    let rejection = judge(&policy, &of_b, &[&b]).unwrap_err();
    assert!(
        matches!(
            &rejection,
            Rejection::RevocationUnknown {
                certificate,
                cause: UnknownCause::NoList { issuer },
                ..
            } if issuer == "CN=b" && certificate.index == 0
        ),
        "{rejection:?}"
    );
}

#[test]
fn lists_are_told_by_issuer_scope_and_age() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let crls = [
        Crl::of(&a).number(2),
        Crl::of(&a).number(1),
        Crl::of(&b).number(7),
        Crl::of(&b).number(6),
    ];
    for order in orders(&crls) {
        let set = lists(&order);
        let found: Vec<(String, String)> = set
            .lists()
            .map(|list| {
                (
                    list.issuer().to_string(),
                    list.number().unwrap().to_string(),
                )
            })
            .collect();
        let expected = [
            ("CN=a", "02"),
            ("CN=a", "01"),
            ("CN=b", "07"),
            ("CN=b", "06"),
        ];
        assert_eq!(
            found,
            expected.map(|(issuer, number)| (issuer.into(), number.into()))
        );
        assert_eq!(set.len(), 4);
        assert_eq!(set.expired_at(now()).count(), 0);
    }
}
