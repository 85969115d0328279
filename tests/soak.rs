//! Policies are replaced a thousand times under handshakes and requests: no verdict is a mixture of two,
//! and none of the old policies is kept.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use edge_mtls::{
    ClientAuthMode, ClientAuthPolicy, ClientIdentity, ConnectionFunction, ConnectionStep,
    ConnectionView, Decision, EdgeConnection, Fingerprint, Passthrough, RequestDecision,
    RequestStep,
};
use rustls::ClientConfig;
use support::edge::{Site, forwarded};
use support::pki::{Authority, Leaf, NOW_SECONDS as NOW, policy};

mod support;

const REPLACEMENTS: usize = 1_000;

/// What a policy makes of a client: an identity, or the code of the refusal.
const VERIFIED: &str = "verified";
const UNVERIFIED: &str = "unverified";
const UNTRUSTED: &str = "untrusted";

/// What each policy makes of a client of A, and of B.
const WORDS: [[&str; 4]; 2] = [
    [VERIFIED, UNTRUSTED, VERIFIED, UNVERIFIED],
    [UNTRUSTED, VERIFIED, VERIFIED, UNVERIFIED],
];

/// The CAs, and a client of each.
struct World {
    authorities: [Authority; 2],
    leaves: [Leaf; 2],
}

impl World {
    fn new() -> Self {
        let authorities = ["a", "b"].map(Authority::root);
        Self {
            leaves: authorities
                .each_ref()
                .map(|ca| ca.client("client")),
            authorities,
        }
    }

    /// One of the four policies, made anew: each replacement has something of its own to let go.
    fn make(&self, index: usize) -> ClientAuthPolicy {
        let [a, b] = &self.authorities;
        match index % 4 {
            0 => ClientAuthPolicy::required(policy(&[a])),
            1 => ClientAuthPolicy::required(policy(&[b])),
            2 => ClientAuthPolicy::optional(policy(&[a, b])),
            _ => Passthrough::default()
                .advisory(policy(&[b]))
                .into(),
        }
    }

    /// By the fingerprint: what the policies make of a client of A, or of B.
    fn expected(&self, who: usize) -> HashMap<String, &'static str> {
        let expected: HashMap<_, _> = WORDS[who]
            .into_iter()
            .enumerate()
            .map(|(index, word)| {
                (
                    self.make(index)
                        .fingerprint()
                        .to_string(),
                    word,
                )
            })
            .collect();
        assert_eq!(expected.len(), 4);
        expected
    }
}

/// What the verdicts of the four policies look like.
struct Judge {
    a: Fingerprint,
    b: Fingerprint,
    both: Fingerprint,
    names: [String; 2],
    leaves: [Vec<u8>; 2],
}

impl Judge {
    fn new(world: &World) -> Self {
        let [a, b] = &world.authorities;
        let fingerprint = |anchors: &[&Authority]| policy(anchors).fingerprint();
        Self {
            a: fingerprint(&[a]),
            b: fingerprint(&[b]),
            both: fingerprint(&[a, b]),
            names: ["CN=a".into(), "CN=b".into()],
            leaves: world
                .leaves
                .each_ref()
                .map(|leaf| leaf.der.to_vec()),
        }
    }

    /// Holds an identity to what one policy makes of the client, all of it; `mode` is that of the same
    /// verdict, where it is known.
    fn check(&self, identity: &ClientIdentity, mode: Option<ClientAuthMode>) {
        let leaf = identity.chain().unwrap().leaf_der();
        let who = usize::from(leaf == self.leaves[1]);
        let own = [self.a, self.b][who];
        let verified = match identity {
            ClientIdentity::Verified { verified, .. } => {
                let by = verified.policy_fingerprint();
                match mode {
                    Some(ClientAuthMode::Required) => assert_eq!(by, own),
                    Some(ClientAuthMode::Optional) => assert_eq!(by, self.both),
                    Some(mode) => panic!("verified in {mode}"),
                    None => assert!(by == own || by == self.both),
                }
                verified
            }
            ClientIdentity::Unverified { advisory, .. } => {
                if let Some(mode) = mode {
                    assert_eq!(mode, ClientAuthMode::Passthrough);
                }
                // The advisory policy trusts B alone.
                match (advisory.as_ref().unwrap(), who) {
                    (Ok(verified), 1) => {
                        assert_eq!(verified.policy_fingerprint(), self.b);
                        verified
                    }
                    (Err(rejection), 0) => return assert_eq!(rejection.code(), UNTRUSTED),
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(
            verified
                .anchor()
                .unwrap()
                .subject()
                .to_string(),
            self.names[who]
        );
    }
}

/// Looks at what the edge has in hand at one moment: mode, identity and headers of one verdict. A panic in
/// it denies, which no thread expects.
struct Watch(Judge);

impl Watch {
    fn look(&self, connection: ConnectionView<'_>) {
        self.0
            .check(connection.identity(), Some(connection.mode()));
        let (_, status) = connection
            .cert_headers()
            .find(|(name, _)| *name == "client-cert-status")
            .unwrap();
        let word = match connection.mode() {
            ClientAuthMode::Passthrough => UNVERIFIED,
            _ => VERIFIED,
        };
        assert_eq!(
            status
                .to_str()
                .unwrap()
                .split(';')
                .next(),
            Some(word)
        );
    }
}

impl ConnectionFunction for Watch {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        self.look(step.connection());
        // A host's function takes its time; so the policy is replaced in the middle of a verdict.
        thread::yield_now();
        Decision::Allow
    }

    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        self.look(step.connection());
        RequestDecision::Forward
    }
}

/// What a request is told: the word in its status header, or the code of the refusal.
fn word(connection: &EdgeConnection) -> String {
    match forwarded(connection, NOW) {
        Ok(headers) => {
            let (_, status) = headers
                .iter()
                .find(|(name, _)| name == "client-cert-status")
                .unwrap();
            status
                .split(';')
                .next()
                .unwrap()
                .to_owned()
        }
        Err(refusal) => refusal.code().to_owned(),
    }
}

/// Has the others stop when a thread fails.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_thousand_replacements_under_traffic() {
    let world = World::new();
    let judge = Judge::new(&world);
    // TLS 1.3 without tickets: of the sites, that with the most of resumption at the server.
    let site = &Site::all()[2];
    let verifier = site.verifier(world.make(2));
    let plain = site.edge_of(&verifier);
    let watched = plain
        .clone()
        .function(Watch(Judge::new(&world)));
    let clients: Vec<(usize, Arc<ClientConfig>)> = (0..2)
        .map(|who| (who, site.client(Some(&world.leaves[who]))))
        .collect();
    let lasting: Vec<EdgeConnection> = [&plain, &watched]
        .into_iter()
        .zip(&clients)
        .map(|(edge, (_, client))| site.visit(edge, client, NOW).unwrap())
        .collect();

