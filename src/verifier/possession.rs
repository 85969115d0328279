//! Proof that the client has the leaf's private key, for any leaf whose key can be found.

use pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};

use super::VerifierError;
use crate::x509::subject_public_key_info;

/// Verifies handshake signatures with the algorithms of a provider.
///
/// The certificate is never parsed: its key is found by a walk over the parts before it, so that
/// leaves which webpki does not read (X.509 v1, an unknown critical extension) prove possession
/// like any other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Possession {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Possession {
    pub(super) fn new(algorithms: WebPkiSupportedAlgorithms) -> Result<Self, VerifierError> {
        let is_usable = !algorithms.mapping.is_empty()
            && algorithms
                .mapping
                .iter()
                .all(|(_, algorithms)| !algorithms.is_empty());
        match is_usable {
            true => Ok(Self { algorithms }),
            false => Err(VerifierError::NoAlgorithms),
        }
    }

    pub(super) fn schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }

    /// TLS 1.2 (RFC 5246 section 7.4.8): a scheme says nothing of the curve, so each algorithm
    /// that it can stand for is tried.
    pub(super) fn verify_tls12(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = key_of(certificate)?;
        let key = webpki::RawPublicKeyEntity::try_from(&spki).map_err(|_| bad_encoding())?;
        let (_, algorithms) = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme)
            .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        let mut error = bad_encoding();
        for algorithm in *algorithms {
            match key.verify_signature(*algorithm, message, signed.signature()) {
                Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
                Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(context)) => {
                    error = CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                        signature_algorithm_id: context.signature_algorithm_id,
                        public_key_algorithm_id: context.public_key_algorithm_id,
                    }
                    .into();
                }
                Err(webpki::Error::InvalidSignatureForPublicKey) => {
                    return Err(CertificateError::BadSignature.into());
                }
                Err(_) => return Err(bad_encoding()),
            }
        }
        Err(error)
    }

    /// TLS 1.3 (RFC 8446 section 4.4.3): a scheme stands for one algorithm, and some schemes of
    /// TLS 1.2 are forbidden. rustls knows both.
    pub(super) fn verify_tls13(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = key_of(certificate)?;
        verify_tls13_signature_with_raw_key(message, &spki, signed, &self.algorithms)
    }
}

fn key_of<'a>(certificate: &'a CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'a>, Error> {
    subject_public_key_info(certificate)
        .map(SubjectPublicKeyInfoDer::from)
        .map_err(|_| bad_encoding())
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}
