//! Base64, strict unless a relaxation says otherwise.

use std::sync::LazyLock;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{PAD, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 of the standard alphabet by the widest instructions that the machine has.
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_feature = "neon")
))]
static WIDE: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::standard(PAD));

#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_feature = "neon")
)))]
static WIDE: LazyLock<GeneralPurpose> =
    LazyLock::new(|| GeneralPurpose::new(&alphabet::STANDARD, PAD));

/// For short texts.
pub(super) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// How many characters so many octets are.
pub(super) fn length(octets: usize) -> usize {
    octets.div_ceil(3).saturating_mul(4)
}

/// Writes base64 behind a text.
pub(super) fn append(octets: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start.saturating_add(length(octets.len())), 0);
    let room = text
        .get_mut(start..)
        .unwrap_or_default();
    let written = write(octets, room).len();
    text.truncate(start.saturating_add(written));
}

/// Writes base64 into a buffer that has room for it, and returns what was written.
pub(super) fn write<'a>(octets: &[u8], room: &'a mut [u8]) -> &'a [u8] {
    let written = WIDE.encode_slice(octets, room);
    room.get(..written.unwrap_or(0))
        .unwrap_or_default()
}

/// The octets of padded standard base64 whose last bits are zero, behind those that are there; with
/// `lax`, padding may be missing and the last bits may be anything (RFC 8941 section 4.2.7 lets a
/// parser take both).
pub(super) fn decode(text: &[u8], lax: bool, octets: &mut Vec<u8>) -> Option<()> {
    match lax {
        true => LAX.decode_vec(text, octets),
        false => WIDE.decode_vec(text, octets),
    }
    .ok()
}

const LAX: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
