//! What the fuzz targets share.

pub mod identities;
pub mod pki;
pub mod receiving;

use std::fmt::{Debug, Display};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::ChainLimits;
use http::HeaderValue;

/// Limits that an input can reach.
pub const SMALL: ChainLimits = ChainLimits::new(3, 4_096);

/// Asserts that a text can go into a header or a log line as it is.
pub fn assert_visible(text: impl Display) {
    let text = text.to_string();
    assert!(
        text.bytes()
            .all(|byte| matches!(byte, 0x20..=0x7e)),
        "not visible ASCII: {text:?}"
    );
}

/// The same for what `{:?}` writes.
pub fn assert_visible_debug(value: impl Debug) {
    assert_visible(format_args!("{value:?}"));
}

/// Asserts that a value arrives as it was sent, and is not indexed on its way; returns its text.
pub fn assert_sendable(value: &HeaderValue) -> &str {
    let text = value.to_str().expect("visible ASCII");
    assert_visible(text);
    assert_eq!(text.trim(), text, "HTTP takes outer spaces off");
    assert!(value.is_sensitive());
    text
}

/// One PEM section.
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

/// Splits `data` into blocks, each behind its length in two octets, big-endian. What remains
/// behind the last whole block is a block too.
pub fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut data = data;
    while let Some((length, rest)) = data.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (block, rest) = rest.split_at(length);
        blocks.push(block);
        data = rest;
    }
    blocks
}

/// The one of `choices` that an octet of the input stands for.
pub fn choose<T: Clone>(octet: u8, choices: &[T]) -> T {
    choices[usize::from(octet) % choices.len()].clone()
}
