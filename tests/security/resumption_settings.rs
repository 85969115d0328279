//! Section A: what a session, or a cache of verdicts, is bound to: each setting by itself, and what random
//! ones (`fingerprints.rs`) do not reach.

use std::time::Duration;

use edge_mtls::{
    ChainLimits, ChainPolicy, ChainPolicyBuilder, ClientAuthPolicy, DenyList, Fingerprint,
    Passthrough, Revocation, RevocationDepth, RevocationLists, UnknownStatus,
};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, builder, providers, trust};

type Named = (&'static str, ClientAuthPolicy);

/// Policies of which no two say the same of all clients.
fn policies(root: &Authority, other: &Authority, crls: &[Vec<u8>; 3]) -> Vec<Named> {
    let [aws_lc_rs, ring] = providers().map(|provider| {
        provider
            .signature_verification_algorithms
            .all
    });
    let chains = |anchors: &[&Authority]| builder(trust(anchors));
    let build = |builder: ChainPolicyBuilder| builder.build(aws_lc_rs).unwrap();
    let limits = |count, bytes| ChainLimits::new(count, bytes);
    let deny = DenyList::new;
    let [empty, revoking, newer] = crls
        .each_ref()
        .map(|der| RevocationLists::from_der([der]).unwrap());
    let checking = || Revocation::new(empty.clone());
    let plain = || build(chains(&[root]));

    let mut rules: Vec<(&'static str, ChainPolicy)> = vec![
        ("plain", plain()),
        ("other anchor", build(chains(&[other]))),
        ("both anchors", build(chains(&[root, other]))),
        (
            "certificates",
            build(chains(&[root]).limits(limits(5, 32_768))),
        ),
        ("bytes", build(chains(&[root]).limits(limits(6, 32_767)))),
        ("swapped", build(chains(&[root]).limits(limits(7, 6)))),
        (
            "expired anchors",
            build(chains(&[root]).allow_expired_anchors()),
        ),
        ("expiry", build(chains(&[root]).ignore_expiry())),
        ("purpose", build(chains(&[root]).require_client_auth_eku())),
        ("ring", chains(&[root]).build(ring).unwrap()),
        (
            "fewer",
            chains(&[root])
                .build(&aws_lc_rs[1..])
                .unwrap(),
        ),
    ];
    for (name, deny) in [
        ("key", deny().key_sha256([7; 32])),
        ("other key", deny().key_sha256([8; 32])),
        ("certificate", deny().certificate_sha256([7; 32])),
        ("serial", deny().serial(&root.name(), &[7])),
        ("other serial", deny().serial(&root.name(), &[8])),
        ("other issuer", deny().serial(&other.name(), &[7])),
        (
            "two",
            deny()
                .key_sha256([7; 32])
                .key_sha256([8; 32]),
        ),
    ] {
        rules.push((name, plain().with_deny_list(deny)));
    }
    let seconds = Duration::from_secs;
    for (name, revocation) in [
        ("list", checking()),
        ("revoking list", Revocation::new(revoking)),
        ("newer list", Revocation::new(newer)),
        ("leaf", checking().depth(RevocationDepth::Leaf)),
        ("allow", checking().on_unknown(UnknownStatus::Allow)),
        ("ask", checking().on_unknown(UnknownStatus::LeaveToHost)),
        ("revoked to host", checking().leave_revoked_to_host()),
        ("expired lists", checking().allow_expired_lists()),
        ("no age", checking().assume_next_update_after(seconds(0))),
        ("age", checking().assume_next_update_after(seconds(1))),
        ("other age", checking().assume_next_update_after(seconds(2))),
    ] {
        rules.push((name, plain().with_revocation(revocation)));
    }

    let mut policies: Vec<Named> = Vec::new();
    for (name, rules) in &rules {
        policies.push((name, ClientAuthPolicy::required(rules.clone())));
        policies.push((name, ClientAuthPolicy::optional(rules.clone())));
        // The same rules as advice alone: what passthrough itself enforces has fields of its own.
        let advised = Passthrough::default().advisory(rules.clone());
        policies.push((name, advised.into()));
    }
    let passthrough = Passthrough::default;
    policies.extend([
        ("nothing", passthrough().into()),
        (
            "own certificates",
            passthrough()
                .limits(limits(5, 32_768))
                .into(),
        ),
        (
            "own bytes",
            passthrough()
                .limits(limits(6, 32_767))
                .into(),
        ),
        (
            "own key",
            passthrough()
                .deny(deny().key_sha256([7; 32]))
                .into(),
        ),
        (
            "own certificate",
            passthrough()
                .deny(deny().certificate_sha256([7; 32]))
                .into(),
        ),
    ]);
    policies
}

#[test]
fn haproxy_4a8f7622_each_setting_by_itself() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let leaf = root.client("alice");
    let crl = || Crl::of(&root).days(-1, 6);
    // Loaded twice, made once: a signature is another each time.
    let crls = [crl(), crl().revokes(&leaf.der), crl().number(2)].map(|crl| crl.der());
    let fingerprints = || -> Vec<(String, Fingerprint)> {
        policies(&root, &other, &crls)
            .iter()
            .map(|(name, policy)| (format!("{name}, {}", policy.mode()), policy.fingerprint()))
            .collect()
    };
    let all = fingerprints();
    // Made once more, on another machine, they are the same.
    for (one, again) in all.iter().zip(fingerprints()) {
        assert_eq!(*one, again);
    }
    for (index, (name, fingerprint)) in all.iter().enumerate() {
        for (earlier, known) in &all[..index] {
            assert_ne!(fingerprint, known, "'{name}' is '{earlier}'");
        }
    }
}

/// What changes no verdict changes no fingerprint: machines that say the same share what they know.
#[test]
fn haproxy_4a8f7622_what_says_nothing_of_clients() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    let algorithms = providers()[0]
        .signature_verification_algorithms
        .all;
    let plain = |anchors: &[&Authority]| {
        let policy = builder(trust(anchors)).build(algorithms);
        ClientAuthPolicy::required(policy.unwrap())
    };
    let both = plain(&[&root, &other]).fingerprint();
    assert_eq!(both, plain(&[&other, &root]).fingerprint());
    let advertised = plain(&[&root, &other]).advertise_ca_names();
    assert_eq!(both, advertised.unwrap().fingerprint());
}
