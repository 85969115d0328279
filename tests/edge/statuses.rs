//! A status of CloudFront's for everything that can become of a connection.

use std::io;

use edge_mtls::{
    CertForwarder, ChainLimits, ChainPolicy, ClientAuthPolicy, ConnectionFailure, ConnectionStep,
    Decision, DenyList, Edge, HeaderProfile, RefusedConnection, TooLong,
};
use rcgen::{ExtendedKeyUsagePurpose, IsCa, date_time_ymd};
use rustls::{AlertDescription, Error};

use crate::support::edge::{Site, info};
use crate::support::pki::{
    Authority, Leaf, NOW_SECONDS as NOW, at, builder, client_params, policy, trust,
};

/// A client, who presents these, and the status of its record.
fn status(
    site: &Site,
    policy: ClientAuthPolicy,
    leaf: Option<&Leaf>,
    others: &[&Authority],
) -> String {
    let edge = site.edge(policy);
    let client = site.client_presenting(leaf, others);
    let visit = site.visit(&edge, &client, NOW);
    let record = match &visit {
        Ok(connection) => connection.record(),
        Err(refused) => {
            // What can be explained.
            let chain = leaf.map(|leaf| leaf.chain(others));
            assert_eq!(refused.chain(), chain.as_ref());
            refused.record()
        }
    };
    // What was refused is in the record, and where it went.
    let subject = record.get("clientLeafCertSubject");
    assert_eq!(subject.is_some(), leaf.is_some(), "{record}");
    assert_eq!(record.get("tlsSni").unwrap(), "edge.example");
    assert_eq!(record.get("policyMode").unwrap(), "required");
    assert_eq!(record.get("refusalCode").is_some(), visit.is_err());
    record.status()
}

#[test]
fn of_certificates() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let good = root.client("alice");
    let with = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
        let mut params = client_params("odd");
        change(&mut params);
        root.leaf(params)
    };
    let expired = with(&|params| params.not_after = date_time_ymd(2025, 1, 1));
    let early = with(&|params| params.not_before = date_time_ymd(2035, 1, 1));
    let server = with(&|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let is_ca = with(&|params| {
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    });
    let denied = root.client("denied");
    let stranger = Authority::root("other").client("mallory");
    let denying = DenyList::new().certificate_sha256(
        edge_mtls::Certificate::from_der(&denied.der)
            .unwrap()
            .sha256(),
    );
    for site in Site::plain() {
        let algorithms = site
            .provider
            .signature_verification_algorithms
            .all;
        let chains = |limits: ChainLimits| -> ChainPolicy {
            builder(trust(&[&root]))
                .limits(limits)
                .deny(denying.clone())
                .build(algorithms)
                .unwrap()
        };
        let usual = || ClientAuthPolicy::required(chains(ChainLimits::default()));
        let shallow = ClientAuthPolicy::required(chains(ChainLimits::new(1, 10_000)));
        let small = ClientAuthPolicy::required(chains(ChainLimits::new(4, 100)));
        // A provider that knows no ECDSA on P-256.
        let others: Vec<_> = algorithms
            .iter()
            .filter(|algorithm| {
                algorithm.public_key_alg_id().as_ref()
                    != rustls::pki_types::alg_id::ECDSA_P256.as_ref()
            })
            .copied()
            .collect();
        let unknowing = builder(trust(&[&root]))
            .build(others.leak())
            .unwrap();
        for (policy, leaf, presented, expected) in [
            (usual(), Some(&good), &[][..], "Success"),
            (
                shallow,
                Some(&good),
                &[&ca],
                "Failed:ClientCertMaxChainDepthExceeded",
            ),
            (small, Some(&good), &[], "Failed:ClientCertMaxSizeExceeded"),
            (usual(), Some(&stranger), &[], "Failed:ClientCertUntrusted"),
            (usual(), Some(&early), &[], "Failed:ClientCertNotYetValid"),
            (usual(), Some(&expired), &[], "Failed:ClientCertExpired"),
            (
                ClientAuthPolicy::required(unknowing),
                Some(&good),
                &[],
                "Failed:ClientCertTypeUnsupported",
            ),
            (usual(), Some(&is_ca), &[], "Failed:ClientCertInvalid"),
            (
                usual(),
                Some(&server),
                &[],
                "Failed:ClientCertIntentInvalid",
            ),
            (usual(), Some(&denied), &[], "Failed:ClientCertRejected"),
            (usual(), None, &[], "Failed:ClientCertMissing"),
        ] {
            assert_eq!(status(&site, policy, leaf, presented), expected);
        }
    }
}

