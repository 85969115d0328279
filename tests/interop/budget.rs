//! How long certificate headers may be for a default nginx and a default HAProxy.

use edge_mtls::{CertForwarder, ClientAuthPolicy, HeaderProfile};
use http::HeaderMap;

use crate::client::send_plain;
use crate::identity;
use crate::origins::{haproxy, nginx};
use crate::pki::Presented;
use crate::programs::{Folder, Server, are_installed};
use crate::support::pki::{Authority, Leaf};

const LINE: usize = CertForwarder::DEFAULT_MAX_LINE_BYTES;
const TOTAL: usize = CertForwarder::DEFAULT_MAX_TOTAL_BYTES;

/// The headers of a client whose leaf, and whose chain if that is not 0, take a line of these
/// sizes: never more, and at most 8 bytes less.
fn headers_of(leaf_line: usize, chain_line: usize) -> HeaderMap {
    let root = Authority::root("root");
    let leaf = padded(&root, leaf_line - "client-cert: ::".len());
    let mut client = Presented::new(leaf, &[]);
    if chain_line > 0 {
        let other = padded(&root, chain_line - "client-cert-chain: ::".len());
        client.others.push(other.der);
    }
    let identity = identity(ClientAuthPolicy::passthrough(), Some(client.chain()));
    let mut headers = HeaderMap::new();
    CertForwarder::new(HeaderProfile::rfc9440())
        .max_line_bytes(LINE.max(leaf_line))
        .encode(&identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    for (name, size) in [
        ("client-cert", leaf_line),
        ("client-cert-chain", chain_line),
    ] {
        let line = headers
            .get(name)
            .map_or(0, |value| name.len() + 2 + value.len());
        assert!(
            (size.saturating_sub(8)..=size).contains(&line),
            "{name}: {line}"
        );
    }
    headers
}

/// A certificate whose base64 has at most so many characters, and hardly fewer.
fn padded(root: &Authority, base64: usize) -> Leaf {
    let wanted = base64 / 4 * 3;
    let mut padding = wanted - 500;
    loop {
        let zeros = vec![0; padding];
        let leaf = root.odd_leaf(|odd| odd.extension("1.3.6.1.4.1.99999.2", false, &zeros));
        // Signatures are not all of the same length.
        match wanted.checked_sub(leaf.der.len()) {
            Some(0..=3) => return leaf,
            Some(missing) => padding += missing - 1,
            None => padding -= leaf.der.len() - wanted,
        }
    }
}

fn total(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + 2 + value.len())
        .sum()
}

/// Servers that answer with the leaf.
fn servers(folder: &Folder) -> Vec<(&'static str, Server)> {
    let mut servers = Vec::new();
    if are_installed(&["nginx"]) {
        let answer = [("/", "return 200 \"$http_client_cert\";")];
        servers.push(("nginx", nginx(folder, &answer)));
    }
    if are_installed(&["haproxy"]) {
        servers.push(("haproxy", haproxy(folder, "%[req.hdr(client-cert)]")));
    }
    servers
}

/// Whether the leaf came through.
fn is_taken(server: &Server, headers: &HeaderMap) -> bool {
    let answer = send_plain(server, "/", headers);
    if answer.status != Some(200) {
        assert!(
            matches!(answer.status, Some(400 | 431)),
            "{}",
            answer.printed
        );
        return false;
    }
    assert_eq!(answer.body, headers["client-cert"]);
    true
}

#[test]
fn the_longest_line_of_the_default_budget_is_taken() {
    let folder = Folder::new();
    let headers = headers_of(LINE, 0);
    for (program, server) in servers(&folder) {
        assert!(is_taken(&server, &headers), "{program}");
    }
}

/// nginx's buffers have 8 KiB, and a line has to fit into one.
#[test]
fn a_line_over_8_kib_is_too_long_for_nginx_alone() {
    let folder = Folder::new();
    let headers = headers_of(8 * 1024 + 64, 0);
    for (program, server) in servers(&folder) {
        assert_eq!(
            is_taken(&server, &headers),
            program == "haproxy",
            "{program}"
        );
    }
}

/// nginx has four such buffers. HAProxy keeps 1 KiB of its 16 KiB free, and a little for each
/// header.
#[test]
fn all_lines_together() {
    let folder = Folder::new();
    let up_to_the_budget = headers_of(LINE, TOTAL - LINE - 60);
    assert!((TOTAL - 100..=TOTAL).contains(&total(&up_to_the_budget)));
    for (program, server) in servers(&folder) {
        assert!(is_taken(&server, &up_to_the_budget), "{program}");
    }
}
