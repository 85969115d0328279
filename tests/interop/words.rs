//! Why a certificate fails: the numbers of HAProxy and the texts of nginx, which are OpenSSL's,
//! against those that this crate gives for its own rejections.

use std::process::Command;

use edge_mtls::HeaderProfile;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

use crate::client::Request;
use crate::haproxy_edge::{self, ADVISORY, HAPROXY};
use crate::nginx_edge::{self, NGINX};
use crate::origin::Origin;
use crate::pki::{Pki, Presented};
use crate::programs::{Folder, are_installed, find};
use crate::support::pki::{Authority, Leaf, ca_params, client_params};
use crate::{assert_same_lines, forwarded};

/// A client, and OpenSSL's number for what is wrong with it.
type Case = (&'static str, Presented, &'static str);

fn changed<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}

fn alice(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    changed(client_params("alice"), change)
}

fn ca(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    changed(ca_params("odd intermediate"), change)
}

/// Clients whose issuer is missing, or not trusted.
fn untrusted(pki: &Pki) -> Vec<Case> {
    let rogue = Pki::rogue();
    let leaf = rogue.alice().leaf;
    let issuers = [&rogue.intermediate, &rogue.root];
    let own = Leaf::self_signed(client_params("alice"));
    vec![
        ("a leaf alone", Presented::new(leaf.clone(), &[]), "21"),
        (
            "without the root",
            Presented::new(leaf.clone(), &issuers[..1]),
            "20",
        ),
        ("with its root", Presented::new(leaf, &issuers), "19"),
        ("signed by itself", Presented::new(own, &[]), "18"),
        (
            "without its intermediate",
            Presented::new(pki.alice().leaf, &[]),
            "21",
        ),
    ]
}

/// Clients whose leaf is at fault.
fn bad_leaves(pki: &Pki) -> Vec<Case> {
    let of = |params| Presented::new(pki.intermediate.leaf(params), &[&pki.intermediate]);
    let expired = alice(|params| params.not_after = date_time_ymd(2021, 1, 1));
    let early = alice(|params| params.not_before = date_time_ymd(2039, 1, 1));
    let server = alice(|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let critical = alice(|params| {
        let mut unknown = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
    });
    vec![
        ("expired", of(expired), "10"),
        ("not yet valid", of(early), "9"),
        ("for servers", of(server), "26"),
        ("an unknown critical extension", of(critical), "34"),
    ]
}

/// Clients whose intermediate is at fault.
fn bad_intermediates(pki: &Pki) -> Vec<Case> {
    let under = |issuer: &Authority, params: CertificateParams, leaf: CertificateParams| {
        let intermediate = issuer.sub_ca(params);
        Presented::new(intermediate.leaf(leaf), &[&intermediate])
    };
    let of = |params| under(&pki.root, params, client_params("alice"));

    let no_signing = ca(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let expired = ca(|params| params.not_after = date_time_ymd(2021, 1, 1));
    let last = ca(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let last = pki.root.sub_ca(last);
    let mut too_long = under(&last, ca_params("one more"), client_params("alice"));
    too_long.others.push(last.der().clone());
    let narrow = ca(|params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".into())],
            excluded_subtrees: Vec::new(),
        });
    });
    let elsewhere = alice(|params| {
        let name = "example.org".try_into().unwrap();
        params
            .subject_alt_names
            .push(SanType::DnsName(name));
    });
    vec![
        ("by a CA that may not sign", of(no_signing), "32"),
        ("by an expired CA", of(expired), "10"),
        ("path length", too_long, "25"),
        (
            "name constraints",
            under(&pki.root, narrow, elsewhere),
            "47",
        ),
    ]
}

#[test]
fn haproxys_numbers() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let profile = HeaderProfile::haproxy();
    let haproxy = haproxy_edge::edge(&folder, &origin, ADVISORY, HAPROXY);
    for (what, client, number) in
        [untrusted(&pki), bad_leaves(&pki), bad_intermediates(&pki)].concat()
    {
        let ours = pki.advised(&client);
        assert_eq!(
            forwarded(&profile, &ours)["x-ssl-client-verify"],
            number,
            "{what}"
        );
        let answer = Request::new(Some(&client)).send(&folder, &haproxy);
        if answer.status.is_some() {
            assert_same_lines(&profile, &origin.headers(), &ours);
        } else {
            // `all` of HAProxy 2.6 are the errors below 32; OpenSSL itself has to do.
            assert!(
                number.parse::<u32>().unwrap() >= 32,
                "{what}: {}",
                answer.printed
            );
            assert_eq!(number_of_openssl(&folder, &client), number, "{what}");
        }
    }
}

/// Whoever lets OpenSSL go on behind an error, as HAProxy does here, has the last one: it finds
/// that this is no CA (79), and then that it is not for the purpose.
#[test]
fn haproxys_number_for_an_issuer_that_is_no_ca() {
    if !are_installed(&["haproxy", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let no_ca = pki
        .root
        .sub_ca(ca(|params| params.is_ca = IsCa::ExplicitNoCa));
    let client = Presented::new(no_ca.client("alice"), &[&no_ca]);
    let origin = Origin::start();
    let haproxy = haproxy_edge::edge(&folder, &origin, ADVISORY, HAPROXY);
    Request::new(Some(&client)).send(&folder, &haproxy);
    let headers = origin.headers();
    assert_eq!(headers["x-ssl-client-verify"], "26");
    assert_same_lines(&HeaderProfile::haproxy(), &headers, &pki.advised(&client));
}

/// The last error of `openssl verify`.
fn number_of_openssl(folder: &Folder, client: &Presented) -> String {
    client.arguments(folder);
    let output = Command::new(find("openssl").unwrap())
        .args(["verify", "-purpose", "sslclient", "-CAfile"])
        .arg(folder.path("client-ca.pem"))
        .arg("-untrusted")
        .args([folder.path("others.pem"), folder.path("leaf.pem")])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    printed
        .lines()
        .filter_map(|line| line.strip_prefix("error "))
        .filter_map(|line| line.split_once(" at "))
        .next_back()
        .map(|(number, _)| number.to_owned())
        .unwrap_or_default()
}

/// nginx forgives a missing issuer alone, whatever the mode; other clients do not get through it.
#[test]
fn nginxs_texts() {
    if !are_installed(&["nginx", "openssl"]) {
        return;
    }
    let folder = Folder::new();
    let pki = Pki::new(&folder);
    let origin = Origin::start();
    let profile = HeaderProfile::nginx();
    let nginx = nginx_edge::edge(&folder, &origin, "optional_no_ca", NGINX);
    for (what, client, _) in untrusted(&pki) {
        let answer = Request::new(Some(&client)).send(&folder, &nginx);
        assert_eq!(answer.status, Some(200), "{what}: {}", answer.printed);
        assert_same_lines(&profile, &origin.headers(), &pki.advised(&client));
    }
    for (what, client, _) in [bad_leaves(&pki), bad_intermediates(&pki)].concat() {
        let answer = Request::new(Some(&client)).send(&folder, &nginx);
        assert_eq!(answer.status, Some(400), "{what}: {}", answer.printed);
        assert!(origin.is_silent(), "{what}");
    }
}
