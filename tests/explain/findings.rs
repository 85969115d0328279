//! What becomes of each candidate issuer and each path.

use edge_mtls::pki_types::alg_id;
use edge_mtls::{
    CandidateFinding, CertChain, CertificateSource, ChainFault, ChainPolicy, Explanation,
    PathOutcome, ProfileFault, Rejection, TrustStore, UntrustedCause,
};
use rcgen::{
    BasicConstraints, ExtendedKeyUsagePurpose, IsCa, PKCS_ECDSA_P384_SHA384, date_time_ymd,
};

use crate::support::crl::Crl;
use crate::support::der::{OddCertificate, name_of};
use crate::support::pki::{
    Authority, Leaf, ca_params, client_params, now, policy, providers, trust,
};
use crate::support::revocation::checking_lists;

fn explain(policy: &ChainPolicy, leaf: &Leaf, others: &[&Authority]) -> Explanation {
    policy.explain(&leaf.chain(others), now())
}

/// The findings about the candidates of a certificate, in order.
fn findings(explanation: &Explanation, index: usize) -> Vec<&CandidateFinding> {
    explanation.certificates()[index]
        .candidates
        .iter()
        .map(|candidate| &candidate.finding)
        .collect()
}

/// The code of the only refusal among the findings about a certificate.
fn refusal(explanation: &Explanation, index: usize) -> &Rejection {
    match findings(explanation, index)[..] {
        [CandidateFinding::Refused(rejection)] => rejection,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn the_path_that_was_taken() {
    let root = Authority::root("root");
    let (low, other) = (root.intermediate("low"), root.intermediate("other"));
    let leaf = low.client("alice");
    let explanation = explain(&policy(&[&root]), &leaf, &[&other, &low, &root, &low]);
    let verified = explanation.verdict().unwrap();
    assert!(explanation.hints().is_empty());
    let path = explanation.path().unwrap();
    assert_eq!(path.certificates, [0, 2]);
    assert_eq!(path.outcome, PathOutcome::Taken);
    let anchor = verified.anchor().unwrap();
    assert_eq!(path.anchor, Some(("CN=root".into(), anchor.sha256())));

    let on_path: Vec<bool> = explanation
        .certificates()
        .iter()
        .map(|certificate| certificate.is_on_path)
        .collect();
    assert_eq!(on_path, [true, false, true, false, false]);
    let trusted: Vec<bool> = explanation
        .certificates()
        .iter()
        .map(|certificate| certificate.is_trusted)
        .collect();
    assert_eq!(trusted, [false, false, false, true, false]);
    assert_eq!(explanation.certificates()[4].same_as, Some(2));
    assert_eq!(findings(&explanation, 0), [&CandidateFinding::OnPath]);
    // By the anchor, and by the same certificate as it was presented.
    let signer = &CandidateFinding::Signer;
    assert_eq!(
        findings(&explanation, 2),
        [&CandidateFinding::OnPath, signer]
    );
    assert_eq!(findings(&explanation, 1), [signer, signer]);
    // The root by its like in the store, and not by itself.
    assert_eq!(findings(&explanation, 3), [signer]);
    let sources: Vec<CertificateSource> = explanation.certificates()[2]
        .candidates
        .iter()
        .map(|candidate| candidate.source)
        .collect();
    assert!(
        matches!(
            sources[..],
            [
                CertificateSource::TrustStore { sha256, .. },
                CertificateSource::Presented { index: 3, .. },
            ] if sha256 == anchor.sha256()
        ),
        "{sources:?}"
    );
}

#[test]
fn each_certificate_says_what_it_is() {
    let root = Authority::root("root");
    let mut params = ca_params("ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    let ca = root.sub_ca(params);
    let mut params = client_params("alice");
    params.serial_number = Some(vec![0x0a, 0xbc].into());
    params.subject_alt_names = vec![
        rcgen::SanType::DnsName("alice.example".try_into().unwrap()),
        rcgen::SanType::URI(
            "spiffe://example/alice"
                .try_into()
                .unwrap(),
        ),
    ];
    let explanation = explain(&policy(&[&root]), &ca.leaf(params), &[&ca]);
    let [leaf, issuer] = explanation.certificates() else {
        panic!("{explanation}");
    };
    assert_eq!((leaf.index, leaf.subject.as_str()), (0, "CN=alice"));
    assert_eq!(
        (leaf.issuer.as_str(), leaf.serial.as_str()),
        ("CN=ca", "0ABC")
    );
    assert_eq!(
        leaf.alternative_names,
        ["DNS:alice.example", "URI:spiffe://example/alice"]
    );
    assert_eq!((leaf.is_ca, leaf.path_len), (false, None));
    assert_eq!(leaf.key_usage.as_deref(), Some("digitalSignature"));
    assert_eq!(leaf.extended_key_usage.as_deref(), Some("clientAuth"));
    assert_eq!((issuer.is_ca, issuer.path_len), (true, Some(1)));
    assert_eq!(issuer.key_usage.as_deref(), Some("keyCertSign, cRLSign"));
    assert_eq!(issuer.extended_key_usage, None);
    assert_eq!(leaf.authority_key_identifier, issuer.subject_key_identifier);
    let hex: String = ca
        .key_identifier()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert_eq!(issuer.subject_key_identifier, Some(hex));
    assert_eq!(
        leaf.validity
            .unwrap()
            .not_after
            .to_string(),
        "2040-01-01T00:00:00Z"
    );
    assert_eq!(
        leaf.sha256,
        explanation
            .verdict()
            .unwrap()
            .leaf()
            .sha256()
    );
    let text = explanation.to_string();
    for line in [
        "accepted, until 2040-01-01T00:00:00Z",
        "  0 'CN=alice' <- 1 'CN=ca' <- trust anchor 'CN=root'",
        "judged at 2030-01-01T00:00:00Z, by a trust store of 1 CA",
        "      names 'DNS:alice.example', 'URI:spiffe://example/alice'",
        "      a CA's, with at most 1 intermediate below it; key usage keyCertSign, cRLSign; extended key usage none",
        "      issued by 1 'CN=ca'? yes",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn an_issuer_that_nobody_has() {
    let root = Authority::root("root");
    let low = root
        .intermediate("top")
        .intermediate("low");
    let explanation = explain(&policy(&[&root]), &low.client("alice"), &[&low]);
    let path = explanation.path().unwrap();
    assert_eq!((&path.certificates[..], &path.anchor), (&[0, 1][..], &None));
    assert!(
        matches!(&path.outcome, PathOutcome::IssuerNotFound { issuer, .. } if issuer == "CN=top")
    );
    assert_eq!(findings(&explanation, 0), [&CandidateFinding::DeadEnd]);
    assert!(findings(&explanation, 1).is_empty());
    assert!(explanation.paths().is_empty());

    let me = Leaf::self_signed(client_params("me"));
    let explanation = explain(&policy(&[&root]), &me, &[]);
    let path = explanation.path().unwrap();
    assert_eq!(
        (&path.certificates[..], &path.outcome),
        (&[0][..], &PathOutcome::SelfSigned)
    );
}

#[test]
fn a_key_that_did_not_sign() {
    let (root, namesake) = (Authority::root("root"), Authority::root("root"));
    let leaf = namesake.client("alice");
    let explanation = explain(&policy(&[&root]), &leaf, &[]);
    let differs = |explanation: &Explanation| match findings(explanation, 0)[..] {
        [
            CandidateFinding::WrongKey {
                key_identifiers_differ,
                ..
            },
        ] => *key_identifiers_differ,
        ref other => panic!("{other:?}"),
    };
    assert!(differs(&explanation));
    assert!(matches!(
        explanation.path().unwrap().outcome,
        PathOutcome::WrongKey { certificate: 0, .. }
    ));
    // Without a key identifier it is the signature alone that tells.
    let mut plain = client_params("alice");
    plain.use_authority_key_identifier_extension = false;
    let explanation = explain(&policy(&[&root]), &namesake.leaf(plain), &[]);
    assert!(!differs(&explanation));
}

#[test]
fn an_algorithm_that_the_policy_does_not_have() {
    let key = rcgen::KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let root = Authority::self_signed_with(ca_params("root"), key);
    let few: Vec<_> = providers()[0]
        .signature_verification_algorithms
        .all
        .iter()
        .copied()
        .filter(|algorithm| algorithm.signature_alg_id() == alg_id::ECDSA_SHA256)
        .collect();
    let policy = ChainPolicy::builder(trust(&[&root]))
        .build(Box::leak(few.into_boxed_slice()))
        .unwrap();
    let explanation = explain(&policy, &root.client("alice"), &[]);
    assert_eq!(
        findings(&explanation, 0),
        [&CandidateFinding::UnsupportedAlgorithm]
    );
    assert!(matches!(
        explanation.path().unwrap().outcome,
        PathOutcome::UnsupportedAlgorithm { certificate: 0, .. }
    ));
}

/// Each rule that decides against an issuer whose key made the signature.
#[test]
fn what_decides_against_an_issuer() {
    let root = Authority::root("root");
    type Change = fn(&mut rcgen::CertificateParams);
    let changes: [(&str, Change); 5] = [
        ("expired", |ca| ca.not_after = date_time_ymd(2025, 1, 1)),
        ("not-yet-valid", |ca| {
            ca.not_before = date_time_ymd(2031, 1, 1)
        }),
        ("invalid", |ca| ca.is_ca = IsCa::ExplicitNoCa),
        ("wrong-purpose", |ca| {
            ca.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]
        }),
        ("malformed", |ca| {
            let eku = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 37], vec![5, 0]);
            ca.custom_extensions.push(eku);
        }),
    ];
    for (code, change) in changes {
        let mut params = ca_params("ca");
        change(&mut params);
        let ca = root.sub_ca(params);
        let explanation = explain(&policy(&[&root]), &ca.client("alice"), &[&ca]);
        let rejection = refusal(&explanation, 0);
        assert_eq!(rejection.code(), code);
        assert_eq!(
            explanation.certificates()[1].faults,
            std::slice::from_ref(rejection)
        );
        assert!(
            explanation.certificates()[0]
                .faults
                .is_empty()
        );
        assert_eq!(explanation.verdict().unwrap_err(), rejection);
        assert!(
            explanation
                .to_string()
                .contains(&format!("yes, but refused ({code})")),
            "{explanation}"
        );
    }
}

#[test]
fn what_decides_against_a_path() {
    // The path length of the top, which its certificate alone does not break.
    let root = Authority::root("root");
    let mut params = ca_params("top");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let top = root.sub_ca(params);
    let low = top.intermediate("low");
    let explanation = explain(&policy(&[&root]), &low.client("alice"), &[&low, &top]);
    assert!(matches!(
        refusal(&explanation, 1),
        Rejection::Invalid { fault: ChainFault::PathLength, certificate, .. } if certificate.index == 2
    ));
    assert!(
        explanation.certificates()[2]
            .faults
            .is_empty()
    );
    let path = explanation.path().unwrap();
    assert_eq!(path.certificates, [0, 1, 2]);
    assert!(matches!(&path.outcome, PathOutcome::Refused(of) if of.code() == "invalid"));

    // An anchor that has expired.
    let mut old = ca_params("root");
    old.not_after = date_time_ymd(2025, 1, 1);
    let old = Authority::self_signed(old);
    let explanation = explain(&policy(&[&old]), &old.client("alice"), &[]);
    assert_eq!(refusal(&explanation, 0).code(), "anchor-expired");

    // A leaf that has expired is no fault of its issuer's.
    let mut params = client_params("alice");
    params.not_after = date_time_ymd(2025, 1, 1);
    let explanation = explain(&policy(&[&root]), &root.leaf(params), &[]);
    assert_eq!(findings(&explanation, 0), [&CandidateFinding::Signer]);
    let codes = |explanation: &Explanation| -> Vec<&str> {
        explanation.certificates()[0]
            .faults
            .iter()
            .map(Rejection::code)
            .collect()
    };
    assert_eq!(codes(&explanation), ["expired"]);

    // All that is wrong with it, so that its renewal does not meet the next refusal.
    let mut params = client_params("alice");
    params.not_after = date_time_ymd(2025, 1, 1);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.custom_extensions = vec![{
        let mut unknown = rcgen::CustomExtension::from_oid_content(&[1, 2, 3], vec![5, 0]);
        unknown.set_criticality(true);
        unknown
    }];
    let explanation = explain(&policy(&[&root]), &root.leaf(params), &[]);
    assert_eq!(codes(&explanation), ["expired", "invalid", "wrong-purpose"]);
    assert_eq!(
        explanation
            .verdict()
            .unwrap_err()
            .code(),
        "expired"
    );
    let text = explanation.to_string();
    assert_eq!(
        text.matches("\n      as the leaf: refused (")
            .count(),
        3,
        "{text}"
    );

    // What the policy demands beyond that.
    let mut params = client_params("alice");
    params.use_authority_key_identifier_extension = false;
    let strict = ChainPolicy::builder(trust(&[&root]))
        .require_rfc5280_profile()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let explanation = explain(&strict, &root.leaf(params), &[]);
    assert!(matches!(
        &explanation.certificates()[0].faults[..],
        [Rejection::Invalid {
            fault: ChainFault::Profile(ProfileFault::NoAuthorityKeyIdentifier),
            ..
        }]
    ));
}

#[test]
fn revocation_names_its_list() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    let of_root = |crl: Crl<'_>| {
        let policy = checking_lists(&[&root], &[crl, Crl::of(&ca).days(-1, 6)]);
        explain(&policy, &leaf, &[&ca])
    };
    let explanation = of_root(
        Crl::of(&root)
            .days(-1, 6)
            .revokes(ca.der()),
    );
    let rejection = refusal(&explanation, 0);
    assert_eq!(rejection.code(), "revoked");
    assert!(
        rejection
            .to_string()
            .contains("by the list of 'CN=root'"),
        "{rejection}"
    );
    assert!(
        rejection
            .to_string()
            .contains("CN=root"),
        "{rejection}"
    );
    let explanation = of_root(Crl::of(&root).days(-9, -2));
    let rejection = refusal(&explanation, 0);
    assert_eq!(rejection.code(), "revocation-unknown");
    assert!(
        rejection
            .to_string()
            .contains("has expired"),
        "{rejection}"
    );
}

