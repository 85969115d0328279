//! Profiles of one's own: the names of their headers.

use edge_mtls::{CertEncoding, CertReceiver, Field, HeaderProfile, ProfileError, ReceiveError};
use http::{HeaderMap, HeaderName};

use crate::profiles::{name, row, subject};
use crate::support::pki::Authority;
use crate::{forwarded, hop, listed, unverified};

fn names(profile: &HeaderProfile) -> Vec<&str> {
    profile
        .header_names()
        .map(HeaderName::as_str)
        .collect()
}

#[test]
fn a_name_is_there_once_in_any_spelling() {
    let profile = HeaderProfile::rfc9440();
    for taken in [
        "client-cert",
        "Client-Cert",
        "client_cert",
        "CLIENT.CERT",
        "client_cert-chain",
    ] {
        let duplicate = ProfileError::Duplicate {
            header: name(taken),
        };
        let added = profile
            .clone()
            .with(row(taken, subject()));
        assert_eq!(added.unwrap_err(), duplicate);
        let renamed = profile
            .clone()
            .rename("client-cert-status", name(taken));
        assert_eq!(renamed.unwrap_err(), duplicate);
    }
    // Its own name in another spelling is free.
    let renamed = profile
        .rename("CLIENT-CERT", name("client_cert"))
        .unwrap();
    assert_eq!(
        names(&renamed),
        ["client_cert", "client-cert-chain", "client-cert-status"]
    );
    // Whatever begins like a numbered chain is one of its headers.
    let apache = HeaderProfile::apache();
    for taken in [
        "ssl_client_cert_chain_1",
        "SSL-Client-Cert-Chain-x",
        "ssl.client_cert-chain.",
    ] {
        let added = apache
            .clone()
            .with(row(taken, subject()));
        assert!(
            matches!(added, Err(ProfileError::Duplicate { .. })),
            "{taken}"
        );
    }
    // And it cannot be put over headers that are there.
    let chain = Field::NumberedChain(CertEncoding::StructuredField);
    for prefix in ["x-ssl-client-", "X_SSL_Client-S", "x.ssl"] {
        let added = HeaderProfile::nginx().with(row(prefix, chain.clone()));
        assert!(
            matches!(added, Err(ProfileError::Duplicate { .. })),
            "{prefix}"
        );
    }
    let over = apache
        .clone()
        .rename("ssl_client_cert_chain_", name("ssl-client-"));
    assert!(matches!(over, Err(ProfileError::Duplicate { .. })));
    assert!(
        apache
            .with(row("ssl_client_cert_chain", subject()))
            .is_ok()
    );
}

/// It is sent and demanded under the name that it has.
#[test]
fn the_status_header_may_have_another_name() {
    let renamed = HeaderProfile::rfc9440()
        .rename("client-cert-status", name("x-status"))
        .unwrap();
    assert_eq!(renamed.clone().with_status_header(), renamed);
    assert_eq!(
        names(&renamed.clone().without_status_header()),
        ["client-cert", "client-cert-chain"]
    );
    let root = Authority::root("root");
    let headers = forwarded(
        renamed.clone(),
        &unverified(root.client("alice").chain(&[])),
    );
    assert_eq!(headers["x-status"], "unverified;reason=passthrough");
    let receiver = CertReceiver::new(renamed).expect_status_header();
    let read = receiver
        .receive(&headers, &hop())
        .unwrap()
        .unwrap();
    assert_eq!(
        read.claimed_status()
            .unwrap()
            .to_string(),
        "unverified;reason=passthrough"
    );
    let missing = ReceiveError::MissingStatus {
        header: name("x-status"),
    };
    assert_eq!(
        receiver
            .receive(&HeaderMap::new(), &hop())
            .unwrap_err(),
        missing
    );
    // Its first name is kept for it, in any spelling.
    for taken in ["client-cert-status", "Client_Cert_Status"] {
        let added = HeaderProfile::empty().with(row(taken, subject()));
        assert_eq!(
            added.unwrap_err(),
            ProfileError::Reserved {
                header: name(taken)
            }
        );
    }
}

