//! Which chains hold.

use core::fmt;
use std::sync::Arc;

use pki_types::UnixTime;

use super::chain_policy_builder::ChainPolicyBuilder;
use super::{ChainLimits, Rejection, VerifiedChain};
use crate::chain::CertChain;
use crate::fingerprint::Fingerprint;
use crate::path::{self, Algorithms, Path, Question, Rules, Trace};
use crate::revocation::{DenyList, OnUnknown, Revocation, Settlement, Unsettled};
use crate::signature_cache::{Facts, SignatureCache};
use crate::trust_store::TrustStore;

/// Judges chains: a trust store, limits, options and signature algorithms, immutable.
///
/// The same type judges at the edge, within a handshake, and at the origin, on what a
/// [`CertReceiver`](crate::CertReceiver) read. A clone shares the policy.
///
/// A path holds if each certificate is signed by the next and the last by a trust anchor; all of
/// them are valid now, the anchor included; intermediates are CAs within their path length; key
/// usages, where there are any, have digitalSignature and not keyCertSign (leaf), or keyCertSign
/// (issuers); extended key usages, where there are any, have clientAuth; name constraints are kept and
/// no critical extension is unknown (RFC 5280 section 6.1). What
/// [webpki](https://docs.rs/rustls-webpki) refuses is never accepted. A leaf that the store
/// [pins](crate::TrustStoreBuilder::pin_der) needs no path.
///
/// So that the work for any chain is bounded, a verdict takes at most 5 × `max_certificates` signature
/// verifications ([`Rejection::TooCostly`] beyond). No certificate of a path may have more than 64
/// extensions or 64 extended key usages, no path more than three certificates of one name, nor names and
/// name constraints that take more than 1,024 comparisons (of two long ones, one for each 64 octets).
///
/// Of the paths whose signatures hold and that keep our own rules, webpki and the revocation lists are asked about
/// eight at most. But for the first of them, none is asked about that would have, with those that were, more than
/// 2,048 comparisons, or more to read than four paths of a leaf and six intermediates with twelve extensions each,
/// where more is counted for names that repeat. The signature of a revocation list is not among these: it is
/// verified once for each key of a CA of its name, and again for one that was forgotten since (64 are remembered
/// that did not sign it).
///
/// More than 32 distribution points, or names of them, count as unreadable: any list of the issuer's may then
/// revoke the certificate, and none that is bound to a point proves it good.
///
/// ```
/// use edge_mtls::{CertChain, ChainPolicy, TrustStore};
/// use rustls::pki_types::UnixTime;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = rcgen::KeyPair::generate()?;
/// # let mut ca = rcgen::CertificateParams::default();
/// # ca.distinguished_name.push(rcgen::DnType::CommonName, "CA");
/// # ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
/// # let ca_bundle = ca.self_signed(&key)?.pem();
/// # let issuer = rcgen::Issuer::new(ca, key);
/// # let mut client = rcgen::CertificateParams::default();
/// # client.distinguished_name = rcgen::DistinguishedName::new();
/// # client.distinguished_name.push(rcgen::DnType::CommonName, "alice");
/// # let client = client.signed_by(&rcgen::KeyPair::generate()?, &issuer)?;
/// let provider = rustls::crypto::ring::default_provider();
/// let policy = ChainPolicy::builder(TrustStore::from_pem(ca_bundle.as_bytes())?)
///     .build(provider.signature_verification_algorithms.all)?;
///
/// let chain = CertChain::from_der([client.der()]).expect("one certificate");
/// let verified = policy.evaluate(&chain, UnixTime::now())?;
/// assert_eq!(verified.leaf().subject().to_string(), "CN=alice");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ChainPolicy {
    inner: Arc<Inner>,
}

/// All that a policy is made of.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) trust_store: TrustStore,
    pub(super) algorithms: Algorithms,
    pub(super) facts: Option<Facts>,
    pub(super) limits: ChainLimits,
    pub(super) rules: Rules,
    pub(super) revocation: Option<Revocation>,
    pub(super) deny: DenyList,
    pub(super) fingerprint: Fingerprint,
}

impl ChainPolicy {
    /// Starts a policy that trusts the anchors of `trust_store`.
    pub fn builder(trust_store: TrustStore) -> ChainPolicyBuilder {
        ChainPolicyBuilder::new(trust_store)
    }

