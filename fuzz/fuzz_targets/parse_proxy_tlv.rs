//! Any TLV of the PROXY protocol: never a panic, and what is taken stands there.

#![no_main]

use edge_mtls::receive_proxy_tlv;
use edge_mtls_fuzz::receiving::{check_chain, hop};
use edge_mtls_fuzz::{SMALL, assert_visible, assert_visible_debug};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| match receive_proxy_tlv(data, SMALL, &hop()) {
    Ok(Some(received)) => {
        let chain = received.chain();
        assert_eq!(chain.len(), 1);
        check_chain(chain, SMALL);
        assert_visible_debug(&received);

        // Type, length, `client`, `verify`.
        let [0x20, high, low, client, v0, v1, v2, v3, subtypes @ ..] = data else {
            panic!("it is shorter than its fixed part");
        };
        assert_eq!(
            usize::from(u16::from_be_bytes([*high, *low])),
            data.len() - 3
        );
        assert!(client & 1 == 1 && client & 6 != 0);
        let is_zero = [v0, v1, v2, v3] == [&0; 4];
        assert_eq!(received.claims_verified(), is_zero);
        let leaf = chain.leaf_der();
        let length = u16::try_from(leaf.len())
            .expect("a length")
            .to_be_bytes();
        let subtype = [&[0x28], &length[..], leaf].concat();
        assert!(
            subtypes
                .windows(subtype.len())
                .any(|window| window == subtype)
        );
    }
    Ok(None) => assert!(data[3] & 1 == 0 || data[3] & 6 == 0),
    Err(error) => {
        assert_visible(&error);
        assert_visible_debug(&error);
    }
});
