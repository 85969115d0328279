//! Section A: machines that share sessions and ticket keys, and differ in their policies or their clocks.

use std::sync::Arc;

use edge_mtls::{ChainLimits, ChainPolicy, ClientAuthPolicy, DenyList, Edge, Passthrough};
use rustls::ClientConfig;

use crate::resumption::{required, sha256, until_the_fifth};
use crate::support::crl::Crl;
use crate::support::edge::{Site, forwarded};
use crate::support::pki::{
    Authority, Leaf, NOW_SECONDS as NOW, at, builder, policy, providers, trust,
};
use crate::support::revocation::{checking_lists, lists};

struct Machine {
    policy: ClientAuthPolicy,
    edge: Edge,
    /// How far its clock goes before the others', in seconds.
    ahead: u64,
}

impl Machine {
    fn new(site: &Site, policy: ClientAuthPolicy) -> Self {
        Self {
            edge: site.edge(policy.clone()),
            policy,
            ahead: 0,
        }
    }

    /// Takes a visit: whether a session was resumed, and what the client is then, or the code of the refusal.
    fn visit(&self, site: &Site, client: &Arc<ClientConfig>, seconds: u64) -> (bool, String) {
        let seconds = seconds + self.ahead;
        let visit = site.visit(&self.edge, client, seconds);
        let (record, word) = match &visit {
            Ok(connection) => {
                let record = connection.record();
                (record, record.get("clientIdentity").unwrap())
            }
            Err(refused) => (refused.record(), refused.reason().code().to_owned()),
        };
        // Whatever was believed elsewhere, it is this machine's policy that says so, all of it.
        let by = record.get("policyFingerprint");
        assert_eq!(by, Some(self.policy.fingerprint().to_string()));
        if let Ok(connection) = &visit {
            let identity = connection.identity();
            if let Some(verified) = identity.verified() {
                let own = self.policy.chain_policy().unwrap();
                assert_eq!(verified.policy_fingerprint(), own.fingerprint());
                own.evaluate(verified.chain(), at(seconds))
                    .unwrap();
            }
            let headers = forwarded(connection, seconds).unwrap();
            let (_, status) = headers
                .iter()
                .find(|(name, _)| name == "client-cert-status")
                .unwrap();
            let expected = match &*word {
                "anonymous" => "none",
                word => word,
            };
            assert_eq!(status.split(';').next(), Some(expected));
        }
        let is_resumed = record.get("tlsResumed").as_deref() == Some("true");
        (is_resumed, word)
    }
}

const FULL: bool = false;
const RESUMED: bool = true;

/// A client goes from machine to machine, a minute later each time.
fn journey(site: &Site, client: &Arc<ClientConfig>, visits: &[(&Machine, bool, &str)]) {
    for (place, (machine, is_resumed, word)) in visits.iter().enumerate() {
        let seconds = NOW + 60 * u64::try_from(place).unwrap();
        assert_eq!(
            machine.visit(site, client, seconds),
            (*is_resumed, (*word).to_owned()),
            "visit {place}, {:?}",
            site.version
        );
    }
}

fn everywhere(check: impl Fn(&Site, &dyn Fn(ClientAuthPolicy) -> Machine)) {
    for site in Site::all() {
        check(&site, &|policy| Machine::new(&site, policy));
    }
}

/// Machines of one policy share their sessions: without this the others here would say nothing.
#[test]
fn the_same_policy() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    everywhere(|site, machine| {
        let [old, new] = [(); 2].map(|()| machine(required(policy(&[&root]))));
        let visits = [
            (&old, FULL, "verified"),
            (&old, RESUMED, "verified"),
            (&new, RESUMED, "verified"),
            (&old, RESUMED, "verified"),
        ];
        journey(site, &site.client(Some(&leaf)), &visits);
    });
}

/// The new machine has another CA: it neither finds the session nor takes the client.
#[test]
fn another_ca() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let leaf = a.client("alice");
    everywhere(|site, machine| {
        let old = machine(required(policy(&[&a])));
        for mode in [ClientAuthPolicy::required, ClientAuthPolicy::optional] {
            let new = machine(mode(policy(&[&b])));
            let visits = [
                (&old, FULL, "verified"),
                (&old, RESUMED, "verified"),
                (&new, FULL, "untrusted"),
                (&old, RESUMED, "verified"),
            ];
            journey(site, &site.client(Some(&leaf)), &visits);
        }
    });
}

/// The new machine has one CA more, or one of the same name: a full handshake, whoever the client is.
#[test]
fn one_ca_more_and_a_namesake() {
    let (a, b, namesake) = (
        Authority::root("a"),
        Authority::root("b"),
        Authority::root("a"),
    );
    let leaf = a.client("alice");
    everywhere(|site, machine| {
        let old = machine(required(policy(&[&a])));
        let new = machine(required(policy(&[&a, &b])));
        let other = machine(required(policy(&[&namesake])));
        let visits = [
            (&old, FULL, "verified"),
            (&old, RESUMED, "verified"),
            (&new, FULL, "verified"),
            (&old, FULL, "verified"),
            (&other, FULL, "untrusted"),
        ];
        journey(site, &site.client(Some(&leaf)), &visits);
    });
}

