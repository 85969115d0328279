//! What a host refuses whatever any CA says.

use edge_mtls::{
    Certificate, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, DenyList,
    HandshakeFacts, Passthrough, Rejection, RevokedBy,
};
use rcgen::SerialNumber;
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;
use sha2::{Digest, Sha256};

use crate::support::crl::Crl;
use crate::support::der::{common_name, sequence};
use crate::support::pki::{
    Authority, Leaf, builder, ca_params, client_params, judge, now, policy, providers, trust,
};
use crate::support::revocation::{checking_lists, outcome, reason};

fn by_certificate(der: &[u8]) -> DenyList {
    DenyList::new().certificate_sha256(Sha256::digest(der).into())
}

fn by_key(der: &[u8]) -> DenyList {
    let certificate = Certificate::from_der(der).unwrap();
    DenyList::new().key_sha256(Sha256::digest(certificate.subject_public_key_info()).into())
}

fn by_serial(der: &[u8]) -> DenyList {
    DenyList::new().issued(&Certificate::from_der(der).unwrap())
}

/// Each way to deny a certificate, and what is said of it.
fn ways(der: &[u8]) -> [(DenyList, &'static str); 3] {
    [
        (by_certificate(der), "denied certificate"),
        (by_key(der), "denied key"),
        (by_serial(der), "denied serial"),
    ]
}

/// root, ca, and a leaf.
struct Pki {
    root: Authority,
    ca: Authority,
    leaf: Leaf,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::root("root");
        let ca = root.intermediate("ca");
        Self {
            leaf: ca.client("alice"),
            root,
            ca,
        }
    }

    fn judge(&self, policy: &ChainPolicy) -> Result<edge_mtls::VerifiedChain, Rejection> {
        judge(policy, &self.leaf, &[&self.ca])
    }
}

fn index(rejection: &Rejection) -> usize {
    match rejection {
        Rejection::Revoked { certificate, .. } => certificate.index,
        other => panic!("{other:?}"),
    }
}

#[test]
fn leaf_and_intermediate_are_denied_without_any_list() {
    let pki = Pki::new();
    for (place, der) in [&pki.leaf.der, pki.ca.der()]
        .into_iter()
        .enumerate()
    {
        for (deny, expected) in ways(der) {
            let built = builder(trust(&[&pki.root]))
                .deny(deny.clone())
                .build(
                    providers()[0]
                        .signature_verification_algorithms
                        .all,
                )
                .unwrap();
            for policy in [built, policy(&[&pki.root]).with_deny_list(deny)] {
                let rejection = pki.judge(&policy).unwrap_err();
                assert_eq!(reason(&rejection), expected);
                assert_eq!(index(&rejection), place);
                assert_eq!(rejection.code(), "revoked");
                assert_eq!(rejection.tls_alert(), 44);
            }
        }
    }
}

#[test]
fn an_anchor_is_denied_too() {
    let pki = Pki::new();
    for (deny, _) in ways(pki.root.der()) {
        let policy = policy(&[&pki.root]).with_deny_list(deny);
        let rejection = pki.judge(&policy).unwrap_err();
        assert!(
            matches!(&rejection, Rejection::Revoked { by: RevokedBy::DeniedAnchor { anchor, .. }, .. } if anchor == "CN=root"),
            "{rejection:?}"
        );
        assert!(
            rejection
                .to_string()
                .contains("'CN=root'"),
            "{rejection}"
        );
        assert!(judge(&policy, &pki.root.client("bob"), &[]).is_err());
    }
}

#[test]
fn a_denial_has_words() {
    let pki = Pki::new();
    for ((deny, _), expected) in ways(&pki.leaf.der).into_iter().zip([
        "the leaf 'CN=alice' is on the deny list, by its SHA-256",
        "the leaf 'CN=alice' is on the deny list, by the SHA-256 of its key",
        "the leaf 'CN=alice' is on the deny list, by its issuer and serial number",
    ]) {
        let policy = policy(&[&pki.root]).with_deny_list(deny);
        assert_eq!(
            pki.judge(&policy)
                .unwrap_err()
                .to_string(),
            expected
        );
    }
}

