//! Who clients are, for targets that forward them.

use std::sync::{Arc, LazyLock};

use edge_mtls::{
    CertChain, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts, Passthrough,
};
use rustls::crypto::ring::default_provider;

use crate::pki::{self, NOW};

static VERIFIERS: LazyLock<[Arc<ClientCertVerifier>; 3]> = LazyLock::new(|| {
    let policies: [ClientAuthPolicy; 3] = [
        ClientAuthPolicy::passthrough(),
        Passthrough::default()
            .advisory(pki::policy())
            .into(),
        ClientAuthPolicy::optional(pki::policy()),
    ];
    policies.map(|policy| ClientCertVerifier::new(policy, &default_provider()).expect("algorithms"))
});

/// The client that presented `chain`, in passthrough.
pub fn passthrough(chain: Option<CertChain>) -> Option<ClientIdentity> {
    identity(0, chain)
}

/// The same in passthrough, in passthrough with an advisory policy, or verified; `None` if it is
/// refused.
pub fn identity(mode: u8, chain: Option<CertChain>) -> Option<ClientIdentity> {
    let verifier = &VERIFIERS[usize::from(mode) % VERIFIERS.len()];
    verifier
        .identity(&HandshakeFacts::new(chain), NOW)
        .ok()
}

/// The certificates that are forwarded, the leaf first.
pub fn forwarded(identity: &ClientIdentity, with_anchor: bool) -> Option<CertChain> {
    match identity.verified() {
        Some(verified) => CertChain::from_der(
            verified.path().chain(
                verified
                    .anchor()
                    .filter(|_| with_anchor)
                    .map(|anchor| anchor.certificate().der()),
            ),
        ),
        None => identity.chain().cloned(),
    }
}
