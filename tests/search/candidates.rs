//! Which candidates are tried, in which order, and which reason is told.

use crate::support::der::{OddCertificate, common_name};
use crate::support::pki::{
    Authority, Leaf, builder, ca_params, client_params, judge, now, policy, providers, refused,
    trust,
};
use edge_mtls::pki_types::alg_id;
use edge_mtls::{CertChain, ChainPolicy, Rejection, TrustStore};
use rcgen::{
    CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, PKCS_ECDSA_P384_SHA384,
    date_time_ymd,
};

/// Changes the parameters of a CA.
type Change = fn(&mut rcgen::CertificateParams);

/// Certificates of one CA, each of which has a fault; from the nearest to holding to the farthest.
/// Of each there is a long version, which is tried last.
fn faulty_certificates_of_one_ca() -> (ChainPolicy, Vec<(&'static str, [Authority; 2])>) {
    let root = Authority::root("root");
    let mut old = ca_params("old root");
    old.not_after = date_time_ymd(2025, 1, 1);
    let old = Authority::self_signed(old);
    let strong = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let strong = Authority::self_signed_with(ca_params("strong root"), strong);
    let faults: [(&str, &Authority, Change); 7] = [
        ("not-yet-valid", &root, |ca| {
            ca.not_before = date_time_ymd(2031, 1, 1)
        }),
        ("expired", &root, |ca| {
            ca.not_after = date_time_ymd(2025, 1, 1)
        }),
        ("anchor-expired", &old, |_| {}),
        ("wrong-purpose", &root, |ca| {
            ca.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]
        }),
        ("invalid", &root, |ca| ca.is_ca = IsCa::ExplicitNoCa),
        ("malformed", &root, |ca| {
            let eku = CustomExtension::from_oid_content(&[2, 5, 29, 37], vec![0x05, 0x00]);
            ca.custom_extensions.push(eku);
        }),
        ("unsupported-algorithm", &strong, |_| {}),
    ];
    let key = KeyPair::generate().unwrap();
    let certified = |root: &Authority, change: Change, padding: usize| {
        let mut params = ca_params("ca");
        params
            .custom_extensions
            .push(CustomExtension::from_oid_content(
                &[1, 2, 3],
                vec![0; padding],
            ));
        change(&mut params);
        root.sub_ca_with(params, KeyPair::try_from(key.serialize_der()).unwrap())
    };
    let p256_only: Vec<_> = providers()[0]
        .signature_verification_algorithms
        .all
        .iter()
        .copied()
        .filter(|algorithm| algorithm.signature_alg_id() == alg_id::ECDSA_SHA256)
        .collect();
    let policy = builder(trust(&[&root, &old, &strong]))
        .build(Box::leak(p256_only.into_boxed_slice()))
        .unwrap();
    let certificates = faults.map(|(code, root, change)| {
        (
            code,
            [1, 1_000].map(|padding| certified(root, change, padding)),
        )
    });
    (policy, certificates.into())
}

#[test]
fn of_several_paths_the_reason_is_that_of_the_nearest() {
    let (policy, certificates) = faulty_certificates_of_one_ca();
    let leaf = certificates[0].1[0].client("alice");
    for (index, (code, near)) in certificates.iter().enumerate() {
        for (_, far) in &certificates[index..] {
            for others in [[&near[0], &far[1]], [&near[1], &far[0]]] {
                assert_eq!(refused(&policy, &leaf, &others).code(), *code);
            }
        }
    }
}

#[test]
fn a_path_has_no_entity_twice() {
    // Five renewals of the root: with loops there would be thousands of paths.
    let root = Authority::root("root");
    let key = || KeyPair::try_from(root.key().serialize_der()).unwrap();
    let renewals: Vec<Authority> = (0..5)
        .map(|_| Authority::self_signed_with(ca_params("root"), key()))
        .collect();
    let renewals: Vec<&Authority> = renewals.iter().collect();
    let mut expired = client_params("alice");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let leaf = root.leaf(expired);
    let (counter, policy) = crate::support::counting::policy(&[&root]);
    assert_eq!(refused(&policy, &leaf, &renewals).code(), "expired");
    // The leaf by the anchor: a path through the anchor's own entity is no other.
    assert_eq!(counter.count(), 1);
    // Three certificates of that entity by another root, beside two renewals.
    let top = Authority::root("top");
    let cross = [(); 3].map(|()| top.sub_ca_with(ca_params("root"), key()));
    let (counter, policy) = crate::support::counting::policy(&[&top]);
    let others: Vec<&Authority> = renewals[..2]
        .iter()
        .copied()
        .chain(&cross)
        .collect();
    assert_eq!(refused(&policy, &leaf, &others).code(), "expired");
    // Each by that root, and the leaf by each; not one behind another.
    assert_eq!(counter.count(), 3 + 3);
}

