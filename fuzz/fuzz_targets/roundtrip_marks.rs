//! Certificates between marks of one's own, there and back: whatever marks a profile takes, the
//! certificates are the same.
//!
//! The first octet of the input is the percent-encoding and the field, the second the certificates;
//! then five marks, and more certificates.

#![no_main]

use edge_mtls::{
    CertChain, CertEncoding, CertForwarder, CertMarks, CertReceiver, Certificate, ChainLimits,
    Field, HeaderProfile, HeaderRow, PercentEncoding, ProfileError,
};
use edge_mtls_fuzz::pki::{ANCHORS, GOOD_LEAVES, INTERMEDIATES, OLD_ROOT_LEAF};
use edge_mtls_fuzz::receiving::receive;
use edge_mtls_fuzz::{assert_sendable, assert_visible, choose, identities, split};
use http::{HeaderMap, HeaderName};
use libfuzzer_sys::fuzz_target;

/// Of three lengths of padding.
const CERTIFICATES: [&[u8]; 6] = [
    GOOD_LEAVES[0],
    GOOD_LEAVES[1],
    INTERMEDIATES[0],
    INTERMEDIATES[1],
    OLD_ROOT_LEAF,
    ANCHORS[0],
];

const PERCENT: [PercentEncoding; 4] = [
    PercentEncoding::LineFeedSpace,
    PercentEncoding::LineFeedSpaceBase64,
    PercentEncoding::None,
    PercentEncoding::Reserved,
];

fuzz_target!(|data: &[u8]| {
    let [shape, certificates, blocks @ ..] = data else {
        return;
    };
    let blocks = split(blocks);
    let mut texts = blocks
        .iter()
        .map(|block| str::from_utf8(block).unwrap_or_default());
    let mut mark = || {
        texts
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let marks = CertMarks::base64()
        .begin(mark())
        .line_break(mark())
        .end(mark())
        .after_each(mark())
        .between(mark())
        .percent_encoding(choose(shape & 3, &PERCENT));
    let profile = match profile(shape >> 2, marks) {
        Ok(profile) => profile,
        Err(error) => {
            assert_visible(error);
            return;
        }
    };

    let first = usize::from(certificates & 7);
    let count = usize::from(certificates >> 3 & 3) + 1;
    let own = CERTIFICATES
        .iter()
        .cycle()
        .skip(first)
        .take(count)
        .copied();
    let chain = CertChain::from_der(own.chain(blocks.into_iter().skip(5))).expect("a leaf");
    let Some(identity) = identities::passthrough(Some(chain.clone())) else {
        return;
    };
    let cert_headers = CertForwarder::new(profile.clone())
        .max_line_bytes(usize::MAX)
        .max_total_bytes(usize::MAX)
        .encode(&identity)
        .expect("no limit");
    let mut headers = HeaderMap::new();
    cert_headers
        .apply(&mut headers)
        .expect("room for the headers");
    for value in headers.values() {
        assert_sendable(value);
    }
    // As few as there are.
    let limits = ChainLimits::new(chain.len(), chain.total_bytes());
    let received = receive(&CertReceiver::new(profile), limits, &headers);
    let is_of_certificates = chain
        .certificates()
        .all(|der| Certificate::from_der(der).is_ok());
    let repeats_leaf = chain
        .certificates()
        .skip(1)
        .any(|der| der == chain.leaf_der());
    match received {
        Ok(received) => assert_eq!(received.expect("a chain").chain(), &chain),
        Err(error) => assert!(!is_of_certificates || repeats_leaf, "{error}: {headers:?}"),
    }
});

fn profile(field: u8, marks: CertMarks) -> Result<HeaderProfile, ProfileError> {
    let encoding = CertEncoding::Marked(marks);
    let row = |name, field| HeaderRow::new(HeaderName::from_static(name), field);
    let empty = HeaderProfile::empty();
    match field % 3 {
        0 => empty.with(row("x-whole", Field::LeafAndChain(encoding))),
        1 => empty
            .with(row("x-leaf", Field::Leaf(encoding.clone())))?
            .with(row("x-chain", Field::Chain(encoding))),
        _ => empty
            .with(row("x-leaf", Field::Leaf(encoding.clone())))?
            .with(row("x-chain-", Field::NumberedChain(encoding))),
    }
}
