//! A pinned leaf through the whole edge: from its handshake to what becomes of it later.

use edge_mtls::{Allow, ChainPolicy, ClientAuthPolicy, Passthrough, Resumption, TrustStore};

use crate::support::edge::{Site, forwarded, summary};
use crate::support::pki::{Authority, Leaf, NOW_SECONDS as NOW};

/// 2040-01-01, when certificates here expire.
const END: u64 = 2_208_988_800;

fn policy(site: &Site, pinned: &[&Leaf], anchors: &[&Authority]) -> ChainPolicy {
    let store = anchors
        .iter()
        .fold(TrustStore::builder(), |store, anchor| {
            store.der(anchor.der())
        });
    let store = pinned
        .iter()
        .fold(store, |store, leaf| store.pin_der(&leaf.der))
        .build()
        .unwrap();
    ChainPolicy::builder(store)
        .build(
            site.provider
                .signature_verification_algorithms
                .all,
        )
        .unwrap()
}

#[test]
fn it_is_verified_until_it_expires_or_its_pin_goes() {
    let unknown = Authority::root("unknown");
    let (alice, bob) = (unknown.client("alice"), unknown.client("bob"));
    for site in Site::all() {
        let pinned = policy(&site, &[&alice], &[]);
        let verifier = site.verifier(ClientAuthPolicy::required(pinned));
        let edge = site.edge_of(&verifier);
        let client = site.client(Some(&alice));
        let connection = site.visit(&edge, &client, NOW).unwrap();
        let headers = forwarded(&connection, NOW + 5).unwrap();
        let names: Vec<&str> = headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        // The leaf alone: there is no path.
        assert_eq!(names, ["client-cert", "client-cert-status"]);
        assert_eq!(headers[1].1, "verified");
        assert!(forwarded(&connection, END).is_ok());
        let late = forwarded(&connection, END + 1).unwrap_err();
        assert_eq!(late.code(), "expired");

        let resumed = summary(&site.visit(&edge, &client, NOW + 6));
        assert_eq!(resumed, (Some(Resumption::Yes), "ok".into()));
        // Another pin in its place: neither the connection nor the session goes on.
        verifier
            .replace(ClientAuthPolicy::required(policy(&site, &[&bob], &[])))
            .unwrap();
        let connection = site.visit(&edge, &site.client(Some(&bob)), NOW + 7);
        assert!(connection.is_ok());
        let (resumption, code) = summary(&site.visit(&edge, &client, NOW + 8));
        assert_ne!(resumption, Some(Resumption::Yes));
        assert_eq!(code, "untrusted");
    }
}

#[test]
fn a_connection_ends_with_its_pin() {
    let unknown = Authority::root("unknown");
    let (alice, bob) = (unknown.client("alice"), unknown.client("bob"));
    let site = &Site::plain()[0];
    let verifier = site.verifier(ClientAuthPolicy::optional(policy(site, &[&alice], &[])));
    let edge = site.edge_of(&verifier);
    let connection = site
        .visit(&edge, &site.client(Some(&alice)), NOW)
        .unwrap();
    assert!(forwarded(&connection, NOW + 1).is_ok());
    verifier
        .replace(ClientAuthPolicy::optional(policy(site, &[&bob], &[])))
        .unwrap();
    let refused = forwarded(&connection, NOW + 2).unwrap_err();
    assert_eq!(refused.code(), "untrusted");
}

#[test]
fn nobody_has_looked_who_issued_it() {
    let ca = Authority::root("ca");
    let (pinned, other) = (ca.client("pinned"), ca.client("other"));
    let site = &Site::plain()[0];
    let both = policy(site, &[&pinned], &[&ca]);
    let by_issuer = |policy: ClientAuthPolicy| {
        site.edge(policy)
            .function(Allow::issuers([ca.der()]).unwrap())
    };
    let visit = |leaf: &Leaf| {
        let edge = by_issuer(ClientAuthPolicy::required(both.clone()));
        summary(&site.visit(&edge, &site.client(Some(leaf)), NOW)).1
    };
    assert_eq!(visit(&other), "ok");
    assert_eq!(visit(&pinned), "function-denied");
    // An advisory verdict makes nobody verified.
    let advisory: ClientAuthPolicy = Passthrough::default()
        .advisory(both.clone())
        .into();
    let connection = site
        .visit(&site.edge(advisory), &site.client(Some(&pinned)), NOW)
        .unwrap();
    let headers = forwarded(&connection, NOW).unwrap();
    assert_eq!(
        headers.last().unwrap().1,
        "unverified;reason=passthrough;advisory=verified"
    );
}
