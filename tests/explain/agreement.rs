//! The report never says another thing than the verdict.

use std::sync::LazyLock;

use edge_mtls::{
    CandidateFinding, CertChain, ChainPolicy, DenyList, Explanation, PathOutcome, Rejection,
    Revocation, RevocationLists, TrustStore, UnknownStatus, VerifiedChain,
};
use proptest::prelude::*;
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd};

use crate::support::crl::Crl;
use crate::support::pki::{Authority, Leaf, at, ca_params, client_params, providers};

/// Certificates that fit together in many ways, and some that fit nowhere.
struct World {
    certificates: Vec<Vec<u8>>,
    anchors: Vec<Vec<u8>>,
    lists: Vec<RevocationLists>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let root = Authority::root("root");
    let renewed = Authority::self_signed_with(ca_params("root"), root.same_key());
    let impostor = Authority::root("root");
    let mut old = ca_params("old");
    old.not_after = date_time_ymd(2025, 1, 1);
    let old = Authority::self_signed(old);
    let key = KeyPair::generate().unwrap();
    let copy = || KeyPair::try_from(key.serialize_der()).unwrap();
    let mut short = ca_params("ca");
    short.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let mut for_servers = ca_params("ca");
    for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let cas = [
        root.sub_ca_with(ca_params("ca"), copy()),
        old.sub_ca_with(ca_params("ca"), copy()),
        root.sub_ca_with(short, copy()),
        root.sub_ca_with(for_servers, copy()),
        impostor.sub_ca_with(ca_params("ca"), copy()),
        root.sub_ca_with(ca_params("CA"), copy()),
    ];
    let low = cas[0].intermediate("low");
    let mut expired = client_params("expired");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let mut plain = client_params("plain");
    plain.use_authority_key_identifier_extension = false;
    let leaves = [
        root.client("under the root"),
        cas[0].client("under a ca"),
        cas[0].leaf(expired),
        cas[0].leaf(plain),
        low.client("under low"),
        impostor.client("under an impostor"),
        Leaf::self_signed(client_params("self-signed")),
    ];
    let lists = [
        vec![Crl::of(&root).days(-1, 6)],
        vec![
            Crl::of(&root).days(-1, 6),
            Crl::of(&cas[0])
                .days(-1, 6)
                .revokes(&leaves[1].der),
            Crl::of(&low).days(-9, -2),
        ],
    ]
    .map(|crls| RevocationLists::from_der(crls.iter().map(Crl::der)).unwrap());
    let authorities = cas
        .iter()
        .chain([&low, &root, &renewed, &impostor, &old]);
    World {
        certificates: leaves
            .iter()
            .map(|leaf| leaf.der.to_vec())
            .chain(authorities.map(|authority| authority.der().to_vec()))
            .chain([b"garbage".to_vec(), Vec::new()])
            .collect(),
        anchors: [&root, &renewed, &old, &cas[2]]
            .map(|authority| authority.der().to_vec())
            .into(),
        lists: lists.into(),
    }
});

fn policies() -> impl Strategy<Value = ChainPolicy> {
    let flags = any::<[bool; 5]>();
    (1..16_usize, 0..8_usize, 0..4_usize, flags).prop_map(|(anchors, pinned, list, flags)| {
        let world = &*WORLD;
        let chosen = |all: &'static [Vec<u8>], bits: usize| {
            all.iter()
                .enumerate()
                .filter(move |(place, _)| bits >> place & 1 == 1)
                .map(|(_, der)| der)
        };
        let store = chosen(&world.anchors, anchors)
            .fold(TrustStore::builder(), |store, der| store.der(der));
        let store = chosen(&world.certificates, pinned)
            .fold(store, |store, der| store.pin_der(der))
            .build()
            .unwrap();
        let mut builder = crate::support::pki::builder(store);
        let [profile, expiry, anchors_expiry, unknown, denies] = flags;
        if profile {
            builder = builder.require_rfc5280_profile();
        }
        if expiry {
            builder = builder.ignore_expiry();
        }
        if anchors_expiry {
            builder = builder.allow_expired_anchors();
        }
        if let Some(lists) = world.lists.get(list) {
            let unknown = match unknown {
                true => UnknownStatus::LeaveToHost,
                false => UnknownStatus::Allow,
            };
            builder = builder.revocation(Revocation::new(lists.clone()).on_unknown(unknown));
        }
        if denies {
            let denied = edge_mtls::Certificate::from_der(&world.certificates[0]).unwrap();
            builder = builder.deny(DenyList::new().certificate(&denied));
        }
        builder
            .build(
                providers()[0]
                    .signature_verification_algorithms
                    .all,
            )
            .unwrap()
    })
}

