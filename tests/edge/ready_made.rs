//! Ready-made functions, and several as one.

use edge_mtls::{
    AllOf, Allow, AnyOf, Certificate, ClientAuthPolicy, ConnectionFunction, ConnectionStep,
    Decision, RequestDecision, RequestStep,
};
use http::HeaderName;
use rcgen::SanType;
use sha2::{Digest, Sha256};

use crate::support::edge::{Site, forwarded};
use crate::support::pki::{Authority, Leaf, NOW_SECONDS as NOW, ca_params, client_params, policy};

fn named(authority: &Authority, names: &[SanType]) -> Leaf {
    let mut params = client_params("alice");
    params.subject_alt_names = names.to_vec();
    authority.leaf(params)
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn uri(name: &str) -> SanType {
    SanType::URI(name.try_into().unwrap())
}

fn sha256(der: &[u8]) -> [u8; 32] {
    Sha256::digest(der).into()
}

/// Whether a function lets a client in.
fn lets_in(
    function: impl ConnectionFunction + 'static,
    policy: &ClientAuthPolicy,
    client: Option<(&Leaf, &[&Authority])>,
) -> bool {
    let site = &Site::plain()[0];
    let edge = site
        .edge(policy.clone())
        .function(function);
    let client = match client {
        Some((leaf, others)) => site.client_presenting(Some(leaf), others),
        None => site.client(None),
    };
    match site.visit(&edge, &client, NOW) {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(refused.reason().code(), "function-denied", "{refused}");
            false
        }
    }
}

#[test]
fn by_alternative_name() {
    let root = Authority::root("root");
    let required = ClientAuthPolicy::required(policy(&[&root]));
    let leaf = named(
        &root,
        &[
            dns("Api.Example"),
            uri("https://a.example/X"),
            SanType::IpAddress("192.0.2.7".parse().unwrap()),
            SanType::Rfc822Name("a@b.example".try_into().unwrap()),
        ],
    );
    for (name, is_let_in) in [
        ("DNS:api.example", true),
        ("DNS:API.example", true),
        ("URI:https://a.example/X", true),
        ("IP:192.0.2.7", true),
        ("email:a@b.example", true),
        ("DNS:example", false),
        ("DNS:*.example", false),
        ("URI:https://a.example/x", false),
        ("api.example", false),
        ("URI:api.example", false),
        ("", false),
    ] {
        let allow = Allow::alt_names(["DNS:else.example", name]);
        let client = Some((&leaf, &[][..]));
        assert_eq!(lets_in(allow, &required, client), is_let_in, "{name}");
    }
    // Nobody without names, and a subject is no alternative name.
    let nameless = root.client("api.example");
    let allow = Allow::alt_names(["DNS:api.example"]);
    assert!(!lets_in(allow, &required, Some((&nameless, &[]))));
}

#[test]
fn by_spiffe_trust_domain() {
    let root = Authority::root("root");
    let required = ClientAuthPolicy::required(policy(&[&root]));
    for (names, is_let_in) in [
        (vec![uri("spiffe://prod.example/api")], true),
        (vec![uri("spiffe://prod.example.evil/api")], false),
        (vec![uri("spiffe://test.example/prod.example")], false),
        (vec![uri("https://prod.example/api")], false),
        // No X.509-SVID: two URIs.
        (
            vec![
                uri("spiffe://prod.example/api"),
                uri("spiffe://a.example/b"),
            ],
            false,
        ),
        (vec![dns("prod.example")], false),
    ] {
        let leaf = named(&root, &names);
        let allow = Allow::spiffe_trust_domains(["prod.example"]);
        let client = Some((&leaf, &[][..]));
        assert_eq!(lets_in(allow, &required, client), is_let_in, "{names:?}");
    }
}

