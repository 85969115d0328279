//! A list's signature is verified once for each key, and not before those of the path hold.

use std::time::Duration;

use edge_mtls::{ChainPolicy, RevocationList, RevocationLists};

use crate::recording::{Record, contains, recording};
use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, ca_params, client_params, judge, trust};
use crate::support::revocation::outcome;

fn policy(anchors: &[&Authority]) -> (Record, ChainPolicy) {
    slow_policy(anchors, Duration::ZERO)
}

fn slow_policy(anchors: &[&Authority], takes: Duration) -> (Record, ChainPolicy) {
    let (record, algorithms) = recording(takes);
    // Without a cache, whatever other tests have: verifications are counted.
    let policy = ChainPolicy::builder(trust(anchors))
        .build(algorithms)
        .unwrap();
    (record, policy)
}

fn set(ders: &[Vec<u8>]) -> RevocationLists {
    RevocationLists::from_der(ders).unwrap()
}

/// root, ca and a leaf, and the DER of both lists.
struct Pki {
    root: Authority,
    ca: Authority,
    leaf: Leaf,
    ders: Vec<Vec<u8>>,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::root("root");
        let ca = root.intermediate("ca");
        Self {
            leaf: ca.client("alice"),
            ders: vec![Crl::of(&root).der(), Crl::of(&ca).der()],
            root,
            ca,
        }
    }

    fn judge(&self, policy: &ChainPolicy) -> &'static str {
        outcome(&judge(policy, &self.leaf, &[&self.ca]))
    }
}

#[test]
fn loading_verifies_nothing_and_the_first_verdict_everything_once() {
    let pki = Pki::new();
    let (record, base) = policy(&[&pki.root]);
    assert_eq!(pki.judge(&base), "good");
    let of_path = record.take().len();

    let policy = base.with_revocation(set(&pki.ders));
    assert!(record.take().is_empty());
    assert_eq!(pki.judge(&policy), "good");
    let first = record.take();
    assert_eq!(first.len(), of_path + 2);
    for _ in 0..3 {
        assert_eq!(pki.judge(&policy), "good");
        assert_eq!(record.take().len(), of_path);
    }
    // Another client of the same CA costs its own signatures alone.
    let bob = pki.ca.client("bob");
    assert!(judge(&policy, &bob, &[&pki.ca]).is_ok());
    assert_eq!(record.lists(&pki.ders), 0);
}

#[test]
fn the_signatures_of_the_path_come_first() {
    let pki = Pki::new();
    let (record, base) = policy(&[&pki.root]);
    let policy = base.with_revocation(set(&pki.ders));
    assert_eq!(pki.judge(&policy), "good");
    let messages = record.take();
    let is_list: Vec<bool> = messages
        .iter()
        .map(|message| {
            pki.ders
                .iter()
                .any(|crl| contains(crl, message))
        })
        .collect();
    let first_list = is_list
        .iter()
        .position(|is_list| *is_list)
        .unwrap();
    assert!(
        is_list[first_list..]
            .iter()
            .all(|is_list| *is_list)
    );
    assert_eq!(is_list.len() - first_list, 2);
}

#[test]
fn no_list_is_verified_for_a_path_that_does_not_hold() {
    let pki = Pki::new();
    let (record, base) = policy(&[&pki.root]);
    let lookalike = Authority::root("root");
    let fake_ca = lookalike.sub_ca_with(ca_params("ca"), pki.ca.same_key());
    let forged = Authority::root("ca").client("alice");
    let mut expired = client_params("alice");
    expired.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let expired = pki.ca.leaf(expired);
    let for_servers = {
        let mut params = client_params("alice");
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        pki.ca.leaf(params)
    };
    for (leaf, ca, code) in [
        (&forged, &pki.ca, "untrusted"),
        (&pki.leaf, &fake_ca, "untrusted"),
        (&expired, &pki.ca, "expired"),
        (&for_servers, &pki.ca, "wrong-purpose"),
    ] {
        let policy = base.with_revocation(set(&pki.ders));
        let rejection = judge(&policy, leaf, &[ca]).unwrap_err();
        assert_eq!(rejection.code(), code);
        assert_eq!(record.lists(&pki.ders), 0, "{code}");
    }
}

#[test]
fn failures_are_remembered() {
    let pki = Pki::new();
    let of_root = Crl::of(&pki.root).der();
    for (of_ca, expected) in [
        (Crl::of(&pki.ca).broken(), "bad signature"),
        (
            Crl::of(&pki.ca)
                .signed_by(&pki.root)
                .no_key_identifier(),
            "bad signature",
        ),
    ] {
        let (record, base) = policy(&[&pki.root]);
        let ders = [of_root.clone(), of_ca.der()];
        let policy = base.with_revocation(set(&ders));
        for times in [2, 0, 0] {
            assert_eq!(pki.judge(&policy), expected);
            assert_eq!(record.lists(&ders), times);
        }
        // One that is hidden behind a good one, too.
        let mut with_good = ders.to_vec();
        with_good.push(Crl::of(&pki.ca).number(0).der());
        let policy = base.with_revocation(set(&with_good));
        for times in [3, 0, 0] {
            assert_eq!(pki.judge(&policy), "good");
            assert_eq!(record.lists(&with_good), times);
        }
    }
}

