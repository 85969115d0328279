//! Sessions that can only be resumed where, and as long as, the verdict behind them holds.

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::server::{NoServerSessionStorage, ProducesTickets, StoresServerSessions};
use rustls::time_provider::TimeProvider;
use thiserror::Error;

use super::{ClientCertVerifier, ConnectionVerifier};
use crate::fingerprint::Fingerprint;
use crate::policy::ClientAuthMode;
use crate::x509::Time;

/// What makes a `ServerConfig` unsafe for client authentication.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ConfigFault {
    /// Requests can arrive before the client has proven anything (RFC 8446 section 2.3).
    #[error(
        "`max_early_data_size` is {bytes}: requests could arrive, and be replayed, before the client has \
         proven who it is; set it to 0"
    )]
    EarlyData {
        /// Its value.
        bytes: u32,
    },

    /// The server may send before the client has proven anything.
    #[error(
        "`send_half_rtt_data` is on: the server could answer before the client has proven who it is; \
         switch it off"
    )]
    HalfRttData,

    /// Sessions are stored for whoever shares the storage, under whatever policy.
    #[error(
        "`session_storage` keeps sessions that are bound to no policy: one of a lax policy could be \
         resumed under a strict one; use `bind_sessions`, or `NoServerSessionStorage`"
    )]
    UnboundStorage,

    /// The same of tickets.
    #[error(
        "`ticketer` makes tickets that are bound to no policy: one of a lax policy could be resumed under \
         a strict one; use `bind_sessions`, or leave it out"
    )]
    UnboundTickets,
}

/// What is unsafe about `config`, if it has a verifier of this crate: sessions that are bound to no
/// policy, early data, and answers before the client has proven who it is.
///
/// [`identity`](ClientCertVerifier::identity) refuses whom the policy does not accept all the same; a
/// safe configuration spares such a client an error, and gives it a full handshake.
pub fn check_config(config: &ServerConfig) -> Vec<ConfigFault> {
    let mut faults = Vec::new();
    if config.max_early_data_size > 0 {
        faults.push(ConfigFault::EarlyData {
            bytes: config.max_early_data_size,
        });
    }
    if config.send_half_rtt_data {
        faults.push(ConfigFault::HalfRttData);
    }
    let storage = &config.session_storage;
    if storage.can_cache() && storage.get(PROBE).as_deref() != Some(BOUND) {
        faults.push(ConfigFault::UnboundStorage);
    }
    let ticketer = &config.ticketer;
    if ticketer.enabled() && ticketer.decrypt(PROBE).as_deref() != Some(BOUND) {
        faults.push(ConfigFault::UnboundTickets);
    }
    faults
}

/// Asked for this, what is bound answers [`BOUND`]: rustls does not show what it was given. No ticketer
/// makes such a ticket, and a session identifier has 32 octets at most.
const PROBE: &[u8] = b"edge-mtls: are these sessions bound to a policy?";

/// Nothing: a client can send the question as its ticket, and must get no session for it.
const BOUND: &[u8] = &[];

/// Switches resumption off in `config`, and early data with it: every client does a full handshake.
pub fn forbid_resumption(config: &mut ServerConfig) {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = Arc::new(NoTickets);
    config.send_tls13_tickets = 0;
    only_proven(config);
}

/// Binds the sessions of `config` to the policy of a verifier.
pub(super) fn bind(config: &mut ServerConfig, policy_name: &str, source: Source) {
    let binding = Arc::new(Binding {
        source,
        policy_name: policy_name.to_owned(),
        clock: config.time_provider.clone(),
    });
    config.session_storage = Arc::new(BoundStorage {
        inner: config.session_storage.clone(),
        binding: binding.clone(),
    });
    config.ticketer = Arc::new(BoundTickets {
        inner: config.ticketer.clone(),
        binding,
    });
    only_proven(config);
}

/// Nothing before the client has proven who it is.
fn only_proven(config: &mut ServerConfig) {
    config.max_early_data_size = 0;
    config.send_half_rtt_data = false;
}

