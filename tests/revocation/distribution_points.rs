//! Lists at distribution points, and certificates that say where theirs are.

use edge_mtls::{ChainFault, Rejection};
use rcgen::{CustomExtension, KeyUsagePurpose};

use crate::support::crl::Crl;
use crate::support::der::{COMMON_NAME, common_name, name_of, sequence, tlv};
use crate::support::pki::{Authority, Leaf, ca_params, client_params, judge, policy};
use crate::support::points::{
    DISTRIBUTION_POINTS, Scope, directory, full, point, point_for_reasons, point_of_issuer,
    relative, uri, with_points,
};
use crate::support::revocation::{checking, checking_lists, lists, orders, outcome};

const A: &str = "http://crl.example/a";
const B: &str = "http://crl.example/b";

fn leaf_at(root: &Authority, points: &[Vec<u8>]) -> Leaf {
    root.leaf(with_points(client_params("alice"), points, false))
}

/// The outcome for a leaf with these distribution points, in all orders of the lists.
fn outcome_at(root: &Authority, points: &[Vec<u8>], crls: &[Crl<'_>]) -> &'static str {
    outcome_of(root, &leaf_at(root, points), crls)
}

fn outcome_of(root: &Authority, leaf: &Leaf, crls: &[Crl<'_>]) -> &'static str {
    let mut found: Vec<&str> = orders(crls)
        .iter()
        .map(|crls| outcome(&judge(&checking_lists(&[root], crls), leaf, &[])))
        .collect();
    found.dedup();
    assert_eq!(found.len(), 1, "the order matters: {found:?}");
    found[0]
}

fn uris(uris: &[&str]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = uris.iter().copied().map(uri).collect();
    full(&names)
}

fn at<'a>(root: &'a Authority, name: Vec<u8>) -> Crl<'a> {
    Crl::of(root).scope(&Scope::at(name))
}

#[test]
fn what_many_lists_say_depends_on_who_may_have_signed_them() {
    // Two roots have certified a CA; it may sign lists by one of them alone.
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let ca = root.intermediate("ca");
    let places: Vec<String> = (0..10)
        .map(|number| format!("http://crl.example/{number}"))
        .collect();
    let mut crls: Vec<Crl<'_>> = places
        .iter()
        .map(|place| at(&ca, uris(&[place])))
        .collect();
    let points: Vec<Vec<u8>> = places
        .iter()
        .map(|place| point(&uris(&[place])))
        .collect();
    let leaf = leaf_at(&ca, &points);
    crls.extend([Crl::of(&root), Crl::of(&other)]);
    let policy = checking_lists(&[&root, &other], &crls);
    // The shorter certificate is tried first.
    for [signing, silent] in [[0, 500], [500, 0]] {
        let certified = |by: &Authority, octets: usize, usages: &[KeyUsagePurpose]| {
            let mut params = ca_params("ca");
            params.custom_extensions = vec![CustomExtension::from_oid_content(
                &[1, 2, 3],
                tlv(0x04, &vec![0; octets]),
            )];
            params.key_usages = usages.to_vec();
            by.sub_ca_with(params, ca.same_key())
        };
        let both = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let signing = certified(&root, signing, &both);
        let silent = certified(&other, silent, &both[..1]);
        let judged = |others: &[&Authority]| outcome(&judge(&policy, &leaf, others));
        assert_eq!(judged(&[&silent]), "issuer may not sign");
        assert_eq!(judged(&[&signing]), "good");
        assert_eq!(judged(&[&signing, &silent]), "good");
    }
}

#[test]
fn a_list_is_about_the_certificates_of_its_point() {
    let root = Authority::root("root");
    let (a, b) = (point(&uris(&[A])), point(&uris(&[B])));
    let both_names = point(&uris(&[A, B]));
    let (list_a, list_b) = (at(&root, uris(&[A])), at(&root, uris(&[B])));
    let other_case = "HTTP://crl.example/a";
    for (points, list, expected) in [
        (vec![a.clone()], &list_a, "good"),
        (vec![a.clone()], &list_b, "out of scope"),
        (vec![a.clone(), b.clone()], &list_b, "good"),
        (vec![b, a.clone()], &list_b, "good"),
        (vec![both_names.clone()], &list_b, "good"),
        (
            vec![point(&uris(&["http://crl.example/"]))],
            &list_a,
            "out of scope",
        ),
        (vec![point(&uris(&[other_case]))], &list_a, "out of scope"),
        // A list without a point is about all certificates, wherever theirs is.
        (vec![a.clone()], &Crl::of(&root), "good"),
        // A list at two names is at either.
        (vec![a], &at(&root, uris(&[B, A])), "good"),
        (vec![both_names], &at(&root, uris(&[B, A])), "good"),
    ] {
        assert_eq!(
            outcome_at(&root, &points, std::slice::from_ref(list)),
            expected,
            "{points:?}"
        );
    }
    // A certificate without points is about none.
    assert_eq!(
        outcome_of(&root, &root.client("alice"), &[list_a, list_b]),
        "out of scope"
    );
}

#[test]
fn of_several_points_every_list_counts() {
    let root = Authority::root("root");
    let (a, b) = (point(&uris(&[A])), point(&uris(&[B])));
    let (list_a, list_b) = (
        || at(&root, uris(&[A])).number(9),
        || {
            at(&root, uris(&[B]))
                .number(1)
                .days(-3, 7)
        },
    );
    let of_both = leaf_at(&root, &[a.clone(), b]);
    let of_a = leaf_at(&root, &[a]);
    for (leaf, crls, expected) in [
        (&of_both, vec![list_a(), list_b()], "good"),
        (
            &of_both,
            vec![list_a(), list_b().revokes(&of_both.der)],
            "revoked",
        ),
        (
            &of_both,
            vec![list_a().revokes(&of_both.der), list_b()],
            "revoked",
        ),
        // A sharded CA: another shard's list, though newer, says nothing of this certificate.
        (
            &of_a,
            vec![list_a(), list_b().number(99).revokes(&of_a.der)],
            "good",
        ),
        (
            &of_a,
            vec![list_a().revokes(&of_a.der), list_b().number(99)],
            "revoked",
        ),
        // Each point has its newest list.
        (
            &of_a,
            vec![
                list_a().number(10).revokes(&of_a.der),
                list_a(),
                list_b().number(99),
            ],
            "revoked",
        ),
        (
            &of_a,
            vec![
                list_a().number(8).revokes(&of_a.der),
                list_a(),
                list_b().number(99),
            ],
            "good",
        ),
    ] {
        assert_eq!(outcome_of(&root, leaf, &crls), expected);
    }
}

#[test]
fn a_point_for_users_is_not_for_cas() {
    let root = Authority::root("root");
    let a = point(&uris(&[A]));
    let ca = root.sub_ca(with_points(
        ca_params("ca"),
        std::slice::from_ref(&a),
        false,
    ));
    let leaf = ca.client("alice");
    for (scope, expected) in [
        (Scope::user(), "out of scope"),
        (Scope::ca(), "good"),
        (Scope::default(), "good"),
    ] {
        let scope = Scope {
            point: Some(uris(&[A])),
            ..scope
        };
        let crls = [Crl::of(&ca), Crl::of(&root).scope(&scope)];
        let policy = checking_lists(&[&root], &crls);
        assert_eq!(outcome(&judge(&policy, &leaf, &[&ca])), expected);
    }
}

#[test]
fn names_are_compared_by_kind() {
    let root = Authority::root("root");
    let own = full(&[directory(&root.name())]);
    let other = full(&[directory(&common_name("other"))]);
    let below = |name: &str| {
        full(&[directory(&name_of(&[
            (COMMON_NAME, "root"),
            (COMMON_NAME, name),
        ]))])
    };
    for (of_list, of_certificate, expected) in [
        (&own, &own, "good"),
        (&own, &other, "out of scope"),
        (&other, &other, "good"),
        (&relative("x"), &relative("x"), "good"),
        (&relative("x"), &relative("y"), "out of scope"),
        // A relative name is one more RDN behind the issuer's.
        (&relative("x"), &below("x"), "good"),
        (&below("x"), &relative("x"), "good"),
        (&below("y"), &relative("x"), "out of scope"),
        (&relative("x"), &own, "out of scope"),
        (&relative(A), &uris(&[A]), "out of scope"),
    ] {
        assert_eq!(
            outcome_at(
                &root,
                &[point(of_certificate)],
                &[at(&root, of_list.clone())]
            ),
            expected
        );
    }
}

#[test]
fn without_points_that_of_the_issuers_own_name_is_meant() {
    // RFC 5280 section 6.3.3.
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let own = full(&[directory(&root.name())]);
    let other = full(&[directory(&common_name("other"))]);
    for (name, expected) in [
        (own.clone(), "good"),
        (full(&[uri(A), directory(&root.name())]), "good"),
        (other, "out of scope"),
        (relative("root"), "out of scope"),
    ] {
        assert_eq!(outcome_of(&root, &leaf, &[at(&root, name)]), expected);
    }
    assert_eq!(
        outcome_at(&root, &[point(&uris(&[A]))], &[at(&root, own.clone())]),
        "out of scope"
    );
    // A point without a name is where its issuer is.
    let issuer_alone = |name: &[u8]| sequence(&[tlv(0xa2, &directory(name))]);
    for (issuer, expected) in [
        (root.name(), "good"),
        (common_name("other"), "out of scope"),
    ] {
        let points = [issuer_alone(&issuer)];
        assert_eq!(
            outcome_at(&root, &points, &[at(&root, own.clone())]),
            expected
        );
    }
}

#[test]
fn points_of_other_issuers_and_for_some_reasons_prove_nothing() {
    let root = Authority::root("root");
    let list = || at(&root, uris(&[A]));
    let elsewhere = point_of_issuer(&uris(&[A]), &common_name("other"));
    let at_home = point_of_issuer(&uris(&[A]), &root.name());
    let some_reasons = point_for_reasons(&uris(&[A]), &[6, 0x40]);
    assert_eq!(
        outcome_at(&root, std::slice::from_ref(&elsewhere), &[list()]),
        "out of scope"
    );
    assert_eq!(outcome_at(&root, &[at_home], &[list()]), "good");
    let both = [directory(&common_name("other")), directory(&root.name())].concat();
    let among_others = sequence(&[tlv(0xa0, &uris(&[A])), tlv(0xa2, &both)]);
    assert_eq!(outcome_at(&root, &[among_others], &[list()]), "good");
    assert_ne!(
        outcome_at(&root, std::slice::from_ref(&some_reasons), &[list()]),
        "good"
    );
    let for_all = point(&uris(&[A]));
    for order in [[&some_reasons, &for_all], [&for_all, &some_reasons]] {
        assert_eq!(
            outcome_at(&root, &order.map(Clone::clone), &[list()]),
            "good"
        );
    }
    // They revoke, and another list proves.
    let leaf = leaf_at(&root, &[some_reasons]);
    assert_eq!(
        outcome_of(&root, &leaf, &[list().revokes(&leaf.der)]),
        "revoked"
    );
    for points in [elsewhere, point_for_reasons(&uris(&[A]), &[6, 0x40])] {
        assert_eq!(
            outcome_at(&root, &[points], &[list(), Crl::of(&root)]),
            "good"
        );
    }
}

/// Whatever its points are: a list that holds it revokes it, and none proves it good.
#[test]
fn points_that_cannot_be_read_name_no_list() {
    let root = Authority::root("root");
    let list = || at(&root, uris(&[A]));
    let names: Vec<String> = (0..40)
        .map(|index| format!("{A}/{index}"))
        .chain([A.to_owned()])
        .collect();
    let names: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .collect();
    let too_many = sequence(&[point(&uris(&names))]);
    let as_many_as_can_be = sequence(&[point(&uris(&names[10..]))]);
    let leaf =
        |points: &[u8]| root.odd_leaf(|odd| odd.extension(DISTRIBUTION_POINTS, false, points));
    let good = leaf(&as_many_as_can_be);
    assert_eq!(outcome_of(&root, &good, &[list()]), "good");
    let leaf_of_many = leaf(&too_many);
    assert_eq!(outcome_of(&root, &leaf_of_many, &[list()]), "out of scope");
    let revoking = list().revokes(&leaf_of_many.der);
    assert_eq!(outcome_of(&root, &leaf_of_many, &[revoking]), "revoked");
    // One for all certificates is about it all the same.
    let lists = [list(), Crl::of(&root)];
    assert_eq!(outcome_of(&root, &leaf_of_many, &lists), "good");
    for garbage in [
        b"garbage".to_vec(),
        sequence(&[b"?"]),
        sequence(&[point(&uris(&[A])), vec![0x05]]),
        [sequence(&[point(&uris(&[A]))]), vec![0]].concat(),
    ] {
        assert_ne!(
            outcome_of(&root, &leaf(&garbage), &[list()]),
            "good",
            "{garbage:?}"
        );
    }
}

fn is_unhandled(verdict: Result<edge_mtls::VerifiedChain, Rejection>, index: usize) -> bool {
    matches!(
        verdict,
        Err(Rejection::Invalid {
            certificate,
            fault: ChainFault::UnhandledCriticalExtension,
            ..
        }) if certificate.index == index
    )
}

#[test]
fn critical_points_are_accepted_where_the_status_is_checked() {
    use edge_mtls::{DenyList, Revocation, RevocationDepth, UnknownStatus};

    let root = Authority::root("root");
    let a = point(&uris(&[A]));
    let critical = |params| with_points(params, std::slice::from_ref(&a), true);
    let leaf = root.leaf(critical(client_params("alice")));
    let ca = root.sub_ca(critical(ca_params("ca")));
    let below = ca.client("bob");
    let crls = [Crl::of(&root), Crl::of(&ca)];
    let with = |revocation: Revocation| checking(&[&root], revocation);
    let revocation = || Revocation::new(lists(&crls));

    for policy in [
        policy(&[&root]),
        policy(&[&root]).with_deny_list(DenyList::new().key_sha256([0; 32])),
    ] {
        assert!(is_unhandled(judge(&policy, &leaf, &[]), 0));
        assert!(is_unhandled(judge(&policy, &below, &[&ca]), 1));
    }
    assert!(judge(&with(revocation()), &leaf, &[]).is_ok());
    assert!(judge(&with(revocation()), &below, &[&ca]).is_ok());

    let leaf_only = with(revocation().depth(RevocationDepth::Leaf));
    assert!(judge(&leaf_only, &leaf, &[]).is_ok());
    assert!(is_unhandled(judge(&leaf_only, &below, &[&ca]), 1));

    let allowing = with(revocation().on_unknown(UnknownStatus::Allow));
    assert!(judge(&allowing, &below, &[&ca]).is_ok());
    // Those of the freshest CRL are about delta lists, which nobody reads here.
    let freshest = root.odd_leaf(|odd| {
        odd.extension(
            crate::support::crl::FRESHEST_CRL,
            true,
            &sequence(std::slice::from_ref(&a)),
        )
    });
    assert!(is_unhandled(judge(&with(revocation()), &freshest, &[]), 0));
}

#[test]
fn a_scope_tells_its_names() {
    let root = Authority::root("root");
    for (name, expected) in [
        (uris(&[A]), format!("all certificates at {A}")),
        (uris(&[B, A]), format!("all certificates at {A}, {B}")),
        (
            full(&[directory(&common_name("x"))]),
            "all certificates at CN=x".into(),
        ),
        (relative("x"), "all certificates at CN=x,CN=root".into()),
    ] {
        let set = lists(&[at(&root, name)]);
        let list = set.lists().next().unwrap();
        assert_eq!(list.scope().to_string(), expected);
    }
    let hostile = lists(&[at(&root, uris(&["http://\n\x1b[31m\u{fffd}"]))]);
    let text = hostile
        .lists()
        .next()
        .unwrap()
        .to_string();
    assert!(
        text.bytes()
            .all(|octet| (0x20..0x7f).contains(&octet)),
        "{text:?}"
    );
    let long = lists(&[at(&root, uris(&[&"x".repeat(10_000)]))]);
    assert!(
        long.lists()
            .next()
            .unwrap()
            .to_string()
            .len()
            < 1_024
    );
}