    /// Judges `chain` at the time `now`: a pure function of the policy and its arguments.
    ///
    /// The leaf is the first certificate, and no other. The order of the others, duplicates, and
    /// certificates that belong to no path are of no effect, within the limits.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the path that is nearest to holding. The limits are checked first,
    /// before anything is parsed. A status that the policy leaves to the host
    /// ([`UnknownStatus::LeaveToHost`](crate::UnknownStatus::LeaveToHost)) is refused.
    pub fn evaluate(&self, chain: &CertChain, now: UnixTime) -> Result<VerifiedChain, Rejection> {
        self.evaluate_with(chain, now, &mut OnUnknown::Refuse)
    }

    /// The same, and asks `settle` about each certificate whose status the lists do not say, if the
    /// policy leaves that to the host.
    ///
    /// `settle` is asked when all else holds, about each such certificate, the leaf first; of several
    /// paths, for each. A host that has to ask elsewhere gathers the questions, answers
    /// [`Settlement::Unknown`], and evaluates again when it has the answers:
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use edge_mtls::pki_types::UnixTime;
    /// use edge_mtls::{CertChain, ChainPolicy, Rejection, Settlement, VerifiedChain};
    ///
    /// /// By the SHA-256 of a certificate.
    /// type Answers = HashMap<[u8; 32], Settlement>;
    ///
    /// fn evaluate(
    ///     policy: &ChainPolicy,
    ///     chain: &CertChain,
    ///     now: UnixTime,
    ///     ask: impl Fn(Vec<[u8; 32]>) -> Answers,
    /// ) -> Result<VerifiedChain, Rejection> {
    ///     let mut questions = Vec::new();
    ///     let first = policy.evaluate_settling(chain, now, |unsettled| {
    ///         questions.push(unsettled.certificate().sha256());
    ///         Settlement::Unknown
    ///     });
    ///     if questions.is_empty() {
    ///         return first;
    ///     }
    ///     let answers = ask(questions);
    ///     policy.evaluate_settling(chain, now, |unsettled| {
    ///         let answer = answers.get(&unsettled.certificate().sha256());
    ///         answer.copied().unwrap_or(Settlement::Unknown)
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate); [`Rejection::Revoked`] or [`Rejection::RevocationUnknown`] as
    /// `settle` says.
    pub fn evaluate_settling(
        &self,
        chain: &CertChain,
        now: UnixTime,
        mut settle: impl FnMut(Unsettled<'_>) -> Settlement,
    ) -> Result<VerifiedChain, Rejection> {
        self.evaluate_with(chain, now, &mut OnUnknown::Ask(&mut settle))
    }

    /// The same policy with other revocation lists, or other options for them. The trust store, the
    /// deny list and all else are shared with this one.
    pub fn with_revocation(&self, revocation: impl Into<Revocation>) -> Self {
        let inner = Inner {
            revocation: Some(revocation.into()),
            ..Inner::clone(&self.inner)
        };
        inner.into()
    }

    /// The same policy with another deny list; all else is shared with this one.
    pub fn with_deny_list(&self, deny: DenyList) -> Self {
        let inner = Inner {
            deny,
            ..Inner::clone(&self.inner)
        };
        inner.into()
    }

    /// The anchors that this policy trusts.
    pub fn trust_store(&self) -> &TrustStore {
        &self.inner.trust_store
    }

    /// The limits on a presented chain.
    pub fn limits(&self) -> ChainLimits {
        self.inner.limits
    }

    /// How this policy uses revocation lists; `None` if it has none.
    pub fn revocation(&self) -> Option<&Revocation> {
        self.inner.revocation.as_ref()
    }

    /// Where this policy remembers signatures; `None` if it has no such cache.
    pub fn signature_cache(&self) -> Option<&SignatureCache> {
        self.inner
            .facts
            .as_ref()
            .map(|facts| &facts.cache)
    }

    /// What this policy refuses whatever any CA says.
    pub fn deny_list(&self) -> &DenyList {
        &self.inner.deny
    }

    /// The fingerprint of all that can change a verdict: anchors, revocation lists, the deny list,
    /// limits, options and algorithms (their identifiers, order and names; a provider of another version
    /// may name them otherwise).
    pub fn fingerprint(&self) -> Fingerprint {
        self.inner.fingerprint
    }

    /// [`evaluate`](Self::evaluate), and whom to ask about a status that is left to the host.
    pub(crate) fn evaluate_with(
        &self,
        chain: &CertChain,
        now: UnixTime,
        on_unknown: &mut OnUnknown<'_>,
    ) -> Result<VerifiedChain, Rejection> {
        self.judge(&self.question(now), chain, now, on_unknown)
    }

    /// The same for a mode that does not enforce the policy, so that anybody's chain gets here: no signature
    /// is remembered of it.
    pub(crate) fn advise(
        &self,
        chain: &CertChain,
        now: UnixTime,
        on_unknown: &mut OnUnknown<'_>,
    ) -> Result<VerifiedChain, Rejection> {
        let question = Question {
            keeps_facts: false,
            ..self.question(now)
        };
        self.judge(&question, chain, now, on_unknown)
    }

    fn judge(
        &self,
        question: &Question<'_>,
        chain: &CertChain,
        now: UnixTime,
        on_unknown: &mut OnUnknown<'_>,
    ) -> Result<VerifiedChain, Rejection> {
        let certificates: Vec<&[u8]> = chain.certificates().collect();
        let path = self.find_by(question, &certificates, on_unknown, None)?;
        Ok(self.verified(chain.clone(), path, now))
    }

    /// The same on borrowed certificates, the leaf first; `trace` learns what was tried, and nothing is
    /// remembered of what is looked at for a report.
    pub(crate) fn find_path(
        &self,
        certificates: &[&[u8]],
        now: UnixTime,
        on_unknown: &mut OnUnknown<'_>,
        trace: Option<&mut Trace>,
    ) -> Result<Path, Rejection> {
        let question = Question {
            keeps_facts: trace.is_none(),
            ..self.question(now)
        };
        self.find_by(&question, certificates, on_unknown, trace)
    }

    fn find_by(
        &self,
        question: &Question<'_>,
        certificates: &[&[u8]],
        on_unknown: &mut OnUnknown<'_>,
        trace: Option<&mut Trace>,
    ) -> Result<Path, Rejection> {
        self.inner
            .limits
            .check(certificates.iter().map(|der| der.len()))?;
        path::find(certificates, question, on_unknown, trace)
    }

    /// What a verdict of this policy is made of.
    pub(crate) fn question(&self, now: UnixTime) -> Question<'_> {
        let inner = &*self.inner;
        Question {
            trust_store: &inner.trust_store,
            algorithms: inner.algorithms,
            facts: inner.facts.as_ref(),
            keeps_facts: true,
            rules: inner.rules,
            revocation: inner.revocation.as_ref(),
            deny: &inner.deny,
            max_certificates: inner.limits.max_certificates,
            now: now.into(),
        }
    }

    /// What [`find_path`](Self::find_path) found for `chain` at `now`, as a verdict.
    pub(crate) fn verified(&self, chain: CertChain, path: Path, now: UnixTime) -> VerifiedChain {
        VerifiedChain::new(chain, path, self.inner.fingerprint, now)
    }
}

