//! The values of a record's fields.

use core::fmt;

use crate::chain::CertChain;
use crate::hex;
use crate::policy::ClientIdentity;
use crate::revocation::RevocationStatus;
use crate::x509::{Certificate, Escaped, LONGEST_TEXT, Time, capped};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Flag(bool),
    Number(u64),
    Text(String),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl From<bool> for Entry {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u64> for Entry {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Entry {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Time> for Entry {
    fn from(time: Time) -> Self {
        Self::Text(time.to_string())
    }
}

/// What a client chose, as visible ASCII.
pub(super) fn escaped(value: impl AsRef<[u8]>) -> String {
    capped(Escaped(value.as_ref()), LONGEST_TEXT)
}

/// The longest name in a record, in characters.
const LONGEST_NAME: usize = 1024;

/// What is said of a leaf.
pub(super) struct Leaf {
    pub(super) serial_number: String,
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) validity: Option<String>,
    pub(super) sha256: String,
}

impl Leaf {
    pub(super) fn of(chain: &CertChain) -> Self {
        let leaf = Certificate::describe(chain.leaf_der());
        let serial_number = leaf.serial();
        let magnitude = serial_number.magnitude();
        // RFC 5280 has 20 octets; a client can present any number.
        const MOST_OCTETS: usize = 64;
        Self {
            serial_number: hex::separated(
                magnitude
                    .get(..MOST_OCTETS)
                    .unwrap_or(magnitude),
                ":",
            ),
            subject: capped(leaf.subject(), LONGEST_NAME),
            issuer: capped(leaf.issuer(), LONGEST_NAME),
            validity: leaf.validity().map(|validity| {
                format!(
                    "NotBefore={};NotAfter={}",
                    validity.not_before, validity.not_after
                )
            }),
            sha256: hex::lower(&leaf.sha256()),
        }
    }
}

/// What an identity is worth.
#[derive(Clone, Debug)]
pub(in crate::edge) struct Worth {
    pub(super) identity: &'static str,
    pub(super) advisory: Option<&'static str>,
    pub(super) revocation: Option<String>,
}

impl Worth {
    pub(in crate::edge) fn of(identity: &ClientIdentity) -> Self {
        let (identity, advisory, verified) = match identity {
            ClientIdentity::Anonymous => ("anonymous", None, None),
            ClientIdentity::Verified { verified } => ("verified", None, Some(verified)),
            ClientIdentity::Unverified { advisory, .. } => {
                let word = advisory
                    .as_ref()
                    .map(|advisory| match advisory {
                        Ok(_) => "verified",
                        Err(rejection) => rejection.code(),
                    });
                let verified = advisory
                    .as_ref()
                    .and_then(|advisory| advisory.as_ref().ok());
                ("unverified", word, verified)
            }
        };
        let statuses = |verified: &crate::policy::VerifiedChain| {
            let words = verified
                .revocation()
                .map(RevocationStatus::word);
            words.fold(String::new(), |mut all, word| {
                if !all.is_empty() {
                    all.push(',');
                }
                all.push_str(word);
                all
            })
        };
        Self {
            identity,
            advisory,
            revocation: verified.map(statuses),
        }
    }
}

pub(super) fn protocol(version: u16) -> String {
    match version {
        0x0303 => "TLSv1.2".into(),
        0x0304 => "TLSv1.3".into(),
        other => format!("{other:#06x}"),
    }
}

/// The names of the suites that rustls has, in the IANA registry.
pub(super) fn cipher_suite(suite: u16) -> String {
    let name = match suite {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xc02f => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xc030 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        0xcca8 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        0xcca9 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        other => return format!("{other:#06x}"),
    };
    name.into()
}
