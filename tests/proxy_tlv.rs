//! The leaf in the PROXY protocol's TLV, there and back.

mod support;

use edge_mtls::{
    ChainLimits, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts, Passthrough,
    ProxyTlvError, ReceivedTlv, Rejection, Resumption, TrustedHop, encode_proxy_tlv,
    receive_proxy_tlv,
};
use proptest::prelude::*;
use rcgen::CustomExtension;
use support::pki::{Authority, Leaf, client_params, modes, now, policy, providers};

fn receive(tlv: &[u8]) -> Result<Option<ReceivedTlv>, ProxyTlvError> {
    let hop = TrustedHop::checked_address("192.0.2.1".parse().unwrap());
    receive_proxy_tlv(tlv, ChainLimits::default(), &hop)
}

/// The identity and the facts of a client that sent `leaf` and `root`.
fn client(
    policy: ClientAuthPolicy,
    leaf: &Leaf,
    root: &Authority,
    resumption: Resumption,
) -> (ClientIdentity, HandshakeFacts) {
    let facts = HandshakeFacts::new(Some(leaf.chain(&[root]))).resumed(resumption);
    let verifier = ClientCertVerifier::new(policy, &providers()[0]).unwrap();
    (
        verifier
            .identity(&facts, now())
            .unwrap(),
        facts,
    )
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let [required, _, passthrough] = modes(&policy(&[&root]));
    let length = u16::try_from(leaf.der.len()).unwrap();
    for (policy, resumption, client_bits, verify) in [
        (required.clone(), Resumption::No, 7, 0),
        (required, Resumption::Yes, 5, 0),
        (passthrough.clone(), Resumption::No, 7, 1),
        (passthrough, Resumption::Unknown, 5, 1),
    ] {
        let (identity, facts) = client(policy, &leaf, &root, resumption);
        let tlv = encode_proxy_tlv(&identity, &facts).unwrap();
        let mut expected = vec![0x20];
        expected.extend((length + 8).to_be_bytes());
        expected.extend([client_bits, 0, 0, 0, verify, 0x28]);
        expected.extend(length.to_be_bytes());
        expected.extend_from_slice(&leaf.der);
        assert_eq!(tlv, expected);

        let received = receive(&tlv).unwrap().unwrap();
        assert_eq!(received.chain(), &leaf.chain(&[]));
        assert_eq!(received.claims_verified(), verify == 0);
        assert_eq!(received.hop().to_string(), "checked address: 192.0.2.1");
    }
    let anonymous =
        encode_proxy_tlv(&ClientIdentity::Anonymous, &HandshakeFacts::new(None)).unwrap();
    assert!(receive(&anonymous).unwrap().is_none());
}

#[test]
fn limits_hold() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let [_, _, passthrough] = modes(&policy(&[&root]));
    let (identity, facts) = client(passthrough, &leaf, &root, Resumption::No);
    let tlv = encode_proxy_tlv(&identity, &facts).unwrap();
    let hop = TrustedHop::private_network("test");
    let bytes = leaf.der.len();
    assert!(receive_proxy_tlv(&tlv, ChainLimits::new(1, bytes), &hop).is_ok());
    assert_eq!(
        receive_proxy_tlv(&tlv, ChainLimits::new(1, bytes - 1), &hop).unwrap_err(),
        ProxyTlvError::OverLimit(Rejection::TooLarge {
            bytes,
            limit: bytes - 1
        })
    );
}

#[test]
fn what_does_not_fit_is_not_cut() {
    let mut params = client_params("alice");
    let filling = CustomExtension::from_oid_content(&[1, 2, 3], vec![0; 65_535]);
    params.custom_extensions.push(filling);
    let leaf = Leaf::self_signed(params);
    let passthrough = Passthrough::default().limits(ChainLimits::new(1, 100_000));
    let facts = HandshakeFacts::new(Some(leaf.chain(&[])));
    let identity = ClientCertVerifier::new(passthrough.into(), &providers()[0])
        .unwrap()
        .identity(&facts, now())
        .unwrap();
    assert_eq!(
        encode_proxy_tlv(&identity, &facts).unwrap_err(),
        ProxyTlvError::TooLong {
            bytes: leaf.der.len(),
            limit: 65_535
        }
    );
}

proptest! {
    /// A leaf that was changed or cut never comes out as another leaf without notice.
    #[test]
    fn a_cut_tlv_is_refused(keep in 0usize..500) {
        let root = Authority::root("root");
        let leaf = root.client("alice");
        let [_, _, passthrough] = modes(&policy(&[&root]));
        let (identity, facts) = client(passthrough, &leaf, &root, Resumption::No);
        let tlv = encode_proxy_tlv(&identity, &facts).unwrap();
        if keep < tlv.len() {
            prop_assert!(receive(&tlv[..keep]).is_err());
        }
    }
}
