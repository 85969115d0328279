//! Lists of any entries: what is found in them, and that their signature still holds once loaded.

use std::collections::BTreeMap;

use edge_mtls::{RevocationList, RevocationLists, RevocationReason, RevokedEntry};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::support::crl::{Crl, Entry, INVALIDITY_DATE, NOW, long_time, time};
use crate::support::pki::{Authority, judge};
use crate::support::revocation::{checking, outcome};

const REASONS: [(u8, RevocationReason); 10] = [
    (0, RevocationReason::Unspecified),
    (1, RevocationReason::KeyCompromise),
    (2, RevocationReason::CaCompromise),
    (3, RevocationReason::AffiliationChanged),
    (4, RevocationReason::Superseded),
    (5, RevocationReason::CessationOfOperation),
    (6, RevocationReason::CertificateHold),
    (8, RevocationReason::RemoveFromCrl),
    (9, RevocationReason::PrivilegeWithdrawn),
    (10, RevocationReason::AaCompromise),
];

/// An entry, in our own words.
#[derive(Clone, Debug)]
struct Spec {
    serial: Vec<u8>,
    seconds: i64,
    is_long_time: bool,
    reason: Option<usize>,
    invalid_since: Option<i64>,
    has_other_extension: bool,
}

impl Spec {
    fn entry(&self) -> Entry {
        let date = match self.is_long_time {
            true => long_time(self.seconds),
            false => time(self.seconds),
        };
        let mut entry = Entry::new(&self.serial).date_der(date);
        if let Some(reason) = self.reason {
            entry = entry.reason(REASONS[reason].0);
        }
        if let Some(since) = self.invalid_since {
            entry = entry.extension(INVALIDITY_DATE, false, &long_time(since));
        }
        match self.has_other_extension {
            true => entry.extension("1.2.3", false, &[0x05, 0x00]),
            false => entry,
        }
    }

    fn says(&self, found: &RevokedEntry) -> bool {
        found.revoked_at.unix_seconds() == self.seconds
            && found.reason
                == self
                    .reason
                    .map(|reason| REASONS[reason].1)
    }
}

/// The number that the contents of an INTEGER say, for the model's keys.
fn number(serial: &[u8]) -> Vec<u8> {
    let mut sign_extended = match serial[0] {
        0x80..=0xff => vec![0xff; 64 - serial.len()],
        _ => vec![0; 64 - serial.len()],
    };
    sign_extended.extend_from_slice(serial);
    sign_extended
}

fn serial() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 1..=20),
        vec(any::<u8>(), 16),
        // Small numbers, which meet each other and differ in length.
        vec(
            prop_oneof![Just(0_u8), Just(1), Just(0x7f), Just(0x80), Just(0xff)],
            1..=4
        ),
        // Numbers that begin alike.
        (any::<u8>(), any::<u8>()).prop_map(|(a, b)| {
            let mut serial = vec![0x5a; 16];
            serial.extend([a, b]);
            serial
        }),
    ]
}

fn spec() -> impl Strategy<Value = Spec> {
    // From 1950 to 2049, and anything from year 0 to 9999.
    let seconds = prop_oneof![
        4 => NOW - 1_000_000..NOW,
        2 => -631_152_000_i64..2_524_608_000,
        1 => -62_167_219_200_i64..253_402_300_800,
    ];
    (
        serial(),
        seconds,
        any::<bool>(),
        option::of(0..REASONS.len()),
        option::weighted(0.2, NOW - 1_000..NOW),
        proptest::bool::weighted(0.1),
    )
        .prop_map(
            |(serial, seconds, is_long_time, reason, invalid_since, has_other_extension)| Spec {
                serial,
                seconds,
                is_long_time,
                reason,
                invalid_since,
                has_other_extension,
            },
        )
}

fn crl<'a>(root: &'a Authority, specs: &[Spec]) -> Crl<'a> {
    specs
        .iter()
        .fold(Crl::of(root), |crl, spec| crl.entry(spec.entry()))
}

