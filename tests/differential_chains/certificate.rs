//! What a certificate says, and its DER.

use crate::keys::{Key, Keys, identifier};
use crate::names::{GeneralName, Name};
use crate::support::der::{
    BIT_STRING, EXTENDED_KEY_USAGE, KEY_USAGE, SUBJECT_ALT_NAME, bit_string, explicit, extension,
    implicit, integer, octet_string, oid, sequence, tlv, utc_time,
};
use rcgen::PublicKeyData;

pub const DIGITAL_SIGNATURE: u8 = 0x80;
pub const KEY_ENCIPHERMENT: u8 = 0x20;
pub const KEY_AGREEMENT: u8 = 0x08;
pub const CERT_SIGN: u8 = 0x04;
pub const CRL_SIGN: u8 = 0x02;

/// The time of all tests, as a UTCTime.
pub const NOW: &str = "300101000000Z";
pub const SECOND_BEFORE: &str = "291231235959Z";
pub const SECOND_AFTER: &str = "300101000001Z";

/// All that is said of a certificate, from which its DER is made.
#[derive(Clone, Debug)]
pub struct Facts {
    pub version: u8,
    pub serial: u64,
    pub issuer: Name,
    pub subject: Name,
    pub key: Key,
    /// Whose key signs it.
    pub signer: Key,
    pub has_key_identifier: bool,
    /// Which key its authorityKeyIdentifier names.
    pub authority_key: Option<Key>,
    /// UTCTimes.
    pub not_before: &'static str,
    pub not_after: &'static str,
    pub basic: Basic,
    /// The octet of its keyUsage.
    pub usage: Option<u8>,
    /// No extendedKeyUsage if there is none.
    pub purposes: Vec<Purpose>,
    pub names: Vec<GeneralName>,
    pub permitted: Vec<GeneralName>,
    pub excluded: Vec<GeneralName>,
    pub more: Vec<More>,
    pub is_signature_flipped: bool,
}

/// Its basicConstraints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Basic {
    Absent,
    NoCa,
    Ca(Option<u8>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    Any,
    Client,
    Server,
}

/// Further extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum More {
    CriticalPolicies,
    CriticalUnknown,
    /// A second keyUsage.
    KeyUsageTwice,
    /// Netscape's certificate type, for servers alone.
    NetscapeServer,
    Policies,
    Unknown,
}

/// A certificate, and what is known of it.
#[derive(Clone)]
pub struct Made {
    pub facts: Facts,
    pub der: Vec<u8>,
}

impl Made {
    /// Whether its name and its key are those that `other` was issued with.
    pub fn has_issued(&self, other: &Self) -> bool {
        let (issued, issuer) = (&other.facts, &self.facts);
        issued.signer == issuer.key
            && !issued.is_signature_flipped
            && issued
                .issuer
                .is_but_for_case(&issuer.subject)
    }
}

impl Facts {
    /// A CA's that is its own issuer.
    pub fn authority(name: &str, key: Key, serial: u64) -> Self {
        Self {
            version: 3,
            serial,
            issuer: Name::new(name),
            subject: Name::new(name),
            key,
            signer: key,
            has_key_identifier: true,
            authority_key: None,
            not_before: "200101000000Z",
            not_after: "400101000000Z",
            basic: Basic::Ca(None),
            usage: Some(CERT_SIGN | CRL_SIGN),
            purposes: Vec::new(),
            names: Vec::new(),
            permitted: Vec::new(),
            excluded: Vec::new(),
            more: Vec::new(),
            is_signature_flipped: false,
        }
    }

    pub fn client(name: &str, key: Key, serial: u64) -> Self {
        Self {
            basic: Basic::NoCa,
            usage: Some(DIGITAL_SIGNATURE),
            purposes: vec![Purpose::Client],
            ..Self::authority(name, key, serial)
        }
    }

    pub fn issued_by(self, issuer: &Self) -> Self {
        Self {
            issuer: issuer.subject.clone(),
            signer: issuer.key,
            authority_key: Some(issuer.key),
            ..self
        }
    }

