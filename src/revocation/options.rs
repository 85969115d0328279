//! How a policy uses lists.

use core::time::Duration;

use super::{RevocationList, RevocationLists};
use crate::fingerprint::FingerprintBuilder;
use crate::x509::Time;

/// How a [`ChainPolicy`](crate::ChainPolicy) uses revocation lists.
///
/// | | default | else |
/// |---|---|---|
/// | whose status is asked for | every certificate of the path, the anchor not counted | [`depth`](Self::depth): the leaf alone |
/// | a status that is unknown | refused | [`on_unknown`](Self::on_unknown): allowed, or left to the host |
/// | a certificate that a list revokes | refused | [`leave_revoked_to_host`](Self::leave_revoked_to_host) |
/// | a list after its `nextUpdate` | no proof: unknown | [`allow_expired_lists`](Self::allow_expired_lists) |
/// | a list without `nextUpdate` | no proof: unknown | [`assume_next_update_after`](Self::assume_next_update_after) |
/// | a list before its `thisUpdate` | no proof: unknown | |
/// | a list without `cRLNumber` | the latest `thisUpdate` of its group is the newest | |
/// | a version 1 list | one without number, key identifier and scope: for all certificates of its issuer | |
///
/// A certificate that such a list holds is revoked all the same, though the list is no proof that
/// another is not.
///
/// A list applies to a certificate if
///
/// * its issuer has the name, octet for octet, of the certificate's issuer;
/// * its issuing distribution point, if any, is about such certificates: of users or CAs, and at one of
///   the names in the certificate's cRLDistributionPoints (where these cannot be read, or are more than
///   32, a list that is bound to a name may revoke the certificate, and does not prove it good);
/// * it is signed with a key of that name that is on the path, or of a certificate that was presented
///   beside it, which a key of the path signed and whose key usage has cRLSign (RFC 5280 section
///   6.3.3 (f)); a signer, anchors too, that has a key usage must have cRLSign in it; key identifiers,
///   where list and signer have them, are equal.
///
/// Of every group of lists that apply (the same issuer and scope, signed with the same key) the newest
/// decides. A certificate is revoked if any of these holds it; it is good if none does and one is proof.
#[derive(Clone, Debug)]
#[must_use]
pub struct Revocation {
    pub(super) lists: RevocationLists,
    pub(crate) depth: RevocationDepth,
    pub(crate) on_unknown: UnknownStatus,
    pub(crate) leaves_revoked_to_host: bool,
    allow_expired_lists: bool,
    next_update_after: Option<Duration>,
}

/// Whose status is asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RevocationDepth {
    /// The leaf's.
    Leaf,
    /// That of every certificate of the path below the anchor.
    Path,
}

/// What becomes of a certificate whose status is unknown.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum UnknownStatus {
    /// It is accepted; the verdict says so
    /// ([`VerifiedChain::revocation`](crate::VerifiedChain::revocation)).
    Allow,
    /// The host decides. The handshake goes on, for the client to prove possession, and
    /// [`identity`](crate::ClientCertVerifier::identity) refuses the client;
    /// [`identity_settling`](crate::ClientCertVerifier::identity_settling) asks the host's function.
    LeaveToHost,
    /// It is refused.
    Refuse,
}

impl Revocation {
    /// Uses `lists`, with the defaults above.
    pub fn new(lists: RevocationLists) -> Self {
        Self {
            lists,
            depth: RevocationDepth::Path,
            on_unknown: UnknownStatus::Refuse,
            leaves_revoked_to_host: false,
            allow_expired_lists: false,
            next_update_after: None,
        }
    }

    /// Sets whose status is asked for.
    pub fn depth(mut self, depth: RevocationDepth) -> Self {
        self.depth = depth;
        self
    }

    /// Sets what becomes of a certificate whose status is unknown.
    pub fn on_unknown(mut self, on_unknown: UnknownStatus) -> Self {
        self.on_unknown = on_unknown;
        self
    }

    /// Lets the host's function accept a certificate that a list revokes; otherwise it is refused. The
    /// handshake goes on then, and [`identity`](crate::ClientCertVerifier::identity), which asks nobody,
    /// refuses such a client; [`Edge`](crate::Edge) and
    /// [`identity_settling`](crate::ClientCertVerifier::identity_settling) ask. That a list revokes it
    /// stays in the verdict ([`RevocationStatus::Overridden`](crate::RevocationStatus::Overridden)), in the
    /// status header and in the record. What a [`DenyList`](crate::DenyList) holds is refused all the same.
    pub fn leave_revoked_to_host(mut self) -> Self {
        self.leaves_revoked_to_host = true;
        self
    }

    /// Takes a list after its `nextUpdate` as proof. Who was revoked since then is accepted.
    pub fn allow_expired_lists(mut self) -> Self {
        self.allow_expired_lists = true;
        self
    }

    /// Takes a list without `nextUpdate` as proof until so long after its `thisUpdate`.
    pub fn assume_next_update_after(mut self, age: Duration) -> Self {
        self.next_update_after = Some(age);
        self
    }

    /// The lists.
    pub fn lists(&self) -> &RevocationLists {
        &self.lists
    }

    /// Until when `list` is proof, if for some time at all.
    pub(super) fn next_update(&self, list: &RevocationList) -> Option<Time> {
        list.next_update().or_else(|| {
            let seconds = i64::try_from(self.next_update_after?.as_secs()).unwrap_or(i64::MAX);
            let this_update = list.this_update().unix_seconds();
            Some(Time::from_unix_seconds(this_update.saturating_add(seconds)))
        })
    }

    pub(super) fn allows_expired_lists(&self) -> bool {
        self.allow_expired_lists
    }

    pub(crate) fn add_to(&self, builder: FingerprintBuilder) -> FingerprintBuilder {
        let age = self
            .next_update_after
            .map(|age| age.as_secs().to_be_bytes());
        builder
            .field(self.lists.fingerprint().as_bytes())
            .field(format!("{:?}", self.depth).as_bytes())
            .field(format!("{:?}", self.on_unknown).as_bytes())
            .flag(self.leaves_revoked_to_host)
            .flag(self.allow_expired_lists)
            .field(age.as_ref().map_or(&[], |age| age))
    }
}

impl From<RevocationLists> for Revocation {
    fn from(lists: RevocationLists) -> Self {
        Self::new(lists)
    }
}
