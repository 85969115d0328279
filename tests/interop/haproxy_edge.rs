//! HAProxy as the edge in front of an origin of ours: the preset's fields, and the other forms in
//! which its users send the leaf.

use edge_mtls::{
    CertEncoding, CertMarks, CertReceiver, ClaimedStatus, Field, HeaderProfile, HeaderRow,
    Relaxation,
};
use http::{HeaderMap, HeaderName};

use crate::client::{Request, Session, VERSIONS};
use crate::origin::Origin;
use crate::pki::{Pki, Presented};
use crate::programs::{Folder, Server, are_installed};
use crate::{assert_same_lines, hop, lines_of, receive};

/// The headers of the preset `haproxy`, as its documentation has them.
pub const HAPROXY: &str = "
    http-request set-header X-SSL-Client-Used %[ssl_c_used]
    http-request set-header X-SSL-Client-Verify %[ssl_c_verify]
    http-request set-header X-SSL-Client-Der %[ssl_c_der,base64]
    http-request set-header X-SSL-Client-Chain-Der %[ssl_c_chain_der,base64]
    http-request set-header X-SSL-Client-DN %[ssl_c_s_dn]
    http-request set-header X-SSL-Client-DN2253 %[ssl_c_s_dn(,0,rfc2253)]
    http-request set-header X-SSL-Client-Sha1 %[ssl_c_sha1,hex]
    http-request set-header X-SSL-Client-CN %[ssl_c_s_dn(cn)]";

/// How HAProxy asks for certificates; the last takes whatever is presented.
pub const REQUIRED: &str = "verify required";
pub const OPTIONAL: &str = "verify optional";
pub const ADVISORY: &str = "verify optional ca-ignore-err all crt-ignore-err all";

pub fn edge(folder: &Folder, origin: &Origin, verify: &str, headers: &str) -> Server {
    let bind = format!(
        "ssl crt \"{}\" ca-file \"{}\" {verify}",
        folder.path("server.pem"),
        folder.path("client-ca.pem")
    );
    let directives = format!("{headers}\n    server origin {}", origin.address());
    Server::haproxy(folder, &bind, &directives)
}

#[test]
fn each_mode_sends_what_this_crate_sends() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let origin = Origin::start();
    let profile = HeaderProfile::haproxy();
    for verify in [REQUIRED, OPTIONAL, ADVISORY] {
        let haproxy = edge(&folder, &origin, verify, HAPROXY);
        for version in VERSIONS {
            let answer = Request::new(Some(&alice))
                .version(version)
                .session(Session::Keep)
                .send(&folder, &haproxy);
            assert_eq!(answer.status, Some(200), "{}", answer.printed);
            let full = origin.headers();
            assert_same_lines(&profile, &full, &pki.verified(&alice));
            let received = receive(&profile, &full)
                .unwrap()
                .unwrap();
            assert_eq!(received.chain(), &alice.chain());
            assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified));
            assert_eq!(received.claim("x-ssl-client-dn"), Some("/CN=alice"));
            assert_eq!(received.claim("x-ssl-client-cn"), Some("alice"));

            // HAProxy's sessions hold the leaf alone.
            Request::new(Some(&alice))
                .version(version)
                .session(Session::Resume)
                .send(&folder, &haproxy);
            let resumed = origin.headers();
            assert_eq!(lines_of(&profile, &resumed), without_chain(&profile, full));
            let received = receive(&profile, &resumed)
                .unwrap()
                .unwrap();
            assert_eq!(received.chain(), &alice.leaf_alone());
            assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified));
        }
    }
}

fn without_chain(profile: &HeaderProfile, mut headers: HeaderMap) -> Vec<String> {
    headers.insert("x-ssl-client-chain-der", "".parse().unwrap());
    lines_of(profile, &headers)
}

#[test]
fn without_an_accepted_certificate() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let mallory = Pki::rogue().alice();
    let origin = Origin::start();
    let profile = HeaderProfile::haproxy();
    for (verify, takes_none, takes_mallory) in [
        (REQUIRED, false, false),
        (OPTIONAL, true, false),
        (ADVISORY, true, true),
    ] {
        let haproxy = edge(&folder, &origin, verify, HAPROXY);
        for version in VERSIONS {
            let answer = Request::new(None)
                .version(version)
                .send(&folder, &haproxy);
            assert_eq!(answer.status.is_some(), takes_none, "{}", answer.printed);
            if takes_none {
                let headers = origin.headers();
                assert_same_lines(&profile, &headers, &pki.anonymous());
                assert!(
                    receive(&profile, &headers)
                        .unwrap()
                        .is_none()
                );
            }

            let answer = Request::new(Some(&mallory))
                .version(version)
                .session(Session::Keep);
            let answer = match takes_mallory {
                true => answer,
                false => answer.session(Session::Forget),
            }
            .send(&folder, &haproxy);
            assert_eq!(answer.status.is_some(), takes_mallory, "{}", answer.printed);
            if takes_mallory {
                let headers = origin.headers();
                assert_same_lines(&profile, &headers, &pki.advised(&mallory));
                let received = receive(&profile, &headers)
                    .unwrap()
                    .unwrap();
                assert_eq!(received.chain(), &mallory.chain());
                assert_eq!(is_unverified(&received), Some("20"));

                // A resumed session of a client that was not verified is not verified either.
                Request::new(Some(&mallory))
                    .version(version)
                    .session(Session::Resume)
                    .send(&folder, &haproxy);
                let resumed = origin.headers();
                assert_eq!(
                    lines_of(&profile, &resumed),
                    without_chain(&profile, headers)
                );
            }
            assert!(origin.is_silent(), "{verify}");
        }
    }
}

