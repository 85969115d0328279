//! Every preset in both directions, for random chains and identities.

use std::sync::LazyLock;

use edge_mtls::{
    CertChain, ChainPolicy, ClaimedStatus, ClientAuthPolicy, ClientIdentity, Passthrough,
    ReceiveError,
};
use http::HeaderMap;
use proptest::prelude::*;

use super::{PRESETS, Words};
use crate::support::der::{SUBJECT_ALT_NAME, common_name, implicit, name_of, sequence, utc_time};
use crate::support::pki::{Authority, client_params, policy};
use crate::{forwarded, hop, identity, unverified};

fn status(status: Option<&ClaimedStatus>) -> String {
    status.map_or_else(String::new, ToString::to_string)
}

fn check_values(headers: &HeaderMap) -> Result<(), TestCaseError> {
    for (name, value) in headers {
        let octets = value.as_bytes();
        prop_assert!(value.is_sensitive(), "{name}");
        prop_assert!(
            octets
                .iter()
                .all(|octet| matches!(octet, 0x20..=0x7e)),
            "{name}: {value:?}"
        );
        prop_assert_eq!(octets.trim_ascii(), octets, "{}", name);
    }
    Ok(())
}

static ROOT: LazyLock<Authority> = LazyLock::new(|| Authority::root("root"));

/// A line of authorities, each below the one before.
static AUTHORITIES: LazyLock<Vec<Authority>> = LazyLock::new(|| {
    let mut line = vec![ROOT.intermediate("authority 1")];
    for number in 2..=4 {
        let next = line
            .last()
            .unwrap()
            .intermediate(&format!("authority {number}"));
        line.push(next);
    }
    line
});

static POLICY: LazyLock<ChainPolicy> = LazyLock::new(|| policy(&[&ROOT]));

/// Certificates of many sizes, and odd ones.
static POOL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut pool: Vec<Vec<u8>> = (0..12)
        .map(|length| {
            ROOT.client(&"y".repeat(length + 1))
                .der
                .to_vec()
        })
        .collect();
    let uri = |uri: &str| sequence(&[implicit(6, uri.as_bytes())]);
    let odd = [
        ROOT.odd_leaf(|mut odd| {
            odd.subject = sequence::<&[u8]>(&[]);
            odd.issuer = sequence::<&[u8]>(&[]);
            odd
        }),
        ROOT.odd_leaf(|mut odd| {
            odd.version = 1;
            odd.serial = vec![0];
            odd
        }),
        ROOT.odd_leaf(|mut odd| {
            odd.serial = vec![0x9f; 40];
            odd.not_before = utc_time("never");
            odd.not_after = utc_time("");
            odd
        }),
        ROOT.odd_leaf(|mut odd| {
            odd.subject = common_name(" \"a\";Hash=b,c\\d\r\n\u{fc}/CN=admin ");
            odd
        }),
        ROOT.odd_leaf(|mut odd| {
            odd.subject = name_of(&[
                ("2.5.4.3", "NONE"),
                ("2.5.4.10", ""),
                ("1.2.3.4", "x"),
                ("2.5.4.11", "(null)"),
            ]);
            odd
        }),
        ROOT.odd_leaf(|odd| {
            odd.extension(
                SUBJECT_ALT_NAME,
                false,
                &uri("spiffe://example.org/a;Hash=0,By=b"),
            )
        }),
        ROOT.odd_leaf(|odd| odd.extension(SUBJECT_ALT_NAME, false, &uri(""))),
        ROOT.odd_leaf(|mut odd| {
            odd.subject = common_name("NONE");
            odd.extension(SUBJECT_ALT_NAME, false, b"\x30\x7f")
        }),
    ];
    pool.extend(odd.map(|leaf| leaf.der.to_vec()));
    pool.push(ROOT.der().to_vec());
    let text: String = pool
        .iter()
        .map(|der| crate::base64(der))
        .collect();
    assert!(
        ["+", "/", "="]
            .iter()
            .all(|mark| text.contains(mark))
    );
    pool
});

