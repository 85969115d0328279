//! The certificates of rcgen, as x509-cert reads them.

use std::net::IpAddr;

use edge_mtls::{Certificate, SpiffeId, SubjectAltName};
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix;

use crate::support::der::tlv;

#[test]
fn ordinary_certificates_are_read_as_x509_cert_reads_them() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
    ] {
        let der = ordinary_certificate(&KeyPair::generate_for(algorithm).unwrap());
        assert!(agrees_with_x509_cert(&der));

        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.der(), der);
        assert_eq!(certificate.version(), 3);
        assert_eq!(certificate.sha256(), sha256_of_ring(&der));
        assert_eq!(
            certificate.subject().to_string(),
            r"CN=Ren\C3\A9,OU=R\+D,O=Acme\, Inc.,C=US"
        );
        assert_eq!(certificate.issuer().to_string(), "CN=issuer");
        let names: Vec<_> = certificate
            .subject_alt_names()
            .collect();
        assert_eq!(
            names,
            [
                SubjectAltName::Dns("a.example"),
                SubjectAltName::Ip(IpAddr::from([192, 0, 2, 7])),
                SubjectAltName::Email("a@a.example"),
                SubjectAltName::Uri("spiffe://a.example/b"),
            ]
        );
        assert_eq!(
            certificate.spiffe_id(),
            SpiffeId::parse("spiffe://a.example/b")
        );
        assert_eq!(
            format!("{certificate:?}"),
            format!(
                "Certificate {{ serial: 80A5B1, subject: {}, issuer: CN=issuer, .. }}",
                certificate.subject()
            )
        );
    }
}

fn sha256_of_ring(data: &[u8]) -> [u8; 32] {
    let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let hash = suite
        .tls13()
        .unwrap()
        .common
        .hash_provider
        .hash(data);
    hash.as_ref().try_into().unwrap()
}

/// A certificate of many parts.
pub fn ordinary_certificate(key: &KeyPair) -> Vec<u8> {
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name = DistinguishedName::new();
    issuer
        .distinguished_name
        .push(DnType::CommonName, "issuer");

    let mut params = CertificateParams::default();
    params.serial_number = Some(vec![0x80, 0xa5, 0xb1].into());
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in [
        (
            DnType::CountryName,
            DnValue::PrintableString("US".try_into().unwrap()),
        ),
        (DnType::OrganizationName, "Acme, Inc.".into()),
        (
            DnType::OrganizationalUnitName,
            DnValue::BmpString("R+D".try_into().unwrap()),
        ),
        (DnType::CommonName, "René".into()),
    ] {
        params
            .distinguished_name
            .push(kind, value);
    }
    params.subject_alt_names = vec![
        SanType::DnsName("a.example".try_into().unwrap()),
        SanType::IpAddress(IpAddr::from([192, 0, 2, 7])),
        SanType::Rfc822Name("a@a.example".try_into().unwrap()),
        SanType::URI(
            "spiffe://a.example/b"
                .try_into()
                .unwrap(),
        ),
    ];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::DecipherOnly,
    ];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Other(vec![1, 2, 3]),
    ];
    params.custom_extensions = vec![CustomExtension::from_oid_content(
        &[1, 2, 3, 4],
        tlv(0x05, &[]),
    )];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::from_params(&issuer, key);
    params
        .signed_by(key, &issuer)
        .unwrap()
        .der()
        .to_vec()
}

/// Whether x509-cert reads `der`; then the view does, and says the same.
pub fn agrees_with_x509_cert(der: &[u8]) -> bool {
    let Ok(theirs) = x509_cert::Certificate::from_der(der) else {
        return false;
    };
    // A signature is whole octets: x509-cert takes any BIT STRING for one.
    if theirs.signature().has_unused_bits() {
        return false;
    }
    let ours = Certificate::from_der(der).unwrap();
    let theirs = theirs.tbs_certificate();
    assert_eq!(ours.serial().as_bytes(), theirs.serial_number().as_bytes());
    assert_eq!(ours.issuer().as_der(), theirs.issuer().to_der().unwrap());
    assert_eq!(ours.subject().as_der(), theirs.subject().to_der().unwrap());
    assert_eq!(
        ours.subject_public_key_info(),
        theirs
            .subject_public_key_info()
            .to_der()
            .unwrap()
    );
    agrees_on_extensions(&ours, theirs);
    let validity = ours.validity().unwrap();
    for (ours, theirs) in [
        (validity.not_before, theirs.validity().not_before),
        (validity.not_after, theirs.validity().not_after),
    ] {
        assert_eq!(
            u64::try_from(ours.unix_seconds()),
            Ok(theirs.to_unix_duration().as_secs())
        );
    }
    true
}

/// What x509-cert reads of an extension is what the view says of it.
fn agrees_on_extensions(ours: &Certificate<'_>, theirs: &x509_cert::TbsCertificate) {
    if let Ok(Some((_, usage))) = theirs.get_extension::<pkix::KeyUsage>() {
        // Bits that do not count, and are set all the same, are no DER; x509-cert passes over them.
        let Some(ours) = ours.key_usage() else {
            return;
        };
        assert_eq!(ours.digital_signature(), usage.digital_signature());
        assert_eq!(ours.key_cert_sign(), usage.key_cert_sign());
        assert_eq!(ours.decipher_only(), usage.decipher_only());
    }
    if let Ok(Some((_, purposes))) = theirs.get_extension::<pkix::ExtendedKeyUsage>() {
        // As octets: the text of x509-cert hides an arc with a leading zero digit, which is no DER.
        let ours = ours.extended_key_usage().unwrap();
        let theirs = purposes
            .0
            .iter()
            .map(|oid| oid.as_bytes());
        assert!(
            ours.purposes()
                .map(|oid| oid.as_bytes())
                .eq(theirs)
        );
    }
    if let Ok(Some((_, names))) = theirs.get_extension::<pkix::SubjectAltName>() {
        assert_eq!(ours.subject_alt_names().count(), names.0.len());
    }
}
