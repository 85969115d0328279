//! Base64, strict unless a relaxation says otherwise.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub(super) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// Writes the same behind a text.
pub(super) fn append(octets: &[u8], text: &mut String) {
    STANDARD.encode_string(octets, text);
}

/// The octets of padded standard base64 whose last bits are zero; with `lax`, padding may be missing
/// and the last bits may be anything (RFC 8941 section 4.2.7 lets a parser take both).
pub(super) fn decode(text: &[u8], lax: bool) -> Option<Vec<u8>> {
    match lax {
        true => LAX.decode(text),
        false => STANDARD.decode(text),
    }
    .ok()
}

const LAX: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
