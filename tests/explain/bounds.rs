//! A report costs little more than a verdict, whatever is presented.

use edge_mtls::{CandidateFinding, CertChain, CertificateSource, ChainLimits, PathOutcome};
use rcgen::{DnType, KeyPair, date_time_ymd};

use crate::support::counting;
use crate::support::pki::{Authority, ca_params, client_params, now, policy};

#[test]
fn signatures_are_bounded() {
    // More CAs of one name than the budget has verifications, and a mesh of others presented.
    let roots: Vec<Authority> = (0..40)
        .map(|_| Authority::root("root"))
        .collect();
    let all: Vec<&Authority> = roots.iter().collect();
    let (counter, policy) = counting::policy(&all);
    let mesh: Vec<Authority> = (0..5)
        .map(|_| Authority::root("root"))
        .collect();
    let others: Vec<&Authority> = mesh.iter().collect();
    let leaf = Authority::root("root").odd_leaf(|mut odd| {
        odd.issuer = roots[0].name();
        odd
    });
    let chain = leaf.chain(&others);
    let verdict = policy.evaluate(&chain, now());
    let explanation = policy.explain(&chain, now());
    assert_eq!(explanation.verdict().err(), verdict.as_ref().err());
    let budget = 5 * policy.limits().max_certificates;
    assert!(counter.count() <= 3 * budget, "{}", counter.count());
    let leaf = &explanation.certificates()[0];
    assert_eq!(
        (leaf.candidates.len(), leaf.candidates_left_out),
        (8 + 5, 32)
    );
    let text = explanation.to_string();
    assert!(text.contains("and 32 more of its issuer's name"), "{text}");
    // One is told as the nearest, and eight of the others.
    assert_eq!(explanation.paths().len(), budget);
    assert!(text.contains("\n  and 21 more"), "{text}");
    let not_tried = explanation
        .certificates()
        .iter()
        .flat_map(|certificate| &certificate.candidates)
        .filter(|candidate| candidate.finding == CandidateFinding::NotTried);
    assert!(not_tried.count() > 0, "{text}");
    // Nothing is said about what it did not do for.
    let dead_ends = explanation
        .certificates()
        .iter()
        .flat_map(|certificate| &certificate.candidates)
        .filter(|candidate| candidate.finding == CandidateFinding::DeadEnd);
    assert_eq!(dead_ends.count(), 0, "{text}");
    assert!(
        explanation
            .paths()
            .iter()
            .all(|path| path.outcome != PathOutcome::Taken)
    );
}

#[test]
fn where_the_budget_ran_out_is_said() {
    // Under each of two CAs, neither of which signed the leaf, 15 certificates of one root: 32 verifications.
    let root = Authority::root("root");
    let roots: Vec<Authority> = (0..15)
        .map(|_| Authority::self_signed_with(ca_params("root"), root.same_key()))
        .collect();
    let anchors: Vec<&Authority> = roots.iter().collect();
    let cas = [(); 2].map(|()| root.intermediate("ca"));
    let chain = Authority::root("ca")
        .client("alice")
        .chain(&cas.each_ref());
    let explanation = policy(&anchors).explain(&chain, now());
    assert_eq!(
        explanation
            .verdict()
            .unwrap_err()
            .code(),
        "too-costly"
    );
    let (last, before) = explanation
        .paths()
        .split_last()
        .unwrap();
    assert_eq!(last.outcome, PathOutcome::OutOfBudget);
    assert!(
        before
            .iter()
            .all(|path| matches!(path.outcome, PathOutcome::WrongKey { .. }))
    );
    let path = explanation.path().unwrap();
    assert_eq!(path.outcome, PathOutcome::OutOfBudget);
}

