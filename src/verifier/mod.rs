//! The rustls adapter: the one place that names rustls, but for the handshake that `edge` begins.

mod connection;
mod error;
mod facts;
mod possession;
mod sessions;

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub use connection::ConnectionVerifier;
pub use error::{ReplaceError, VerifierError};
pub use facts::{HandshakeFacts, Resumption};
use pki_types::{CertificateDer, UnixTime};
use possession::Possession;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier as RustlsVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
pub use sessions::{ConfigFault, check_config, forbid_resumption};
use sessions::{Source, bind};

use crate::path::Path;
use crate::policy::{ClientAuthMode, ClientAuthPolicy, ClientIdentity, Rejection};
use crate::revocation::{OnUnknown, Settlement, Unsettled};

/// A rustls `ClientCertVerifier` that enforces a [`ClientAuthPolicy`], and can be given another
/// while it is in use.
///
/// There are two ways to plug it in:
///
/// * **Shared**: the verifier itself goes into one `ServerConfig`. The client gets the right alert;
///   rustls keeps nothing of a refused certificate but its error.
/// * **For a connection**: [`for_connection`](Self::for_connection) gives a rustls verifier for one
///   handshake, which keeps what was presented and why it was refused, and whose
///   [`identity`](ConnectionVerifier::identity) verifies no signature twice.
///
/// rustls does not ask a verifier when a client resumes a session: who a client is, on every
/// connection, is what [`identity`](Self::identity) says after the handshake, not that the
/// handshake succeeded.
///
/// ```
/// use edge_mtls::{ClientAuthPolicy, ClientCertVerifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
/// let verifier = ClientCertVerifier::new(ClientAuthPolicy::passthrough(), &provider)?;
/// let config = rustls::ServerConfig::builder_with_provider(provider)
///     .with_safe_default_protocol_versions()?
///     .with_client_cert_verifier(verifier.clone());
/// # let _ = config;
/// # Ok(())
/// # }
/// ```
pub struct ClientCertVerifier {
    policy: RwLock<Arc<ClientAuthPolicy>>,
    /// How often the policy was replaced; written while the lock is held for writing.
    replaced: AtomicUsize,
    possession: Possession,
    /// rustls borrows these for as long as the verifier lives, so a replacement cannot change them.
    ca_names: Vec<DistinguishedName>,
}

impl ClientCertVerifier {
    /// A verifier that enforces `policy`, with the signature algorithms of `provider` for the
    /// handshake.
    ///
    /// # Errors
    ///
    /// [`VerifierError::NoAlgorithms`] if the provider has no signature scheme.
    pub fn new(
        policy: ClientAuthPolicy,
        provider: &CryptoProvider,
    ) -> Result<Arc<Self>, VerifierError> {
        Ok(Arc::new(Self {
            possession: Possession::new(provider.signature_verification_algorithms)?,
            ca_names: distinguished_names(&policy),
            policy: RwLock::new(Arc::new(policy)),
            replaced: AtomicUsize::new(0),
        }))
    }

    /// The same with the process-wide provider.
    ///
    /// # Errors
    ///
    /// [`VerifierError::NoProvider`] if none is installed; also as [`new`](Self::new).
    pub fn with_default_provider(policy: ClientAuthPolicy) -> Result<Arc<Self>, VerifierError> {
        let provider = CryptoProvider::get_default().ok_or(VerifierError::NoProvider)?;
        Self::new(policy, provider)
    }

    /// A rustls verifier for one handshake, bound to the policy in force now.
    ///
    /// Its CA names are those of that policy, so they follow a replacement.
    pub fn for_connection(self: &Arc<Self>) -> Arc<ConnectionVerifier> {
        Arc::new(ConnectionVerifier::new(self.clone(), self.policy()))
    }

    /// Who the client of a finished handshake is, by the policy in force now.
    ///
    /// It judges the chain anew, whether rustls did or, on a resumed session, did not.
    ///
    /// # Errors
    ///
    /// The [`Rejection`]; in required mode [`Rejection::Missing`] for a client without a
    /// certificate, [`Rejection::HandshakeIncomplete`] while the handshake is going on,
    /// [`Rejection::RevocationUnknown`] for a status that is left to the host. The host then closes the
    /// connection, or answers with [`Rejection::http_status`].
    pub fn identity(
        &self,
        facts: &HandshakeFacts,
        now: UnixTime,
    ) -> Result<ClientIdentity, Rejection> {
        identify(&self.policy(), facts, now, &mut OnUnknown::Refuse)
    }