#[test]
fn of_functions_and_of_what_cannot_be_forwarded() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let site = &Site::plain()[0];
    let verifier = site.verifier(ClientAuthPolicy::required(policy(&[&root])));
    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    let usual = || Edge::new(verifier.clone(), forwarder.clone());
    let short = forwarder
        .clone()
        .max_total_bytes(100)
        .when_too_long(TooLong::Refuse);
    for (edge, expected) in [
        (
            usual().function(|_: &mut ConnectionStep<'_>| Decision::deny("no")),
            "Failed:ConnectionFunctionDenied",
        ),
        (
            usual().function(|_: &mut ConnectionStep<'_>| panic!("on purpose")),
            "Failed:ConnectionFunctionError",
        ),
        (
            Edge::new(verifier.clone(), short),
            "Failed:ClientCertMaxSizeExceeded",
        ),
    ] {
        let refused = site
            .visit(&edge, &site.client(Some(&leaf)), NOW)
            .unwrap_err();
        assert_eq!(refused.record().status(), expected);
    }
}

#[test]
fn of_what_ends_before_a_certificate() {
    let root = Authority::root("root");
    let site = &Site::plain()[0];
    let edge = site.edge(ClientAuthPolicy::required(policy(&[&root])));
    let handshake = edge
        .begin(Some("edge.example"))
        .unwrap();
    let failed = |failure: ConnectionFailure<'_>| -> Vec<RefusedConnection> {
        vec![
            handshake.failed(failure, None, info(), at(NOW)),
            Edge::failed(failure, info(), at(NOW)),
        ]
    };
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    let slow = io::Error::from(io::ErrorKind::TimedOut);
    let alert = Error::AlertReceived(AlertDescription::UnknownCA);
    let wrapped = io::Error::new(io::ErrorKind::InvalidData, alert.clone());
    for (failure, expected, reason) in [
        (
            ConnectionFailure::Internal("no\nkey"),
            "Failed:Internal",
            "no\\0Akey",
        ),
        ((&reset).into(), "Failed:TcpError", "connection reset"),
        ((&slow).into(), "Failed:TcpTimeout", "in time"),
        (
            ConnectionFailure::TcpTimeout,
            "Failed:TcpTimeout",
            "in time",
        ),
        (
            (&alert).into(),
            "Failed:UnmappedConnectionError",
            "UnknownCA",
        ),
        // As tokio-rustls hands it on.
        (
            (&wrapped).into(),
            "Failed:UnmappedConnectionError",
            "UnknownCA",
        ),
    ] {
        for refused in failed(failure) {
            assert_eq!(refused.record().status(), expected);
            assert_eq!(refused.reason().code(), "unconnected");
            let sentence = refused
                .record()
                .get("refusalReason")
                .unwrap();
            assert!(sentence.contains(reason), "{sentence}");
            assert_eq!(
                refused
                    .record()
                    .get("clientPort")
                    .unwrap(),
                "4711"
            );
        }
    }
    let of_handshake = handshake.failed(ConnectionFailure::TcpTimeout, None, info(), at(NOW));
    assert_eq!(
        of_handshake
            .record()
            .get("tlsSni")
            .unwrap(),
        "edge.example"
    );
    assert!(
        of_handshake
            .record()
            .get("policyFingerprint")
            .is_some()
    );
    // Without a certificate where one is required, rustls says so in an error of its own.
    let missing = handshake.failed(&Error::NoCertificatesPresented, None, info(), at(NOW));
    assert_eq!(missing.reason().code(), "missing");
}
