//! The path from a leaf to an anchor, and what each certificate on it must be.

use edge_mtls::pki_types::alg_id;
use edge_mtls::{CertChain, ChainFault, Rejection, UntrustedCause};
use rcgen::{
    BasicConstraints, CustomExtension, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints,
    SanType,
};

use crate::support::der::utc_time;
use crate::support::pki::{
    Authority, Leaf, builder, ca_params, client_params, judge, now, params, policy, providers,
    refused, trust,
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
fn a_client_that_may_sign_certificates_is_refused() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let mut params = client_params("alice");
        params.is_ca = is_ca;
        params
            .key_usages
            .push(KeyUsagePurpose::KeyCertSign);
        assert_eq!(
            fault(refused(&policy, &root.leaf(params), &[])),
            (0, ChainFault::LeafMaySign)
        );
        // Lists are no certificates.
        let mut params = client_params("alice");
        params
            .key_usages
            .push(KeyUsagePurpose::CrlSign);
        assert!(judge(&policy, &root.leaf(params), &[]).is_ok());
    }
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
        odd.not_after = utc_time("nonsense");
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
    let policy = builder(trust(&[&root]))
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
fn an_intermediate_that_webpki_refuses_is_named() {
    let root = Authority::root("root");
    let mut critical = ca_params("critical");
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3], vec![0x05, 0x00]);
    extension.set_criticality(true);
    critical
        .custom_extensions
        .push(extension);
    let critical = root.sub_ca(critical);
    assert_eq!(
        fault(refused(
            &policy(&[&root]),
            &critical.client("alice"),
            &[&critical]
        )),
        (1, ChainFault::UnhandledCriticalExtension)
    );
}

#[test]
fn a_key_rolled_over_below_a_limit_is_beyond_webpki() {
    // RFC 5280 does not count the self-issued CA; webpki does.
    let root = Authority::root("root");
    let mut limited = ca_params("ca");
    limited.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let old = root.sub_ca(limited);
    let new = old.intermediate("ca");
    let rejection = refused(&policy(&[&root]), &new.client("alice"), &[&new, &old]);
    assert_eq!(fault(rejection).1, ChainFault::NotFollowed);
}
