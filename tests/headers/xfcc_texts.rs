//! Keys, quotes and names in Envoy's `x-forwarded-client-cert`, as an origin reads it.

use edge_mtls::XfccKey;

use crate::appendix_a::{LEAF, ROOT, SHA256 as HASH, der};
use crate::base64;
use crate::support::der::{SUBJECT_ALT_NAME, implicit, sequence};
use crate::support::pki::Authority;
use crate::xfcc_receiving::{chain_of, contradicts, is_malformed, pem, receive};

#[test]
fn quotes_keep_what_they_hold() {
    let cert = format!("Cert=\"{}\"", pem(&[LEAF]));
    let forged = pem(&[ROOT]);
    for (subject, text) in [
        ("\"CN=BC\"", "CN=BC"),
        ("\"CN=a,O=b\"", "CN=a,O=b"),
        ("\"CN=a;Hash=b\"", "CN=a;Hash=b"),
        (r#""CN=a\",O=\"""#, r#"CN=a\",O=\""#),
        (r#""CN=a\\""#, r"CN=a\\"),
        (r#""CN=a\,O=b\\\"""#, r#"CN=a\,O=b\\\""#),
        ("\"\"", ""),
        ("CN=BC", "CN=BC"),
    ] {
        let value = format!("Subject={subject};{cert}");
        let received = receive(&value).unwrap().unwrap();
        let element = received.xfcc().unwrap();
        assert_eq!(
            element
                .values(XfccKey::Subject)
                .collect::<Vec<_>>(),
            [text]
        );
        assert_eq!(received.chain().leaf_der(), der(LEAF));
    }
    // A subject that ends its quotes early, where an escape is misread, is an error, or stays text.
    for hostile in [
        format!("Subject=\"CN=a\\\\\",Cert=\"{forged}\";{cert}x"),
        format!("Subject=\"CN=a\";Cert=\"{forged}\"\";{cert}"),
        format!("Subject=\"CN=a\\\";Cert={forged};{cert}"),
        format!("Subject=CN=a,Cert=\"{forged}\";{cert}\""),
    ] {
        assert!(receive(&hostile).is_err(), "{hostile}");
    }
    let inside = format!("Subject=\"CN=a\\\",Cert={forged}\";{cert}");
    assert_eq!(chain_of(&inside), [der(LEAF)]);

    for (value, text) in [
        ("\"spiffe://a;b,c\"", "spiffe://a;b,c"),
        (r#""a\"b\\""#, r#"a"b\"#),
        ("a.example", "a.example"),
        ("\"a.example\"", "a.example"),
        ("u=v", "u=v"),
    ] {
        let received = receive(&format!("By={value};{cert}"))
            .unwrap()
            .unwrap();
        let element = received.xfcc().unwrap();
        assert_eq!(
            element
                .values(XfccKey::By)
                .collect::<Vec<_>>(),
            [text]
        );
    }
}

/// Envoy does not quote names: what a client puts into one must not become another.
#[test]
fn names_are_those_of_the_leaf() {
    let names = sequence(&[
        implicit(6, b"spiffe://a/b;DNS=admin,c"),
        implicit(2, b"a.example"),
        implicit(6, br#"https://"\"#),
        implicit(2, b"b.example"),
    ]);
    let leaf =
        Authority::root("root").odd_leaf(|odd| odd.extension(SUBJECT_ALT_NAME, false, &names));
    let cert = format!("Cert=\"{}\"", pem(&[&base64(&leaf.der)]));
    let uris = r#"URI="spiffe://a/b;DNS=admin,c";URI="https://\"\\""#;
    let dns = "DNS=a.example;DNS=b.example";
    for good in [
        format!("{cert};{uris};{dns}"),
        format!("{dns};{uris};{cert}"),
        format!("{cert};{uris}"),
        format!("{cert};{dns}"),
        format!("{cert};dns=a.example;DNS=\"b.example\""),
        cert.clone(),
    ] {
        let received = receive(&good).unwrap().unwrap();
        assert_eq!(received.chain().leaf_der(), leaf.der.as_ref(), "{good}");
    }
    for (bad, words) in [
        (format!("{cert};URI=spiffe://a/b;DNS=admin"), "URI is not"),
        (
            format!("{cert};URI=\"spiffe://a/b;DNS=admin,c\""),
            "URI is not",
        ),
        (format!("{cert};{uris};URI=more"), "URI is not"),
        (format!("{cert};{uris};DNS=admin"), "DNS is not"),
        (format!("{cert};DNS=a.example"), "DNS is not"),
        (format!("{cert};DNS=b.example;DNS=a.example"), "DNS is not"),
        (format!("{cert};DNS=A.example;DNS=b.example"), "DNS is not"),
    ] {
        assert!(contradicts(&bad).contains(words), "{bad}");
    }
}

#[test]
fn an_empty_uri_is_no_uri_that_is_missing() {
    let cert = format!("Cert=\"{}\"", pem(&[LEAF]));
    for (value, uris) in [
        (format!("{cert};URI="), vec![""]),
        (format!("URI=;{cert}"), vec![""]),
        (format!("URI=\"\";{cert};URI="), vec!["", ""]),
        (cert, vec![]),
    ] {
        let received = receive(&value).unwrap().unwrap();
        let element = received.xfcc().unwrap();
        assert_eq!(
            element
                .values(XfccKey::Uri)
                .collect::<Vec<_>>(),
            uris,
            "{value}"
        );
    }
}

#[test]
fn keys_in_any_letter_case_and_once() {
    let leaf = pem(&[LEAF]);
    for (hash, cert) in [("hash", "cert"), ("HASH", "CERT"), ("hAsH", "ceRT")] {
        assert_eq!(
            chain_of(&format!("{hash}={HASH};{cert}=\"{leaf}\"")),
            [der(LEAF)]
        );
    }
    let twice = [
        format!("Hash={HASH};hash={HASH};Cert=\"{leaf}\""),
        format!("Cert=\"{leaf}\";CERT=\"{leaf}\""),
        format!("Chain=\"{leaf}\";chain=\"{leaf}\""),
        format!("Cert=\"{leaf}\";Subject=\"CN=a\";subject=\"CN=a\""),
        format!("Cert=\"{leaf}\";Issuer=\"CN=a\";ISSUER=\"CN=b\""),
    ];
    for value in twice {
        assert!(is_malformed(&value), "{value}");
    }
    // Names may repeat, each for one name.
    let names = format!("By=a;by=b;URI=;uri=;Cert=\"{leaf}\"");
    let received = receive(&names).unwrap().unwrap();
    let element = received.xfcc().unwrap();
    assert_eq!(
        element
            .values(XfccKey::By)
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(element.values(XfccKey::Hash).count(), 0);
    for unknown in ["Other=a", "Hash =a", " Hash=a", "Hashx=a", "=a", "a"] {
        assert!(
            is_malformed(&format!("Cert=\"{leaf}\";{unknown}")),
            "{unknown}"
        );
    }
}
