//! Building a trust store from its sources.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use pki_types::CertificateDer;

use super::check::{AnchorRules, check, check_pinned};
use super::{Anchor, BySubject, Inner, Pinned, TrustStore, TrustStoreError};
use crate::fingerprint::Fingerprint;
use crate::x509::pem::Sections;
use crate::x509::{Certificate, LONGEST_TEXT, Validity, capped};

/// Builds a [`TrustStore`] from PEM and DER, in any mixture. Certificates are trust anchors but for those
/// that are [pinned](Self::pin_der).
///
/// ```no_run
/// use edge_mtls::{TrustStore, TrustStoreLimits};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let roots = std::fs::read("roots.pem")?;
/// let partner = std::fs::read("partner.der")?;
/// let store = TrustStore::builder()
///     .pem(&roots)
///     .der(&partner)
///     .limits(TrustStoreLimits::cloudfront())
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct TrustStoreBuilder<'a> {
    sources: Vec<Source<'a>>,
    limits: TrustStoreLimits,
    rules: AnchorRules,
}

#[derive(Debug)]
struct Source<'a> {
    bytes: &'a [u8],
    form: Form,
    role: Role,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Der,
    Pem,
}

/// What the certificates of a source are for.
#[derive(Clone, Copy, Debug)]
enum Role {
    Anchor,
    PinnedLeaf,
}

impl<'a> TrustStoreBuilder<'a> {
    /// Adds the CERTIFICATE sections of a PEM bundle. Text and `#` comments between sections, LF
    /// and CRLF, a byte order mark and white space around a line are fine; anything else that is
    /// not a certificate is an error of [`build`](Self::build).
    pub fn pem(self, bundle: &'a [u8]) -> Self {
        self.source(bundle, Form::Pem, Role::Anchor)
    }

    /// Adds one certificate, as its DER.
    pub fn der(self, certificate: &'a [u8]) -> Self {
        self.source(certificate, Form::Der, Role::Anchor)
    }

    /// Pins one leaf, as its DER: a client that presents exactly these octets first, and proves that it
    /// has the private key, is accepted without any CA.
    ///
    /// Its dates are judged, unless the policy has
    /// [`allow_expired_pinned_leaves`](crate::ChainPolicyBuilder::allow_expired_pinned_leaves) or
    /// [`ignore_expiry`](crate::ChainPolicyBuilder::ignore_expiry), and the deny list; a revocation list of
    /// its issuer's name that holds its serial number refuses it, even where no key is at hand that proves
    /// the list, or a newer list does not hold it any more. No list has to say that it is good, and what
    /// becomes of its issuer is of no matter. What it says of its use is not judged: self-signed certificates with CA:TRUE, of X.509
    /// v1, or with unknown extensions can be pinned. It is no trust anchor: nothing that it signed is
    /// trusted. A renewal, of the same key or not, has other octets and must be pinned, too.
    ///
    /// ```
    /// use edge_mtls::{TrustStore, TrustStoreError};
    ///
    /// fn load(ca_bundle: &[u8], partners: &[u8]) -> Result<TrustStore, TrustStoreError> {
    ///     TrustStore::builder()
    ///         .pem(ca_bundle)
    ///         .pin_pem(partners)
    ///         .build()
    /// }
    /// # assert!(load(b"", b"").is_err());
    /// ```
    pub fn pin_der(self, leaf: &'a [u8]) -> Self {
        self.source(leaf, Form::Der, Role::PinnedLeaf)
    }

    /// Pins each of the CERTIFICATE sections of a PEM bundle, as [`pin_der`](Self::pin_der) does.
    pub fn pin_pem(self, bundle: &'a [u8]) -> Self {
        self.source(bundle, Form::Pem, Role::PinnedLeaf)
    }

    fn source(mut self, bytes: &'a [u8], form: Form, role: Role) -> Self {
        self.sources
            .push(Source { bytes, form, role });
        self
    }

