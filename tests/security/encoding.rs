//! What stands in the place of a certificate: the second table's rows about base64 and lists.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_mtls::{CertChain, ForwardError, HeaderProfile, ReceiveError};
use http::HeaderMap;

use crate::carrying::*;
use crate::support::pki::{Authority, Leaf};

/// `+` was read as a space. Certificates whose base64 holds `+` arrive as they were, in every
/// format; a `+` may come percent-encoded or not, and a space in its place is refused.
#[test]
fn several_decoders_plus_read_as_a_space() {
    let pluses = |der: &[u8]| {
        STANDARD
            .encode(der)
            .matches('+')
            .count()
    };
    // A multiple of four: what takes them out leaves base64 of a right length.
    let client = (0..10_000)
        .map(|_| Client::new("alice"))
        .find(|client| {
            let of_leaf = pluses(&client.leaf.der);
            let of_others = [&client.top, &client.root].map(|ca| pluses(ca.der()));
            of_leaf > 0 && of_leaf % 4 == 0 && !of_others.contains(&0)
        })
        .unwrap();
    for (preset, profile) in presets() {
        for identity in carried(preset, &client) {
            let good = forwarded(&profile, &identity);
            let chain = chain_of(&profile, &good);
            assert_eq!(chain.leaf_der(), client.leaf.der.as_ref(), "{preset}");
            let carriers = carriers(&good);
            assert!(!carriers.is_empty(), "{preset}");
            for (name, text) in carriers {
                assert!(text.contains('+') || text.contains("%2B"), "{preset}");
                for bad in [
                    text.replace('+', " "),
                    text.replacen('+', " ", 1),
                    text.replace('+', "%20"),
                    text.replace("%2B", " "),
                    text.replacen("%2B", " ", 1),
                    text.replace("%2B", "%20"),
                    text.replacen("%2B", "%20", 1),
                ] {
                    let refused = received(&profile, &with(&good, &name, &bad)).is_err();
                    assert!(refused || bad == text, "{preset}: {bad}");
                }
                let raw = with(&good, &name, &text.replace("%2B", "+"));
                assert_eq!(chain_of(&profile, &raw), chain, "{preset}");
            }
        }
    }
}

/// An undecodable list member was dropped in silence, so that a CA became the leaf. Any bad member,
/// in any place of any format, fails the whole; so does a chain without its leaf.
#[test]
fn node_library_an_undecodable_member_dropped() {
    let client = Client::new("alice");
    for (preset, profile) in presets() {
        for identity in carried(preset, &client) {
            let good = forwarded(&profile, &identity);
            let chain = chain_of(&profile, &good);
            for (name, text) in carriers(&good) {
                for index in (0..text.len()).step_by(7) {
                    for damaged in ["!", ""] {
                        let mut bad = text.clone();
                        bad.replace_range(index..=index, damaged);
                        let read = received(&profile, &with(&good, &name, &bad));
                        // No octet may be another. Without one, a line may be longer; and the
                        // names in Envoy's element are no part of the chain.
                        let may_pass = damaged.is_empty() || preset == "envoy";
                        match read {
                            Err(_) => {}
                            Ok(Some(read)) if may_pass => assert_eq!(read.chain(), &chain, "{bad}"),
                            Ok(read) => panic!("{preset}: {bad}: {read:?}"),
                        }
                    }
                }
                let mut headless = good.clone();
                headless.remove(&name);
                assert!(received(&profile, &headless).is_err() || !carriers(&headless).is_empty());
                for mark in ["", "::", "\"\"", "-", "NONE", "(null)", ":(null):"] {
                    let read = received(&profile, &with(&good, &name, mark));
                    let is_leaf_there = matches!(
                        &read,
                        Ok(Some(read)) if read.chain().leaf_der() == client.leaf.der.as_ref()
                    );
                    assert!(read.is_err() || is_leaf_there, "{preset}: {read:?}");
                }
            }
        }
        // What a client sent that is no certificate fails wherever it is sent on.
        for place in 1..3 {
            let mut presented = client
                .leaf
                .presented(&[&client.top, &client.root]);
            presented[place] = b"no certificate".to_vec().into();
            let chain = CertChain::from_der(presented).unwrap();
            fails_if_sent(preset, &profile, &client, chain);
        }
    }
}

