//! The view of a certificate, against text that is written down here, against the `openssl`
//! command where there is one, and against the certificates of rcgen as x509-cert reads them.

mod agreement;
mod alternative_names;
mod damage;
mod fields;
mod names;
mod oddities;
mod openssl;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::{Debug, Display};
use std::sync::LazyLock;

use edge_mtls::{CertChain, Certificate, SpiffeId};
use proptest::prelude::*;
use rcgen::KeyPair;

use crate::support::der::OddCertificate;

pub static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

/// The text of `name`, as the subject of a certificate.
pub fn text(name: &[u8]) -> String {
    let der = certificate_of(name);
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.subject().as_der(), name);
    certificate.subject().to_string()
}

pub fn certificate_of(subject: &[u8]) -> Vec<u8> {
    let mut certificate = OddCertificate::new(&KEY);
    certificate.subject = subject.to_vec();
    certificate.signed_by(&KEY)
}

pub fn any_octets() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

/// No file is written beside the tests: what fails is printed whole.
pub fn without_regression_files(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Asks a view of `der` for everything: nothing panics, and every text fits a line.
pub fn exercise(der: &[u8]) {
    // Of a chain, the leaf is described as far as it can be read.
    check_text(&format!("{:?}", CertChain::from_der([der]).unwrap()));
    let certificate = match Certificate::from_der(der) {
        Ok(certificate) => certificate,
        Err(error) => return check_texts(&error),
    };
    check_text(&format!("{certificate:?}"));
    assert_eq!(certificate.der(), der);
    assert!(certificate.version() >= 1);
    assert_eq!(certificate.sha256().len(), 32);
    check_texts(&certificate.serial());
    assert!(
        certificate
            .serial()
            .as_bytes()
            .ends_with(certificate.serial().magnitude())
    );
    for name in [certificate.issuer(), certificate.subject()] {
        check_texts(&name);
        check_name_text(&name.to_string());
        assert_eq!(name.is_empty(), name.as_der() == [0x30, 0x00]);
    }
    assert_eq!(certificate.subject_public_key_info()[0], 0x30);
    if let Some(validity) = certificate.validity() {
        for time in [validity.not_before, validity.not_after] {
            check_texts(&time);
            assert_eq!(time.to_unix_time().is_none(), time.unix_seconds() < 0);
        }
        assert_eq!(
            validity.contains(validity.not_before),
            validity.not_before <= validity.not_after
        );
    }
    for name in certificate.subject_alt_names() {
        check_texts(&name);
    }
    if let Some(id) = certificate.spiffe_id() {
        check_texts(&id);
        assert_eq!(SpiffeId::parse(id.as_str()), Some(id));
    }
    if let Some(usage) = certificate.key_usage() {
        check_texts(&usage);
    }
    if let Some(usage) = certificate.extended_key_usage() {
        check_texts(&usage);
        assert!(usage.purposes().count() >= 1);
        for purpose in usage.purposes() {
            check_texts(&purpose);
        }
    }
}

fn check_texts(value: &(impl Debug + Display)) {
    check_text(&format!("{value}"));
    check_text(&format!("{value:?}"));
}

/// Visible ASCII and spaces, and no space at an end but for an escaped one.
pub fn check_name_text(text: &str) {
    check_text(text);
    assert!(!text.starts_with(' '), "{text:?}");
    assert!(!text.ends_with(' ') || text.ends_with(r"\ "), "{text:?}");
}

fn check_text(text: &str) {
    assert!(
        text.bytes()
            .all(|octet| (0x20..=0x7e).contains(&octet)),
        "{text:?}"
    );
}