#[test]
fn it_denies_whatever_lists_say() {
    let pki = Pki::new();
    let good = checking_lists(&[&pki.root], &[Crl::of(&pki.root), Crl::of(&pki.ca)]);
    let unknown = checking_lists(&[&pki.root], &[Crl::of(&pki.root)]);
    for (deny, expected) in ways(&pki.leaf.der) {
        assert_eq!(outcome(&pki.judge(&good)), "good");
        for policy in [&good, &unknown] {
            let policy = policy.with_deny_list(deny.clone());
            assert_eq!(outcome(&pki.judge(&policy)), expected);
            // Each of the two options keeps the other.
            let policy = policy.with_revocation(crate::support::revocation::lists(&[
                Crl::of(&pki.root),
                Crl::of(&pki.ca),
            ]));
            assert_eq!(outcome(&pki.judge(&policy)), expected);
            let allowed = policy.with_deny_list(DenyList::new());
            assert_eq!(outcome(&pki.judge(&allowed)), "good");
        }
    }
}

#[test]
fn others_are_not_denied() {
    let pki = Pki::new();
    let other = pki.ca.client("alice");
    for (deny, _) in ways(&other.der) {
        let policy = policy(&[&pki.root]).with_deny_list(deny);
        assert_eq!(outcome(&pki.judge(&policy)), "good");
    }
    // The digest of one thing is not that of another.
    let certificate: [u8; 32] = Sha256::digest(&pki.leaf.der).into();
    let deny = DenyList::new().key_sha256(certificate);
    assert!(
        pki.judge(&policy(&[&pki.root]).with_deny_list(deny))
            .is_ok()
    );
    // What is presented beside the path does not count.
    let beside = pki.root.intermediate("beside");
    let policy = policy(&[&pki.root]).with_deny_list(by_key(beside.der()));
    assert!(judge(&policy, &pki.leaf, &[&beside, &pki.ca]).is_ok());
}

#[test]
fn a_serial_number_is_that_of_one_issuer() {
    let root = Authority::root("root");
    let other = Authority::root("other");
    let serial = |ca: &Authority, octets: &[u8]| {
        let mut params = client_params("alice");
        params.serial_number = Some(SerialNumber::from_slice(octets));
        ca.leaf(params)
    };
    let leaf = serial(&root, &[0x80, 7]);
    let verdict = |deny: DenyList, leaf: &Leaf| {
        let policy = policy(&[&root, &other]).with_deny_list(deny);
        outcome(&judge(&policy, leaf, &[]))
    };
    let deny = |octets: &[u8]| DenyList::new().serial(&root.name(), octets);
    for octets in [&[0x80, 7][..], &[0, 0x80, 7], &[0, 0, 0, 0x80, 7]] {
        assert_eq!(verdict(deny(octets), &leaf), "denied serial");
        assert_eq!(verdict(deny(octets), &serial(&other, &[0x80, 7])), "good");
    }
    for octets in [&[0x80][..], &[0x80, 7, 0], &[7], &[0x81, 7], &[]] {
        assert_eq!(verdict(deny(octets), &leaf), "good");
    }
    assert_eq!(
        verdict(DenyList::new().serial(&common_name("x"), &[0x80, 7]), &leaf),
        "good"
    );
}

#[test]
fn a_key_is_denied_in_every_certificate() {
    let root = Authority::root("root");
    let one = root.intermediate("one");
    let renewed = root.sub_ca_with(ca_params("renewed"), one.same_key());
    let leaf = renewed.client("alice");
    let verdict = |deny| {
        let policy = policy(&[&root]).with_deny_list(deny);
        outcome(&judge(&policy, &leaf, &[&renewed]))
    };
    assert_eq!(verdict(by_key(one.der())), "denied key");
    assert_eq!(verdict(by_certificate(one.der())), "good");
}

#[test]
fn of_two_paths_the_one_that_is_not_denied_is_taken() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let by_a = a.intermediate("ca");
    let by_b = b.sub_ca_with(ca_params("ca"), by_a.same_key());
    let leaf = by_a.client("alice");
    for (denied, anchor) in [
        (by_a.der(), "CN=b"),
        (by_b.der(), "CN=a"),
        (a.der(), "CN=b"),
        (b.der(), "CN=a"),
    ] {
        let policy = policy(&[&a, &b]).with_deny_list(by_certificate(denied));
        for others in [[&by_a, &by_b], [&by_b, &by_a]] {
            let verified = judge(&policy, &leaf, &others).unwrap();
            assert_eq!(
                verified
                    .anchor()
                    .unwrap()
                    .subject()
                    .to_string(),
                anchor
            );
        }
    }
    let policy = policy(&[&a, &b]).with_deny_list(by_key(by_a.der()));
    assert!(judge(&policy, &leaf, &[&by_a, &by_b]).is_err());
}

