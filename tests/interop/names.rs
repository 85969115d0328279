//! Odd subjects, serials and dates, as nginx and HAProxy write them.

use edge_mtls::{ClaimedStatus, HeaderProfile};

use crate::client::Request;
use crate::haproxy_edge::{self, HAPROXY};
use crate::nginx_edge::{self, NGINX};
use crate::origin::Origin;
use crate::pki::{Pki, Presented};
use crate::programs::{Folder, are_installed};
use crate::support::der::{
    BMP_STRING, COMMON_NAME, IA5_STRING, UTF8_STRING, attribute, generalized_time, name, name_of,
    sequence, set, utc_time,
};
use crate::{assert_same_lines, forwarded, receive};

const COUNTRY: &str = "2.5.4.6";
const ORGANIZATION: &str = "2.5.4.10";
const UNIT: &str = "2.5.4.11";

/// Subjects, and how both products write them by RFC 2253.
fn subjects() -> Vec<(Vec<u8>, &'static str)> {
    let cn = |value: &str| name_of(&[(COUNTRY, "DE"), (COMMON_NAME, value)]);
    let several = |kind, value: &str| attribute(kind, UTF8_STRING, value.as_bytes());
    vec![
        (
            name_of(&[
                (COUNTRY, "DE"),
                (ORGANIZATION, "Müller, \"Söhne\" \\ Co;="),
                (UNIT, "x=y"),
                (COMMON_NAME, "al ice"),
            ]),
            r#"CN=al ice,OU=x=y,O=M\C3\BCller\, \"S\C3\B6hne\" \\ Co\;=,C=DE"#,
        ),
        (cn(r#"Jim "x" <y>;\z"#), r#"CN=Jim \"x\" \<y\>\;\\z,C=DE"#),
        (cn("R+D, Inc."), r"CN=R\+D\, Inc.,C=DE"),
        (cn("#1"), r"CN=\#1,C=DE"),
        (cn(" a  b "), r"CN=\ a  b\ ,C=DE"),
        (
            cn("a/b'c!$%&()*-.:?@[]^_`{|}~"),
            "CN=a/b'c!$%&()*-.:?@[]^_`{|}~,C=DE",
        ),
        (cn("a\r\nX-Forged: b"), r"CN=a\0D\0AX-Forged: b,C=DE"),
        (cn("a\0\t\u{7f}b"), r"CN=a\00\09\7Fb,C=DE"),
        (
            cn("\u{202e}Люк\u{1f600}"),
            r"CN=\E2\80\AE\D0\9B\D1\8E\D0\BA\F0\9F\98\80,C=DE",
        ),
        (cn(""), "CN=,C=DE"),
        (
            name_of(&[(COMMON_NAME, "first"), (COMMON_NAME, "second")]),
            "CN=second,CN=first",
        ),
        (
            sequence(&[set(&[several(COMMON_NAME, "a"), several(UNIT, "u")])]),
            "OU=u+CN=a",
        ),
        (
            name_of(&[
                ("0.9.2342.19200300.100.1.25", "example"),
                ("0.9.2342.19200300.100.1.1", "u"),
            ]),
            "UID=u,DC=example",
        ),
        (
            name("1.2.840.113549.1.9.1", IA5_STRING, b"a@example.com"),
            "emailAddress=a@example.com",
        ),
        (
            name("1.3.6.1.4.1.99999.1", UTF8_STRING, b"x"),
            "1.3.6.1.4.1.99999.1=#0C0178",
        ),
        (
            name(COMMON_NAME, BMP_STRING, &[0, 0xfc, 0, b'b']),
            r"CN=\C3\BCb",
        ),
    ]
}

#[test]
fn nginx_writes_names_as_this_crate_does() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let nginx = nginx_edge::edge(&folder, &origin, "on", NGINX);
    let profile = HeaderProfile::nginx();
    for (subject, text) in subjects() {
        let client = pki.odd(|mut odd| {
            odd.subject = subject;
            odd
        });
        Request::new(Some(&client)).send(&folder, &nginx);
        let headers = origin.headers();
        assert_eq!(headers["x-ssl-client-s-dn"], text);
        assert_same_lines(&profile, &headers, &pki.verified(&client));
        let received = receive(&profile, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(received.chain(), &client.leaf_alone());
        assert_eq!(received.claim("x-ssl-client-s-dn"), Some(text));
        assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified));
    }
}

#[test]
fn haproxy_writes_names_as_this_crate_does() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let haproxy = haproxy_edge::edge(&folder, &origin, "verify required", HAPROXY);
    // HAProxy writes these two as they are, so that they cannot be told from other names.
    let profile = ["x-ssl-client-dn", "x-ssl-client-cn"]
        .into_iter()
        .try_fold(HeaderProfile::haproxy(), HeaderProfile::without)
        .unwrap();
    for (subject, text) in subjects() {
        let client = pki.odd(|mut odd| {
            odd.subject = subject;
            odd
        });
        let answer = Request::new(Some(&client)).send(&folder, &haproxy);
        assert_eq!(answer.status, Some(200), "{text}: {}", answer.printed);
        let headers = origin.headers();
        assert_eq!(headers["x-ssl-client-dn2253"], text);
        assert_same_lines(&profile, &headers, &pki.verified(&client));
        let received = receive(&profile, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(received.chain(), &client.chain());
    }
}

