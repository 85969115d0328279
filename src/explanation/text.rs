//! An explanation as a tree of text.

use core::fmt;

use super::{
    CandidateFinding, CandidateIssuer, CertificateSource, ExplainedCertificate, ExplainedPath,
    Explanation, PathOutcome,
};
use crate::hex;
use crate::policy::Rejection;

/// The tree, with a line feed after each line but the last.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(verified) => write!(f, "accepted, until {}", verified.holds_until())?,
            Err(rejection) => write!(f, "refused ({}): {rejection}", rejection.code())?,
        }
        for hint in &self.hints {
            write!(f, "\n  hint: {hint}")?;
        }
        if let Some(path) = &self.path {
            let title = match self.verdict {
                Ok(_) => "path",
                Err(_) => "nearest path",
            };
            write!(f, "\n{title}\n  ")?;
            self.write_path(path, f)?;
        }
        write!(
            f,
            "\njudged at {}, by a trust store of {}",
            self.judged_at,
            counted(self.anchors, "CA", "CAs")
        )?;
        if self.pinned_leaves > 0 {
            let pinned = counted(self.pinned_leaves, "pinned leaf", "pinned leaves");
            write!(f, " and {pinned}")?;
        }
        if self.certificates.is_empty() {
            let presented = counted(self.presented, "certificate", "certificates");
            write!(f, "\n  {presented}, not read")?;
        }
        for certificate in &self.certificates {
            self.write_certificate(certificate, f)?;
        }
        self.write_other_paths(f)
    }
}

/// `1 CA`, `2 CAs`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

impl Explanation {
    fn write_other_paths(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST_TOLD: usize = 8;
        let others: Vec<&ExplainedPath> = self
            .paths
            .iter()
            .filter(|path| !self.is_told(path))
            .collect();
        if !others.is_empty() {
            write!(f, "\nother paths that were tried")?;
        }
        for path in others.iter().take(MOST_TOLD) {
            write!(f, "\n  ")?;
            self.write_path(path, f)?;
        }
        match others.len().checked_sub(MOST_TOLD) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n  and {more} more"),
        }
    }

    fn is_told(&self, path: &ExplainedPath) -> bool {
        self.path.as_ref().is_some_and(|told| {
            told.certificates == path.certificates && told.anchor == path.anchor
        })
    }

    /// `leaf <- issuer <- anchor`, and what became of it.
    fn write_path(&self, path: &ExplainedPath, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, place) in path.certificates.iter().enumerate() {
            let arrow = if depth == 0 { "" } else { " <- " };
            let subject = self
                .certificates
                .get(*place)
                .map_or("", |certificate| certificate.subject.as_str());
            write!(f, "{arrow}{place} '{subject}'")?;
        }
        if let Some((subject, _)) = &path.anchor {
            write!(f, " <- trust anchor '{subject}'")?;
        }
        match &path.outcome {
            PathOutcome::IssuerNotFound { issuer } => {
                write!(f, " <- '{issuer}', which is not there")
            }
            PathOutcome::OutOfBudget => f.write_str(
                "\n    the budget of a verdict was used up; have the client send the certificates of one path alone",
            ),
            PathOutcome::Pinned => f.write_str(", which the trust store pins"),
            PathOutcome::Refused(rejection) => {
                f.write_str("\n    ")?;
                self.write_refusal(rejection, f)
            }
            PathOutcome::SelfSigned => {
                f.write_str(", which is self-signed and not in the trust store")
            }
            PathOutcome::Taken => Ok(()),
            PathOutcome::UnsupportedAlgorithm { certificate } => write!(
                f,
                "\n    the policy has no algorithm for the signature of certificate {certificate}"
            ),
            PathOutcome::WrongKey { certificate } => write!(
                f,
                "\n    certificate {certificate} is not signed with the key of the one above it"
            ),
        }
    }

    /// A reason: by its code alone where it is told at the top.
    fn write_refusal(&self, rejection: &Rejection, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused ({})", rejection.code())?;
        match self.verdict.as_ref().err() == Some(rejection) {
            true => Ok(()),
            false => write!(f, ": {rejection}"),
        }
    }

    fn write_certificate(
        &self,
        certificate: &ExplainedCertificate,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let ExplainedCertificate { index, subject, .. } = certificate;
        write!(f, "\n  {index} '{subject}'")?;
        if let Some(same) = certificate.same_as {
            return write!(f, ", the same as {same}");
        }
        if certificate.is_trusted {
            f.write_str(", which is in the trust store")?;
        }
        if self.verdict.is_ok() && !certificate.is_on_path {
            f.write_str(", not used")?;
        }
        write_fields(certificate, f)?;
        for fault in &certificate.faults {
            let role = match index {
                _ if matches!(fault, Rejection::Malformed { .. }) => "as a certificate",
                0 => "as the leaf",
                _ => "as an issuer",
            };
            write!(f, "\n      {role}: ")?;
            self.write_refusal(fault, f)?;
        }
        let is_pinned = matches!(&self.path, Some(path) if path.outcome == PathOutcome::Pinned);
        let is_unreadable = matches!(certificate.faults[..], [Rejection::Malformed { .. }]);
        if certificate.candidates.is_empty() && !certificate.is_trusted && !is_pinned {
            f.write_str(match (is_unreadable, certificate.is_self_issued) {
                (true, _) => "",
                (false, true) => {
                    "\n      self-issued; no other of its name is presented or trusted"
                }
                (false, false) => "\n      issued by nobody that is presented or trusted",
            })?;
        }
        for candidate in &certificate.candidates {
            self.write_candidate(candidate, f)?;
        }
        match certificate.candidates_left_out {
            0 => Ok(()),
            more => write!(f, "\n      and {more} more of its issuer's name"),
        }
    }

    fn write_candidate(
        &self,
        candidate: &CandidateIssuer,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        f.write_str("\n      issued by ")?;
        match candidate.source {
            CertificateSource::Presented { index } => write!(f, "{index}")?,
            CertificateSource::TrustStore { sha256 } => {
                let digest = hex::lower(&sha256);
                let short = digest.get(..16).unwrap_or_default();
                write!(f, "trust anchor {short}")?;
            }
        }
        write!(f, " '{}'? ", candidate.subject)?;
        match &candidate.finding {
            CandidateFinding::DeadEnd => {
                f.write_str("yes, but no path leads on from it to a trust anchor")
            }
            CandidateFinding::NameDiffers {
                difference,
                is_signer,
            } => {
                let signer = match is_signer {
                    Some(true) => "its key made the signature",
                    Some(false) => "its key did not make the signature",
                    None => "whether its key made the signature is not known",
                };
                write!(f, "no: its name {difference}; {signer}")
            }
            CandidateFinding::NotTried => {
                f.write_str("not tried: the budget of signature verifications was used up")
            }
            CandidateFinding::OnPath => f.write_str("yes"),
            CandidateFinding::Refused(rejection) if self.is_fault_of(candidate, rejection) => {
                let code = rejection.code();
                match candidate.source {
                    CertificateSource::Presented { index } => {
                        write!(f, "yes, but refused ({code}): see certificate {index}")
                    }
                    CertificateSource::TrustStore { .. } => write!(f, "yes, but refused ({code})"),
                }
            }
            CandidateFinding::Refused(rejection) => {
                f.write_str("yes, but ")?;
                self.write_refusal(rejection, f)
            }
            CandidateFinding::Signer => f.write_str(match self.verdict {
                Ok(_) => "yes; another path was taken",
                Err(_) => "yes",
            }),
            CandidateFinding::UnsupportedAlgorithm => f.write_str(
                "not known: the policy has no algorithm for this signature and this key",
            ),
            CandidateFinding::WrongKey {
                key_identifiers_differ,
            } => f.write_str(match key_identifiers_differ {
                true => "no: its key did not make the signature, and its key identifier is another",
                false => "no: its key did not make the signature",
            }),
        }
    }

    /// Whether the reason stands at the candidate itself.
    fn is_fault_of(&self, candidate: &CandidateIssuer, rejection: &Rejection) -> bool {
        match candidate.source {
            CertificateSource::Presented { index } => self
                .certificates
                .get(index)
                .is_some_and(|certificate| certificate.faults.first() == Some(rejection)),
            CertificateSource::TrustStore { .. } => false,
        }
    }
}

