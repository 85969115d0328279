//! What a policy leaves to the host's function.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use edge_mtls::{
    CertReceiver, Certificate, ChainPolicy, ClaimedStatus, ClientAuthPolicy, ConnectionFunction,
    ConnectionStep, Decision, DenyList, EdgeConnection, EdgeRefusal, HeaderProfile, ReceiveError,
    Received, Rejection, Revocation, RevocationStatus, RevokedBy, Settlement, TrustedHop,
    UnknownStatus, Unsettled,
};
use http::HeaderMap;

use crate::support::crl::Crl;
use crate::support::edge::{Site, forwarded, request};
use crate::support::pki::{Authority, Leaf, NOW_SECONDS as NOW, at, now, policy};
use crate::support::revocation::lists;

/// Settles every certificate so, and counts the questions.
#[derive(Clone)]
struct Settling {
    answer: Settlement,
    questions: Arc<AtomicUsize>,
}

fn settling(answer: Settlement) -> Settling {
    Settling {
        answer,
        questions: Arc::default(),
    }
}

impl Settling {
    fn questions(&self) -> usize {
        self.questions.load(Ordering::Relaxed)
    }
}

impl ConnectionFunction for Settling {
    fn connection(&self, _: &mut ConnectionStep<'_>) -> Decision {
        Decision::Allow
    }

    fn settle(&self, unsettled: Unsettled<'_>) -> Settlement {
        self.questions
            .fetch_add(1, Ordering::Relaxed);
        assert_eq!(unsettled.issuer().subject().to_string(), "CN=root");
        assert_ne!(
            unsettled.cause().is_some(),
            unsettled.revoked_by().is_some()
        );
        self.answer
    }
}

struct World {
    root: Authority,
    leaf: Leaf,
}

impl World {
    fn new() -> Self {
        let root = Authority::root("root");
        Self {
            leaf: root.client("alice"),
            root,
        }
    }

    /// A list revokes the leaf.
    fn revoking(&self) -> Revocation {
        Revocation::new(lists(&[Crl::of(&self.root)
            .days(-1, 6)
            .revokes(&self.leaf.der)]))
    }

    /// No list says anything of the leaf.
    fn silent(&self) -> Revocation {
        let other = Authority::root("other");
        Revocation::new(lists(&[Crl::of(&other).days(-1, 6)]))
    }

    fn policy(&self, revocation: Revocation) -> ChainPolicy {
        policy(&[&self.root]).with_revocation(revocation)
    }

    /// Lets alice in, with a handle and without.
    fn admit(
        &self,
        site: &Site,
        policy: &ChainPolicy,
        function: Option<&Settling>,
    ) -> Result<EdgeConnection, EdgeRefusal> {
        let verifier = site.verifier(ClientAuthPolicy::required(policy.clone()));
        let mut edge = site.edge_of(&verifier);
        if let Some(function) = function {
            edge = edge.function(function.clone());
        }
        let client = site.client(Some(&self.leaf));
        site.visit(&edge, &client, NOW)
            .map_err(|refused| refused.reason().clone())
    }
}

fn received(connection: &EdgeConnection) -> Received {
    let mut parts = request();
    connection
        .prepare(&mut parts, now())
        .unwrap();
    receive(&parts.headers)
        .unwrap()
        .unwrap()
}

fn receive(headers: &HeaderMap) -> Result<Option<Received>, ReceiveError> {
    CertReceiver::new(HeaderProfile::rfc9440())
        .expect_status_header()
        .receive(headers, &TrustedHop::private_network("test"))
}

