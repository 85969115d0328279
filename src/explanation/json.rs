//! An explanation for serde: maps of texts, numbers and flags.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{
    CandidateFinding, CandidateIssuer, CertificateSource, ExplainedCertificate, ExplainedPath,
    Explanation, PathOutcome,
};
use crate::hex;
use crate::policy::Rejection;

/// A map: `accepted`, `judgedAt`, `policyFingerprint`, `holdsUntil` or `refusal` (`code`, `connectionStatus`, `sentence`), `hints`,
/// `path`, `anchors` and `pinnedLeaves` (how many the trust store has), `presented` (how many certificates),
/// `certificates` and `paths`. Of a certificate what [`ExplainedCertificate`] has, in lower camel case, its
/// serial number as in text; of candidates and paths a word, `finding` or `outcome`, and what belongs to it.
/// Times are texts like `2026-11-22T12:00:00Z`, digests lower-case hexadecimal.
impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("accepted", &self.verdict.is_ok())?;
        map.serialize_entry("judgedAt", &self.judged_at.to_string())?;
        map.serialize_entry("policyFingerprint", &self.policy.to_string())?;
        match &self.verdict {
            Ok(verified) => {
                map.serialize_entry("holdsUntil", &verified.holds_until().to_string())?;
            }
            Err(rejection) => map.serialize_entry("refusal", &Refusal(rejection))?,
        }
        map.serialize_entry("hints", &self.hints)?;
        map.serialize_entry("path", &self.path)?;
        map.serialize_entry("anchors", &self.anchors)?;
        map.serialize_entry("pinnedLeaves", &self.pinned_leaves)?;
        map.serialize_entry("presented", &self.presented)?;
        map.serialize_entry("certificates", &self.certificates)?;
        map.serialize_entry("paths", &self.paths)?;
        map.end()
    }
}

impl Serialize for ExplainedCertificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.index)?;
        map.serialize_entry("subject", &self.subject)?;
        map.serialize_entry("issuer", &self.issuer)?;
        map.serialize_entry("serialNumber", &self.serial)?;
        map.serialize_entry("sha256", &hex::lower(&self.sha256))?;
        let validity = self.validity;
        map.serialize_entry(
            "notBefore",
            &validity.map(|validity| validity.not_before.to_string()),
        )?;
        map.serialize_entry(
            "notAfter",
            &validity.map(|validity| validity.not_after.to_string()),
        )?;
        map.serialize_entry("alternativeNames", &self.alternative_names)?;
        map.serialize_entry("alternativeNamesLeftOut", &self.alternative_names_left_out)?;
        map.serialize_entry("isCa", &self.is_ca)?;
        map.serialize_entry("pathLen", &self.path_len)?;
        map.serialize_entry("keyUsage", &self.key_usage)?;
        map.serialize_entry("extendedKeyUsage", &self.extended_key_usage)?;
        map.serialize_entry("subjectKeyIdentifier", &self.subject_key_identifier)?;
        map.serialize_entry("authorityKeyIdentifier", &self.authority_key_identifier)?;
        map.serialize_entry("isSelfIssued", &self.is_self_issued)?;
        map.serialize_entry("sameAs", &self.same_as)?;
        map.serialize_entry("isTrusted", &self.is_trusted)?;
        map.serialize_entry("isOnPath", &self.is_on_path)?;
        let faults: Vec<Refusal<'_>> = self
            .faults
            .iter()
            .map(Refusal)
            .collect();
        map.serialize_entry("faults", &faults)?;
        map.serialize_entry("candidates", &self.candidates)?;
        map.serialize_entry("candidatesLeftOut", &self.candidates_left_out)?;
        map.end()
    }
}

impl Serialize for CandidateIssuer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.source {
            CertificateSource::Presented { index } => map.serialize_entry("presented", &index)?,
            CertificateSource::TrustStore { sha256 } => {
                map.serialize_entry("trustStoreSha256", &hex::lower(&sha256))?;
            }
        }
        map.serialize_entry("subject", &self.subject)?;
        map.serialize_entry("finding", self.finding.word())?;
        match &self.finding {
            CandidateFinding::NameDiffers {
                difference,
                is_signer,
            } => {
                map.serialize_entry("nameDifference", difference)?;
                map.serialize_entry("isSigner", is_signer)?;
            }
            CandidateFinding::Refused(rejection) => {
                map.serialize_entry("refusal", &Refusal(rejection))?;
            }
            CandidateFinding::WrongKey {
                key_identifiers_differ,
            } => map.serialize_entry("keyIdentifiersDiffer", key_identifiers_differ)?,
            _ => {}
        }
        map.end()
    }
}

impl Serialize for ExplainedPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("certificates", &self.certificates)?;
        if let Some((subject, sha256)) = &self.anchor {
            map.serialize_entry("anchor", subject)?;
            map.serialize_entry("anchorSha256", &hex::lower(sha256))?;
        }
        map.serialize_entry("outcome", self.outcome.word())?;
        match &self.outcome {
            PathOutcome::IssuerNotFound { issuer } => map.serialize_entry("issuer", issuer)?,
            PathOutcome::Refused(rejection) => {
                map.serialize_entry("refusal", &Refusal(rejection))?;
            }
            PathOutcome::UnsupportedAlgorithm { certificate }
            | PathOutcome::WrongKey { certificate } => {
                map.serialize_entry("certificate", certificate)?;
            }
            PathOutcome::OutOfBudget
            | PathOutcome::Pinned
            | PathOutcome::SelfSigned
            | PathOutcome::Taken => {}
        }
        map.end()
    }
}

/// A reason: its code, its sentence, and CloudFront's word for it.
struct Refusal<'a>(&'a Rejection);

impl Serialize for Refusal<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("code", self.0.code())?;
        map.serialize_entry("connectionStatus", self.0.cloudfront_status())?;
        map.serialize_entry("sentence", &self.0.to_string())?;
        map.end()
    }
}

impl CandidateFinding {
    fn word(&self) -> &'static str {
        match self {
            Self::DeadEnd => "dead-end",
            Self::NameDiffers { .. } => "name-differs",
            Self::NotTried => "not-tried",
            Self::OnPath => "on-path",
            Self::Refused(_) => "refused",
            Self::Signer => "signer",
            Self::UnsupportedAlgorithm => "unsupported-algorithm",
            Self::WrongKey { .. } => "wrong-key",
        }
    }
}

impl PathOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::IssuerNotFound { .. } => "issuer-not-found",
            Self::OutOfBudget => "out-of-budget",
            Self::Pinned => "pinned",
            Self::Refused(_) => "refused",
            Self::SelfSigned => "self-signed",
            Self::Taken => "taken",
            Self::UnsupportedAlgorithm { .. } => "unsupported-algorithm",
            Self::WrongKey { .. } => "wrong-key",
        }
    }
}
