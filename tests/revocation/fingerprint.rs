//! The fingerprint covers all of revocation that can change a verdict.

use std::time::Duration;

use edge_mtls::{
    ChainPolicy, ClientAuthPolicy, DenyList, Passthrough, Revocation, RevocationDepth,
    RevocationLists, UnknownStatus,
};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, builder, judge, policy, providers, trust};
use crate::support::revocation::{lists, orders};

fn all_differ<T: PartialEq>(all: &[T]) {
    for (index, one) in all.iter().enumerate() {
        assert!(!all[..index].contains(one), "{index}");
    }
}

#[test]
fn every_option_and_every_list_counts() {
    let root = Authority::root("root");
    let crls: Vec<Vec<u8>> = (1..4)
        .map(|number| Crl::of(&root).number(number).der())
        .collect();
    let set = |ders: &[Vec<u8>]| RevocationLists::from_der(ders).unwrap();
    let base = policy(&[&root]);
    let revocation = || Revocation::new(set(&crls[..1]));
    let second = |seconds| Duration::from_secs(seconds);
    let policies = [
        base.clone(),
        base.with_revocation(revocation()),
        base.with_revocation(set(&crls[1..2])),
        base.with_revocation(set(&crls[..2])),
        base.with_revocation(set(&crls)),
        base.with_revocation(revocation().depth(RevocationDepth::Leaf)),
        base.with_revocation(revocation().on_unknown(UnknownStatus::Allow)),
        base.with_revocation(revocation().on_unknown(UnknownStatus::LeaveToHost)),
        base.with_revocation(revocation().allow_expired_lists()),
        base.with_revocation(revocation().assume_next_update_after(second(0))),
        base.with_revocation(revocation().assume_next_update_after(second(1))),
        base.with_deny_list(DenyList::new().certificate_sha256([1; 32])),
        base.with_deny_list(DenyList::new().certificate_sha256([2; 32])),
        base.with_deny_list(DenyList::new().key_sha256([1; 32])),
        base.with_deny_list(DenyList::new().serial(&root.name(), &[1])),
        base.with_deny_list(DenyList::new().serial(&root.name(), &[2])),
        base.with_deny_list(DenyList::new().serial(&[0x30, 0], &[1])),
        base.with_revocation(revocation())
            .with_deny_list(DenyList::new().key_sha256([1; 32])),
    ];
    all_differ(
        &policies
            .iter()
            .map(ChainPolicy::fingerprint)
            .collect::<Vec<_>>(),
    );
    // Defaults said aloud change nothing.
    let said = revocation()
        .depth(RevocationDepth::Path)
        .on_unknown(UnknownStatus::Refuse);
    assert_eq!(
        base.with_revocation(said).fingerprint(),
        policies[1].fingerprint()
    );
    assert_eq!(
        base.with_deny_list(DenyList::new())
            .fingerprint(),
        base.fingerprint()
    );
    // Nor does the way a policy came to be.
    let built = builder(trust(&[&root]))
        .revocation(set(&crls[..1]))
        .deny(DenyList::new().key_sha256([1; 32]))
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    assert_eq!(built.fingerprint(), policies[17].fingerprint());
    // The verdict has it.
    let leaf = root.client("alice");
    let verified = judge(&policies[1], &leaf, &[]).unwrap();
    assert_eq!(verified.policy_fingerprint(), policies[1].fingerprint());
}

#[test]
fn the_order_of_adding_does_not_count() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let ders: Vec<Vec<u8>> = [
        Crl::of(&a).number(1),
        Crl::of(&a).number(2),
        Crl::of(&b).number(1),
    ]
    .iter()
    .map(Crl::der)
    .collect();
    let expected = RevocationLists::from_der(&ders)
        .unwrap()
        .fingerprint();
    for order in orders(&ders) {
        let set = RevocationLists::from_der(&order).unwrap();
        assert_eq!(set.fingerprint(), expected);
        // One that is there twice counts once.
        let twice = [order.clone(), order].concat();
        assert_eq!(
            RevocationLists::from_der(&twice)
                .unwrap()
                .fingerprint(),
            expected
        );
    }
    let deny = |digests: [[u8; 32]; 2]| {
        digests
            .into_iter()
            .fold(DenyList::new(), DenyList::certificate_sha256)
    };
    let base = policy(&[&a]);
    assert_eq!(
        base.with_deny_list(deny([[1; 32], [2; 32]]))
            .fingerprint(),
        base.with_deny_list(deny([[2; 32], [1; 32]]))
            .fingerprint()
    );
}

#[test]
fn passthrough_has_its_deny_list_in_it() {
    let root = Authority::root("root");
    let passthrough = Passthrough::default;
    let deny = |octet| DenyList::new().key_sha256([octet; 32]);
    let checking = policy(&[&root]).with_revocation(lists(&[Crl::of(&root)]));
    let policies: [ClientAuthPolicy; 6] = [
        passthrough().into(),
        passthrough().deny(deny(1)).into(),
        passthrough().deny(deny(2)).into(),
        passthrough()
            .advisory(policy(&[&root]))
            .into(),
        passthrough()
            .advisory(policy(&[&root]))
            .deny(deny(1))
            .into(),
        passthrough().advisory(checking).into(),
    ];
    all_differ(
        &policies
            .iter()
            .map(ClientAuthPolicy::fingerprint)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn new_lists_leave_the_rest_as_it_was() {
    let root = Authority::root("root");
    let limits = edge_mtls::ChainLimits::new(3, 16 * 1024);
    let base = builder(trust(&[&root]))
        .limits(limits)
        .allow_expired_anchors()
        .require_client_auth_eku()
        .build(
            providers()[1]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let set = lists(&[Crl::of(&root)]);
    let with_lists = base.with_revocation(set.clone());
    let built = builder(trust(&[&root]))
        .limits(limits)
        .allow_expired_anchors()
        .require_client_auth_eku()
        .revocation(set.clone())
        .build(
            providers()[1]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    assert_eq!(with_lists.fingerprint(), built.fingerprint());
    assert_eq!(with_lists.limits(), limits);
    let used = with_lists.revocation().unwrap();
    assert_eq!(used.lists().fingerprint(), set.fingerprint());
    assert!(base.revocation().is_none() && base.deny_list().is_empty());
    let denying = with_lists.with_deny_list(DenyList::new().key_sha256([1; 32]));
    assert_eq!(denying.deny_list().len(), 1);
    assert!(denying.revocation().is_some());
    // The very same trust store, not one that is read again.
    let anchor = |policy: &ChainPolicy| {
        policy
            .trust_store()
            .anchors()
            .next()
            .unwrap()
            .subject()
            .as_der()
            .as_ptr()
    };
    assert_eq!(anchor(&base), anchor(&with_lists));
    assert_eq!(anchor(&base), anchor(&base.with_deny_list(DenyList::new())));
}
