//! What is remembered, and when.

use std::sync::Arc;

use edge_mtls::{
    ClientAuthPolicy, ClientCertVerifier, HandshakeFacts, Passthrough, Revocation, Settlement,
    SignatureCache, UnknownStatus,
};
use rustls::server::danger::ClientCertVerifier as _;

use crate::support::counting::{self, Counter};
use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, ca_params, client_params, judge, now, providers};
use crate::support::revocation::lists;

fn remembering(cache: &SignatureCache, root: &Authority) -> (Counter, edge_mtls::ChainPolicy) {
    counting::policy_with(&[root], |builder| builder.signature_cache(cache.clone()))
}

#[test]
fn by_default_issuers_are_remembered_and_leaves_are_not() {
    let root = Authority::root("root");
    let (top, low) = {
        let top = root.intermediate("top");
        let low = top.intermediate("low");
        (top, low)
    };
    let cache = SignatureCache::new(100);
    let (counter, policy) = remembering(&cache, &root);
    let alice = low.client("alice");
    let counts = [&alice, &alice, &low.client("bob")].map(|leaf| {
        let (count, verdict) = counter.during(|| judge(&policy, leaf, &[&top, &low]));
        verdict.unwrap();
        count
    });
    assert_eq!(counts, [3, 1, 1]);
    assert_eq!(cache.len(), 2);
    // Another leaf of another intermediate finds what they share.
    let other = top.intermediate("other");
    let leaf = other.client("carol");
    let (count, verdict) = counter.during(|| judge(&policy, &leaf, &[&other, &top]));
    assert!(verdict.is_ok());
    assert_eq!((count, cache.len()), (2, 3));
}

#[test]
fn leaves_are_remembered_where_asked() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let cache = SignatureCache::new(100).remember_leaves();
    let (counter, policy) = remembering(&cache, &root);
    let (alice, bob) = (ca.client("alice"), ca.client("bob"));
    let counts = [&alice, &alice, &bob, &bob, &alice].map(|leaf| {
        let (count, verdict) = counter.during(|| judge(&policy, leaf, &[&ca]));
        verdict.unwrap();
        count
    });
    assert_eq!(counts, [2, 0, 1, 0, 0]);
    assert_eq!(cache.len(), 3);

    // A policy that shares the facts and was not asked to remember leaves does not look for them.
    let reserved = SignatureCache::new(100);
    let asked = reserved.clone().remember_leaves();
    let (counter, policy) = remembering(&asked, &root);
    judge(&policy, &alice, &[&ca]).unwrap();
    assert_eq!(reserved.len(), 2);
    let policy = counter.policy(&[&root], |builder| builder.signature_cache(reserved));
    let (count, verdict) = counter.during(|| judge(&policy, &alice, &[&ca]));
    assert_eq!((count, verdict.is_ok()), (1, true));
    // Nor does it find out by a leaf that is presented as if it were an intermediate.
    let below = Leaf::self_signed(client_params("mallory"));
    let impostor = ca.odd_leaf(|mut odd| {
        odd.issuer = edge_mtls::Certificate::from_der(&alice.der)
            .unwrap()
            .subject()
            .as_der()
            .to_vec();
        odd
    });
    let mut counts = [&below, &impostor].map(|leaf| {
        let presented = [&leaf.der, &alice.der, ca.der()];
        let chain = edge_mtls::CertChain::from_der(presented).unwrap();
        let (count, verdict) = counter.during(|| policy.evaluate(&chain, now()));
        assert!(verdict.is_err());
        count
    });
    counts.sort_unstable();
    // The signature over alice is verified, as that of an intermediate.
    assert!(counts[1] >= 2, "{counts:?}");
}

