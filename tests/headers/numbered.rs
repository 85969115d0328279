//! One certificate a header, under names with numbers (Apache).

use edge_mtls::{
    CertEncoding, CertMarks, CertReceiver, ChainLimits, Field, HeaderProfile, HeaderRow,
    ReceiveError, Rejection,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::pki::Authority;
use crate::{forwarded, hop, received, set, unverified};

const PREFIX: &str = "ssl_client_cert_chain_";

/// Apache's headers of a client whose chain has so many certificates behind the leaf.
fn chain_of(others: usize) -> HeaderMap {
    let root = Authority::root("root");
    let authorities: Vec<Authority> = (0..others)
        .map(|number| root.intermediate(&format!("authority {number}")))
        .collect();
    let references: Vec<&Authority> = authorities.iter().collect();
    let chain = root.client("alice").chain(&references);
    // The limits of a policy are not in the way of one that sends more.
    let mut headers = forwarded(HeaderProfile::apache(), &unverified(chain_head(&chain)));
    for (number, authority) in authorities.iter().enumerate() {
        let alone = forwarded(
            HeaderProfile::apache(),
            &unverified(edge_mtls::CertChain::from_der([authority.der()]).unwrap()),
        );
        let name = HeaderName::try_from(format!("{PREFIX}{number}")).unwrap();
        headers.insert(name, alone["ssl_client_cert"].clone());
    }
    headers
}

fn chain_head(chain: &edge_mtls::CertChain) -> edge_mtls::CertChain {
    edge_mtls::CertChain::from_der([chain.leaf_der()]).unwrap()
}

fn rename(headers: &HeaderMap, from: &str, to: &str) -> HeaderMap {
    let mut headers = headers.clone();
    let value = headers.remove(from).unwrap();
    headers.insert(HeaderName::try_from(to).unwrap(), value);
    headers
}

fn contradiction(headers: &HeaderMap) -> HeaderName {
    match received(HeaderProfile::apache(), headers) {
        Err(ReceiveError::Contradiction { header, .. }) => header,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_forwarder_numbers_from_zero() {
    let root = Authority::root("root");
    let low = root.intermediate("low");
    let identity = unverified(
        low.client("alice")
            .chain(&[&low, &root]),
    );
    let headers = forwarded(HeaderProfile::apache(), &identity);
    let mut names: Vec<&str> = headers
        .keys()
        .map(HeaderName::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "ssl_client_cert",
            "ssl_client_cert_chain_0",
            "ssl_client_cert_chain_1",
            "ssl_client_verify"
        ]
    );
    let received = received(HeaderProfile::apache(), &headers)
        .unwrap()
        .unwrap();
    assert_eq!(Some(received.chain()), identity.chain());
}

#[test]
fn no_number_is_left_out() {
    let headers = chain_of(3);
    assert!(received(HeaderProfile::apache(), &headers).is_ok());
    for gap in 0..2 {
        let mut headers = headers.clone();
        headers.remove(format!("{PREFIX}{gap}"));
        assert_eq!(contradiction(&headers), PREFIX, "{gap}");
    }
    // Without the last it is a shorter chain, as the edge may have sent it.
    let mut shorter = headers.clone();
    shorter.remove(format!("{PREFIX}2"));
    let received_chain = received(HeaderProfile::apache(), &shorter)
        .unwrap()
        .unwrap();
    assert_eq!(received_chain.chain().len(), 3);
    // An absence in the middle is a gap, and at the end it is the end.
    for (number, mark) in [(0, "(null)"), (1, ""), (1, "-")] {
        let headers = set(&headers, &format!("{PREFIX}{number}"), mark);
        let at = format!("{PREFIX}{}", number + 1);
        assert_eq!(contradiction(&headers), at.as_str());
    }
    let ended = set(&headers, &format!("{PREFIX}2"), "(null)");
    let received_chain = received(HeaderProfile::apache(), &ended)
        .unwrap()
        .unwrap();
    assert_eq!(received_chain.chain().len(), 3);
}

#[test]
fn what_is_no_number_is_refused() {
    let headers = chain_of(2);
    for to in [
        "",
        "x",
        "00",
        "01",
        "-1",
        "+1",
        "1x",
        "0x1",
        "1_",
        "4294967296",
        "18446744073709551617",
    ] {
        let renamed = rename(&headers, &format!("{PREFIX}1"), &format!("{PREFIX}{to}"));
        assert_eq!(contradiction(&renamed), PREFIX, "{to}");
        // Also beside numbers that are right, and with a mark of absence for a value.
        for value in [
            headers["ssl_client_cert_chain_1"].clone(),
            HeaderValue::from_static(""),
        ] {
            let mut beside = headers.clone();
            beside.insert(
                HeaderName::try_from(format!("{PREFIX}{to}")).unwrap(),
                value,
            );
            assert_eq!(contradiction(&beside), PREFIX, "{to}");
        }
    }
}

#[test]
fn another_spelling_is_refused() {
    let headers = chain_of(2);
    for to in [
        "ssl-client-cert-chain-0",
        "ssl-client-cert-chain-1",
        "ssl_client_cert_chain-1",
        "ssl.client.cert.chain.7",
        "ssl-client-cert",
        "ssl-client_verify",
    ] {
        let mut headers = headers.clone();
        let header = HeaderName::try_from(to).unwrap();
        headers.insert(header.clone(), HeaderValue::from_static(""));
        assert_eq!(
            received(HeaderProfile::apache(), &headers).unwrap_err(),
            ReceiveError::OtherSpelling { header }
        );
    }
}

#[test]
fn each_is_there_once_and_holds_one() {
    let headers = chain_of(2);
    let mut twice = headers.clone();
    twice.append(
        "ssl_client_cert_chain_1",
        headers["ssl_client_cert_chain_1"].clone(),
    );
    assert_eq!(
        received(HeaderProfile::apache(), &twice).unwrap_err(),
        ReceiveError::Repeated {
            header: HeaderName::from_static("ssl_client_cert_chain_1")
        }
    );
    let one = headers["ssl_client_cert_chain_1"]
        .to_str()
        .unwrap();
    for bad in [
        format!("{one} {one}"),
        format!("{one}{one}"),
        one.replace("END ", "END"),
        "x".into(),
    ] {
        let result = received(
            HeaderProfile::apache(),
            &set(&headers, "ssl_client_cert_chain_1", &bad),
        );
        assert!(
            matches!(&result, Err(ReceiveError::Malformed { header, .. })
                if header == "ssl_client_cert_chain_1"),
            "{result:?}"
        );
    }
    // Nor are there others without a leaf.
    let mut headless = headers.clone();
    headless.insert("ssl_client_cert", HeaderValue::from_static("(null)"));
    assert_eq!(contradiction(&headless), PREFIX);
}

#[test]
fn too_many_are_refused() {
    for (others, limit) in [(5, 6), (6, 7), (0, 1)] {
        let headers = chain_of(others);
        let receiver = CertReceiver::new(HeaderProfile::apache());
        let receiver = receiver.limits(ChainLimits::new(limit, 32_768));
        let received = receiver
            .receive(&headers, &hop())
            .unwrap()
            .unwrap();
        assert_eq!(received.chain().len(), others + 1);
    }
    for others in [6, 7, 8, 20] {
        let headers = chain_of(others);
        assert_eq!(
            received(HeaderProfile::apache(), &headers).unwrap_err(),
            ReceiveError::OverLimit(Rejection::TooManyCertificates {
                count: others + 1,
                limit: 6
            })
        );
    }
}

/// The name is the user's to choose, and so is the encoding.
#[test]
fn numbers_in_a_profile_of_ones_own() {
    let root = Authority::root("root");
    let low = root.intermediate("low");
    let identity = unverified(
        low.client("alice")
            .chain(&[&low, &root]),
    );
    for encoding in [
        CertEncoding::StructuredField,
        CertEncoding::Concatenated,
        CertEncoding::Marked(CertMarks::base64()),
    ] {
        let row = |name, field| HeaderRow::new(HeaderName::from_static(name), field);
        let profile = HeaderProfile::empty()
            .with(row("x-leaf", Field::Leaf(encoding.clone())))
            .unwrap()
            .with(row("x-other", Field::NumberedChain(encoding)))
            .unwrap()
            .rename("X-Other", HeaderName::from_static("x-ca."))
            .unwrap();
        let headers = forwarded(profile.clone(), &identity);
        assert!(headers.contains_key("x-ca.0") && headers.contains_key("x-ca.1"));
        let received = received(profile, &headers)
            .unwrap()
            .unwrap();
        assert_eq!(Some(received.chain()), identity.chain());
    }
}
