//! Leaves in the PROXY protocol, there and back: the same leaf, and the same word on it.
//!
//! The first octet of the input is the identity and the handshake; then a chain.

#![no_main]

use edge_mtls::{
    CertChain, Certificate, ChainLimits, HandshakeFacts, ProxyTlvError, Resumption,
    encode_proxy_tlv, receive_proxy_tlv,
};
use edge_mtls_fuzz::identities::identity;
use edge_mtls_fuzz::receiving::hop;
use edge_mtls_fuzz::{assert_visible, choose, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((mode, chain)) = data.split_first() else {
        return;
    };
    let chain = CertChain::from_der(split(chain));
    let Some(identity) = identity(mode & 3, chain.clone()) else {
        return;
    };
    let resumption = choose(
        mode >> 2,
        &[Resumption::No, Resumption::Unknown, Resumption::Yes],
    );
    let facts = HandshakeFacts::new(chain.clone()).resumed(resumption);
    let tlv = encode_proxy_tlv(&identity, &facts).expect("less than 64 KiB");

    let receive = |tlv: &[u8]| receive_proxy_tlv(tlv, ChainLimits::default(), &hop());
    match (receive(&tlv), &chain) {
        (Ok(None), None) => {}
        (Ok(Some(received)), Some(chain)) => {
            assert_eq!(received.chain().len(), 1);
            assert_eq!(received.chain().leaf_der(), chain.leaf_der());
            assert_eq!(received.claims_verified(), identity.verified().is_some());
        }
        (Err(ProxyTlvError::NotACertificate(error)), Some(chain)) => {
            assert!(Certificate::from_der(chain.leaf_der()).is_err());
            assert_visible(error);
        }
        (result, _) => panic!("{result:?}"),
    }
    // Cut anywhere, or with something behind it, it is none.
    let cut = mode
        .checked_mul(7)
        .map_or(tlv.len() / 2, usize::from)
        .min(tlv.len() - 1);
    assert!(receive(&tlv[..cut]).is_err());
    assert!(receive(&[&tlv[..], &[*mode]].concat()).is_err());
});
