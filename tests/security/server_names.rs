//! Section B: the name asked for is not the name authenticated for.

use std::sync::Arc;

use edge_mtls::{
    ClientAuthPolicy, ClientCertVerifier, HandshakeFacts, NameRejection, PolicyMap, PolicyMapError,
    Rejection,
};
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Uri};
use rustls::crypto::CryptoProvider;
use rustls::server::Acceptor;
use rustls::{ClientConnection, ServerConnection, SupportedProtocolVersion};

use crate::support::pki::{Authority, Leaf, now, policy, providers};
use crate::support::tls::{ServerPki, VERSIONS, transfer_to_client, transfer_to_server};

/// A required policy for `strict.example` and its kin, an optional one for `lax.example`.
struct World {
    strict: Authority,
    lax: Authority,
    server: ServerPki,
    strict_verifier: Arc<ClientCertVerifier>,
    map: PolicyMap,
}

impl World {
    fn new(provider: &CryptoProvider) -> Self {
        let (strict, lax) = (Authority::root("strict"), Authority::root("lax"));
        let verifier = |policy| ClientCertVerifier::new(policy, provider).unwrap();
        let strict_verifier = verifier(ClientAuthPolicy::required(policy(&[&strict])));
        let lax_verifier = verifier(ClientAuthPolicy::optional(policy(&[&lax])));
        let map = PolicyMap::builder()
            .policy(
                "strict",
                strict_verifier.clone(),
                ["strict.example", "Other.Example.", "*.strict.example"],
            )
            .policy("lax", lax_verifier, ["lax.example", "lax.strict.example"])
            .build()
            .unwrap();
        Self {
            strict,
            lax,
            server: ServerPki::new(),
            strict_verifier,
            map,
        }
    }

    /// A client that asks for `name`, up to the end of the handshake.
    fn connect(
        &self,
        provider: &Arc<CryptoProvider>,
        version: &'static SupportedProtocolVersion,
        name: &str,
        leaf: Option<&Leaf>,
    ) -> Result<ServerConnection, Refusal> {
        let presents = leaf.map(|leaf| (vec![leaf.der.clone()], leaf.private_key()));
        let client = self
            .server
            .client_config(provider, version, presents);
        let mut client =
            ClientConnection::new(Arc::new(client), name.to_owned().try_into().unwrap()).unwrap();
        let mut acceptor = Acceptor::default();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        acceptor
            .read_tls(&mut hello.as_slice())
            .unwrap();
        let accepted = acceptor
            .accept()
            .map_err(|(error, _)| error)
            .unwrap()
            .unwrap();
        let chosen = self
            .map
            .choose(accepted.client_hello().server_name())
            .map_err(Refusal::Name)?;
        let config = self
            .server
            .server_config(provider, version, chosen.verifier().clone());
        let mut server = accepted
            .into_connection(Arc::new(config))
            .map_err(|(error, _)| error)
            .unwrap();
        while server.is_handshaking() || client.wants_write() {
            transfer_to_client(&mut server, &mut client).unwrap();
            transfer_to_server(&mut client, &mut server).map_err(|_| Refusal::Handshake)?;
        }
        let facts = HandshakeFacts::from(&server);
        chosen
            .verifier()
            .identity(&facts, now())
            .map_err(Refusal::Identity)?;
        Ok(server)
    }
}

#[derive(Debug)]
enum Refusal {
    Handshake,
    #[expect(dead_code, reason = "shown where a test fails")]
    Identity(Rejection),
    Name(NameRejection),
}

fn request(target: &str, hosts: &[&str]) -> (Uri, HeaderMap) {
    let mut headers = HeaderMap::new();
    for host in hosts {
        headers.append(HOST, HeaderValue::from_str(host).unwrap());
    }
    (target.parse().unwrap(), headers)
}

/// The status of a request, 200 if it may go on.
fn status(map: &PolicyMap, server_name: &str, target: &str, hosts: &[&str]) -> u16 {
    let (uri, headers) = request(target, hosts);
    let policy = map.choose(Some(server_name)).unwrap();
    match map.check_request(policy, &uri, &headers) {
        Ok(()) => 200,
        Err(rejection) => rejection.http_status(),
    }
}

