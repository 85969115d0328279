//! The mode: what a server asks of its clients.

use core::fmt;

use pki_types::UnixTime;
use thiserror::Error;

use super::{ChainLimits, ChainPolicy, ClientIdentity, PresentedCertificate, Rejection};
use crate::chain::CertChain;
use crate::fingerprint::Fingerprint;
use crate::path::Path;
use crate::revocation::{DenyList, OnUnknown};
use crate::x509::{Certificate, subject_public_key_info};

/// What a server asks of its clients: the mode, and the policy behind it.
///
/// | mode | no certificate | a bad certificate | a good certificate |
/// |---|---|---|---|
/// | [`required`](Self::required) | refused | refused | `Verified` |
/// | [`optional`](Self::optional) | `Anonymous` | refused | `Verified` |
/// | [`passthrough`](Self::passthrough) | `Anonymous` | `Unverified` | `Unverified` |
///
/// In every mode the client proves that it has the leaf's private key, and a chain over the limits, or
/// on a [deny list](crate::DenyList), is refused.
#[derive(Clone)]
pub struct ClientAuthPolicy {
    kind: Kind,
    /// The DER of the names that a CertificateRequest lists.
    ca_names: Vec<Vec<u8>>,
    fingerprint: Fingerprint,
}

#[derive(Clone)]
enum Kind {
    Required(ChainPolicy),
    Optional(ChainPolicy),
    Passthrough(Passthrough),
}

/// The three modes, named as Amazon CloudFront names them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ClientAuthMode {
    /// No certificate is fine; a bad one is not.
    Optional,
    /// The chain goes to the origin, which decides.
    Passthrough,
    /// Every client must show a certificate that the policy accepts.
    Required,
}

impl fmt::Display for ClientAuthMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Optional => "optional",
            Self::Passthrough => "passthrough",
            Self::Required => "required",
        })
    }
}

impl ClientAuthPolicy {
    /// Every client must show a chain that `policy` accepts.
    pub fn required(policy: ChainPolicy) -> Self {
        Self::new(Kind::Required(policy))
    }

    /// A client may show no certificate; if it shows one, `policy` must accept it.
    pub fn optional(policy: ChainPolicy) -> Self {
        Self::new(Kind::Optional(policy))
    }

    /// A client may show any chain within the default limits, and the origin decides. There is no
    /// trust store to enforce; [`Passthrough`] sets other limits, or an advisory policy.
    pub fn passthrough() -> Self {
        Passthrough::default().into()
    }

    /// Lists the subjects of the trust store, and the issuers of pinned leaves, in the
    /// CertificateRequest, so that a client with several certificates can choose (RFC 8446 section 4.2.4). Off unless called, as
    /// `AdvertiseTrustStoreCaNames` is at CloudFront.
    ///
    /// # Errors
    ///
    /// [`CaNamesError`] if the list would make the CertificateRequest larger than
    /// [`DEFAULT_CA_NAMES_LIMIT`](Self::DEFAULT_CA_NAMES_LIMIT), and in passthrough, which has no
    /// trust store.
    pub fn advertise_ca_names(self) -> Result<Self, CaNamesError> {
        self.advertise_ca_names_within(Self::DEFAULT_CA_NAMES_LIMIT)
    }

    /// The same with another limit on the size of the CertificateRequest, in bytes.
    ///
    /// # Errors
    ///
    /// As [`advertise_ca_names`](Self::advertise_ca_names); also if `limit` is more than
    /// [`MAX_CA_NAMES_LIMIT`](Self::MAX_CA_NAMES_LIMIT), which TLS cannot carry.
    pub fn advertise_ca_names_within(mut self, limit: usize) -> Result<Self, CaNamesError> {
        if limit > Self::MAX_CA_NAMES_LIMIT {
            return Err(CaNamesError::LimitTooHigh { limit });
        }
        let policy = self
            .chain_policy()
            .ok_or(CaNamesError::NoTrustStore)?;
        let trust_store = policy.trust_store();
        let subjects = trust_store
            .anchors()
            .map(|anchor| anchor.subject());
        let issuers = trust_store
            .pinned_leaves()
            .map(|leaf| leaf.issuer());
        let mut names: Vec<Vec<u8>> = subjects
            .chain(issuers)
            .filter(|name| !name.is_empty())
            .map(|name| name.as_der().to_vec())
            .collect();
        names.sort_unstable();
        names.dedup();
        let bytes = names
            .iter()
            .map(|name| name.len() + CA_NAME_OVERHEAD)
            .fold(CERTIFICATE_REQUEST_OVERHEAD, usize::saturating_add);
        if bytes > limit {
            return Err(CaNamesError::TooLong {
                names: names.len(),
                bytes,
                limit,
            });
        }
        self.ca_names = names;
        Ok(self)
    }

