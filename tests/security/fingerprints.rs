//! Section A: what a session, or a cache of verdicts, is bound to leaves nothing out.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use edge_mtls::{
    ChainLimits, ClientAuthPolicy, DenyList, Fingerprint, Passthrough, Revocation, RevocationDepth,
    RevocationLists, TrustStore, UnknownStatus,
};
use proptest::prelude::*;
use rustls::crypto::CryptoProvider;

use crate::support::crl::Crl;
use crate::support::pki::{Authority, builder, providers};
use crate::support::revocation::lists;

/// Everything that can change a verdict.
#[derive(Clone, Debug, PartialEq)]
struct Settings {
    mode: u8,
    /// Which of the authorities, as bits: at least one.
    anchors: usize,
    /// Which of the authorities are pinned, as bits.
    pinned: usize,
    revocation: Option<RevocationSettings>,
    denies: bool,
    max_certificates: usize,
    max_bytes: usize,
    allows_expired_anchors: bool,
    allows_expired_pinned: bool,
    ignores_expiry: bool,
    requires_eku: bool,
    provider: usize,
    /// How many of its algorithms are left out.
    without: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct RevocationSettings {
    list: usize,
    depth: RevocationDepth,
    on_unknown: UnknownStatus,
    leaves_revoked_to_host: bool,
    allows_expired: bool,
    age: Option<u64>,
}

struct World {
    authorities: [Authority; 2],
    lists: Vec<RevocationLists>,
    providers: [Arc<CryptoProvider>; 2],
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let authorities = ["a", "b"].map(Authority::root);
        let leaf = authorities[0].client("alice");
        let crl = || Crl::of(&authorities[0]).days(-1, 6);
        World {
            lists: [crl(), crl().revokes(&leaf.der)]
                .map(|crl| lists(&[crl]))
                .into(),
            providers: providers(),
            authorities,
        }
    })
}

