//! Pinned leaves: accepted for their own sake, by their exact octets.

use edge_mtls::{
    AnchorFault, CertChain, ChainLimits, ChainPolicy, ChainPolicyBuilder, DenyList, Rejection,
    RevocationStatus, RevokedBy, TrustStore, TrustStoreError, TrustStoreLimits, VerifiedChain,
};
use rcgen::{IsCa, KeyPair, date_time_ymd};

use crate::support::crl::{Crl, pem};
use crate::support::der::OddCertificate;
use crate::support::pki::{
    Authority, Leaf, at, builder, ca_params, client_params, judge, now, params, providers, refused,
};
use crate::support::points::Scope;
use crate::support::revocation::{checking_lists, lists, reason};

fn pinning(leaf: &Leaf) -> ChainPolicyBuilder {
    builder(
        TrustStore::builder()
            .pin_der(&leaf.der)
            .build()
            .unwrap(),
    )
}

fn build(builder: ChainPolicyBuilder) -> ChainPolicy {
    builder
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

fn assert_is_pinned(verified: &VerifiedChain, leaf: &Leaf) {
    assert_eq!(verified.path().collect::<Vec<_>>(), [leaf.der.as_ref()]);
    assert!(verified.anchor().is_none());
    let statuses: Vec<_> = verified.revocation().collect();
    assert_eq!(statuses, [&RevocationStatus::NotChecked]);
}

fn self_signed(change: impl FnOnce(OddCertificate) -> OddCertificate) -> Leaf {
    let key = KeyPair::generate().unwrap();
    Leaf {
        der: change(OddCertificate::new(&key))
            .signed_by(&key)
            .into(),
        key: key.serialize_der(),
    }
}

/// Whatever they say of their use.
#[test]
fn all_kinds_of_leaves_can_be_pinned() {
    let unknown = Authority::root("unknown");
    let mut ca_as_client = ca_params("device");
    ca_as_client.key_usages.clear();
    for leaf in [
        unknown.client("alice"),
        Leaf::self_signed(client_params("self-signed")),
        Leaf::self_signed(ca_as_client),
        Leaf::self_signed(ca_params("for signing certificates alone")),
        self_signed(|odd| OddCertificate { version: 1, ..odd }),
        self_signed(|odd| odd.extension("1.2.3.4", true, &[5, 0])),
        self_signed(|odd| OddCertificate {
            subject: vec![0x30, 0],
            issuer: vec![0x30, 0],
            ..odd
        }),
    ] {
        for policy in [
            pinning(&leaf),
            pinning(&leaf).require_client_auth_eku(),
            pinning(&leaf).require_rfc5280_profile(),
        ] {
            let policy = build(policy);
            let verified = judge(&policy, &leaf, &[]).unwrap();
            assert_is_pinned(&verified, &leaf);
            let validity = verified.leaf().validity().unwrap();
            assert_eq!(verified.holds_until(), validity.not_after);
            // What is presented beside it, even a path, changes nothing.
            let verified = judge(&policy, &leaf, &[&unknown]).unwrap();
            assert_is_pinned(&verified, &leaf);
            let beside = CertChain::from_der([leaf.der.as_ref(), b"garbage"]).unwrap();
            assert_is_pinned(&policy.evaluate(&beside, now()).unwrap(), &leaf);
        }
    }
}

#[test]
fn it_is_no_anchor_and_no_other_leafs() {
    let pinned = Authority::root("pinned");
    let store = TrustStore::builder()
        .pin_der(pinned.der())
        .build()
        .unwrap();
    assert_eq!((store.len(), store.anchors().len()), (1, 0));
    let policy = build(builder(store));
    // What it signed is not trusted, with it or without; nor is it taken for the leaf further behind.
    let signed = pinned.client("alice");
    assert_eq!(refused(&policy, &signed, &[]).code(), "untrusted");
    assert_eq!(refused(&policy, &signed, &[&pinned]).code(), "untrusted");
    let other = Leaf::self_signed(client_params("mallory"));
    assert_eq!(refused(&policy, &other, &[&pinned]).code(), "untrusted");
}

#[test]
fn it_stands_beside_anchors() {
    let (root, unknown) = (Authority::root("root"), Authority::root("unknown"));
    let (pinned, alice) = (unknown.client("pinned"), root.client("alice"));
    let pem_of = |der: &[u8]| pem("CERTIFICATE", der);
    let store = TrustStore::builder()
        .pem(pem_of(root.der()).as_bytes())
        .pin_pem((pem_of(&pinned.der) + &pem_of(&pinned.der)).as_bytes())
        .build()
        .unwrap();
    assert_eq!(store.len(), 2);
    let leaves: Vec<_> = store
        .pinned_leaves()
        .map(|leaf| leaf.subject().to_string())
        .collect();
    assert_eq!(leaves, ["CN=pinned"]);
    let policy = build(builder(store));
    assert_is_pinned(&judge(&policy, &pinned, &[]).unwrap(), &pinned);
    let verified = judge(&policy, &alice, &[]).unwrap();
    assert_eq!(
        verified
            .anchor()
            .unwrap()
            .subject()
            .to_string(),
        "CN=root"
    );
    assert_eq!(
        refused(&policy, &unknown.client("other"), &[]).code(),
        "untrusted"
    );
}

#[test]
fn the_limits_come_first() {
    let leaf = Leaf::self_signed(client_params("pinned"));
    let policy = build(pinning(&leaf).limits(ChainLimits::new(2, 32 * 1024)));
    let other = Authority::root("other");
    assert_eq!(
        refused(&policy, &leaf, &[&other, &other]).code(),
        "too-many-certificates"
    );
    let policy = build(pinning(&leaf).limits(ChainLimits::new(2, leaf.der.len() - 1)));
    assert_eq!(refused(&policy, &leaf, &[]).code(), "too-large");
}

#[test]
fn its_dates_are_judged_unless_told_otherwise() {
    let mut short = client_params("pinned");
    short.not_before = date_time_ymd(2029, 1, 1);
    short.not_after = date_time_ymd(2031, 1, 1);
    let leaf = Leaf::self_signed(short);
    let strict = build(pinning(&leaf));
    let lax = [
        build(pinning(&leaf).allow_expired_pinned_leaves()),
        build(pinning(&leaf).ignore_expiry()),
    ];
    let chain = leaf.chain(&[]);
    let (first, last) = (1_861_920_000, 1_924_992_000);
    for (seconds, code) in [
        (first - 1, Some("not-yet-valid")),
        (first, None),
        (last, None),
        (last + 1, Some("expired")),
    ] {
        let verdict = strict.evaluate(&chain, at(seconds));
        assert_eq!(
            verdict
                .as_ref()
                .err()
                .map(Rejection::code),
            code,
            "{seconds}"
        );
        for lax in &lax {
            let verified = lax
                .evaluate(&chain, at(seconds))
                .unwrap();
            assert_eq!(verified.holds_until().to_string(), "9999-12-31T23:59:59Z");
        }
    }
    // The option is about pinned leaves alone.
    let root = Authority::root("root");
    let mut expired = client_params("alice");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let store = TrustStore::builder()
        .der(root.der())
        .pin_der(&leaf.der)
        .build()
        .unwrap();
    let policy = build(builder(store).allow_expired_pinned_leaves());
    assert_eq!(refused(&policy, &root.leaf(expired), &[]).code(), "expired");
}

#[test]
fn what_is_denied_is_refused() {
    let unknown = Authority::root("unknown");
    let leaf = unknown.client("pinned");
    let certificate = edge_mtls::Certificate::from_der(&leaf.der).unwrap();
    let policy = build(pinning(&leaf));
    for (deny, word) in [
        (
            DenyList::new().certificate_sha256(certificate.sha256()),
            "denied certificate",
        ),
        (DenyList::new().issued(&certificate), "denied serial"),
    ] {
        let denying = policy.with_deny_list(deny);
        assert_eq!(reason(&refused(&denying, &leaf, &[])), word);
    }
}

/// A client cannot escape a list by leaving out the certificate whose key proves it, nor by adding one.
#[test]
fn what_a_list_of_its_issuers_name_holds_is_refused() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = root.client("pinned");
    let good = || Crl::of(&root).days(-1, 6);
    let revoking = || good().revokes(&leaf.der);
    let store = || TrustStore::builder().pin_der(&leaf.der);
    let with_root = || store().der(root.der());
    for stores in [store(), with_root()] {
        let policy = build(builder(stores.build().unwrap()));
        let judge_by = |crls: &[Crl<'_>], others: &[&Authority]| {
            judge(&policy.with_revocation(lists(crls)), &leaf, others)
        };
        // By another's list, an old list, or a list whose signer cannot be told.
        let revoked = [
            revoking(),
            revoking().signed_by(&other),
            Crl::of(&root)
                .days(-9, -2)
                .revokes(&leaf.der),
        ];
        for crl in revoked {
            for others in [&[][..], &[&root], &[&other]] {
                let rejection = judge_by(std::slice::from_ref(&crl), others).unwrap_err();
                assert!(
                    matches!(
                        &rejection,
                        Rejection::Revoked { by: RevokedBy::List { .. }, certificate, .. }
                            if certificate.index == 0
                    ),
                    "{rejection}"
                );
            }
        }
        // Nobody has to prove that it is good.
        for crl in [
            good(),
            Crl::of(&other)
                .days(-1, 6)
                .revokes(&leaf.der),
        ] {
            assert_is_pinned(&judge_by(&[crl], &[&root]).unwrap(), &leaf);
        }
    }
    // A list about others is about others.
    let for_cas = revoking().scope(&Scope::ca());
    let for_users = revoking().scope(&Scope::user());
    let policy = build(pinning(&leaf));
    let judge_by = |crl: Crl<'_>| judge(&policy.with_revocation(lists(&[crl])), &leaf, &[]);
    assert_is_pinned(&judge_by(for_cas).unwrap(), &leaf);
    assert_eq!(judge_by(for_users).unwrap_err().code(), "revoked");
    // Beside it all others' status is asked for as ever.
    let alice = root.client("alice");
    assert!(judge(&checking_lists(&[&root], &[good()]), &alice, &[]).is_ok());
}

