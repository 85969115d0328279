//! Lists that are about some of their issuer's certificates alone: users' or CAs'.

use edge_mtls::{Rejection, RevocationStatus, UnknownCause};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, judge};
use crate::support::points::Scope;
use crate::support::revocation::{checking_lists, lists, orders, outcome};

/// root, ca, and a leaf of each.
struct Pki {
    root: Authority,
    ca: Authority,
    direct: Leaf,
    below: Leaf,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::root("root");
        let ca = root.intermediate("ca");
        Self {
            direct: root.client("direct"),
            below: ca.client("below"),
            root,
            ca,
        }
    }

    /// The outcomes for the root's own client, and for the client of its CA; in all orders.
    fn outcomes(&self, of_root: &[Crl<'_>]) -> [&'static str; 2] {
        let of_ca = Crl::of(&self.ca);
        let mut found: Vec<[&'static str; 2]> = orders(of_root)
            .into_iter()
            .map(|mut crls| {
                crls.push(of_ca.clone());
                let policy = checking_lists(&[&self.root], &crls);
                [
                    outcome(&judge(&policy, &self.direct, &[])),
                    outcome(&judge(&policy, &self.below, &[&self.ca])),
                ]
            })
            .collect();
        found.dedup();
        assert_eq!(found.len(), 1, "the order matters: {found:?}");
        found[0]
    }
}

#[test]
fn user_and_ca_lists_are_about_users_and_cas() {
    let pki = Pki::new();
    let all = || Crl::of(&pki.root);
    let user = || Crl::of(&pki.root).scope(&Scope::user());
    let ca = || Crl::of(&pki.root).scope(&Scope::ca());
    for (crls, expected) in [
        (vec![all()], ["good", "good"]),
        (vec![user()], ["good", "out of scope"]),
        (vec![ca()], ["out of scope", "good"]),
        (vec![user(), ca()], ["good", "good"]),
        (vec![user(), all()], ["good", "good"]),
        (
            vec![user().revokes(&pki.direct.der), ca()],
            ["revoked", "good"],
        ),
        (
            vec![user(), ca().revokes(pki.ca.der())],
            ["good", "revoked"],
        ),
        // What stands on the list for others does not count.
        (
            vec![user().revokes(pki.ca.der()), ca().revokes(&pki.direct.der)],
            ["good", "good"],
        ),
        // Neither scope hides the other, whatever their numbers.
        (
            vec![
                user().number(9),
                ca().number(1)
                    .days(-3, 7)
                    .revokes(pki.ca.der()),
            ],
            ["good", "revoked"],
        ),
        (
            vec![
                all().number(9),
                user()
                    .number(1)
                    .days(-3, 7)
                    .revokes(&pki.direct.der),
            ],
            ["revoked", "good"],
        ),
        (
            vec![
                all()
                    .number(1)
                    .days(-3, 7)
                    .revokes(&pki.direct.der)
                    .revokes(pki.ca.der()),
                user().number(9),
                ca().number(9),
            ],
            ["revoked", "revoked"],
        ),
        // One current list of several is proof, and an expired one still revokes.
        (vec![all().days(-9, -1), user()], ["good", "expired list"]),
        (
            vec![
                all()
                    .days(-9, -1)
                    .revokes(&pki.direct.der),
                user(),
                ca(),
            ],
            ["revoked", "good"],
        ),
        // Within a scope, the newest decides.
        (
            vec![
                user()
                    .number(1)
                    .revokes(&pki.direct.der),
                user().number(2),
                ca().number(3),
            ],
            ["good", "good"],
        ),
        (
            vec![
                user().number(1),
                user()
                    .number(2)
                    .revokes(&pki.direct.der),
                ca().number(3),
            ],
            ["revoked", "good"],
        ),
    ] {
        let texts: Vec<String> = crls
            .iter()
            .map(|crl| lists(std::slice::from_ref(crl)))
            .map(|set| format!("{:?}", set.lists().next()))
            .collect();
        assert_eq!(pki.outcomes(&crls), expected, "{texts:?}");
    }
}

#[test]
fn the_empty_scope_is_all_certificates() {
    let pki = Pki::new();
    let empty = Crl::of(&pki.root).scope(&Scope::default());
    assert_eq!(pki.outcomes(std::slice::from_ref(&empty)), ["good", "good"]);
    // It is the scope of lists without one, so that their ages count.
    let newer = Crl::of(&pki.root)
        .number(2)
        .revokes(&pki.direct.der);
    assert_eq!(pki.outcomes(&[empty, newer]), ["revoked", "good"]);
}

#[test]
fn a_certificate_without_basic_constraints_is_a_users() {
    let root = Authority::root("root");
    let leaf = root.odd_leaf(|odd| odd);
    for (scope, expected) in [(Scope::user(), "good"), (Scope::ca(), "out of scope")] {
        let policy = checking_lists(&[&root], &[Crl::of(&root).scope(&scope)]);
        assert_eq!(outcome(&judge(&policy, &leaf, &[])), expected);
    }
}

#[test]
fn a_scope_has_words() {
    let root = Authority::root("root");
    for (scope, expected) in [
        (None, "all certificates"),
        (Some(Scope::default()), "all certificates"),
        (Some(Scope::user()), "user certificates"),
        (Some(Scope::ca()), "CA certificates"),
    ] {
        let crl = match &scope {
            Some(scope) => Crl::of(&root).scope(scope),
            None => Crl::of(&root),
        };
        let set = lists(&[crl]);
        let list = set.lists().next().unwrap();
        assert_eq!(list.scope().to_string(), expected);
        assert!(list.to_string().contains(expected), "{list}");
    }
}

#[test]
fn the_reason_names_a_list_for_others() {
    let pki = Pki::new();
    let policy = checking_lists(&[&pki.root], &[Crl::of(&pki.root).scope(&Scope::ca())]);
    let rejection = judge(&policy, &pki.direct, &[]).unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "whether the leaf 'CN=direct' is revoked is unknown: the list of 'CN=root' (number 01, \
         of 2029-12-31T00:00:00Z, for CA certificates) is about others (issuingDistributionPoint); \
         load the list of 'CN=root' that the certificate's cRLDistributionPoints name"
    );
    let Rejection::RevocationUnknown {
        cause: UnknownCause::OutOfScope { issuer, list, .. },
        ..
    } = rejection
    else {
        panic!("{rejection:?}");
    };
    assert_eq!(issuer, "CN=root");
    assert_eq!(list.scope().to_string(), "CA certificates");
}

#[test]
fn the_status_names_the_list_that_is_proof() {
    let pki = Pki::new();
    let crls = [
        Crl::of(&pki.root).scope(&Scope::user()),
        Crl::of(&pki.root).scope(&Scope::ca()),
        Crl::of(&pki.ca),
    ];
    let policy = checking_lists(&[&pki.root], &crls);
    let verified = judge(&policy, &pki.below, &[&pki.ca]).unwrap();
    let scopes: Vec<(String, String)> = verified
        .revocation()
        .map(|status| match status {
            RevocationStatus::Good { list, .. } => {
                (list.issuer().to_string(), list.scope().to_string())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("CN=ca", "all certificates"),
        ("CN=root", "CA certificates"),
    ];
    assert_eq!(
        scopes,
        expected.map(|(issuer, scope)| (issuer.into(), scope.into()))
    );
}
