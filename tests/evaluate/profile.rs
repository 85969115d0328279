//! What RFC 5280 asks of those who issue certificates, judged where the policy demands it.

use edge_mtls::{ChainFault, ChainPolicy, ProfileFault, Rejection};
use rcgen::{CustomExtension, SanType};

use crate::support::der::{
    KEY_USAGE, OddCertificate, SUBJECT_ALT_NAME, extension, implicit, integer, octet_string, oid,
    sequence, tlv,
};
use crate::support::pki::{
    Authority, Leaf, builder, ca_params, client_params, judge, policy, providers, refused, trust,
};

const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const POLICY_CONSTRAINTS: &str = "2.5.29.36";
const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";

fn strict(anchor: &Authority) -> ChainPolicy {
    builder(trust(&[anchor]))
        .require_rfc5280_profile()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

/// Which certificate does not keep to it: a presented one by its place, or the anchor.
#[derive(Debug, Eq, PartialEq)]
enum Of {
    Presented(usize),
    Anchor(String),
}

/// What is wrong with a chain that is good where the profile is not demanded.
#[track_caller]
fn fault(root: &Authority, leaf: &Leaf, others: &[&Authority]) -> (Of, ProfileFault) {
    if let Err(rejection) = judge(&policy(&[root]), leaf, others) {
        panic!("refused without the profile: {rejection}");
    }
    let rejection = refused(&strict(root), leaf, others);
    assert!(
        rejection
            .to_string()
            .contains("require_rfc5280_profile")
    );
    match rejection {
        Rejection::Invalid {
            certificate,
            fault: ChainFault::Profile(fault),
        } => (Of::Presented(certificate.index), fault),
        Rejection::Invalid {
            fault: ChainFault::ProfileOfAnchor { anchor, fault },
            ..
        } => (Of::Anchor(anchor), fault),
        other => panic!("{other}"),
    }
}

#[track_caller]
fn assert_leaf_fault(leaf: impl FnOnce(&Authority) -> Leaf, wanted: ProfileFault) {
    let root = Authority::root("root");
    assert_eq!(fault(&root, &leaf(&root), &[]), (Of::Presented(0), wanted));
}

/// The leaf of `alice` with one more extension.
fn leaf_with(root: &Authority, kind: &[u64], value: Vec<u8>, critical: bool) -> Leaf {
    let mut params = client_params("alice");
    let mut more = CustomExtension::from_oid_content(kind, value);
    more.set_criticality(critical);
    params.custom_extensions.push(more);
    root.leaf(params)
}

/// Extensions of a CA's certificate: which, whether critical, and the DER inside.
type Extensions = Vec<(&'static str, bool, Vec<u8>)>;

/// A CA made by hand, its own issuer if there is no other. Its certificate keeps to the profile but for what
/// `change` does to the extensions.
fn odd_ca(issuer: Option<&Authority>, change: impl FnOnce(&mut Extensions)) -> Authority {
    let ca = Authority::root("odd");
    let issuer = issuer.unwrap_or(&ca);
    let mut extensions = vec![
        (BASIC_CONSTRAINTS, true, sequence(&[tlv(0x01, &[0xff])])),
        (KEY_USAGE, true, tlv(0x03, &[1, 0x06])),
        (
            SUBJECT_KEY_IDENTIFIER,
            false,
            octet_string(ca.key_identifier()),
        ),
        (
            AUTHORITY_KEY_IDENTIFIER,
            false,
            sequence(&[implicit(0, issuer.key_identifier())]),
        ),
    ];
    change(&mut extensions);
    let mut odd = OddCertificate::new(ca.key());
    odd.issuer = issuer.name();
    odd.subject = ca.name();
    odd.extensions = extensions
        .iter()
        .map(|(kind, critical, value)| extension(kind, *critical, value))
        .collect();
    let der = odd.signed_by(issuer.key());
    ca.with_der(der)
}

/// As an intermediate and as an anchor, a CA is held to the same.
#[track_caller]
fn assert_ca_fault(change: impl Fn(&mut Extensions), wanted: ProfileFault) {
    let root = Authority::root("root");
    let ca = odd_ca(Some(&root), &change);
    assert_eq!(
        fault(&root, &ca.client("alice"), &[&ca]),
        (Of::Presented(1), wanted)
    );
    let anchor = odd_ca(None, &change);
    assert_eq!(
        fault(&anchor, &anchor.client("alice"), &[]),
        (Of::Anchor("CN=odd".into()), wanted)
    );
}

fn not_critical(extensions: &mut Extensions, wanted: &str) {
    for (kind, critical, _) in extensions {
        *critical &= *kind != wanted;
    }
}

#[test]
fn what_keeps_to_it_is_accepted() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let mut params = client_params("alice");
    params.subject_alt_names = ["alice.example", "*.alice.example", "4.xn--alice"]
        .map(|name| SanType::DnsName(name.try_into().unwrap()))
        .into();
    params.serial_number = Some(vec![0x7f; 20].into());
    assert!(judge(&strict(&root), &ca.leaf(params), &[&ca]).is_ok());

    let named = |extensions: &mut Extensions| {
        extensions.push((NAME_CONSTRAINTS, true, constraints()));
        extensions.push((AUTHORITY_INFO_ACCESS, false, access()));
    };
    let anchor = odd_ca(None, named);
    let ca = odd_ca(Some(&anchor), |_| {});
    assert!(judge(&strict(&anchor), &ca.client("alice"), &[&ca]).is_ok());
    // What is its own issuer need not name its issuer's key.
    let anchor = odd_ca(None, |extensions| {
        extensions.retain(|(kind, ..)| *kind != AUTHORITY_KEY_IDENTIFIER);
    });
    assert!(judge(&strict(&anchor), &anchor.client("alice"), &[]).is_ok());
    // A client's basicConstraints may be critical or not, and its own key need not be named.
    let authority = sequence(&[implicit(0, root.key_identifier())]);
    let plain = root.odd_leaf(|odd| {
        odd.extension(AUTHORITY_KEY_IDENTIFIER, false, &authority)
            .extension(BASIC_CONSTRAINTS, false, &sequence::<&[u8]>(&[]))
    });
    assert!(judge(&strict(&root), &plain, &[]).is_ok());
}

/// Permitted is a.example.
fn constraints() -> Vec<u8> {
    let subtree = sequence(&[implicit(2, b"a.example")]);
    sequence(&[tlv(0xa0, &subtree)])
}

/// One AccessDescription, of OCSP.
fn access() -> Vec<u8> {
    let location = implicit(6, b"http://ocsp.example");
    sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.1"), location])])
}

#[test]
fn certificates_name_the_key_that_signed_them() {
    let wanted = ProfileFault::NoAuthorityKeyIdentifier;
    let mut params = client_params("alice");
    params.use_authority_key_identifier_extension = false;
    assert_leaf_fault(|root| root.leaf(params), wanted);
    // There, but without the key's identifier.
    let empty = sequence::<&[u8]>(&[]);
    assert_leaf_fault(
        |root| root.odd_leaf(|odd| odd.extension(AUTHORITY_KEY_IDENTIFIER, false, &empty)),
        wanted,
    );

    let unnamed = |extensions: &mut Extensions| {
        extensions.retain(|(kind, ..)| *kind != AUTHORITY_KEY_IDENTIFIER);
    };
    let root = Authority::root("root");
    let ca = odd_ca(Some(&root), unnamed);
    let leaf = ca.client("alice");
    assert_eq!(fault(&root, &leaf, &[&ca]), (Of::Presented(1), wanted));
    // The same certificate as an anchor.
    assert_eq!(
        fault(&ca, &leaf, &[]),
        (Of::Anchor("CN=odd".into()), wanted)
    );
}

#[test]
fn cas_name_their_own_key() {
    assert_ca_fault(
        |extensions| extensions.retain(|(kind, ..)| *kind != SUBJECT_KEY_IDENTIFIER),
        ProfileFault::NoSubjectKeyIdentifier,
    );
}

#[test]
fn what_has_to_be_critical_is() {
    assert_ca_fault(
        |extensions| not_critical(extensions, BASIC_CONSTRAINTS),
        ProfileFault::NotCritical("basicConstraints"),
    );
    let policies = sequence(&[implicit(0, &[0])]);
    for (kind, value, name) in [
        (NAME_CONSTRAINTS, constraints(), "nameConstraints"),
        (POLICY_CONSTRAINTS, policies, "policyConstraints"),
        (INHIBIT_ANY_POLICY, integer(&[0]), "inhibitAnyPolicy"),
    ] {
        assert_ca_fault(
            |extensions| extensions.push((kind, false, value.clone())),
            ProfileFault::NotCritical(name),
        );
    }
    assert_leaf_fault(
        |root| leaf_with(root, &[2, 5, 29, 54], integer(&[0]), false),
        ProfileFault::NotCritical("inhibitAnyPolicy"),
    );

    // Where there is no subject, the alternative names have to be.
    let name = sequence(&[implicit(2, b"alice.example")]);
    let nameless = |root: &Authority, critical| {
        let authority = sequence(&[implicit(0, root.key_identifier())]);
        root.odd_leaf(|mut odd| {
            odd.subject = sequence::<&[u8]>(&[]);
            odd.extension(AUTHORITY_KEY_IDENTIFIER, false, &authority)
                .extension(SUBJECT_ALT_NAME, critical, &name)
        })
    };
    assert_leaf_fault(
        |root| nameless(root, false),
        ProfileFault::NotCritical("subjectAltName beside an empty subject"),
    );
    let root = Authority::root("root");
    assert!(judge(&strict(&root), &nameless(&root, true), &[]).is_ok());
}

#[test]
fn only_cas_constrain_names() {
    for critical in [true, false] {
        assert_leaf_fault(
            |root| leaf_with(root, &[2, 5, 29, 30], constraints(), critical),
            ProfileFault::NameConstraintsOfLeaf,
        );
    }
}

#[test]
fn alternative_names_are_of_their_form() {
    let long_label = "a".repeat(64);
    let long_name = vec!["a".repeat(49); 6].join(".");
    for name in [
        "al_ice.example",
        "-alice.example",
        "alice-.example",
        "alice..example",
        "a.*.example",
        "",
        &long_label,
        &long_name,
    ] {
        let names = sequence(&[implicit(2, b"alice.example"), implicit(2, name.as_bytes())]);
        assert_leaf_fault(
            |root| leaf_with(root, &[2, 5, 29, 17], names, false),
            ProfileFault::AlternativeName,
        );
    }
    // An address of five octets.
    let address = sequence(&[implicit(7, &[10, 0, 0, 1, 2])]);
    assert_leaf_fault(
        |root| leaf_with(root, &[2, 5, 29, 17], address, false),
        ProfileFault::AlternativeName,
    );
}

#[test]
fn what_is_there_can_be_read() {
    let empty = sequence::<&[u8]>(&[]);
    assert_leaf_fault(
        |root| leaf_with(root, &[2, 5, 29, 17], empty.clone(), false),
        ProfileFault::Unreadable("subjectAltName"),
    );
    let not_sequences = sequence(&[integer(&[1])]);
    for value in [b"garbage".to_vec(), empty, not_sequences] {
        assert_leaf_fault(
            |root| leaf_with(root, &[1, 3, 6, 1, 5, 5, 7, 1, 1], value.clone(), false),
            ProfileFault::Unreadable("authorityInfoAccess"),
        );
        assert_ca_fault(
            |extensions| extensions.push((AUTHORITY_INFO_ACCESS, false, value.clone())),
            ProfileFault::Unreadable("authorityInfoAccess"),
        );
    }
}

#[test]
fn constraints_on_names_are_of_their_form() {
    let permits = |tag: u8, base: &[u8]| sequence(&[tlv(0xa0, &sequence(&[implicit(tag, base)]))]);
    let empty: &[&[u8]] = &[];
    for value in [
        sequence(empty),
        sequence(&[tlv(0xa0, &[])]),
        sequence(&[
            tlv(0xa0, &sequence(&[implicit(2, b"a.example")])),
            tlv(0xa1, &[]),
        ]),
        permits(2, b".a.example"),
        permits(2, b"*.a.example"),
        permits(2, b"a_b.example"),
        permits(2, &[0xff]),
        permits(7, &[10, 0, 0, 0]),
        permits(7, &[10, 0, 0, 0, 255, 0, 0]),
        permits(7, &[10, 0, 0, 0, 255, 0, 255, 0]),
        permits(7, &[10, 0, 0, 0, 0b1101_1111, 0, 0, 0]),
    ] {
        assert_ca_fault(
            |extensions| extensions.push((NAME_CONSTRAINTS, true, value.clone())),
            ProfileFault::Unreadable("nameConstraints"),
        );
    }
    let root = Authority::root("root");
    let sixteen = [[0xfe, 0x80].repeat(8), vec![0xff; 16]].concat();
    for value in [
        permits(1, b".a.example"),
        permits(2, b""),
        permits(2, b"a.example"),
        permits(6, b".a.example"),
        permits(7, &[10, 0, 0, 0, 255, 255, 255, 255]),
        permits(7, &[10, 0, 0, 0, 255, 0b1100_0000, 0, 0]),
        permits(7, &[0; 8]),
        permits(7, &sixteen),
    ] {
        let ca = odd_ca(Some(&root), |extensions| {
            extensions.push((NAME_CONSTRAINTS, true, value));
        });
        assert!(judge(&strict(&root), &ca.client("alice"), &[&ca]).is_ok());
    }
}

#[test]
fn serial_numbers_are_positive_and_short() {
    let wanted = ProfileFault::SerialNumber;
    // Zero, one octet too many, and below zero.
    for serial in [&[0_u8][..], &[1; 21], &[0x80]] {
        assert_leaf_fault(
            |root| {
                let authority = sequence(&[implicit(0, root.key_identifier())]);
                root.odd_leaf(|mut odd| {
                    odd.serial = serial.to_vec();
                    odd.extension(AUTHORITY_KEY_IDENTIFIER, false, &authority)
                })
            },
            wanted,
        );
    }
    let root = Authority::root("root");
    let mut params = ca_params("odd");
    params.serial_number = Some(vec![0].into());
    let ca = root.sub_ca(params.clone());
    assert_eq!(
        fault(&root, &ca.client("alice"), &[&ca]),
        (Of::Presented(1), wanted)
    );
    let anchor = Authority::self_signed(params);
    assert_eq!(
        fault(&anchor, &anchor.client("alice"), &[]),
        (Of::Anchor("CN=odd".into()), wanted)
    );
}
