//! A client whose signatures are all remembered is refused for whatever else is wrong with it.

use std::sync::LazyLock;

use edge_mtls::{Certificate, ChainPolicy, ClientAuthPolicy, DenyList, SignatureCache};
use rcgen::date_time_ymd;

use crate::support::counting;
use crate::support::crl::{Crl, DAY};
use crate::support::der::OddCertificate;
use crate::support::pki::{Authority, NOW_SECONDS, at, ca_params, client_params, judge, refused};
use crate::support::revocation::{lists, reason};

/// Under any root; everything is remembered. All policies have the same algorithms.
fn remembering(cache: &SignatureCache, anchors: &[&Authority]) -> ChainPolicy {
    static COUNTER: LazyLock<counting::Counter> =
        LazyLock::new(|| counting::policy(&[&Authority::root("any")]).0);
    COUNTER.policy(anchors, |builder| builder.signature_cache(cache.clone()))
}

#[test]
fn who_is_revoked_denied_or_expired_since_is_refused() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let cache = SignatureCache::new(100).remember_leaves();
    let policy = remembering(&cache, &[&root]);
    let mut short = client_params("alice");
    short.not_after = date_time_ymd(2030, 1, 2);
    let alice = ca.leaf(short);
    judge(&policy, &alice, &[&ca]).unwrap();

    let revoked = policy.with_revocation(lists(&[Crl::of(&ca).revokes(&alice.der)]));
    assert_eq!(reason(&refused(&revoked, &alice, &[&ca])), "revoked");
    let certificate = Certificate::from_der(&alice.der).unwrap();
    let denied = policy.with_deny_list(DenyList::default().issued(&certificate));
    assert_eq!(reason(&refused(&denied, &alice, &[&ca])), "denied serial");
    let later = at(NOW_SECONDS + 3 * DAY.unsigned_abs());
    let rejection = policy
        .evaluate(&alice.chain(&[&ca]), later)
        .unwrap_err();
    assert_eq!(rejection.code(), "expired");
    // It holds all the same where nothing is wrong with it.
    assert!(judge(&policy, &alice, &[&ca]).is_ok());
}

#[test]
fn an_anchor_that_was_removed_or_expires_is_of_no_use() {
    let mut short = ca_params("root");
    short.not_after = date_time_ymd(2030, 1, 2);
    let (root, other) = (Authority::self_signed(short), Authority::root("other"));
    let ca = root.intermediate("ca");
    let alice = ca.client("alice");
    let cache = SignatureCache::new(100).remember_leaves();
    let both = remembering(&cache, &[&root, &other]);
    judge(&both, &alice, &[&ca]).unwrap();
    let later = at(NOW_SECONDS + 3 * DAY.unsigned_abs());
    let rejection = both
        .evaluate(&alice.chain(&[&ca]), later)
        .unwrap_err();
    assert_eq!(rejection.code(), "anchor-expired");
    let without = remembering(&cache, &[&other]);
    assert_eq!(refused(&without, &alice, &[&ca]).code(), "untrusted");
}

#[test]
fn the_budget_is_the_same_with_and_without() {
    // Forty roots of one name, and leaves that do not say whose key signed them: the budget is enough for
    // thirty. Of each, another policy has remembered all there is.
    let roots: Vec<Authority> = (0..40)
        .map(|_| Authority::root("root"))
        .collect();
    let anchors: Vec<&Authority> = roots.iter().collect();
    let cache = SignatureCache::new(100).remember_leaves();
    let (_, cold) = counting::policy(&anchors);
    let warm = remembering(&cache, &anchors);
    let mut too_costly = 0;
    for root in &roots {
        let leaf = root.odd_leaf(|odd: OddCertificate| odd);
        judge(&remembering(&cache, &[root]), &leaf, &[]).unwrap();
        let verdict = |policy: &ChainPolicy| judge(policy, &leaf, &[]).map(|_| ());
        assert_eq!(verdict(&warm), verdict(&cold));
        too_costly += usize::from(verdict(&warm).is_err());
    }
    assert_eq!(too_costly, 10);
    // With an intermediate, the last signatures of the budget would be those that are remembered.
    for root in &roots {
        let mut params = ca_params("ca");
        params.use_authority_key_identifier_extension = false;
        let ca = root.sub_ca(params);
        let leaf = ca.client("alice");
        judge(&remembering(&cache, &[root]), &leaf, &[&ca]).unwrap();
        let verdict = |policy: &ChainPolicy| judge(policy, &leaf, &[&ca]).map(|_| ());
        assert_eq!(verdict(&warm), verdict(&cold));
    }
}

#[test]
fn it_is_no_part_of_a_fingerprint() {
    let root = Authority::root("root");
    let with = |cache: Option<SignatureCache>| {
        let builder = ChainPolicy::builder(crate::support::pki::trust(&[&root]));
        let builder = match cache {
            Some(cache) => builder.signature_cache(cache),
            None => builder,
        };
        let algorithms = crate::support::pki::providers()[0]
            .signature_verification_algorithms
            .all;
        ClientAuthPolicy::required(builder.build(algorithms).unwrap()).fingerprint()
    };
    let without = with(None);
    assert_eq!(with(Some(SignatureCache::new(1))), without);
    assert_eq!(
        with(Some(SignatureCache::new(9).remember_leaves())),
        without
    );
}
