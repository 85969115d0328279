//! What becomes of a certificate whose status is unknown.

use std::sync::Arc;

use edge_mtls::{
    ChainPolicy, ClientAuthPolicy, ClientCertVerifier, ClientIdentity, HandshakeFacts, Rejection,
    Revocation, RevocationDepth, RevocationStatus, RevokedBy, Settlement, UnknownCause,
    UnknownStatus,
};
use rustls::server::danger::ClientCertVerifier as RustlsVerifier;

use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, judge, now, providers};
use crate::support::revocation::{cause_name, checking, lists, outcome, reason};

/// root, ca, and a leaf of which nothing is known.
struct Pki {
    root: Authority,
    ca: Authority,
    leaf: Leaf,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::root("root");
        let ca = root.intermediate("ca");
        Self {
            leaf: ca.client("alice"),
            root,
            ca,
        }
    }

    /// Knows that the intermediate is good, and nothing of the leaf.
    fn policy(&self, on_unknown: UnknownStatus) -> ChainPolicy {
        self.policy_of(&[Crl::of(&self.root)], on_unknown)
    }

    fn policy_of(&self, crls: &[Crl<'_>], on_unknown: UnknownStatus) -> ChainPolicy {
        checking(
            &[&self.root],
            Revocation::new(lists(crls)).on_unknown(on_unknown),
        )
    }

    fn verifier(&self, policy: ChainPolicy) -> Arc<ClientCertVerifier> {
        ClientCertVerifier::new(ClientAuthPolicy::required(policy), &providers()[0]).unwrap()
    }

    fn facts(&self) -> HandshakeFacts {
        HandshakeFacts::new(Some(self.leaf.chain(&[&self.ca])))
    }

    /// Whether rustls would go on.
    fn handshake(&self, verifier: &dyn RustlsVerifier) -> bool {
        let presented = self.leaf.presented(&[&self.ca]);
        let (leaf, others) = presented.split_first().unwrap();
        verifier
            .verify_client_cert(leaf, others, now())
            .is_ok()
    }
}

#[test]
fn it_is_refused_by_default() {
    let pki = Pki::new();
    let crls = [Crl::of(&pki.root)];
    let rejection =
        judge(&checking(&[&pki.root], lists(&crls)), &pki.leaf, &[&pki.ca]).unwrap_err();
    assert_eq!(rejection.code(), "revocation-unknown");
    assert_eq!(rejection.tls_alert(), 48);
    assert_eq!(
        rejection.to_string(),
        "whether the leaf 'CN=alice' is revoked is unknown: there is no revocation list of \
         'CN=ca'; load it, or, if that CA publishes none, see `Revocation::depth` and \
         `Revocation::on_unknown`"
    );
    // Where nobody asked the host, the sentence says how it is asked.
    let rejection = judge(
        &pki.policy(UnknownStatus::LeaveToHost),
        &pki.leaf,
        &[&pki.ca],
    )
    .unwrap_err();
    assert!(
        rejection
            .to_string()
            .contains("`identity_settling`"),
        "{rejection}"
    );
    let rejection = judge(&pki.policy(UnknownStatus::Refuse), &pki.leaf, &[&pki.ca]).unwrap_err();
    assert_eq!(reason(&rejection), "no list");
}

#[test]
fn it_is_accepted_if_that_is_allowed() {
    let pki = Pki::new();
    let policy = pki.policy(UnknownStatus::Allow);
    assert!(judge(&policy, &pki.leaf, &[&pki.ca]).is_ok());
    let verifier = pki.verifier(policy);
    assert!(pki.handshake(&*verifier));
    assert!(
        verifier
            .identity(&pki.facts(), now())
            .is_ok()
    );
    // What is revoked is not unknown.
    let crls = [Crl::of(&pki.root).revokes(pki.ca.der())];
    let policy = pki.policy_of(&crls, UnknownStatus::Allow);
    assert_eq!(outcome(&judge(&policy, &pki.leaf, &[&pki.ca])), "revoked");
}

#[test]
fn left_to_the_host_it_is_refused_until_settled() {
    let pki = Pki::new();
    let policy = pki.policy(UnknownStatus::LeaveToHost);
    assert_eq!(outcome(&judge(&policy, &pki.leaf, &[&pki.ca])), "no list");
    let verifier = pki.verifier(policy);
    let handle = verifier.for_connection();
    assert!(pki.handshake(&*verifier) && pki.handshake(&*handle));
    for refused in [
        verifier.identity(&pki.facts(), now()),
        handle.identity(&pki.facts(), now()),
        verifier
            .for_connection()
            .identity(&pki.facts(), now()),
    ] {
        assert_eq!(reason(&refused.unwrap_err()), "no list");
    }
}