impl From<Inner> for ChainPolicy {
    /// Its fingerprint is taken anew.
    fn from(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner.with_fingerprint()),
        }
    }
}

impl Inner {
    fn with_fingerprint(mut self) -> Self {
        let builder = Fingerprint::builder("chain policy")
            .field(
                self.trust_store
                    .fingerprint()
                    .as_bytes(),
            )
            .number(self.limits.max_certificates)
            .number(self.limits.max_bytes)
            .flag(self.rules.allow_expired_anchors)
            .flag(self.rules.allow_expired_pinned_leaves)
            .flag(self.rules.ignore_expiry)
            .flag(self.rules.require_client_auth_eku)
            .flag(self.rules.require_rfc5280_profile)
            .field(self.deny.fingerprint().as_bytes())
            .flag(self.revocation.is_some());
        let builder = match &self.revocation {
            Some(revocation) => revocation.add_to(builder),
            None => builder,
        };
        // Their order counts: the first that takes a key decides. Two with the same identifiers can
        // differ in the keys that they take, which their names tell.
        self.fingerprint = self
            .algorithms
            .iter()
            .fold(
                builder.number(self.algorithms.len()),
                |builder, algorithm| {
                    builder
                        .field(algorithm.public_key_alg_id().as_ref())
                        .field(algorithm.signature_alg_id().as_ref())
                        .flag(algorithm.fips())
                        .field(format!("{algorithm:?}").as_bytes())
                },
            )
            .build();
        self
    }
}

impl fmt::Debug for ChainPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainPolicy")
            .field("trust_store", &self.inner.trust_store)
            .field("limits", &self.inner.limits)
            .field("rules", &self.inner.rules)
            .field("revocation", &self.inner.revocation)
            .field("deny_list", &self.inner.deny)
            .field("signature_cache", &self.signature_cache())
            .field("fingerprint", &self.inner.fingerprint)
            .finish_non_exhaustive()
    }
}
