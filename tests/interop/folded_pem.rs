//! nginx's old `$ssl_client_cert`: PEM over several lines of the head, which nobody has to take.

use edge_mtls::{
    CertEncoding, CertMarks, CertReceiver, ClaimedStatus, Field, HeaderProfile, HeaderRow,
    Relaxation,
};
use http::{HeaderName, StatusCode};

use crate::client::Request;
use crate::nginx_edge::edge;
use crate::origin::Origin;
use crate::pki::{Pki, cert_pem};
use crate::programs::{Folder, are_installed};
use crate::{hop, receive};

const FOLDED: &str = "\
    proxy_set_header X-SSL-Client-Cert $ssl_client_cert;
    proxy_set_header X-SSL-Client-Verify $ssl_client_verify;";

/// The preset, with the old variable for the new one.
fn profile() -> HeaderProfile {
    NOT_SET
        .into_iter()
        .try_fold(HeaderProfile::nginx(), HeaderProfile::without)
        .unwrap()
        .rename(
            "x-ssl-client-escaped-cert",
            HeaderName::from_static("x-ssl-client-cert"),
        )
        .unwrap()
}

const NOT_SET: [&str; 5] = [
    "x-ssl-client-s-dn",
    "x-ssl-client-i-dn",
    "x-ssl-client-serial",
    "x-ssl-client-fingerprint",
    "x-ssl-client-v-end",
];

/// PEM with a space for each line break, as it is once every fold is a space.
fn one_line() -> HeaderProfile {
    let marks = CertMarks::pem()
        .line_break(" ")
        .after_each("");
    HeaderProfile::empty()
        .with(HeaderRow::new(
            HeaderName::from_static("x-ssl-client-cert"),
            Field::Leaf(CertEncoding::Marked(marks)),
        ))
        .unwrap()
}

#[test]
fn folded_lines_are_read_once_a_server_has_joined_them() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let origin = Origin::start();
    let nginx = edge(&folder, &origin, "optional", FOLDED);

    Request::new(Some(&alice)).send(&folder, &nginx);
    let head = origin.head();
    let pem = cert_pem(&alice.leaf.der);
    let folded = format!(
        "X-SSL-Client-Cert: {}\r\n",
        pem.trim_end().replace('\n', "\n\t")
    );
    let text = std::str::from_utf8(head.as_bytes()).unwrap();
    assert!(text.contains(&folded), "{text}");
    assert_eq!(head.through_hyper(), Err(StatusCode::BAD_REQUEST));

    // RFC 9112 section 5.2 has the folds replaced by spaces; some keep the tab, or all of it.
    for fold in [" ", "  ", "\t", " \t"] {
        let relaxed = |profile| {
            CertReceiver::new(profile)
                .allow(Relaxation::FoldedLines)
                .receive(&head.with_folds(fold), &hop())
                .unwrap()
                .unwrap()
        };
        let received = relaxed(profile());
        assert_eq!(received.chain(), &alice.leaf_alone(), "{fold:?}");
        assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified));
        assert_eq!(relaxed(one_line()).chain(), &alice.leaf_alone(), "{fold:?}");
        receive(&profile(), &head.with_folds(fold)).unwrap_err();
        // Without being relaxed, a profile takes what it says, and that alone.
        let is_read = receive(&one_line(), &head.with_folds(fold)).is_ok();
        assert_eq!(is_read, fold == " ", "{fold:?}");
    }
}

#[test]
fn without_a_certificate_the_old_header_is_not_sent() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    Pki::new(&folder);
    let origin = Origin::start();
    let nginx = edge(&folder, &origin, "optional", FOLDED);
    Request::new(None)
        .headers("X-SSL-Client-Cert: -----BEGIN CERTIFICATE-----\r\n")
        .send(&folder, &nginx);
    let headers = origin.headers();
    assert!(!headers.contains_key("x-ssl-client-cert"));
    assert_eq!(headers["x-ssl-client-verify"], "NONE");
    assert!(
        receive(&profile(), &headers)
            .unwrap()
            .is_none()
    );
}