impl Settings {
    fn policy(&self) -> ClientAuthPolicy {
        let world = world();
        let chosen = |bits: usize| {
            world
                .authorities
                .iter()
                .enumerate()
                .filter(move |(index, _)| bits >> index & 1 == 1)
                .map(|(_, authority)| authority.der())
        };
        let store = chosen(self.anchors).fold(TrustStore::builder(), |store, der| store.der(der));
        let store = chosen(self.pinned)
            .fold(store, |store, der| store.pin_der(der))
            .build()
            .unwrap();
        let limits = ChainLimits::new(self.max_certificates, self.max_bytes);
        let deny = match self.denies {
            true => DenyList::new().key_sha256([7; 32]),
            false => DenyList::new(),
        };
        let mut builder = builder(store)
            .limits(limits)
            .deny(deny.clone());
        if let Some(revocation) = &self.revocation {
            builder = builder.revocation(revocation.revocation());
        }
        if self.allows_expired_anchors {
            builder = builder.allow_expired_anchors();
        }
        if self.allows_expired_pinned {
            builder = builder.allow_expired_pinned_leaves();
        }
        if self.ignores_expiry {
            builder = builder.ignore_expiry();
        }
        if self.requires_eku {
            builder = builder.require_client_auth_eku();
        }
        let algorithms = world.providers[self.provider]
            .signature_verification_algorithms
            .all;
        let policy = builder
            .build(&algorithms[self.without..])
            .unwrap();
        match self.mode {
            0 => ClientAuthPolicy::required(policy),
            1 => ClientAuthPolicy::optional(policy),
            _ => Passthrough::default()
                .limits(limits)
                .deny(deny)
                .advisory(policy)
                .into(),
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        self.policy().fingerprint()
    }
}

impl RevocationSettings {
    fn revocation(&self) -> Revocation {
        let mut revocation = Revocation::new(world().lists[self.list].clone())
            .depth(self.depth)
            .on_unknown(self.on_unknown);
        if self.leaves_revoked_to_host {
            revocation = revocation.leave_revoked_to_host();
        }
        if self.allows_expired {
            revocation = revocation.allow_expired_lists();
        }
        if let Some(age) = self.age {
            revocation = revocation.assume_next_update_after(Duration::from_secs(age));
        }
        revocation
    }
}

fn revocation() -> impl Strategy<Value = RevocationSettings> {
    let depth = prop_oneof![Just(RevocationDepth::Leaf), Just(RevocationDepth::Path)];
    let on_unknown = prop_oneof![
        Just(UnknownStatus::Allow),
        Just(UnknownStatus::LeaveToHost),
        Just(UnknownStatus::Refuse)
    ];
    let age = proptest::option::of(1..3_u64);
    let all = (
        0..2_usize,
        depth,
        on_unknown,
        any::<bool>(),
        any::<bool>(),
        age,
    );
    all.prop_map(
        |(list, depth, on_unknown, leaves_revoked_to_host, allows_expired, age)| {
            RevocationSettings {
                list,
                depth,
                on_unknown,
                leaves_revoked_to_host,
                allows_expired,
                age,
            }
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    let rules = any::<[bool; 5]>();
    let limits = (3..5_usize, 9_000..9_002_usize);
    let algorithms = (0..2_usize, 0..2_usize);
    let all = (
        0..3_u8,
        (1..4_usize, 0..4_usize),
        proptest::option::of(revocation()),
        rules,
        limits,
        algorithms,
    );
    all.prop_map(
        |(
            mode,
            (anchors, pinned),
            revocation,
            rules,
            (max_certificates, max_bytes),
            algorithms,
        )| {
            let [
                denies,
                allows_expired_anchors,
                allows_expired_pinned,
                ignores_expiry,
                requires_eku,
            ] = rules;
            let (provider, without) = algorithms;
            Settings {
                mode,
                anchors,
                pinned,
                revocation,
                denies,
                max_certificates,
                max_bytes,
                allows_expired_anchors,
                allows_expired_pinned,
                ignores_expiry,
                requires_eku,
                provider,
                without,
            }
        },
    )
}

/// The same settings with one of them changed.
fn changed(settings: &Settings, other: &Settings, which: usize) -> Settings {
    let mut one = settings.clone();
    let revocations = one
        .revocation
        .as_mut()
        .zip(other.revocation.as_ref());
    match (which, revocations) {
        (0, _) => one.mode = other.mode,
        (1, _) => one.anchors = other.anchors,
        (2, _) => one.revocation = other.revocation.clone(),
        (3, _) => one.denies = other.denies,
        (4, _) => one.max_certificates = other.max_certificates,
        (5, _) => one.max_bytes = other.max_bytes,
        (6, _) => one.allows_expired_anchors = other.allows_expired_anchors,
        (7, _) => one.requires_eku = other.requires_eku,
        (8, _) => one.provider = other.provider,
        (9, _) => one.without = other.without,
        (17, _) => one.pinned = other.pinned,
        (18, _) => one.allows_expired_pinned = other.allows_expired_pinned,
        (16, _) => one.ignores_expiry = other.ignores_expiry,
        (10, Some((own, other))) => own.list = other.list,
        (11, Some((own, other))) => own.depth = other.depth,
        (12, Some((own, other))) => own.on_unknown = other.on_unknown,
        (13, Some((own, other))) => own.leaves_revoked_to_host = other.leaves_revoked_to_host,
        (14, Some((own, other))) => own.allows_expired = other.allows_expired,
        (15, Some((own, other))) => own.age = other.age,
        _ => {}
    }
    one
}

proptest! {
    /// Any change of mode, anchors, lists, limits, algorithms or options changes the fingerprint, and
    /// nothing else does.
    #[test]
    fn haproxy_4a8f7622_the_session_context_left_something_out(
        settings in settings(),
        other in settings(),
        which in 0..19_usize,
    ) {
        let one = changed(&settings, &other, which);
        prop_assert_eq!(settings.fingerprint() == one.fingerprint(), settings == one);
        prop_assert_eq!(settings.fingerprint() == other.fingerprint(), settings == other);
    }
}