#[test]
fn names_that_differ() {
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = |name: &[(&str, &str)]| {
        let mut odd = OddCertificate::new(&key);
        odd.subject = name_of(name);
        odd.issuer = odd.subject.clone();
        odd.extension("2.5.29.19", true, &[0x30, 3, 1, 1, 0xff])
            .signed_by(&key)
    };
    let mut leaf = OddCertificate::new(&rcgen::KeyPair::generate().unwrap());
    leaf.issuer = name_of(&[("2.5.4.10", "Acme"), ("2.5.4.3", "Good CA")]);
    let leaf = leaf.signed_by(&key);
    let store = TrustStore::from_der([
        ca(&[("2.5.4.10", "Acme"), ("2.5.4.3", "GOOD CA")]),
        ca(&[("2.5.4.10", "Acme"), ("2.5.4.3", "Bad CA")]),
    ])
    .unwrap();
    let policy = ChainPolicy::builder(store)
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let chain = CertChain::from_der([&leaf]).unwrap();
    let explanation = policy.explain(&chain, now());
    match findings(&explanation, 0)[..] {
        [
            CandidateFinding::NameDiffers {
                difference,
                is_signer,
                ..
            },
        ] => {
            assert_eq!(
                difference,
                "has 'CN=GOOD CA', not 'CN=Good CA': letter case or spaces differ"
            );
            assert_eq!(*is_signer, Some(true));
        }
        ref other => panic!("{other:?}"),
    }
    // However well it fits, names decide.
    assert!(matches!(
        explanation.verdict().unwrap_err(),
        Rejection::Untrusted {
            cause: UntrustedCause::IssuerNotFound,
            ..
        }
    ));
    assert!(
        explanation.certificates()[0].candidates[0]
            .subject
            .contains("GOOD CA")
    );
}

