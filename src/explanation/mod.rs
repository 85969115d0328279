//! Why a chain was accepted or refused, for people: what a verdict looked at.

mod build;
mod hints;
#[cfg(feature = "serde")]
mod json;
mod nearest;
mod text;

use pki_types::UnixTime;

use crate::chain::CertChain;
use crate::fingerprint::Fingerprint;
use crate::policy::{ChainPolicy, Rejection, VerifiedChain};
use crate::x509::{Time, Validity};

impl ChainPolicy {
    /// Judges `chain` at the time `now`, as [`evaluate`](Self::evaluate) does, and says what was looked at:
    /// for the question why a certificate was refused. It displays as a tree of text, in lines of visible
    /// ASCII; with the feature `serde` it serializes.
    ///
    /// The verdict is that of `evaluate`. The report costs about as much again: it verifies at most as many
    /// signatures once more, and looks at the names of the first 1,000 anchors. A chain over the limits is
    /// not read. A status that the policy leaves to the host is refused, as `evaluate` does.
    ///
    /// ```
    /// use edge_mtls::pki_types::UnixTime;
    /// use edge_mtls::{CertChain, ChainPolicy};
    ///
    /// fn log_refusal(policy: &ChainPolicy, chain: &CertChain, now: UnixTime) {
    ///     let explanation = policy.explain(chain, now);
    ///     if explanation.verdict().is_err() {
    ///         println!("{explanation}");
    ///     }
    /// }
    /// ```
    pub fn explain(&self, chain: &CertChain, now: UnixTime) -> Explanation {
        build::explain(self, chain, now)
    }
}

/// Why a chain was accepted or refused, from [`ChainPolicy::explain`].
#[derive(Clone, Debug)]
pub struct Explanation {
    verdict: Result<VerifiedChain, Rejection>,
    policy: Fingerprint,
    judged_at: Time,
    anchors: usize,
    pinned_leaves: usize,
    presented: usize,
    certificates: Vec<ExplainedCertificate>,
    path: Option<ExplainedPath>,
    paths: Vec<ExplainedPath>,
    hints: Vec<String>,
}

impl Explanation {
    /// What [`ChainPolicy::evaluate`] says of the chain.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of a chain that is refused.
    pub fn verdict(&self) -> Result<&VerifiedChain, &Rejection> {
        self.verdict.as_ref()
    }

    /// The same, without the report.
    ///
    /// # Errors
    ///
    /// As [`verdict`](Self::verdict).
    pub fn into_verdict(self) -> Result<VerifiedChain, Rejection> {
        self.verdict
    }

    /// The fingerprint of the policy that gave the verdict.
    pub fn policy_fingerprint(&self) -> Fingerprint {
        self.policy
    }

    /// The instant of the verdict.
    pub fn judged_at(&self) -> Time {
        self.judged_at
    }

    /// Each certificate in the order presented, the leaf first; none of a chain over the limits.
    pub fn certificates(&self) -> &[ExplainedCertificate] {
        &self.certificates
    }

    /// The path that was taken, or the one that came nearest to holding: it may end before a trust anchor.
    /// `None` if the chain was not read.
    pub fn path(&self) -> Option<&ExplainedPath> {
        self.path.as_ref()
    }

    /// All paths that lead to a trust anchor by names and were tried, in the order of the search.
    pub fn paths(&self) -> &[ExplainedPath] {
        &self.paths
    }