#[test]
fn what_cannot_be_the_signer_is_not_tried() {
    let pki = Pki::new();
    let no_crl_sign = {
        let mut params = ca_params("ca");
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        pki.root
            .sub_ca_with(params, pki.ca.same_key())
    };
    let of_root = Crl::of(&pki.root).der();
    for (ca, of_ca, expected) in [
        (
            &pki.ca,
            Crl::of(&pki.ca).key_identifier(b"another"),
            "other key",
        ),
        (&no_crl_sign, Crl::of(&pki.ca), "issuer may not sign"),
        (
            &pki.ca,
            Crl::of(&pki.ca).issuer(&pki.root.name()),
            "no list",
        ),
        (
            &pki.ca,
            Crl::of(&pki.ca).scope(&crate::support::points::Scope::ca()),
            "out of scope",
        ),
    ] {
        let (record, base) = policy(&[&pki.root]);
        let of_ca = of_ca.der();
        let policy = base.with_revocation(set(&[of_root.clone(), of_ca.clone()]));
        let verdict = judge(&policy, &pki.leaf, &[ca]);
        assert_eq!(outcome(&verdict), expected);
        assert_eq!(record.lists(&[of_ca]), 0, "{expected}");
    }
}

#[test]
fn older_lists_are_not_verified() {
    let pki = Pki::new();
    let (record, base) = policy(&[&pki.root]);
    let older: Vec<Vec<u8>> = (0..5)
        .map(|number| Crl::of(&pki.ca).number(number).der())
        .collect();
    let newest = Crl::of(&pki.ca).number(9).der();
    let mut ders = vec![newest, Crl::of(&pki.root).der()];
    ders.extend(older.clone());
    let policy = base.with_revocation(set(&ders));
    assert_eq!(pki.judge(&policy), "good");
    assert_eq!(record.lists(&older), 0);
}

#[test]
fn what_is_known_is_shared_by_clones() {
    let pki = Pki::new();
    let (record, base) = policy(&[&pki.root]);
    let lists: Vec<RevocationList> = pki
        .ders
        .iter()
        .map(|der| RevocationList::from_der(der).unwrap())
        .collect();
    let built = || {
        lists
            .iter()
            .cloned()
            .fold(RevocationLists::builder(), |builder, list| {
                builder.list(list)
            })
    };
    let first = base.with_revocation(built().build().unwrap());
    assert_eq!(pki.judge(&first), "good");
    assert_eq!(record.lists(&pki.ders), 2);
    // Read once more beside them, they are the same lists.
    let twice = pki
        .ders
        .iter()
        .fold(RevocationLists::builder(), |builder, der| builder.der(der));
    let twice = lists
        .iter()
        .fold(twice, |builder, list| builder.list(list.clone()))
        .build()
        .unwrap();
    assert_eq!(twice.len(), 2);
    assert_eq!(pki.judge(&base.with_revocation(twice)), "good");
    assert_eq!(record.lists(&pki.ders), 0);
    // A set with one new list, in another policy: that one alone is verified.
    let third = Crl::of(&pki.ca).number(2).der();
    let set = built().der(&third).build().unwrap();
    let again = base.with_revocation(set.clone());
    assert_eq!(pki.judge(&again), "good");
    let mut all = pki.ders.clone();
    all.push(third);
    assert_eq!(record.lists(&all), 1);
    // The same set in policies with other options, and for another path.
    for policy in [
        base.with_revocation(
            edge_mtls::Revocation::new(set.clone()).depth(edge_mtls::RevocationDepth::Leaf),
        ),
        again.with_deny_list(edge_mtls::DenyList::new()),
        first.with_revocation(set),
    ] {
        assert_eq!(pki.judge(&policy), "good");
        assert_eq!(record.lists(&all), 0);
    }
}

#[test]
fn other_algorithms_find_out_for_themselves() {
    let pki = Pki::new();
    let set = set(&pki.ders);
    for _ in 0..2 {
        let (record, base) = policy(&[&pki.root]);
        let policy = base.with_revocation(set.clone());
        for times in [2, 0] {
            assert_eq!(pki.judge(&policy), "good");
            assert_eq!(record.lists(&pki.ders), times);
        }
    }
}

#[test]
fn each_key_of_a_name_is_tried_once() {
    // Two CAs of one name, and a list without key identifier.
    let (one, two) = (Authority::root("root"), Authority::root("root"));
    let (record, base) = policy(&[&one, &two]);
    let (alice, bob) = (one.client("alice"), two.client("bob"));
    let ders = [Crl::of(&one).no_key_identifier().der()];
    let policy = base.with_revocation(set(&ders));
    for times in [2, 0] {
        assert_eq!(outcome(&judge(&policy, &alice, &[])), "good");
        assert_eq!(outcome(&judge(&policy, &bob, &[])), "bad signature");
        assert_eq!(record.lists(&ders), times);
    }
}

#[test]
fn many_wrong_keys_do_not_make_it_forget_the_right_one() {
    let (record, algorithms) = recording(Duration::ZERO);
    let right = Authority::root("root");
    let wrong: Vec<Authority> = (0..80)
        .map(|_| Authority::root("root"))
        .collect();
    let ders = [Crl::of(&right)
        .no_key_identifier()
        .der()];
    let set = set(&ders);
    let verdict = |root: &Authority| {
        let policy = ChainPolicy::builder(trust(&[root]))
            .revocation(set.clone())
            .build(algorithms)
            .unwrap();
        outcome(&judge(&policy, &root.client("alice"), &[]))
    };
    for times in [1, 0] {
        assert_eq!(verdict(&right), "good");
        assert_eq!(record.lists(&ders), times);
        for wrong in &wrong {
            assert_eq!(verdict(wrong), "bad signature");
        }
        record.take();
    }
}

#[test]
fn many_at_once_verify_once() {
    let pki = Pki::new();
    // Slow enough for all to ask before the first answer.
    let (record, base) = slow_policy(&[&pki.root], Duration::from_millis(5));
    let policy = base.with_revocation(set(&pki.ders));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(pki.judge(&policy), "good"));
        }
    });
    assert_eq!(record.lists(&pki.ders), 2);
}