/// The number that stands for why.
fn is_unverified(received: &edge_mtls::Received) -> Option<&str> {
    match received.claimed_status() {
        Some(ClaimedStatus::Unverified { reason, .. }) => reason.as_deref(),
        _ => None,
    }
}

#[test]
fn a_chain_that_repeats_the_leaf() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let mut alice = pki.alice();
    alice
        .others
        .insert(0, alice.leaf.der.clone());
    let origin = Origin::start();
    let profile = HeaderProfile::haproxy();
    let haproxy = edge(&folder, &origin, ADVISORY, HAPROXY);
    Request::new(Some(&alice)).send(&folder, &haproxy);
    let headers = origin.headers();

    let error = receive(&profile, &headers).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("repeats the leaf"),
        "{error}"
    );
    let received = CertReceiver::new(profile.clone())
        .allow(Relaxation::RepeatedLeaf)
        .receive(&headers, &hop())
        .unwrap()
        .unwrap();
    assert_eq!(received.chain(), &alice.chain());
    assert_eq!(received.chain().len(), 3);

    // This crate's passthrough sends the chain as it came, too; only nobody has judged it there.
    let theirs = profile
        .without("x-ssl-client-verify")
        .unwrap();
    assert_same_lines(&theirs, &headers, &pki.advised(&alice));
}

/// What a profile makes of the leaf, and of its absence, in the forms that HAProxy's users write.
#[test]
fn the_leaf_in_other_forms() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let quoted = CertMarks::base64()
        .begin("\"")
        .end("\"");
    let quoted = HeaderProfile::empty()
        .with(HeaderRow::new(
            HeaderName::from_static("x-quoted"),
            Field::Leaf(CertEncoding::Marked(quoted)),
        ))
        .unwrap();
    let rfc9440 = HeaderProfile::rfc9440()
        .without("client-cert-chain")
        .unwrap();
    let forms = [
        (rfc9440, ":%[ssl_c_der,base64]:", "::"),
        (HeaderProfile::aspnet(), "%[ssl_c_der,base64]", ""),
        (
            HeaderProfile::azure_app_service(),
            "%[ssl_c_der,base64]",
            "",
        ),
        (HeaderProfile::caddy(), "%[ssl_c_der,base64]", ""),
        (quoted, "\\\"%[ssl_c_der,base64]\\\"", "\"\""),
    ]
    .map(|(profile, value, absent)| (profile.without_status_header(), value, absent));
    let headers: String = forms
        .iter()
        .map(|(profile, value, _)| {
            let name = profile.header_names().next().unwrap();
            format!("    http-request set-header {name} \"{value}\"\n")
        })
        .collect();

    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let mallory = Pki::rogue().alice();
    let origin = Origin::start();
    let haproxy = edge(&folder, &origin, ADVISORY, &headers);
    for client in [&alice, &mallory] {
        Request::new(Some(client)).send(&folder, &haproxy);
        let headers = origin.headers();
        for (profile, _, _) in &forms {
            assert_same_lines(profile, &headers, &pki.advised(client));
            let received = receive(profile, &headers)
                .unwrap()
                .unwrap();
            assert_eq!(received.chain(), &client.leaf_alone());
            // None of these says what the certificate is worth.
            assert_eq!(received.claimed_status(), None);
        }
        assert_eq!(
            read_unquoted(&headers).as_ref(),
            Ok(&Some(client.leaf_alone()))
        );
    }

    Request::new(None).send(&folder, &haproxy);
    let headers = origin.headers();
    for (profile, _, absent) in &forms {
        let name = profile.header_names().next().unwrap();
        assert_eq!(headers[name], absent);
        assert!(
            receive(profile, &headers)
                .unwrap()
                .is_none(),
            "{name}"
        );
    }
    assert_eq!(read_unquoted(&headers), Ok(None));
}

/// The quoted value by a profile that has no quotes, and takes them on request.
fn read_unquoted(
    headers: &HeaderMap,
) -> Result<Option<edge_mtls::CertChain>, edge_mtls::ReceiveError> {
    let profile = HeaderProfile::aspnet()
        .rename("x-client-cert", HeaderName::from_static("x-quoted"))
        .unwrap();
    if headers["x-quoted"] != "\"\"" {
        receive(&profile, headers).unwrap_err();
    }
    let received = CertReceiver::new(profile)
        .allow(Relaxation::QuotedValue)
        .receive(headers, &hop())?;
    Ok(received.map(|received| received.chain().clone()))
}

/// A chain of nothing is an empty value, and not left out.
#[test]
fn a_leaf_of_the_root_has_no_chain() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let bob = Presented::new(pki.root.client("bob"), &[]);
    let origin = Origin::start();
    let profile = HeaderProfile::haproxy();
    let haproxy = edge(&folder, &origin, REQUIRED, HAPROXY);
    Request::new(Some(&bob)).send(&folder, &haproxy);
    let headers = origin.headers();
    assert_eq!(headers["x-ssl-client-chain-der"], "");
    assert_same_lines(&profile, &headers, &pki.verified(&bob));
    let received = receive(&profile, &headers)
        .unwrap()
        .unwrap();
    assert_eq!(received.chain(), &bob.chain());
}