/// What a loaded list finds is what the model has, and its signature holds.
fn check(root: &Authority, specs: &[Spec], others: &[Vec<u8>]) {
    let der = crl(root, specs).der();
    let list = RevocationList::from_der(&der).unwrap();
    let mut model: BTreeMap<Vec<u8>, Vec<&Spec>> = BTreeMap::new();
    for spec in specs {
        model
            .entry(number(&spec.serial))
            .or_default()
            .push(spec);
    }
    assert_eq!(list.len(), specs.len());
    assert_eq!(list.entries().len(), specs.len());
    for ((serial, entry), spec) in list.entries().zip(specs) {
        assert_eq!(number(serial.as_bytes()), number(&spec.serial));
        assert!(spec.says(&entry), "{entry:?}: {spec:?}");
    }
    let serials = specs
        .iter()
        .map(|spec| &spec.serial)
        .chain(others);
    for serial in serials {
        let found = list.find(serial);
        match model.get(&number(serial)) {
            None => assert!(found.is_none(), "{serial:?}"),
            Some(specs) => {
                let found = found.unwrap_or_else(|| panic!("{serial:?} is not found"));
                assert!(
                    specs
                        .iter()
                        .any(|spec| spec.says(&found)),
                    "{serial:?}"
                );
            }
        }
    }

    let policy = checking(&[root], RevocationLists::from_der([der]).unwrap());
    let of = |serial: &[u8]| {
        let leaf = root.odd_leaf(|mut odd| {
            odd.serial = serial.to_vec();
            odd
        });
        outcome(&judge(&policy, &leaf, &[]))
    };
    let absent = [0x2a; 19];
    assert!(!model.contains_key(&number(&absent)));
    assert_eq!(of(&absent), "good");
    if let Some(spec) = specs.last() {
        assert_eq!(of(&spec.serial), "revoked");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_loaded_list_says_what_its_der_says(
        specs in vec(spec(), 0..300),
        others in vec(serial(), 100),
    ) {
        let root = Authority::root("root");
        check(&root, &specs, &others);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn a_large_list_too(specs in vec(spec(), 5_000), others in vec(serial(), 1_000)) {
        let root = Authority::root("root");
        check(&root, &specs, &others);
    }
}

fn plain(serial: &[u8]) -> Spec {
    Spec {
        serial: serial.to_vec(),
        seconds: NOW,
        is_long_time: false,
        reason: None,
        invalid_since: None,
        has_other_extension: false,
    }
}

#[test]
fn numbers_in_a_row() {
    let root = Authority::root("root");
    let specs: Vec<Spec> = (0_u32..20_000)
        .map(|number| plain(&[&[0x11; 12][..], &(2 * number).to_be_bytes()].concat()))
        .collect();
    let others: Vec<Vec<u8>> = (0_u32..20_000)
        .map(|number| [&[0x11; 12][..], &(2 * number + 1).to_be_bytes()].concat())
        .collect();
    check(&root, &specs, &others);
}

#[test]
fn a_number_that_is_there_many_times_hides_no_other() {
    let root = Authority::root("root");
    let specs: Vec<Spec> = (0_u16..1_000)
        .map(|number| match number % 2 {
            0 => plain(&[0x33; 16]),
            _ => plain(&[&number.to_be_bytes()[..], &[0x33; 14]].concat()),
        })
        .collect();
    let others: Vec<Vec<u8>> = (1_000_u16..2_000)
        .map(|number| [&number.to_be_bytes()[..], &[0x33; 14]].concat())
        .collect();
    check(&root, &specs, &others);
}

#[test]
fn more_forms_of_entries_than_any_list_has() {
    // Each entry has an extension of its own: nothing is shared, nothing is lost.
    let root = Authority::root("root");
    let specs: Vec<Spec> = (0_u16..6_000)
        .map(|number| Spec {
            invalid_since: Some(NOW - i64::from(number)),
            reason: Some(usize::from(number) % REASONS.len()),
            ..plain(&[&[0x22; 8][..], &number.to_be_bytes()].concat())
        })
        .collect();
    check(&root, &specs, &[]);
}

#[test]
fn numbers_that_are_not_der_keep_the_signature_whole() {
    let root = Authority::root("root");
    let specs: Vec<Spec> = [&[0, 1][..], &[0, 0, 0x80], &[0xff, 0xff, 0x80], &[7]]
        .into_iter()
        .map(plain)
        .collect();
    check(
        &root,
        &specs,
        &[vec![1], vec![0, 0x80], vec![0x80], vec![0, 7]],
    );
}
