//! The verdict: `ChainPolicy::evaluate`, rule by rule.

mod support;

use edge_mtls::pki_types::{UnixTime, alg_id};
use edge_mtls::{
    CertChain, ChainFault, ChainLimits, ChainPolicy, PolicyError, PurposeFault, Rejection,
    TrustStore, UntrustedCause,
};
use rcgen::{
    BasicConstraints, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose,
    NameConstraints, SanType, date_time_ymd,
};
use support::pki::{
    Authority, Leaf, at, ca_params, client_params, judge, now, params, policy, providers, refused,
    trust,
};

#[test]
fn a_good_chain_is_verified() {
    let root = Authority::root("root");
    let top = root.intermediate("top");
    let low = top.intermediate("low");
    let leaf = low.client("alice");
    let policy = policy(&[&root]);
    let unrelated = Authority::root("unrelated");

    let verified = judge(&policy, &leaf, &[&top, &unrelated, &low, &root]).unwrap();
    let path: Vec<&[u8]> = verified.path().collect();
    assert_eq!(path, [leaf.der.as_ref(), low.der(), top.der()]);
    assert_eq!(
        verified.chain(),
        &leaf.chain(&[&top, &unrelated, &low, &root])
    );
    assert_eq!(verified.leaf().subject().to_string(), "CN=alice");
    assert_eq!(
        verified
            .anchor()
            .unwrap()
            .subject()
            .to_string(),
        "CN=root"
    );
    assert_eq!(verified.policy_fingerprint(), policy.fingerprint());
    assert_eq!(verified.judged_at(), now());
    assert_eq!(verified.holds_until().to_string(), "2040-01-01T00:00:00Z");
}

