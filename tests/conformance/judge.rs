//! The verdicts of the crate.

use core::fmt;
use std::sync::Arc;

use edge_mtls::{
    ChainPolicy, PolicyError, Rejection, Revocation, RevocationLists, RevocationListsError,
    TrustStore, TrustStoreError, VerifiedChain,
};
use rustls::crypto::CryptoProvider;

use crate::case::Case;

/// Whether the policy demands the profile of RFC 5280.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    Demanded,
    NotDemanded,
}

/// What the policy of a case is made with, beside the case.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    pub profile: Profile,
    pub provider: &'a Arc<CryptoProvider>,
}

/// Why a chain is refused, or why there is no policy that could accept it.
pub enum Refusal {
    Anchors(TrustStoreError),
    Lists(RevocationListsError),
    Policy(PolicyError),
    Chain(Rejection),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anchors(error) => write!(f, "no anchor: {error}"),
            Self::Lists(error) => write!(f, "no list: {error}"),
            Self::Policy(error) => write!(f, "no policy: {error}"),
            Self::Chain(rejection) => write!(f, "{}: {rejection}", rejection.code()),
        }
    }
}

impl Judge<'_> {
    pub fn with_profile(self) -> Self {
        Self {
            profile: Profile::Demanded,
            ..self
        }
    }

    pub fn verdict(self, case: &Case) -> Result<VerifiedChain, Refusal> {
        self.policy(case)?
            .evaluate(&case.chain, case.now)
            .map_err(Refusal::Chain)
    }

    /// A policy with the defaults for all but the profile. What does not load is not there.
    pub fn policy(self, case: &Case) -> Result<ChainPolicy, Refusal> {
        let anchors = case
            .anchors
            .iter()
            .fold(TrustStore::builder(), |anchors, anchor| anchors.der(anchor));
        let (anchors, _) = anchors
            .build_with_report()
            .map_err(Refusal::Anchors)?;
        let mut builder = crate::support::pki::builder(anchors);
        if self.profile == Profile::Demanded {
            builder = builder.require_rfc5280_profile();
        }
        if !case.lists.is_empty() {
            let lists = case
                .lists
                .iter()
                .fold(RevocationLists::builder(), |lists, list| lists.der(list));
            let (lists, _) = lists
                .build_with_report()
                .map_err(Refusal::Lists)?;
            builder = builder.revocation(Revocation::new(lists));
        }
        let algorithms = self
            .provider
            .signature_verification_algorithms
            .all;
        builder
            .build(algorithms)
            .map_err(Refusal::Policy)
    }
}
