//! Any values where PEM is expected, in each of its shapes and with every relaxation: never a
//! panic, and nothing taken that does not stand there.
//!
//! The first octet of the input is the relaxations, the second the shape; then one line a header.

#![no_main]

use edge_mtls::{
    CertEncoding, CertMarks, Field, HeaderProfile, HeaderRow, PercentEncoding, ProfileError,
};
use edge_mtls_fuzz::choose;
use edge_mtls_fuzz::receiving::{Carriers, receive_base64};
use http::HeaderName;
use libfuzzer_sys::fuzz_target;

const PRESETS: [Carriers; 4] = [
    (HeaderProfile::nginx, &["x-ssl-client-escaped-cert"]),
    (
        HeaderProfile::aws_alb_passthrough,
        &["x-amzn-mtls-clientcert"],
    ),
    (
        HeaderProfile::apache,
        &[
            "ssl_client_cert",
            "ssl_client_cert_chain_0",
            "ssl_client_cert_chain_1",
            "ssl_client_cert_chain_2",
        ],
    ),
    (HeaderProfile::puppet, &["x-client-cert"]),
];

fuzz_target!(|data: &[u8]| {
    let [relaxations, shape, lines @ ..] = data else {
        return;
    };
    let (profile, names) = match shape {
        0x80.. => of_own_marks(*shape).expect("usable marks"),
        _ => {
            let (profile, names) = choose(*shape, &PRESETS);
            (profile(), names)
        }
    };
    receive_base64(profile, names, *relaxations, lines);
});

/// Marks of one's own: two bits for the percent-encoding, two for the marks, two for the field.
fn of_own_marks(shape: u8) -> Result<(HeaderProfile, &'static [&'static str]), ProfileError> {
    let percent = choose(
        shape & 3,
        &[
            PercentEncoding::LineFeedSpace,
            PercentEncoding::LineFeedSpaceBase64,
            PercentEncoding::None,
            PercentEncoding::Reserved,
        ],
    );
    let marks = match (shape >> 2 & 3, percent) {
        (0, PercentEncoding::None) => CertMarks::pem()
            .line_break(" ")
            .after_each(""),
        (0, _) => CertMarks::pem(),
        (1, PercentEncoding::None) => CertMarks::pem()
            .line_break("  ")
            .after_each("")
            .between(","),
        (1, _) => CertMarks::pem().between(","),
        (2, _) => CertMarks::pem()
            .line_break("|")
            .after_each("||"),
        (_, _) => CertMarks::base64()
            .begin("<")
            .end(">")
            .between(" "),
    };
    let encoding = CertEncoding::Marked(marks.percent_encoding(percent));
    let row = |name, field| HeaderRow::new(HeaderName::from_static(name), field);
    let leaf = HeaderProfile::empty().with(row("x-leaf", Field::Leaf(encoding.clone())))?;
    Ok(match shape >> 4 & 3 {
        0 => (leaf, &["x-leaf"]),
        1 => (
            leaf.with(row("x-chain", Field::Chain(encoding)))?,
            &["x-leaf", "x-chain"],
        ),
        2 => (
            leaf.with(row("x-chain-", Field::NumberedChain(encoding)))?,
            &["x-leaf", "x-chain-0", "x-chain-1", "x-chain-2"],
        ),
        _ => (
            HeaderProfile::empty().with(row("x-whole", Field::LeafAndChain(encoding)))?,
            &["x-whole"],
        ),
    })
}