    /// What would mend it, beyond what the [`Rejection`] says; sentences without a full stop.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// A presented certificate in an [`Explanation`]. Texts are visible ASCII and single spaces, cut at 256
/// characters, in which single quotes stand as `\27`, so that they can be quoted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainedCertificate {
    /// Its place in the order presented; 0 is the leaf.
    pub index: usize,
    /// Its subject as RFC 4514 text; empty where it cannot be read.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// Its serial number, in upper-case hexadecimal.
    pub serial: String,
    /// The SHA-256 of its DER.
    pub sha256: [u8; 32],
    /// When it is valid; `None` where that cannot be read.
    pub validity: Option<Validity>,
    /// Its subject alternative names, such as `DNS:a.example`: the first 16.
    pub alternative_names: Vec<String>,
    /// How many more subject alternative names it has.
    pub alternative_names_left_out: usize,
    /// Whether its basicConstraints say that it is a CA's.
    pub is_ca: bool,
    /// How many intermediates it allows below it, if it limits them.
    pub path_len: Option<usize>,
    /// Its key usage; `None` if it has none, or none that can be read.
    pub key_usage: Option<String>,
    /// Its extended key usage; `None` if it has none, or none that can be read.
    pub extended_key_usage: Option<String>,
    /// Its subject key identifier, in lower-case hexadecimal.
    pub subject_key_identifier: Option<String>,
    /// The key identifier of its issuer.
    pub authority_key_identifier: Option<String>,
    /// Whether issuer and subject are the same name. Whether it is self-signed, too, is not said.
    pub is_self_issued: bool,
    /// The first place where the same certificate is presented, if this is not it.
    pub same_as: Option<usize>,
    /// Whether it is in the trust store itself: as an anchor, or, the leaf, pinned.
    pub is_trusted: bool,
    /// Whether it is on the path that was taken.
    pub is_on_path: bool,
    /// All that it breaks by itself: that it cannot be read, or as the leaf, or as the issuer of another that is
    /// presented. A verdict says the first.
    pub faults: Vec<Rejection>,
    /// Who may have issued it.
    pub candidates: Vec<CandidateIssuer>,
    /// How many more certificates of its issuer's name there are.
    pub candidates_left_out: usize,
}

/// Who may have issued a certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CandidateIssuer {
    /// Where it is.
    pub source: CertificateSource,
    /// Its subject as RFC 4514 text.
    pub subject: String,
    /// What became of it.
    pub finding: CandidateFinding,
}

/// Where a certificate is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CertificateSource {
    /// In the presented chain.
    #[non_exhaustive]
    Presented {
        /// Its place; 0 is the leaf.
        index: usize,
    },
    /// In the trust store.
    #[non_exhaustive]
    TrustStore {
        /// The SHA-256 of its DER.
        sha256: [u8; 32],
    },
}

/// What became of a [`CandidateIssuer`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CandidateFinding {
    /// Its key made the signature, but no path leads on from it to a trust anchor.
    DeadEnd,

    /// It has another name, and its key made the signature all the same, or its key identifier is the one
    /// that is looked for, or its name looks alike. Names are compared octet for octet.
    #[non_exhaustive]
    NameDiffers {
        /// Where, in words that go on from "its name".
        difference: String,
        /// Whether its key made the signature; `None` if that is not known.
        is_signer: Option<bool>,
    },

    /// Whether its key made the signature was not tried: the budget of signature verifications was used up.
    NotTried,

    /// It is on the path that was taken.
    OnPath,

    /// Its key made the signature, and a rule refuses it, or what stands above it.
    Refused(Rejection),

    /// Its key made the signature, and nothing is wrong with it; another path was taken, or something else is
    /// refused.
    Signer,

    /// The policy has no algorithm for this signature and this key.
    UnsupportedAlgorithm,

    /// Its key did not make the signature.
    #[non_exhaustive]
    WrongKey {
        /// Whether the key identifiers differ, too.
        key_identifiers_differ: bool,
    },
}

/// A path in an [`Explanation`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainedPath {
    /// Places in the order presented: the leaf, then each issuer of the one before.
    pub certificates: Vec<usize>,
    /// The subject and the SHA-256 of the trust anchor; `None` if the path ends before one.
    pub anchor: Option<(String, [u8; 32])>,
    /// What became of it.
    pub outcome: PathOutcome,
}

/// What became of an [`ExplainedPath`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathOutcome {
    /// Nobody of this name has issued its last certificate, as far as chain and trust store tell.
    #[non_exhaustive]
    IssuerNotFound {
        /// The name, as RFC 4514 text.
        issuer: String,
    },

    /// The budget of a verdict was used up, of signature verifications or of what else a path costs
    /// ([`ChainPolicy`](crate::ChainPolicy) says how much it is).
    OutOfBudget,

    /// The path ends with a leaf that the trust store pins.
    Pinned,

    /// It breaks a rule, and its signatures hold.
    Refused(Rejection),

    /// Its last certificate is self-signed, and not in the trust store.
    SelfSigned,

    /// It was taken.
    Taken,

    /// The policy has no algorithm for the signature of this certificate.
    #[non_exhaustive]
    UnsupportedAlgorithm {
        /// Its place; 0 is the leaf.
        certificate: usize,
    },

    /// This certificate is not signed with the key of the one above it.
    #[non_exhaustive]
    WrongKey {
        /// Its place; 0 is the leaf.
        certificate: usize,
    },
}