#[test]
fn what_is_over_the_limits_is_not_read() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let (counter, policy) = counting::policy(&[&root]);
    let too_many = leaf.chain(&[&root; 6]);
    let mut large = root.der().to_vec();
    large.resize(ChainLimits::default().max_bytes, 0);
    let too_large = CertChain::from_der([leaf.der.as_ref(), &large]).unwrap();
    let empty = CertChain::from_der([leaf.der.as_ref(), b""]).unwrap();
    for (chain, code, words) in [
        (
            too_many,
            "too-many-certificates",
            "7 certificates, not read",
        ),
        (too_large, "too-large", "2 certificates, not read"),
        (empty, "empty-certificate", "2 certificates, not read"),
    ] {
        let explanation = policy.explain(&chain, now());
        assert_eq!(
            explanation
                .verdict()
                .unwrap_err()
                .code(),
            code
        );
        assert!(explanation.certificates().is_empty() && explanation.path().is_none());
        assert!(explanation.to_string().contains(words), "{explanation}");
    }
    assert_eq!(counter.count(), 0);
}

/// What others choose does not make the text long.
#[test]
fn the_text_is_bounded() {
    let root = Authority::root("root");
    let names: Vec<rcgen::SanType> = (0..500)
        .map(|index| {
            let name = format!("{}.example", "x".repeat(20) + &index.to_string());
            rcgen::SanType::DnsName(name.try_into().unwrap())
        })
        .collect();
    let mut params = ca_params(&"y".repeat(4_000));
    params.subject_alt_names = names;
    let others: Vec<Authority> = (0..5)
        .map(|_| {
            let key = KeyPair::generate().unwrap();
            root.sub_ca_with(ca_params(&"z".repeat(2_000)), key)
        })
        .collect();
    let others: Vec<&Authority> = others.iter().collect();
    let leaf = root.leaf(params);
    let text = policy(&[&root])
        .explain(&leaf.chain(&others), now())
        .to_string();
    assert!(text.len() < 20_000, "{}", text.len());
    assert!(
        text.lines()
            .all(|line| line.len() < 2_000)
    );
}

/// Names of others' making are read once, not once for each CA of the store.
#[test]
fn long_names_are_not_read_again_and_again() {
    let mut params = ca_params("ca");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "x".repeat(8_000).as_str());
    let unknown = Authority::self_signed(params);
    let chain = unknown.client("alice").chain(&[]);
    let spent = |anchors: usize| {
        let roots: Vec<Authority> = (0..anchors)
            .map(|index| {
                let mut params = ca_params(&format!("root {index}"));
                params
                    .distinguished_name
                    .push(DnType::OrganizationName, "Acme");
                Authority::self_signed(params)
            })
            .collect();
        let all: Vec<&Authority> = roots.iter().collect();
        let policy = policy(&all);
        let mut bytes = 0;
        let measured = allocation_counter::measure(|| {
            bytes = policy
                .explain(&chain, now())
                .to_string()
                .len();
        });
        assert!(bytes > 500);
        measured.bytes_total
    };
    let (few, many) = (spent(10), spent(310));
    assert!(many - few < 300 * 4_000, "{few} {many}");
}

/// A link that the budget did not do for is no dead end.
#[test]
fn what_was_not_tried_is_no_dead_end() {
    let without_identifier = |name: &str| {
        let mut params = ca_params(name);
        params.use_authority_key_identifier_extension = false;
        params
    };
    let roots = [(); 9].map(|()| Authority::root("root"));
    let ca = roots[8].sub_ca(without_identifier("ca"));
    let namesakes = [(); 4].map(|()| Authority::root("root").sub_ca(without_identifier("ca")));
    let mut others: Vec<&Authority> = namesakes.iter().collect();
    others.push(&ca);
    let mut expired = client_params("alice");
    expired.not_after = date_time_ymd(2029, 1, 1);
    let leaf = ca.leaf(expired);
    let explanation = policy(&roots.each_ref()).explain(&leaf.chain(&others), now());
    let signer = explanation.certificates()[0]
        .candidates
        .iter()
        .find(|candidate| {
            matches!(
                candidate.source,
                CertificateSource::Presented { index: 5, .. }
            )
        });
    assert_eq!(signer.unwrap().finding, CandidateFinding::Signer);
    let findings = explanation.certificates()[5]
        .candidates
        .iter()
        .map(|candidate| &candidate.finding);
    assert!(
        findings
            .clone()
            .any(|finding| *finding == CandidateFinding::NotTried)
    );
}