#[test]
fn what_cannot_be_pinned_is_an_error_that_says_why() {
    let good = Leaf::self_signed(client_params("good"));
    let never = self_signed(|odd| OddCertificate {
        not_before: crate::support::der::utc_time("300101000000Z"),
        not_after: crate::support::der::utc_time("290101000000Z"),
        ..odd
    });
    let no_date = self_signed(|odd| OddCertificate {
        not_after: crate::support::der::utc_time("never"),
        ..odd
    });
    let no_key = self_signed(|odd| OddCertificate {
        spki: vec![0x30, 0],
        ..odd
    });
    for (bad, words) in [
        (&never, "which is never"),
        (&no_date, "its validity cannot be read"),
        (&no_key, "its subjectPublicKeyInfo cannot be read"),
    ] {
        let builder = || {
            TrustStore::builder()
                .pin_der(&good.der)
                .pin_der(&bad.der)
        };
        let error = builder().build().unwrap_err();
        assert!(
            matches!(&error, TrustStoreError::Pinned { entry: 2, .. }),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.starts_with("certificate 2 (CN=subject) cannot be pinned: "),
            "{text}"
        );
        assert!(text.contains(words), "{text}");
        let (store, report) = builder().build_with_report().unwrap();
        assert_eq!((store.len(), report), (1, vec![error]));
    }
    let load = |der: &[u8]| {
        TrustStore::builder()
            .pin_der(der)
            .build()
    };
    assert!(matches!(
        load(b"garbage"),
        Err(TrustStoreError::Malformed { entry: 1, .. })
    ));
    let trailing = [&good.der[..], &[0]].concat();
    assert!(matches!(
        load(&trailing),
        Err(TrustStoreError::Malformed { .. })
    ));
    assert_eq!(
        TrustStore::builder()
            .pin_pem(b"# nothing")
            .build()
            .unwrap_err(),
        TrustStoreError::NoCertificates
    );
    // The limits are those of anchors.
    let mut limits = TrustStoreLimits::default();
    limits.max_certificate_bytes = good.der.len() - 1;
    assert!(matches!(
        TrustStore::builder()
            .pin_der(&good.der)
            .limits(limits)
            .build(),
        Err(TrustStoreError::CertificateTooLarge { entry: 1, .. })
    ));
    let mut limits = TrustStoreLimits::default();
    limits.max_certificates = 1;
    let root = Authority::root("root");
    assert_eq!(
        TrustStore::builder()
            .der(root.der())
            .pin_der(&good.der)
            .limits(limits)
            .build()
            .unwrap_err(),
        TrustStoreError::TooManyCertificates { limit: 1 }
    );
    // An anchor's rules are not those of a pinned leaf.
    let leaf = root.client("alice");
    assert!(matches!(
        TrustStore::from_der([&leaf.der]),
        Err(TrustStoreError::Anchor {
            fault: AnchorFault::NotCa(_),
            ..
        })
    ));
    assert!(load(&leaf.der).is_ok());
}

/// A store's fingerprint tells what is an anchor from what is pinned.
#[test]
fn fingerprints_tell_them_from_anchors() {
    let root = Authority::root("root");
    let mut both = params("both");
    both.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let both = Authority::self_signed(both);
    let store = || TrustStore::builder();
    let fingerprints = [
        store().der(root.der()).der(both.der()),
        store()
            .der(root.der())
            .pin_der(both.der()),
        store()
            .pin_der(root.der())
            .der(both.der()),
        store()
            .pin_der(root.der())
            .pin_der(both.der()),
        store().der(root.der()),
        store().pin_der(root.der()),
        store()
            .der(root.der())
            .pin_der(root.der()),
    ]
    .map(|store| store.build().unwrap().fingerprint());
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[..index].contains(fingerprint), "{index}");
    }
    let reordered = store()
        .pin_der(both.der())
        .pin_der(root.der());
    assert_eq!(reordered.build().unwrap().fingerprint(), fingerprints[3]);
}
