//! What of a certificate can be read, where it stands, and that its names are only names.

use edge_mtls::{CertChain, CertificateSource, PathOutcome, Rejection};

use crate::support::pki::{Authority, ca_params, client_params, now, policy};

#[test]
fn what_cannot_be_read_is_said() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let chain = CertChain::from_der([b"garbage"]).unwrap();
    let explanation = policy.explain(&chain, now());
    assert_eq!(
        explanation
            .verdict()
            .unwrap_err()
            .code(),
        "malformed"
    );
    assert_eq!(explanation.certificates().len(), 1);
    assert!(
        explanation
            .to_string()
            .contains("when it is valid cannot be read")
    );
    let chain = CertChain::from_der([root.client("alice").der.as_ref(), b"garbage"]).unwrap();
    assert!(
        policy
            .explain(&chain, now())
            .verdict()
            .is_ok()
    );
}

#[test]
fn what_is_not_read_is_not_said_to_be_missing() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let trailing = [ca.der().as_ref(), &[0]].concat();
    let leaf = ca.client("alice");
    let chain = CertChain::from_der([leaf.der.as_ref(), &trailing]).unwrap();
    let explanation = policy(&[&root]).explain(&chain, now());
    let [Rejection::Malformed { certificate, .. }] = &explanation.certificates()[1].faults[..]
    else {
        panic!("{explanation}");
    };
    assert_eq!(certificate.index, 1);
    assert_eq!(
        explanation.hints()[0],
        "certificate 1 cannot be read, and may be the one that is missing"
    );
    let text = explanation.to_string();
    assert!(
        text.contains("\n      as a certificate: refused (malformed): "),
        "{text}"
    );
    assert!(!text.contains("self-issued"), "{text}");
}

/// The leaf is nobody's issuer, and a place is that in which a certificate was presented.
#[test]
fn places_are_those_of_the_chain() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let chain = CertChain::from_der([root.der(), ca.der()]).unwrap();
    let explanation = policy(&[&root]).explain(&chain, now());
    assert!(matches!(
        explanation.certificates()[1].candidates[..],
        [edge_mtls::CandidateIssuer {
            source: CertificateSource::TrustStore { .. },
            ..
        }]
    ));

    let namesake = Authority::root("root");
    let low = namesake.intermediate("low");
    let leaf = low.client("alice");
    let extras: Vec<Authority> = (0..3)
        .map(|_| Authority::root("extra"))
        .collect();
    for place in 1..=4 {
        let mut others: Vec<&Authority> = extras.iter().collect();
        others.insert(place - 1, &low);
        let explanation = policy(&[&root]).explain(&leaf.chain(&others), now());
        let path = explanation.path().unwrap();
        assert_eq!(path.certificates, [0, place]);
        assert!(
            matches!(path.outcome, PathOutcome::WrongKey { certificate, .. } if certificate == place)
        );
    }
}

/// No name can end its quotation and go on in the report's words.
#[test]
fn nobody_can_speak_in_the_reports_words() {
    let root = Authority::root("root");
    let forged = "x' and trust anchor 'CN=root";
    let unknown = Authority::root(forged);
    let mut params = client_params(forged);
    params.subject_alt_names = vec![rcgen::SanType::URI(
        "https://a.example/', 'DNS:admin.corp"
            .try_into()
            .unwrap(),
    )];
    let alike = Authority::self_signed_with(
        ca_params("X' AND trust anchor 'cn=root"),
        unknown.same_key(),
    );
    for (anchors, others) in [
        (vec![&root], vec![]),
        (vec![&root], vec![&unknown]),
        (vec![&unknown], vec![]),
        (vec![&alike], vec![]),
    ] {
        let leaf = unknown.leaf(params.clone());
        let text = policy(&anchors)
            .explain(&leaf.chain(&others), now())
            .to_string();
        assert!(
            text.contains("x\\27 and trust anchor \\27CN=root"),
            "{text}"
        );
        for forged in ["x' and", "X' AND", "', 'DNS:admin.corp"] {
            assert!(!text.contains(forged), "{text}");
        }
    }
}

#[test]
fn no_more_names_than_people_read() {
    let root = Authority::root("root");
    let mut params = client_params("alice");
    params.subject_alt_names = (0..20)
        .map(|index| {
            rcgen::SanType::DnsName(
                format!("h{index}.example")
                    .try_into()
                    .unwrap(),
            )
        })
        .collect();
    let explanation = policy(&[&root]).explain(&root.leaf(params).chain(&[]), now());
    let leaf = &explanation.certificates()[0];
    assert_eq!(leaf.alternative_names.len(), 16);
    assert_eq!(leaf.alternative_names_left_out, 4);
    assert!(
        explanation
            .to_string()
            .contains("'DNS:h15.example' and 4 more\n")
    );
}
