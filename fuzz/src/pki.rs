//! The certificates of `pki/`, and policies about them.

use std::time::Duration;

use edge_mtls::{ChainPolicy, TrustStore};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::UnixTime;

/// The anchors. Two of them share a name, and one has expired.
pub const ANCHORS: [&[u8]; 3] = [
    include_bytes!("../pki/old_root.der"),
    include_bytes!("../pki/root.der"),
    include_bytes!("../pki/twin_root.der"),
];

/// The leaves, and all that may be on a path.
pub const GOOD_LEAVES: [&[u8]; 2] = [
    include_bytes!("../pki/good_long_path.der"),
    include_bytes!("../pki/good_no_usages.der"),
];

/// Good only where an anchor may have expired.
pub const OLD_ROOT_LEAF: &[u8] = include_bytes!("../pki/good_old_root.der");

pub const INTERMEDIATES: [&[u8]; 2] = [
    include_bytes!("../pki/inner_ca.der"),
    include_bytes!("../pki/outer_ca.der"),
];

/// 2026-01-01.
pub const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600));

/// The policy with these anchors and no options.
pub fn policy() -> ChainPolicy {
    ChainPolicy::builder(store())
        .build(
            default_provider()
                .signature_verification_algorithms
                .all,
        )
        .expect("policy")
}

pub fn store() -> TrustStore {
    TrustStore::from_der(ANCHORS).expect("anchors")
}

/// A chain whose CAs have revocation lists.
pub mod lists {
    pub const ROOT: &[u8] = include_bytes!("../pki/listed_root.der");
    pub const CA: &[u8] = include_bytes!("../pki/listed_ca.der");
    /// It names a distribution point, http://crl.test/a.
    pub const LEAF: &[u8] = include_bytes!("../pki/listed_leaf.der");
    pub const LEAF_SERIAL: &[u8] = &[0x12, 0x34];

    pub const OF_ROOT: &[u8] = include_bytes!("../pki/list_of_root.der");
    /// The CA's, in which the leaf is not.
    pub const OLDER: &[u8] = include_bytes!("../pki/list_older.der");
    /// The CA's, in which it is.
    pub const NEWER: &[u8] = include_bytes!("../pki/list_newer.der");
}
