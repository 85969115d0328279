//! The demo's certificates, made anew each time.

use std::error::Error;
use std::time::{Duration, SystemTime};

use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

pub struct Pki {
    /// Issues the clients' certificates; edge and origin trust it.
    pub root: Authority,
    /// Issues certificates, too; nobody trusts it.
    pub unknown: Authority,
    pub client_root: CertificateDer<'static>,
    pub unknown_root: CertificateDer<'static>,
    /// What the clients trust.
    pub server_root: CertificateDer<'static>,
    pub server: Identity,
}

impl Pki {
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let root = Authority::root("Demo client CA")?;
        let unknown = Authority::root("Unknown CA")?;
        let server_root = Authority::root("Demo server CA")?;
        let mut server = client_params("localhost")?;
        server.subject_alt_names = vec![
            SanType::DnsName("localhost".try_into()?),
            SanType::DnsName("public.localhost".try_into()?),
        ];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(Self {
            client_root: root.der().clone(),
            unknown_root: unknown.der().clone(),
            server_root: server_root.der().clone(),
            server: server_root.client(server)?,
            root,
            unknown,
        })
    }
}

/// A certificate with what stands above it, and a key.
#[derive(Clone)]
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    /// PKCS #8.
    pub key: Vec<u8>,
}

impl Identity {
    pub fn self_signed(params: CertificateParams) -> Result<Self, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        Ok(Self {
            chain: vec![params.self_signed(&key)?.der().clone()],
            key: key.serialize_der(),
        })
    }

    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone().into())
    }
}

/// A CA.
pub struct Authority {
    name: String,
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
}

impl Authority {
    fn root(name: &str) -> Result<Self, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let params = ca_params(name)?;
        Ok(Self {
            name: name.into(),
            der: params.self_signed(&key)?.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    pub fn intermediate(&self, name: &str) -> Result<Self, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let params = ca_params(name)?;
        Ok(Self {
            name: name.into(),
            der: params
                .signed_by(&key, &self.issuer)?
                .der()
                .clone(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Issues a certificate to a new key.
    pub fn client(&self, params: CertificateParams) -> Result<Identity, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        Ok(Identity {
            chain: vec![
                params
                    .signed_by(&key, &self.issuer)?
                    .der()
                    .clone(),
            ],
            key: key.serialize_der(),
        })
    }

    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn key(&self) -> &KeyPair {
        self.issuer.key()
    }

    pub fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }
}

/// A certificate for a client, valid now.
pub fn client_params(name: &str) -> Result<CertificateParams, Box<dyn Error>> {
    let mut params = params(name)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// The same from so many days from now to so many days from now.
pub fn valid(
    mut params: CertificateParams,
    from: i64,
    to: i64,
) -> Result<CertificateParams, Box<dyn Error>> {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(from)?;
    params.not_after = epoch + since_epoch(to)?;
    Ok(params)
}

/// From 1970 until so many days from now.
pub fn since_epoch(days: i64) -> Result<Duration, Box<dyn Error>> {
    const DAY: i64 = 24 * 60 * 60;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let then = i64::try_from(now.as_secs())? + days * DAY;
    Ok(Duration::from_secs(then.try_into()?))
}

fn ca_params(name: &str) -> Result<CertificateParams, Box<dyn Error>> {
    let mut params = params(name)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn params(name: &str) -> Result<CertificateParams, Box<dyn Error>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    valid(params, -1, 30)
}
