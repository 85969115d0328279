//! A PKI of one's own, with fixed dates.

use std::sync::{Arc, LazyLock};

use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use edge_mtls::{
    CertChain, Certificate, ChainPolicy, ChainPolicyBuilder, ClientAuthPolicy, Rejection,
    SignatureCache, TrustStore, VerifiedChain,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::CryptoProvider;

use super::der::OddCertificate;

/// When all tests take place: 2030-01-01T00:00:00Z.
pub const NOW_SECONDS: u64 = 1_893_456_000;

/// When all tests take place.
pub fn now() -> UnixTime {
    at(NOW_SECONDS)
}

pub fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}

/// Both providers, so that every test can run under each.
pub fn providers() -> [Arc<CryptoProvider>; 2] {
    [
        Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
        Arc::new(rustls::crypto::ring::default_provider()),
    ]
}

/// A CA: its certificate, and its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    key_identifier: Vec<u8>,
}

/// A certificate that is no CA's, and its key.
#[derive(Clone)]
pub struct Leaf {
    pub der: CertificateDer<'static>,
    pub key: Vec<u8>,
}

/// Valid from 2020 to 2040.
pub fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

pub fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub fn client_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

impl Authority {
    pub fn root(name: &str) -> Self {
        Self::self_signed(ca_params(name))
    }

    pub fn self_signed(params: CertificateParams) -> Self {
        Self::self_signed_with(params, KeyPair::generate().unwrap())
    }

    pub fn self_signed_with(params: CertificateParams, key: KeyPair) -> Self {
        Self {
            der: params
                .self_signed(&key)
                .unwrap()
                .der()
                .clone(),
            key_identifier: params.key_identifier(&key),
            issuer: Issuer::new(params, key),
        }
    }

    pub fn intermediate(&self, name: &str) -> Self {
        self.sub_ca(ca_params(name))
    }

    pub fn sub_ca(&self, params: CertificateParams) -> Self {
        self.sub_ca_with(params, KeyPair::generate().unwrap())
    }

    pub fn sub_ca_with(&self, params: CertificateParams, key: KeyPair) -> Self {
        Self {
            der: params
                .signed_by(&key, &self.issuer)
                .unwrap()
                .der()
                .clone(),
            key_identifier: params.key_identifier(&key),
            issuer: Issuer::new(params, key),
        }
    }

    pub fn client(&self, name: &str) -> Leaf {
        self.leaf(client_params(name))
    }

    pub fn leaf(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf {
            der: params
                .signed_by(&key, &self.issuer)
                .unwrap()
                .der()
                .clone(),
            key: key.serialize_der(),
        }
    }

    /// A certificate made by hand and signed by this authority, which `change` makes odd.
    pub fn odd_leaf(&self, change: impl FnOnce(OddCertificate) -> OddCertificate) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let mut odd = OddCertificate::new(&key);
        odd.issuer = self.name();
        Leaf {
            der: change(odd).signed_by(self.key()).into(),
            key: key.serialize_der(),
        }
    }

    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub fn key(&self) -> &KeyPair {
        self.issuer.key()
    }

    /// The same key once more, for another certificate of it.
    pub fn same_key(&self) -> KeyPair {
        KeyPair::try_from(self.key().serialize_der()).unwrap()
    }

    /// The DER of its subject.
    pub fn name(&self) -> Vec<u8> {
        let certificate = Certificate::from_der(&self.der).unwrap();
        certificate.subject().as_der().to_vec()
    }

    /// The octets of its subjectKeyIdentifier.
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// The same CA with another certificate, made by hand.
    pub fn with_der(mut self, der: Vec<u8>) -> Self {
        self.der = der.into();
        self
    }
}

impl Leaf {
    pub fn self_signed(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self {
            der: params
                .self_signed(&key)
                .unwrap()
                .der()
                .clone(),
            key: key.serialize_der(),
        }
    }

    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone().into())
    }

    /// The chain of this leaf and `others` in their order.
    pub fn chain(&self, others: &[&Authority]) -> CertChain {
        CertChain::from_der(self.presented(others)).unwrap()
    }

    pub fn presented(&self, others: &[&Authority]) -> Vec<CertificateDer<'static>> {
        std::iter::once(self.der.clone())
            .chain(others.iter().map(|ca| ca.der.clone()))
            .collect()
    }
}

pub fn trust(anchors: &[&Authority]) -> TrustStore {
    TrustStore::from_der(anchors.iter().map(|ca| ca.der.as_ref())).unwrap()
}

/// What every policy of the tests begins with: under `EDGE_MTLS_TEST_CACHE=1` it remembers all signatures that
/// it can, in one cache for all tests of a program, and every test passes all the same.
pub fn builder(trust_store: TrustStore) -> ChainPolicyBuilder {
    static CACHE: LazyLock<SignatureCache> =
        LazyLock::new(|| SignatureCache::new(100_000).remember_leaves());
    let builder = ChainPolicy::builder(trust_store);
    match std::env::var_os("EDGE_MTLS_TEST_CACHE") {
        Some(_) => builder.signature_cache(CACHE.clone()),
        None => builder,
    }
}

/// A policy with all defaults and aws-lc-rs's algorithms.
pub fn policy(anchors: &[&Authority]) -> ChainPolicy {
    policy_with(anchors, &providers()[0])
}

pub fn policy_with(anchors: &[&Authority], provider: &CryptoProvider) -> ChainPolicy {
    builder(trust(anchors))
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

/// The three modes, the first two with this policy.
pub fn modes(policy: &ChainPolicy) -> [ClientAuthPolicy; 3] {
    [
        ClientAuthPolicy::required(policy.clone()),
        ClientAuthPolicy::optional(policy.clone()),
        ClientAuthPolicy::passthrough(),
    ]
}

/// The verdict of all tests' time.
pub fn judge(
    policy: &ChainPolicy,
    leaf: &Leaf,
    others: &[&Authority],
) -> Result<VerifiedChain, Rejection> {
    policy.evaluate(&leaf.chain(others), now())
}

pub fn refused(policy: &ChainPolicy, leaf: &Leaf, others: &[&Authority]) -> Rejection {
    judge(policy, leaf, others).unwrap_err()
}