#[test]
fn a_verdict_holds_until_the_first_certificate_expires() {
    let root = Authority::root("root");
    let mut short = ca_params("short");
    short.not_after = date_time_ymd(2031, 1, 1);
    let short = root.sub_ca(short);
    let verified = judge(&policy(&[&root]), &short.client("alice"), &[&short]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2031-01-01T00:00:00Z");

    let mut root = ca_params("root");
    root.not_after = date_time_ymd(2032, 1, 1);
    let root = Authority::self_signed(root);
    let verified = judge(&policy(&[&root]), &root.client("alice"), &[]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2032-01-01T00:00:00Z");
    let lax = lax_about_anchors(&root);
    let verified = judge(&lax, &root.client("alice"), &[]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2040-01-01T00:00:00Z");
}

#[test]
fn limits_come_first() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let garbage = |count: usize, size: usize| CertChain::from_der(vec![vec![0_u8; size]; count]);
    assert_eq!(
        policy
            .evaluate(&garbage(7, 10).unwrap(), now())
            .unwrap_err(),
        Rejection::TooManyCertificates { count: 7, limit: 6 }
    );
    assert_eq!(
        policy
            .evaluate(&garbage(1, 32_769).unwrap(), now())
            .unwrap_err(),
        Rejection::TooLarge {
            bytes: 32_769,
            limit: 32_768
        }
    );
    assert_eq!(
        policy
            .evaluate(&garbage(2, 0).unwrap(), now())
            .unwrap_err(),
        Rejection::EmptyCertificate { index: 0 }
    );
    let chain = CertChain::from_der([root.client("a").der.as_ref(), b""]).unwrap();
    assert_eq!(
        policy
            .evaluate(&chain, now())
            .unwrap_err(),
        Rejection::EmptyCertificate { index: 1 }
    );
    // At the limits it is the certificates that count.
    assert_eq!(
        policy
            .evaluate(&garbage(6, 10).unwrap(), now())
            .unwrap_err()
            .code(),
        "malformed"
    );
    assert_eq!(
        policy
            .evaluate(&garbage(1, 32_768).unwrap(), now())
            .unwrap_err()
            .code(),
        "malformed"
    );
}

#[test]
fn limits_can_be_set_within_reason() {
    let root = Authority::root("root");
    let build = |limits| {
        ChainPolicy::builder(trust(&[&root]))
            .limits(limits)
            .build(
                providers()[0]
                    .signature_verification_algorithms
                    .all,
            )
    };
    let leaf = root.client("alice");
    let exact = ChainLimits::new(1, leaf.der.len());
    assert!(judge(&build(exact).unwrap(), &leaf, &[]).is_ok());
    let limit = leaf.der.len() - 1;
    assert_eq!(
        refused(&build(ChainLimits::new(1, limit)).unwrap(), &leaf, &[]),
        Rejection::TooLarge {
            bytes: limit + 1,
            limit
        }
    );
    assert_eq!(
        build(ChainLimits::new(8, 1)).unwrap_err(),
        PolicyError::MaxCertificates {
            max_certificates: 8
        }
    );
    assert_eq!(
        build(ChainLimits::new(0, 1)).unwrap_err(),
        PolicyError::MaxCertificates {
            max_certificates: 0
        }
    );
    assert_eq!(
        build(ChainLimits::new(1, 0)).unwrap_err(),
        PolicyError::MaxBytes
    );
    assert_eq!(
        ChainPolicy::builder(trust(&[&root]))
            .build(&[])
            .unwrap_err(),
        PolicyError::NoAlgorithms
    );
}

#[test]
fn the_longest_path_allowed_holds() {
    let root = Authority::root("root");
    let mut cas: Vec<Authority> = Vec::new();
    for depth in 0..6 {
        let next = cas
            .last()
            .unwrap_or(&root)
            .intermediate(&format!("ca {depth}"));
        cas.push(next);
    }
    let leaf = cas[5].client("alice");
    let others: Vec<&Authority> = cas.iter().collect();
    let policy = ChainPolicy::builder(trust(&[&root]))
        .limits(ChainLimits::new(7, 32 * 1024))
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    assert_eq!(
        judge(&policy, &leaf, &others)
            .unwrap()
            .path()
            .count(),
        7
    );
}

#[test]
fn untrusted_says_which_issuer_was_looked_for() {
    let root = Authority::root("root");
    let other = Authority::root("other");
    let hidden = root.intermediate("hidden");
    let policy = policy(&[&root]);
    let cause = |rejection: Rejection| match rejection {
        Rejection::Untrusted {
            certificate,
            issuer,
            cause,
        } => (certificate.index, certificate.subject, issuer, cause),
        other => panic!("{other:?}"),
    };
    use UntrustedCause::{IssuerNotFound, SelfSigned, WrongKey};

    assert_eq!(
        cause(refused(&policy, &hidden.client("alice"), &[])),
        (0, "CN=alice".into(), "CN=hidden".into(), IssuerNotFound)
    );
    let sub = other.intermediate("sub");
    assert_eq!(
        cause(refused(&policy, &sub.client("alice"), &[&root, &sub])),
        (2, "CN=sub".into(), "CN=other".into(), IssuerNotFound)
    );
    assert_eq!(
        cause(refused(
            &policy,
            &Leaf::self_signed(client_params("me")),
            &[]
        )),
        (0, "CN=me".into(), "CN=me".into(), SelfSigned)
    );
    // A CA of the same name with another key: the classic of a test PKI made anew.
    let lookalike = Authority::root("root");
    assert_eq!(
        cause(refused(&policy, &lookalike.client("alice"), &[])),
        (0, "CN=alice".into(), "CN=root".into(), WrongKey)
    );
    assert_eq!(
        cause(refused(&policy, &lookalike.client("alice"), &[&lookalike])),
        (1, "CN=root".into(), "CN=root".into(), WrongKey)
    );
    let sub = lookalike.intermediate("sub");
    assert_eq!(
        cause(refused(&policy, &sub.client("alice"), &[&sub])),
        (1, "CN=sub".into(), "CN=root".into(), WrongKey)
    );
}

#[test]
fn dates_are_judged_at_the_time_given() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let mut dated = client_params("alice");
    dated.not_before = date_time_ymd(2029, 1, 1); // 1861920000
    dated.not_after = date_time_ymd(2031, 1, 1); // 1924992000
    let chain = root.leaf(dated).chain(&[]);
    let code = |seconds| match policy.evaluate(&chain, at(seconds)) {
        Ok(_) => "verified",
        Err(rejection) => rejection.code(),
    };
    assert_eq!(code(1_861_919_999), "not-yet-valid");
    assert_eq!(code(1_861_920_000), "verified");
    assert_eq!(code(1_924_992_000), "verified");
    assert_eq!(code(1_924_992_001), "expired");
    assert_eq!(
        policy
            .evaluate(&chain, at(1_924_992_001))
            .unwrap_err()
            .to_string(),
        "the leaf 'CN=alice' expired at 2031-01-01T00:00:00Z, and it is 2031-01-01T00:00:01Z; the \
         client needs a new certificate"
    );
}

#[test]
fn an_expired_intermediate_is_named() {
    let root = Authority::root("root");
    let mut old = ca_params("old");
    old.not_after = date_time_ymd(2025, 1, 1);
    let old = root.sub_ca(old);
    let rejection = refused(&policy(&[&root]), &old.client("alice"), &[&old]);
    let Rejection::Expired { certificate, .. } = rejection else {
        panic!("{rejection:?}");
    };
    assert_eq!((certificate.index, &*certificate.subject), (1, "CN=old"));
}

#[test]
fn an_expired_certificate_of_an_unknown_ca_is_untrusted() {
    // What a new date would not mend is not reported as a matter of dates.
    let mut old = client_params("alice");
    old.not_after = date_time_ymd(2025, 1, 1);
    let policy = policy(&[&Authority::root("root")]);
    for ca in ["other", "root"] {
        let leaf = Authority::root(ca).leaf(old.clone());
        assert_eq!(refused(&policy, &leaf, &[]).code(), "untrusted");
    }
}

fn lax_about_anchors(root: &Authority) -> ChainPolicy {
    ChainPolicy::builder(trust(&[root]))
        .allow_expired_anchors()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

#[test]
fn an_expired_anchor_accepts_nothing_by_default() {
    for (from, until) in [(2020, 2029), (2031, 2040)] {
        let mut params = ca_params("root");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let root = Authority::self_signed(params);
        let leaf = root.client("alice");
        assert_eq!(
            refused(&policy(&[&root]), &leaf, &[]).code(),
            "anchor-expired"
        );
        assert!(judge(&lax_about_anchors(&root), &leaf, &[]).is_ok());

        // The option concerns anchors alone.
        let mut old = client_params("alice");
        old.not_after = date_time_ymd(2025, 1, 1);
        assert_eq!(
            refused(&lax_about_anchors(&root), &root.leaf(old), &[]).code(),
            "expired"
        );
    }
}

fn with_eku(name: &str, purposes: &[ExtendedKeyUsagePurpose]) -> rcgen::CertificateParams {
    let mut params = client_params(name);
    params.extended_key_usages = purposes.to_vec();
    params
}

#[test]
fn the_leaf_is_for_client_authentication() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, EmailProtection, ServerAuth};
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let strict = ChainPolicy::builder(trust(&[&root]))
        .require_client_auth_eku()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    for purposes in [vec![ClientAuth], vec![ServerAuth, ClientAuth]] {
        let leaf = root.leaf(with_eku("alice", &purposes));
        assert!(judge(&policy, &leaf, &[]).is_ok());
        assert!(judge(&strict, &leaf, &[]).is_ok());
    }
    for (purpose, allows) in [
        (ServerAuth, "serverAuth"),
        (EmailProtection, "emailProtection"),
        (Any, "anyExtendedKeyUsage"),
    ] {
        let leaf = root.leaf(with_eku("alice", &[purpose]));
        let rejection = refused(&policy, &leaf, &[]);
        assert!(
            matches!(
                &rejection,
                Rejection::WrongPurpose { fault: PurposeFault::ExtendedKeyUsage { allows: found }, .. }
                    if found == allows
            ),
            "{rejection:?}"
        );
    }
    let unrestricted = root.leaf(with_eku("alice", &[]));
    assert!(judge(&policy, &unrestricted, &[]).is_ok());
    let rejection = refused(&strict, &unrestricted, &[]);
    assert!(
        matches!(
            rejection,
            Rejection::WrongPurpose {
                fault: PurposeFault::NoExtendedKeyUsage,
                ..
            }
        ),
        "{rejection:?}"
    );
}