#[test]
fn a_path_through_the_anchor_itself_counts_among_those_that_are_looked_at() {
    // A copy of the root that names its key otherwise, so that it is tried before forty of the trust store.
    let root = Authority::root("root");
    let key = || KeyPair::try_from(root.key().serialize_der()).unwrap();
    let renewals: Vec<Authority> = (0..40)
        .map(|_| Authority::self_signed_with(ca_params("root"), key()))
        .collect();
    let mut params = ca_params("root");
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![9; 20]);
    let copy = Authority::self_signed_with(params, key());
    let low = copy.intermediate("low");
    let mut expired = client_params("alice");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let anchors: Vec<&Authority> = renewals.iter().collect();
    let (counter, policy) = crate::support::counting::policy(&anchors);
    assert_eq!(
        refused(&policy, &low.leaf(expired), &[&low, &copy]),
        Rejection::TooCostly { signatures: 30 }
    );
    assert_eq!(counter.count(), 0);
}

#[test]
fn a_link_known_to_be_wrong_is_not_tried_again() {
    // leaf <- a (two certificates) <- c <- w (two, neither of which signed c) <- ten roots.
    let key = KeyPair::generate().unwrap();
    let copy = || KeyPair::try_from(key.serialize_der()).unwrap();
    let roots: Vec<Authority> = (0..10)
        .map(|_| Authority::self_signed_with(ca_params("root"), copy()))
        .collect();
    let w = [(); 2].map(|()| roots[0].intermediate("w"));
    let c = Authority::root("hidden")
        .intermediate("w")
        .intermediate("c");
    let a = [(); 2].map(|()| c.intermediate("a"));
    let anchors: Vec<&Authority> = roots.iter().collect();
    let others = [&a[0], &a[1], &c, &w[0], &w[1]];
    let rejection = refused(&policy(&anchors), &a[0].client("alice"), &others);
    assert_eq!(rejection.code(), "untrusted", "{rejection}");
}

#[test]
fn intermediates_of_one_name_are_tried_best_match_first() {
    let root = Authority::root("root");
    let cas = [(); 4].map(|()| root.intermediate("ca"));
    let (counter, policy) = crate::support::counting::policy(&[&root]);
    for ca in &cas {
        let before = counter.count();
        judge(&policy, &ca.client("alice"), &cas.each_ref()).unwrap();
        assert_eq!(counter.count() - before, 2);
    }
    // One without a key identifier comes before those with another, even if it is the longest.
    let mut plain = OddCertificate::new(cas[0].key());
    plain.issuer = common_name("root");
    plain.subject = common_name("ca");
    let plain = plain
        .extension("2.5.29.19", true, &[0x30, 0x03, 0x01, 0x01, 0xff])
        .extension("1.2.3", false, &[0; 1_000])
        .signed_by(root.key());
    let mut presented = cas[0]
        .client("alice")
        .presented(&[&cas[1], &cas[2], &cas[3]]);
    presented.push(plain.into());
    let before = counter.count();
    policy
        .evaluate(&CertChain::from_der(presented).unwrap(), now())
        .unwrap();
    assert_eq!(counter.count() - before, 2);
}

#[test]
fn two_cas_may_share_a_name_or_a_key() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    // One name, two keys: a CA that rolls its key over.
    let old = root.intermediate("ca");
    let new = old.intermediate("ca");
    let verified = judge(&policy, &new.client("alice"), &[&old, &new]).unwrap();
    assert_eq!(verified.path().count(), 3);
    // One key, two names.
    let key = KeyPair::try_from(old.key().serialize_der()).unwrap();
    let renamed = old.sub_ca_with(ca_params("renamed"), key);
    let verified = judge(&policy, &renamed.client("alice"), &[&old, &renamed]).unwrap();
    assert_eq!(verified.path().count(), 3);
}

#[test]
fn a_search_that_stops_for_want_of_signatures_says_so() {
    // Under each of two CAs, neither of which signed the leaf, 15 certificates of one root: 30
    // paths, as many as may be looked at, and 32 verifications.
    let root = Authority::root("root");
    let roots: Vec<Authority> = (0..15)
        .map(|_| {
            let key = KeyPair::try_from(root.key().serialize_der()).unwrap();
            Authority::self_signed_with(ca_params("root"), key)
        })
        .collect();
    let anchors: Vec<&Authority> = roots.iter().collect();
    let cas = [(); 2].map(|()| root.intermediate("ca"));
    let (counter, policy) = crate::support::counting::policy(&anchors);
    let leaf = Authority::root("ca").client("alice");
    assert_eq!(
        refused(&policy, &leaf, &cas.each_ref()),
        Rejection::TooCostly { signatures: 30 }
    );
    assert_eq!(counter.count(), 30);
}

