//! Limits on what a certificate holds and on the paths of a chain, which honest chains are far from.

use edge_mtls::{ChainFault, Rejection, Revocation, RevocationDepth, Settlement, UnknownStatus};
use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, KeyPair,
    NameConstraints, SanType,
};

use crate::support::crl::Crl;
use crate::support::der::{attribute, implicit, oid, sequence, set, tlv};
use crate::support::pki::{Authority, ca_params, client_params, judge, now, policy, refused};
use crate::support::revocation::{checking_lists, lists, reason};

fn part(rejection: &Rejection) -> &str {
    match rejection {
        Rejection::Malformed { part, .. } => part,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_has_no_more_purposes_than_it_needs() {
    let root = Authority::root("root");
    let with = |count: usize| {
        let mut purposes: Vec<Vec<u8>> = (1..count)
            .map(|arc| oid(&format!("1.2.3.{arc}")))
            .collect();
        purposes.push(oid("1.3.6.1.5.5.7.3.2"));
        root.odd_leaf(|odd| odd.extension("2.5.29.37", false, &sequence(&purposes)))
    };
    assert!(judge(&policy(&[&root]), &with(64), &[]).is_ok());
    let rejection = refused(&policy(&[&root]), &with(65), &[]);
    assert_eq!(part(&rejection), "it has more than 64 extended key usages");
}

/// A CA that is bound to so many domains.
fn bound_to(root: &Authority, domains: usize) -> Authority {
    root.sub_ca(bound_params(domains))
}

fn bound_params(domains: usize) -> CertificateParams {
    let mut params = ca_params("bound");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: (0..domains)
            .map(|number| GeneralSubtree::DnsName(format!("{number}.example")))
            .collect(),
        excluded_subtrees: Vec::new(),
    });
    params
}

/// So many roots of one name and key, each with another certificate.
fn certified_anew(count: u64, params: impl Fn() -> CertificateParams) -> Vec<Authority> {
    let key = KeyPair::generate().unwrap();
    (0..count)
        .map(|number| {
            let mut params = params();
            params.custom_extensions = vec![CustomExtension::from_oid_content(
                &[1, 2, 3, number],
                vec![0x05, 0x00],
            )];
            let key = KeyPair::try_from(key.serialize_der()).unwrap();
            Authority::self_signed_with(params, key)
        })
        .collect()
}

/// Certificates are tried in the order of their length.
fn long(mut params: CertificateParams) -> CertificateParams {
    params.custom_extensions = vec![CustomExtension::from_oid_content(
        &[1, 2, 3],
        tlv(0x04, &[0; 5_000]),
    )];
    params
}

fn named(names: usize) -> CertificateParams {
    let mut params = client_params("alice");
    params.subject_alt_names = (0..names)
        .map(|number| {
            SanType::DnsName(
                format!("{number}.0.example")
                    .try_into()
                    .unwrap(),
            )
        })
        .collect();
    params
}

#[test]
fn names_are_held_against_so_many_constraints() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    // Fifty domains and twenty names, of which the subject is one.
    let ca = bound_to(&root, 50);
    assert!(judge(&policy, &ca.leaf(named(19)), &[&ca]).is_ok());
    // 32 times 32 is the limit; one more is refused, on each side.
    let ca = bound_to(&root, 32);
    assert!(judge(&policy, &ca.leaf(named(31)), &[&ca]).is_ok());
    let rejection = refused(&policy, &ca.leaf(named(32)), &[&ca]);
    assert!(
        part(&rejection).contains("more than 1024 comparisons"),
        "{rejection}"
    );
    let ca = bound_to(&root, 33);
    let rejection = refused(&policy, &ca.leaf(named(31)), &[&ca]);
    assert!(
        part(&rejection).contains("more than 1024 comparisons"),
        "{rejection}"
    );
    // Those of an anchor count as well, and without constraints there may be any number.
    let mut params = ca_params("bound root");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("0.example".into())],
        excluded_subtrees: Vec::new(),
    });
    let bound = Authority::self_signed(params);
    let policy = crate::support::pki::policy(&[&root, &bound]);
    assert!(judge(&policy, &bound.leaf(named(900)), &[]).is_ok());
    let rejection = refused(&policy, &bound.leaf(named(1_100)), &[]);
    assert!(
        part(&rejection).contains("more than 1024 comparisons"),
        "{rejection}"
    );
    assert!(judge(&policy, &root.leaf(named(1_100)), &[]).is_ok());
}

#[test]
fn long_names_are_held_against_fewer_constraints() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let name = |number: usize, end: &str| {
        let label = "a".repeat(60);
        format!("{number:02}.{label}.{label}.{label}.{label}.{end}")
    };
    let judged = |count: usize| {
        let mut params = ca_params("bound");
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: Vec::new(),
            excluded_subtrees: (0..count)
                .map(|number| GeneralSubtree::DnsName(name(number, "b")))
                .collect(),
        });
        let ca = root.sub_ca(params);
        let mut params = client_params("alice");
        params.subject_alt_names = (0..count)
            .map(|number| SanType::DnsName(name(number, "c").try_into().unwrap()))
            .collect();
        judge(&policy, &ca.leaf(params), &[&ca])
    };
    // Some 500 octets each time, of which 64 count as one comparison.
    assert!(judged(11).is_ok());
    let rejection = judged(12).unwrap_err();
    assert!(
        part(&rejection).contains("more than 1024 comparisons"),
        "{rejection}"
    );
}

