//! Any bytes as PEM, as one DER certificate and as several: a store or an error, and no surprise
//! in either.

#![no_main]

use edge_mtls::{TrustStore, TrustStoreBuilder, TrustStoreError, TrustStoreLimits};
use edge_mtls_fuzz::{assert_visible, assert_visible_debug, split};
use libfuzzer_sys::fuzz_target;
use rustls::pki_types::UnixTime;

fuzz_target!(|data: &[u8]| {
    let blocks = split(data);
    check(TrustStore::from_pem(data), lenient().pem(data));
    check(TrustStore::from_der([data]), lenient().der(data));
    check(
        TrustStore::from_der(blocks.iter().copied()),
        blocks
            .iter()
            .fold(lenient(), |builder, block| builder.der(block)),
    );
    let mixed = TrustStore::builder().limits(TrustStoreLimits::cloudfront());
    let mixed = blocks
        .iter()
        .fold(mixed.pem(data), |builder, block| builder.pem(block));
    read(mixed.build());
});

fn lenient<'a>() -> TrustStoreBuilder<'a> {
    TrustStore::builder()
        .allow_anchors_for_other_purposes()
        .allow_non_ca_anchors()
        .allow_unhandled_critical_extensions()
}

fn check(strict: Result<TrustStore, TrustStoreError>, lenient: TrustStoreBuilder<'_>) {
    let strict = read(strict);
    let lenient = read(lenient.build());
    if let Some(strict) = strict {
        // An exception only ever lets more in.
        assert_eq!(
            lenient.map(|store| store.fingerprint()),
            Some(strict.fingerprint())
        );
    }
}

fn read(result: Result<TrustStore, TrustStoreError>) -> Option<TrustStore> {
    let store = match result {
        Ok(store) => store,
        Err(error) => {
            assert_visible(&error);
            assert_visible_debug(&error);
            return None;
        }
    };
    assert_visible_debug(&store);
    assert_ne!(store.len(), 0);
    assert_eq!(store.anchors().len(), store.len());
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_767_225_600));
    assert!(store.expired_at(now).count() <= store.len());
    for anchor in store.anchors() {
        assert_visible_debug(anchor);
        assert_visible(anchor.subject());
        assert_visible(anchor.serial());
        assert_eq!(anchor.certificate().sha256(), anchor.sha256());
        assert_eq!(anchor.certificate().validity(), Some(anchor.validity()));
    }

    // The same set in another order is the same store.
    let again = store
        .anchors()
        .map(|anchor| anchor.certificate().der());
    let again = again
        .collect::<Vec<_>>()
        .into_iter()
        .rev();
    let again = again
        .fold(lenient(), TrustStoreBuilder::der)
        .build();
    assert_eq!(
        again.map(|again| again.fingerprint()),
        Ok(store.fingerprint())
    );
    Some(store)
}
