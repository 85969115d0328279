//! Who the client of a connection is, and what its requests get: judged once, and anew when the verdict
//! may be another.

use std::sync::Arc;

use pki_types::UnixTime;

use super::connection::EdgeConnection;
use super::function::{ConnectionFunction, Decision};
use super::guard::guarded;
use super::info::ConnectionInfo;
use super::record::{self, ConnectionRecord, Worth};
use super::refusal::{EdgeRefusal, RefusedConnection};
use super::step::{ConnectionStep, ConnectionView, Outcome};
use super::{Edge, PolicyPlace};
use crate::fingerprint::Fingerprint;
use crate::forwarder::CertHeaders;
use crate::policy::{ClientAuthMode, ClientAuthPolicy, ClientIdentity};
use crate::revocation::{OnUnknown, RevocationStatus, Settlement, Unsettled};
use crate::server_name::NameRejection;
use crate::verifier::{ClientCertVerifier, ConnectionVerifier, HandshakeFacts, identify};
use crate::x509::{Escaped, LONGEST_TEXT, Time, capped};

/// A client whose handshake is finished.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) edge: Edge,
    pub(super) place: PolicyPlace,
    pub(super) handle: Option<Arc<ConnectionVerifier>>,
    pub(super) facts: HandshakeFacts,
    pub(super) info: ConnectionInfo,
}

/// What is known of a client since it was judged last.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) identity: ClientIdentity,
    pub(super) mode: ClientAuthMode,
    /// How often the policy had been replaced.
    replaced: usize,
    from: UnixTime,
    /// The last instant at which the same would be said again; `None` where time changes nothing.
    until: Option<Time>,
    /// As the forwarder made them, before the function's changes.
    pub(super) plain_headers: CertHeaders,
    pub(super) headers: CertHeaders,
    pub(super) outcome: Outcome,
}

/// How long the host's word on a status, and an advisory refusal, is kept, in seconds.
pub(super) const LONGEST_ANSWER: u64 = 60;

impl Client {
    /// Judges the client for the first time.
    pub(super) fn admit(self, now: UnixTime) -> Result<EdgeConnection, RefusedConnection> {
        let Some((_, verifier)) = self.edge.policy(self.place) else {
            let refusal = EdgeRefusal::Name(NameRejection::NoServerName);
            return Err(RefusedConnection::unconnected(refusal, &self.info, now));
        };
        let in_force = verifier.in_force();
        let chosen = self
            .edge
            .choose(self.facts.server_name());
        let judged = match chosen {
            // Without a name in the facts the host's word on it stands.
            _ if self.facts.server_name().is_none() => self.judge(&in_force, None, now),
            Ok(place) if place == self.place => self.judge(&in_force, None, now),
            Ok(_) => Err(EdgeRefusal::Name(self.misdirected()).into()),
            Err(rejection) => Err(EdgeRefusal::Name(rejection).into()),
        };
        let admission = Admission {
            at: now,
            mode: in_force.0.mode(),
            policy: in_force.0.fingerprint(),
            worth: judged
                .as_ref()
                .map_or_else(
                    |failed| failed.identity.as_ref(),
                    |judged| Some(&judged.identity),
                )
                .map(Worth::of),
            note: match &judged {
                Ok(judged) => judged.outcome.note.clone(),
                Err(failed) => failed.note.clone(),
            },
        };
        match judged {
            Ok(judged) => Ok(EdgeConnection::new(self, judged, admission)),
            Err(failed) => Err(RefusedConnection {
                record: Box::new(self.record(&admission, Some(&failed.refusal))),
                reason: failed.refusal,
                chain: self.facts.chain().cloned(),
            }),
        }
    }

