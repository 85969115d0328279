//! Loading trust stores: what is taken, what is refused, and what each error says.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::{
    AnchorFault, MalformedCertificate, PemFault, TrustStore, TrustStoreBuilder, TrustStoreError,
    TrustStoreLimits,
};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, date_time_ymd,
};
use support::der::{OddCertificate, implicit, oid, sequence, tlv};
use support::pki::{Authority, Leaf, at, ca_params, now, params};

fn pem(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

fn load(params: CertificateParams) -> Result<TrustStore, TrustStoreError> {
    TrustStore::from_der([Authority::self_signed(params)
        .der()
        .as_ref()])
}

/// Fails by default with `expected`, and loads once `allow` is called.
fn refused_unless_allowed(
    params: CertificateParams,
    expected: AnchorFault,
    allow: fn(TrustStoreBuilder<'_>) -> TrustStoreBuilder<'_>,
) {
    let authority = Authority::self_signed(params);
    match TrustStore::from_der([authority.der().as_ref()]) {
        Err(TrustStoreError::Anchor {
            entry: 1,
            subject,
            fault,
        }) => {
            assert_eq!(subject, "CN=root");
            assert_eq!(fault, expected);
        }
        other => panic!("expected {expected:?}, not {other:?}"),
    }
    let allowed = allow(TrustStore::builder().der(authority.der())).build();
    assert_eq!(allowed.unwrap().len(), 1, "{expected:?}");
}

#[test]
fn loads_pem_and_der_and_both() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let bundle = format!(
        "# our roots\nsubject=CN = a\n{}\nand another one:\n{}",
        pem(a.der()),
        pem(b.der())
    );
    let from_pem = TrustStore::from_pem(bundle.as_bytes()).unwrap();
    let windows = TrustStore::from_pem(bundle.replace('\n', "\r\n").as_bytes()).unwrap();
    let from_der = TrustStore::from_der([b.der().as_ref(), a.der().as_ref()]).unwrap();
    let mixed = TrustStore::builder()
        .der(b.der())
        .pem(bundle.as_bytes())
        .build()
        .unwrap();
    for store in [&from_pem, &windows, &from_der, &mixed] {
        assert_eq!(store.len(), 2);
        assert_eq!(store.fingerprint(), from_pem.fingerprint());
    }
    let subjects: Vec<String> = mixed
        .anchors()
        .map(|anchor| anchor.subject().to_string())
        .collect();
    assert_eq!(subjects, ["CN=b", "CN=a"]);

    let other = TrustStore::from_der([a.der().as_ref()]).unwrap();
    assert_ne!(other.fingerprint(), from_pem.fingerprint());
}

#[test]
fn tells_what_each_anchor_is() {
    let mut params = ca_params("root");
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x03, 0xa5, 0xb1]));
    let authority = Authority::self_signed(params);
    let store = TrustStore::from_der([authority.der().as_ref()]).unwrap();
    let anchor = store.anchors().next().unwrap();
    assert_eq!(anchor.subject().to_string(), "CN=root");
    assert_eq!(anchor.serial().to_string(), "03A5B1");
    assert_eq!(anchor.sha256(), anchor.certificate().sha256());
    assert_eq!(anchor.certificate().der(), authority.der().as_ref());
    assert_eq!(
        anchor.validity().not_before.to_string(),
        "2020-01-01T00:00:00Z"
    );
    assert_eq!(
        anchor.validity().not_after.to_string(),
        "2040-01-01T00:00:00Z"
    );
}

#[test]
fn tells_what_is_expired() {
    let mut old = ca_params("old");
    old.not_after = date_time_ymd(2029, 1, 1);
    let (old, new) = (Authority::self_signed(old), Authority::root("new"));
    let store = TrustStore::from_der([old.der().as_ref(), new.der().as_ref()]).unwrap();
    let expired = |seconds| -> Vec<String> {
        store
            .expired_at(at(seconds))
            .map(|anchor| anchor.subject().to_string())
            .collect()
    };
    assert_eq!(expired(now().as_secs()), ["CN=old"]);
    let last_second = 1_861_920_000; // 2029-01-01T00:00:00Z, the last instant of its validity
    assert_eq!(expired(last_second), [""; 0]);
    assert_eq!(expired(last_second + 1), ["CN=old"]);
}

