//! Certificates that were damaged: no panic, and no other reading than that of x509-cert.

use std::sync::LazyLock;

use edge_mtls::Certificate;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::agreement::{agrees_with_x509_cert, ordinary_certificate};
use crate::support::der::*;
use crate::{KEY, any_octets, exercise, without_regression_files};

/// Damage to one octet at a time: every bit of it, and all of them.
#[test]
fn a_damaged_octet_never_panics_and_never_disagrees_with_x509_cert() {
    let der = ordinary_certificate(&KEY);
    let mut both_read = 0;
    for index in 0..der.len() {
        for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut damaged = der.clone();
            damaged[index] ^= mask;
            exercise(&damaged);
            both_read += usize::from(agrees_with_x509_cert(&damaged));
        }
    }
    // Most octets are a key's, a signature's or a text's.
    assert!(both_read > der.len() * 9 / 2, "{both_read}");
}

#[test]
fn a_truncated_certificate_is_an_error() {
    let der = ordinary_certificate(&KEY);
    for end in 0..der.len() {
        exercise(&der[..end]);
        assert!(Certificate::from_der(&der[..end]).is_err());
    }
}

proptest! {
    #![proptest_config(without_regression_files(2_048))]

    #[test]
    fn damage_never_panics_and_never_disagrees_with_x509_cert(
        flips in prop::collection::vec((any::<Index>(), 1..=u8::MAX), 1..6),
        copied in prop::option::of((any::<Index>(), any::<Index>(), any::<Index>())),
        end in prop::option::weighted(0.1, any::<Index>()),
    ) {
        static DER: LazyLock<Vec<u8>> = LazyLock::new(|| ordinary_certificate(&KEY));

        let mut damaged = DER.clone();
        for (index, mask) in flips {
            *index.get_mut(&mut damaged) ^= mask;
        }
        if let Some((from, to, length)) = copied {
            let (from, to) = (from.index(damaged.len()), to.index(damaged.len()));
            let length = length.index(damaged.len() - from.max(to)) % 16;
            damaged.copy_within(from..from + length, to);
        }
        if let Some(end) = end {
            damaged.truncate(end.index(damaged.len()));
        }
        exercise(&damaged);
        agrees_with_x509_cert(&damaged);
    }
}

proptest! {
    #![proptest_config(without_regression_files(256))]

    #[test]
    fn any_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&octets);
        exercise(&sequence(&[tlv(0x30, &octets)]));
    }

    #[test]
    fn any_extension_never_panics(octets in any_octets(), kind in 0..3_usize) {
        let kind = [KEY_USAGE, SUBJECT_ALT_NAME, EXTENDED_KEY_USAGE][kind];
        for value in [octets.clone(), tlv(0x30, &octets), tlv(BIT_STRING, &octets)] {
            let certificate = OddCertificate::new(&KEY).extension(kind, false, &value);
            exercise(&certificate.signed_by(&KEY));
        }
    }
}
