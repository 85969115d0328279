//! Reading one certificate, beside the crates that one would take for it: its structure alone, and the text of
//! its subject and of its alternative names.

use edge_mtls::{Certificate, SubjectAltName};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName as ParsedNames;
use x509_cert::ext::pkix::name::GeneralName as ParsedName;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::shared::compare;

const CERTIFICATES: usize = 64;

/// The subject, and each alternative name on a line.
type Texts = (String, String);

pub fn read() {
    let certificates: Vec<Vec<u8>> = (0..CERTIFICATES)
        .map(certificate)
        .collect();
    for der in &certificates {
        let (subject, names) = ours(der);
        assert!(subject.contains("client "));
        assert_eq!(names.lines().count(), 3);
        assert_eq!(names, by_x509_cert(der).1);
        assert_eq!(names, by_x509_parser(der).1);
    }
    let next = || {
        certificates
            .iter()
            .map(Vec::as_slice)
            .cycle()
    };

    let (mut own, mut other) = (next(), next());
    compare(
        "read a certificate",
        || Certificate::from_der(own.next().unwrap()).unwrap(),
        "x509-cert",
        || x509_cert::Certificate::from_der(other.next().unwrap()).unwrap(),
    );
    let (mut own, mut other) = (next(), next());
    compare(
        "read a certificate",
        || Certificate::from_der(own.next().unwrap()).unwrap(),
        "x509-parser",
        || parse_x509_certificate(other.next().unwrap()).unwrap(),
    );
    for (peer, theirs) in [
        ("x509-cert", by_x509_cert as fn(&[u8]) -> Texts),
        ("x509-parser", by_x509_parser),
    ] {
        let (mut own, mut other) = (next(), next());
        compare(
            "read a certificate, subject and names as text",
            || ours(own.next().unwrap()),
            peer,
            || theirs(other.next().unwrap()),
        );
    }
}

fn ours(der: &[u8]) -> Texts {
    let certificate = Certificate::from_der(der).unwrap();
    let names = certificate
        .subject_alt_names()
        .map(|name| match name {
            SubjectAltName::Dns(name) | SubjectAltName::Email(name) | SubjectAltName::Uri(name) => {
                name
            }
            other => panic!("{other}"),
        });
    (certificate.subject().to_string(), lines(names))
}

fn by_x509_cert(der: &[u8]) -> Texts {
    let certificate = x509_cert::Certificate::from_der(der).unwrap();
    let certificate = certificate.tbs_certificate();
    let (_, names) = certificate
        .get_extension::<ParsedNames>()
        .unwrap()
        .unwrap();
    let names = names.0.iter().map(|name| match name {
        ParsedName::Rfc822Name(name)
        | ParsedName::DnsName(name)
        | ParsedName::UniformResourceIdentifier(name) => name.as_str(),
        other => panic!("{other:?}"),
    });
    (certificate.subject().to_string(), lines(names))
}

fn by_x509_parser(der: &[u8]) -> Texts {
    let (_, certificate) = parse_x509_certificate(der).unwrap();
    let names = certificate
        .subject_alternative_name()
        .unwrap()
        .unwrap();
    let names = names
        .value
        .general_names
        .iter()
        .map(|name| match name {
            GeneralName::RFC822Name(name) | GeneralName::DNSName(name) | GeneralName::URI(name) => {
                *name
            }
            other => panic!("{other}"),
        });
    (certificate.subject().to_string(), lines(names))
}

fn lines<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    text
}

/// A client's, with what such certificates hold.
fn certificate(number: usize) -> Vec<u8> {
    let mut params =
        CertificateParams::new(vec![format!("client-{number}.clients.example")]).unwrap();
    params.subject_alt_names.extend([
        SanType::Rfc822Name(
            format!("client-{number}@mail.example")
                .try_into()
                .unwrap(),
        ),
        SanType::URI(
            format!("spiffe://clients.example/client/{number}")
                .try_into()
                .unwrap(),
        ),
    ]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let subject = &mut params.distinguished_name;
    subject.push(DnType::CountryName, "DE");
    subject.push(DnType::OrganizationName, "An Example");
    subject.push(DnType::CommonName, format!("client {number}"));
    params
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap()
        .der()
        .to_vec()
}
