//! Lists and deny lists that are replaced under traffic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use edge_mtls::{Certificate, ClientAuthPolicy, DenyList, HandshakeFacts, Passthrough, Resumption};
use rustls::AlertDescription;
use rustls::server::ServerSessionMemoryCache;

use crate::revocation::Setting;
use crate::support::pki::{NOW_SECONDS, at, now};
use crate::support::revocation::{lists, reason};
use crate::support::tls::{Handshake, connect};

#[test]
fn who_was_revoked_since_is_refused_on_a_resumed_connection() {
    for setting in Setting::all() {
        let good = setting.good();
        let policy = setting.policy(lists(&good));
        let verifier = setting.verifier(ClientAuthPolicy::required(policy.clone()));
        let mut server =
            setting
                .server_pki
                .server_config(&setting.provider, setting.version, verifier.clone());
        server.session_storage = ServerSessionMemoryCache::new(64);
        let (server, client) = (Arc::new(server), setting.client());
        let facts = |expected| {
            let facts = HandshakeFacts::from(&connect(&server, &client).server());
            assert_eq!(facts.resumption(), expected);
            facts
        };
        let full = facts(Resumption::No);
        let resumed = facts(Resumption::Yes);
        for facts in [&full, &resumed] {
            assert!(verifier.identity(facts, now()).is_ok());
        }

        let [of_root, of_ca] = good;
        let newer = of_ca
            .clone()
            .number(2)
            .revokes(&setting.leaf.der);
        let expired = of_ca.clone().number(2).days(-9, -2);
        for (crls, why) in [
            (vec![of_root.clone(), of_ca.clone(), newer], "revoked"),
            (vec![of_root.clone(), expired], "expired list"),
            (vec![of_root.clone()], "no list"),
        ] {
            verifier
                .replace(ClientAuthPolicy::required(
                    policy.with_revocation(lists(&crls)),
                ))
                .unwrap();
            let resumed = facts(Resumption::Yes);
            for facts in [&full, &resumed] {
                let rejection = verifier
                    .identity(facts, now())
                    .unwrap_err();
                assert_eq!(reason(&rejection), why);
            }
        }
        // A deny list does the same, whatever the lists say.
        let certificate = Certificate::from_der(&setting.leaf.der).unwrap();
        let denying = policy.with_deny_list(DenyList::new().issued(&certificate));
        for policy in [
            ClientAuthPolicy::required(denying),
            Passthrough::default()
                .deny(DenyList::new().issued(&certificate))
                .into(),
        ] {
            verifier.replace(policy).unwrap();
            let resumed = facts(Resumption::Yes);
            let rejection = verifier
                .identity(&resumed, now())
                .unwrap_err();
            assert_eq!(reason(&rejection), "denied serial");
        }
        verifier
            .replace(ClientAuthPolicy::required(policy))
            .unwrap();
        assert!(
            verifier
                .identity(&resumed, now())
                .is_ok()
        );
    }
}

#[test]
fn a_handle_knows_that_the_lists_were_replaced() {
    for setting in Setting::all() {
        let policy = setting.policy(lists(&setting.good()));
        let verifier = setting.verifier(ClientAuthPolicy::required(policy.clone()));
        let (before, between) = (verifier.for_connection(), verifier.for_connection());
        let facts = setting.facts(before.clone());
        assert!(before.identity(&facts, now()).is_ok());
        let [of_root, of_ca] = setting.good();
        let revoked = lists(&[of_root, of_ca.revokes(&setting.leaf.der)]);
        verifier
            .replace(ClientAuthPolicy::required(policy.with_revocation(revoked)))
            .unwrap();
        // Nor does a handshake help that began before.
        let began_before = setting.facts(between.clone());
        for refused in [
            before.identity(&facts, now()),
            between.identity(&began_before, now()),
            verifier.identity(&facts, now()),
        ] {
            assert_eq!(reason(&refused.unwrap_err()), "revoked");
        }
        setting.is_refused(
            &verifier.policy(),
            AlertDescription::CertificateRevoked,
            "revoked",
        );
    }
}

#[test]
fn a_verdict_ends_with_its_list() {
    for setting in Setting::all() {
        let [of_root, of_ca] = setting.good();
        let policy = setting.policy(lists(&[of_root, of_ca.days(-1, 1)]));
        let verifier = setting.verifier(ClientAuthPolicy::required(policy));
        let handle = verifier.for_connection();
        let facts = setting.facts(handle.clone());
        let tomorrow = at(NOW_SECONDS + 86_400);
        assert!(handle.identity(&facts, now()).is_ok());
        for later in [
            handle.identity(&facts, tomorrow),
            verifier.identity(&facts, tomorrow),
        ] {
            assert_eq!(reason(&later.unwrap_err()), "expired list");
        }
    }
}

#[test]
fn lists_are_replaced_while_handshakes_go_on() {
    const REPLACEMENTS: usize = 40;

    let setting = Setting::all().remove(1);
    let policy = setting.policy(lists(&setting.good()));
    let [of_root, of_ca] = setting.good();
    let lax = lists(&[of_root.clone(), of_ca.clone()]);
    let strict = lists(&[
        of_root,
        of_ca
            .number(2)
            .revokes(&setting.leaf.der),
    ]);
    let verifier = setting.verifier(ClientAuthPolicy::required(policy.clone()));
    let server = setting.server(verifier.clone());
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..REPLACEMENTS {
                let set = [&strict, &lax][round % 2].clone();
                let policy = policy.with_revocation(set);
                verifier
                    .replace(ClientAuthPolicy::required(policy))
                    .unwrap();
                std::thread::yield_now();
            }
            is_done.store(true, Ordering::Relaxed);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    // Each handshake is judged by one set or the other, and never by none.
                    if let Handshake::Refused { alert, .. } = connect(&server, &setting.client()) {
                        assert_eq!(alert, AlertDescription::CertificateRevoked);
                    }
                }
            });
        }
    });
    // The last set was the lax one.
    assert!(matches!(
        connect(&server, &setting.client()),
        Handshake::Finished { .. }
    ));
    verifier
        .replace(ClientAuthPolicy::required(policy.with_revocation(strict)))
        .unwrap();
    assert!(matches!(
        connect(&server, &setting.client()),
        Handshake::Refused {
            alert: AlertDescription::CertificateRevoked,
            ..
        }
    ));
}