#[test]
fn traefik_cve_2026_48491_53622_cve_2022_23632_tomcat_cve_2025_66614_another_host() {
    let world = World::new(&providers()[0]);
    // HTTP/1.1, by Host.
    for (host, expected) in [
        ("strict.example", 200),
        ("STRICT.Example", 200),
        ("strict.example.", 200),
        ("strict.example:443", 200),
        ("strict.example.:8443", 200),
        ("other.example", 200),
        ("a.strict.example", 200),
        ("lax.example", 421),
        ("LAX.example.", 421),
        ("lax.example:443", 421),
        ("lax.strict.example", 421),
        ("a.b.strict.example", 421),
        ("unknown.example", 421),
        ("192.0.2.1", 421),
        ("[::1]", 421),
        ("strict.example..", 400),
        ("strict.example,lax.example", 400),
        ("lax.example@strict.example", 400),
        ("strict.example:443:443", 400),
        ("strict.example:x", 400),
        ("*.strict.example", 400),
        (" ", 400),
        ("", 400),
    ] {
        assert_eq!(
            status(&world.map, "strict.example", "/", &[host]),
            expected,
            "{host}"
        );
    }
    // None, two, and a target that names another.
    for (target, hosts, expected) in [
        ("/", &[][..], 400),
        ("/", &["strict.example", "strict.example"], 400),
        ("https://strict.example/", &["strict.example"], 200),
        ("https://strict.example:443/", &["STRICT.example."], 200),
        ("https://strict.example/", &[], 200),
        ("https://strict.example/", &["other.example"], 400),
        ("https://strict.example/", &["lax.example"], 400),
        ("https://strict.example:8443/", &["strict.example"], 400),
        ("https://lax.example/", &["lax.example"], 421),
        ("https://lax.example/", &["strict.example"], 400),
        ("https://lax.example/", &[], 421),
    ] {
        assert_eq!(
            status(&world.map, "strict.example", target, hosts),
            expected,
            "{target} {hosts:?}"
        );
    }
}

#[test]
fn traefik_cve_2026_32305_no_server_name_is_not_the_laxest_policy() {
    for provider in &providers() {
        let world = World::new(provider);
        for version in VERSIONS {
            let leaf = world.strict.client("alice");
            // Without a name, and with one that is nowhere.
            let no_name = world.connect(provider, version, "192.0.2.1", Some(&leaf));
            assert!(matches!(
                no_name,
                Err(Refusal::Name(NameRejection::NoServerName))
            ));
            let unknown = world.connect(provider, version, "unknown.example", Some(&leaf));
            assert!(matches!(
                unknown,
                Err(Refusal::Name(NameRejection::UnknownServerName { .. }))
            ));
            // A ClientHello in records of one octet each is the same ClientHello.
            assert_eq!(in_single_octets(&world, provider, version), "strict");
        }
    }
}

