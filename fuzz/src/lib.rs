//! What the fuzz targets share.

mod header_round_trip;

use std::fmt::{Debug, Display};

pub use header_round_trip::header_round_trip;

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