    /// Judges the client by a policy that was replaced so often before, and asks the function unless it
    /// saw this very identity in `before`.
    pub(super) fn judge(
        &self,
        (policy, replaced): &(Arc<ClientAuthPolicy>, usize),
        before: Option<&Judged>,
        now: UnixTime,
    ) -> Result<Judged, Box<Failed>> {
        let function = self.edge.inner.function.as_deref();
        let mut has_panicked = false;
        let mut settle = |unsettled: Unsettled<'_>| match function {
            None => Settlement::Unknown,
            Some(function) => guarded(|| function.settle(unsettled)).unwrap_or_else(|| {
                has_panicked = true;
                Settlement::Unknown
            }),
        };
        let mut on_unknown = match function {
            Some(_) => OnUnknown::Ask(&mut settle),
            None => OnUnknown::Refuse,
        };
        let identity = match &self.handle {
            Some(handle) => handle.identify(policy, &self.facts, now, &mut on_unknown),
            None => identify(policy, &self.facts, now, &mut on_unknown),
        };
        if has_panicked {
            return Err(panicked("settle").into());
        }
        let identity = identity.map_err(EdgeRefusal::Rejected)?;
        let plain_headers = match self
            .edge
            .inner
            .forwarder
            .encode(&identity)
        {
            Ok(headers) => headers,
            Err(error) => return Err(Failed::of(identity, error.into())),
        };
        let outcome = match (function, before) {
            (None, _) => Outcome::default(),
            (Some(_), Some(before)) if is_alike(&before.identity, &identity) => {
                before.outcome.clone()
            }
            (Some(function), _) => {
                let view = ConnectionView {
                    facts: &self.facts,
                    info: &self.info,
                    identity: &identity,
                    mode: policy.mode(),
                    policy_name: self.policy_name(),
                    headers: &plain_headers,
                    now,
                };
                match self.ask(function, view) {
                    Ok(outcome) => outcome,
                    Err((refusal, note)) => {
                        return Err(Box::new(Failed {
                            refusal,
                            identity: Some(identity),
                            note,
                        }));
                    }
                }
            }
        };
        let changes = outcome.changes.as_slice();
        let headers = match changes.is_empty() {
            true => Ok(plain_headers.clone()),
            false => self
                .edge
                .inner
                .forwarder
                .reshaped(&plain_headers, changes),
        };
        match headers {
            Ok(headers) => Ok(Judged {
                mode: policy.mode(),
                replaced: *replaced,
                from: now,
                until: until(&identity, now),
                identity,
                plain_headers,
                headers,
                outcome,
            }),
            Err(error) => Err(Failed::of(identity, error.into())),
        }
    }

    /// Runs the function; in an error also the note that it left.
    fn ask(
        &self,
        function: &dyn ConnectionFunction,
        view: ConnectionView<'_>,
    ) -> Result<Outcome, (EdgeRefusal, String)> {
        let declared = &self.edge.inner.declared;
        let mut step = ConnectionStep::new(view, declared);
        let decision = guarded(|| function.connection(&mut step));
        let outcome = step.outcome;
        match (decision, outcome.changes.fault()) {
            (None, _) => Err((panicked("connection"), outcome.note)),
            (Some(Decision::Deny { reason }), _) => {
                Err((EdgeRefusal::denied(&reason), outcome.note))
            }
            (Some(Decision::Allow), Some(fault)) => {
                let fault = fault.to_owned();
                Err((EdgeRefusal::FunctionFailed { fault }, outcome.note))
            }
            (Some(Decision::Allow), None) => Ok(outcome),
        }
    }

    /// What enforces the policy that the client came under.
    pub(super) fn verifier(&self) -> Option<&Arc<ClientCertVerifier>> {
        self.edge
            .policy(self.place)
            .map(|(_, verifier)| verifier)
    }

    pub(super) fn policy_name(&self) -> &str {
        self.edge
            .policy(self.place)
            .map_or("", |(name, _)| name)
    }

    fn misdirected(&self) -> NameRejection {
        let name = self
            .facts
            .server_name()
            .unwrap_or_default();
        NameRejection::Misdirected {
            host: capped(Escaped(name.as_bytes()), LONGEST_TEXT),
            policy: self.policy_name().to_owned(),
        }
    }

    /// The line for the log of a client that was let in, or refused.
    pub(super) fn record(
        &self,
        admission: &Admission,
        refusal: Option<&EdgeRefusal>,
    ) -> ConnectionRecord {
        ConnectionRecord::new(record::Source {
            now: admission.at,
            info: &self.info,
            facts: Some(&self.facts),
            server_name: None,
            policy: Some(record::Policy {
                name: self.policy_name(),
                mode: admission.mode,
                fingerprint: admission.policy,
            }),
            refusal,
            worth: admission.worth.clone(),
            chain: self.facts.chain(),
            note: &admission.note,
        })
    }
}