#[test]
fn names_that_mean_something_else_are_taken() {
    for reserved in [
        "Authorization",
        "connection",
        "content_length",
        "Content-Type",
        "cookie",
        "Forwarded",
        "host",
        "proxy.authorization",
        "te",
        "Trailer",
        "transfer_encoding",
        "upgrade",
        "Vary",
        "via",
        "X-Forwarded-For",
        "x_forwarded_proto",
    ] {
        let error = ProfileError::Reserved {
            header: name(reserved),
        };
        let added = HeaderProfile::empty().with(row(reserved, subject()));
        assert_eq!(added.unwrap_err(), error, "{reserved}");
        let renamed = HeaderProfile::nginx().rename("x-ssl-client-serial", name(reserved));
        assert_eq!(renamed.unwrap_err(), error, "{reserved}");
    }
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    for unknown in [
        "client_cert",
        "client-cert-",
        "",
        "x",
        "ssl_client_cert_chain_0",
    ] {
        let error = ProfileError::Unknown {
            name: unknown.into(),
        };
        assert_eq!(
            HeaderProfile::rfc9440()
                .without(unknown)
                .unwrap_err(),
            error
        );
        assert_eq!(
            HeaderProfile::apache()
                .without(unknown)
                .unwrap_err(),
            error
        );
        let renamed = HeaderProfile::rfc9440().rename(unknown, name("x-y"));
        assert_eq!(renamed.unwrap_err(), error);
    }
}

#[test]
fn a_profile_can_be_cut_to_some_headers() {
    for preset in HeaderProfile::preset_names() {
        let whole = HeaderProfile::preset(preset).unwrap();
        let all = names(&whole);
        for kept in [&all[..], &all[..1], &all[all.len() - 1..], &[]] {
            // In the profile's order, whatever the order of the names.
            let upper: Vec<String> = kept
                .iter()
                .rev()
                .map(|name| name.to_uppercase())
                .collect();
            let upper: Vec<&str> = upper
                .iter()
                .map(String::as_str)
                .collect();
            let cut = whole.clone().only(&upper).unwrap();
            assert_eq!(names(&cut), kept, "{preset}");
        }
        assert_eq!(
            whole
                .clone()
                .only(&[all[0], "x-other"])
                .unwrap_err(),
            ProfileError::Unknown {
                name: "x-other".into()
            }
        );
    }
}

#[test]
fn headers_can_be_renamed_and_taken_out() {
    let root = Authority::root("root");
    let identity = unverified(root.client("alice").chain(&[&root]));
    for preset in HeaderProfile::preset_names() {
        let whole = HeaderProfile::preset(preset).unwrap();
        for own in names(&whole) {
            let without = whole
                .clone()
                .without(&own.to_uppercase())
                .unwrap();
            let left: Vec<&str> = names(&whole)
                .into_iter()
                .filter(|name| *name != own)
                .collect();
            assert_eq!(names(&without), left, "{preset}");
            let sent = forwarded(without.clone(), &identity);
            assert!(
                sent.keys()
                    .all(|name| !is_of(name, own, &left)),
                "{preset}: {own}"
            );

            // Under another name there is the same value.
            let renamed = whole
                .clone()
                .rename(own, name("x-renamed-"))
                .unwrap();
            let (old, new) = (
                forwarded(whole.clone(), &identity),
                forwarded(renamed, &identity),
            );
            let mut expected: Vec<(String, &str)> = listed(&old)
                .into_iter()
                .map(|(name, value)| match name.strip_prefix(own) {
                    Some(number) if number.is_empty() || own.ends_with('_') => {
                        (format!("x-renamed-{number}"), value)
                    }
                    _ => (name.to_owned(), value),
                })
                .collect();
            expected.sort_unstable();
            let found: Vec<(String, &str)> = listed(&new)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            assert_eq!(found, expected, "{preset}: {own}");
        }
    }
}

/// Whether a header is the one called `own`, or one of its numbers, and no other of the profile.
fn is_of(name: &HeaderName, own: &str, others: &[&str]) -> bool {
    let number = name.as_str().strip_prefix(own);
    number.is_some_and(|number| number.is_empty() || own.ends_with('_'))
        && !others.contains(&name.as_str())
}