/// By its key identifier a CA is found under whatever name.
#[test]
fn names_that_differ_with_the_key_identifier_that_is_looked_for() {
    let ca = Authority::root("old name");
    let renamed = Authority::self_signed_with(ca_params("new name"), ca.same_key());
    for (anchors, presented) in [(vec![&renamed], vec![]), (vec![&ca], vec![&renamed])] {
        let leaf = match presented.is_empty() {
            true => ca.client("alice"),
            false => renamed.client("alice"),
        };
        let explanation = explain(&policy(&anchors), &leaf, &[]);
        assert!(
            matches!(
                findings(&explanation, 0)[..],
                [CandidateFinding::NameDiffers {
                    is_signer: Some(true),
                    ..
                }]
            ),
            "{explanation}"
        );
    }
    let stranger = Authority::root("stranger");
    let explanation = explain(&policy(&[&stranger]), &ca.client("alice"), &[&renamed]);
    assert!(matches!(
        explanation.certificates()[0].candidates[0].source,
        CertificateSource::Presented { index: 1, .. }
    ));
}

#[test]
fn a_pinned_leaf_needs_nobody() {
    let leaf = Authority::root("unknown").client("alice");
    let store = TrustStore::builder()
        .pin_der(&leaf.der)
        .build()
        .unwrap();
    let policy = ChainPolicy::builder(store)
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let explanation = explain(&policy, &leaf, &[]);
    assert!(explanation.verdict().is_ok());
    assert_eq!(explanation.path().unwrap().outcome, PathOutcome::Pinned);
    let certificate = &explanation.certificates()[0];
    assert!(certificate.is_trusted && certificate.is_on_path && certificate.candidates.is_empty());
}