#[test]
fn what_a_list_revokes_can_be_accepted_where_the_policy_says_so() {
    let world = World::new();
    let left = world.policy(world.revoking().leave_revoked_to_host());
    for site in Site::plain() {
        let good = settling(Settlement::Good);
        let connection = world
            .admit(&site, &left, Some(&good))
            .unwrap();
        assert_eq!(good.questions(), 1);
        // The status stays: in the verdict, the header, and the record.
        let identity = connection.identity();
        let statuses: Vec<_> = identity
            .verified()
            .unwrap()
            .revocation()
            .collect();
        assert!(matches!(
            statuses[..],
            [RevocationStatus::Overridden {
                by: RevokedBy::List { .. }
            }]
        ));
        let headers = forwarded(&connection, NOW).unwrap();
        assert_eq!(headers.last().unwrap().1, "verified;revocation=overridden");
        let record = connection.record();
        assert_eq!(record.get("revocationStatus").unwrap(), "overridden");
        let received = received(&connection);
        let claimed = received.claimed_status().unwrap();
        assert!(matches!(
            claimed,
            ClaimedStatus::VerifiedUnproven { revocation, .. } if revocation == "overridden"
        ));
        assert_eq!(claimed.to_string(), "verified;revocation=overridden");

        // Otherwise it is refused as what it is, and nobody is asked where the policy does not say so.
        for answer in [Settlement::Revoked, Settlement::Unknown] {
            let refusal = world
                .admit(&site, &left, Some(&settling(answer)))
                .unwrap_err();
            assert!(matches!(
                refusal,
                EdgeRefusal::Rejected(Rejection::Revoked {
                    by: RevokedBy::List { .. },
                    ..
                })
            ));
        }
        let good = settling(Settlement::Good);
        for (policy, function) in [
            (&left, None),
            (&world.policy(world.revoking()), Some(&good)),
        ] {
            let refusal = world
                .admit(&site, policy, function)
                .unwrap_err();
            assert_eq!(refusal.code(), "revoked");
        }
        assert_eq!(good.questions(), 0);
    }
}

#[test]
fn nothing_but_the_function_accepts_what_a_list_revokes() {
    let world = World::new();
    let left = world.policy(world.revoking().leave_revoked_to_host());
    let chain = world.leaf.chain(&[]);
    assert!(matches!(
        left.evaluate(&chain, now()),
        Err(Rejection::Revoked { .. })
    ));
    let settled = left.evaluate_settling(&chain, now(), |_| Settlement::Good);
    assert!(settled.is_ok());
    assert_ne!(
        left.fingerprint(),
        world
            .policy(world.revoking())
            .fingerprint()
    );
    // The deny list is the host's own word already.
    let certificate = Certificate::from_der(&world.leaf.der).unwrap();
    let denying = left.with_deny_list(DenyList::new().certificate(&certificate));
    let settled = denying.evaluate_settling(&chain, now(), |_| Settlement::Good);
    assert!(matches!(
        settled,
        Err(Rejection::Revoked {
            by: RevokedBy::DeniedCertificate,
            ..
        })
    ));
}

/// A certificate that is revoked comes before one whose status is unknown, whoever is asked.
#[test]
fn a_revoked_one_before_an_unknown_one() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.client("alice");
    // The CA is revoked, and of the leaf no list says anything.
    let revoking = lists(&[Crl::of(&root)
        .days(-1, 6)
        .revokes(ca.der())]);
    for on_unknown in [UnknownStatus::Refuse, UnknownStatus::LeaveToHost] {
        let revocation = Revocation::new(revoking.clone())
            .on_unknown(on_unknown)
            .leave_revoked_to_host();
        let policy = policy(&[&root]).with_revocation(revocation);
        let chain = leaf.chain(&[&ca]);
        let refused = policy
            .evaluate(&chain, now())
            .unwrap_err();
        assert!(matches!(refused, Rejection::Revoked { .. }), "{refused}");
        let mut asked = Vec::new();
        let unknown = policy.evaluate_settling(&chain, now(), |unsettled| {
            asked.push(
                unsettled
                    .certificate()
                    .subject()
                    .to_string(),
            );
            Settlement::Unknown
        });
        assert!(matches!(unknown, Err(Rejection::Revoked { .. })));
        let good = policy.evaluate_settling(&chain, now(), |_| Settlement::Good);
        match on_unknown {
            UnknownStatus::LeaveToHost => {
                assert_eq!(asked, ["CN=alice", "CN=ca"]);
                let words: Vec<&str> = good
                    .as_ref()
                    .unwrap()
                    .revocation()
                    .map(RevocationStatus::word)
                    .collect();
                assert_eq!(words, ["settled", "overridden"]);
            }
            _ => {
                assert!(asked.is_empty());
                assert!(good.is_err());
            }
        }
    }
}

