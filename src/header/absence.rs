//! The marks that products use for "no certificate".

/// Whether a value is one of them.
pub(crate) fn is_absent(value: &[u8]) -> bool {
    matches!(
        value.trim_ascii(),
        b"" | b"::" | b"\"\"" | b"-" | b"NONE" | b"(null)" | b":(null):"
    )
}
