//! Building a trust store from its sources.

use std::collections::HashSet;
use std::sync::Arc;

use pki_types::CertificateDer;

use super::check::{AnchorRules, check};
use super::{Anchor, Inner, TrustStore, TrustStoreError};
use crate::fingerprint::Fingerprint;
use crate::x509::pem::Sections;
use crate::x509::{Certificate, LONGEST_TEXT, capped};

/// Builds a [`TrustStore`] from PEM and DER, in any mixture.
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
enum Source<'a> {
    Der(&'a [u8]),
    Pem(&'a [u8]),
}

impl<'a> TrustStoreBuilder<'a> {
    /// Adds the CERTIFICATE sections of a PEM bundle. Text and `#` comments between sections, LF
    /// and CRLF, a byte order mark and white space around a line are fine; anything else that is
    /// not a certificate is an error of [`build`](Self::build).
    pub fn pem(mut self, bundle: &'a [u8]) -> Self {
        self.sources.push(Source::Pem(bundle));
        self
    }

    /// Adds one certificate, as its DER.
    pub fn der(mut self, certificate: &'a [u8]) -> Self {
        self.sources
            .push(Source::Der(certificate));
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

    /// Builds the store. A certificate that is there twice, by its full DER, counts once.
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
            .map(|source| match source {
                Source::Der(bytes) | Source::Pem(bytes) => bytes.len(),
            })
            .fold(0, usize::saturating_add);
        if bytes > self.limits.max_bundle_bytes {
            return Err(TrustStoreError::BundleTooLarge {
                bytes,
                limit: self.limits.max_bundle_bytes,
            });
        }

        let mut anchors = Vec::new();
        let mut digests = HashSet::new();
        let mut entry = 0;
        let mut add = |entry: usize, der: Vec<u8>| {
            if der.len() <= self.limits.max_certificate_bytes
                && digests.contains(&Certificate::describe(&der).sha256())
            {
                return Ok(());
            }
            let anchor = match self.read(entry, der) {
                Ok(anchor) => anchor,
                Err(error) => return on_fault(error),
            };
            digests.insert(anchor.sha256);
            anchors.push(Arc::new(anchor));
            match anchors.len() > self.limits.max_certificates {
                true => Err(TrustStoreError::TooManyCertificates {
                    limit: self.limits.max_certificates,
                }),
                false => Ok(()),
            }
        };
        for source in &self.sources {
            match source {
                Source::Der(der) => {
                    entry += 1;
                    add(entry, der.to_vec())?;
                }
                Source::Pem(bundle) => {
                    for section in Sections::of_certificates(bundle) {
                        entry += 1;
                        let der = section.map_err(|fault| TrustStoreError::Pem { entry, fault })?;
                        add(entry, der)?;
                    }
                }
            }
        }
        if anchors.is_empty() {
            return Err(TrustStoreError::NoCertificates);
        }
        Ok(TrustStore {
            inner: Arc::new(Inner {
                by_subject: index(&anchors),
                fingerprint: fingerprint(&anchors),
                anchors,
            }),
        })
    }

    fn read(&self, entry: usize, der: Vec<u8>) -> Result<Anchor, TrustStoreError> {
        if der.len() > self.limits.max_certificate_bytes {
            return Err(TrustStoreError::CertificateTooLarge {
                entry,
                bytes: der.len(),
                limit: self.limits.max_certificate_bytes,
            });
        }
        let certificate = Certificate::from_der(&der)
            .map_err(|source| TrustStoreError::Malformed { entry, source })?;
        let checked =
            check(&certificate, &self.rules).map_err(|fault| TrustStoreError::Anchor {
                entry,
                subject: match certificate.subject() {
                    subject if subject.is_empty() => "no subject".into(),
                    subject => capped(subject, LONGEST_TEXT),
                },
                fault,
            })?;
        Ok(Anchor {
            subject: checked.subject.into(),
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

/// Limits on what a trust store takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TrustStoreLimits {
    /// How many certificates, duplicates not counted. Default 100,000.
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

fn index(anchors: &[Arc<Anchor>]) -> Vec<usize> {
    let mut by_subject: Vec<usize> = (0..anchors.len()).collect();
    by_subject.sort_by_key(|position| {
        anchors
            .get(*position)
            .map(|anchor| (&anchor.subject, &anchor.key_identifier, anchor.sha256))
    });
    by_subject
}

fn fingerprint(anchors: &[Arc<Anchor>]) -> Fingerprint {
    let mut digests: Vec<&[u8; 32]> = anchors
        .iter()
        .map(|anchor| &anchor.sha256)
        .collect();
    digests.sort_unstable();
    digests
        .into_iter()
        .fold(Fingerprint::builder("trust store"), |builder, digest| {
            builder.field(digest)
        })
        .build()
}
