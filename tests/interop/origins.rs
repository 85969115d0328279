//! nginx and HAProxy as origins behind an edge of ours: what they see of the headers.

use std::process::Command;

use edge_mtls::{CertForwarder, ClientIdentity, HeaderProfile, TooLong};
use http::{HeaderMap, HeaderValue};

use crate::client::send_plain;
use crate::origin::Origin;
use crate::pki::{Pki, Presented};
use crate::programs::{Folder, Server, are_installed, find};
use crate::support::pki::Authority;
use crate::{forwarded, lines_of, receive};

/// A request that a client has filled with forgeries, once it went through `forwarder`.
fn through_the_edge(forwarder: &CertForwarder, identity: &ClientIdentity) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [
        "client-cert",
        "client-cert-chain",
        "client_cert",
        "x-ssl-client-verify",
        "x_ssl_client_verify",
        "x-ssl-client-s-dn",
        "x-ssl-client-der",
    ] {
        headers.insert(name, HeaderValue::from_static("SUCCESS"));
    }
    forwarder
        .encode(identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    headers
}

/// nginx that answers with this, once for each path; headers with `_` are taken, too, as by origins
/// that know no better.
pub fn nginx(folder: &Folder, locations: &[(&str, &str)]) -> Server {
    let locations: String = locations
        .iter()
        .map(|(path, directives)| format!("location = {path} {{ {directives} }}\n"))
        .collect();
    let map = "map $http_x_ssl_client_s_dn $greeting { default stranger; \"CN=alice\" friend; }\n\
        underscores_in_headers on;";
    Server::nginx(folder, map, "", &locations)
}

pub fn haproxy(folder: &Folder, answer: &str) -> Server {
    let directives = format!(
        "    http-request return status 200 content-type text/plain lf-string \"{answer}\""
    );
    Server::haproxy(folder, "", &directives)
}