#[test]
fn by_digest_in_every_mode_and_by_name_for_the_verified_alone() {
    let root = Authority::root("root");
    let names = [dns("api.example"), uri("spiffe://prod.example/api")];
    let leaf = named(&root, &names[..1]);
    // Somebody's own work, with all the right names.
    let made = Leaf::self_signed({
        let mut params = client_params("alice");
        params.subject_alt_names = names[..1].to_vec();
        params
    });
    let svid = Leaf::self_signed({
        let mut params = client_params("alice");
        params.subject_alt_names = names[1..].to_vec();
        params
    });
    let required = ClientAuthPolicy::required(policy(&[&root]));
    let passthrough = ClientAuthPolicy::passthrough();
    let key = |leaf: &Leaf| {
        let certificate = Certificate::from_der(&leaf.der).unwrap();
        sha256(certificate.subject_public_key_info())
    };
    let by_name = || Allow::alt_names(["DNS:api.example"]);
    assert!(lets_in(by_name(), &required, Some((&leaf, &[]))));
    for (leaf, allow) in [
        (&made, by_name()),
        (&svid, Allow::spiffe_trust_domains(["prod.example"])),
        (&leaf, by_name()),
        (&leaf, Allow::issuers([root.der()]).unwrap()),
    ] {
        assert!(!lets_in(allow, &passthrough, Some((leaf, &[]))));
    }
    for policy in [&required, &passthrough] {
        let client = Some((&leaf, &[][..]));
        assert!(lets_in(Allow::sha256([sha256(&leaf.der)]), policy, client));
        assert!(lets_in(Allow::spki_sha256([key(&leaf)]), policy, client));
        assert!(!lets_in(Allow::sha256([sha256(&made.der)]), policy, client));
        assert!(!lets_in(Allow::spki_sha256([key(&made)]), policy, client));
        assert!(!lets_in(Allow::sha256([]), policy, client));
    }
}

#[test]
fn nobody_without_a_certificate() {
    let root = Authority::root("root");
    let optional = ClientAuthPolicy::optional(policy(&[&root]));
    for allow in [
        Allow::alt_names(["DNS:api.example", ""]),
        Allow::spiffe_trust_domains(["", "prod.example"]),
        Allow::sha256([sha256(b"")]),
        Allow::spki_sha256([sha256(b"")]),
        Allow::issuers([root.der()]).unwrap(),
    ] {
        assert!(!lets_in(allow, &optional, None));
    }
}

#[test]
fn by_issuer_of_the_same_name_and_key() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let alike = root.sub_ca(ca_params("ca"));
    let required = ClientAuthPolicy::required(policy(&[&root]));
    let by = |issuer: &Authority| Allow::issuers([issuer.der()]).unwrap();
    let (below, beside, above) = (ca.client("a"), alike.client("b"), root.client("c"));
    assert!(lets_in(by(&ca), &required, Some((&below, &[&ca]))));
    // Of the same name, with another key: also where the right one is presented beside it.
    assert!(!lets_in(by(&ca), &required, Some((&beside, &[&alike]))));
    assert!(!lets_in(
        by(&ca),
        &required,
        Some((&beside, &[&alike, &ca]))
    ));
    // The anchor is an issuer, and the issuer's issuer is none.
    assert!(lets_in(by(&root), &required, Some((&above, &[]))));
    assert!(!lets_in(by(&root), &required, Some((&below, &[&ca]))));
    assert!(Allow::issuers([b"nonsense"]).is_err());
}

/// Notes, sets a header, leaves its name for its request step, and decides.
struct Member {
    name: &'static str,
    decision: Decision,
    denies_requests: bool,
}

fn member(name: &'static str, allows: bool) -> Member {
    Member {
        name,
        decision: match allows {
            true => Decision::Allow,
            false => Decision::deny(name),
        },
        denies_requests: false,
    }
}

impl ConnectionFunction for Member {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        step.note(self.name);
        step.set_header(&format!("x-{}", self.name), "set");
        step.set_header("x-last", self.name);
        step.leave(self.name);
        self.decision.clone()
    }

    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        // Its own, and nobody else's.
        assert_eq!(step.left::<&'static str>(), Some(&self.name));
        step.set_header(&format!("x-{}-request", self.name), "set");
        match self.denies_requests {
            true => RequestDecision::deny(418, self.name),
            false => RequestDecision::Forward,
        }
    }
}