#[test]
fn a_fault_that_is_known_is_told_where_signatures_run_out_among_paths_that_cost_too_much() {
    // Twelve roots of one name, one of which has certified a CA three times for one key.
    let roots = [(); 12].map(|()| Authority::root("root"));
    let first = bound_to(&roots[0], 50);
    let again = [1_u64, 2].map(|serial| {
        let mut params = bound_params(50);
        params.serial_number = Some(serial.into());
        roots[0].sub_ca_with(params, first.same_key())
    });
    let mut params = named(18);
    params
        .subject_alt_names
        .push(SanType::DnsName("another.test".try_into().unwrap()));
    let anchors: Vec<&Authority> = roots.iter().collect();
    let rejection = refused(
        &policy(&anchors),
        &first.leaf(params),
        &[&first, &again[0], &again[1]],
    );
    assert!(
        matches!(
            rejection,
            Rejection::Invalid {
                fault: ChainFault::NameConstraint,
                ..
            }
        ),
        "{rejection:?}"
    );
}

#[test]
fn a_certificate_names_so_many_places_of_its_lists() {
    let root = Authority::root("root");
    let point = |name: &str| sequence(&[tlv(0xa0, &tlv(0xa0, &implicit(6, name.as_bytes())))]);
    let with = |points: usize| {
        let all: Vec<Vec<u8>> = (0..points)
            .map(|number| point(&format!("http://{number}.example")))
            .collect();
        root.odd_leaf(|odd| odd.extension("2.5.29.31", false, &sequence(&all)))
    };
    let bound = Crl::of(&root).extension(
        "2.5.29.28",
        true,
        &sequence(&[tlv(0xa0, &tlv(0xa0, &implicit(6, b"http://0.example")))]),
    );
    let policy = checking_lists(&[&root], &[bound]);
    assert!(judge(&policy, &with(16), &[]).is_ok());
    // What has more cannot be read, so that no list that is bound to a place is about it.
    assert_eq!(reason(&refused(&policy, &with(40), &[])), "out of scope");
}

#[test]
fn a_path_has_no_more_than_three_certificates_of_one_name() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let mut rolled = vec![root.intermediate("ca")];
    for _ in 0..3 {
        let next = rolled[rolled.len() - 1].intermediate("ca");
        rolled.push(next);
    }
    let three: Vec<&Authority> = rolled[..3].iter().collect();
    assert!(judge(&policy, &rolled[2].client("alice"), &three).is_ok());
    let four: Vec<&Authority> = rolled.iter().collect();
    let rejection = refused(&policy, &rolled[3].client("alice"), &four);
    assert!(
        matches!(
            rejection,
            Rejection::Invalid {
                fault: ChainFault::NotFollowed,
                ..
            }
        ),
        "{rejection:?}"
    );
}

#[test]
fn a_client_that_is_revoked_on_eight_paths_is_not_looked_at_on_a_ninth() {
    // One root, certified anew again and again; the client is revoked by a list of its CA.
    let copies = certified_anew(12, || ca_params("root"));
    let anchors: Vec<&Authority> = copies.iter().collect();
    let alice = copies[0].client("alice");
    let revoking = lists(&[Crl::of(&copies[0]).revokes(&alice.der)]);
    let policy = policy(&anchors).with_revocation(revoking);
    assert_eq!(reason(&refused(&policy, &alice, &[])), "revoked");
    // A host that is asked about its status on each path is asked eight times, and told why.
    let nothing = lists(&[Crl::of(&Authority::root("another"))]);
    let asking =
        policy.with_revocation(Revocation::from(nothing).on_unknown(UnknownStatus::LeaveToHost));
    let mut asked = 0;
    let verdict = asking.evaluate_settling(&alice.chain(&[]), now(), |_| {
        asked += 1;
        Settlement::Unknown
    });
    assert_eq!(asked, 8);
    assert_eq!(verdict.unwrap_err().code(), "revocation-unknown");
    // What is wrong with it by our own rules is found on as many as there are.
    let mut server = client_params("server");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let rejection = refused(&policy, &copies[0].leaf(server), &[]);
    assert_eq!(rejection.code(), "wrong-purpose");
}

#[test]
fn all_paths_together_are_held_against_so_many_constraints() {
    // One root, certified anew again and again, bound to five hundred domains each time.
    let copies = certified_anew(4, || bound_params(500));
    let anchors: Vec<&Authority> = copies.iter().collect();
    let nothing = lists(&[Crl::of(&Authority::root("another"))]);
    let policy = policy(&anchors)
        .with_revocation(Revocation::from(nothing).on_unknown(UnknownStatus::LeaveToHost));
    let mut asked = 0;
    let leaf = copies[0].leaf(named(1));
    let verdict = policy.evaluate_settling(&leaf.chain(&[]), now(), |_| {
        asked += 1;
        Settlement::Unknown
    });
    assert_eq!(verdict.unwrap_err().code(), "revocation-unknown");
    assert_eq!(asked, 2);
}