#[test]
fn nginx_reads_the_headers() {
    if !are_installed(&["nginx"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    let mallory = Pki::rogue().alice();
    let nginx = nginx(
        &folder,
        &[
            (
                "/rfc9440",
                "return 200 \"$http_client_cert|$http_client_cert_chain|$http_client_cert_status\";",
            ),
            (
                "/checked",
                "if ($http_x_ssl_client_verify != SUCCESS) { return 403; } return 200 $greeting;",
            ),
        ],
    );

    let forwarder = CertForwarder::new(HeaderProfile::rfc9440());
    for identity in [pki.verified(&alice), pki.advised(&mallory)] {
        let headers = through_the_edge(&forwarder, &identity);
        let answer = send_plain(&nginx, "/rfc9440", &headers);
        let text = |name| headers[name].to_str().unwrap();
        let expected = ["client-cert", "client-cert-chain", "client-cert-status"].map(text);
        assert_eq!(answer.body, expected.join("|"));
    }
    let headers = through_the_edge(&forwarder, &ClientIdentity::Anonymous);
    assert_eq!(send_plain(&nginx, "/rfc9440", &headers).body, "||none");

    let forwarder = CertForwarder::new(HeaderProfile::nginx());
    let check = |identity: &ClientIdentity| {
        let headers = through_the_edge(&forwarder, identity);
        let answer = send_plain(&nginx, "/checked", &headers);
        (answer.status, answer.body.trim().to_owned())
    };
    assert_eq!(check(&pki.verified(&alice)), (Some(200), "friend".into()));
    let bob = Presented::new(pki.root.client("bob"), &[]);
    assert_eq!(check(&pki.verified(&bob)), (Some(200), "stranger".into()));
    for identity in [
        pki.advised(&alice),
        pki.advised(&mallory),
        ClientIdentity::Anonymous,
    ] {
        assert_eq!(check(&identity).0, Some(403));
    }
}

#[test]
fn haproxy_reads_the_headers() {
    if !are_installed(&["haproxy"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let alice = pki.alice();
    // HAProxy decodes the leaf itself, and takes its digest.
    let answer = "%[req.hdr(x-ssl-client-verify)]|%[req.hdr(x-ssl-client-dn2253)]|\
        %[req.hdr(x-ssl-client-der),b64dec,sha1,hex]|%[req.hdr(x-ssl-client-sha1)]|\
        %[req.hdr_cnt(x-ssl-client-der)]|%[req.hdr_cnt(x_ssl_client_verify)]";
    let haproxy = haproxy(&folder, answer);
    let forwarder = CertForwarder::new(HeaderProfile::haproxy());
    let told = |identity: &ClientIdentity| {
        let headers = through_the_edge(&forwarder, identity);
        (send_plain(&haproxy, "/", &headers), headers)
    };

    let (answer, headers) = told(&pki.verified(&alice));
    let digest = headers["x-ssl-client-sha1"]
        .to_str()
        .unwrap();
    assert_eq!(answer.body, format!("0|CN=alice|{digest}|{digest}|1|0"));
    let (answer, headers) = told(&pki.advised(&Pki::rogue().alice()));
    let digest = headers["x-ssl-client-sha1"]
        .to_str()
        .unwrap();
    assert_eq!(answer.body, format!("20|CN=alice|{digest}|{digest}|1|0"));
    let (answer, _) = told(&ClientIdentity::Anonymous);
    assert_eq!(answer.status, Some(200), "{}", answer.printed);
    assert!(answer.body.starts_with("0||"), "{}", answer.body);
}

/// A client with four intermediates, and a budget that has room for one on a line.
fn split(profile: &HeaderProfile) -> (Presented, ClientIdentity, HeaderMap) {
    let root = Authority::root("root");
    let mut cas = vec![root.intermediate("ca 1")];
    for name in ["ca 2", "ca 3", "ca 4"] {
        cas.insert(0, cas[0].intermediate(name));
    }
    let others: Vec<&Authority> = cas.iter().collect();
    let client = Presented::new(cas[0].client("alice"), &others);
    let identity = crate::identity(
        edge_mtls::ClientAuthPolicy::passthrough(),
        Some(client.chain()),
    );
    let forwarder = CertForwarder::new(profile.clone())
        .max_line_bytes(900)
        .when_too_long(TooLong::SplitLines);
    let headers = through_the_edge(&forwarder, &identity);
    assert_eq!(
        headers
            .get_all("client-cert-chain")
            .iter()
            .count(),
        4
    );
    (client, identity, headers)
}

/// nginx before 1.23 gives the first line alone to whoever asks for the variable; later ones join.
#[test]
fn nginx_with_a_chain_on_several_lines() {
    if !are_installed(&["nginx"]) {
        return;
    }
    let folder = Folder::new();
    let echo = nginx(&folder, &[("/", "return 200 \"$http_client_cert_chain\";")]);
    let profile = HeaderProfile::rfc9440();
    let (_, identity, headers) = split(&profile);
    let seen = send_plain(&echo, "/", &headers).body;
    let whole = forwarded(&profile, &identity)["client-cert-chain"].clone();
    match joins_lines() {
        true => assert_eq!(seen, whole),
        false => assert_eq!(seen, headers["client-cert-chain"]),
    }
    // On one line it sees all of it.
    let headers = forwarded(&profile, &identity);
    assert_eq!(send_plain(&echo, "/", &headers).body, whole);
}

fn joins_lines() -> bool {
    let output = Command::new(find("nginx").unwrap())
        .arg("-v")
        .output()
        .unwrap();
    let version = String::from_utf8_lossy(&output.stderr);
    let version = version
        .trim()
        .rsplit('/')
        .next()
        .unwrap();
    let mut numbers = version.split('.').map(|number| {
        number
            .parse::<u32>()
            .unwrap_or_default()
    });
    (numbers.next().unwrap(), numbers.next().unwrap()) >= (1, 23)
}

/// As proxies in between they hand on every line, in its order.
#[test]
fn several_lines_through_a_proxy() {
    let profile = HeaderProfile::rfc9440();
    let (client, _, headers) = split(&profile);
    let check = |proxy: &Server, origin: &Origin| {
        let answer = send_plain(proxy, "/", &headers);
        assert_eq!(answer.status, Some(200), "{}", answer.printed);
        let seen = origin.headers();
        assert_eq!(lines_of(&profile, &seen), lines_of(&profile, &headers));
        let received = receive(&profile, &seen)
            .unwrap()
            .unwrap();
        assert_eq!(received.chain(), &client.chain());
    };
    let (folder, origin) = (Folder::new(), Origin::start());
    if are_installed(&["nginx"]) {
        let pass = format!("location / {{ proxy_pass http://{}; }}", origin.address());
        check(&Server::nginx(&folder, "", "", &pass), &origin);
    }
    if are_installed(&["haproxy"]) {
        let pass = format!("    server origin {}", origin.address());
        check(&Server::haproxy(&folder, "", &pass), &origin);
    }
}

/// HAProxy sees each certificate as a value of its own, on one line or on several.
#[test]
fn haproxy_with_a_chain_on_several_lines() {
    if !are_installed(&["haproxy"]) {
        return;
    }
    let folder = Folder::new();
    let answer = "%[req.fhdr_cnt(client-cert-chain)]|%[req.hdr_cnt(client-cert-chain)]|\
        %[req.hdr(client-cert-chain,1)]|%[req.hdr(client-cert-chain,4)]";
    let haproxy = haproxy(&folder, answer);
    let profile = HeaderProfile::rfc9440();
    let (_, identity, headers) = split(&profile);
    let whole = forwarded(&profile, &identity);
    let members: Vec<&str> = whole["client-cert-chain"]
        .to_str()
        .unwrap()
        .split(", ")
        .collect();
    for (headers, lines) in [(&headers, 4), (&whole, 1)] {
        let answer = send_plain(&haproxy, "/", headers);
        assert_eq!(
            answer.body,
            format!("{lines}|4|{}|{}", members[0], members[3])
        );
    }
}
