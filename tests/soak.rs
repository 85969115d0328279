//! Policies are replaced a thousand times under handshakes and requests: no verdict is a mixture of two,
//! and none of the old policies is kept.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use edge_mtls::{ChainPolicy, ClientAuthPolicy, ClientIdentity, EdgeConnection, Passthrough};
use rustls::ClientConfig;
use support::edge::{Site, forwarded};
use support::pki::{Authority, NOW_SECONDS as NOW, policy};

mod support;

const REPLACEMENTS: usize = 1_000;

/// What a policy makes of the client: an identity, or the code of the refusal.
const VERIFIED: &str = "verified";
const UNVERIFIED: &str = "unverified";
const UNTRUSTED: &str = "untrusted";

struct Policies {
    chains: [ChainPolicy; 3],
}

impl Policies {
    /// A new one of the four, not a clone: each replacement has something to let go.
    fn make(&self, index: usize) -> ClientAuthPolicy {
        let [a, b, both] = self.chains.clone();
        match index % 4 {
            0 => ClientAuthPolicy::required(a),
            1 => ClientAuthPolicy::required(b),
            2 => ClientAuthPolicy::optional(both),
            _ => Passthrough::default()
                .advisory(b)
                .into(),
        }
    }

    /// By the fingerprint: what it makes of a client of A, and which anchor it then ends at.
    fn expected(&self) -> HashMap<String, &'static str> {
        [VERIFIED, UNTRUSTED, VERIFIED, UNVERIFIED]
            .into_iter()
            .enumerate()
            .map(|(index, expected)| {
                (
                    self.make(index)
                        .fingerprint()
                        .to_string(),
                    expected,
                )
            })
            .collect()
    }
}

/// Says whether an identity is what one of the policies makes of the client, all of it.
fn check_identity(identity: &ClientIdentity, policies: &Policies) {
    let [a, b, both] = &policies.chains;
    match identity {
        ClientIdentity::Verified { verified, .. } => {
            let by = verified.policy_fingerprint();
            assert!(by == a.fingerprint() || by == both.fingerprint());
            assert_eq!(verified.anchor().subject().to_string(), "CN=a");
        }
        ClientIdentity::Unverified { advisory, .. } => {
            // The advisory policy trusts B alone.
            let advisory = advisory.as_ref().unwrap();
            assert_eq!(advisory.as_ref().unwrap_err().code(), UNTRUSTED);
            assert_ne!(b.fingerprint(), a.fingerprint());
        }
        other => panic!("{other:?}"),
    }
}

/// Has the others stop when a thread fails.
struct Alarm<'a>(&'a AtomicBool, &'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_thousand_replacements_under_traffic() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let policies = Policies {
        chains: [policy(&[&a]), policy(&[&b]), policy(&[&a, &b])],
    };
    let expected = policies.expected();
    assert_eq!(expected.len(), 4);
    let leaf = a.client("alice");
    let sites = Site::all();
    let site = &sites[2];
    let verifier = site.verifier(policies.make(0));
    let edge = site.edge_of(&verifier);
    let clients: Vec<Arc<ClientConfig>> = (0..2)
        .map(|_| site.client(Some(&leaf)))
        .collect();
    let lasting: Vec<EdgeConnection> = clients
        .iter()
        .map(|client| site.visit(&edge, client, NOW).unwrap())
        .collect();

    let (is_over, has_failed) = (AtomicBool::new(false), AtomicBool::new(false));
    let (visits, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut replaced: Vec<Weak<ClientAuthPolicy>> = Vec::new();
    thread::scope(|scope| {
        for client in &clients {
            scope.spawn(|| {
                let _guard = Alarm(&has_failed, &is_over);
                while !is_over.load(Ordering::Relaxed) {
                    let visit = site.visit(&edge, client, NOW);
                    let (record, seen) = match &visit {
                        Ok(connection) => {
                            check_identity(&connection.identity(), &policies);
                            let record = connection.record();
                            (record, record.get("clientIdentity").unwrap())
                        }
                        Err(refused) => (refused.record(), refused.reason().code().to_owned()),
                    };
                    let by = record.get("policyFingerprint").unwrap();
                    assert_eq!(expected[&by], seen, "{record}");
                    visits.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for connection in &lasting {
            scope.spawn(|| {
                let _guard = Alarm(&has_failed, &is_over);
                while !is_over.load(Ordering::Relaxed) {
                    match forwarded(connection, NOW) {
                        Ok(headers) => {
                            let (_, status) = headers
                                .iter()
                                .find(|(name, _)| name == "client-cert-status")
                                .unwrap();
                            let known = [
                                "verified",
                                "unverified;reason=passthrough;advisory=untrusted",
                            ];
                            assert!(known.contains(&&**status), "{status}");
                        }
                        Err(refusal) => assert_eq!(refusal.code(), UNTRUSTED),
                    }
                    check_identity(&connection.identity(), &policies);
                    requests.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for index in 1..=REPLACEMENTS {
            replaced.push(Arc::downgrade(&verifier.policy()));
            verifier.replace_with_ca_names(policies.make(index));
            // So that each policy sees some of it, however busy the machine is.
            let before = visits.load(Ordering::Relaxed) + requests.load(Ordering::Relaxed);
            while visits.load(Ordering::Relaxed) + requests.load(Ordering::Relaxed) <= before {
                if has_failed.load(Ordering::Relaxed) {
                    break;
                }
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });

    assert!(visits.load(Ordering::Relaxed) > 10, "{visits:?} visits");
    // The last one put in force is `required(a)`: index 1,000.
    for connection in &lasting {
        assert!(forwarded(connection, NOW).is_ok());
        assert_eq!(
            connection
                .identity()
                .verified()
                .unwrap()
                .policy_fingerprint(),
            policies.chains[0].fingerprint()
        );
    }
    let kept = replaced
        .iter()
        .filter(|policy| policy.strong_count() > 0)
        .count();
    assert_eq!(kept, 0, "old policies are kept");
    assert!(Arc::strong_count(&verifier.policy()) <= 2);
}
