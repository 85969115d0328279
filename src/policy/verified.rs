//! A chain that a policy accepted.

use core::fmt;
use std::sync::Arc;

use pki_types::UnixTime;

use crate::chain::CertChain;
use crate::fingerprint::Fingerprint;
use crate::path::Path;
use crate::revocation::RevocationStatus;
use crate::trust_store::TrustAnchor;
use crate::x509::{Certificate, Time};

/// A chain that a [`ChainPolicy`](crate::ChainPolicy) accepted: the path used, the anchor at its
/// end, and until when it holds. The path of a [pinned](crate::TrustStoreBuilder::pin_der) leaf is that
/// leaf alone, without an anchor.
///
/// Only [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) makes one. It says what was true
/// at one instant under one policy; that the client has the leaf's private key is what the
/// handshake proves. A clone shares everything.
#[derive(Clone)]
pub struct VerifiedChain {
    inner: Arc<Inner>,
}

struct Inner {
    chain: CertChain,
    path: Path,
    policy: Fingerprint,
    judged_at: UnixTime,
}

impl VerifiedChain {
    pub(crate) fn new(
        chain: CertChain,
        path: Path,
        policy: Fingerprint,
        judged_at: UnixTime,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                chain,
                path,
                policy,
                judged_at,
            }),
        }
    }

    /// The chain as presented, with what the path does not use.
    pub fn chain(&self) -> &CertChain {
        &self.inner.chain
    }

    /// The view of the leaf.
    pub fn leaf(&self) -> Certificate<'_> {
        Certificate::describe(self.inner.chain.leaf_der())
    }

    /// The DER of each certificate of the path: the leaf, then each issuer of the one before. The
    /// anchor is not among them.
    pub fn path(&self) -> impl Iterator<Item = &[u8]> {
        self.inner
            .path
            .certificates
            .iter()
            .filter_map(|index| {
                self.inner
                    .chain
                    .certificates()
                    .nth(*index)
            })
    }

    /// The anchor at the end of the path; `None` if the leaf is pinned, which needs none.
    pub fn anchor(&self) -> Option<TrustAnchor<'_>> {
        self.inner
            .path
            .anchor
            .as_deref()
            .map(TrustAnchor::new)
    }

    /// What is known of the revocation of each certificate of the [path](Self::path), in its order.
    pub fn revocation(&self) -> impl ExactSizeIterator<Item = &RevocationStatus> {
        self.inner.path.statuses.iter()
    }

    /// The word for the worst status that is not what a list says: `overridden`, then `unknown`, then
    /// `settled`. `None` if every status that was asked for is proven.
    #[cfg(feature = "http")]
    pub(crate) fn unproven_revocation(&self) -> Option<&'static str> {
        ["overridden", "unknown", "settled"]
            .into_iter()
            .find(|word| {
                self.revocation()
                    .any(|status| status.word() == *word)
            })
    }

    /// The last instant at which each certificate of the path is valid, and the anchor, or the pinned
    /// leaf, unless the policy allows expired ones; and at which the revocation lists that say so are proof.
    /// `9999-12-31T23:59:59Z` where the policy ignores all of these dates.
    pub fn holds_until(&self) -> Time {
        self.inner.path.holds_until
    }

    /// The instant of the verdict.
    pub fn judged_at(&self) -> UnixTime {
        self.inner.judged_at
    }

    /// The fingerprint of the policy that gave the verdict.
    pub fn policy_fingerprint(&self) -> Fingerprint {
        self.inner.policy
    }

    /// Whether another verdict says the same of the same path.
    #[cfg(feature = "http")]
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        let statuses = |verdict: &Self| -> Vec<&str> {
            verdict
                .revocation()
                .map(RevocationStatus::word)
                .collect()
        };
        self.path().eq(other.path())
            && self.anchor().map(|anchor| anchor.der())
                == other
                    .anchor()
                    .map(|anchor| anchor.der())
            && statuses(self) == statuses(other)
    }

    /// Whether the dates that the verdict rests on still hold at `now`.
    pub(crate) fn covers(&self, now: UnixTime) -> bool {
        self.inner.judged_at <= now && Time::from(now) <= self.inner.path.holds_until
    }
}

impl fmt::Debug for VerifiedChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedChain")
            .field("leaf", &self.leaf())
            .field("anchor", &self.anchor())
            .field("path", &self.inner.path.certificates)
            .field("holds_until", &format_args!("{}", self.holds_until()))
            .finish_non_exhaustive()
    }
}