#[test]
fn nothing_of_a_refused_chain_is_kept() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let cache = SignatureCache::new(100).remember_leaves();
    let (_, policy) = remembering(&cache, &root);
    let unknown = Revocation::from(lists(&[Crl::of(&Authority::root("another"))]));
    let mut no_purpose = client_params("server");
    no_purpose.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let mut old = client_params("old");
    old.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let mut old_ca = ca_params("old ca");
    old_ca.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let old_ca = root.sub_ca(old_ca);
    let mut limited = ca_params("limited");
    limited.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let limited = root.sub_ca(limited);
    let too_long = limited.intermediate("too long");
    let impostor = Authority::root("ca");
    let alice = ca.client("alice");
    let revoking = lists(&[Crl::of(&ca).revokes(&alice.der)]);
    let denying = edge_mtls::DenyList::default().certificate_sha256(
        edge_mtls::Certificate::from_der(&alice.der)
            .unwrap()
            .sha256(),
    );

    let refused: [(&str, _, Leaf, &[&Authority]); 9] = [
        ("expired", policy.clone(), ca.leaf(old), &[&ca]),
        (
            "expired",
            policy.clone(),
            old_ca.client("alice"),
            &[&old_ca],
        ),
        ("wrong-purpose", policy.clone(), ca.leaf(no_purpose), &[&ca]),
        (
            "invalid",
            policy.clone(),
            too_long.client("alice"),
            &[&limited, &too_long],
        ),
        (
            "untrusted",
            policy.clone(),
            impostor.client("alice"),
            &[&ca],
        ),
        (
            "untrusted",
            policy.clone(),
            Authority::root("else").client("alice"),
            &[&ca],
        ),
        (
            "revoked",
            policy.with_revocation(revoking),
            alice.clone(),
            &[&ca],
        ),
        (
            "revoked",
            policy.with_deny_list(denying),
            alice.clone(),
            &[&ca],
        ),
        (
            "revocation-unknown",
            policy.with_revocation(unknown),
            alice.clone(),
            &[&ca],
        ),
    ];
    for (code, policy, leaf, others) in refused {
        let rejection = judge(&policy, &leaf, others).unwrap_err();
        assert_eq!(rejection.code(), code, "{rejection}");
        assert!(cache.is_empty(), "{code}");
    }
    // And of an accepted chain nothing but its path, whoever signed what else is presented.
    let beside = Authority::root("beside");
    let (below, unused) = (beside.intermediate("below"), root.intermediate("unused"));
    judge(&policy, &alice, &[&beside, &below, &unused, &ca]).unwrap();
    assert_eq!(cache.len(), 2);
}

#[test]
fn nothing_is_kept_of_what_is_left_to_the_host_until_it_is_settled() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let cache = SignatureCache::new(100).remember_leaves();
    let (_, policy) = remembering(&cache, &root);
    let none = lists(&[Crl::of(&Authority::root("another"))]);
    let policy =
        policy.with_revocation(Revocation::from(none).on_unknown(UnknownStatus::LeaveToHost));
    let alice = ca.client("alice");

    // In the handshake, the status is left for later.
    let verifier =
        ClientCertVerifier::new(ClientAuthPolicy::required(policy.clone()), &providers()[0])
            .unwrap();
    verifier
        .verify_client_cert(&alice.der, std::slice::from_ref(ca.der()), now())
        .unwrap();
    assert!(cache.is_empty());
    let chain = alice.chain(&[&ca]);
    for answer in [Settlement::Unknown, Settlement::Revoked] {
        assert!(
            policy
                .evaluate_settling(&chain, now(), |_| answer)
                .is_err()
        );
        assert!(cache.is_empty());
    }
    policy
        .evaluate_settling(&chain, now(), |_| Settlement::Good)
        .unwrap();
    assert_eq!(cache.len(), 2);
}

