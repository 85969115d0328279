//! Envoy's element of this hop: its order and its quotes.

use edge_mtls::{ClientAuthPolicy, ClientIdentity, HeaderProfile, Xfcc};
use rcgen::SanType;

use crate::forwarding_modes::hash;
use crate::support::pki::{Authority, Leaf, client_params, policy};
use crate::{base64, forwarded, identity, unverified};

/// Percent-encoded PEM, made without the crate.
fn pem(ders: &[&[u8]]) -> String {
    ders.iter()
        .map(|der| {
            let text = base64(der);
            let lines: Vec<&str> = text
                .as_bytes()
                .chunks(64)
                .map(|line| core::str::from_utf8(line).unwrap())
                .collect();
            let text = lines.join("\n");
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        })
        .collect::<String>()
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
        .replace('\n', "%0A")
        .replace(' ', "%20")
}

fn with_names(root: &Authority, names: &[SanType]) -> Leaf {
    let mut params = client_params("alice");
    params.subject_alt_names = names.to_vec();
    root.leaf(params)
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn element(xfcc: Xfcc, identity: &ClientIdentity) -> String {
    forwarded(HeaderProfile::envoy(xfcc), identity)["x-forwarded-client-cert"]
        .to_str()
        .unwrap()
        .to_owned()
}

/// As Envoy writes it: `By` and `Hash`, then what is switched on, in one order whatever the order
/// of the calls; `Cert`, `Chain` and `Subject` in quotes.
#[test]
fn an_element_has_envoys_order_and_quotes() {
    let root = Authority::root("root");
    let leaf = with_names(
        &root,
        &[
            SanType::DnsName("a.example".try_into().unwrap()),
            uri("spiffe://a.example/x"),
            SanType::DnsName("*.b.example".try_into().unwrap()),
            uri("https://a.example/y"),
        ],
    );
    let passthrough = unverified(leaf.chain(&[&root]));
    let cert = format!("Cert=\"{}\"", pem(&[&leaf.der]));
    let chain = format!("Chain=\"{}\"", pem(&[&leaf.der, root.der()]));
    let hash = hash(&leaf);
    let uris = "URI=spiffe://a.example/x;URI=https://a.example/y";
    let dns = "DNS=a.example;DNS=*.b.example";
    assert_eq!(
        element(
            Xfcc::new()
                .dns()
                .uri()
                .subject()
                .chain()
                .cert()
                .by("spiffe://edge/1")
                .by("spiffe://edge/2"),
            &passthrough
        ),
        format!(
            "By=spiffe://edge/1;By=spiffe://edge/2;{hash};{cert};{chain};Subject=\"CN=alice\";\
             {uris};{dns}"
        )
    );
    for (xfcc, pair) in [
        (Xfcc::new().cert(), &*cert),
        (Xfcc::new().chain(), &chain),
        (Xfcc::new().subject(), "Subject=\"CN=alice\""),
        (Xfcc::new().uri(), uris),
        (Xfcc::new().dns(), dns),
    ] {
        assert_eq!(element(xfcc, &passthrough), format!("{hash};{pair}"));
    }
    assert_eq!(element(Xfcc::default(), &passthrough), hash);

    // A verified client's chain is its path.
    let verified = identity(
        ClientAuthPolicy::required(policy(&[&root])),
        Some(leaf.chain(&[&root])),
    );
    assert_eq!(
        element(Xfcc::new().chain(), &verified),
        format!("{hash};Chain=\"{}\"", pem(&[&leaf.der]))
    );
}

/// `URI` is there though there is none, `DNS` is not. What Envoy leaves bare has quotes where it
/// would be read as something else.
#[test]
fn names_that_are_missing_or_need_quotes() {
    let root = Authority::root("root");
    let none = unverified(root.client("alice").chain(&[]));
    let text = element(Xfcc::new().uri().dns(), &none);
    assert!(text.ends_with(";URI=") && !text.contains("DNS"), "{text}");

    for (name, written) in [
        ("spiffe://a/b", "spiffe://a/b"),
        ("https://a/;b", "\"https://a/;b\""),
        ("https://a/,b", "\"https://a/,b\""),
        ("https://a/?b=c", "\"https://a/?b=c\""),
        ("https://a/\"b", r#""https://a/\"b""#),
        (r"https://a/\b", r#""https://a/\\b""#),
        ("x;Hash=00,By=y", "\"x;Hash=00,By=y\""),
    ] {
        let leaf = with_names(&root, &[uri(name)]);
        let identity = unverified(leaf.chain(&[]));
        let hash = hash(&leaf);
        let expected = format!("By={written};{hash};URI={written}");
        assert_eq!(element(Xfcc::new().by(name).uri(), &identity), expected);
    }
    // A subject is RFC 2253 text, and stands between the quotes as it is.
    let leaf = root.client("a\"b\\c;d,e=f");
    let text = element(Xfcc::new().subject(), &unverified(leaf.chain(&[])));
    let subject = r#"Subject="CN=a\"b\\c\;d\,e=f""#;
    assert!(text.ends_with(subject), "{text}");
}

/// `By` comes from the host; what no URI has cannot break the header.
#[test]
fn by_is_percent_encoded_where_it_is_no_uri() {
    let identity = unverified(
        Authority::root("root")
            .client("alice")
            .chain(&[]),
    );
    let text = element(Xfcc::new().by("spiffe://\u{fc}/a\tb c\r\n"), &identity);
    assert!(
        text.starts_with("By=spiffe://%C3%BC/a%09b%20c%0D%0A;Hash="),
        "{text}"
    );
}
