//! Loading takes nothing down in silence: each list is accepted, or it is said why not.

use edge_mtls::{
    ListFault, ListReport, PemFault, RevocationList, RevocationLists, RevocationListsError,
};

use crate::support::crl::{Crl, Entry, pem};
use crate::support::pki::Authority;

/// Of each report: its number, its issuer, and what became of it.
fn told(reports: &[ListReport]) -> Vec<(usize, Option<&str>, Result<u8, ListFault>)> {
    reports
        .iter()
        .map(|report| {
            let outcome = report.outcome.clone().map(|list| {
                *list
                    .number()
                    .unwrap()
                    .as_bytes()
                    .last()
                    .unwrap()
            });
            (report.entry, report.issuer.as_deref(), outcome)
        })
        .collect()
}

fn refused(error: RevocationListsError) -> (Vec<ListReport>, usize) {
    match error {
        RevocationListsError::Refused {
            refused, accepted, ..
        } => (refused, accepted),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bad_list_between_good_ones_is_named() {
    let (a, b, c) = (
        Authority::root("a"),
        Authority::root("b"),
        Authority::root("c"),
    );
    let ders = [
        Crl::of(&a).number(1).der(),
        Crl::of(&b).number(2).delta().der(),
        Crl::of(&c)
            .number(3)
            .entry(Entry::new(&[7]))
            .der(),
        b"garbage".to_vec(),
        Crl::of(&a).number(4).der(),
    ];
    let error = RevocationLists::from_der(&ders).unwrap_err();
    assert_eq!(
        error.to_string(),
        "revocation list 2 (of 'CN=b') is refused: it is a delta list, which is not supported; load \
         the complete list of the same CA; revocation list 4 is refused: CertificateList cannot be \
         read (RFC 5280 section 5.1); copy the list again from its source (3 accepted; \
         `build_with_report` would use the others)"
    );
    let (refused, accepted) = refused(error);
    assert_eq!(accepted, 3);
    let malformed = || Err(ListFault::Malformed("CertificateList"));
    assert_eq!(
        told(&refused),
        [
            (2, Some("CN=b"), Err(ListFault::Delta)),
            (4, None, malformed())
        ]
    );

    let (lists, reports) = ders
        .iter()
        .fold(RevocationLists::builder(), |builder, der| builder.der(der))
        .build_with_report()
        .unwrap();
    assert_eq!(lists.len(), 3);
    assert_eq!(
        told(&reports),
        [
            (1, Some("CN=a"), Ok(1)),
            (2, Some("CN=b"), Err(ListFault::Delta)),
            (3, Some("CN=c"), Ok(3)),
            (4, None, malformed()),
            (5, Some("CN=a"), Ok(4)),
        ]
    );
    let lines: Vec<String> = reports
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines[2],
        "revocation list 3 is accepted: the list of 'CN=c' (number 03, of 2029-12-31T00:00:00Z, for \
         all certificates), 1 entry, the next one due at 2030-01-08T00:00:00Z"
    );
    assert!(
        lines[1].starts_with("revocation list 2 (of 'CN=b') is refused: "),
        "{}",
        lines[1]
    );
    for line in lines {
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn a_report_says_that_a_list_proves_nothing() {
    let root = Authority::root("root");
    let der = Crl::of(&root)
        .v1()
        .no_next_update()
        .der();
    let (_, reports) = RevocationLists::builder()
        .der(&der)
        .build_with_report()
        .unwrap();
    assert_eq!(
        reports[0].to_string(),
        "revocation list 1 is accepted: the list of 'CN=root' (of 2029-12-31T00:00:00Z, for all \
         certificates), 0 entries, without nextUpdate, so that it is no proof unless \
         `Revocation::assume_next_update_after` says for how long"
    );
}

#[test]
fn good_lists_are_all_reported() {
    let root = Authority::root("root");
    let (one, two) = (Crl::of(&root).number(1), Crl::of(&root).number(2));
    let text = format!("{}{}", one.pem(), two.pem());
    let list = RevocationList::from_der(&one.der()).unwrap();
    let (lists, reports) = RevocationLists::builder()
        .pem(text.as_bytes())
        .list(list)
        .build_with_report()
        .unwrap();
    let told = told(&reports);
    assert_eq!(
        told,
        [
            (1, Some("CN=root"), Ok(1)),
            (2, Some("CN=root"), Ok(2)),
            (3, Some("CN=root"), Ok(1))
        ]
    );
    assert!((2..=3).contains(&lists.len()));
}

#[test]
fn nothing_is_an_error() {
    for text in [&b""[..], b"\n\n", b"# nothing but text\n", b"\xff\xfd"] {
        for error in [
            RevocationLists::from_pem(text).unwrap_err(),
            RevocationLists::builder()
                .pem(text)
                .build_with_report()
                .unwrap_err(),
        ] {
            assert_eq!(error, RevocationListsError::NoLists);
            assert_eq!(
                error.to_string(),
                "the sources hold no revocation list, so that no certificate's status would be known; \
                 a PEM file needs a line -----BEGIN X509 CRL-----, and DER goes into \
                 `RevocationListsBuilder::der`"
            );
        }
    }
    let none: [&[u8]; 0] = [];
    assert_eq!(
        RevocationLists::from_der(none).unwrap_err(),
        RevocationListsError::NoLists
    );
    assert_eq!(
        RevocationLists::builder()
            .build()
            .unwrap_err(),
        RevocationListsError::NoLists
    );
}

#[test]
fn where_none_is_good_a_report_is_an_error_too() {
    let root = Authority::root("root");
    let delta = Crl::of(&root).delta().der();
    let error = RevocationLists::builder()
        .der(&delta)
        .der(b"")
        .build_with_report()
        .unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with(" (0 accepted)"), "{text}");
    let (refused, accepted) = refused(error);
    assert_eq!((refused.len(), accepted), (2, 0));
}

/// What is wrong with a PEM file, and in which section.
fn pem_fault(text: &str) -> (usize, PemFault) {
    let (refused, _) = refused(RevocationLists::from_pem(text.as_bytes()).unwrap_err());
    match &refused[..] {
        [
            ListReport {
                entry,
                issuer: None,
                outcome: Err(ListFault::Pem(fault)),
                ..
            },
        ] => (*entry, fault.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pem_file_holds_lists_and_nothing_else() {
    let root = Authority::root("root");
    let list = Crl::of(&root).pem();
    let certificate = pem("CERTIFICATE", root.der());
    let key = pem("PRIVATE KEY", b"secret");
    for (text, entry, fault) in [
        (
            format!("{certificate}{list}"),
            1,
            PemFault::Label("CERTIFICATE".into()),
        ),
        (
            format!("{list}{certificate}{list}"),
            2,
            PemFault::Label("CERTIFICATE".into()),
        ),
        (
            format!("{list}{key}"),
            2,
            PemFault::Label("PRIVATE KEY".into()),
        ),
        (
            list.replace("-----END X509 CRL-----\n", ""),
            1,
            PemFault::NoEnd,
        ),
        (
            format!("{list}{}", pem("X509 CRL", b"")),
            2,
            PemFault::Empty,
        ),
    ] {
        assert_eq!(pem_fault(&text), (entry, fault));
    }
    let (_, fault) = pem_fault(
        &list
            .replace("MII", "M-I")
            .replace("MIH", "M-H"),
    );
    assert!(matches!(fault, PemFault::Base64(_)), "{fault:?}");

    let text = format!("{list}{certificate}");
    let error = RevocationLists::from_pem(text.as_bytes()).unwrap_err();
    let sentence = error.to_string();
    assert!(
        sentence.starts_with(
            "revocation list 2 is refused: its section of the PEM file cannot be read: "
        ) && sentence.contains("'CERTIFICATE'"),
        "{sentence}"
    );
    // The words are those for lists, not for certificates.
    assert!(
        !sentence.contains("only CERTIFICATE sections belong here"),
        "{sentence}"
    );
    let (lists, reports) = RevocationLists::builder()
        .pem(text.as_bytes())
        .build_with_report()
        .unwrap();
    assert_eq!((lists.len(), reports.len()), (1, 2));
    assert!(reports[0].outcome.is_ok() && reports[1].outcome.is_err());
}

#[test]
fn a_certificate_is_no_list() {
    let root = Authority::root("root");
    let error = RevocationLists::from_der([root.der()]).unwrap_err();
    let (refused, _) = refused(error);
    assert!(matches!(
        refused[..],
        [ListReport {
            entry: 1,
            outcome: Err(ListFault::IsCertificate),
            ..
        }]
    ));
}

#[test]
fn lists_are_counted_over_all_sources() {
    let root = Authority::root("root");
    let good = Crl::of(&root);
    let text = format!("{}{}", good.pem(), good.pem());
    let der = good.der();
    let list = RevocationList::from_der(&der).unwrap();
    let error = RevocationLists::builder()
        .pem(text.as_bytes())
        .der(&der)
        .list(list)
        .der(b"garbage")
        .build()
        .unwrap_err();
    let (refused, accepted) = refused(error);
    assert_eq!((refused[0].entry, accepted), (5, 4));
}

#[test]
fn a_report_is_one_short_line_whatever_the_list_says() {
    use crate::support::der::{COMMON_NAME, attribute, sequence, set};

    let root = Authority::root("root");
    let hostile = sequence(&[set(&[attribute(COMMON_NAME, 0x0c, &[b'\n'; 8_000])])]);
    let good = Crl::of(&root).issuer(&hostile).der();
    let bad = Crl::of(&root)
        .issuer(&hostile)
        .delta()
        .der();
    let long_oid = Crl::of(&root)
        .extension(
            &format!(
                "1.2{}",
                ".340282366920938463463374607431768211455".repeat(200)
            ),
            true,
            b"",
        )
        .der();
    let (_, reports) = RevocationLists::builder()
        .der(&good)
        .der(&bad)
        .der(&long_oid)
        .build_with_report()
        .unwrap();
    assert_eq!(reports.len(), 3);
    for report in reports {
        let line = report.to_string();
        assert!(line.len() < 1_024 && line.is_ascii(), "{}", line.len());
        assert!(!line.contains('\n'), "{line}");
    }
}