#[test]
fn an_intermediate_for_servers_issues_no_clients() {
    let root = Authority::root("root");
    let mut params = ca_params("servers");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let servers = root.sub_ca(params);
    let rejection = refused(&policy(&[&root]), &servers.client("alice"), &[&servers]);
    assert!(
        matches!(&rejection, Rejection::WrongPurpose { certificate, .. } if certificate.index == 1),
        "{rejection:?}"
    );
}

#[test]
fn the_leaf_may_sign_handshakes() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let leaf = |usages: &[KeyUsagePurpose]| {
        let mut params = client_params("alice");
        params.key_usages = usages.to_vec();
        root.leaf(params)
    };
    assert!(judge(&policy, &leaf(&[]), &[]).is_ok());
    assert!(judge(&policy, &leaf(&[KeyUsagePurpose::DigitalSignature]), &[]).is_ok());
    let rejection = refused(&policy, &leaf(&[KeyUsagePurpose::KeyEncipherment]), &[]);
    assert_eq!(
        rejection.to_string(),
        "the leaf 'CN=alice' may be used for keyEncipherment, which leaves out digitalSignature \
         (key usage)"
    );
}

fn fault(rejection: Rejection) -> (usize, ChainFault) {
    match rejection {
        Rejection::Invalid { certificate, fault } => (certificate.index, fault),
        other => panic!("{other:?}"),
    }
}