/// The exceptions that `NameFormat::Oneline` and the preset document: HAProxy escapes nothing in
/// these two, but that its log format turns control characters into `%XX`.
#[test]
fn haproxys_names_without_escapes() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let haproxy = haproxy_edge::edge(&folder, &origin, "verify required", HAPROXY);
    // A common name; what HAProxy makes of it; and what this crate makes of it, as a DN and alone.
    for (value, theirs, ours, ours_alone) in [
        ("al ice", "al ice", "al ice", "al ice"),
        ("a, b+\"c\"", "a, b+\"c\"", "a, b+\"c\"", r#"a\, b\+\"c\""#),
        ("a/O=x\\", "a/O=x\\", r"a\2FO=x\5C", r"a/O=x\\"),
        (
            "a\r\nX-Forged: b",
            "a%0D%0AX-Forged: b",
            r"a\0D\0AX-Forged: b",
            r"a\0D\0AX-Forged: b",
        ),
        ("M\u{fc}", "M\u{fc}", r"M\C3\BC", r"M\C3\BC"),
    ] {
        let client = pki.odd(|mut odd| {
            odd.subject = name_of(&[(COUNTRY, "DE"), (COMMON_NAME, value)]);
            odd
        });
        Request::new(Some(&client)).send(&folder, &haproxy);
        let headers = origin.headers();
        let text = |headers: &http::HeaderMap, name| {
            String::from_utf8(headers[name].as_bytes().to_vec()).unwrap()
        };
        assert!(!headers.contains_key("x-forged"));
        assert_eq!(
            text(&headers, "x-ssl-client-dn"),
            format!("/C=DE/CN={theirs}")
        );
        assert_eq!(text(&headers, "x-ssl-client-cn"), theirs);
        let sent = forwarded(&HeaderProfile::haproxy(), &pki.verified(&client));
        assert_eq!(text(&sent, "x-ssl-client-dn"), format!("/C=DE/CN={ours}"));
        assert_eq!(text(&sent, "x-ssl-client-cn"), ours_alone);

        // What is not ASCII is refused, so that origins of such clients take these two out.
        match receive(&HeaderProfile::haproxy(), &headers) {
            Ok(received) => {
                assert!(theirs.is_ascii());
                assert_eq!(received.unwrap().chain(), &client.chain());
            }
            Err(error) => {
                assert!(!theirs.is_ascii());
                assert!(
                    error
                        .to_string()
                        .contains("not visible ASCII"),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn serials_and_dates_at_nginx() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let nginx = nginx_edge::edge(&folder, &origin, "on", NGINX);
    let profile = HeaderProfile::nginx();
    for (serial, serial_text) in [
        (vec![0], "00".to_owned()),
        (vec![1], "01".to_owned()),
        (vec![0, 0x80], "80".to_owned()),
        (vec![0x7f; 20], "7F".repeat(20)),
    ] {
        for (not_before, not_after, end) in [
            (
                "991231235959Z",
                utc_time("491231235959Z"),
                "Dec 31 23:59:59 2049 GMT",
            ),
            (
                "000101000000Z",
                generalized_time("20500101000000Z"),
                "Jan  1 00:00:00 2050 GMT",
            ),
            (
                "200101000000Z",
                generalized_time("99991231235959Z"),
                "Dec 31 23:59:59 9999 GMT",
            ),
        ] {
            let client: Presented = pki.odd(|mut odd| {
                odd.serial = serial.clone();
                odd.not_before = utc_time(not_before);
                odd.not_after = not_after;
                odd
            });
            Request::new(Some(&client)).send(&folder, &nginx);
            let headers = origin.headers();
            assert_eq!(headers["x-ssl-client-serial"], serial_text);
            assert_eq!(headers["x-ssl-client-v-end"], end);
            assert_same_lines(&profile, &headers, &pki.verified(&client));
        }
    }
}

/// HTTP takes the space off the end of nginx's value, and leaves its backslash; this crate writes
/// the space so that it stays.
#[test]
fn a_space_at_the_end_of_a_name() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let nginx = nginx_edge::edge(&folder, &origin, "on", NGINX);
    let client = pki.odd(|mut odd| {
        odd.subject = name_of(&[(COMMON_NAME, "a ")]);
        odd
    });
    Request::new(Some(&client)).send(&folder, &nginx);
    assert_eq!(origin.headers()["x-ssl-client-s-dn"], r"CN=a\");
    let sent = forwarded(&HeaderProfile::nginx(), &pki.verified(&client));
    assert_eq!(sent["x-ssl-client-s-dn"], r"CN=a\20");
}