/// A verified client below so many authorities, and whatever else it sends.
fn verified(name: &str, depth: usize, order: &[usize]) -> ClientIdentity {
    let authorities = &AUTHORITIES[..depth];
    let issuer = authorities.last().unwrap_or(&ROOT);
    let leaf = issuer.leaf(client_params(name));
    let mut others: Vec<&Authority> = order
        .iter()
        .filter_map(|index| authorities.get(*index))
        .collect();
    others.insert(0, &ROOT);
    identity(
        ClientAuthPolicy::required(POLICY.clone()),
        Some(leaf.chain(&others)),
    )
}

#[test]
fn nobody_stays_nobody() {
    for preset in PRESETS {
        let headers = forwarded(preset.profile(), &ClientIdentity::Anonymous);
        check_values(&headers).unwrap();
        let received = preset
            .receiver()
            .receive(&headers, &hop());
        assert!(received.unwrap().is_none(), "{}", preset.name);
    }
}

/// What an advisory policy says never makes a certificate a verified one.
#[test]
fn an_accepting_advisor_is_not_believed() {
    let chain = ROOT.client("alice").chain(&[]);
    let policy = Passthrough::default().advisory(POLICY.clone());
    let identity = identity(policy.into(), Some(chain));
    for preset in PRESETS {
        let headers = forwarded(preset.profile(), &identity);
        let received = preset
            .receiver()
            .receive(&headers, &hop());
        if preset.words == Words::Google {
            assert!(matches!(received, Err(ReceiveError::Contradiction { .. })));
            continue;
        }
        assert_eq!(
            status(
                received
                    .unwrap()
                    .unwrap()
                    .claimed_status()
            ),
            preset.unverified(Some("verified")),
            "{}",
            preset.name
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_passthrough_sends_is_received(
        which in proptest::sample::subsequence((0..21).collect::<Vec<usize>>(), 1..=5).prop_shuffle(),
    ) {
        let chain = CertChain::from_der(which.iter().map(|index| &POOL[*index])).unwrap();
        let identity = unverified(chain);
        for preset in PRESETS {
            let headers = forwarded(preset.profile(), &identity);
            check_values(&headers)?;
            let received = preset.receiver().receive(&headers, &hop());
            if preset.words == Words::Google {
                // The certificates of an unverified client are not sent, and what describes them
                // alone is no identity.
                let is_refused = matches!(received, Err(ReceiveError::Contradiction { .. }));
                prop_assert!(is_refused, "{received:?}");
                continue;
            }
            let received = received.map_err(|error| {
                TestCaseError::fail(format!("{}: {error}\n{headers:?}", preset.name))
            })?;
            let received = received.unwrap();
            let carried = preset.carried(&identity).unwrap();
            prop_assert_eq!(received.chain(), &carried, "{}", preset.name);
            let claimed = status(received.claimed_status());
            prop_assert_eq!(claimed, preset.unverified(None), "{}", preset.name);
        }
    }

    #[test]
    fn what_was_verified_is_received(
        name in "[ -~]{1,40}",
        depth in 0_usize..=4,
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
    ) {
        let identity = verified(&name, depth, &order);
        prop_assert_eq!(identity.verified().unwrap().path().count(), depth + 1);
        for preset in PRESETS {
            let headers = forwarded(preset.profile(), &identity);
            check_values(&headers)?;
            let received = preset.receiver().receive(&headers, &hop());
            let received = received.map_err(|error| {
                TestCaseError::fail(format!("{}: {error}\n{headers:?}", preset.name))
            })?;
            let received = received.unwrap();
            let carried = preset.carried(&identity).unwrap();
            prop_assert_eq!(received.chain(), &carried, "{}", preset.name);
            prop_assert_eq!(received.claimed_status(), Some(&ClaimedStatus::Verified), "{}", preset.name);
        }
    }
}
