//! Clients that send certificate headers of their own through a real edge.

use edge_mtls::{ClaimedStatus, HeaderProfile, ReceiveError};

use crate::client::{Request, VERSIONS};
use crate::haproxy_edge::{self, ADVISORY, HAPROXY};
use crate::nginx_edge::{self, NGINX};
use crate::origin::Origin;
use crate::pki::{Pki, Presented};
use crate::programs::{Folder, are_installed};
use crate::{assert_same_lines, forwarded, receive};

/// All headers that an edge sends for `victim`, as lines of a client's own; each name changed.
fn copies(
    profile: &HeaderProfile,
    pki: &Pki,
    victim: &Presented,
    change: impl Fn(&str) -> String,
) -> String {
    forwarded(profile, &pki.verified(victim))
        .iter()
        .map(|(name, value)| format!("{}: {}\r\n", change(name.as_str()), value.to_str().unwrap()))
        .collect()
}

fn as_it_is(name: &str) -> String {
    name.to_owned()
}

fn with_underscores(name: &str) -> String {
    name.replace('-', "_")
}

#[test]
fn nginx_lets_no_copy_through() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let mallory = Pki::rogue().alice();
    let profile = HeaderProfile::nginx();
    let origin = Origin::start();
    let nginx = nginx_edge::edge(&folder, &origin, "optional_no_ca", NGINX);
    let forged = [
        copies(&profile, &pki, &alice, as_it_is),
        copies(&profile, &pki, &alice, str::to_ascii_uppercase),
        copies(&profile, &pki, &alice, with_underscores),
    ]
    .concat();
    for version in VERSIONS {
        let answer = Request::new(None)
            .version(version)
            .headers(&forged)
            .send(&folder, &nginx);
        assert_eq!(answer.status, Some(200), "{}", answer.printed);
        let headers = origin.headers();
        assert_same_lines(&profile, &headers, &pki.anonymous());
        assert!(
            receive(&profile, &headers)
                .unwrap()
                .is_none()
        );

        Request::new(Some(&mallory))
            .version(version)
            .headers(&forged)
            .send(&folder, &nginx);
        let headers = origin.headers();
        assert_same_lines(&profile, &headers, &pki.advised(&mallory));
        let received = receive(&profile, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(received.chain(), &mallory.leaf_alone());
        assert!(matches!(
            received.claimed_status(),
            Some(ClaimedStatus::Unverified { .. })
        ));
    }
}

#[test]
fn haproxy_replaces_copies_and_passes_other_spellings() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let mallory = Pki::rogue().alice();
    let profile = HeaderProfile::haproxy();
    let origin = Origin::start();
    let haproxy = haproxy_edge::edge(&folder, &origin, ADVISORY, HAPROXY);
    let forged = [
        copies(&profile, &pki, &alice, as_it_is),
        copies(&profile, &pki, &alice, str::to_ascii_uppercase),
    ]
    .concat();
    Request::new(None)
        .headers(&forged)
        .send(&folder, &haproxy);
    let headers = origin.headers();
    assert_same_lines(&profile, &headers, &pki.anonymous());
    assert!(
        receive(&profile, &headers)
            .unwrap()
            .is_none()
    );

    Request::new(Some(&mallory))
        .headers(&forged)
        .send(&folder, &haproxy);
    let headers = origin.headers();
    assert_same_lines(&profile, &headers, &pki.advised(&mallory));
    let received = receive(&profile, &headers)
        .unwrap()
        .unwrap();
    assert_eq!(received.chain(), &mallory.chain());

    // HAProxy knows nothing of spellings; an origin that folds names would take them for one.
    for client in [None, Some(&mallory)] {
        let forged = copies(&profile, &pki, &alice, with_underscores);
        Request::new(client)
            .headers(&forged)
            .send(&folder, &haproxy);
        let headers = origin.headers();
        assert!(headers.contains_key("x_ssl_client_der"));
        assert!(matches!(
            receive(&profile, &headers),
            Err(ReceiveError::OtherSpelling { .. })
        ));
    }
}

/// What an edge does not set itself, it passes on: the receiver must not know that header.
#[test]
fn a_header_that_the_edge_does_not_set_is_the_clients() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let mallory = Pki::rogue().alice();
    let origin = Origin::start();
    let headers = "    http-request set-header Client-Cert \":%[ssl_c_der,base64]:\"";
    let haproxy = haproxy_edge::edge(&folder, &origin, ADVISORY, headers);
    let forged = copies(&HeaderProfile::rfc9440(), &pki, &alice, as_it_is);
    assert!(forged.contains("client-cert-chain: ") && forged.contains("client-cert-status: "));
    let leaf_alone = HeaderProfile::rfc9440()
        .without("client-cert-chain")
        .unwrap();

    Request::new(Some(&mallory))
        .headers(&forged)
        .send(&folder, &haproxy);
    let headers = origin.headers();
    let received = receive(&leaf_alone, &headers)
        .unwrap()
        .unwrap();
    assert_eq!(received.chain(), &mallory.leaf_alone());
    // The forged `Client-Cert-Status: verified` is not read unless it is expected.
    assert_eq!(headers["client-cert-status"], "verified");
    assert_eq!(received.claimed_status(), None);
    // With the whole preset, the client's own chain would stand behind its leaf.
    let received = receive(&HeaderProfile::rfc9440(), &headers)
        .unwrap()
        .unwrap();
    assert_eq!(received.chain().len(), 2);

    Request::new(None)
        .headers(&forged)
        .send(&folder, &haproxy);
    let headers = origin.headers();
    assert!(
        receive(&leaf_alone, &headers)
            .unwrap()
            .is_none()
    );
    assert!(matches!(
        receive(&HeaderProfile::rfc9440(), &headers),
        Err(ReceiveError::Contradiction { .. })
    ));
}
