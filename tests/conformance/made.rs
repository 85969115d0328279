//! Cases made by hand, for what no case of the standard folder shows.

use edge_mtls::CertChain;
use rcgen::{CustomExtension, DistinguishedName, DnType, GeneralSubtree, NameConstraints};

use crate::case::Case;
use crate::judge::{Judge, Profile};
use crate::rules::{Explained, elsewhere};
use crate::support::der::{integer, sequence};
use crate::support::pki::{Authority, Leaf, ca_params, client_params, now, providers};
use crate::{Verdict, explain};

/// A case that should have `expected` as its verdict, and that nobody else judged.
fn case(root: &Authority, ca: Option<&Authority>, leaf: &Leaf, expected: Verdict) -> Case {
    let presented = std::iter::once(leaf.der.clone()).chain(ca.map(|ca| ca.der().clone()));
    Case {
        id: "made::here::case".into(),
        group: "made::here".into(),
        anchors: vec![root.der().clone()],
        chain: CertChain::from_der(presented).unwrap(),
        key: None,
        lists: Vec::new(),
        now: now(),
        expected,
        rustls: Verdict::Accept,
        rustls_error: String::new(),
        others: Vec::new(),
    }
}

fn faults(case: &Case, explained: &mut Explained) -> Vec<String> {
    let [provider, _] = providers();
    let judge = Judge {
        profile: Profile::NotDemanded,
        provider: &provider,
    };
    explain(case, judge, &judge.verdict(case), explained)
}

#[test]
fn rules_for_other_folders_explain_what_they_are_for() {
    let mut explained = Explained::default();

    let mut params = ca_params("constrained");
    let mut subtree = DistinguishedName::new();
    subtree.push(DnType::OrganizationName, "Good");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DirectoryName(subtree)],
        excluded_subtrees: vec![],
    });
    let root = Authority::self_signed(params);
    let constrained = case(&root, None, &root.client("alice"), Verdict::Accept);
    assert_eq!(faults(&constrained, &mut explained), [""; 0]);

    let root = Authority::root("root");
    let mut params = ca_params("no policy is any");
    let mut inhibit = CustomExtension::from_oid_content(&[2, 5, 29, 54], integer(&[0]));
    inhibit.set_criticality(true);
    params.custom_extensions.push(inhibit);
    let ca = root.sub_ca(params);
    let policies = case(&root, Some(&ca), &ca.client("alice"), Verdict::Accept);
    assert_eq!(faults(&policies, &mut explained), [""; 0]);

    let mut known: Vec<&str> = elsewhere().collect();
    known.sort_unstable();
    assert_eq!(explained.used(), known);
}

/// Reasons that are true of a case explain no other fault of it.
#[test]
fn no_rule_explains_too_much() {
    let root = Authority::root("root");
    let mut explained = Explained::default();
    let mut unexplained = |case: &Case| assert_eq!(faults(case, &mut explained).len(), 1);

    // Refused as it should be accepted: an issuer that nobody has, a CA that may not issue.
    let stranger = Authority::root("stranger");
    let untrusted = stranger.client("alice");
    unexplained(&case(&root, None, &untrusted, Verdict::Accept));
    let mut params = ca_params("constrained");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("a.example".into())],
        excluded_subtrees: vec![],
    });
    let ca = root.sub_ca(params);
    let mut params = client_params("alice");
    params.subject_alt_names = vec![rcgen::SanType::DnsName("b.example".try_into().unwrap())];
    unexplained(&case(&root, Some(&ca), &ca.leaf(params), Verdict::Accept));
    let critical = root.odd_leaf(|odd| odd.extension("1.2.3", true, &sequence::<&[u8]>(&[])));
    unexplained(&case(&root, None, &critical, Verdict::Accept));

    // Accepted as it should be refused: a leaf of the profile, one that is out of it, one whose extended
    // key usage no server may have.
    unexplained(&case(&root, None, &root.client("alice"), Verdict::Reject));
    let mut params = client_params("alice");
    params.use_authority_key_identifier_extension = false;
    unexplained(&case(&root, None, &root.leaf(params), Verdict::Reject));
    let mut params = client_params("alice");
    params.extended_key_usages.clear();
    let mut refused_by_all = case(&root, None, &root.leaf(params), Verdict::Reject);
    unexplained(&refused_by_all);
    refused_by_all.others = vec![("other".into(), Verdict::Reject)];
    unexplained(&refused_by_all);

    // rustls refuses it, and not for a list.
    let mut beyond = case(&root, None, &root.client("alice"), Verdict::Accept);
    beyond.rustls = Verdict::Reject;
    unexplained(&beyond);
}