    /// The limit that [`advertise_ca_names`](Self::advertise_ca_names) sets: 16 KiB. Many clients
    /// stop at 16 or 32 KiB.
    pub const DEFAULT_CA_NAMES_LIMIT: usize = 16 * 1024;

    /// The highest limit: a CertificateRequest has at most 65,535 bytes, and rustls as a client
    /// does not read all of them.
    pub const MAX_CA_NAMES_LIMIT: usize = 60_000;

    /// The mode.
    pub fn mode(&self) -> ClientAuthMode {
        self.kind.mode()
    }

    /// The policy that is enforced; `None` in passthrough.
    pub fn chain_policy(&self) -> Option<&ChainPolicy> {
        match &self.kind {
            Kind::Required(policy) | Kind::Optional(policy) => Some(policy),
            Kind::Passthrough(_) => None,
        }
    }

    /// The limits on a presented chain.
    pub fn limits(&self) -> ChainLimits {
        match &self.kind {
            Kind::Required(policy) | Kind::Optional(policy) => policy.limits(),
            Kind::Passthrough(passthrough) => passthrough.limits,
        }
    }

    /// The fingerprint of all that can change a verdict: the mode and the policy behind it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The DER of the names that a CertificateRequest lists.
    pub(crate) fn ca_names(&self) -> &[Vec<u8>] {
        &self.ca_names
    }

    /// What is said of a presented chain before possession is proven: the path, where the mode
    /// has a policy to enforce.
    pub(crate) fn admit(
        &self,
        certificates: &[&[u8]],
        now: UnixTime,
    ) -> Result<Option<Path>, Rejection> {
        match &self.kind {
            Kind::Required(policy) | Kind::Optional(policy) => policy
                .find_path(certificates, now, &mut OnUnknown::Postpone, None)
                .map(Some),
            Kind::Passthrough(passthrough) => {
                passthrough
                    .limits
                    .check(certificates.iter().map(|der| der.len()))?;
                check_has_key(certificates)?;
                passthrough.check_deny_list(certificates)?;
                Ok(None)
            }
        }
    }

    /// Who a client is that finished a handshake with `chain`.
    pub(crate) fn identify(
        &self,
        chain: Option<&CertChain>,
        now: UnixTime,
        on_unknown: &mut OnUnknown<'_>,
    ) -> Result<ClientIdentity, Rejection> {
        match (&self.kind, chain) {
            (Kind::Required(_), None) => Err(Rejection::Missing),
            (Kind::Optional(_) | Kind::Passthrough(_), None) => Ok(ClientIdentity::Anonymous),
            (Kind::Required(policy) | Kind::Optional(policy), Some(chain)) => policy
                .evaluate_with(chain, now, on_unknown)
                .map(|verified| ClientIdentity::Verified { verified }),
            (Kind::Passthrough(passthrough), Some(chain)) => {
                passthrough.limits.check_chain(chain)?;
                check_has_key(&[chain.leaf_der()])?;
                let certificates: Vec<&[u8]> = chain.certificates().collect();
                passthrough.check_deny_list(&certificates)?;
                Ok(ClientIdentity::Unverified {
                    chain: chain.clone(),
                    advisory: passthrough
                        .advisory
                        .as_ref()
                        .map(|policy| policy.advise(chain, now, on_unknown)),
                })
            }
        }
    }

    fn new(kind: Kind) -> Self {
        Self {
            fingerprint: kind.fingerprint(),
            kind,
            ca_names: Vec::new(),
        }
    }
}