/// What a certificate says of itself.
fn write_fields(certificate: &ExplainedCertificate, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "\n      issuer '{}'\n      serial number {}, SHA-256 {}",
        certificate.issuer,
        certificate.serial,
        hex::lower(&certificate.sha256)
    )?;
    match certificate.validity {
        Some(validity) => write!(
            f,
            "\n      valid from {} to {}",
            validity.not_before, validity.not_after
        )?,
        None => f.write_str("\n      when it is valid cannot be read")?,
    }
    let or_none = |text: &Option<String>| {
        text.clone()
            .unwrap_or_else(|| "none".into())
    };
    write!(
        f,
        "\n      {}; key usage {}; extended key usage {}",
        match (certificate.is_ca, certificate.path_len) {
            (true, Some(path_len)) => {
                let below = counted(path_len, "intermediate", "intermediates");
                format!("a CA's, with at most {below} below it")
            }
            (true, None) => "a CA's".into(),
            (false, _) => "not a CA's".into(),
        },
        or_none(&certificate.key_usage),
        or_none(&certificate.extended_key_usage),
    )?;
    for (place, name) in certificate
        .alternative_names
        .iter()
        .enumerate()
    {
        let before = if place == 0 { "\n      names " } else { ", " };
        write!(f, "{before}'{name}'")?;
    }
    if certificate.alternative_names_left_out > 0 {
        write!(f, " and {} more", certificate.alternative_names_left_out)?;
    }
    write!(
        f,
        "\n      key identifier {}\n      key identifier of its issuer {}",
        or_none(&certificate.subject_key_identifier),
        or_none(&certificate.authority_key_identifier),
    )
}
