//! A rustls verifier for one handshake, which keeps what it learns.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pki_types::{CertificateDer, UnixTime};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier as RustlsVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};

use super::sessions::{Source, bind};
use super::{ClientCertVerifier, HandshakeFacts, admit, distinguished_names, error, identify};
use crate::chain::CertChain;
use crate::fingerprint::Fingerprint;
use crate::policy::{
    ClientAuthMode, ClientAuthPolicy, ClientIdentity, PresentedCertificate, Rejection,
    VerifiedChain,
};
use crate::revocation::{OnUnknown, Settlement, Unsettled};
use crate::x509::{Certificate, Time};

/// A rustls verifier for one handshake, from
/// [`ClientCertVerifier::for_connection`](crate::ClientCertVerifier::for_connection).
///
/// It judges by the policy that was in force when it was made. It goes into a `ServerConfig` of its
/// own, and must not serve a second connection. The configurations of all connections share the
/// certificate resolver and, or no client can resume, `session_storage` and `ticketer`, bound by
/// [`bind_sessions`](Self::bind_sessions).
///
/// ```
/// # use std::sync::Arc;
/// # use edge_mtls::{ClientCertVerifier, ConnectionVerifier};
/// # use rustls::{ServerConfig, crypto::CryptoProvider, server::*};
/// struct Shared {
///     provider: Arc<CryptoProvider>,
///     certificate: Arc<dyn ResolvesServerCert>,
///     sessions: Arc<dyn StoresServerSessions>,
///     ticketer: Arc<dyn ProducesTickets>,
///     verifier: Arc<ClientCertVerifier>,
/// }
///
/// fn accept(shared: &Shared) -> Result<(ServerConfig, Arc<ConnectionVerifier>), rustls::Error> {
///     let handle = shared.verifier.for_connection();
///     let mut config = ServerConfig::builder_with_provider(shared.provider.clone())
///         .with_safe_default_protocol_versions()?
///         .with_client_cert_verifier(handle.clone())
///         .with_cert_resolver(shared.certificate.clone());
///     config.session_storage = shared.sessions.clone();
///     config.ticketer = shared.ticketer.clone();
///     handle.bind_sessions(&mut config, "clients");
///     // When the handshake fails: `handle.refusal(&error)`; when it is finished: `handle.identity`.
///     Ok((config, handle))
/// }
/// ```
pub struct ConnectionVerifier {
    verifier: Arc<ClientCertVerifier>,
    mode: ClientAuthMode,
    anchors: Option<Fingerprint>,
    ca_names: Vec<DistinguishedName>,
    seen: Mutex<Seen>,
}

/// What this handshake has shown so far.
struct Seen {
    /// The policy that it is under. Let go once it is finished: a connection can live longer than lists
    /// and trust stores that were replaced.
    policy: Option<Arc<ClientAuthPolicy>>,
    chain: Option<CertChain>,
    /// The verdict on it, before possession is proven.
    admitted: Option<VerifiedChain>,
    rejection: Option<Rejection>,
    proof: Option<Proof>,
    /// Until when the first verdict holds, for the sessions that begin with it.
    first_holds_until: Option<Time>,
}

/// A verdict on a client that has proven possession.
struct Proof {
    /// Whose address cannot become another policy's as long as this is here.
    policy: Weak<ClientAuthPolicy>,
    verified: VerifiedChain,
}

impl ConnectionVerifier {
    pub(super) fn new(verifier: Arc<ClientCertVerifier>, policy: Arc<ClientAuthPolicy>) -> Self {
        Self {
            verifier,
            mode: policy.mode(),
            anchors: policy
                .chain_policy()
                .map(|policy| policy.trust_store().fingerprint()),
            ca_names: distinguished_names(&policy),
            seen: Mutex::new(Seen {
                policy: Some(policy),
                chain: None,
                admitted: None,
                rejection: None,
                proof: None,
                first_holds_until: None,
            }),
        }
    }

    /// Who the client of the finished handshake is, by the policy in force now.
    ///
    /// As [`ClientCertVerifier::identity`], but a verified chain is not judged again while this very
    /// policy has judged it on this very connection and its dates still hold: it can be asked for
    /// every request. An advisory policy of passthrough judges each time.
    ///
    /// # Errors
    ///
    /// As [`ClientCertVerifier::identity`].
    pub fn identity(
        &self,
        facts: &HandshakeFacts,
        now: UnixTime,
    ) -> Result<ClientIdentity, Rejection> {
        self.identify(&self.verifier.policy(), facts, now, &mut OnUnknown::Refuse)
    }