#[test]
fn nothing_is_said_of_a_chain_that_does_not_hold() {
    let pki = Pki::new();
    let forged = Authority::root("ca").client("alice");
    for (deny, _) in ways(&forged.der) {
        let policy = policy(&[&pki.root]).with_deny_list(deny);
        let rejection = judge(&policy, &forged, &[&pki.ca]).unwrap_err();
        assert_eq!(rejection.code(), "untrusted");
    }
}

#[test]
fn passthrough_denies_whatever_is_presented() {
    let pki = Pki::new();
    let chain = pki
        .leaf
        .presented(&[&pki.ca, &pki.root]);
    let facts = HandshakeFacts::new(Some(pki.leaf.chain(&[&pki.ca, &pki.root])));
    for (place, der) in chain.iter().enumerate() {
        for (deny, expected) in ways(der) {
            let policy: ClientAuthPolicy = Passthrough::default().deny(deny).into();
            let verifier = ClientCertVerifier::new(policy, &providers()[0]).unwrap();
            let handle = verifier.for_connection();
            let verifiers: [&dyn RustlsVerifier; 2] = [&*verifier, &*handle];
            for verifier in verifiers {
                let handshake = verifier.verify_client_cert(&chain[0], &chain[1..], now());
                assert!(handshake.is_err());
            }
            for identity in [
                verifier.identity(&facts, now()),
                handle.identity(&facts, now()),
            ] {
                let rejection = identity.unwrap_err();
                assert_eq!(reason(&rejection), expected);
                assert_eq!(index(&rejection), place);
            }
        }
    }
    // Others pass, as does what cannot be read but for its key.
    let (deny, _) = &ways(&pki.leaf.der)[0];
    let policy: ClientAuthPolicy = Passthrough::default()
        .deny(deny.clone())
        .into();
    let verifier = ClientCertVerifier::new(policy, &providers()[0]).unwrap();
    let other = HandshakeFacts::new(Some(pki.ca.client("bob").chain(&[&pki.ca])));
    assert!(matches!(
        verifier.identity(&other, now()),
        Ok(ClientIdentity::Unverified { .. })
    ));
    let anonymous = verifier
        .identity(&HandshakeFacts::new(None), now())
        .unwrap();
    assert!(matches!(anonymous, ClientIdentity::Anonymous));
}

#[test]
fn passthrough_denies_what_is_no_certificate() {
    // A deny list must not be got round by damage that leaves the leaf's key readable.
    let pki = Pki::new();
    let damaged = without_signature(&pki.leaf.der);
    assert!(Certificate::from_der(&damaged).is_err());
    let chain = edge_mtls::CertChain::from_der([&damaged, &b"garbage".to_vec()]).unwrap();
    let facts = HandshakeFacts::new(Some(chain));
    let identity = |deny| {
        let policy: ClientAuthPolicy = Passthrough::default().deny(deny).into();
        let verifier = ClientCertVerifier::new(policy, &providers()[0]).unwrap();
        verifier.identity(&facts, now())
    };
    for (deny, expected) in [
        (by_certificate(&damaged), "denied certificate"),
        (by_certificate(b"garbage"), "denied certificate"),
        (by_key(&pki.leaf.der), "denied key"),
        (by_serial(&pki.leaf.der), "denied serial"),
    ] {
        assert_eq!(reason(&identity(deny).unwrap_err()), expected);
    }
    assert!(identity(by_certificate(&pki.leaf.der)).is_ok());
}

/// A certificate that ends behind what was to be signed.
fn without_signature(certificate: &[u8]) -> Vec<u8> {
    use x509_cert::der::{Decode, Encode};

    let certificate = x509_cert::Certificate::from_der(certificate).unwrap();
    sequence(&[certificate
        .tbs_certificate()
        .to_der()
        .unwrap()])
}

#[test]
fn entries_are_counted_once() {
    let pki = Pki::new();
    let name = pki.root.name();
    assert!(DenyList::new().is_empty());
    let deny = DenyList::new()
        .certificate_sha256([1; 32])
        .certificate_sha256([1; 32])
        .key_sha256([1; 32])
        .serial(&name, &[0, 1])
        .serial(&name, &[1])
        .serial(&name, &[2]);
    assert_eq!(deny.len(), 4);
    assert!(!deny.is_empty());
}