/// What the log says of the first verdict on a client. It keeps nothing alive that can be replaced.
#[derive(Debug)]
pub(super) struct Admission {
    at: UnixTime,
    mode: ClientAuthMode,
    policy: Fingerprint,
    worth: Option<Worth>,
    note: String,
}

impl Judged {
    /// Whether the same would be said at `now`, if the policy was replaced so often.
    pub(super) fn stands(&self, replaced: usize, now: UnixTime) -> bool {
        self.replaced == replaced
            && self.from <= now
            && self
                .until
                .is_none_or(|until| Time::from(now) <= until)
    }

    /// Whether the other was judged by an older policy, or by the same one.
    pub(super) fn supersedes(&self, other: &Self) -> bool {
        self.replaced >= other.replaced
    }
}

/// A client that was refused.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) refusal: EdgeRefusal,
    /// Who the client is, if the policy accepted it.
    identity: Option<ClientIdentity>,
    note: String,
}

impl Failed {
    fn of(identity: ClientIdentity, refusal: EdgeRefusal) -> Box<Self> {
        Box::new(Self {
            refusal,
            identity: Some(identity),
            note: String::new(),
        })
    }
}

impl From<EdgeRefusal> for Box<Failed> {
    fn from(refusal: EdgeRefusal) -> Self {
        Self::new(Failed {
            refusal,
            identity: None,
            note: String::new(),
        })
    }
}

pub(super) fn panicked(step: &str) -> EdgeRefusal {
    EdgeRefusal::FunctionFailed {
        fault: format!("it panicked in `{step}`"),
    }
}

/// The last instant at which an identity would be the same.
fn until(identity: &ClientIdentity, now: UnixTime) -> Option<Time> {
    let verified = match identity {
        ClientIdentity::Anonymous | ClientIdentity::Unverified { advisory: None, .. } => {
            return None;
        }
        ClientIdentity::Verified { verified }
        | ClientIdentity::Unverified {
            advisory: Some(Ok(verified)),
            ..
        } => verified,
        // A list or a certificate may come into force.
        ClientIdentity::Unverified {
            advisory: Some(Err(_)),
            ..
        } => return Some(later(now)),
    };
    let is_hosts_word = verified
        .revocation()
        .any(RevocationStatus::is_hosts_word);
    match is_hosts_word {
        true => Some(verified.holds_until().min(later(now))),
        false => Some(verified.holds_until()),
    }
}

fn later(now: UnixTime) -> Time {
    Time::from(UnixTime::since_unix_epoch(core::time::Duration::from_secs(
        now.as_secs()
            .saturating_add(LONGEST_ANSWER),
    )))
}

/// Whether a function that saw the one needs not see the other.
fn is_alike(before: &ClientIdentity, now: &ClientIdentity) -> bool {
    match (before, now) {
        (ClientIdentity::Anonymous, ClientIdentity::Anonymous) => true,
        (
            ClientIdentity::Verified { verified: before },
            ClientIdentity::Verified { verified: now },
        ) => before.is_alike(now),
        (
            ClientIdentity::Unverified {
                advisory: before, ..
            },
            ClientIdentity::Unverified { advisory: now, .. },
        ) => match (before, now) {
            (None, None) => true,
            (Some(Ok(before)), Some(Ok(now))) => before.is_alike(now),
            (Some(Err(before)), Some(Err(now))) => before.code() == now.code(),
            _ => false,
        },
        _ => false,
    }
}