    /// The same, and asks `settle` about each certificate whose status the revocation lists do not
    /// say, if the policy leaves that to the host; see
    /// [`ClientCertVerifier::identity_settling`]. It judges, and asks, each time: how long an answer
    /// holds is the host's to know.
    ///
    /// # Errors
    ///
    /// As [`ClientCertVerifier::identity_settling`].
    pub fn identity_settling(
        &self,
        facts: &HandshakeFacts,
        now: UnixTime,
        mut settle: impl FnMut(Unsettled<'_>) -> Settlement,
    ) -> Result<ClientIdentity, Rejection> {
        let mut on_unknown = OnUnknown::Ask(&mut settle);
        self.identify(&self.verifier.policy(), facts, now, &mut on_unknown)
    }

    /// Binds the sessions of `config`, the one that this handle goes into, to the policy and the verdict:
    /// a session is found again only under the same mode, the same `policy_name` and the same anchors,
    /// and only while the verdict holds that it began with; its renewals, too. Otherwise the client gets a
    /// full handshake.
    ///
    /// `session_storage`, `ticketer` and `time_provider` must be set before; machines and configurations can
    /// share them. Early data, and answers before the client has proven who it is, are switched off. A
    /// resumed client is judged by [`identity`](Self::identity) all the same: a revocation since is refused
    /// there.
    pub fn bind_sessions(self: &Arc<Self>, config: &mut ServerConfig, policy_name: &str) {
        let source = Source::Connection {
            handle: self.clone(),
            resumed_until: Mutex::new(None),
        };
        bind(config, policy_name, source);
    }

    /// Why the handshake was refused, given the error that rustls ended it with; `None` if the
    /// client's certificate was not the reason.
    pub fn refusal(&self, error: &Error) -> Option<Rejection> {
        match error {
            Error::NoCertificatesPresented => Some(Rejection::Missing),
            _ => self.seen().rejection.clone(),
        }
    }

    /// The chain that a refused client presented, for the log: nothing about it is proven. `None`
    /// unless [`refusal`](Self::refusal) has a reason.
    pub fn refused_chain(&self) -> Option<CertChain> {
        let seen = self.seen();
        seen.rejection
            .as_ref()
            .and(seen.chain.as_ref())
            .cloned()
    }

    /// Who the client is by `policy`, from the proof where there is one.
    pub(crate) fn identify(
        &self,
        policy: &Arc<ClientAuthPolicy>,
        facts: &HandshakeFacts,
        now: UnixTime,
        on_unknown: &mut OnUnknown<'_>,
    ) -> Result<ClientIdentity, Rejection> {
        if facts.is_complete() {
            self.seen().policy = None;
        }
        if let Some(verified) = self.proven(policy, facts, now) {
            return Ok(ClientIdentity::Verified { verified });
        }
        let identity = identify(policy, facts, now, on_unknown)?;
        if let (ClientIdentity::Verified { verified }, OnUnknown::Refuse) = (&identity, on_unknown)
        {
            self.seen().proof = Some(Proof {
                policy: Arc::downgrade(policy),
                verified: verified.clone(),
            });
        }
        Ok(identity)
    }

    /// The policy that this handshake is under, until it is finished.
    #[cfg(feature = "http")]
    pub(crate) fn pinned_policy(&self) -> Option<Arc<ClientAuthPolicy>> {
        self.seen().policy.clone()
    }

    /// The mode, and the anchors, of that policy.
    pub(super) fn scope(&self) -> (ClientAuthMode, Option<Fingerprint>) {
        (self.mode, self.anchors)
    }

    /// Until when the verdict holds that this connection began with, if it has one.
    pub(super) fn proven_until(&self) -> Option<Time> {
        self.seen().first_holds_until
    }

    /// The verdict of this connection, if it is the one that would be given again.
    fn proven(
        &self,
        policy: &Arc<ClientAuthPolicy>,
        facts: &HandshakeFacts,
        now: UnixTime,
    ) -> Option<VerifiedChain> {
        let mut seen = self.seen();
        let is_of_this_policy =
            |proof: &mut Proof| core::ptr::eq(proof.policy.as_ptr(), Arc::as_ptr(policy));
        // One of another policy is of no use any more.
        let proof = seen
            .proof
            .take_if(|proof| !is_of_this_policy(proof));
        drop(proof);
        let proof = seen.proof.as_ref()?;
        let holds = facts.is_complete()
            && facts.chain() == Some(proof.verified.chain())
            && proof.verified.covers(now);
        holds.then(|| proof.verified.clone())
    }

    fn prove(
        &self,
        result: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let mut seen = self.seen();
        match &result {
            Ok(_) => {
                seen.proof = seen
                    .admitted
                    .take()
                    .zip(seen.policy.as_ref())
                    .map(|(verified, policy)| Proof {
                        policy: Arc::downgrade(policy),
                        verified,
                    });
                seen.first_holds_until = seen
                    .proof
                    .as_ref()
                    .map(|proof| proof.verified.holds_until());
            }
            Err(_) => {
                let leaf = seen
                    .chain
                    .as_ref()
                    .map_or(&[][..], CertChain::leaf_der);
                let certificate = PresentedCertificate::new(0, &Certificate::describe(leaf));
                seen.rejection = Some(Rejection::PossessionUnproven { certificate });
            }
        }
        result
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl RustlsVerifier for ConnectionVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        self.mode == ClientAuthMode::Required
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
        let pinned = self.seen().policy.clone();
        let policy = pinned.unwrap_or_else(|| self.verifier.policy());
        let admitted = admit(&policy, end_entity, intermediates, now);
        let chain = CertChain::behind(end_entity, intermediates);
        let (verdict, rejection) = match (admitted, policy.chain_policy()) {
            // A status that is left for later is no verdict.
            (Ok(Some(path)), Some(policy)) if !path.is_provisional => {
                (Some(policy.verified(chain.clone(), path, now)), None)
            }
            (Ok(_), _) => (None, None),
            (Err(rejection), _) => (None, Some(rejection)),
        };
        *self.seen() = Seen {
            policy: Some(policy),
            chain: Some(chain),
            admitted: verdict,
            rejection: rejection.clone(),
            proof: None,
            first_holds_until: None,
        };
        match rejection {
            None => Ok(ClientCertVerified::assertion()),
            Some(rejection) => Err(error::refuse(rejection)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.prove(
            self.verifier
                .verify_tls12_signature(message, cert, dss),
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.prove(
            self.verifier
                .verify_tls13_signature(message, cert, dss),
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

impl fmt::Debug for ConnectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionVerifier")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
