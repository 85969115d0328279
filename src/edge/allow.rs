//! Ready-made functions: who is allowed.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::function::{ConnectionFunction, Decision};
use super::step::{ConnectionStep, ConnectionView};
use crate::x509::{Certificate, MalformedCertificate, SpiffeId};

/// Allows the clients whose certificate fits, and denies all others, anonymous ones too.
///
/// By names and issuers only a *verified* client is allowed: in passthrough anybody can write any name
/// into a certificate of his own. The SHA-256 of a certificate or of a key is enough by itself, since
/// possession is proven in every mode.
///
/// ```
/// use edge_mtls::{Allow, AnyOf};
///
/// let function = AnyOf::new(Allow::spiffe_trust_domains(["prod.example"]))
///     .or(Allow::alt_names(["DNS:backup.example"]));
/// # fn is_one(_: impl edge_mtls::ConnectionFunction) {}
/// # is_one(function);
/// ```
#[derive(Clone, Debug)]
pub struct Allow {
    who: Who,
}

#[derive(Clone, Debug)]
enum Who {
    AltNames(HashSet<String>),
    Issuers(HashSet<(Vec<u8>, Vec<u8>)>),
    Sha256(HashSet<[u8; 32]>),
    SpiffeTrustDomains(HashSet<String>),
    SpkiSha256(HashSet<[u8; 32]>),
}

impl Allow {
    /// Those verified clients whose leaf has one of these subject alternative names, as
    /// [`SubjectAltName`](crate::SubjectAltName) displays: `DNS:a.example`, `URI:spiffe://a/b`,
    /// `email:a@b.example`, `IP:192.0.2.1`. DNS names are compared without regard to case, all else
    /// exactly; a wildcard is a name like any other.
    pub fn alt_names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let names = names
            .into_iter()
            .map(|name| folded(name.into()));
        Self {
            who: Who::AltNames(names.collect()),
        }
    }

    /// Those verified clients whose leaf is an X.509-SVID of one of these SPIFFE trust domains, such as
    /// `prod.example`.
    pub fn spiffe_trust_domains<S: Into<String>>(domains: impl IntoIterator<Item = S>) -> Self {
        Self {
            who: Who::SpiffeTrustDomains(
                domains
                    .into_iter()
                    .map(Into::into)
                    .collect(),
            ),
        }
    }

    /// Those clients, in any mode, the SHA-256 of whose leaf is one of these.
    pub fn sha256(digests: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self {
            who: Who::Sha256(digests.into_iter().collect()),
        }
    }

    /// Those clients, in any mode, the SHA-256 of whose leaf's SubjectPublicKeyInfo is one of these: a
    /// certificate that is issued anew for the same key fits, too.
    pub fn spki_sha256(digests: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self {
            who: Who::SpkiSha256(digests.into_iter().collect()),
        }
    }

    /// Those verified clients whose leaf was issued by one of these CAs, each the DER of its certificate:
    /// the issuer on the path has the same name and the same key.
    ///
    /// # Errors
    ///
    /// [`MalformedCertificate`] if one is not a certificate.
    pub fn issuers<I>(certificates: I) -> Result<Self, MalformedCertificate>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let issuers = certificates
            .into_iter()
            .map(|der| Certificate::from_der(der.as_ref()).map(|issuer| name_and_key(&issuer)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            who: Who::Issuers(issuers),
        })
    }

    fn allows(&self, connection: ConnectionView<'_>) -> bool {
        let identity = connection.identity();
        let Some(leaf) = identity.leaf() else {
            return false;
        };
        match (&self.who, identity.verified()) {
            (Who::Sha256(digests), _) => digests.contains(&leaf.sha256()),
            (Who::SpkiSha256(digests), _) => {
                let key: [u8; 32] = Sha256::digest(leaf.subject_public_key_info()).into();
                digests.contains(&key)
            }
            (_, None) => false,
            (Who::AltNames(names), Some(_)) => leaf
                .subject_alt_names()
                .any(|name| names.contains(&folded(name.to_string()))),
            (Who::SpiffeTrustDomains(domains), Some(_)) => leaf
                .spiffe_id()
                .is_some_and(|id| domains.contains(SpiffeId::trust_domain(&id))),
            (Who::Issuers(issuers), Some(verified)) => {
                let anchor = || Some(verified.anchor()?.certificate());
                let issuer = verified
                    .path()
                    .nth(1)
                    .map(Certificate::describe)
                    .or_else(anchor);
                // Nobody has looked who issued a pinned leaf.
                issuer.is_some_and(|issuer| issuers.contains(&name_and_key(&issuer)))
            }
        }
    }
}

impl ConnectionFunction for Allow {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        if self.allows(step.connection()) {
            return Decision::Allow;
        }
        Decision::deny(match &self.who {
            Who::AltNames(_) => "the client's subject alternative names are not allowed",
            Who::Issuers(_) => "the issuer of the client's certificate is not allowed",
            Who::Sha256(_) => "the client's certificate is not allowed",
            Who::SpiffeTrustDomains(_) => "the client's SPIFFE trust domain is not allowed",
            Who::SpkiSha256(_) => "the client's key is not allowed",
        })
    }
}

fn folded(name: String) -> String {
    match name.starts_with("DNS:") {
        true => format!("DNS:{}", name.split_at(4).1.to_ascii_lowercase()),
        false => name,
    }
}

fn name_and_key(certificate: &Certificate<'_>) -> (Vec<u8>, Vec<u8>) {
    (
        certificate.subject().as_der().to_vec(),
        certificate
            .subject_public_key_info()
            .to_vec(),
    )
}