#[test]
fn a_search_that_stops_for_want_of_paths_says_so() {
    // Four certificates of one name, none of which signed the leaf, and ten of one root's key above each.
    let root = Authority::root("root");
    let roots: Vec<Authority> = (0..10)
        .map(|_| {
            let key = KeyPair::try_from(root.key().serialize_der()).unwrap();
            Authority::self_signed_with(ca_params("root"), key)
        })
        .collect();
    let anchors: Vec<&Authority> = roots.iter().collect();
    let (counter, policy) = crate::support::counting::policy(&anchors);
    let top = root.intermediate("top");
    let low = [(); 4].map(|()| top.intermediate("low"));
    let others = [&low[0], &low[1], &low[2], &low[3], &top];
    let leaf = Authority::root("low").client("alice");
    assert_eq!(
        refused(&policy, &leaf, &others),
        Rejection::TooCostly { signatures: 30 }
    );
    // Of each root once, and two for each of the three that were looked at.
    assert_eq!(counter.count(), 16);
}

#[test]
fn a_search_ends_when_no_anchor_can_be_reached_any_more() {
    // Four certificates of one name, and ten roots none of which signed what is above them.
    let roots = [(); 10].map(|()| Authority::root("root"));
    let (counter, policy) = crate::support::counting::policy(&roots.each_ref());
    let top = Authority::root("root").intermediate("top");
    let low = [(); 4].map(|()| top.intermediate("low"));
    let others = [&low[0], &low[1], &low[2], &low[3], &top];
    let rejection = refused(&policy, &low[0].client("alice"), &others);
    assert_eq!(rejection.code(), "untrusted");
    assert_eq!(rejection.certificate().unwrap().subject, "CN=top");
    assert_eq!(counter.count(), 10);
}

#[test]
fn the_path_told_is_the_one_that_webpki_took() {
    // The anchor has no key identifier, so its renewal, presented, is the better match; webpki
    // goes straight to the anchor.
    let renewal = Authority::root("root");
    let mut anchor = OddCertificate::new(renewal.key());
    anchor.issuer = common_name("root");
    anchor.subject = common_name("root");
    let anchor = anchor
        .extension("2.5.29.19", true, &[0x30, 0x03, 0x01, 0x01, 0xff])
        .signed_by(renewal.key());
    let policy = builder(TrustStore::from_der([anchor.as_slice()]).unwrap())
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let verified = judge(&policy, &renewal.client("alice"), &[&renewal]).unwrap();
    assert_eq!(verified.path().count(), 1);
}

#[test]
fn of_two_equal_faults_the_same_is_told_in_any_order() {
    let root = Authority::root("root");
    let key = KeyPair::generate().unwrap();
    let [older, newer] = [2025, 2026].map(|year| {
        let mut expired = ca_params("ca");
        expired.not_after = date_time_ymd(year, 1, 1);
        root.sub_ca_with(expired, KeyPair::try_from(key.serialize_der()).unwrap())
    });
    let (policy, leaf) = (policy(&[&root]), older.client("alice"));
    let told = |others: [&Authority; 2]| match refused(&policy, &leaf, &others) {
        Rejection::Expired { not_after, .. } => not_after,
        other => panic!("{other:?}"),
    };
    assert_eq!(told([&older, &newer]), told([&newer, &older]));
}

#[test]
fn what_is_presented_twice_counts_once() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let mut expired = client_params("alice");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let leaf = ca.leaf(expired);
    let (counter, policy) = crate::support::counting::policy(&[&root]);
    assert_eq!(refused(&policy, &leaf, &[&ca; 5]).code(), "expired");
    assert_eq!(counter.count(), 2);
    // The leaf, too: it is not its own issuer.
    let me = Leaf::self_signed(client_params("me"));
    let once = refused(&policy, &me, &[]);
    let twice = CertChain::from_der([&me.der, &me.der]).unwrap();
    assert_eq!(
        policy
            .evaluate(&twice, now())
            .unwrap_err(),
        once
    );
}

#[test]
fn a_ca_without_a_name_issues_nothing() {
    let root = Authority::root("root");
    let mut nameless = ca_params("");
    nameless.distinguished_name = rcgen::DistinguishedName::new();
    let nameless = root.sub_ca(nameless);
    assert_eq!(
        refused(&policy(&[&root]), &nameless.client("alice"), &[&nameless]).code(),
        "untrusted"
    );
}
