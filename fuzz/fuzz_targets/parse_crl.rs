//! Any bytes as one DER list, as PEM, and as several lists: a list or a fault, and no surprise in
//! either.

#![no_main]

use edge_mtls::{ListReport, RevocationList, RevocationLists, RevocationListsError};
use edge_mtls_fuzz::{assert_visible, assert_visible_debug, pem, pki::NOW, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let direct = RevocationList::from_der(data);
    match &direct {
        Ok(list) => check(list),
        Err(fault) => assert_visible(fault),
    }
    // The same list by every way in.
    let as_pem = pem("X509 CRL", data);
    for set in [
        RevocationLists::from_der([data]),
        RevocationLists::from_pem(as_pem.as_bytes()),
    ] {
        match (read(set), &direct) {
            (Some(set), Ok(list)) => assert!(set.lists().eq([list])),
            (None, Err(_)) => {}
            (set, _) => panic!("{set:?}, and {direct:?}"),
        }
    }

    read(RevocationLists::from_pem(data));
    let blocks = split(data);
    let builder = || {
        blocks
            .iter()
            .fold(RevocationLists::builder().pem(data), |builder, block| {
                builder.der(block)
            })
    };
    let reversed = blocks
        .iter()
        .rev()
        .fold(RevocationLists::builder(), |builder, block| {
            builder.der(block)
        })
        .pem(data);
    match (builder().build_with_report(), reversed.build_with_report()) {
        (Ok((set, reports)), Ok((same, _))) => {
            assert!(set.lists().eq(same.lists()));
            assert_eq!(set.fingerprint(), same.fingerprint());
            assert!(
                reports
                    .iter()
                    .map(|report| report.entry)
                    .eq(1..=reports.len())
            );
            reports.iter().for_each(check_report);
            let all_good = reports
                .iter()
                .all(|report| report.outcome.is_ok());
            assert_eq!(read(builder().build()).is_some(), all_good);
        }
        (Err(error), Err(same)) => {
            assert_visible(&error);
            assert_eq!(
                error == RevocationListsError::NoLists,
                same == RevocationListsError::NoLists
            );
        }
        other => panic!("{other:?}"),
    }
});

fn check(list: &RevocationList) {
    assert_visible(list);
    assert_visible_debug(list);
    assert_visible(list.scope());
    assert_visible(list.issuer());
    assert!(!list.issuer().is_empty());
    if let Some(number) = list.number() {
        assert_visible(number);
    }
    assert_eq!(list.entries().len(), list.len());
    for (serial, entry) in list.entries() {
        assert_visible(serial);
        // A serial number may be there twice.
        let found = list
            .find(serial.as_bytes())
            .expect("an entry");
        assert!(found == entry || is_twice(list, serial.as_bytes()));
    }
    for serial in [&[][..], &[0], &[5], &[0x12, 0x34], &[0xff; 64]] {
        let found = list.find(serial);
        assert!(found.is_none() || !list.is_empty());
        // A number is the same with a zero before it, if it is not negative.
        if let [0..=0x7f, ..] = serial {
            assert_eq!(list.find(&[&[0], serial].concat()), found);
        }
    }
}

fn is_twice(list: &RevocationList, serial: &[u8]) -> bool {
    list.entries()
        .filter(|(other, _)| other.as_bytes() == serial)
        .count()
        > 1
}

fn check_report(report: &ListReport) {
    assert_visible(report);
    assert_visible_debug(report);
}

fn read(result: Result<RevocationLists, RevocationListsError>) -> Option<RevocationLists> {
    match result {
        Ok(set) => {
            assert_ne!(set.len(), 0);
            assert!(set.expired_at(NOW).count() <= set.len());
            assert_visible_debug(&set);
            Some(set)
        }
        Err(error) => {
            assert_visible(&error);
            assert_visible_debug(&error);
            None
        }
    }
}
