//! Long revocation lists.

use crate::support::crl::Crl;
use crate::support::pki::Authority;

/// The DER of a list with so many entries.
pub fn list_of(authority: &Authority, count: usize) -> Vec<u8> {
    Crl::of(authority)
        .entry_der(entries(count))
        .der()
}

/// The DER of so many entries, one behind the other: random serial numbers of 16 octets, days of one
/// year, no extensions.
pub fn entries(count: usize) -> Vec<u8> {
    const OCTETS: usize = 35;
    let mut state = 0;
    let mut der = Vec::with_capacity(count * OCTETS);
    for _ in 0..count {
        let serial = u128::from(random(&mut state)) << 64 | u128::from(random(&mut state));
        // Neither negative nor with leading zeros.
        let serial = serial >> 2 | 1 << 126;
        let date = random(&mut state);
        let (month, day) = (1 + date % 12, 1 + (date >> 32) % 28);
        der.extend([0x30, 33, 0x02, 16]);
        der.extend(serial.to_be_bytes());
        der.extend([0x17, 13]);
        der.extend(format!("29{month:02}{day:02}120000Z").into_bytes());
    }
    der
}

/// SplitMix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