/// The new machine is stricter: a client of a lax mode gets a full handshake, an anonymous one none.
#[test]
fn a_stricter_mode() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let chains = policy(&[&root]);
    let advised = Passthrough::default().advisory(chains.clone());
    let lax = [
        (ClientAuthPolicy::optional(chains.clone()), "verified"),
        (ClientAuthPolicy::passthrough(), "unverified"),
        (advised.into(), "unverified"),
    ];
    everywhere(|site, machine| {
        for (lax, word) in &lax {
            let (old, new) = (machine(lax.clone()), machine(required(chains.clone())));
            let visits = [
                (&old, FULL, *word),
                (&old, RESUMED, word),
                (&new, FULL, "verified"),
                (&old, FULL, word),
                (&new, FULL, "verified"),
            ];
            journey(site, &site.client(Some(&leaf)), &visits);
            let visits = [
                (&old, FULL, "anonymous"),
                (&old, RESUMED, "anonymous"),
                (&new, FULL, "missing"),
                (&old, RESUMED, "anonymous"),
            ];
            journey(site, &site.client(None), &visits);
        }
    });
}

/// A stranger that a machine in passthrough let in stays a stranger, whatever it is called there.
#[test]
fn a_stranger_with_a_session() {
    let (root, unknown) = (Authority::root("root"), Authority::root("root"));
    let leaf = unknown.client("alice");
    everywhere(|site, machine| {
        let lax = machine(ClientAuthPolicy::passthrough());
        for mode in [ClientAuthPolicy::required, ClientAuthPolicy::optional] {
            let strict = machine(mode(policy(&[&root])));
            let visits = [
                (&lax, FULL, "unverified"),
                (&strict, FULL, "untrusted"),
                (&lax, RESUMED, "unverified"),
                (&strict, FULL, "untrusted"),
            ];
            journey(site, &site.client(Some(&leaf)), &visits);
        }
    });
}

fn revoking(root: &Authority, leaf: &Leaf) -> [(ChainPolicy, ChainPolicy, &'static str); 3] {
    let list = |number| Crl::of(root).number(number).days(-1, 6);
    let before = checking_lists(&[root], &[list(1)]);
    let strict = builder(trust(&[root]))
        .limits(ChainLimits::new(6, 100))
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    [
        (
            before.clone(),
            before.with_revocation(lists(&[list(2).revokes(&leaf.der)])),
            "revoked",
        ),
        (
            before.clone(),
            before.with_deny_list(DenyList::new().certificate_sha256(sha256(leaf))),
            "revoked",
        ),
        (policy(&[root]), strict, "too-large"),
    ]
}

/// The new machine has the newer list, a deny list, or tighter limits: it finds the session, and refuses
/// the client all the same; the old one goes by what it knows.
#[test]
fn a_newer_list_a_deny_list_and_tighter_limits() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let changes = revoking(&root, &leaf);
    everywhere(|site, machine| {
        for (before, after, code) in &changes {
            let old = machine(required(before.clone()));
            let new = machine(required(after.clone()));
            let visits = [
                (&old, FULL, "verified"),
                (&old, RESUMED, "verified"),
                (&new, RESUMED, *code),
                (&old, RESUMED, "verified"),
                (&new, RESUMED, code),
            ];
            journey(site, &site.client(Some(&leaf)), &visits);
        }
    });
}

/// Who is refused by the new machine cannot get in there by way of one that lags behind.
#[test]
fn by_way_of_a_machine_that_lags_behind() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let changes = revoking(&root, &leaf);
    everywhere(|site, machine| {
        for (before, after, code) in &changes {
            let old = machine(required(before.clone()));
            let new = machine(required(after.clone()));
            let visits = [
                (&new, FULL, *code),
                (&old, FULL, "verified"),
                (&new, RESUMED, code),
                (&new, RESUMED, code),
                (&old, RESUMED, "verified"),
            ];
            journey(site, &site.client(Some(&leaf)), &visits);
        }
    });
}

/// The clocks differ, and the certificate has expired by one of them.
#[test]
fn a_clock_ahead() {
    let root = Authority::root("root");
    let leaf = until_the_fifth(&root);
    everywhere(|site, machine| {
        let [behind, mut ahead] = [(); 2].map(|()| machine(required(policy(&[&root]))));
        ahead.ahead = 4 * 24 * 60 * 60;
        let visits = [
            (&behind, FULL, "verified"),
            (&behind, RESUMED, "verified"),
            (&ahead, FULL, "expired"),
            (&behind, RESUMED, "verified"),
            (&ahead, FULL, "expired"),
        ];
        journey(site, &site.client(Some(&leaf)), &visits);
    });
}