/// A chain of which one certificate, not the leaf, is none: refused where the format has a chain.
fn fails_if_sent(preset: &str, profile: &HeaderProfile, client: &Client, bad: CertChain) {
    let good = forwarded(profile, &client.unverified());
    let sends_chain = matches!(
        received(profile, &good),
        Ok(Some(read)) if read.chain().len() == 3
    );
    let mut headers = HeaderMap::new();
    let encoded = forwarder(profile).encode(&unverified(bad));
    if matches!(encoded, Err(ForwardError::Unwritable { .. })) && preset == "haproxy" {
        // What does not say where a certificate ends is not written in the first place.
        return;
    }
    encoded
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    let read = received(profile, &headers);
    match sends_chain {
        true => assert!(
            matches!(read, Err(ReceiveError::Malformed { .. })),
            "{preset}: {read:?}"
        ),
        false => assert!(
            preset == "google-cloud" || read.unwrap().unwrap().chain().len() == 1,
            "{preset}"
        ),
    }
}

/// Base64 was followed by garbage, or one item held two DERs. Each item is exactly one certificate.
#[test]
fn several_garbage_behind_base64_and_two_ders_in_one_item() {
    let client = Client::new("alice");
    for (preset, profile) in presets() {
        for identity in carried(preset, &client) {
            let good = forwarded(&profile, &identity);
            for (name, text) in carriers(&good) {
                let behind = |garbage: &str| match preset {
                    // There its end is within quotes.
                    "envoy" => text.replacen("%0A\";", &format!("%0A{garbage}\";"), 1),
                    _ => format!("{text}{garbage}"),
                };
                let again = format!(" {text}");
                for garbage in [
                    "x", "AAAA", "=", "%00", "%0A", ":", ",", ",x", ", ,", &again,
                ] {
                    let bad = behind(garbage);
                    let read = received(&profile, &with(&good, &name, &bad));
                    assert!(read.is_err(), "{preset}: {bad}");
                }
                for bad in [format!("x{text}"), format!(",{text}"), format!("%0A{text}")] {
                    let read = received(&profile, &with(&good, &name, &bad));
                    assert!(read.is_err(), "{preset}: {bad}");
                }
            }
            leaf_items(preset, &profile, &good, &client.leaf, &client.top);
        }
        for garbage in [&b"\0"[..], b"x", &client.leaf.der, client.root.der()] {
            for place in 1..3 {
                let mut presented = client
                    .leaf
                    .presented(&[&client.top, &client.root]);
                presented[place] = [&presented[place], garbage]
                    .concat()
                    .into();
                let chain = CertChain::from_der(presented).unwrap();
                fails_if_sent(preset, &profile, &client, chain);
            }
        }
    }
}

/// The header with the leaf alone, with other octets in it.
fn leaf_items(
    preset: &str,
    profile: &HeaderProfile,
    good: &HeaderMap,
    leaf: &Leaf,
    ca: &Authority,
) {
    let chain = chain_of(profile, good);
    for (name, text) in carriers(good) {
        let Some(same) = rewrapped(&text, &leaf.der, &leaf.der) else {
            continue;
        };
        let same = with(good, &name, &same);
        assert_eq!(chain_of(profile, &same), chain, "{preset}");
        for other in [
            [leaf.der.as_ref(), b"\0"].concat(),
            [leaf.der.as_ref(), b"xyz"].concat(),
            [leaf.der.as_ref(), &leaf.der].concat(),
            [leaf.der.as_ref(), ca.der()].concat(),
            leaf.der[..leaf.der.len() - 1].to_vec(),
            leaf.der[1..].to_vec(),
            Vec::new(),
        ] {
            let bad = rewrapped(&text, &leaf.der, &other).unwrap();
            let read = received(profile, &with(good, &name, &bad));
            assert!(read.is_err(), "{preset}: {bad}");
        }
    }
}

/// The same value with `new` for `old` in each place, if that stands in it as base64.
fn rewrapped(text: &str, old: &[u8], new: &[u8]) -> Option<String> {
    const BREAKS: [&str; 2] = ["%0A", " "];

    let (old, new) = (STANDARD.encode(old), STANDARD.encode(new));
    if text.contains(&old) {
        return Some(text.replace(&old, &new));
    }
    let escape = |text: &str| {
        text.replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D")
    };
    BREAKS
        .into_iter()
        .find_map(|line_break| {
            let lines: Vec<&str> = old
                .as_bytes()
                .chunks(64)
                .map(|line| core::str::from_utf8(line).unwrap())
                .collect();
            let plain = lines.join(line_break);
            [(plain.clone(), new.clone()), (escape(&plain), escape(&new))]
                .into_iter()
                .find(|(old, _)| text.contains(old))
                .map(|(old, new)| text.replace(&old, &new))
        })
}
