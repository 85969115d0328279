//! One connection, for the log.

mod fields;
#[cfg(feature = "serde")]
mod json;
mod text;

use core::fmt;

pub(super) use fields::Worth;
use fields::{Entry, escaped};
use pki_types::UnixTime;

use super::info::ConnectionInfo;
use super::note;
use super::refusal::EdgeRefusal;
use crate::chain::CertChain;
use crate::fingerprint::Fingerprint;
use crate::policy::{ClientAuthMode, ClientAuthPolicy};
use crate::verifier::{HandshakeFacts, Resumption};
use crate::x509::Time;

/// One line for the connection log: a client that was let in, or refused, in the handshake or after it.
///
/// The fields are those of Amazon CloudFront's connection log, under its names, with what ALB's has
/// beside them and our own (table below). One without a value is left out. As text
/// (`to_string`) it is one line of `name=value` in visible ASCII, values in quotes where they hold a
/// space, a quote or an equals sign, or are empty, every other octet (and a quote, and a backslash) as
/// `\XX`; a backslash that a name escapes already is written once more so. With the feature `serde`
/// it serializes as a map of the same names.
///
#[doc = include_str!("fields.md")]
#[derive(Clone)]
pub struct ConnectionRecord {
    entries: Vec<(&'static str, Entry)>,
}

/// The longest reason in a record, in bytes.
const LONGEST_REASON: usize = 2_000;

/// What a record is made of.
pub(super) struct Source<'a> {
    pub(super) now: UnixTime,
    pub(super) info: &'a ConnectionInfo,
    /// Unknown where the handshake failed.
    pub(super) facts: Option<&'a HandshakeFacts>,
    /// What the ClientHello said, where the facts do not.
    pub(super) server_name: Option<&'a str>,
    pub(super) policy: Option<Policy<'a>>,
    pub(super) refusal: Option<&'a EdgeRefusal>,
    /// What the client's identity is worth, if the policy accepted it.
    pub(super) worth: Option<Worth>,
    /// What was presented, proven or not.
    pub(super) chain: Option<&'a CertChain>,
    pub(super) note: &'a str,
}

/// Under which policy a client came.
#[derive(Clone, Copy)]
pub(super) struct Policy<'a> {
    pub(super) name: &'a str,
    pub(super) mode: ClientAuthMode,
    pub(super) fingerprint: Fingerprint,
}

impl<'a> Policy<'a> {
    pub(super) fn of(name: &'a str, policy: &ClientAuthPolicy) -> Self {
        Self {
            name,
            mode: policy.mode(),
            fingerprint: policy.fingerprint(),
        }
    }
}

impl<'a> Source<'a> {
    /// Nothing is known of the client but why it was refused.
    pub(super) fn of_refusal(
        refusal: &'a EdgeRefusal,
        info: &'a ConnectionInfo,
        now: UnixTime,
    ) -> Self {
        Self {
            now,
            info,
            facts: None,
            server_name: None,
            policy: None,
            refusal: Some(refusal),
            worth: None,
            chain: None,
            note: "",
        }
    }
}

impl ConnectionRecord {
    pub(super) fn new(source: Source<'_>) -> Self {
        let mut record = Self {
            entries: Vec::with_capacity(24),
        };
        record.put("eventTimestamp", Some(Time::from(source.now)));
        record.put("connectionId", source.info.id.as_deref().map(escaped));
        record.put(
            "connectionStatus",
            Some(
                source
                    .refusal
                    .map_or("Success", EdgeRefusal::cloudfront_status),
            ),
        );
        record.put_reason(source.refusal);
        record.put_connection(&source);
        record.put_policy(&source);
        record.put_leaf(source.chain);
        record.put_worth(source.worth);
        if !source.note.is_empty() {
            record.put("connectionLogCustomData", Some(source.note));
        }
        record
    }

    /// The value of a field as text, by its name in the table.
    pub fn get(&self, name: &str) -> Option<String> {
        let (_, entry) = self
            .entries
            .iter()
            .find(|(known, _)| *known == name)?;
        Some(entry.to_string())
    }

    /// The `connectionStatus`: `Success`, or `Failed:` and CloudFront's reason.
    pub fn status(&self) -> String {
        self.get("connectionStatus")
            .unwrap_or_default()
    }

    fn put_reason(&mut self, refusal: Option<&EdgeRefusal>) {
        self.put("refusalCode", refusal.map(EdgeRefusal::code));
        let reason = refusal.map(|refusal| {
            let mut reason = String::new();
            note::add(&mut reason, &refusal.to_string(), LONGEST_REASON);
            reason
        });
        self.put("refusalReason", reason);
    }

    fn put_connection(&mut self, source: &Source<'_>) {
        let facts = source.facts;
        let (client, server) = (source.info.client, source.info.server);
        self.put("clientIp", client.map(|client| client.ip().to_string()));
        self.put("clientPort", client.map(|client| u64::from(client.port())));
        self.put("serverIp", server.map(|server| server.ip().to_string()));
        self.put("serverPort", server.map(|server| u64::from(server.port())));
        let version = facts.and_then(HandshakeFacts::protocol_version);
        self.put("tlsProtocol", version.map(fields::protocol));
        let suite = facts.and_then(HandshakeFacts::cipher_suite);
        self.put("tlsCipher", suite.map(fields::cipher_suite));
        let duration = source
            .info
            .handshake_duration
            .map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        self.put("tlsHandshakeDuration", duration);
        let server_name = facts
            .and_then(HandshakeFacts::server_name)
            .or(source.server_name);
        self.put("tlsSni", server_name.map(escaped));
        let alpn = facts.and_then(HandshakeFacts::alpn_protocol);
        self.put("tlsAlpn", alpn.map(escaped));
        let resumed = match facts.map(HandshakeFacts::resumption) {
            Some(Resumption::No) => Some(false),
            Some(Resumption::Yes) => Some(true),
            Some(Resumption::Unknown) | None => None,
        };
        self.put("tlsResumed", resumed);
    }

    fn put_policy(&mut self, source: &Source<'_>) {
        let policy = source.policy.as_ref();
        self.put("policyMode", policy.map(|policy| policy.mode.to_string()));
        self.put("policyName", policy.map(|policy| escaped(policy.name)));
        self.put(
            "policyFingerprint",
            policy.map(|policy| policy.fingerprint.to_string()),
        );
    }

    fn put_leaf(&mut self, chain: Option<&CertChain>) {
        let Some(leaf) = chain.map(fields::Leaf::of) else {
            return;
        };
        self.put("clientLeafCertSerialNumber", Some(leaf.serial_number));
        self.put("clientLeafCertSubject", Some(leaf.subject));
        self.put("clientLeafCertIssuer", Some(leaf.issuer));
        self.put("clientLeafCertValidity", leaf.validity);
        self.put("clientLeafCertSha256", Some(leaf.sha256));
    }

    fn put_worth(&mut self, worth: Option<Worth>) {
        let Some(worth) = worth else {
            return;
        };
        self.put("clientIdentity", Some(worth.identity));
        self.put("advisoryVerdict", worth.advisory);
        self.put("revocationStatus", worth.revocation);
    }

    fn put(&mut self, name: &'static str, value: Option<impl Into<Entry>>) {
        if let Some(value) = value {
            self.entries.push((name, value.into()));
        }
    }
}

impl fmt::Display for ConnectionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(&self.entries, f)
    }
}

impl fmt::Debug for ConnectionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionRecord({self})")
    }
}
