//! Building a chain policy.

use pki_types::SignatureVerificationAlgorithm;
use thiserror::Error;

use super::ChainLimits;
use super::chain_policy::{ChainPolicy, Inner};
use crate::fingerprint::Fingerprint;
use crate::path::Rules;
use crate::revocation::{DenyList, Revocation};
use crate::signature_cache::{Facts, SignatureCache};
use crate::trust_store::TrustStore;

/// Builds a [`ChainPolicy`].
#[derive(Debug)]
#[must_use]
pub struct ChainPolicyBuilder {
    trust_store: TrustStore,
    limits: ChainLimits,
    rules: Rules,
    revocation: Option<Revocation>,
    deny: DenyList,
    signature_cache: Option<SignatureCache>,
}

impl ChainPolicyBuilder {
    pub(super) fn new(trust_store: TrustStore) -> Self {
        Self {
            trust_store,
            limits: ChainLimits::default(),
            rules: Rules::default(),
            revocation: None,
            deny: DenyList::default(),
            signature_cache: None,
        }
    }

    /// Sets the limits on a presented chain; [`ChainLimits::default`] otherwise.
    pub fn limits(mut self, limits: ChainLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Accepts paths to an anchor that has expired, or is not valid yet. The other
    /// certificates' periods are judged all the same.
    pub fn allow_expired_anchors(mut self) -> Self {
        self.rules.allow_expired_anchors = true;
        self
    }

    /// Accepts [pinned](crate::TrustStoreBuilder::pin_der) leaves that have expired, or are not valid
    /// yet; all other certificates' periods are judged all the same.
    pub fn allow_expired_pinned_leaves(mut self) -> Self {
        self.rules.allow_expired_pinned_leaves = true;
        self
    }

    /// Ignores notBefore and notAfter of every certificate of a path, as CloudFront's
    /// `IgnoreCertificateExpiry` does; all else is checked. Not those of the anchor, for which
    /// [`allow_expired_anchors`](Self::allow_expired_anchors) is there, nor those of revocation lists and
    /// of certificates that sign them.
    ///
    /// There must be one instant at which all certificates of the path are valid, however long ago, since
    /// webpki judges at one; otherwise the chain is refused
    /// ([`ChainFault::NoCommonInstant`](crate::ChainFault::NoCommonInstant)).
    pub fn ignore_expiry(mut self) -> Self {
        self.rules.ignore_expiry = true;
        self
    }

    /// Demands that the leaf has an extended key usage with clientAuth; otherwise one without any
    /// extended key usage may be used for everything (RFC 5280 section 4.2.1.12).
    pub fn require_client_auth_eku(mut self) -> Self {
        self.rules.require_client_auth_eku = true;
        self
    }

    /// Demands of every certificate of a path, the anchor included, what RFC 5280 section 4 demands of
    /// those who issue them, as `-x509_strict` of `openssl verify` does: key identifiers, serial numbers of
    /// 1 to 20 octets that are positive, critical basicConstraints and other constraints, DNS names of the
    /// preferred syntax; [`ProfileFault`](crate::ProfileFault) lists it all. Constraints on policies have to
    /// be critical by it, and are then refused, since nobody here enforces them.
    ///
    /// Off by default, since none of it makes a path more certain, and private CAs often leave it out:
    /// without an authority key identifier, say, a signature holds all the same.
    pub fn require_rfc5280_profile(mut self) -> Self {
        self.rules.require_rfc5280_profile = true;
        self
    }

    /// Asks revocation lists for the status of certificates: a [`Revocation`], or
    /// [`RevocationLists`](crate::RevocationLists) with its defaults. Nothing is asked unless called.
    pub fn revocation(mut self, revocation: impl Into<Revocation>) -> Self {
        self.revocation = Some(revocation.into());
        self
    }

    /// Refuses what is on `deny`, on any path and whatever any list says.
    pub fn deny(mut self, deny: DenyList) -> Self {
        self.deny = deny;
        self
    }

    /// Remembers signatures that were valid, in a cache of this policy's own or one that others share; none
    /// is remembered unless called. It changes no verdict.
    ///
    /// [`ChainPolicy::with_revocation`] and [`ChainPolicy::with_deny_list`] keep it; a host that builds a new
    /// policy for a new trust store passes a clone on.
    pub fn signature_cache(mut self, cache: SignatureCache) -> Self {
        self.signature_cache = Some(cache);
        self
    }

    /// Builds the policy with the signature algorithms that may be on a path, as
    /// `CryptoProvider::signature_verification_algorithms.all` has them.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] if there is no algorithm, or a limit under which no chain could hold or
    /// over what webpki takes.
    pub fn build(
        self,
        algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    ) -> Result<ChainPolicy, PolicyError> {
        if algorithms.is_empty() {
            return Err(PolicyError::NoAlgorithms);
        }
        let ChainLimits {
            max_certificates,
            max_bytes,
        } = self.limits;
        if !(1..=ChainLimits::MOST_CERTIFICATES).contains(&max_certificates) {
            return Err(PolicyError::MaxCertificates { max_certificates });
        }
        if max_bytes == 0 {
            return Err(PolicyError::MaxBytes);
        }
        Ok(ChainPolicy::from(Inner {
            trust_store: self.trust_store,
            algorithms,
            facts: self
                .signature_cache
                .map(|cache| Facts::new(cache, algorithms)),
            limits: self.limits,
            rules: self.rules,
            revocation: self.revocation,
            deny: self.deny,
            fingerprint: Fingerprint::builder("").build(),
        }))
    }
}

/// Why a [`ChainPolicy`] cannot be built.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PolicyError {
    /// `max_bytes` is 0.
    #[error("`max_bytes` is 0: every chain would be too large; the default is 32,768")]
    MaxBytes,

    /// `max_certificates` is out of range.
    #[error(
        "`max_certificates` is {max_certificates}; it must be from 1 to {most}, the longest path \
         that webpki takes",
        most = ChainLimits::MOST_CERTIFICATES
    )]
    MaxCertificates {
        /// The value.
        max_certificates: usize,
    },

    /// There is no signature algorithm.
    #[error(
        "there is no signature algorithm; pass \
         `CryptoProvider::signature_verification_algorithms.all`"
    )]
    NoAlgorithms,
}