#[test]
fn what_no_list_says_is_settled_by_the_function_for_a_minute() {
    let world = World::new();
    let left = world.policy(
        world
            .silent()
            .on_unknown(UnknownStatus::LeaveToHost),
    );
    for site in Site::plain() {
        let good = settling(Settlement::Good);
        let connection = world
            .admit(&site, &left, Some(&good))
            .unwrap();
        assert_eq!(good.questions(), 1);
        for seconds in [0, 1, 60] {
            let headers = forwarded(&connection, NOW + seconds).unwrap();
            assert_eq!(headers.last().unwrap().1, "verified;revocation=settled");
        }
        assert_eq!(good.questions(), 1);
        forwarded(&connection, NOW + 61).unwrap();
        assert_eq!(good.questions(), 2);
        forwarded(&connection, NOW + 121).unwrap();
        assert_eq!(good.questions(), 2);
        assert_eq!(
            connection
                .record()
                .get("revocationStatus")
                .unwrap(),
            "settled"
        );
        for (answer, code) in [
            (Settlement::Revoked, "revoked"),
            (Settlement::Unknown, "revocation-unknown"),
        ] {
            let refusal = world
                .admit(&site, &left, Some(&settling(answer)))
                .unwrap_err();
            assert_eq!(refusal.code(), code);
        }
        let refusal = world
            .admit(&site, &left, None)
            .unwrap_err();
        assert_eq!(refusal.code(), "revocation-unknown");
    }
}

/// What the policy allows although no list says so is in the header, too.
#[test]
fn an_unknown_status_that_the_policy_allows_is_said() {
    let world = World::new();
    let allowing = world.policy(
        world
            .silent()
            .on_unknown(UnknownStatus::Allow),
    );
    let site = &Site::plain()[0];
    let connection = world
        .admit(site, &allowing, None)
        .unwrap();
    let headers = forwarded(&connection, NOW).unwrap();
    assert_eq!(headers.last().unwrap().1, "verified;revocation=unknown");
    let proven = Revocation::new(lists(&[Crl::of(&world.root).days(-1, 6)]));
    let connection = world
        .admit(site, &world.policy(proven), None)
        .unwrap();
    let headers = forwarded(&connection, NOW).unwrap();
    assert_eq!(headers.last().unwrap().1, "verified");
    assert_eq!(
        connection
            .record()
            .get("revocationStatus")
            .unwrap(),
        "good"
    );
}

/// A panic where a status is asked denies, and is told from a refusal.
#[test]
fn a_panic_in_settle() {
    struct Panicking;

    impl ConnectionFunction for Panicking {
        fn connection(&self, _: &mut ConnectionStep<'_>) -> Decision {
            Decision::Allow
        }

        fn settle(&self, _: Unsettled<'_>) -> Settlement {
            panic!("on purpose")
        }
    }

    let world = World::new();
    let left = world.policy(world.revoking().leave_revoked_to_host());
    let site = &Site::plain()[0];
    let edge = site
        .edge(ClientAuthPolicy::required(left))
        .function(Panicking);
    let refused = site
        .visit(&edge, &site.client(Some(&world.leaf)), NOW)
        .unwrap_err();
    assert_eq!(refused.reason().code(), "function-error");
    assert_eq!(refused.record().status(), "Failed:ConnectionFunctionError");
}

#[test]
fn a_receiver_takes_no_other_words_for_it() {
    let world = World::new();
    let site = &Site::plain()[0];
    let connection = world
        .admit(site, &policy(&[&world.root]), None)
        .unwrap();
    let mut parts = request();
    connection
        .prepare(&mut parts, at(NOW))
        .unwrap();
    let with = |status: &str| {
        let mut headers = parts.headers.clone();
        headers.insert("client-cert-status", status.parse().unwrap());
        receive(&headers)
    };
    for good in ["overridden", "settled", "unknown"] {
        let claimed = with(&format!("verified;revocation={good}"));
        assert!(claimed.is_ok(), "{good}");
    }
    for bad in [
        "verified;revocation=good",
        "verified;revocation=",
        "verified;revocation",
        "verified;revocation=\"unknown\"",
        "unverified;revocation=unknown",
        "none;revocation=unknown",
    ] {
        assert!(with(bad).is_err(), "{bad}");
    }
}