#[test]
fn the_host_settles_it() {
    let pki = Pki::new();
    let policy = pki.policy(UnknownStatus::LeaveToHost);
    let chain = pki.leaf.chain(&[&pki.ca]);
    let verifier = pki.verifier(policy.clone());
    let handle = verifier.for_connection();
    assert!(pki.handshake(&*handle));
    for (settlement, expected) in [
        (Settlement::Good, "good"),
        (Settlement::Revoked, "revoked by the host"),
        (Settlement::Unknown, "no list"),
    ] {
        let mut asked = 0;
        let verdict = policy.evaluate_settling(&chain, now(), |unsettled| {
            asked += 1;
            assert_eq!(
                unsettled
                    .certificate()
                    .subject()
                    .to_string(),
                "CN=alice"
            );
            assert_eq!(unsettled.issuer().der(), pki.ca.der().as_ref());
            assert_eq!(cause_name(unsettled.cause().unwrap()), "no list");
            settlement
        });
        assert_eq!(outcome(&verdict), expected);
        assert_eq!(asked, 1);

        for identity in [
            verifier.identity_settling(&pki.facts(), now(), |_| settlement),
            handle.identity_settling(&pki.facts(), now(), |_| settlement),
            verifier
                .for_connection()
                .identity_settling(&pki.facts(), now(), |_| settlement),
        ] {
            let found = identity.map(|identity| match identity {
                ClientIdentity::Verified { verified, .. } => verified,
                other => panic!("{other:?}"),
            });
            assert_eq!(outcome(&found), expected);
        }
        // What was settled once is not settled for ever.
        assert!(
            verifier
                .identity(&pki.facts(), now())
                .is_err()
        );
        assert!(
            handle
                .identity(&pki.facts(), now())
                .is_err()
        );
    }
}

#[test]
fn the_verdict_says_what_was_settled() {
    let pki = Pki::new();
    let policy = pki.policy(UnknownStatus::LeaveToHost);
    let chain = pki.leaf.chain(&[&pki.ca]);
    let verified = policy
        .evaluate_settling(&chain, now(), |_| Settlement::Good)
        .unwrap();
    let statuses: Vec<&RevocationStatus> = verified.revocation().collect();
    assert!(
        matches!(
            statuses[..],
            [
                RevocationStatus::Settled {
                    cause: UnknownCause::NoList { .. },
                    ..
                },
                RevocationStatus::Good { .. }
            ]
        ),
        "{statuses:?}"
    );
    let rejection = policy
        .evaluate_settling(&chain, now(), |_| Settlement::Revoked)
        .unwrap_err();
    assert!(
        matches!(&rejection, Rejection::Revoked { by: RevokedBy::Host, certificate, .. } if certificate.index == 0)
    );
    assert_eq!(
        rejection.to_string(),
        "the leaf 'CN=alice' is revoked, as the host's function says"
    );
}

#[test]
fn the_host_is_asked_for_what_is_unknown_alone() {
    let pki = Pki::new();
    let chain = pki.leaf.chain(&[&pki.ca]);
    let of_ca = || Crl::of(&pki.ca);
    let of_root = || Crl::of(&pki.root);
    for (crls, expected) in [
        (vec![of_ca(), of_root()], &[][..]),
        (vec![of_root()], &["CN=alice"]),
        (vec![of_ca()], &["CN=ca"]),
        (vec![of_ca().days(-9, -2), of_root()], &["CN=alice"]),
        (vec![Crl::of(&Authority::root("x"))], &["CN=alice", "CN=ca"]),
    ] {
        let policy = pki.policy_of(&crls, UnknownStatus::LeaveToHost);
        let mut asked = Vec::new();
        let verdict = policy.evaluate_settling(&chain, now(), |unsettled| {
            asked.push(
                unsettled
                    .certificate()
                    .subject()
                    .to_string(),
            );
            Settlement::Good
        });
        assert!(verdict.is_ok());
        asked.sort();
        assert_eq!(asked, expected);
    }
    // The host cannot mend what is revoked, nor what no path holds for.
    for crls in [
        vec![of_ca().revokes(&pki.leaf.der), of_root()],
        vec![
            of_ca()
                .days(-9, -2)
                .revokes(&pki.leaf.der),
        ],
        vec![of_root().revokes(pki.ca.der())],
    ] {
        let policy = pki.policy_of(&crls, UnknownStatus::LeaveToHost);
        let verdict = policy.evaluate_settling(&chain, now(), |_| Settlement::Good);
        assert_eq!(outcome(&verdict), "revoked");
        // Nor is the handshake left to it.
        assert!(!pki.handshake(&*pki.verifier(policy)));
    }
    let stranger = Authority::root("other").client("stranger");
    let policy = pki.policy(UnknownStatus::LeaveToHost);
    let verdict = policy.evaluate_settling(&stranger.chain(&[]), now(), |_| {
        panic!("asked for a chain that is not trusted")
    });
    assert_eq!(outcome(&verdict), "untrusted");
}

