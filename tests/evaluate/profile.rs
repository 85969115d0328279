//! What RFC 5280 asks of CAs, judged where the policy demands it.

use edge_mtls::{ChainFault, ChainPolicy, ProfileFault, Rejection};
use rcgen::{IsCa, SanType};

use crate::support::pki::{
    Authority, Leaf, ca_params, client_params, judge, policy, providers, refused, trust,
};

fn strict(anchor: &Authority) -> ChainPolicy {
    ChainPolicy::builder(trust(&[anchor]))
        .require_rfc5280_profile()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

#[track_caller]
fn assert_fault(root: &Authority, leaf: &Leaf, wanted: ProfileFault) {
    assert!(judge(&policy(&[root]), leaf, &[]).is_ok());
    let rejection = refused(&strict(root), leaf, &[]);
    let fault = match &rejection {
        Rejection::Invalid { fault, .. } => fault,
        other => panic!("{other}"),
    };
    let found = match fault {
        ChainFault::Profile(found) => found,
        ChainFault::ProfileOfAnchor { fault, .. } => fault,
        other => panic!("{other}"),
    };
    assert_eq!(*found, wanted);
    assert!(
        rejection
            .to_string()
            .contains("require_rfc5280_profile")
    );
}

#[test]
fn what_keeps_to_it_is_accepted() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let mut params = client_params("alice");
    params.subject_alt_names = vec![SanType::DnsName("alice.example".try_into().unwrap())];
    assert!(judge(&strict(&root), &ca.leaf(params), &[&ca]).is_ok());
}

#[test]
fn what_does_not_is_accepted_where_it_is_not_demanded() {
    let root = Authority::root("root");
    let mut params = client_params("alice");
    params.use_authority_key_identifier_extension = false;
    let fault = ProfileFault::NoAuthorityKeyIdentifier;
    assert_fault(&root, &root.leaf(params), fault);

    let mut params = client_params("alice");
    params.subject_alt_names = vec![SanType::DnsName("al_ice.example".try_into().unwrap())];
    assert_fault(&root, &root.leaf(params), ProfileFault::AlternativeName);

    for serial in [&[0_u8][..], &[1; 21]] {
        let mut params = client_params("alice");
        params.serial_number = Some(serial.to_vec().into());
        assert_fault(&root, &root.leaf(params), ProfileFault::SerialNumber);
    }
    // The anchor is held to it, too.
    let mut params = ca_params("odd root");
    params.serial_number = Some(vec![0].into());
    assert!(matches!(params.is_ca, IsCa::Ca(_)));
    let odd = Authority::self_signed(params);
    assert_fault(&odd, &odd.client("alice"), ProfileFault::SerialNumber);
}
