//! nginx as the edge in front of an origin of ours: every mode, both versions of TLS, full and
//! resumed handshakes, and the names that others give to its variables.

use edge_mtls::{ClaimedStatus, HeaderProfile};

use crate::client::{Request, Session, VERSIONS};
use crate::origin::Origin;
use crate::pki::{Pki, Presented};
use crate::programs::{Folder, Server, are_installed};
use crate::{assert_same_lines, receive};

/// The headers of the preset `nginx`, as its documentation has them.
pub const NGINX: &str = "\
    proxy_set_header X-SSL-Client-Verify $ssl_client_verify;
    proxy_set_header X-SSL-Client-Escaped-Cert $ssl_client_escaped_cert;
    proxy_set_header X-SSL-Client-S-DN $ssl_client_s_dn;
    proxy_set_header X-SSL-Client-I-DN $ssl_client_i_dn;
    proxy_set_header X-SSL-Client-Serial $ssl_client_serial;
    proxy_set_header X-SSL-Client-Fingerprint $ssl_client_fingerprint;
    proxy_set_header X-SSL-Client-V-End $ssl_client_v_end;";

const INGRESS_NGINX: &str = "\
    proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
    proxy_set_header ssl-client-verify $ssl_client_verify;
    proxy_set_header ssl-client-subject-dn $ssl_client_s_dn;
    proxy_set_header ssl-client-issuer-dn $ssl_client_i_dn;";

const PUPPET: &str = "\
    proxy_set_header X-Client-Verify $ssl_client_verify;
    proxy_set_header X-Client-DN $ssl_client_s_dn;
    proxy_set_header X-Client-Cert $ssl_client_escaped_cert;";

const AZURE_APP_GATEWAY: &str = "\
    proxy_set_header X-Client-Certificate $ssl_client_escaped_cert;
    proxy_set_header X-Client-Certificate-Verification $ssl_client_verify;";

/// nginx in front of `origin`, with `ssl_verify_client` as given.
pub fn edge(folder: &Folder, origin: &Origin, verify: &str, headers: &str) -> Server {
    let server = folder.path("server.pem");
    let directives = format!(
        "ssl_certificate \"{server}\";\nssl_certificate_key \"{server}\";\n\
         ssl_protocols TLSv1.2 TLSv1.3;\nssl_session_cache shared:tests:1m;\n\
         ssl_client_certificate \"{}\";\nssl_verify_client {verify};\nssl_verify_depth 3;\n\
         location / {{\nproxy_pass http://{};\n{headers}\n}}",
        folder.path("client-ca.pem"),
        origin.address(),
    );
    Server::nginx(folder, "", "ssl", &directives)
}

#[test]
fn each_mode_sends_what_this_crate_sends() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let origin = Origin::start();
    let profile = HeaderProfile::nginx();
    for verify in ["on", "optional", "optional_no_ca"] {
        let nginx = edge(&folder, &origin, verify, NGINX);
        for version in VERSIONS {
            for session in [Session::Keep, Session::Resume] {
                let answer = Request::new(Some(&alice))
                    .version(version)
                    .session(session)
                    .send(&folder, &nginx);
                assert_eq!(answer.status, Some(200), "{}", answer.printed);
                let headers = origin.headers();
                assert_same_lines(&profile, &headers, &pki.verified(&alice));

                let received = receive(&profile, &headers)
                    .unwrap()
                    .unwrap();
                assert_eq!(received.chain(), &alice.leaf_alone());
                assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified));
                assert_eq!(received.claim("X-SSL-Client-S-DN"), Some("CN=alice"));
                assert_eq!(received.claim("X-SSL-Client-I-DN"), Some("CN=intermediate"));
                assert_eq!(
                    received.claim("X-SSL-Client-V-End"),
                    Some("Jan  1 00:00:00 2040 GMT")
                );
            }
        }
    }
}

/// An nginx that demands certificates answers itself, with 400, whom it does not accept.
#[test]
fn without_an_accepted_certificate() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let mallory = Pki::rogue().alice();
    let origin = Origin::start();
    let profile = HeaderProfile::nginx();
    for (verify, takes_none, takes_mallory) in [
        ("on", false, false),
        ("optional", true, false),
        ("optional_no_ca", true, true),
    ] {
        let nginx = edge(&folder, &origin, verify, NGINX);
        for version in VERSIONS {
            let answer = Request::new(None)
                .version(version)
                .send(&folder, &nginx);
            if takes_none {
                assert_eq!(answer.status, Some(200), "{}", answer.printed);
                let headers = origin.headers();
                assert_same_lines(&profile, &headers, &pki.anonymous());
                assert!(
                    receive(&profile, &headers)
                        .unwrap()
                        .is_none()
                );
            } else {
                assert_eq!(answer.status, Some(400), "{}", answer.printed);
            }

            let answer = Request::new(Some(&mallory))
                .version(version)
                .send(&folder, &nginx);
            if takes_mallory {
                assert_eq!(answer.status, Some(200), "{}", answer.printed);
                let headers = origin.headers();
                assert_same_lines(&profile, &headers, &pki.advised(&mallory));
                let received = receive(&profile, &headers)
                    .unwrap()
                    .unwrap();
                assert_eq!(received.chain(), &mallory.leaf_alone());
                assert!(matches!(
                    received.claimed_status(),
                    Some(ClaimedStatus::Unverified {
                        reason: Some(reason),
                        ..
                    }) if reason == "unable to get local issuer certificate"
                ));
            } else {
                assert_eq!(answer.status, Some(400), "{}", answer.printed);
            }
            assert!(origin.is_silent(), "{verify}");
        }
    }
}

/// A resumed session of a client that was not verified is not verified either.
#[test]
fn resumption_keeps_the_failure() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let mallory = Presented::new(Pki::rogue().alice().leaf, &[]);
    let origin = Origin::start();
    let profile = HeaderProfile::nginx();
    let nginx = edge(&folder, &origin, "optional_no_ca", NGINX);
    for version in VERSIONS {
        for session in [Session::Keep, Session::Resume] {
            Request::new(Some(&mallory))
                .version(version)
                .session(session)
                .send(&folder, &nginx);
            let headers = origin.headers();
            assert_same_lines(&profile, &headers, &pki.advised(&mallory));
            assert_eq!(
                headers["x-ssl-client-verify"],
                "FAILED:unable to verify the first certificate"
            );
        }
    }
}

#[test]
fn names_that_others_give_to_the_variables() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let mallory = Pki::rogue().alice();
    let origin = Origin::start();
    for (profile, headers) in [
        (HeaderProfile::ingress_nginx(), INGRESS_NGINX),
        (HeaderProfile::puppet(), PUPPET),
        (HeaderProfile::azure_app_gateway(), AZURE_APP_GATEWAY),
    ] {
        let nginx = edge(&folder, &origin, "optional_no_ca", headers);
        for (client, expected) in [
            (Some(&alice), pki.verified(&alice)),
            (Some(&mallory), pki.advised(&mallory)),
            (None, pki.anonymous()),
        ] {
            let answer = Request::new(client).send(&folder, &nginx);
            assert_eq!(answer.status, Some(200), "{}", answer.printed);
            let headers = origin.headers();
            assert_same_lines(&profile, &headers, &expected);
            let received = receive(&profile, &headers).unwrap();
            assert_eq!(
                received.map(|received| received.chain().clone()),
                client.map(Presented::leaf_alone)
            );
        }
    }
}
