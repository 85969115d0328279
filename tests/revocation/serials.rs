//! Serial numbers of every form that occurs.

use edge_mtls::{ListFault, RevocationList};

use crate::support::crl::{Crl, Entry};
use crate::support::pki::{Authority, Leaf, judge};
use crate::support::revocation::{checking_lists, outcome};

fn leaf(root: &Authority, serial: &[u8]) -> Leaf {
    root.odd_leaf(|mut odd| {
        odd.serial = serial.to_vec();
        odd
    })
}

/// The outcome for a certificate with a serial number, and a list with others.
fn outcome_of(root: &Authority, serial: &[u8], revoked: &[&[u8]]) -> &'static str {
    let crl = revoked
        .iter()
        .fold(Crl::of(root), |crl, serial| crl.entry(Entry::new(serial)));
    let list = RevocationList::from_der(&crl.der()).unwrap();
    assert_eq!(list.len(), revoked.len());
    let found = outcome(&judge(
        &checking_lists(&[root], &[crl]),
        &leaf(root, serial),
        &[],
    ));
    assert_eq!(list.find(serial).is_some(), found == "revoked");
    found
}

#[test]
fn a_serial_number_is_a_number() {
    let root = Authority::root("root");
    let twenty = [0x7f; 20];
    let mut twenty_and_sign = [0xff; 21];
    twenty_and_sign[0] = 0;
    let cases: [(&[u8], &[u8], bool); 18] = [
        (&[1], &[1], true),
        (&[1], &[2], false),
        (&[1], &[1, 0], false),
        (&[1], &[0, 1], true), // not DER, and the same number
        (&[1], &[0, 0, 0, 1], true),
        (&[0, 0xa5], &[0, 0xa5], true),
        (&[0, 0xa5], &[0xa5], false), // 165, and -91
        (&[0xa5], &[0xa5], true),
        (&[0xa5], &[0xff, 0xa5], true),
        (&[0xff], &[0xff], true),
        (&[0xff], &[0, 0xff], false),
        (&[0x80, 0], &[0x80, 0], true),
        (&[0], &[0], true),
        (&[0], &[1], false),
        (&twenty, &twenty, true),
        (&twenty, &twenty[..19], false),
        (&twenty[..19], &twenty, false),
        (&twenty_and_sign, &twenty_and_sign, true),
    ];
    for (serial, revoked, matches) in cases {
        let expected = if matches { "revoked" } else { "good" };
        assert_eq!(
            outcome_of(&root, serial, &[revoked]),
            expected,
            "{serial:?} {revoked:?}"
        );
        // Among others, of other lengths.
        let among: [&[u8]; 5] = [&[0x55; 20], &[3], revoked, &[0x7e, 1], &[0x44; 16]];
        assert_eq!(
            outcome_of(&root, serial, &among),
            expected,
            "{serial:?} {revoked:?}"
        );
    }
}

#[test]
fn numbers_that_begin_alike_are_told_apart() {
    let root = Authority::root("root");
    let base = [0x11; 16];
    let changed = |place: usize| {
        let mut serial = base;
        serial[place] ^= 0x40;
        serial
    };
    let all: Vec<[u8; 16]> = (0..16).map(changed).collect();
    let revoked: Vec<&[u8]> = all
        .iter()
        .map(<[u8; 16]>::as_slice)
        .collect();
    assert_eq!(outcome_of(&root, &base, &revoked), "good");
    for serial in &revoked {
        assert_eq!(outcome_of(&root, serial, &revoked), "revoked");
        let others: Vec<&[u8]> = revoked
            .iter()
            .copied()
            .filter(|other| other != serial)
            .collect();
        assert_eq!(outcome_of(&root, serial, &others), "good");
    }
}

#[test]
fn a_number_that_is_there_twice_is_revoked() {
    let root = Authority::root("root");
    assert_eq!(outcome_of(&root, &[7], &[&[7], &[9], &[7]]), "revoked");
}

#[test]
fn the_longest_number_has_a_limit() {
    let root = Authority::root("root");
    let read = |octets: usize| {
        let serial = vec![0x7f; octets];
        RevocationList::from_der(
            &Crl::of(&root)
                .entry(Entry::new(&serial))
                .der(),
        )
        .map(|list| list.find(&serial).is_some())
    };
    for octets in [1, 20, 21, 40] {
        assert_eq!(read(octets), Ok(true), "{octets}");
    }
    for octets in [41, 127, 128, 1_000] {
        let fault = read(octets).unwrap_err();
        assert_eq!(fault, ListFault::SerialTooLong { octets, limit: 40 });
        assert_eq!(
            fault.to_string(),
            format!(
                "it has a serial number of {octets} octets, more than the 40 that are read (RFC 5280 \
                 allows 20); ask the CA for a well-formed list"
            )
        );
    }
}

#[test]
fn finding_takes_any_octets() {
    let root = Authority::root("root");
    let empty = RevocationList::from_der(&Crl::of(&root).der()).unwrap();
    let one = RevocationList::from_der(
        &Crl::of(&root)
            .entry(Entry::new(&[7]))
            .der(),
    )
    .unwrap();
    assert!(empty.is_empty() && !one.is_empty());
    for serial in [&[][..], &[0], &[7], &[0xff; 20], &[0x55; 100]] {
        assert!(empty.find(serial).is_none());
        assert_eq!(one.find(serial).is_some(), *serial == [7]);
    }
}