#[test]
fn nothing_is_passed_over_in_silence() {
    let good = pem(Authority::root("root").der());
    let fault = |bundle: &str| match TrustStore::from_pem(bundle.as_bytes()) {
        Err(TrustStoreError::Pem { entry, fault }) => (entry, fault),
        other => panic!("{bundle}: {other:?}"),
    };
    for nothing in ["", "\n", "# a comment\n", "MIIB", "\u{feff}"] {
        let error = TrustStore::from_pem(nothing.as_bytes()).unwrap_err();
        assert_eq!(error, TrustStoreError::NoCertificates);
    }
    // A byte order mark, white space around lines: handled.
    for handled in [format!("\u{feff}{good}"), good.replace('\n', "\n  ")] {
        assert_eq!(
            TrustStore::from_pem(handled.as_bytes())
                .unwrap()
                .len(),
            1
        );
    }
    assert_eq!(
        fault(&good.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
        (1, PemFault::TrustedCertificate)
    );
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    assert_eq!(fault(&format!("{good}{empty}")), (2, PemFault::Empty));
    assert_eq!(
        fault(&format!("{good}-----BEGIN CERTIFICATE-----\n{good}")),
        (2, PemFault::BeginInside)
    );
    assert_eq!(
        fault(&format!(
            "{good}{}",
            good.replace("CERTIFICATE", "PRIVATE KEY")
        )),
        (2, PemFault::Label("PRIVATE KEY".into()))
    );
}

#[test]
fn the_der_is_exactly_one_certificate() {
    let root = Authority::root("root");
    let mut trailing = root.der().to_vec();
    trailing.push(0);
    let two = [root.der().as_ref(), root.der().as_ref()].concat();
    let cut = &root.der()[..root.der().len() - 1];
    for bad in [trailing.as_slice(), &two, cut, b"", b"\x30\x00"] {
        let error = TrustStore::from_der([root.der().as_ref(), bad]).unwrap_err();
        let TrustStoreError::Malformed { entry: 2, source } = error else {
            panic!("{error:?}");
        };
        let _: MalformedCertificate = source;
        let error = TrustStore::from_pem(pem(bad).as_bytes()).unwrap_err();
        assert!(
            matches!(
                error,
                TrustStoreError::Malformed { entry: 1, .. }
                    | TrustStoreError::Pem {
                        fault: PemFault::Empty,
                        ..
                    }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn an_anchor_is_a_ca() {
    fn allow(builder: TrustStoreBuilder<'_>) -> TrustStoreBuilder<'_> {
        builder.allow_non_ca_anchors()
    }
    let mut no_constraints = params("root");
    no_constraints.is_ca = IsCa::NoCa;
    refused_unless_allowed(
        no_constraints,
        AnchorFault::NotCa("it has no basicConstraints"),
        allow,
    );
    let mut not_ca = params("root");
    not_ca.is_ca = IsCa::ExplicitNoCa;
    refused_unless_allowed(
        not_ca,
        AnchorFault::NotCa("its basicConstraints say CA:FALSE"),
        allow,
    );
    let mut may_not_sign = ca_params("root");
    may_not_sign.key_usages = vec![KeyUsagePurpose::CrlSign];
    refused_unless_allowed(
        may_not_sign,
        AnchorFault::NotCa("its keyUsage lacks keyCertSign"),
        allow,
    );
    // No keyUsage at all restricts nothing.
    let mut unrestricted = ca_params("root");
    unrestricted.key_usages.clear();
    assert_eq!(load(unrestricted).unwrap().len(), 1);
}

#[test]
fn an_x509_v1_root_needs_an_option() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut v1 = OddCertificate::new(&key);
    v1.version = 1;
    let v1 = v1.signed_by(&key);
    let error = TrustStore::from_der([v1.as_slice()]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("X.509 v1 has no basicConstraints"),
        "{error}"
    );
    let store = TrustStore::builder()
        .der(&v1)
        .allow_non_ca_anchors()
        .build()
        .unwrap();
    assert_eq!(store.len(), 1);
}

#[test]
fn an_anchor_is_for_clients() {
    let mut server_only = ca_params("root");
    server_only.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    refused_unless_allowed(
        server_only,
        AnchorFault::OtherPurpose("serverAuth".into()),
        |builder| builder.allow_anchors_for_other_purposes(),
    );
    for purpose in [
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Any,
    ] {
        let mut params = ca_params("root");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, purpose];
        assert_eq!(load(params).unwrap().len(), 1);
    }
}

#[test]
fn critical_extensions_are_enforced_or_refused() {
    let mut policies = ca_params("root");
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 32], vec![0x30, 0x00]);
    extension.set_criticality(true);
    policies
        .custom_extensions
        .push(extension);
    refused_unless_allowed(
        policies,
        AnchorFault::UnhandledCriticalExtension {
            oid: "2.5.29.32".into(),
        },
        |builder| builder.allow_unhandled_critical_extensions(),
    );
}

#[test]
fn critical_extensions_that_are_enforced_load() {
    let key = rcgen::KeyPair::generate().unwrap();
    let critical: [(&str, Vec<u8>); 4] = [
        ("2.5.29.15", tlv(0x03, &[0x02, 0x04])), // keyCertSign
        ("2.5.29.17", sequence(&[implicit(2, b"ca.example")])),
        (
            "2.5.29.30",
            sequence(&[tlv(0xa0, &sequence(&[implicit(2, b"a.example")]))]),
        ),
        ("2.5.29.37", sequence(&[oid("1.3.6.1.5.5.7.3.2")])),
    ];
    for (kind, value) in critical {
        let root = OddCertificate::new(&key)
            .extension("2.5.29.19", true, &sequence(&[tlv(0x01, &[0xff])]))
            .extension(kind, true, &value)
            .signed_by(&key);
        assert!(TrustStore::from_der([root]).is_ok(), "{kind}");
    }
}

#[test]
fn an_anchor_may_be_valid_for_one_instant() {
    let mut instant = ca_params("root");
    instant.not_after = instant.not_before;
    assert_eq!(load(instant).unwrap().len(), 1);
}

#[test]
fn extensions_are_consistent() {
    let mut twice = ca_params("root");
    for _ in 0..2 {
        twice
            .custom_extensions
            .push(CustomExtension::from_oid_content(
                &[1, 2, 3],
                vec![0x05, 0x00],
            ));
    }
    let error = load(twice).unwrap_err();
    assert_eq!(
        error,
        TrustStoreError::Anchor {
            entry: 1,
            subject: "CN=root".into(),
            fault: AnchorFault::DuplicateExtension {
                oid: "1.2.3".into()
            },
        }
    );
    let mut nameless = ca_params("root");
    nameless.distinguished_name = rcgen::DistinguishedName::new();
    let error = load(nameless).unwrap_err();
    assert!(
        matches!(
            &error,
            TrustStoreError::Anchor { subject, fault: AnchorFault::EmptySubject, .. }
                if subject == "no subject"
        ),
        "{error:?}"
    );
    let mut never = ca_params("root");
    never.not_before = date_time_ymd(2041, 1, 1);
    let error = load(never).unwrap_err();
    assert!(
        matches!(
            &error,
            TrustStoreError::Anchor {
                fault: AnchorFault::EmptyValidity { .. },
                ..
            }
        ),
        "{error:?}"
    );
    // A path length on what is no CA.
    let mut limited = params("root");
    limited
        .custom_extensions
        .push(CustomExtension::from_oid_content(
            &[2, 5, 29, 19],
            vec![0x30, 0x03, 0x02, 0x01, 0x00],
        ));
    let error = load(limited).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("limit the path of what is no CA"),
        "{error}"
    );
}

#[test]
fn an_intermediate_may_be_an_anchor() {
    let root = Authority::root("root");
    let intermediate = root.intermediate("intermediate");
    let store = TrustStore::from_der([intermediate.der().as_ref()]).unwrap();
    assert_eq!(store.len(), 1);
}

#[test]
fn duplicates_count_once() {
    let root = Authority::root("root");
    let mut limits = TrustStoreLimits::default();
    limits.max_certificates = 1;
    let store = TrustStore::builder()
        .limits(limits)
        .der(root.der())
        .pem(pem(root.der()).repeat(3).as_bytes())
        .build()
        .unwrap();
    assert_eq!(store.len(), 1);
    // The same name and key, but another certificate, is no duplicate.
    let other = Authority::self_signed_with(
        ca_params("root"),
        rcgen::KeyPair::try_from(root.key().serialize_der()).unwrap(),
    );
    let store = TrustStore::from_der([root.der().as_ref(), other.der().as_ref()]).unwrap();
    assert_eq!(store.len(), 2);
}

#[test]
fn limits_name_the_value_and_the_limit() {
    let roots: Vec<Authority> = (0..26)
        .map(|index| Authority::root(&format!("root {index}")))
        .collect();
    let load = |count: usize, limits: TrustStoreLimits| {
        roots
            .iter()
            .take(count)
            .fold(TrustStore::builder().limits(limits), |builder, root| {
                builder.der(root.der())
            })
            .build()
    };
    let cloudfront = TrustStoreLimits::cloudfront();
    assert_eq!(load(25, cloudfront).unwrap().len(), 25);
    assert_eq!(
        load(26, cloudfront).unwrap_err(),
        TrustStoreError::TooManyCertificates { limit: 25 }
    );

    let bytes = roots[0].der().len();
    let mut limits = TrustStoreLimits::default();
    limits.max_certificate_bytes = bytes;
    assert!(load(1, limits).is_ok());
    limits.max_certificate_bytes = bytes - 1;
    assert_eq!(
        load(1, limits).unwrap_err(),
        TrustStoreError::CertificateTooLarge {
            entry: 1,
            bytes,
            limit: bytes - 1
        }
    );

    let mut limits = TrustStoreLimits::default();
    limits.max_bundle_bytes = bytes;
    assert!(load(1, limits).is_ok());
    limits.max_bundle_bytes = bytes - 1;
    assert_eq!(
        load(1, limits).unwrap_err(),
        TrustStoreError::BundleTooLarge {
            bytes,
            limit: bytes - 1
        }
    );
    assert_eq!(
        (
            cloudfront.max_bundle_bytes,
            cloudfront.max_certificate_bytes
        ),
        (65_536, 16_384)
    );
}

#[test]
fn a_client_certificate_is_no_anchor() {
    let leaf = Leaf::self_signed(support::pki::client_params("alice"));
    let error = TrustStore::from_der([leaf.der.as_ref()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "certificate 1 (CN=alice) cannot be a trust anchor: it is not marked as a CA's (its \
         basicConstraints say CA:FALSE); trust the CA that issued it, or use \
         `TrustStoreBuilder::allow_non_ca_anchors` if this old or private CA has no such mark"
    );
    // An authority without constraints on its path length has no pathLenConstraint to enforce.
    let mut unlimited = ca_params("root");
    unlimited.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert!(load(unlimited).is_ok());
}

#[test]
fn a_log_says_which_anchors_there_are() {
    let root = Authority::root("root");
    let store = TrustStore::from_der([root.der().as_ref()]).unwrap();
    let text = format!("{store:?}");
    assert!(text.contains("anchors: 1"), "{text}");
    assert_eq!(
        format!("{:?}", store.anchors().next().unwrap()),
        "TrustAnchor(CN=root)"
    );
}

#[test]
fn what_cannot_be_an_anchor_is_left_out_and_reported() {
    let (root, leaf) = (Authority::root("root"), Authority::root("x").client("leaf"));
    let builder = || TrustStore::builder().der(&leaf.der);
    let (store, report) = builder()
        .der(root.der())
        .build_with_report()
        .unwrap();
    assert_eq!(store.len(), 1);
    assert!(
        matches!(&report[..], [TrustStoreError::Anchor { entry: 1, .. }]),
        "{report:?}"
    );
    // Nothing is left: no store, and the reason.
    let error = builder()
        .build_with_report()
        .unwrap_err();
    assert!(
        matches!(error, TrustStoreError::Anchor { entry: 1, .. }),
        "{error}"
    );
}
