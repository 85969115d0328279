//! Why a trust store cannot be built.

use thiserror::Error;

use crate::x509::{MalformedCertificate, PemFault, Time};

/// Why a [`TrustStore`](crate::TrustStore) cannot be built.
///
/// Certificates are counted from 1, over all sources in the order added.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum TrustStoreError {
    /// A certificate is well-formed and cannot be a trust anchor.
    #[error("certificate {entry} ({subject}) cannot be a trust anchor: {fault}")]
    Anchor {
        /// Which certificate, counted from 1.
        entry: usize,
        /// Its subject as RFC 4514 text, or `no subject`.
        subject: String,
        /// What is wrong with it.
        fault: AnchorFault,
    },

    /// A certificate is longer than the limit.
    #[error(
        "certificate {entry} has {bytes} bytes, more than the limit of {limit}; raise \
         `TrustStoreLimits::max_certificate_bytes` if it is meant to be that long"
    )]
    CertificateTooLarge {
        /// Which certificate, counted from 1.
        entry: usize,
        /// Its size.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// The sources are longer than the limit.
    #[error(
        "the bundle has {bytes} bytes, more than the limit of {limit}; raise \
         `TrustStoreLimits::max_bundle_bytes` if it is meant to be that long"
    )]
    BundleTooLarge {
        /// The size of all sources together.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },

    /// An entry is not the DER of exactly one certificate.
    #[error(
        "certificate {entry} is not one DER certificate: {source}; copy it again from its source, and \
         read PEM with `TrustStore::from_pem`"
    )]
    Malformed {
        /// Which certificate, counted from 1.
        entry: usize,
        /// What cannot be read.
        source: MalformedCertificate,
    },

    /// There is no certificate in any source.
    #[error(
        "the sources hold no certificate; a PEM bundle needs a line \
         -----BEGIN CERTIFICATE-----, and DER goes into `TrustStore::from_der`"
    )]
    NoCertificates,

    /// A section of a PEM bundle cannot be read.
    #[error("section {entry} of the PEM bundle cannot be read: {fault}")]
    Pem {
        /// Which section, counted from 1.
        entry: usize,
        /// What is wrong with it.
        fault: PemFault,
    },

    /// A certificate cannot be pinned.
    #[error("certificate {entry} ({subject}) cannot be pinned: {fault}")]
    Pinned {
        /// Which certificate, counted from 1.
        entry: usize,
        /// Its subject as RFC 4514 text, or `no subject`.
        subject: String,
        /// What is wrong with it.
        fault: AnchorFault,
    },

    /// There are more certificates than the limit.
    #[error(
        "there are more than {limit} certificates; raise `TrustStoreLimits::max_certificates` if \
         that many are to be trusted"
    )]
    TooManyCertificates {
        /// The limit on them.
        limit: usize,
    },
}

/// Why a well-formed certificate cannot be a trust anchor, or not be pinned.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum AnchorFault {
    /// It constrains the directory names below it, which webpki cannot judge.
    #[error(
        "its name constraints restrict directory names, which webpki cannot judge, so that it would \
         accept nothing; trust the CAs below it instead"
    )]
    DirectoryNameConstraint,

    /// Two extensions have the same object identifier (RFC 5280 section 4.2).
    #[error("the extension {oid} appears twice; ask the CA for a well-formed certificate")]
    DuplicateExtension {
        /// The object identifier.
        oid: String,
    },

    /// It has no subject, by which a certificate below it could name it (RFC 5280 section
    /// 4.1.2.6).
    #[error("its subject is empty, so that no certificate can name it as its issuer")]
    EmptySubject,

    /// Its notBefore lies behind its notAfter.
    #[error("it is valid from {not_before} to {not_after}, which is never")]
    EmptyValidity {
        /// `notBefore`.
        not_before: Time,
        /// `notAfter`.
        not_after: Time,
    },

    /// A part that decides what it may do cannot be read.
    #[error("its {0} cannot be read; ask the CA for a well-formed certificate")]
    Malformed(String),

    /// It is not marked as a CA's certificate (RFC 5280 sections 4.2.1.3 and 4.2.1.9).
    #[error(
        "it is not marked as a CA's ({0}); trust the CA that issued it, or use \
         `TrustStoreBuilder::allow_non_ca_anchors` if this old or private CA has no such mark"
    )]
    NotCa(&'static str),

    /// Its extended key usage leaves out client authentication.
    #[error(
        "its extended key usage allows {0} and not clientAuth; use \
         `TrustStoreBuilder::allow_anchors_for_other_purposes` if it is to be trusted all the same"
    )]
    OtherPurpose(String),

    /// It has a critical extension that neither this crate nor webpki enforces.
    #[error(
        "its critical extension {oid} would not be enforced; use \
         `TrustStoreBuilder::allow_unhandled_critical_extensions` if it is to be trusted all the \
         same"
    )]
    UnhandledCriticalExtension {
        /// The object identifier.
        oid: String,
    },
}
