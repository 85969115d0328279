//! What would mend it.

use edge_mtls::{ChainPolicy, DenyList, TrustStore};
use rcgen::{CidrSubnet, DnType, GeneralSubtree, NameConstraints, date_time_ymd};

use crate::support::pki::{Authority, Leaf, at, ca_params, client_params, now, policy, providers};

#[track_caller]
fn assert_hint(policy: &ChainPolicy, leaf: &Leaf, others: &[&Authority], wanted: &[&str]) {
    let explanation = policy.explain(&leaf.chain(others), now());
    assert!(explanation.verdict().is_err());
    let [hint] = explanation.hints() else {
        panic!("{:?}", explanation.hints());
    };
    for words in wanted {
        assert!(hint.contains(words), "{words}: {hint}");
    }
    assert!(
        explanation
            .to_string()
            .contains(&format!("\n  hint: {hint}\n"))
    );
}

fn of_organization(name: &str, organization: &str) -> rcgen::CertificateParams {
    let mut params = ca_params(name);
    params
        .distinguished_name
        .push(DnType::OrganizationName, organization);
    params
}

#[test]
fn an_intermediate_that_was_not_sent() {
    let root = Authority::self_signed(of_organization("root", "Acme"));
    let other = Authority::root("another root");
    let ca = root.sub_ca(of_organization("ca", "ACME"));
    let leaf = ca.client("alice");
    assert_hint(
        &policy(&[&other, &root]),
        &leaf,
        &[],
        &[
            "the intermediate 'O=ACME,CN=ca' that issued the leaf was not sent",
            "the trust store holds 'O=Acme,CN=root' of the same organization, perhaps its root",
            "have the client send the intermediate, too",
        ],
    );
    // Further up.
    let low = ca.intermediate("low");
    assert_hint(
        &policy(&[&root]),
        &low.client("alice"),
        &[&low],
        &["'O=ACME,CN=ca' that issued certificate 1 was not sent"],
    );
    // Nothing of it in the store: what there is.
    let cas: Vec<Authority> = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|name| Authority::root(name))
        .collect();
    let all: Vec<&Authority> = cas.iter().collect();
    assert_hint(
        &policy(&all),
        &leaf,
        &[],
        &[
            "if it is an intermediate below a CA of the trust store ('CN=a', 'CN=b', 'CN=c', 2 more)",
        ],
    );
}

#[test]
fn a_chain_the_wrong_way_round() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    for presented in [
        vec![root.der(), ca.der(), &leaf.der],
        vec![ca.der(), &leaf.der],
    ] {
        let chain = edge_mtls::CertChain::from_der(&presented).unwrap();
        let explanation = policy(&[&root]).explain(&chain, now());
        let last = presented.len() - 1;
        assert!(
            explanation.hints()[0].contains(&format!(
                "if the client's is certificate {last} 'CN=alice', send that first"
            )),
            "{explanation}"
        );
    }
    // A CA by itself is no such chain.
    let chain = edge_mtls::CertChain::from_der([ca.der(), root.der()]).unwrap();
    assert!(
        policy(&[&root])
            .explain(&chain, now())
            .hints()
            .is_empty()
    );
}

#[test]
fn a_ca_that_was_set_up_anew() {
    let (old, new) = (Authority::root("ca"), Authority::root("ca"));
    let identifier: String = old
        .key_identifier()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert_hint(
        &policy(&[&new]),
        &old.client("alice"),
        &[],
        &[
            &identifier,
            "which no CA of that name has here",
            "or somebody else uses its name; ask its owner",
        ],
    );
}

#[test]
fn a_name_in_other_letters() {
    let ca = Authority::root("The CA");
    let other = Authority::self_signed_with(ca_params("the ca"), ca.same_key());
    assert_hint(
        &policy(&[&other]),
        &ca.client("alice"),
        &[],
        &[
            "the key of 'CN=the ca' (the trust store) made the signature of the leaf 'CN=alice'",
            "its name has 'CN=the ca', not 'CN=The CA': letter case or spaces differ",
            "octet for octet",
        ],
    );
    // Another's key.
    let other = Authority::root("the ca");
    assert_hint(
        &policy(&[&other]),
        &ca.client("alice"),
        &[],
        &["'CN=the ca' (the trust store) looks like the issuer of the leaf 'CN=alice'"],
    );
}

