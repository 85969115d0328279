//! Dates, judged at the time that is given.

use edge_mtls::pki_types::UnixTime;
use edge_mtls::{ChainPolicy, Rejection};
use rcgen::date_time_ymd;

use crate::support::pki::{
    Authority, at, builder, ca_params, client_params, judge, policy, providers, refused, trust,
};

#[test]
fn a_verdict_holds_until_the_first_certificate_expires() {
    let root = Authority::root("root");
    let mut short = ca_params("short");
    short.not_after = date_time_ymd(2031, 1, 1);
    let short = root.sub_ca(short);
    let verified = judge(&policy(&[&root]), &short.client("alice"), &[&short]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2031-01-01T00:00:00Z");

    let mut root = ca_params("root");
    root.not_after = date_time_ymd(2032, 1, 1);
    let root = Authority::self_signed(root);
    let verified = judge(&policy(&[&root]), &root.client("alice"), &[]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2032-01-01T00:00:00Z");
    let lax = lax_about_anchors(&root);
    let verified = judge(&lax, &root.client("alice"), &[]).unwrap();
    assert_eq!(verified.holds_until().to_string(), "2040-01-01T00:00:00Z");
}

#[test]
fn dates_are_judged_at_the_time_given() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let mut dated = client_params("alice");
    dated.not_before = date_time_ymd(2029, 1, 1); // 1861920000
    dated.not_after = date_time_ymd(2031, 1, 1); // 1924992000
    let chain = root.leaf(dated).chain(&[]);
    let code = |seconds| match policy.evaluate(&chain, at(seconds)) {
        Ok(_) => "verified",
        Err(rejection) => rejection.code(),
    };
    assert_eq!(code(1_861_919_999), "not-yet-valid");
    assert_eq!(code(1_861_920_000), "verified");
    assert_eq!(code(1_924_992_000), "verified");
    assert_eq!(code(1_924_992_001), "expired");
    assert_eq!(
        policy
            .evaluate(&chain, at(1_924_992_001))
            .unwrap_err()
            .to_string(),
        "the leaf 'CN=alice' expired at 2031-01-01T00:00:00Z, and it is 2031-01-01T00:00:01Z; the \
         client needs a new certificate"
    );
}

#[test]
fn an_expired_intermediate_is_named() {
    let root = Authority::root("root");
    let mut old = ca_params("old");
    old.not_after = date_time_ymd(2025, 1, 1);
    let old = root.sub_ca(old);
    let rejection = refused(&policy(&[&root]), &old.client("alice"), &[&old]);
    let Rejection::Expired { certificate, .. } = rejection else {
        panic!("{rejection:?}");
    };
    assert_eq!((certificate.index, &*certificate.subject), (1, "CN=old"));
}

#[test]
fn an_expired_certificate_of_an_unknown_ca_is_untrusted() {
    // What a new date would not mend is not reported as a matter of dates.
    let mut old = client_params("alice");
    old.not_after = date_time_ymd(2025, 1, 1);
    let policy = policy(&[&Authority::root("root")]);
    for ca in ["other", "root"] {
        let leaf = Authority::root(ca).leaf(old.clone());
        assert_eq!(refused(&policy, &leaf, &[]).code(), "untrusted");
    }
}

fn lax_about_anchors(root: &Authority) -> ChainPolicy {
    builder(trust(&[root]))
        .allow_expired_anchors()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

#[test]
fn an_expired_anchor_accepts_nothing_by_default() {
    for (from, until) in [(2020, 2029), (2031, 2040)] {
        let mut params = ca_params("root");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let root = Authority::self_signed(params);
        let leaf = root.client("alice");
        assert_eq!(
            refused(&policy(&[&root]), &leaf, &[]).code(),
            "anchor-expired"
        );
        assert!(judge(&lax_about_anchors(&root), &leaf, &[]).is_ok());

        // The option concerns anchors alone.
        let mut old = client_params("alice");
        old.not_after = date_time_ymd(2025, 1, 1);
        assert_eq!(
            refused(&lax_about_anchors(&root), &root.leaf(old), &[]).code(),
            "expired"
        );
    }
}

#[test]
fn time_is_an_argument() {
    // Far future and distant past: no overflow, no panic, and no clock.
    let root = Authority::root("root");
    let chain = root.client("alice").chain(&[]);
    for (seconds, code) in [
        (0, "not-yet-valid"),
        (u64::MAX, "expired"),
        (i64::MAX as u64, "expired"),
    ] {
        let rejection = policy(&[&root])
            .evaluate(
                &chain,
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
            )
            .unwrap_err();
        assert_eq!(rejection.code(), code);
        assert!(!rejection.to_string().is_empty());
    }
}