#[test]
fn issuers_are_cas_that_may_sign() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);

    let mut no_sign = ca_params("no sign");
    no_sign.key_usages = vec![KeyUsagePurpose::CrlSign];
    let no_sign = root.sub_ca(no_sign);
    assert_eq!(
        fault(refused(&policy, &no_sign.client("alice"), &[&no_sign])),
        (1, ChainFault::IssuerMayNotSign)
    );
    let mut unrestricted = ca_params("unrestricted");
    unrestricted.key_usages.clear();
    let unrestricted = root.sub_ca(unrestricted);
    assert!(judge(&policy, &unrestricted.client("alice"), &[&unrestricted]).is_ok());

    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let mut params = params("client that issues");
        params.is_ca = is_ca;
        let client = root.sub_ca(params);
        assert_eq!(
            fault(refused(&policy, &client.client("alice"), &[&client])),
            (1, ChainFault::IssuerIsNotCa)
        );
    }
    // An authority's own certificate is not a client's.
    let mut ca = ca_params("ca");
    ca.key_usages
        .push(KeyUsagePurpose::DigitalSignature);
    assert_eq!(
        fault(refused(&policy, &root.leaf(ca), &[])),
        (0, ChainFault::LeafIsCa)
    );
}

#[test]
fn path_lengths_are_kept() {
    let limited = |name: &str, path_len| {
        let mut params = ca_params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_len));
        params
    };
    let root = Authority::root("root");
    let policy_of_root = policy(&[&root]);
    let top = root.sub_ca(limited("top", 0));
    assert!(judge(&policy_of_root, &top.client("alice"), &[&top]).is_ok());
    let low = top.intermediate("low");
    assert_eq!(
        fault(refused(
            &policy_of_root,
            &low.client("alice"),
            &[&low, &top]
        )),
        (2, ChainFault::PathLength)
    );
    // The anchor's own limit counts, too, which webpki does not look at.
    let root = Authority::self_signed(limited("root", 0));
    let policy_of_root = policy(&[&root]);
    assert!(judge(&policy_of_root, &root.client("alice"), &[]).is_ok());
    let low = root.intermediate("low");
    assert_eq!(
        fault(refused(&policy_of_root, &low.client("alice"), &[&low])),
        (1, ChainFault::PathLengthOfAnchor)
    );
}

#[test]
fn name_constraints_are_kept() {
    let root = Authority::root("root");
    let mut params = ca_params("constrained");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("a.example".into())],
        excluded_subtrees: vec![],
    });
    let constrained = root.sub_ca(params);
    let policy = policy(&[&root]);
    let leaf = |name: &str| {
        let mut params = client_params("alice");
        params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
        constrained.leaf(params)
    };
    assert!(judge(&policy, &leaf("x.a.example"), &[&constrained]).is_ok());
    assert_eq!(
        fault(refused(&policy, &leaf("x.b.example"), &[&constrained])).1,
        ChainFault::NameConstraint
    );
}

