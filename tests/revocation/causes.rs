//! Of several lists that prove nothing, the one that is nearest to being proof is named.

use crate::support::crl::Crl;
use crate::support::pki::{Authority, judge};
use crate::support::points::{Scope, directory, full};
use crate::support::revocation::{checking_lists, orders, outcome};

#[test]
fn the_nearest_cause_is_told() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let crl = || Crl::of(&root);
    let of_users = || crl().scope(&Scope::user());
    let at_own_name = Scope::at(full(&[directory(&root.name())]));
    // None is older than one of the same scope that is signed, so that all are asked. The nearest first: what a fresh list
    // mends, then what takes more.
    let causes = [
        (crl().days(-9, -2), "expired list"),
        (of_users().no_next_update(), "no nextUpdate"),
        (of_users().days(1, 9), "list not yet valid"),
        (
            crl()
                .scope(&at_own_name)
                .algorithm("1.2.840.10045.4.1"),
            "unsupported algorithm",
        ),
        (of_users().no_key_identifier().broken(), "bad signature"),
        (crl().key_identifier(b"another"), "other key"),
        (crl().scope(&Scope::ca()), "out of scope"),
        (Crl::of(&root).issuer(&[0x30, 2, 0x31, 0]), "no list"),
    ];
    for (nearer, (near, cause)) in causes.iter().enumerate() {
        for (far, _) in &causes[nearer..] {
            for order in orders(&[near.clone(), far.clone()]) {
                let policy = checking_lists(&[&root], &order);
                assert_eq!(outcome(&judge(&policy, &leaf, &[])), *cause);
            }
        }
    }
    // All of them together change nothing where one list is proof.
    let mut all: Vec<Crl<'_>> = causes
        .iter()
        .map(|(crl, _)| crl.clone())
        .collect();
    let policy = checking_lists(&[&root], &all);
    assert_eq!(outcome(&judge(&policy, &leaf, &[])), "expired list");
    all.push(crl().number(2));
    let policy = checking_lists(&[&root], &all);
    assert_eq!(outcome(&judge(&policy, &leaf, &[])), "good");
}

#[test]
fn an_issuer_that_may_not_sign_is_told_before_a_bad_signature() {
    // The signature is not even looked at.
    let mut params = crate::support::pki::ca_params("root");
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let root = Authority::self_signed(params);
    let leaf = root.client("alice");
    for crl in [
        Crl::of(&root),
        Crl::of(&root).broken(),
        Crl::of(&root).days(-9, -2),
    ] {
        let policy = checking_lists(&[&root], &[crl]);
        assert_eq!(outcome(&judge(&policy, &leaf, &[])), "issuer may not sign");
    }
}