/// Whose policy, and whose verdict.
pub(super) enum Source {
    Connection {
        handle: Arc<ConnectionVerifier>,
        /// Of the session that this connection resumed: its new ones hold no longer.
        resumed_until: Mutex<Option<Time>>,
    },
    /// Of many connections, which cannot be told apart here.
    Shared(Arc<ClientCertVerifier>),
}

impl Source {
    /// The mode, and the anchors of the policy.
    fn scope(&self) -> (ClientAuthMode, Option<Fingerprint>) {
        match self {
            Self::Connection { handle, .. } => handle.scope(),
            Self::Shared(verifier) => {
                let policy = verifier.policy();
                let anchors = policy
                    .chain_policy()
                    .map(|policy| policy.trust_store().fingerprint());
                (policy.mode(), anchors)
            }
        }
    }

    /// Until when the verdict of this connection holds, if there is one and it is known.
    fn holds_until(&self) -> Option<Time> {
        match self {
            Self::Connection {
                handle,
                resumed_until,
            } => handle.proven_until().or_else(|| {
                *resumed_until
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
            }),
            Self::Shared(_) => None,
        }
    }

    fn resumes(&self, until: Time) {
        if let Self::Connection { resumed_until, .. } = self {
            *resumed_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
    }
}

struct Binding {
    source: Source,
    policy_name: String,
    clock: Arc<dyn TimeProvider>,
}

/// The octets before a session: its scope, and the last second in which it can be resumed.
const PREFIX: usize = 32 + 8;

impl Binding {
    /// The session with its scope and its time in front.
    fn seal(&self, session: &[u8]) -> Vec<u8> {
        let until = self
            .source
            .holds_until()
            .map_or(i64::MAX, Time::unix_seconds);
        let mut sealed = Vec::with_capacity(PREFIX + session.len());
        sealed.extend_from_slice(self.scope().as_bytes());
        sealed.extend_from_slice(&until.to_be_bytes());
        sealed.extend_from_slice(session);
        sealed
    }

    /// The session, if it is of this scope and its time is not over.
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (scope, rest) = sealed.split_at_checked(32)?;
        let (until, session) = rest.split_first_chunk()?;
        let until = Time::from_unix_seconds(i64::from_be_bytes(*until));
        let now = Time::from(self.clock.current_time()?);
        if scope != self.scope().as_bytes() || now > until {
            return None;
        }
        self.source.resumes(until);
        Some(session.to_vec())
    }

    /// The mode, the policy's name and its anchors.
    fn scope(&self) -> Fingerprint {
        let (mode, anchors) = self.source.scope();
        Fingerprint::builder("session scope")
            .field(mode.to_string().as_bytes())
            .field(self.policy_name.as_bytes())
            .field(
                anchors
                    .as_ref()
                    .map_or(&[], |anchors| anchors.as_bytes()),
            )
            .build()
    }
}

struct BoundStorage {
    inner: Arc<dyn StoresServerSessions>,
    binding: Arc<Binding>,
}

impl StoresServerSessions for BoundStorage {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.inner
            .put(key, self.binding.seal(&value))
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match key == PROBE {
            true => Some(BOUND.to_vec()),
            false => self.binding.open(&self.inner.get(key)?),
        }
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.binding
            .open(&self.inner.take(key)?)
    }

    fn can_cache(&self) -> bool {
        self.inner.can_cache()
    }
}

impl fmt::Debug for BoundStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoundStorage")
            .field(&self.inner)
            .finish()
    }
}

struct BoundTickets {
    inner: Arc<dyn ProducesTickets>,
    binding: Arc<Binding>,
}

impl ProducesTickets for BoundTickets {
    fn enabled(&self) -> bool {
        self.inner.enabled()
    }

    fn lifetime(&self) -> u32 {
        self.inner.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.inner
            .encrypt(&self.binding.seal(plain))
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        match cipher == PROBE {
            true => Some(BOUND.to_vec()),
            false => self
                .binding
                .open(&self.inner.decrypt(cipher)?),
        }
    }
}

impl fmt::Debug for BoundTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoundTickets")
            .field(&self.inner)
            .finish()
    }
}

#[derive(Debug)]
struct NoTickets;

impl ProducesTickets for NoTickets {
    fn enabled(&self) -> bool {
        false
    }

    fn lifetime(&self) -> u32 {
        0
    }

    fn encrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