/// The name of the policy that is chosen for such a ClientHello.
fn in_single_octets(
    world: &World,
    provider: &Arc<CryptoProvider>,
    version: &'static SupportedProtocolVersion,
) -> String {
    let client = world
        .server
        .client_config(provider, version, None);
    let mut client =
        ClientConnection::new(Arc::new(client), "strict.example".try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    let (header, message) = hello.split_at(5);
    let mut acceptor = Acceptor::default();
    for (index, octet) in message.iter().enumerate() {
        let record = [header[0], header[1], header[2], 0, 1, *octet];
        acceptor
            .read_tls(&mut record.as_slice())
            .unwrap();
        let accepted = acceptor
            .accept()
            .map_err(|(error, _)| error)
            .unwrap();
        let Some(accepted) = accepted else {
            assert!(index + 1 < message.len());
            continue;
        };
        let chosen = world
            .map
            .choose(accepted.client_hello().server_name())
            .unwrap();
        return chosen.name().to_owned();
    }
    panic!("no ClientHello");
}

#[test]
fn a_lax_fallback_is_one_only_by_its_loud_name() {
    let provider = &providers()[0];
    let root = Authority::root("root");
    let verifier = |policy| ClientCertVerifier::new(policy, provider).unwrap();
    let required = || verifier(ClientAuthPolicy::required(policy(&[&root])));
    let builder = |verifier| PolicyMap::builder().policy("only", verifier, ["a.example"]);

    for lax in [
        ClientAuthPolicy::optional(policy(&[&root])),
        ClientAuthPolicy::passthrough(),
    ] {
        let error = builder(verifier(lax.clone()))
            .fallback("only")
            .build()
            .unwrap_err();
        assert!(matches!(&error, PolicyMapError::LaxFallback { policy, .. } if policy == "only"));
        let map = builder(verifier(lax.clone()))
            .lax_fallback("only")
            .build()
            .unwrap();
        assert_eq!(map.choose(None).unwrap().name(), "only");

        // A required one that is replaced is no fallback any more.
        let replaced = required();
        let map = builder(replaced.clone())
            .fallback("only")
            .build()
            .unwrap();
        assert_eq!(map.choose(None).unwrap().name(), "only");
        assert_eq!(
            map.choose(Some("b.example"))
                .unwrap()
                .name(),
            "only"
        );
        replaced.replace(lax).unwrap();
        assert!(matches!(
            map.choose(None),
            Err(NameRejection::LaxFallback { .. })
        ));
        // By its own name it is what it is.
        assert!(map.choose(Some("a.example")).is_ok());
    }
}

#[test]
fn hosts_that_no_policy_names_are_under_the_fallback() {
    let provider = &providers()[0];
    let root = Authority::root("root");
    let verifier =
        || ClientCertVerifier::new(ClientAuthPolicy::required(policy(&[&root])), provider).unwrap();
    let map = PolicyMap::builder()
        .policy("one", verifier(), ["one.example"])
        .policy("rest", verifier(), ["rest.example"])
        .fallback("rest")
        .build()
        .unwrap();
    for (host, expected) in [
        ("rest.example", 200),
        ("unknown.example", 200),
        ("192.0.2.1", 200),
        ("[2001:db8::1]:443", 200),
        ("one.example", 421),
        ("one.example.:443", 421),
    ] {
        // A client without a server name, and one with an unknown name.
        for server_name in [None, Some("other.example")] {
            let chosen = map.choose(server_name).unwrap();
            let (uri, headers) = request("/", &[host]);
            let status = map
                .check_request(chosen, &uri, &headers)
                .map_or_else(|rejection| rejection.http_status(), |()| 200);
            assert_eq!(status, expected, "{host}");
        }
    }
    assert_eq!(status(&map, "one.example", "/", &["[2001:db8::1]"]), 421);
}

#[test]
fn gateway_api_gep_91_gep_3567_a_connection_reused_for_another_host() {
    for provider in &providers() {
        let world = World::new(provider);
        for version in VERSIONS {
            // Each host asks for its own CA.
            let (alice, bob) = (world.strict.client("alice"), world.lax.client("bob"));
            assert!(matches!(
                world.connect(provider, version, "strict.example", Some(&bob)),
                Err(Refusal::Handshake)
            ));
            assert!(
                world
                    .connect(provider, version, "strict.example", Some(&alice))
                    .is_ok()
            );
            let server = world
                .connect(provider, version, "lax.example", None)
                .unwrap();

            // What came in at the lax host stays there, whatever host a request names.
            let chosen = world
                .map
                .choose(server.server_name())
                .unwrap();
            assert_eq!(chosen.name(), "lax");
            for target in ["https://strict.example/", "https://a.strict.example/"] {
                let (uri, headers) = request(target, &[]);
                let rejection = world
                    .map
                    .check_request(chosen, &uri, &headers)
                    .unwrap_err();
                assert_eq!(rejection.http_status(), 421, "{rejection}");
            }
            let (uri, headers) = request("https://lax.strict.example/", &[]);
            world
                .map
                .check_request(chosen, &uri, &headers)
                .unwrap();
        }
    }
}

#[test]
fn what_is_no_map() {
    let provider = &providers()[0];
    let world = World::new(provider);
    let verifier = || world.strict_verifier.clone();
    let error = |builder: edge_mtls::PolicyMapBuilder| {
        builder
            .build()
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    let builder = PolicyMap::builder;
    let names = |names: &[&'static str]| builder().policy("a", verifier(), names.to_vec());
    for (builder, words) in [
        (builder(), "no policy"),
        (
            names(&["a.example"]).policy("a", verifier(), ["b.example"]),
            "two policies called 'a'",
        ),
        (
            names(&["a.example"]).policy("b", verifier(), ["A.example."]),
            "under 'a' and 'b'",
        ),
        (names(&["*.a.example", "*.A.example"]), "there twice"),
        (names(&["a.example:443"]), "'a.example:443' is neither"),
        (names(&["*"]), "'*' is neither"),
        (names(&["a.*.example"]), "'a.*.example' is neither"),
        (names(&[""]), "'' is neither"),
        (names(&["\u{fc}.example"]), "punycode"),
        (names(&["a.example"]).fallback("b"), "none of the policies"),
    ] {
        let error = error(builder);
        assert!(error.contains(words), "{error}");
    }
}