impl Kind {
    fn mode(&self) -> ClientAuthMode {
        match self {
            Self::Required(_) => ClientAuthMode::Required,
            Self::Optional(_) => ClientAuthMode::Optional,
            Self::Passthrough(_) => ClientAuthMode::Passthrough,
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        let builder = Fingerprint::builder("client auth").field(self.mode().to_string().as_bytes());
        match self {
            Self::Required(policy) | Self::Optional(policy) => {
                builder.field(policy.fingerprint().as_bytes())
            }
            Self::Passthrough(passthrough) => builder
                .number(passthrough.limits.max_certificates)
                .number(passthrough.limits.max_bytes)
                .field(
                    passthrough
                        .advisory
                        .as_ref()
                        .map(ChainPolicy::fingerprint)
                        .as_ref()
                        .map_or(&[], |fingerprint| fingerprint.as_bytes()),
                )
                .field(
                    passthrough
                        .deny
                        .fingerprint()
                        .as_bytes(),
                ),
        }
        .build()
    }
}

impl fmt::Debug for ClientAuthPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ClientAuthPolicy");
        debug.field("mode", &self.mode());
        match &self.kind {
            Kind::Required(policy) | Kind::Optional(policy) => debug.field("policy", policy),
            Kind::Passthrough(passthrough) => debug.field("passthrough", passthrough),
        };
        debug
            .field("ca_names", &self.ca_names.len())
            .finish()
    }
}

/// Possession can be proven of a leaf whose key can be found, whatever else it holds.
fn check_has_key(certificates: &[&[u8]]) -> Result<(), Rejection> {
    let leaf = certificates
        .first()
        .ok_or(Rejection::Missing)?;
    match subject_public_key_info(leaf) {
        Ok(_) => Ok(()),
        Err(error) => Err(Rejection::Malformed {
            certificate: PresentedCertificate::new(0, &Certificate::describe(leaf)),
            part: error.to_string(),
        }),
    }
}

/// The options of passthrough; see [`ClientAuthPolicy::passthrough`].
///
/// ```
/// use edge_mtls::{ChainLimits, ClientAuthPolicy, Passthrough};
///
/// let policy: ClientAuthPolicy = Passthrough::default()
///     .limits(ChainLimits::new(4, 16 * 1024))
///     .into();
/// assert_eq!(policy.mode().to_string(), "passthrough");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Passthrough {
    limits: ChainLimits,
    advisory: Option<ChainPolicy>,
    deny: DenyList,
}

impl Passthrough {
    /// Sets the limits on a presented chain; [`ChainLimits::default`] otherwise.
    pub fn limits(mut self, limits: ChainLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Has `policy` judge each chain after the handshake. Its verdict is told, in
    /// [`ClientIdentity::Unverified`] and to the origin, and never enforced.
    pub fn advisory(mut self, policy: ChainPolicy) -> Self {
        self.advisory = Some(policy);
        self
    }

    /// Refuses a client that presents a certificate on `deny`, in the handshake and afterwards: the
    /// one thing that passthrough enforces beside possession. A client can leave out an intermediate
    /// that is denied, and make itself a certificate of other octets for a key that is: where nobody
    /// has judged the chain, the origin has to know of it, too.
    pub fn deny(mut self, deny: DenyList) -> Self {
        self.deny = deny;
        self
    }

    fn check_deny_list(&self, certificates: &[&[u8]]) -> Result<(), Rejection> {
        if self.deny.is_empty() {
            return Ok(());
        }
        for (index, der) in certificates.iter().enumerate() {
            let certificate = Certificate::describe(der);
            if let Some(by) = self.deny.find(&certificate) {
                return Err(Rejection::Revoked {
                    certificate: PresentedCertificate::new(index, &certificate),
                    by,
                });
            }
        }
        Ok(())
    }
}

impl From<Passthrough> for ClientAuthPolicy {
    fn from(passthrough: Passthrough) -> Self {
        Self::new(Kind::Passthrough(passthrough))
    }
}

/// Why CA names cannot be advertised.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum CaNamesError {
    /// The limit is more than TLS can carry.
    #[error(
        "the limit of {limit} bytes is more than a CertificateRequest can carry; use at most {most}",
        most = ClientAuthPolicy::MAX_CA_NAMES_LIMIT
    )]
    LimitTooHigh {
        /// The limit that was asked for.
        limit: usize,
    },

    /// Passthrough has no trust store.
    #[error(
        "passthrough enforces no trust store: there are no CA names to advertise, leave it out"
    )]
    NoTrustStore,

    /// The list is longer than the limit.
    #[error(
        "with {names} CA names the CertificateRequest could have {bytes} bytes, more than the limit \
         of {limit}; do not advertise CA names, trust fewer CAs, or raise the limit with \
         `advertise_ca_names_within`"
    )]
    TooLong {
        /// How many different names there are.
        names: usize,
        /// The size of the CertificateRequest, at most.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },
}

/// The length before each name.
const CA_NAME_OVERHEAD: usize = 2;

/// What a CertificateRequest holds beside the names: headers, signature schemes, compression.
const CERTIFICATE_REQUEST_OVERHEAD: usize = 256;