/// The note, and the headers that begin with `x-`, of a client that is let in.
fn traces(function: impl ConnectionFunction + 'static) -> Result<(String, Vec<String>), String> {
    let site = &Site::plain()[0];
    let root = Authority::root("root");
    let declared = [
        "x-a",
        "x-b",
        "x-c",
        "x-last",
        "x-a-request",
        "x-b-request",
        "x-c-request",
    ];
    let edge = site
        .edge(ClientAuthPolicy::optional(policy(&[&root])))
        .declare_headers(declared.map(HeaderName::from_static))
        .unwrap()
        .function(function);
    let connection = site
        .visit(&edge, &site.client(None), NOW)
        .map_err(|refused| refused.to_string())?;
    let mut headers: Vec<String> = forwarded(&connection, NOW)
        .map_err(|refusal| refusal.to_string())?
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-"))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.sort_unstable();
    let note = connection
        .record()
        .get("connectionLogCustomData")
        .unwrap_or_default();
    Ok((note, headers))
}

#[test]
fn all_of_them() {
    let (note, headers) = traces(AllOf::new(member("a", true)).and(member("b", true))).unwrap();
    assert_eq!(note, "ab");
    assert_eq!(
        headers,
        [
            "x-a-request: set",
            "x-a: set",
            "x-b-request: set",
            "x-b: set",
            "x-last: b"
        ]
    );
    let denied = AllOf::new(member("a", true))
        .and(member("b", false))
        .and(member("c", false));
    assert_eq!(
        traces(denied).unwrap_err(),
        "the connection function denied: b"
    );
    let denied = AllOf::new(Member {
        denies_requests: true,
        ..member("a", true)
    })
    .and(member("b", true));
    assert_eq!(
        traces(denied).unwrap_err(),
        "the connection function denied the request: a"
    );
}

#[test]
fn any_of_them_without_a_trace_of_who_denied() {
    let any = AnyOf::new(member("a", false))
        .or(member("b", true))
        .or(member("c", true));
    let (note, headers) = traces(any).unwrap();
    assert_eq!(note, "b");
    assert_eq!(headers, ["x-b-request: set", "x-b: set", "x-last: b"]);
    let none = AnyOf::new(member("a", false)).or(member("b", false));
    assert_eq!(
        traces(none).unwrap_err(),
        "the connection function denied: b"
    );
}

/// A function that is chosen while the program runs.
#[test]
fn boxed() {
    let boxed: Vec<Box<dyn ConnectionFunction>> =
        vec![Box::new(member("a", true)), Box::new(member("b", true))];
    let mut boxed = boxed.into_iter();
    let all = AllOf::new(boxed.next().unwrap()).and(boxed.next().unwrap());
    let (note, headers) = traces(all).unwrap();
    assert_eq!(note, "ab");
    assert_eq!(headers.len(), 5);
}

/// Also in each other, and beside functions that leave nothing.
#[test]
fn nested() {
    let inner = AnyOf::new(member("a", false)).or(member("b", true));
    let all = AllOf::new(|_: &mut ConnectionStep<'_>| Decision::Allow)
        .and(inner)
        .and(member("c", true));
    let (note, headers) = traces(all).unwrap();
    assert_eq!(note, "bc");
    assert_eq!(
        headers,
        [
            "x-b-request: set",
            "x-b: set",
            "x-c-request: set",
            "x-c: set",
            "x-last: c"
        ]
    );
    let inner = AllOf::new(member("a", true)).and(member("b", false));
    let (note, headers) = traces(AnyOf::new(inner).or(member("c", true))).unwrap();
    assert_eq!(note, "c");
    assert_eq!(headers, ["x-c-request: set", "x-c: set", "x-last: c"]);
}
