//! Headers that a client made itself (the first table).

use core::num::NonZeroUsize;

use edge_mtls::{
    CertForwarder, CertReceiver, ClaimedStatus, ClientIdentity, ForwardError, HeaderProfile,
    ReceiveError, Rejection, TooLong, UntrustedCause, Xfcc, XfccForwarding, XfccKey,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use rcgen::KeyIdMethod;

use crate::carrying::*;
use crate::support::pki::{Authority, ca_params, now, policy};

const FORGED: &str = "forged";

fn forged(names: &[String]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in names {
        for _ in 0..2 {
            headers.append(header(name), HeaderValue::from_static(FORGED));
        }
    }
    headers
}

fn is_clean(headers: &HeaderMap) -> bool {
    headers
        .values()
        .all(|value| value != FORGED)
}

/// The client's own copy went through when it sent no certificate. Whatever the identity (no
/// certificate and plain HTTP are both `Anonymous`), and on each error path, nothing of it is left.
#[test]
fn openshift_cve_2026_46579_traefik_5061_caddy_ghsa_7r4p_the_clients_own_copy() {
    let names = all_names();
    let client = Client::new("alice");
    for (preset, profile) in presets() {
        for identity in client.identities() {
            let mut headers = forged(&names);
            headers.insert("host", value("a.example"));
            forwarder(&profile)
                .encode(&identity)
                .unwrap()
                .apply(&mut headers)
                .unwrap();
            assert!(is_clean(&headers), "{preset}: {headers:?}");
            assert_eq!(headers.remove("host").unwrap(), "a.example");
            // What is left is what this edge says, and no line more.
            assert_eq!(headers, forwarded(&profile, &identity), "{preset}");
        }
        let mut headers = forged(&names);
        forwarder(&profile)
            .encode(&ClientIdentity::Anonymous)
            .unwrap()
            .apply(&mut headers)
            .unwrap();
        assert!(
            received(&profile, &headers)
                .unwrap()
                .is_none(),
            "{preset}"
        );
    }
    error_paths(&client, &names);
}

fn error_paths(client: &Client, names: &[String]) {
    // A map that is full: stripped before the error.
    let mut headers = HeaderMap::new();
    headers.insert("client_cert", value(FORGED));
    let mut number = 0;
    while headers
        .try_append(header(&format!("x-{number}")), value("x"))
        .is_ok()
    {
        number += 1;
    }
    let error = CertForwarder::new(HeaderProfile::rfc9440())
        .encode(&client.verified())
        .unwrap()
        .apply(&mut headers)
        .unwrap_err();
    assert_eq!(error, ForwardError::TooManyHeaders);
    assert!(is_clean(&headers));
    // What came in from a trusted hop and cannot be kept: stripped before the error.
    let xfcc = Xfcc::new().forwarding(XfccForwarding::AppendForward);
    let mut headers = forged(names);
    let error = CertForwarder::new(HeaderProfile::envoy(xfcc))
        .encode(&client.verified())
        .unwrap()
        .apply_from(&mut headers, &hop())
        .unwrap_err();
    assert_eq!(
        error,
        ForwardError::RepeatedIncoming {
            header: header(XFCC)
        }
    );
    assert!(is_clean(&headers), "{headers:?}");
    // Too long: there is nothing that could be applied, and the request ends with this status.
    let error = CertForwarder::new(HeaderProfile::rfc9440())
        .max_line_bytes(100)
        .when_too_long(TooLong::Refuse)
        .encode(&client.verified())
        .unwrap_err();
    assert_eq!(error.http_status(), 431);
}

/// `Connection: client-cert` made the next hop drop the header. A hop that drops what `Connection`
/// lists, in any case and spacing, drops none of ours; the tokens of others stay.
#[test]
fn traefik_cve_2024_45410_cve_2021_32813_apache_cve_2022_31813_connection_tokens() {
    let client = Client::new("alice");
    for (preset, profile) in presets() {
        let identity = carried(preset, &client).remove(0);
        let expected = forwarded(&profile, &identity);
        let encoded = forwarder(&profile)
            .encode(&identity)
            .unwrap();
        for name in names_of(&profile) {
            let (upper, spelled) = (name.to_uppercase(), name.replace(['-', '_'], "."));
            for lines in [
                vec![name.clone()],
                vec![upper.clone()],
                vec![spelled.clone()],
                vec![format!("close, {upper}")],
                vec![format!("{name} ,close")],
                vec![format!(",\t{name}\t,, close,")],
                vec![format!("close,{name},{spelled},{upper}")],
                vec![format!("\"{name}\", close"), format!("{upper};q=1")],
                vec!["close".into(), format!("{upper},{name}")],
                vec![spelled.clone(), "close".into(), name.clone()],
            ] {
                let mut headers = HeaderMap::new();
                for list in ["connection", "proxy-connection", "trailer"] {
                    for line in &lines {
                        headers.append(list, value(line));
                    }
                }
                encoded.apply(&mut headers).unwrap();
                let has_close = lines
                    .iter()
                    .any(|line| line.contains("close"));
                for list in ["connection", "proxy-connection", "trailer"] {
                    let left: Vec<HeaderValue> = headers
                        .get_all(list)
                        .iter()
                        .cloned()
                        .collect();
                    match has_close {
                        true => assert_eq!(left, ["close"], "{preset}: {lines:?}"),
                        false => assert!(left.is_empty(), "{preset}: {left:?}"),
                    }
                }
                drop_hop_by_hop(&mut headers);
                assert_eq!(headers, expected, "{preset}: {lines:?}");
            }
        }
    }
}

/// What every proxy does (RFC 9110 section 7.6.1).
fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let lists = ["connection", "proxy-connection", "trailer"];
    let listed: Vec<HeaderName> = lists
        .iter()
        .flat_map(|list| headers.get_all(*list))
        .flat_map(|line| line.to_str().unwrap().split(','))
        .filter_map(|token| HeaderName::from_bytes(token.trim().as_bytes()).ok())
        .collect();
    for name in listed {
        headers.remove(name);
    }
    for list in lists {
        headers.remove(list);
    }
}