#[test]
fn a_policy_that_leaves_nothing_to_the_host_does_not_ask() {
    let pki = Pki::new();
    let chain = pki.leaf.chain(&[&pki.ca]);
    let never = |_: edge_mtls::Unsettled<'_>| -> Settlement { panic!("asked") };
    for (on_unknown, expected) in [
        (UnknownStatus::Refuse, "no list"),
        (UnknownStatus::Allow, "good"),
    ] {
        let verdict = pki
            .policy(on_unknown)
            .evaluate_settling(&chain, now(), never);
        assert_eq!(outcome(&verdict), expected);
    }
    let without = crate::support::pki::policy(&[&pki.root]);
    assert_eq!(
        outcome(&without.evaluate_settling(&chain, now(), never)),
        "good"
    );
    // At depth leaf, the intermediate's status is nobody's question.
    let leaf_only = Revocation::new(lists(&[Crl::of(&pki.ca)]))
        .depth(RevocationDepth::Leaf)
        .on_unknown(UnknownStatus::LeaveToHost);
    let verdict = checking(&[&pki.root], leaf_only).evaluate_settling(&chain, now(), never);
    assert_eq!(outcome(&verdict), "good");
}

#[test]
fn the_host_is_asked_about_all_of_a_path() {
    // So that it can gather its questions; the first answer that refuses is not the last question.
    let pki = Pki::new();
    let chain = pki.leaf.chain(&[&pki.ca]);
    let unrelated = Authority::root("x");
    let policy = pki.policy_of(&[Crl::of(&unrelated)], UnknownStatus::LeaveToHost);
    for (of_leaf, of_ca, expected) in [
        (Settlement::Good, Settlement::Good, "good"),
        (Settlement::Good, Settlement::Unknown, "no list"),
        (Settlement::Unknown, Settlement::Good, "no list"),
        (Settlement::Good, Settlement::Revoked, "revoked by the host"),
        (Settlement::Revoked, Settlement::Good, "revoked by the host"),
        (
            Settlement::Unknown,
            Settlement::Revoked,
            "revoked by the host",
        ),
        (
            Settlement::Revoked,
            Settlement::Unknown,
            "revoked by the host",
        ),
    ] {
        let mut asked = Vec::new();
        let verdict = policy.evaluate_settling(&chain, now(), |unsettled| {
            let subject = unsettled
                .certificate()
                .subject()
                .to_string();
            let answer = if subject == "CN=ca" { of_ca } else { of_leaf };
            asked.push(subject);
            answer
        });
        assert_eq!(outcome(&verdict), expected, "{of_leaf:?} {of_ca:?}");
        assert_eq!(asked, ["CN=alice", "CN=ca"]);
    }
}

#[test]
fn an_advisory_policy_can_be_settled_too() {
    let pki = Pki::new();
    let advisory = pki.policy(UnknownStatus::LeaveToHost);
    let passthrough = edge_mtls::Passthrough::default().advisory(advisory);
    let verifier = ClientCertVerifier::new(passthrough.into(), &providers()[0]).unwrap();
    let told = |identity: ClientIdentity| match identity {
        ClientIdentity::Unverified {
            advisory: Some(advisory),
            ..
        } => outcome(&advisory),
        other => panic!("{other:?}"),
    };
    let identity = verifier.identity(&pki.facts(), now());
    assert_eq!(told(identity.unwrap()), "no list");
    for (settlement, expected) in [
        (Settlement::Good, "good"),
        (Settlement::Revoked, "revoked by the host"),
    ] {
        let identity = verifier.identity_settling(&pki.facts(), now(), |_| settlement);
        assert_eq!(told(identity.unwrap()), expected);
    }
}

#[test]
fn an_anchor_is_the_issuer_of_what_is_below_it() {
    let pki = Pki::new();
    let policy = pki.policy_of(&[Crl::of(&pki.ca)], UnknownStatus::LeaveToHost);
    let verdict = policy.evaluate_settling(&pki.leaf.chain(&[&pki.ca]), now(), |unsettled| {
        assert_eq!(unsettled.certificate().der(), pki.ca.der().as_ref());
        assert_eq!(unsettled.issuer().der(), pki.root.der().as_ref());
        Settlement::Good
    });
    assert!(verdict.is_ok());
}

#[test]
fn nothing_is_asked_before_the_handshake_is_finished() {
    let pki = Pki::new();
    let verifier = pki.verifier(pki.policy(UnknownStatus::LeaveToHost));
    let never = |_: edge_mtls::Unsettled<'_>| -> Settlement { panic!("asked") };
    let none = HandshakeFacts::new(None);
    for refused in [
        verifier.identity_settling(&none, now(), never),
        verifier
            .for_connection()
            .identity_settling(&none, now(), never),
    ] {
        assert_eq!(refused.unwrap_err(), Rejection::Missing);
    }
}
