//! `ignore_expiry`: the dates of certificates are of no effect, and all else is.

use edge_mtls::{ChainFault, ChainPolicy, ChainPolicyBuilder, Rejection, VerifiedChain};
use proptest::prelude::*;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};

use crate::support::crl::{Crl, DAY, NOW};
use crate::support::pki::{
    Authority, Leaf, at, ca_params, client_params, judge, policy, providers, refused, trust,
};
use crate::support::revocation::lists;

fn builder(anchors: &[&Authority]) -> ChainPolicyBuilder {
    crate::support::pki::builder(trust(anchors)).ignore_expiry()
}

fn build(builder: ChainPolicyBuilder) -> ChainPolicy {
    builder
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

fn dated(mut params: CertificateParams, from: i32, to: i32) -> CertificateParams {
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}

#[test]
fn whatever_the_dates_of_the_path() {
    let root = Authority::root("root");
    let ignoring = build(builder(&[&root]));
    let enforcing = policy(&[&root]);
    // The tests' time is 2030.
    for (ca, leaf) in [
        ((2020, 2040), (2020, 2025)),
        ((2020, 2040), (2035, 2040)),
        ((2020, 2025), (2020, 2040)),
        ((2035, 2040), (2020, 2040)),
        ((2020, 2025), (2021, 2024)),
        ((2032, 2035), (2034, 2039)),
        // In common they have one second.
        ((2020, 2022), (2022, 2025)),
        ((1999, 2001), (2000, 2002)),
    ] {
        let ca = root.sub_ca(dated(ca_params("ca"), ca.0, ca.1));
        let leaf = ca.leaf(dated(client_params("alice"), leaf.0, leaf.1));
        assert!(judge(&ignoring, &leaf, &[&ca]).is_ok());
        let code = refused(&enforcing, &leaf, &[&ca]).code();
        assert!(["expired", "not-yet-valid"].contains(&code), "{code}");
    }
}

#[test]
fn where_no_instant_lies_within_all_of_them_there_is_a_reason_for_it() {
    let root = Authority::root("root");
    let ignoring = build(builder(&[&root]));
    for (ca, leaf) in [
        ((2020, 2021), (2022, 2023)),
        ((2036, 2037), (2020, 2025)),
        ((2020, 2040), (2035, 2025)),
    ] {
        let ca = root.sub_ca(dated(ca_params("ca"), ca.0, ca.1));
        let leaf = ca.leaf(dated(client_params("alice"), leaf.0, leaf.1));
        let rejection = refused(&ignoring, &leaf, &[&ca]);
        assert!(matches!(
            rejection,
            Rejection::Invalid {
                fault: ChainFault::NoCommonInstant,
                ..
            }
        ));
        assert!(
            rejection
                .to_string()
                .contains("not all valid at any one time"),
            "{rejection}"
        );
    }
}

#[test]
fn all_else_is_checked() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let expired = |params| dated(params, 2020, 2025);
    let leaf = root.leaf(expired(client_params("alice")));
    let mut server = client_params("server");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let no_ca = Leaf::self_signed(expired(client_params("alone")));
    let ignoring = build(builder(&[&root]));
    for (leaf, code) in [
        (&other.leaf(expired(client_params("mallory"))), "untrusted"),
        (&root.leaf(expired(server)), "wrong-purpose"),
        (&root.leaf(expired(ca_params("ca"))), "invalid"),
        (&no_ca, "untrusted"),
    ] {
        assert_eq!(refused(&ignoring, leaf, &[]).code(), code);
    }
    // The dates of lists count, too.
    let list = |this, next| Crl::of(&root).days(this, next);
    for (list, code) in [
        (list(-1, 6).revokes(&leaf.der), Some("revoked")),
        (list(-9, -2), Some("revocation-unknown")),
        (list(-1, 6), None),
    ] {
        let checking = ignoring.with_revocation(lists(&[list]));
        let verdict = judge(&checking, &leaf, &[]);
        assert_eq!(
            verdict
                .err()
                .map(|rejection| rejection.code()),
            code
        );
    }
}

#[test]
fn anchors_have_a_rule_of_their_own() {
    let root = Authority::self_signed(dated(ca_params("root"), 2020, 2025));
    let leaf = root.leaf(dated(client_params("alice"), 2020, 2025));
    let rejection = refused(&build(builder(&[&root])), &leaf, &[]);
    assert_eq!(rejection.code(), "anchor-expired");
    let both = build(builder(&[&root]).allow_expired_anchors());
    assert!(judge(&both, &leaf, &[]).is_ok());
}

#[test]
fn a_verdict_holds_until_what_is_not_ignored() {
    let root = Authority::root("root");
    let leaf = root.leaf(dated(client_params("alice"), 2020, 2025));
    let until = |policy: &ChainPolicy| {
        let verified: VerifiedChain = judge(policy, &leaf, &[]).unwrap();
        verified.holds_until()
    };
    let ignoring = build(builder(&[&root]));
    assert_eq!(until(&ignoring).to_string(), "2040-01-01T00:00:00Z");
    let both = build(builder(&[&root]).allow_expired_anchors());
    assert_eq!(until(&both).to_string(), "9999-12-31T23:59:59Z");
    let checking = both.with_revocation(lists(&[Crl::of(&root).days(-1, 6)]));
    assert_eq!(until(&checking).unix_seconds(), NOW + 6 * DAY - 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// It accepts exactly what is accepted at some instant, whatever that is.
    #[test]
    fn as_at_some_instant(
        ca in (0..9_i32, 0..9_i32),
        leaf in (0..9_i32, 0..9_i32),
        is_right in any::<bool>(),
    ) {
        thread_local! {
            static ROOT: Authority = Authority::root("root");
        }
        ROOT.with(|root| {
            let years = |(a, b): (i32, i32)| (2021 + a.min(b), 2022 + a.max(b));
            let (ca_years, leaf_years) = (years(ca), years(leaf));
            let ca = root.sub_ca(dated(ca_params("ca"), ca_years.0, ca_years.1));
            let mut params = dated(client_params("alice"), leaf_years.0, leaf_years.1);
            if !is_right {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
            }
            let leaf = ca.leaf(params);
            let verdict = judge(&build(builder(&[root])), &leaf, &[&ca]);
            let has_instant = ca_years.0.max(leaf_years.0) <= ca_years.1.min(leaf_years.1);
            prop_assert_eq!(verdict.is_ok(), has_instant && is_right);
            // At that instant it is accepted by a policy that ignores nothing, too.
            let first = ca_years.0.max(leaf_years.0);
            let seconds = date_time_ymd(first, 1, 1).unix_timestamp().try_into().unwrap();
            let enforced = policy(&[root]).evaluate(&leaf.chain(&[&ca]), at(seconds));
            prop_assert_eq!(enforced.is_ok(), verdict.is_ok());
            Ok(())
        })?;
    }
}