fn chains() -> impl Strategy<Value = CertChain> {
    let places = 0..WORLD.certificates.len();
    (0..7_usize, proptest::collection::vec(places, 0..7)).prop_map(|(leaf, others)| {
        let all = std::iter::once(leaf).chain(others);
        CertChain::from_der(all.map(|place| &WORLD.certificates[place])).unwrap()
    })
}

fn check(
    explanation: &Explanation,
    verdict: &Result<VerifiedChain, Rejection>,
) -> Result<(), TestCaseError> {
    let is_accepted = verdict.is_ok();
    match (explanation.verdict(), verdict) {
        (Ok(own), Ok(verdict)) => {
            prop_assert!(own.path().eq(verdict.path()));
            prop_assert_eq!(own.holds_until(), verdict.holds_until());
        }
        (own, verdict) => prop_assert_eq!(own.err(), verdict.as_ref().err()),
    }
    let text = explanation.to_string();
    let begins = match verdict {
        Ok(_) => "accepted, until ".to_owned(),
        Err(rejection) => format!("refused ({}): {rejection}", rejection.code()),
    };
    prop_assert!(text.starts_with(&begins), "{}", text);
    prop_assert_eq!(text.matches("accepted").count(), usize::from(is_accepted));
    for line in text.lines() {
        prop_assert!(
            line.bytes()
                .all(|octet| matches!(octet, 0x20..=0x7e)),
            "{}",
            line
        );
    }

    // What was taken is the path of the verdict, and there is such a thing only in an accepted one.
    let path: Vec<&[u8]> = verdict
        .iter()
        .flat_map(VerifiedChain::path)
        .collect();
    let on_path = |certificate: &&edge_mtls::ExplainedCertificate| certificate.is_on_path;
    let digests: Vec<[u8; 32]> = explanation
        .certificates()
        .iter()
        .filter(on_path)
        .map(|certificate| certificate.sha256)
        .collect();
    prop_assert_eq!(digests.len(), path.len());
    for der in &path {
        let certificate = edge_mtls::Certificate::from_der(der).unwrap();
        prop_assert!(digests.contains(&certificate.sha256()));
    }
    let is_taken =
        |outcome: &PathOutcome| matches!(outcome, PathOutcome::Taken | PathOutcome::Pinned);
    prop_assert_eq!(
        explanation
            .path()
            .is_some_and(|path| is_taken(&path.outcome)),
        is_accepted
    );
    let has_anchor = verdict
        .as_ref()
        .is_ok_and(|verified| verified.anchor().is_some());
    let taken = explanation
        .paths()
        .iter()
        .filter(|path| is_taken(&path.outcome));
    prop_assert_eq!(taken.count(), usize::from(has_anchor));
    for certificate in explanation.certificates() {
        for candidate in &certificate.candidates {
            if candidate.finding == CandidateFinding::OnPath {
                prop_assert!(certificate.is_on_path && is_accepted);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// It never says accepted where `evaluate` refuses, nor the reverse.
    #[test]
    fn the_report_is_that_of_the_verdict(
        policy in policies(),
        chain in chains(),
        seconds in prop_oneof![Just(1_893_456_000_u64), 1_700_000_000..2_300_000_000_u64],
    ) {
        let now = at(seconds);
        check(&policy.explain(&chain, now), &policy.evaluate(&chain, now))?;
    }
}