    let is_over = AtomicBool::new(false);
    let (visits, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let done = || visits.load(Ordering::Relaxed) + requests.load(Ordering::Relaxed);
    let mut replaced: Vec<Weak<ClientAuthPolicy>> = Vec::new();
    thread::scope(|scope| {
        for (who, client) in &clients {
            scope.spawn(|| {
                let _alarm = Alarm(&is_over);
                let expected = world.expected(*who);
                for edge in [&plain, &watched].into_iter().cycle() {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let visit = site.visit(edge, client, NOW);
                    let (record, seen) = match &visit {
                        Ok(connection) => {
                            judge.check(&connection.identity(), None);
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
        for (who, connection) in lasting.iter().enumerate() {
            scope.spawn({
                let (judge, is_over, requests) = (&judge, &is_over, &requests);
                move || {
                    let _alarm = Alarm(is_over);
                    while !is_over.load(Ordering::Relaxed) {
                        let word = word(connection);
                        assert!(WORDS[who].contains(&&*word), "{word}");
                        judge.check(&connection.identity(), None);
                        requests.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let _alarm = Alarm(&is_over);
        for index in 1..=REPLACEMENTS {
            replaced.push(Arc::downgrade(&verifier.policy()));
            verifier.replace_with_ca_names(world.make(index));
            // From now on it is in force, whatever the other threads are in the middle of.
            for (words, connection) in WORDS.iter().zip(&lasting) {
                assert_eq!(word(connection), words[index % 4]);
            }
            // So that each policy sees some of it, however busy the machine is.
            let before = done();
            while done() <= before && !is_over.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });

    assert!(visits.load(Ordering::Relaxed) > 10, "{visits:?} visits");
    let kept = replaced
        .iter()
        .filter(|policy| policy.strong_count() > 0)
        .count();
    assert_eq!(kept, 0, "old policies are kept");
    // The verifier's own, and the one asked for here: no connection has its own.
    assert_eq!(Arc::strong_count(&verifier.policy()), 2);

    // The last one put in force is required(a): who is of A goes on, who is of B does not.
    assert!(forwarded(&lasting[0], NOW).is_ok());
    let last = lasting[0].identity();
    assert_eq!(
        last.verified()
            .unwrap()
            .policy_fingerprint(),
        judge.a
    );
    let refusal = forwarded(&lasting[1], NOW).unwrap_err();
    assert_eq!(refusal.code(), UNTRUSTED);
}

/// Weak pointers see the policies alone; the octets of the heap see all that is kept of them, by whomever.
#[test]
fn nothing_grows_with_replacements() {
    let world = World::new();
    let site = &Site::all()[2];
    let verifier = site.verifier(world.make(2));
    let edge = site.edge_of(&verifier);
    let clients = world
        .leaves
        .each_ref()
        .map(|leaf| site.client(Some(leaf)));
    let lasting = clients
        .each_ref()
        .map(|client| site.visit(&edge, client, NOW).unwrap());
    let rounds = |count: usize| {
        for _ in 0..count {
            for index in 0..4 {
                verifier.replace_with_ca_names(world.make(index));
                for client in &clients {
                    drop(site.visit(&edge, client, NOW));
                }
                for connection in &lasting {
                    drop(forwarded(connection, NOW));
                }
            }
        }
    };
    // Until session stores, at the server and at the clients, hold what they can.
    rounds(20);
    let mut grown: Vec<i64> = (0..5)
        .map(|_| allocation_counter::measure(|| rounds(8)).bytes_current)
        .collect();
    // A hash table may take a larger piece once; what is kept of each policy is kept every time.
    grown.sort_unstable();
    // Eight octets of each of 32 policies would be too much.
    assert!(grown[2] < 8 * 32, "{grown:?}");
}