    pub fn is_ca(&self) -> bool {
        matches!(self.basic, Basic::Ca(_))
    }

    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    pub fn make(&self, keys: &Keys) -> Made {
        let algorithm = keys.algorithm(self.signer);
        let tbs = self.tbs(keys, &algorithm);
        let mut signature = keys.sign(self.signer, &tbs);
        if self.is_signature_flipped {
            *signature.last_mut().unwrap() ^= 1;
        }
        Made {
            facts: self.clone(),
            der: sequence(&[tbs, algorithm, bit_string(&signature)]),
        }
    }

    fn tbs(&self, keys: &Keys, algorithm: &[u8]) -> Vec<u8> {
        let mut parts = Vec::new();
        if self.version != 1 {
            parts.push(explicit(0, &integer(&[self.version - 1])));
        }
        parts.extend([
            integer(&self.serial.to_be_bytes()),
            algorithm.to_vec(),
            self.issuer.der(),
            sequence(&[utc_time(self.not_before), utc_time(self.not_after)]),
            self.subject.der(),
            keys.pair(self.key)
                .subject_public_key_info(),
        ]);
        let extensions = self.extensions();
        if self.version != 1 && !extensions.is_empty() {
            parts.push(explicit(3, &sequence(&extensions)));
        }
        sequence(&parts)
    }

    fn extensions(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        if self.has_key_identifier {
            all.push(extension(
                "2.5.29.14",
                false,
                &octet_string(&identifier(self.key)),
            ));
        }
        if let Some(key) = self.authority_key {
            let value = sequence(&[implicit(0, &identifier(key))]);
            all.push(extension("2.5.29.35", false, &value));
        }
        match self.basic {
            Basic::Absent => {}
            Basic::NoCa => all.push(extension("2.5.29.19", true, &sequence::<&[u8]>(&[]))),
            Basic::Ca(path_len) => {
                let mut parts = vec![tlv(0x01, &[0xff])];
                parts.extend(path_len.map(|len| integer(&[len])));
                all.push(extension("2.5.29.19", true, &sequence(&parts)));
            }
        }
        all.extend(self.usage.map(key_usage));
        if !self.purposes.is_empty() {
            let purposes: Vec<Vec<u8>> = self
                .purposes
                .iter()
                .map(|purpose| purpose.oid())
                .collect();
            all.push(extension(EXTENDED_KEY_USAGE, false, &sequence(&purposes)));
        }
        if !self.names.is_empty() {
            let names: Vec<Vec<u8>> = self
                .names
                .iter()
                .map(GeneralName::der)
                .collect();
            all.push(extension(SUBJECT_ALT_NAME, false, &sequence(&names)));
        }
        let lists: Vec<Vec<u8>> = [(0, &self.permitted), (1, &self.excluded)]
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(number, list)| {
                let subtrees: Vec<Vec<u8>> = list
                    .iter()
                    .map(|base| sequence(&[base.der()]))
                    .collect();
                explicit(number, &subtrees.concat())
            })
            .collect();
        if !lists.is_empty() {
            all.push(extension("2.5.29.30", true, &sequence(&lists)));
        }
        all.extend(self.more.iter().map(|more| more.der()));
        all
    }
}

fn key_usage(octet: u8) -> Vec<u8> {
    let unused = u8::try_from(octet.trailing_zeros() % 8).unwrap();
    let value = tlv(BIT_STRING, &[unused, octet]);
    extension(KEY_USAGE, true, &value)
}

impl Purpose {
    fn oid(self) -> Vec<u8> {
        oid(match self {
            Self::Any => "2.5.29.37.0",
            Self::Client => "1.3.6.1.5.5.7.3.2",
            Self::Server => "1.3.6.1.5.5.7.3.1",
        })
    }
}

impl More {
    fn der(self) -> Vec<u8> {
        let any_policy = sequence(&[sequence(&[oid("2.5.29.32.0")])]);
        match self {
            Self::CriticalPolicies => extension("2.5.29.32", true, &any_policy),
            Self::CriticalUnknown => extension("1.3.6.1.4.1.55555.1", true, &[0x05, 0x00]),
            Self::KeyUsageTwice => key_usage(DIGITAL_SIGNATURE | CERT_SIGN),
            Self::NetscapeServer => {
                extension("2.16.840.1.113730.1.1", false, &tlv(BIT_STRING, &[6, 0x40]))
            }
            Self::Policies => extension("2.5.29.32", false, &any_policy),
            Self::Unknown => extension("1.3.6.1.4.1.55555.2", false, &[0x05, 0x00]),
        }
    }
}
