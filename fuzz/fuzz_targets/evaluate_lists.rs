//! Any bytes as a revocation list beside genuine ones, for a chain that is good: by real signatures
//! the input is no proof of anything; where every signature is taken for good it decides, and
//! nothing that it says is believed beyond its dates.

#![no_main]

use std::cell::RefCell;
use std::sync::LazyLock;

use edge_mtls::{
    CertChain, ChainPolicy, Rejection, Revocation, RevocationList, RevocationLists, RevokedBy,
    Time, TrustStore, UnknownStatus,
};
use edge_mtls_fuzz::pki::NOW;
use edge_mtls_fuzz::pki::lists::{CA, LEAF, LEAF_SERIAL, NEWER, OF_ROOT, OLDER, ROOT};
use edge_mtls_fuzz::{assert_visible, assert_visible_debug};
use libfuzzer_sys::fuzz_target;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

static STRICT: LazyLock<ChainPolicy> = LazyLock::new(|| {
    policy(
        default_provider()
            .signature_verification_algorithms
            .all,
    )
});
static BELIEVING: LazyLock<ChainPolicy> = LazyLock::new(|| policy(&[&BelievesAll]));
static GENUINE: LazyLock<[RevocationList; 3]> = LazyLock::new(|| {
    [OF_ROOT, OLDER, NEWER].map(|der| RevocationList::from_der(der).expect("a genuine list"))
});

fn policy(algorithms: &'static [&'static dyn SignatureVerificationAlgorithm]) -> ChainPolicy {
    ChainPolicy::builder(TrustStore::from_der([ROOT]).expect("an anchor"))
        .build(algorithms)
        .expect("a policy")
}

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Takes every signature for good, if it is one over what it was made for.
#[derive(Debug)]
struct BelievesAll;

impl SignatureVerificationAlgorithm for BelievesAll {
    fn verify_signature(&self, _: &[u8], message: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        let is_part = |der: &[u8]| {
            der.windows(message.len())
                .any(|part| part == message)
        };
        let is_known = [CA, LEAF, OF_ROOT, OLDER, NEWER]
            .iter()
            .any(|der| is_part(der))
            || INPUT.with_borrow(|input| is_part(input));
        assert!(is_known, "these octets were not signed: {message:02x?}");
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(input) = RevocationList::from_der(data) else {
        return;
    };
    INPUT.replace(data.to_vec());
    let [of_root, older, newer] = &*GENUINE;
    let is_genuine = [OF_ROOT, OLDER, NEWER].contains(&data);

    // No input hides a revocation, or stands for a list that is not there.
    if !is_genuine {
        let revoked = judge(&STRICT, &[of_root, newer, &input], UnknownStatus::Allow);
        assert!(
            matches!(&revoked, Err(Rejection::Revoked { certificate, .. }) if certificate.index == 0)
        );
        let unknown = judge(&STRICT, &[of_root, &input], UnknownStatus::Refuse);
        assert!(matches!(unknown, Err(Rejection::RevocationUnknown { .. })));
        let good = judge(&STRICT, &[of_root, older, &input], UnknownStatus::Refuse);
        assert!(good.is_ok());
    }

    // Believed, it decides: never for good beyond its dates, nor of whom it holds.
    match judge(&BELIEVING, &[of_root, &input], UnknownStatus::Refuse) {
        Ok(until) => {
            assert_eq!(input.find(LEAF_SERIAL), None);
            assert!(input.this_update() <= Time::from(NOW));
            assert!(
                input
                    .next_update()
                    .is_some_and(|next_update| until < next_update)
            );
        }
        Err(Rejection::Revoked {
            by: RevokedBy::List { list, .. },
            ..
        }) => assert_eq!(list, input),
        Err(Rejection::RevocationUnknown { .. }) => {}
        Err(other) => panic!("{other}"),
    }
    let beside = judge(&BELIEVING, &[of_root, older, &input], UnknownStatus::Refuse);
    if beside.is_ok() {
        assert!(
            input.find(LEAF_SERIAL).is_none()
                || input.issuer() != older.issuer()
                || !applies(&input)
        );
    }
});

/// Whether nothing but its age keeps a list from being asked about the leaf.
fn applies(input: &RevocationList) -> bool {
    let [_, older, _] = &*GENUINE;
    input.scope() == older.scope()
        && input.this_update() >= older.this_update()
        && input
            .number()
            .is_none_or(|number| number.magnitude().len() > 1)
        && judge(&BELIEVING, &[&GENUINE[0], input], UnknownStatus::Refuse)
            .is_err_and(|rejection| matches!(rejection, Rejection::Revoked { .. }))
}

/// The last instant of an accepted chain; the same in every order of the lists.
fn judge(
    policy: &ChainPolicy,
    lists: &[&RevocationList],
    on_unknown: UnknownStatus,
) -> Result<Time, Rejection> {
    let judge = |lists: RevocationLists| {
        let chain = CertChain::from_der([LEAF, CA]).expect("a chain");
        policy
            .with_revocation(Revocation::new(lists).on_unknown(on_unknown))
            .evaluate(&chain, NOW)
            .map(|verified| {
                assert_visible_debug(&verified);
                verified.holds_until()
            })
    };
    let set = |lists: &mut dyn Iterator<Item = &&RevocationList>| {
        lists
            .fold(RevocationLists::builder(), |set, list| {
                set.list((*list).clone())
            })
            .build()
            .expect("lists")
    };
    let verdict = judge(set(&mut lists.iter()));
    assert_eq!(judge(set(&mut lists.iter().rev())), verdict);
    if let Err(rejection) = &verdict {
        assert_visible(rejection);
        assert_visible_debug(rejection);
    }
    verdict
}
