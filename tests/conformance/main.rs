//! The chains of `client-chains.json` in the folder that `EDGE_MTLS_CONFORMANCE` names: 93 of
//! x509-limbo and 106 of NIST's PKITS, each with the verdict of the suite's authors.
//!
//! Here: those with CRLs. Each is judged as expected, or has a row that says why it is not.

mod case;
mod deviations;

use case::{Case, cases};
use deviations::{BEYOND_RUSTLS, DEVIATIONS, Row};
use edge_mtls::{ChainPolicy, Revocation, RevocationLists, TrustStore};

/// How many cases have CRLs.
const WITH_LISTS: usize = 110;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Accept,
    Reject,
}

#[test]
fn chains_with_lists_are_judged_as_expected() {
    let Some(mut cases) = cases() else { return };
    cases.retain(|case| !case.lists.is_empty());
    assert_eq!(cases.len(), WITH_LISTS);
    assert_verdicts(&cases);
}

/// Asserts that each case is judged as expected or by its row, and that every row is of use.
fn assert_verdicts(cases: &[Case]) {
    let mut faults = Vec::new();
    let mut deviating = Vec::new();
    let mut beyond_rustls = Vec::new();
    for case in cases {
        let (verdict, words) = match judge(case) {
            Ok(()) => (Verdict::Accept, String::new()),
            Err(words) => (Verdict::Reject, words),
        };
        let id = case.id.as_str();
        if verdict != case.expected {
            deviating.push(id);
            match row_of(DEVIATIONS, id) {
                None => faults.push(format!("{id} is not as expected: {verdict:?} {words}")),
                Some(row) if !words.contains(row.words) => {
                    faults.push(format!("{id}: not for the reason of its row: {words}"));
                }
                Some(_) => {}
            }
        }
        if verdict == Verdict::Accept && case.rustls == Verdict::Reject {
            beyond_rustls.push(id);
            if row_of(BEYOND_RUSTLS, id).is_none() {
                faults.push(format!("{id}: rustls rejects what is accepted"));
            }
        }
    }
    faults.extend(idle(DEVIATIONS, &deviating));
    faults.extend(idle(BEYOND_RUSTLS, &beyond_rustls));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn row_of(rows: &'static [Row], id: &str) -> Option<&'static Row> {
    rows.iter()
        .find(|row| row.ids.contains(&id))
}

/// The ids of rows that no case needs, or that stand there twice.
fn idle(rows: &[Row], needed: &[&str]) -> Vec<String> {
    let mut needed = needed.to_vec();
    let mut faults = Vec::new();
    for (row, id) in rows
        .iter()
        .flat_map(|row| row.ids.iter().map(move |id| (row, id)))
    {
        match needed
            .iter()
            .position(|needed| needed == id)
        {
            Some(position) => drop(needed.remove(position)),
            None => faults.push(format!("{id} needs no row any more: {}", row.reason)),
        }
    }
    faults
}

/// By the defaults for everything. What does not load is not there.
fn judge(case: &Case) -> Result<(), String> {
    let anchors = TrustStore::from_der(&case.anchors)
        .map_err(|error| format!("anchor refused at load: {error}"))?;
    let lists = case
        .lists
        .iter()
        .fold(RevocationLists::builder(), |lists, list| lists.der(list));
    let (lists, _) = lists
        .build_with_report()
        .map_err(|error| format!("lists refused at load: {error}"))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    ChainPolicy::builder(anchors)
        .revocation(Revocation::new(lists))
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .map_err(|error| error.to_string())?
        .evaluate(&case.chain, case.now)
        .map(drop)
        .map_err(|rejection| format!("{}: {rejection}", rejection.code()))
}
