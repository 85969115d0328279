//! Fingerprints of policies and trust stores.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::hex;

/// The SHA-256 of everything that can change a verdict.
///
/// Two policies with the same fingerprint judge every chain alike; two trust stores hold the same
/// anchors and the same pinned leaves. Displays as lower-case hexadecimal.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The 32 octets, as a key for caches and logs.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// That of all that `digest` has taken in.
    pub(crate) fn of(digest: Sha256) -> Self {
        Self(digest.finalize().into())
    }

    /// Begins a fingerprint of what `kind` names.
    pub(crate) fn builder(kind: &str) -> FingerprintBuilder {
        FingerprintBuilder(Sha256::new()).field(kind.as_bytes())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::lower(&self.0))
    }
}

/// Every field is prefixed with its length, so that no two lists of fields have the same bytes.
pub(crate) struct FingerprintBuilder(Sha256);

impl FingerprintBuilder {
    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        self.0
            .update(u64_len(bytes).to_be_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn number(self, number: usize) -> Self {
        self.field(
            &u64::try_from(number)
                .unwrap_or(u64::MAX)
                .to_be_bytes(),
        )
    }

    pub(crate) fn flag(self, flag: bool) -> Self {
        self.field(&[u8::from(flag)])
    }

    pub(crate) fn build(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

fn u64_len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_run_into_each_other() {
        let one = Fingerprint::builder("k")
            .field(b"ab")
            .field(b"c")
            .build();
        let other = Fingerprint::builder("k")
            .field(b"a")
            .field(b"bc")
            .build();
        assert_ne!(one, other);
        assert_eq!(one.to_string().len(), 64);
    }
}
