//! CRLs made by hand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::{Certificate, Time};
use rcgen::{KeyPair, SigningKey};

use super::der::{
    bit_string, explicit, extension, generalized_time, implicit, integer, oid, sequence, tlv,
    utc_time,
};
use super::pki::{Authority, NOW_SECONDS};
use super::points::Scope;

pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
pub const CERTIFICATE_ISSUER: &str = "2.5.29.29";
pub const CRL_NUMBER: &str = "2.5.29.20";
pub const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
pub const FRESHEST_CRL: &str = "2.5.29.46";
pub const INVALIDITY_DATE: &str = "2.5.29.24";
pub const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
pub const REASON_CODE: &str = "2.5.29.21";

pub const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";

pub const DAY: i64 = 86_400;

/// [`NOW_SECONDS`], for dates before and after it.
pub const NOW: i64 = NOW_SECONDS as i64;

/// A CRL, whatever its fields say; its signature is genuine unless it is asked to be broken.
#[derive(Clone)]
pub struct Crl<'a> {
    key: &'a KeyPair,
    issuer: Vec<u8>,
    version: Option<u8>,
    this_update: Vec<u8>,
    next_update: Option<Vec<u8>>,
    entries: Vec<Vec<u8>>,
    key_identifier: Option<Vec<u8>>,
    number: Option<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
    inner_algorithm: &'static str,
    outer_algorithm: &'static str,
    is_broken: bool,
}

impl<'a> Crl<'a> {
    /// An ordinary list of `authority`, for the caller to change: number 1, from yesterday until a
    /// week from now, of all its certificates, with none of them revoked.
    pub fn of(authority: &'a Authority) -> Self {
        Self {
            key: authority.key(),
            issuer: authority.name(),
            version: Some(2),
            this_update: time(NOW - DAY),
            next_update: Some(time(NOW + 7 * DAY)),
            entries: Vec::new(),
            key_identifier: None,
            number: None,
            extensions: Vec::new(),
            inner_algorithm: ECDSA_WITH_SHA256,
            outer_algorithm: ECDSA_WITH_SHA256,
            is_broken: false,
        }
        .key_identifier(authority.key_identifier())
        .number(1)
    }

    /// Signs with the key of another authority, and changes nothing else.
    pub fn signed_by(mut self, authority: &'a Authority) -> Self {
        self.key = authority.key();
        self
    }

    /// Names another issuer, by the DER of its name.
    pub fn issuer(mut self, name: &[u8]) -> Self {
        self.issuer = name.to_vec();
        self
    }

    /// The first version, which has no extensions: drops those that are there.
    pub fn v1(mut self) -> Self {
        self.version = None;
        self.extensions.clear();
        self.no_number().no_key_identifier()
    }

    /// Another version, as the standards count.
    pub fn version(mut self, version: u8) -> Self {
        self.version = Some(version);
        self
    }

    pub fn this_update(self, seconds: i64) -> Self {
        self.this_update_der(time(seconds))
    }

    /// Sets thisUpdate to any element.
    pub fn this_update_der(mut self, der: Vec<u8>) -> Self {
        self.this_update = der;
        self
    }

    pub fn next_update(self, seconds: i64) -> Self {
        self.next_update_der(time(seconds))
    }

    /// Sets nextUpdate to any element.
    pub fn next_update_der(mut self, der: Vec<u8>) -> Self {
        self.next_update = Some(der);
        self
    }

    pub fn no_next_update(mut self) -> Self {
        self.next_update = None;
        self
    }

    /// Dates from `this` to `next`, in days from now.
    pub fn days(self, this: i64, next: i64) -> Self {
        self.this_update(NOW + this * DAY)
            .next_update(NOW + next * DAY)
    }

    /// Revokes a certificate since yesterday, for no stated reason.
    pub fn revokes(self, certificate: &[u8]) -> Self {
        self.entry(Entry::of(certificate))
    }

    pub fn entry(self, entry: Entry) -> Self {
        self.entry_der(entry.der())
    }

    /// Adds any element to the entries.
    pub fn entry_der(mut self, der: Vec<u8>) -> Self {
        self.entries.push(der);
        self
    }

    pub fn number(self, number: u64) -> Self {
        let octets = number.to_be_bytes();
        let zeros = octets
            .iter()
            .take_while(|octet| **octet == 0)
            .count();
        let mut contents = octets[zeros.min(7)..].to_vec();
        if contents[0] > 0x7f {
            contents.insert(0, 0);
        }
        self.number_octets(&contents)
    }

    /// Sets the contents octets of the cRLNumber.
    pub fn number_octets(mut self, contents: &[u8]) -> Self {
        self.number = Some(extension(CRL_NUMBER, false, &integer(contents)));
        self
    }

    pub fn critical_number(mut self) -> Self {
        self.number = Some(extension(CRL_NUMBER, true, &integer(&[1])));
        self
    }

    pub fn no_number(mut self) -> Self {
        self.number = None;
        self
    }

