//! The view of any bytes: it never panics, stays within them, and its texts are visible ASCII.

#![no_main]

use edge_mtls::{CertChain, Certificate, Name, SpiffeId, SubjectAltName, Time};
use edge_mtls_fuzz::{assert_visible, assert_visible_debug};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let chain = CertChain::from_der([data]).expect("a chain of one");
    assert_visible_debug(&chain);
    assert_eq!(chain.leaf().is_ok(), Certificate::from_der(data).is_ok());

    match Certificate::from_der(data) {
        Ok(certificate) => {
            assert_eq!(certificate.der(), data);
            read(&certificate);
        }
        Err(error) => {
            assert_visible(error);
            assert_visible_debug(error);
        }
    }

    // The text of an instant is read in one form alone.
    if let Ok(text) = str::from_utf8(data)
        && let Ok(time) = text.parse::<Time>()
    {
        assert_eq!(time.to_string(), text);
    }
});

fn read(certificate: &Certificate<'_>) {
    let der = certificate.der();
    assert_visible_debug(certificate);
    assert!(certificate.version() >= 1);
    assert_eq!(certificate.sha256(), certificate.sha256());
    assert_within(certificate.subject_public_key_info(), der);

    let serial = certificate.serial();
    assert_visible(serial);
    assert_within(serial.as_bytes(), der);
    assert!(
        serial
            .as_bytes()
            .ends_with(serial.magnitude())
    );

    read_name(certificate.subject(), der);
    read_name(certificate.issuer(), der);

    if let Some(validity) = certificate.validity() {
        read_time(validity.not_before);
        read_time(validity.not_after);
        assert_visible_debug(validity);
        let is_ordered = validity.not_before <= validity.not_after;
        assert_eq!(validity.contains(validity.not_before), is_ordered);
        assert_eq!(validity.contains(validity.not_after), is_ordered);
    }

    let mut uris = 0;
    for name in certificate.subject_alt_names() {
        assert_visible(name);
        assert_visible_debug(name);
        match name {
            SubjectAltName::Dns(text) | SubjectAltName::Email(text) => assert!(!text.is_empty()),
            SubjectAltName::Uri(_) => uris += 1,
            _ => {}
        }
    }
    if let Some(id) = certificate.spiffe_id() {
        assert_eq!(uris, 1);
        assert_visible(id);
        assert_eq!(SpiffeId::parse(id.as_str()), Some(id));
        assert_eq!(
            format!("spiffe://{}{}", id.trust_domain(), id.path()),
            id.as_str()
        );
    }

    if let Some(usage) = certificate.key_usage() {
        assert_visible(usage);
        assert_visible_debug(usage);
        let none = [
            usage.digital_signature(),
            usage.non_repudiation(),
            usage.key_encipherment(),
            usage.data_encipherment(),
            usage.key_agreement(),
            usage.key_cert_sign(),
            usage.crl_sign(),
            usage.encipher_only(),
            usage.decipher_only(),
        ]
        .iter()
        .all(|bit| !bit);
        assert_eq!(usage.to_string().is_empty(), none);
    }
    if let Some(usage) = certificate.extended_key_usage() {
        assert_visible(usage);
        assert_visible_debug(usage);
        assert_ne!(usage.purposes().count(), 0);
        for purpose in usage.purposes() {
            assert_visible(purpose);
            assert_within(purpose.as_bytes(), der);
        }
        if usage.client_auth() {
            assert!(usage.to_string().contains("clientAuth"));
        }
    }
}

fn read_name(name: Name<'_>, der: &[u8]) {
    assert_visible(name);
    assert_visible_debug(name);
    assert_within(name.as_der(), der);
    if name.is_empty() {
        // A name that is no SEQUENCE of DER is shown as its octets.
        assert!(matches!(name.to_string().as_bytes(), [] | [b'#', ..]));
    }
}

fn read_time(time: Time) {
    assert_visible(time);
    assert_eq!(Time::from_unix_seconds(time.unix_seconds()), time);
    if let Some(unix_time) = time.to_unix_time() {
        assert_eq!(Time::from(unix_time), time);
    }
}

/// Asserts that `part` borrows from `whole`.
fn assert_within(part: &[u8], whole: &[u8]) {
    assert!(
        part.is_empty()
            || whole
                .as_ptr_range()
                .contains(&part.as_ptr())
    );
    assert!(part.len() <= whole.len());
}
