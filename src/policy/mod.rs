//! What is accepted, and the verdict on a chain.

mod chain_policy;
mod chain_policy_builder;
mod client_auth;
mod identity;
mod limits;
mod rejection;
mod verified;

pub use chain_policy::ChainPolicy;
pub use chain_policy_builder::{ChainPolicyBuilder, PolicyError};
pub use client_auth::{CaNamesError, ClientAuthMode, ClientAuthPolicy, Passthrough};
pub use identity::ClientIdentity;
pub use limits::ChainLimits;
pub(crate) use rejection::name_text;
#[cfg(test)]
pub(crate) use rejection::one_of_each;
pub use rejection::{
    ChainFault, PresentedCertificate, ProfileFault, PurposeFault, Rejection, UntrustedCause,
};
pub use verified::VerifiedChain;
