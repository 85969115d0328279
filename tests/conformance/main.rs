//! The chains of `client-chains.json` in the folder that `EDGE_MTLS_CONFORMANCE` names: of x509-limbo and
//! of NIST's PKITS, each with the verdict of the suite's authors.
//!
//! Each is judged as expected, or there is a rule that says why it is not: rules look at the reason of the
//! refusal and at the certificates, not at the names of cases, so that another set of chains is judged by
//! them as well. What rustls's own verifier refuses is refused, or there is a rule for that too. No rule
//! stays in the tables that explains nothing.

mod agreement;
mod case;
mod facts;
mod handshake;
mod judge;
mod made;
mod rules;
#[path = "../support/mod.rs"]
mod support;

use agreement::Agreement;
use case::{Case, cases, is_standard};
use edge_mtls::VerifiedChain;
use judge::{Judge, Profile, Refusal};
use rules::Explained;
use support::pki::providers;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Accept,
    Reject,
}

#[test]
fn chains_are_judged_as_expected() {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    let mut explained = Explained::default();
    for profile in [Profile::NotDemanded, Profile::Demanded] {
        let mut agreement = Agreement::default();
        for case in &cases {
            let verdicts = providers().map(|provider| {
                let judge = Judge {
                    profile,
                    provider: &provider,
                };
                let ours = judge.verdict(case);
                faults.extend(explain(case, judge, &ours, &mut explained));
                verdict(&ours)
            });
            agreement.add(case, verdicts[0]);
        }
        println!("Profile {profile:?}:\n{agreement}");
    }
    println!("Cases that are not as expected, by rule:");
    explained.print();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    if is_standard(&cases) {
        let unused = explained.unused();
        assert!(unused.is_empty(), "rules that explain nothing: {unused:?}");
    }
}

#[test]
fn handshakes_end_as_the_chains_are_judged() {
    let Some(cases) = cases() else { return };
    for provider in providers() {
        let driven: usize = cases
            .iter()
            .map(|case| usize::from(handshake::drive(case, &provider)))
            .sum();
        println!("{driven} cases driven through handshakes in three modes and two versions");
        assert!(driven > 0);
    }
}

/// What is wrong with a verdict that no rule explains.
fn explain(
    case: &Case,
    judge: Judge<'_>,
    ours: &Result<VerifiedChain, Refusal>,
    explained: &mut Explained,
) -> Vec<String> {
    let mut faults = Vec::new();
    let (id, profile) = (&case.id, judge.profile);
    let is_known = match (ours, case.expected) {
        (Ok(verified), Verdict::Reject) => explained.accepted(case, judge, verified),
        (Err(refusal), Verdict::Accept) => explained.refused(case, refusal),
        _ => true,
    };
    if !is_known {
        let ours = match ours {
            Ok(_) => "accepted".into(),
            Err(refusal) => refusal.to_string(),
        };
        faults.push(format!("{profile:?}: {id} is not as expected: {ours}"));
    }
    let is_beyond_rustls = ours.is_ok() && case.rustls == Verdict::Reject;
    if is_beyond_rustls && !explained.refused_by_rustls(case) {
        faults.push(format!(
            "{profile:?}: {id}: rustls refuses what is accepted"
        ));
    }
    faults
}

fn verdict<T, E>(ours: &Result<T, E>) -> Verdict {
    match ours {
        Ok(_) => Verdict::Accept,
        Err(_) => Verdict::Reject,
    }
}