    /// Sets the keyIdentifier of the authorityKeyIdentifier.
    pub fn key_identifier(mut self, octets: &[u8]) -> Self {
        let value = sequence(&[implicit(0, octets)]);
        self.key_identifier = Some(extension(AUTHORITY_KEY_IDENTIFIER, false, &value));
        self
    }

    pub fn no_key_identifier(mut self) -> Self {
        self.key_identifier = None;
        self
    }

    /// Adds an issuingDistributionPoint.
    pub fn scope(self, scope: &Scope) -> Self {
        self.extension(ISSUING_DISTRIBUTION_POINT, true, &scope.der())
    }

    /// Says that it is a delta of list 1.
    pub fn delta(self) -> Self {
        self.extension(DELTA_CRL_INDICATOR, true, &integer(&[1]))
    }

    /// Adds an extension behind those that are there, even one of the same kind.
    pub fn extension(mut self, kind: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions
            .push(extension(kind, critical, value));
        self
    }

    /// Names another signature algorithm than the one that signs, inside and outside.
    pub fn algorithm(mut self, oid: &'static str) -> Self {
        self.inner_algorithm = oid;
        self.outer_algorithm(oid)
    }

    /// Names another signature algorithm outside, where nothing signs it.
    pub fn outer_algorithm(mut self, oid: &'static str) -> Self {
        self.outer_algorithm = oid;
        self
    }

    /// A signature over something else.
    pub fn broken(mut self) -> Self {
        self.is_broken = true;
        self
    }

    pub fn der(&self) -> Vec<u8> {
        let tbs = self.tbs();
        let signature = match self.is_broken {
            true => self.key.sign(b"something else"),
            false => self.key.sign(&tbs),
        };
        let algorithm = sequence(&[oid(self.outer_algorithm)]);
        sequence(&[tbs, algorithm, bit_string(&signature.unwrap())])
    }

    pub fn pem(&self) -> String {
        pem("X509 CRL", &self.der())
    }

    fn tbs(&self) -> Vec<u8> {
        let mut parts = Vec::new();
        if let Some(version) = self.version {
            parts.push(integer(&[version - 1]));
        }
        parts.extend([
            sequence(&[oid(self.inner_algorithm)]),
            self.issuer.clone(),
            self.this_update.clone(),
        ]);
        parts.extend(self.next_update.clone());
        if !self.entries.is_empty() {
            parts.push(sequence(&self.entries));
        }
        let extensions: Vec<&Vec<u8>> = [&self.key_identifier, &self.number]
            .into_iter()
            .flatten()
            .chain(&self.extensions)
            .collect();
        if !extensions.is_empty() {
            parts.push(explicit(0, &sequence(&extensions)));
        }
        sequence(&parts)
    }
}

/// An entry of revokedCertificates.
#[derive(Clone)]
pub struct Entry {
    serial: Vec<u8>,
    date: Vec<u8>,
    extensions: Vec<Vec<u8>>,
}

impl Entry {
    /// Revoked yesterday; `serial` is the contents octets of the INTEGER.
    pub fn new(serial: &[u8]) -> Self {
        Self {
            serial: serial.to_vec(),
            date: time(NOW - DAY),
            extensions: Vec::new(),
        }
    }

    /// The entry of this certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self::new(
            Certificate::from_der(certificate)
                .unwrap()
                .serial()
                .as_bytes(),
        )
    }

    /// Sets the date of the revocation.
    pub fn at(self, seconds: i64) -> Self {
        self.date_der(time(seconds))
    }

    /// Sets the date of the revocation to any element.
    pub fn date_der(mut self, der: Vec<u8>) -> Self {
        self.date = der;
        self
    }

    pub fn reason(self, code: u8) -> Self {
        self.extension(REASON_CODE, false, &tlv(0x0a, &[code]))
    }

    /// Adds an extension behind those that are there, even one of the same kind.
    pub fn extension(mut self, kind: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions
            .push(extension(kind, critical, value));
        self
    }

    pub fn der(&self) -> Vec<u8> {
        let mut parts = vec![integer(&self.serial), self.date.clone()];
        if !self.extensions.is_empty() {
            parts.push(sequence(&self.extensions));
        }
        sequence(&parts)
    }
}

/// The DER of an instant, as RFC 5280 section 5.1.2.4 has it: UTCTime through 2049.
pub fn time(seconds: i64) -> Vec<u8> {
    let digits = digits_of(seconds);
    match ("1950".."2050").contains(&&digits[..4]) {
        true => utc_time(&format!("{}Z", &digits[2..])),
        false => generalized_time(&format!("{digits}Z")),
    }
}

/// The DER of an instant as GeneralizedTime, whenever it is.
pub fn long_time(seconds: i64) -> Vec<u8> {
    generalized_time(&format!("{}Z", digits_of(seconds)))
}

/// `YYYYMMDDHHMMSS`.
fn digits_of(seconds: i64) -> String {
    let text = Time::from_unix_seconds(seconds).to_string();
    text.chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// One section of a PEM file.
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