#[test]
fn old_and_odd_certificates_say_what_is_odd() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let v1 = root.odd_leaf(|mut odd| {
        odd.version = 1;
        odd
    });
    assert_eq!(
        fault(refused(&policy, &v1, &[])),
        (0, ChainFault::Version(1))
    );
    let critical = root.odd_leaf(|odd| odd.extension("1.2.3", true, &[0x05, 0x00]));
    assert_eq!(
        fault(refused(&policy, &critical, &[])),
        (0, ChainFault::UnhandledCriticalExtension)
    );
    let twice = root.odd_leaf(|odd| {
        odd.extension("2.5.29.37", false, &[0x30, 0x00])
            .extension("2.5.29.37", false, &[0x30, 0x00])
    });
    assert_eq!(refused(&policy, &twice, &[]).code(), "malformed");
    let no_dates = root.odd_leaf(|mut odd| {
        odd.not_after = support::der::utc_time("nonsense");
        odd
    });
    assert_eq!(refused(&policy, &no_dates, &[]).code(), "malformed");
    let garbage = CertChain::from_der([b"garbage"]).unwrap();
    let rejection = policy
        .evaluate(&garbage, now())
        .unwrap_err();
    assert!(
        matches!(&rejection, Rejection::Malformed { certificate, .. } if certificate.index == 0),
        "{rejection:?}"
    );
}

#[test]
fn algorithms_are_those_of_the_policy() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let ed25519_only: Vec<_> = providers()[0]
        .signature_verification_algorithms
        .all
        .iter()
        .copied()
        .filter(|algorithm| algorithm.signature_alg_id() == alg_id::ED25519)
        .collect();
    assert_eq!(ed25519_only.len(), 1);
    let policy = ChainPolicy::builder(trust(&[&root]))
        .build(Box::leak(ed25519_only.into_boxed_slice()))
        .unwrap();
    let rejection = refused(&policy, &leaf, &[]);
    assert!(
        matches!(&rejection, Rejection::UnsupportedAlgorithm { algorithm, .. }
            if algorithm == "1.2.840.10045.4.3.2"),
        "{rejection:?}"
    );
}

#[test]
fn the_fingerprint_covers_all_that_changes_a_verdict() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let [aws, ring] = providers().map(|provider| {
        provider
            .signature_verification_algorithms
            .all
    });
    let base = || ChainPolicy::builder(trust(&[&a]));
    let policies = [
        base().build(aws),
        base().build(ring),
        base().build(aws.get(..3).unwrap()),
        base()
            .allow_expired_anchors()
            .build(aws),
        base()
            .require_client_auth_eku()
            .build(aws),
        base()
            .limits(ChainLimits::new(5, 32 * 1024))
            .build(aws),
        base()
            .limits(ChainLimits::new(6, 32 * 1024 - 1))
            .build(aws),
        ChainPolicy::builder(trust(&[&a, &b])).build(aws),
        ChainPolicy::builder(trust(&[&b])).build(aws),
    ]
    .map(|policy| policy.unwrap().fingerprint());
    for (index, fingerprint) in policies.iter().enumerate() {
        assert!(!policies[..index].contains(fingerprint), "{index}");
    }
    // What changes no verdict changes no fingerprint.
    assert_eq!(policies[0], base().build(aws).unwrap().fingerprint());
    let reordered: TrustStore = trust(&[&b, &a]);
    assert_eq!(
        ChainPolicy::builder(reordered)
            .build(aws)
            .unwrap()
            .fingerprint(),
        policies[7]
    );
}

#[test]
fn time_is_an_argument() {
    // Far future and distant past: no overflow, no panic, and no clock.
    let root = Authority::root("root");
    let chain = root.client("alice").chain(&[]);
    for (seconds, code) in [
        (0, "not-yet-valid"),
        (u64::MAX, "expired"),
        (i64::MAX as u64, "expired"),
    ] {
        let rejection = policy(&[&root])
            .evaluate(
                &chain,
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
            )
            .unwrap_err();
        assert_eq!(rejection.code(), code);
        assert!(!rejection.to_string().is_empty());
    }
}