#[test]
fn all_paths_together_have_so_many_extensions() {
    let with_more = |mut params: CertificateParams, count: u64| {
        params.custom_extensions = (0..count)
            .map(|arc| CustomExtension::from_oid_content(&[1, 2, 4, arc], vec![0x05, 0x00]))
            .collect();
        params
    };
    // One root, certified anew again and again.
    let copies = certified_anew(8, || ca_params("root"));
    let anchors: Vec<&Authority> = copies.iter().collect();
    let nothing = lists(&[Crl::of(&Authority::root("another"))]);
    let policy = policy(&anchors).with_revocation(
        Revocation::from(nothing)
            .depth(RevocationDepth::Leaf)
            .on_unknown(UnknownStatus::LeaveToHost),
    );
    let asked_of = |names: &[&str], more: u64| {
        let mut issuers: Vec<Authority> = Vec::new();
        for name in names {
            let above = issuers.first().unwrap_or(&copies[0]);
            let issuer = above.sub_ca(with_more(ca_params(name), more));
            issuers.insert(0, issuer);
        }
        let alice = issuers[0].leaf(with_more(client_params("alice"), more));
        let mut asked = 0;
        let chain = alice.chain(&issuers.iter().collect::<Vec<_>>());
        let verdict = policy.evaluate_settling(&chain, now(), |_| {
            asked += 1;
            Settlement::Unknown
        });
        assert_eq!(verdict.unwrap_err().code(), "revocation-unknown");
        asked
    };
    let asked = |intermediates: usize, more: u64| {
        asked_of(&["a", "b", "c", "d", "e"][..intermediates], more)
    };
    assert_eq!(asked(3, 0), 8);
    // Twelve each, and twelve: of the leaf once, of an intermediate once for each certificate.
    assert_eq!(asked(5, 8), 5);
    assert_eq!(asked(3, 56), 4);
    assert_eq!(asked(5, 56), 1);
    // More where names repeat; the first may cost more than all together.
    assert_eq!(asked_of(&["a", "b", "c", "d", "d"], 8), 2);
    assert_eq!(asked_of(&["a", "b", "c", "c", "c"], 8), 1);
}

#[test]
fn a_path_that_costs_too_much_is_passed_over_for_one_that_does_not() {
    // A CA that the root has certified again and again for one key; what is bound to fifty domains is revoked.
    let root = Authority::root("root");
    let first = bound_to(&root, 50);
    let certified = |serial: u64, mut params: CertificateParams| {
        params.serial_number = Some(serial.into());
        root.sub_ca_with(params, first.same_key())
    };
    let second = certified(2, bound_params(50));
    let third = certified(3, bound_params(50));
    let revoked = [&first, &second, &third];
    let list = revoked
        .iter()
        .fold(Crl::of(&root), |list, ca| list.revokes(ca.der()));
    let policy = policy(&[&root]).with_revocation(
        Revocation::from(lists(&[list, Crl::of(&first)])).depth(RevocationDepth::Path),
    );
    // Twenty names with fifty domains each: two such paths are looked at.
    let alice = first.leaf(named(19));
    assert_eq!(reason(&refused(&policy, &alice, &revoked)), "revoked");
    let free = certified(4, long(ca_params("bound")));
    let verified = judge(&policy, &alice, &[&first, &second, &third, &free]).unwrap();
    assert_eq!(verified.path().nth(1), Some(free.der().as_ref()));
    // An honest CA can have two.
    let renewed = certified(5, long(bound_params(50)));
    assert!(judge(&policy, &alice, &[&first, &renewed]).is_ok());
    assert!(judge(&policy, &alice, &[&first, &second, &renewed]).is_err());
}

#[test]
fn a_long_name_is_not_read_for_a_reason() {
    let root = Authority::root("root");
    let named = |octets: usize| {
        root.odd_leaf(|mut odd| {
            odd.not_after = crate::support::der::utc_time("250101000000Z");
            odd.subject = sequence(&[set(&[attribute("2.5.4.3", 0x0c, &vec![b'a'; octets])])]);
            odd
        })
    };
    let subject = |octets| {
        refused(&policy(&[&root]), &named(octets), &[])
            .certificate()
            .unwrap()
            .subject
            .clone()
    };
    assert!(subject(200).starts_with("CN=aaa"));
    assert_eq!(subject(1_000), "a name of 1021 octets");
}

#[test]
fn what_webpki_cannot_read_comes_before_what_is_wrong_above_it() {
    let root = Authority::root("root");
    let mut expired = ca_params("ca");
    expired.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let ca = root.sub_ca(expired);
    let leaf = ca.odd_leaf(|mut odd| {
        odd.issuer_unique_id = Some(vec![1]);
        odd
    });
    let rejection = refused(&policy(&[&root]), &leaf, &[&ca]);
    assert!(
        matches!(&rejection, Rejection::Invalid { certificate, fault: ChainFault::Other(_) }
            if certificate.index == 0),
        "{rejection:?}"
    );
}
