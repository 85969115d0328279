//! What a verdict and a rejection tell of revocation.

use edge_mtls::{
    Rejection, Revocation, RevocationList, RevocationLists, RevocationReason, RevocationStatus,
    RevokedBy, Time, UnknownCause, UnknownStatus,
};

use crate::support::crl::{Crl, DAY, Entry, NOW};
use crate::support::pki::{Authority, judge, policy};
use crate::support::revocation::{checking, checking_lists, lists};

#[test]
fn there_is_one_status_for_each_certificate_of_the_path() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    let unrelated = Authority::root("unrelated");
    let ders = [Crl::of(&root).der(), Crl::of(&ca).der()];
    let verified = judge(
        &checking(&[&root], RevocationLists::from_der(&ders).unwrap()),
        &leaf,
        &[&unrelated, &ca, &root],
    )
    .unwrap();
    let statuses = verified.revocation();
    assert_eq!(statuses.len(), verified.path().count());
    let expected = [&ders[1], &ders[0]].map(|der| RevocationList::from_der(der).unwrap());
    for (status, expected) in statuses.zip(&expected) {
        assert!(matches!(status, RevocationStatus::Good { list, .. } if list == expected));
    }
    // Without revocation nobody asked.
    let verified = judge(&policy(&[&root]), &leaf, &[&ca]).unwrap();
    assert_eq!(verified.revocation().len(), 2);
    assert!(
        verified
            .revocation()
            .all(|status| *status == RevocationStatus::NotChecked)
    );
}

#[test]
fn an_allowed_unknown_status_is_told() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    let revocation =
        Revocation::new(lists(&[Crl::of(&root).days(-9, -2)])).on_unknown(UnknownStatus::Allow);
    let verified = judge(&checking(&[&root], revocation), &leaf, &[&ca]).unwrap();
    let statuses: Vec<&RevocationStatus> = verified.revocation().collect();
    assert!(
        matches!(
            statuses[..],
            [
                RevocationStatus::Unknown {
                    cause: UnknownCause::NoList { issuer, .. },
                    ..
                },
                RevocationStatus::Unknown {
                    cause: UnknownCause::Expired { since, .. },
                    ..
                }
            ] if issuer == "CN=ca" && since.unix_seconds() == NOW - 2 * DAY
        ),
        "{statuses:?}"
    );
}

#[test]
fn a_rejection_tells_who_revoked_when_and_why() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let revoked = |entry: Entry| {
        let policy = checking_lists(&[&root], &[Crl::of(&root).number(5).entry(entry)]);
        judge(&policy, &leaf, &[]).unwrap_err()
    };
    let rejection = revoked(Entry::of(&leaf.der).at(NOW - 30 * DAY));
    assert_eq!(rejection.code(), "revoked");
    assert_eq!(rejection.tls_alert(), 44);
    assert_eq!(
        rejection.to_string(),
        "the leaf 'CN=alice' is revoked since 2029-12-02T00:00:00Z, by the list of 'CN=root' (number \
         05, of 2029-12-31T00:00:00Z, for all certificates); the client needs a new certificate"
    );
    let rejection = revoked(Entry::of(&leaf.der).reason(1));
    let Rejection::Revoked {
        certificate,
        by:
            RevokedBy::List {
                list,
                revoked_at,
                reason,
                ..
            },
        ..
    } = &rejection
    else {
        panic!("{rejection:?}");
    };
    assert_eq!((certificate.index, &*certificate.subject), (0, "CN=alice"));
    assert_eq!(list.number().unwrap().as_bytes(), [5]);
    assert_eq!(*revoked_at, Time::from_unix_seconds(NOW - DAY));
    assert_eq!(*reason, Some(RevocationReason::KeyCompromise));
    assert!(
        rejection
            .to_string()
            .contains(" (keyCompromise), by "),
        "{rejection}"
    );
}

#[test]
fn every_reason_revokes_and_has_the_name_of_the_standard() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let names = [
        "unspecified",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "",
        "removeFromCRL",
        "privilegeWithdrawn",
        "aACompromise",
    ];
    for (code, name) in (0..).zip(names) {
        if name.is_empty() {
            continue;
        }
        let crl = Crl::of(&root).entry(Entry::of(&leaf.der).reason(code));
        let rejection = judge(&checking_lists(&[&root], &[crl]), &leaf, &[]).unwrap_err();
        // A hold can be lifted; nothing else can.
        let is_final = rejection
            .to_string()
            .ends_with("; the client needs a new certificate");
        assert_eq!(is_final, name != "certificateHold", "{rejection}");
        let Rejection::Revoked {
            by:
                RevokedBy::List {
                    reason: Some(reason),
                    ..
                },
            ..
        } = rejection
        else {
            panic!("{rejection:?}");
        };
        assert_eq!(reason.to_string(), name);
    }
}

#[test]
fn a_revocation_of_the_future_counts_already() {
    // RFC 5280 has no such date; what a list holds is revoked.
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for at in [NOW + 30 * DAY, -NOW, 0] {
        let crl = Crl::of(&root).entry(Entry::of(&leaf.der).at(at));
        let rejection = judge(&checking_lists(&[&root], &[crl]), &leaf, &[]).unwrap_err();
        assert!(
            matches!(&rejection, Rejection::Revoked { by: RevokedBy::List { revoked_at, .. }, .. } if revoked_at.unix_seconds() == at)
        );
    }
}

#[test]
fn reasons_are_short_whatever_the_list_says() {
    use crate::support::der::{COMMON_NAME, attribute, sequence, set};

    let hostile = sequence(&[set(&[attribute(COMMON_NAME, 0x0c, &[b'\n'; 8_000])])]);
    let root = Authority::root("root");
    let crl = Crl::of(&root).issuer(&hostile);
    let set = lists(&[crl]);
    let text = set.lists().next().unwrap().to_string();
    assert!(text.len() < 1_024 && text.is_ascii() && !text.contains('\n'));
    let leaf = root.odd_leaf(|mut odd| {
        odd.issuer = hostile.clone();
        odd
    });
    // A root of that name, so that its list is asked.
    let ca = Authority::root("ca");
    let ca_der = crate::support::der::OddCertificate {
        subject: hostile.clone(),
        issuer: hostile.clone(),
        ..crate::support::der::OddCertificate::new(root.key())
    }
    .extension("2.5.29.19", true, &sequence(&[[0x01, 0x01, 0xff]]))
    .signed_by(root.key());
    let hostile_root = ca.with_der(ca_der);
    let expired = Crl::of(&root)
        .issuer(&hostile)
        .days(-9, -2);
    let policy = checking_lists(&[&hostile_root], &[expired]);
    let rejection = judge(&policy, &leaf, &[]).unwrap_err();
    assert_eq!(rejection.code(), "revocation-unknown");
    assert!(rejection.to_string().len() < 1_500);
    assert!(format!("{rejection:?}").len() < 3_000);
}
