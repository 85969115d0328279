//! The chains of `client-chains.json` in the folder that `EDGE_MTLS_CONFORMANCE` names: of x509-limbo and
//! of NIST's PKITS, each with the verdict of the suite's authors.
//!
//! Each is judged as expected, or there is a rule that says why it is not: rules look at the certificates
//! and at the words of the rejection, not at the names of cases, so that another set of chains is judged
//! by them as well. What rustls's own verifier refuses is refused, or there is a rule for that too.

mod agreement;
mod case;
mod handshake;
mod rules;
#[path = "../support/mod.rs"]
mod support;

use agreement::Agreement;
use case::{Case, cases};
use edge_mtls::{ChainPolicy, Revocation, RevocationLists, TrustStore};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Accept,
    Reject,
}

/// Whether the policy demands the profile of RFC 5280.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Profile {
    Demanded,
    NotDemanded,
}

#[test]
fn chains_are_judged_as_expected() {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    for profile in [Profile::NotDemanded, Profile::Demanded] {
        let mut agreement = Agreement::default();
        for case in &cases {
            let ours = judge(case, profile);
            agreement.add(case, &ours);
            faults.extend(explain(case, profile, &ours));
        }
        println!("Profile {profile:?}:\n{agreement}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn handshakes_end_as_the_chains_are_judged() {
    let Some(cases) = cases() else { return };
    let with_key = cases
        .iter()
        .filter(|case| case.key.is_some());
    let driven: usize = with_key
        .map(|case| usize::from(handshake::drive(case)))
        .sum();
    println!("{driven} cases driven through handshakes in three modes");
    assert!(driven > 0);
}

/// What is wrong with a verdict that no rule explains.
fn explain(case: &Case, profile: Profile, ours: &Result<(), String>) -> Vec<String> {
    let mut faults = Vec::new();
    let words = ours
        .as_ref()
        .err()
        .map_or("", String::as_str);
    let id = &case.id;
    let is_known = match (verdict(ours), case.expected) {
        (Verdict::Accept, Verdict::Reject) => rules::accepted(case, profile).is_some(),
        (Verdict::Reject, Verdict::Accept) => rules::refused(words).is_some(),
        _ => true,
    };
    if !is_known {
        faults.push(format!("{profile:?}: {id} is not as expected: {ours:?}"));
    }
    if ours.is_ok() && case.rustls == Verdict::Reject && !rules::may_go_beyond_rustls(case) {
        faults.push(format!(
            "{profile:?}: {id}: rustls refuses what is accepted"
        ));
    }
    faults
}

fn verdict<E>(ours: &Result<(), E>) -> Verdict {
    match ours {
        Ok(()) => Verdict::Accept,
        Err(_) => Verdict::Reject,
    }
}

fn judge(case: &Case, profile: Profile) -> Result<(), String> {
    policy(case, profile)?
        .evaluate(&case.chain, case.now)
        .map(drop)
        .map_err(|rejection| format!("{}: {rejection}", rejection.code()))
}

/// A policy with the defaults for all but the profile. What does not load is not there.
fn policy(case: &Case, profile: Profile) -> Result<ChainPolicy, String> {
    let anchors = case
        .anchors
        .iter()
        .fold(TrustStore::builder(), |anchors, anchor| anchors.der(anchor));
    let (anchors, _) = anchors
        .build_with_report()
        .map_err(|error| format!("no anchor: {error}"))?;
    let mut builder = ChainPolicy::builder(anchors);
    if profile == Profile::Demanded {
        builder = builder.require_rfc5280_profile();
    }
    if !case.lists.is_empty() {
        let lists = case
            .lists
            .iter()
            .fold(RevocationLists::builder(), |lists, list| lists.der(list));
        let (lists, _) = lists
            .build_with_report()
            .map_err(|error| format!("lists refused at load: {error}"))?;
        builder = builder.revocation(Revocation::new(lists));
    }
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let algorithms = provider
        .signature_verification_algorithms
        .all;
    builder
        .build(algorithms)
        .map_err(|error| error.to_string())
}
