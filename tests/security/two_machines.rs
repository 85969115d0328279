//! Section A: machines that share sessions and ticket keys, and differ in their policies.

use std::sync::Arc;

use edge_mtls::{ChainPolicy, ClientAuthPolicy, Edge, Resumption};

use rustls::ClientConfig;

use crate::support::crl::Crl;
use crate::support::edge::{Site, forwarded, summary};
use crate::support::pki::{Authority, NOW_SECONDS as NOW, policy};
use crate::support::revocation::{checking_lists, lists};

/// What a machine makes of a visit: whether a session was resumed, and `ok` or the code of the refusal.
type Seen = (Option<Resumption>, &'static str);

const FULL: Option<Resumption> = Some(Resumption::No);
const RESUMED: Option<Resumption> = Some(Resumption::Yes);
/// The handshake failed before it came to that.
const REFUSED: Option<Resumption> = None;

/// A client visits the old machine, the new one, and the old one once more.
fn visits(site: &Site, old: &Edge, new: &Edge, client: &Arc<ClientConfig>, expected: &[Seen]) {
    for (place, (edge, expected)) in [old, old, new, old]
        .into_iter()
        .zip(expected)
        .enumerate()
    {
        // A while later each time: one stands behind the other in time.
        let seconds = NOW + 60 * u64::try_from(place).unwrap();
        let visit = site.visit(edge, client, seconds);
        let (resumption, code) = summary(&visit);
        assert_eq!(code, expected.1, "visit {place} {:?}", site.version);
        match expected.0 {
            None => assert_ne!(resumption, RESUMED, "visit {place}"),
            known => assert_eq!(resumption, known, "visit {place} {:?}", site.version),
        }
        if let Ok(connection) = visit {
            let (policy, _) = (
                connection
                    .record()
                    .get("policyFingerprint"),
                (),
            );
            assert!(policy.is_some());
            assert!(forwarded(&connection, seconds).is_ok());
        }
    }
}

fn required(policy: &ChainPolicy) -> ClientAuthPolicy {
    ClientAuthPolicy::required(policy.clone())
}

/// The new machine has another CA: it neither finds the session nor takes the client.
#[test]
fn another_ca() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    for site in Site::all() {
        let old = site.edge(required(&policy(&[&a])));
        let new = site.edge(required(&policy(&[&b])));
        let client = site.client(Some(&leaf));
        let expected = [(FULL, "ok"), (RESUMED, "ok"), (REFUSED, "untrusted")];
        visits(&site, &old, &new, &client, &expected);
        // The old machine takes it as before, by a session or without.
        assert_eq!(summary(&site.visit(&old, &client, NOW)).1, "ok");
    }
}

/// The new machine has both CAs: a full handshake, whoever the client is.
#[test]
fn one_ca_more() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    for site in Site::all() {
        let old = site.edge(required(&policy(&[&a])));
        let new = site.edge(required(&policy(&[&a, &b])));
        let client = site.client(Some(&leaf));
        let expected = [(FULL, "ok"), (RESUMED, "ok"), (FULL, "ok"), (FULL, "ok")];
        visits(&site, &old, &new, &client, &expected);
    }
}

/// The new machine is stricter: an anonymous client, and one of a lax mode, get a full handshake.
#[test]
fn another_mode() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let chains = policy(&[&root]);
    for site in Site::all() {
        let lax = [
            ClientAuthPolicy::optional(chains.clone()),
            ClientAuthPolicy::passthrough(),
        ];
        for lax in lax {
            let old = site.edge(lax);
            let new = site.edge(required(&chains));
            let expected = [(FULL, "ok"), (RESUMED, "ok"), (FULL, "ok"), (FULL, "ok")];
            visits(&site, &old, &new, &site.client(Some(&leaf)), &expected);

            let anonymous = site.client(None);
            assert_eq!(summary(&site.visit(&old, &anonymous, NOW)).1, "ok");
            let refused = site
                .visit(&new, &anonymous, NOW)
                .unwrap_err();
            assert_eq!(refused.reason().code(), "missing");
        }
    }
}

/// The new machine has the newer list, which revokes the client: it resumes, and is refused, there alone.
#[test]
fn a_newer_list() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let list = |number| {
        Crl::of(&root)
            .number(number)
            .days(-1, 6)
    };
    let before = checking_lists(&[&root], &[list(1)]);
    let after = before.with_revocation(lists(&[list(2).revokes(&leaf.der)]));
    for site in Site::all() {
        let old = site.edge(required(&before));
        let new = site.edge(required(&after));
        let expected = [
            (FULL, "ok"),
            (RESUMED, "ok"),
            (RESUMED, "revoked"),
            (RESUMED, "ok"),
        ];
        visits(&site, &old, &new, &site.client(Some(&leaf)), &expected);
    }
}

/// Machines of one policy share their sessions.
#[test]
fn the_same_policy() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    for site in Site::all() {
        let [old, new] = [(); 2].map(|()| site.edge(required(&policy(&[&root]))));
        let expected = [
            (FULL, "ok"),
            (RESUMED, "ok"),
            (RESUMED, "ok"),
            (RESUMED, "ok"),
        ];
        visits(&site, &old, &new, &site.client(Some(&leaf)), &expected);
    }
}