#[test]
fn dates() {
    let root = Authority::root("root");
    let mut params = client_params("alice");
    params.not_before = date_time_ymd(2029, 12, 1);
    params.not_after = date_time_ymd(2030, 1, 11);
    let chain = root.leaf(params).chain(&[]);
    for (seconds, hint) in [
        (
            1_890_000_000,
            "it becomes valid 9 days after the time of the verdict",
        ),
        (
            1_900_000_000,
            "it expired 65 days before the time of the verdict",
        ),
    ] {
        let explanation = policy(&[&root]).explain(&chain, at(seconds));
        assert_eq!(explanation.hints(), [hint]);
    }
}

#[test]
fn names_that_a_ca_does_not_permit() {
    let mut params = ca_params("root");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example".into())],
        excluded_subtrees: vec![GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4]))],
    });
    let root = Authority::self_signed(params);
    let mut params = client_params("alice");
    params.subject_alt_names = vec![rcgen::SanType::DnsName("alice.test".try_into().unwrap())];
    assert_hint(
        &policy(&[&root]),
        &root.leaf(params),
        &[],
        &["names are constrained by the trust anchor 'CN=root'"],
    );
}

#[test]
fn a_renewal_of_a_pinned_certificate() {
    let unknown = Authority::root("unknown");
    let pinned = unknown.client("alice");
    let store = TrustStore::builder()
        .pin_der(&pinned.der)
        .build()
        .unwrap();
    let policy = ChainPolicy::builder(store)
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    let key = rcgen::KeyPair::try_from(pinned.key.clone()).unwrap();
    let renewed = Leaf {
        der: client_params("alice renewed")
            .self_signed(&key)
            .unwrap()
            .der()
            .clone(),
        key: pinned.key.clone(),
    };
    assert_hint(
        &policy,
        &renewed,
        &[],
        &[
            "the trust store pins another certificate that names this key, 'CN=alice' with serial number",
        ],
    );
    // What is pinned is no other certificate of its key, and what is revoked needs no pin.
    let denying = policy.with_deny_list(
        DenyList::new().certificate(&edge_mtls::Certificate::from_der(&pinned.der).unwrap()),
    );
    let explanation = denying.explain(&pinned.chain(&[]), now());
    assert_eq!(
        explanation
            .verdict()
            .unwrap_err()
            .code(),
        "revoked"
    );
    assert!(explanation.hints().is_empty());
    let stranger = unknown.client("mallory");
    let explanation = policy.explain(&stranger.chain(&[]), now());
    assert_eq!(explanation.hints().len(), 1);
    assert!(explanation.hints()[0].contains("holds no CA at all, only pinned leaves"));
}

/// One of several CAs of the name has the key that is looked for, and did not sign: that is no new key.
#[test]
fn a_key_that_is_there_is_not_said_to_be_new() {
    let (root, other) = (Authority::root("ca"), Authority::root("ca"));
    let mut leaf = root.client("alice");
    let mut changed = leaf.der.to_vec();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    leaf.der = changed.into();
    let explanation = policy(&[&root, &other]).explain(&leaf.chain(&[]), now());
    assert_eq!(
        explanation
            .verdict()
            .unwrap_err()
            .code(),
        "untrusted"
    );
    assert!(explanation.hints().is_empty(), "{explanation}");
}

/// Pins are for leaves.
#[test]
fn pins_are_offered_for_leaves_alone() {
    let (root, unknown) = (Authority::root("root"), Authority::root("unknown"));
    let told = |leaf: &Leaf, others: &[&Authority]| {
        let chain = leaf.chain(others);
        let verdict = policy(&[&root]).evaluate(&chain, now());
        verdict.unwrap_err().to_string()
    };
    let me = Leaf::self_signed(client_params("me"));
    assert!(told(&me, &[]).contains("pin this one (`TrustStoreBuilder::pin_der`)"));
    let below = told(&unknown.client("alice"), &[&unknown]);
    assert!(
        below.ends_with("; if that CA is to be trusted, add it there"),
        "{below}"
    );
}