    /// Sets the limits; [`TrustStoreLimits::default`] otherwise.
    pub fn limits(mut self, limits: TrustStoreLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes certificates that are not marked as a CA's: X.509 v1 roots, those without
    /// basicConstraints or with CA:FALSE, and those whose keyUsage lacks keyCertSign.
    pub fn allow_non_ca_anchors(mut self) -> Self {
        self.rules.allow_non_ca = true;
        self
    }

    /// Takes certificates with critical extensions that nobody here enforces, such as
    /// certificatePolicies. What they restrict is then not restricted.
    pub fn allow_unhandled_critical_extensions(mut self) -> Self {
        self.rules
            .allow_unhandled_critical_extensions = true;
        self
    }

    /// Takes certificates whose extended key usage leaves out clientAuth, and does not enforce it.
    pub fn allow_anchors_for_other_purposes(mut self) -> Self {
        self.rules.allow_other_purposes = true;
        self
    }

    /// Builds the store. A certificate that is there twice in one role, by its full DER, counts once.
    ///
    /// # Errors
    ///
    /// [`TrustStoreError`]: the limits are checked first, then each certificate in the order
    /// added; the first that cannot be an anchor is reported.
    pub fn build(self) -> Result<TrustStore, TrustStoreError> {
        self.build_and(Err)
    }

    /// Builds the store from those certificates that can be anchors, and says of each other why it
    /// cannot: for large bundles of others' making, in which one certificate must not cost the rest.
    /// Whoever has a path to a CA left out is refused, so read the report.
    ///
    /// # Errors
    ///
    /// [`TrustStoreError`] if a limit on the whole is exceeded, a PEM section cannot be read, or no
    /// certificate is left; then the first that cannot be an anchor is reported.
    pub fn build_with_report(self) -> Result<(TrustStore, Vec<TrustStoreError>), TrustStoreError> {
        let mut report = Vec::new();
        let store = self.build_and(|error| {
            report.push(error);
            Ok(())
        });
        match (store, report.first()) {
            (Err(TrustStoreError::NoCertificates), Some(first)) => Err(first.clone()),
            (store, _) => store.map(|store| (store, report)),
        }
    }

    /// `on_fault` has the error of each certificate that cannot be an anchor.
    fn build_and(
        self,
        mut on_fault: impl FnMut(TrustStoreError) -> Result<(), TrustStoreError>,
    ) -> Result<TrustStore, TrustStoreError> {
        let bytes = self
            .sources
            .iter()
            .map(|source| source.bytes.len())
            .fold(0, usize::saturating_add);
        if bytes > self.limits.max_bundle_bytes {
            return Err(TrustStoreError::BundleTooLarge {
                bytes,
                limit: self.limits.max_bundle_bytes,
            });
        }

        let mut anchors = Vec::new();
        let mut digests = HashSet::new();
        let mut pinned = BTreeMap::new();
        let mut entry = 0;
        let mut add = |entry: usize, role: Role, der: Vec<u8>| {
            if der.len() > self.limits.max_certificate_bytes {
                return on_fault(TrustStoreError::CertificateTooLarge {
                    entry,
                    bytes: der.len(),
                    limit: self.limits.max_certificate_bytes,
                });
            }
            match role {
                Role::Anchor if digests.contains(&Certificate::describe(&der).sha256()) => {}
                Role::Anchor => match self.read_anchor(entry, der) {
                    Ok(anchor) => {
                        digests.insert(anchor.sha256);
                        anchors.push(Arc::new(anchor));
                    }
                    Err(error) => return on_fault(error),
                },
                Role::PinnedLeaf => match read_pinned(entry, &der) {
                    Ok(validity) => {
                        pinned.insert(der.into_boxed_slice(), validity);
                    }
                    Err(error) => return on_fault(error),
                },
            }
            match anchors.len() + pinned.len() > self.limits.max_certificates {
                true => Err(TrustStoreError::TooManyCertificates {
                    limit: self.limits.max_certificates,
                }),
                false => Ok(()),
            }
        };
        for Source { bytes, form, role } in &self.sources {
            match form {
                Form::Der => {
                    entry += 1;
                    add(entry, *role, bytes.to_vec())?;
                }
                Form::Pem => {
                    for section in Sections::of_certificates(bytes) {
                        entry += 1;
                        let der = section.map_err(|fault| TrustStoreError::Pem { entry, fault })?;
                        add(entry, *role, der)?;
                    }
                }
            }
        }
        if anchors.is_empty() && pinned.is_empty() {
            return Err(TrustStoreError::NoCertificates);
        }
        let pinned: Vec<Pinned> = pinned
            .into_iter()
            .map(|(der, validity)| Pinned { der, validity })
            .collect();
        Ok(TrustStore {
            inner: Arc::new(Inner {
                by_subject: BySubject::new(&anchors),
                fingerprint: fingerprint(&anchors, &pinned),
                anchors,
                pinned,
            }),
        })
    }

    fn read_anchor(&self, entry: usize, der: Vec<u8>) -> Result<Anchor, TrustStoreError> {
        let certificate = Certificate::from_der(&der)
            .map_err(|source| TrustStoreError::Malformed { entry, source })?;
        let checked =
            check(&certificate, &self.rules).map_err(|fault| TrustStoreError::Anchor {
                entry,
                subject: subject_text(&certificate),
                fault,
            })?;
        Ok(Anchor {
            parts: checked.parts,
            key_identifier: certificate
                .subject_key_identifier()
                .map(Into::into),
            validity: checked.validity,
            path_len: checked.path_len,
            sha256: certificate.sha256(),
            der: CertificateDer::from(der),
        })
    }
}

fn read_pinned(entry: usize, der: &[u8]) -> Result<Validity, TrustStoreError> {
    let certificate = Certificate::from_der(der)
        .map_err(|source| TrustStoreError::Malformed { entry, source })?;
    check_pinned(&certificate).map_err(|fault| TrustStoreError::Pinned {
        entry,
        subject: subject_text(&certificate),
        fault,
    })
}

fn subject_text(certificate: &Certificate<'_>) -> String {
    match certificate.subject() {
        subject if subject.is_empty() => "no subject".into(),
        subject => capped(subject, LONGEST_TEXT),
    }
}

/// Limits on what a trust store takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TrustStoreLimits {
    /// How many certificates, anchors and pinned leaves, duplicates not counted. Default 100,000.
    pub max_certificates: usize,
    /// How many bytes all sources have together. Default 64 MiB.
    pub max_bundle_bytes: usize,
    /// How many bytes of DER a certificate has. Default 64 KiB.
    pub max_certificate_bytes: usize,
}