    /// The same, and asks `settle` about each certificate whose status the revocation lists do not
    /// say, if the policy leaves that to the host
    /// ([`UnknownStatus::LeaveToHost`](crate::UnknownStatus::LeaveToHost)); see
    /// [`ChainPolicy::evaluate_settling`](crate::ChainPolicy::evaluate_settling).
    ///
    /// # Errors
    ///
    /// As [`identity`](Self::identity); [`Rejection::Revoked`] or [`Rejection::RevocationUnknown`] as
    /// `settle` says.
    pub fn identity_settling(
        &self,
        facts: &HandshakeFacts,
        now: UnixTime,
        mut settle: impl FnMut(Unsettled<'_>) -> Settlement,
    ) -> Result<ClientIdentity, Rejection> {
        identify(&self.policy(), facts, now, &mut OnUnknown::Ask(&mut settle))
    }

    /// Binds the sessions of `config`, which this verifier goes into, to its policy: a session is found
    /// again only under the same mode, the same `policy_name` and the same anchors; otherwise the client
    /// gets a full handshake. Until when a client's verdict holds cannot be known here, as it is by
    /// [`ConnectionVerifier::bind_sessions`]: whose certificate has expired since resumes, and is refused
    /// by [`identity`](Self::identity).
    ///
    /// `session_storage`, `ticketer` and `time_provider` must be set before; machines and configurations can
    /// share them. Early data, and answers before the client has proven who it is, are switched off.
    pub fn bind_sessions(self: &Arc<Self>, config: &mut ServerConfig, policy_name: &str) {
        bind(config, policy_name, Source::Shared(self.clone()));
    }

    /// Puts another policy in force, for every handshake that begins and every identity that is
    /// asked for from now on. Handshakes that are going on finish under the one or the other;
    /// [`identity`](Self::identity) decides.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::CaNames`] if `policy` advertises other CA names, which a shared verifier
    /// cannot change; the old policy then stays in force.
    pub fn replace(&self, policy: ClientAuthPolicy) -> Result<(), ReplaceError> {
        let same_names = policy
            .ca_names()
            .iter()
            .map(Vec::as_slice)
            .eq(self.ca_names.iter().map(AsRef::as_ref));
        if !same_names {
            return Err(ReplaceError::CaNames);
        }
        self.replace_with_ca_names(policy);
        Ok(())
    }

    /// The same for hosts that use [`for_connection`](Self::for_connection) alone: CA names follow
    /// the policy. A shared verifier goes on advertising those that it was built with.
    pub fn replace_with_ca_names(&self, policy: ClientAuthPolicy) {
        let policy = Arc::new(policy);
        let mut in_force = self
            .policy
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let old = core::mem::replace(&mut *in_force, policy);
        self.replaced
            .fetch_add(1, Ordering::Release);
        drop(in_force);
        // Outside the lock: a policy can be large.
        drop(old);
    }

    /// How often the policy was replaced: as long as this is the same, so is the policy.
    #[cfg(feature = "http")]
    pub(crate) fn replaced(&self) -> usize {
        self.replaced.load(Ordering::Acquire)
    }

    /// The policy in force, and how often it was replaced before.
    #[cfg(feature = "http")]
    pub(crate) fn in_force(&self) -> (Arc<ClientAuthPolicy>, usize) {
        let policy = self
            .policy
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        (policy.clone(), self.replaced())
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<ClientAuthPolicy> {
        self.policy
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl RustlsVerifier for ClientCertVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        is_mandatory(&self.policy())
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.ca_names
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        admit(&self.policy(), end_entity, intermediates, now)
            .map(|_| ClientCertVerified::assertion())
            .map_err(error::refuse)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.possession
            .verify_tls12(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.possession
            .verify_tls13(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.possession.schemes()
    }
}

impl fmt::Debug for ClientCertVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertVerifier")
            .field("policy", &self.policy())
            .finish_non_exhaustive()
    }
}

pub(crate) fn identify(
    policy: &ClientAuthPolicy,
    facts: &HandshakeFacts,
    now: UnixTime,
    on_unknown: &mut OnUnknown<'_>,
) -> Result<ClientIdentity, Rejection> {
    match facts.is_complete() {
        true => policy.identify(facts.chain(), now, on_unknown),
        false => Err(Rejection::HandshakeIncomplete),
    }
}

fn is_mandatory(policy: &ClientAuthPolicy) -> bool {
    policy.mode() == ClientAuthMode::Required
}

fn distinguished_names(policy: &ClientAuthPolicy) -> Vec<DistinguishedName> {
    policy
        .ca_names()
        .iter()
        .cloned()
        .map(DistinguishedName::from)
        .collect()
}

/// Judges what was presented, before possession is proven. The count is checked before anything is
/// made of the certificates.
fn admit(
    policy: &ClientAuthPolicy,
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    now: UnixTime,
) -> Result<Option<Path>, Rejection> {
    policy
        .limits()
        .check_count(intermediates.len().saturating_add(1))?;
    let certificates: Vec<&[u8]> = core::iter::once(end_entity)
        .chain(intermediates)
        .map(AsRef::as_ref)
        .collect();
    policy.admit(&certificates, now)
}