#[test]
fn a_handshake_keeps_what_it_accepts_and_passthrough_nothing() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let alice = ca.client("alice");
    let intermediates = std::slice::from_ref(ca.der());
    let cache = SignatureCache::new(100).remember_leaves();
    let (_, policy) = remembering(&cache, &root);

    let advisory: ClientAuthPolicy = Passthrough::default()
        .advisory(policy.clone())
        .into();
    let verifier = ClientCertVerifier::new(advisory, &providers()[0]).unwrap();
    verifier
        .verify_client_cert(&alice.der, intermediates, now())
        .unwrap();
    let facts = HandshakeFacts::new(Some(alice.chain(&[&ca])));
    let identity = verifier
        .identity(&facts, now())
        .unwrap();
    assert!(
        format!("{identity:?}").contains("Ok(VerifiedChain"),
        "{identity:?}"
    );
    assert!(cache.is_empty());

    let verifier =
        ClientCertVerifier::new(ClientAuthPolicy::optional(policy), &providers()[0]).unwrap();
    verifier
        .verify_client_cert(&alice.der, intermediates, now())
        .unwrap();
    assert_eq!(cache.len(), 2);
}

#[test]
fn it_survives_what_replaces_lists() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let cache = SignatureCache::new(100);
    let (counter, policy) = remembering(&cache, &root);
    judge(&policy, &ca.client("alice"), &[&ca]).unwrap();
    let replaced = policy
        .with_revocation(lists(&[Crl::of(&ca), Crl::of(&root)]))
        .with_deny_list(edge_mtls::DenyList::default().key_sha256([0; 32]));
    // What is verified anew is the two lists.
    let counts = ["bob", "carol"].map(|name| {
        let (count, verdict) = counter.during(|| judge(&replaced, &ca.client(name), &[&ca]));
        verdict.unwrap();
        count
    });
    assert_eq!(counts, [3, 1]);
    assert_eq!(
        replaced
            .signature_cache()
            .map(SignatureCache::len),
        Some(1)
    );
}

#[test]
fn many_threads_share_it() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let (_, policy) = remembering(&SignatureCache::new(4).remember_leaves(), &root);
    let leaves: Vec<Leaf> = (0..8)
        .map(|number| ca.client(&format!("client {number}")))
        .collect();
    let shared = Arc::new((policy, leaves, ca));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let shared = shared.clone();
            std::thread::spawn(move || {
                let (policy, leaves, ca) = &*shared;
                for leaf in leaves.iter().cycle().take(64) {
                    judge(policy, leaf, &[ca]).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn of_a_search_what_was_wrong_or_of_no_use_is_not_kept() {
    // Of two roots of one name, a leaf does not say which signed it: each is tried.
    let roots = [Authority::root("root"), Authority::root("root")];
    for root in &roots {
        let cache = SignatureCache::new(100).remember_leaves();
        let (counter, policy) = counting::policy_with(&[&roots[0], &roots[1]], |builder| {
            builder.signature_cache(cache.clone())
        });
        let leaf = root.odd_leaf(|odd| odd);
        judge(&policy, &leaf, &[]).unwrap();
        assert_eq!(cache.len(), 1);
        for alone in &roots {
            let is_its_own = std::ptr::eq(alone, root);
            let policy = counter.policy(&[alone], |builder| builder.signature_cache(cache.clone()));
            assert_eq!(judge(&policy, &leaf, &[]).is_ok(), is_its_own);
        }
    }
    // Of two certificates of one CA, both of which are genuine, the one that expired is on no path.
    let root = Authority::root("root");
    let key = rcgen::KeyPair::generate().unwrap();
    let copy = || rcgen::KeyPair::try_from(key.serialize_der()).unwrap();
    let mut expired = ca_params("ca");
    expired.not_after = rcgen::date_time_ymd(2025, 1, 1);
    // The leaf names the key identifier of the one that expired, which is therefore tried first.
    let mut renewed = ca_params("ca");
    renewed.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![7; 20]);
    let (old, new) = (
        root.sub_ca_with(expired, copy()),
        root.sub_ca_with(renewed, copy()),
    );
    let cache = SignatureCache::new(100).remember_leaves();
    let (counter, policy) = remembering(&cache, &root);
    let leaf = old.client("alice");
    judge(&policy, &leaf, &[&old, &new]).unwrap();
    assert_eq!(cache.len(), 2);
    let (count, verdict) = counter.during(|| judge(&policy, &leaf, &[&new]));
    verdict.unwrap();
    assert_eq!(count, 0);
}