/// The origin believed a `SUCCESS` header, and chained by name only. What a receiver returns has a
/// claim and a chain; only a policy makes it verified, and signatures, not names, decide.
#[test]
fn forticlient_cve_2026_35616_a_claim_is_no_verdict() {
    // Two PKIs of equal names and key identifiers; the origin trusts the first.
    let pki = || {
        let with_id = |mut params: rcgen::CertificateParams, id: &[u8]| {
            params.key_identifier_method = KeyIdMethod::PreSpecified(id.to_vec());
            params
        };
        let root = Authority::self_signed(with_id(ca_params("root"), b"root's key"));
        let top = root.sub_ca(with_id(ca_params("top"), b"top's key"));
        let leaf = top.client("admin");
        Client { root, top, leaf }
    };
    let (genuine, mallory) = (pki(), pki());
    let origin = policy(&[&genuine.root]);
    assert!(
        origin
            .evaluate(&genuine.chain(), now())
            .is_ok()
    );

    // Behind Mallory's own edge all of it is verified, and says so.
    let claimed = mallory.verified();
    for (preset, profile) in presets() {
        let headers = forwarded(&profile, &claimed);
        let received = received(&profile, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(
            received.claimed_status(),
            Some(&ClaimedStatus::Verified),
            "{preset}"
        );
        let rejection = origin
            .evaluate(received.chain(), now())
            .unwrap_err();
        assert!(
            matches!(rejection, Rejection::Untrusted { .. }),
            "{preset}: {rejection:?}"
        );
    }
    // The same with the genuine certificates appended, in every place.
    for others in [
        vec![&mallory.top, &genuine.root],
        vec![&genuine.top, &genuine.root],
        vec![&mallory.top, &genuine.top, &genuine.root],
        vec![&genuine.top],
    ] {
        let rejection = origin
            .evaluate(&mallory.leaf.chain(&others), now())
            .unwrap_err();
        assert!(
            matches!(
                rejection,
                Rejection::Untrusted {
                    cause: UntrustedCause::WrongKey,
                    ..
                }
            ),
            "{rejection:?}"
        );
    }
}

/// The application read the first XFCC element, the attacker's. Ours is read from the trusted end,
/// and an attacker's element is not there at all unless its sender was trusted to send it.
#[test]
fn envoy_6038_the_first_element_is_the_attackers() {
    let (mallory, alice) = (Client::new("mallory"), Client::new("alice"));
    let profile = |forwarding| {
        HeaderProfile::envoy(
            Xfcc::new()
                .chain()
                .forwarding(forwarding),
        )
    };
    let forged = forwarded(&profile(XfccForwarding::SanitizeSet), &mallory.unverified());
    let edge = CertForwarder::new(profile(XfccForwarding::AppendForward))
        .max_line_bytes(60_000)
        .encode(&alice.unverified())
        .unwrap();
    let origin = profile(XfccForwarding::SanitizeSet);

    // From a client of the edge's own, it is stripped.
    let mut headers = forged.clone();
    edge.apply(&mut headers).unwrap();
    assert_eq!(chain_of(&origin, &headers), alice.chain());
    assert_eq!(elements(&headers), 1);
    let alices = headers[XFCC].clone();

    // From a hop that should have stripped it, it stands in front, and is not what is read: unless
    // the origin is told which element is the trusted hop's, it takes one alone.
    let mut headers = forged;
    edge.apply_from(&mut headers, &hop())
        .unwrap();
    assert_eq!(elements(&headers), 2);
    assert!(matches!(
        received(&origin, &headers),
        Err(ReceiveError::Malformed { .. })
    ));
    let read = |headers: &HeaderMap, number: usize| {
        CertReceiver::new(origin.clone())
            .xfcc_element_from_end(NonZeroUsize::new(number).unwrap())
            .receive(headers, &hop())
    };
    let newest = read(&headers, 1).unwrap().unwrap();
    assert_eq!(newest.chain(), &alice.chain());
    let before = read(&headers, 2).unwrap().unwrap();
    assert_eq!(before.chain(), &mallory.chain());
    assert!(matches!(
        read(&headers, 3),
        Err(ReceiveError::Malformed { .. })
    ));

    // What could swallow or hide the element behind it is refused at the edge and at the origin.
    let own = headers[XFCC]
        .to_str()
        .unwrap()
        .to_owned();
    for bad in [
        "Subject=\"",
        "Subject=\"CN=a\\\"",
        "By=\"",
        "Hash=a;",
        "Hash=a;URI",
        "Hash=a b",
        "",
    ] {
        let mut incoming = HeaderMap::new();
        incoming.insert(XFCC, value(bad));
        let error = edge
            .apply_from(&mut incoming, &hop())
            .unwrap_err();
        assert!(matches!(error, ForwardError::BadIncoming { .. }), "{bad}");
        assert_eq!(incoming[XFCC], alices, "{bad}");
        let mut headers = headers.clone();
        headers.insert(XFCC, value(&format!("{bad},{own}")));
        assert!(
            matches!(read(&headers, 1), Err(ReceiveError::Malformed { .. })),
            "{bad}"
        );
    }
    // A quote that is closed hides nothing, whatever stands in it.
    let mut incoming = HeaderMap::new();
    incoming.insert(XFCC, value(r#"Subject="CN=a\",Hash=b;Chain=",Hash=c"#));
    edge.apply_from(&mut incoming, &hop())
        .unwrap();
    let received = read(&incoming, 1).unwrap().unwrap();
    assert_eq!(received.chain(), &alice.chain());
    let element = received.xfcc().unwrap();
    assert_eq!(element.values(XfccKey::Hash).count(), 1);
    assert_eq!(element.values(XfccKey::Subject).count(), 0);
}

/// How many elements: each of these tests' has one `Hash=`.
fn elements(headers: &HeaderMap) -> usize {
    let text = headers[XFCC].to_str().unwrap();
    text.matches("Hash=").count()
}

/// Two `Client-Cert` lines; a field in the trailers. What is there twice is refused, but for lists
/// that may stand on several lines; trailers are stripped as headers are.
#[test]
fn duplicates_and_trailers() {
    let client = Client::new("alice");
    for (preset, profile) in presets() {
        for identity in carried(preset, &client) {
            let good = forwarded(&profile, &identity);
            assert!(received(&profile, &good).is_ok());
            for (name, value) in &good {
                let mut twice = good.clone();
                twice.append(name, value.clone());
                let found = received(&profile, &twice);
                if matches!(name.as_str(), "client-cert-chain" | "x-client-cert-chain") {
                    // One list on two lines (RFC 9651 section 4.2): all of it, in its order.
                    let others = chain_of(&profile, &good).len() - 1;
                    let chain = found.unwrap().unwrap();
                    assert_eq!(chain.chain().len(), 1 + 2 * others, "{preset}");
                    continue;
                }
                assert_eq!(
                    found.unwrap_err(),
                    ReceiveError::Repeated {
                        header: name.clone()
                    },
                    "{preset}"
                );
            }
        }
        let mut trailers = forged(&all_names());
        trailers.insert("x-checksum", value("1"));
        forwarder(&profile).strip_trailers(&mut trailers);
        assert_eq!(trailers.len(), 1, "{preset}: {trailers:?}");
        assert_eq!(trailers["x-checksum"], "1");
    }
}