impl TrustStoreLimits {
    /// The limits of Amazon CloudFront: 25 certificates, 64 KB, 16,384 bytes a certificate.
    pub const fn cloudfront() -> Self {
        Self {
            max_certificates: 25,
            max_bundle_bytes: 64 * 1024,
            max_certificate_bytes: 16_384,
        }
    }
}

impl Default for TrustStoreLimits {
    fn default() -> Self {
        Self {
            max_certificates: 100_000,
            max_bundle_bytes: 64 * 1024 * 1024,
            max_certificate_bytes: 64 * 1024,
        }
    }
}

impl BySubject {
    fn new(anchors: &[Arc<Anchor>]) -> Self {
        let subject = |position: &usize| {
            anchors
                .get(*position)
                .map_or(&[][..], |anchor| anchor.subject())
        };
        let mut positions: Vec<usize> = (0..anchors.len()).collect();
        positions.sort_by_key(|position| {
            let anchor = anchors.get(*position);
            (
                subject(position),
                anchor.map(|anchor| (&anchor.key_identifier, anchor.sha256)),
            )
        });
        let mut subjects = HashMap::new();
        let (mut start, mut longest) = (0, 0);
        for same in positions.chunk_by(|a, b| subject(a) == subject(b)) {
            let end = start + same.len();
            if let Some(first) = same.first() {
                longest = longest.max(subject(first).len());
                subjects.insert(subject(first).into(), start..end);
            }
            start = end;
        }
        Self {
            positions,
            subjects,
            longest,
        }
    }
}

fn fingerprint(anchors: &[Arc<Anchor>], pinned: &[Pinned]) -> Fingerprint {
    let mut digests: Vec<&[u8; 32]> = anchors
        .iter()
        .map(|anchor| &anchor.sha256)
        .collect();
    digests.sort_unstable();
    let builder = digests.into_iter().fold(
        Fingerprint::builder("trust store").number(anchors.len()),
        |builder, digest| builder.field(digest),
    );
    pinned
        .iter()
        .fold(builder.number(pinned.len()), |builder, pinned| {
            builder.field(&pinned.der)
        })
        .build()
}
