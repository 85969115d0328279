//! Values that are left empty, and flagged: Cloudflare's caps, and those of a row.

use edge_mtls::{
    Carrier, CertChain, CertEncoding, CertForwarder, CertMarks, Field, Flag, ForwardError,
    HeaderProfile, HeaderRow, ReceiveError, TooLong,
};
use http::{HeaderMap, HeaderName};

use crate::sizes::*;
use crate::support::der::octet_string;
use crate::support::pki::{Authority, Leaf, client_params};
use crate::unverified;

/// A certificate of so many bytes; its signature has one length or another, so that it takes some
/// attempts.
fn of_size(root: &Authority, bytes: usize) -> Leaf {
    let padded = |padding: usize| {
        root.odd_leaf(|odd| {
            let value = octet_string(&vec![0; padding]);
            odd.extension("1.2.3.4", false, &value)
        })
    };
    let mut padding = bytes - 400;
    loop {
        let leaf = padded(padding);
        match leaf.der.len() {
            length if length == bytes => return leaf,
            length => padding = padding + bytes - length,
        }
    }
}

/// The bytes of DER whose byte sequence has so many characters.
fn of_text(characters: usize) -> usize {
    assert_eq!(characters % 4, 2);
    (characters - 2) / 4 * 3
}

/// Whether Cloudflare's flags are set, of the leaf and of the chain.
fn flags(headers: &HeaderMap) -> [bool; 2] {
    ["client-cert-too-large", "client-cert-chain-too-large"].map(|name| headers[name] == "true")
}

/// Cloudflare's caps: over them the value is empty and a flag says so.
#[test]
fn cloudflares_caps() {
    let profile = HeaderProfile::cloudflare_rfc9440();
    let root = Authority::root("root");
    let small = root.client("alice");
    let send = |chain: &CertChain| {
        encoded(
            &forwarder(&profile, TooLong::SplitLines),
            &unverified(chain.clone()),
        )
        .unwrap()
    };
    // Byte sequences have 2 characters more than a multiple of 4: 10,240 cannot be met, nor 16,384.
    for (characters, too_large) in [(10_238, false), (10_242, true)] {
        let leaf = of_size(&root, of_text(characters));
        let chain = CertChain::from_der([&leaf.der, root.der()]).unwrap();
        let headers = send(&chain);
        // Never a chain without its leaf (RFC 9440 section 2.3).
        assert_eq!(flags(&headers), [too_large; 2]);
        match too_large {
            false => {
                assert_eq!(headers["client-cert"].len(), characters);
                assert_eq!(
                    with_status(&profile, &headers)
                        .unwrap()
                        .chain(),
                    &chain
                );
            }
            true => {
                assert_eq!(headers["client-cert"], "");
                assert_eq!(headers["client-cert-chain"], "");
                for read in [
                    with_status(&profile, &headers),
                    without_chain(&profile, &headers),
                ] {
                    assert!(
                        matches!(read, Err(ReceiveError::LeftOut { .. })),
                        "{read:?}"
                    );
                }
            }
        }
    }
    for (characters, too_large) in [(16_382, false), (16_386, true)] {
        let big = of_size(&root, of_text(characters));
        let chain = CertChain::from_der([&small.der, &big.der]).unwrap();
        let headers = send(&chain);
        assert_eq!(flags(&headers), [false, too_large]);
        match too_large {
            false => {
                assert_eq!(headers["client-cert-chain"].len(), characters);
                assert_eq!(
                    with_status(&profile, &headers)
                        .unwrap()
                        .chain(),
                    &chain
                );
            }
            true => {
                assert_eq!(headers["client-cert-chain"], "");
                assert_eq!(
                    with_status(&profile, &headers).unwrap_err(),
                    left_out("client-cert-chain-too-large")
                );
                let read = without_chain(&profile, &headers).unwrap();
                assert_eq!(read.chain(), &small.chain(&[]));
            }
        }
    }
}

/// Where all lines are too long together, the chain goes first, then the leaf.
#[test]
fn values_are_left_out_at_the_exact_byte() {
    let profile = HeaderProfile::cloudflare_rfc9440();
    let (chain, identity) = client();
    let whole = encoded(&forwarder(&profile, TooLong::Refuse), &identity).unwrap();
    let within = |line, total| {
        let forwarder = forwarder(&profile, TooLong::LeaveValueOut)
            .max_line_bytes(line)
            .max_total_bytes(total);
        encoded(&forwarder, &identity)
    };
    let bytes = total(&whole);
    assert_eq!(within(60_000, bytes).unwrap(), whole);

    // The chain alone, by the total and by its line.
    let (longest_name, line) = longest(&whole);
    assert_eq!(longest_name, "client-cert-chain");
    assert_eq!(within(line, bytes).unwrap(), whole);
    let short = within(60_000, bytes - 1).unwrap();
    assert_eq!(within(line - 1, bytes).unwrap(), short);
    assert_eq!(short["client-cert-chain"], "");
    assert_eq!(flags(&short), [false, true]);
    assert_eq!(
        with_status(&profile, &short).unwrap_err(),
        left_out("client-cert-chain-too-large")
    );
    let read = without_chain(&profile, &short).unwrap();
    assert_eq!(read.chain().leaf_der(), chain.leaf_der());
    assert_eq!(read.chain().len(), 1);

    // Both.
    let bytes = total(&short);
    assert_eq!(within(60_000, bytes).unwrap(), short);
    let none = within(60_000, bytes - 1).unwrap();
    assert_eq!(none["client-cert"], "");
    assert_eq!(flags(&none), [true, true]);
    assert!(matches!(
        without_chain(&profile, &none),
        Err(ReceiveError::LeftOut { .. })
    ));

    // Nothing is left to leave out.
    let bytes = total(&none);
    assert_eq!(within(60_000, bytes).unwrap(), none);
    assert!(matches!(
        within(60_000, bytes - 1),
        Err(ForwardError::TotalTooLong { limit, .. }) if limit == bytes - 1
    ));
}

/// A row's own limit is on the value, and holds with every outcome; without a flag for it, what is
/// over it is refused.
#[test]
fn a_rows_own_limit() {
    let name = HeaderName::from_static("x-leaf");
    let (chain, identity) = client();
    let length = chain.leaf_der().len().div_ceil(3) * 4;
    let profile = |limit, flag: bool| {
        let leaf = Field::Leaf(CertEncoding::Marked(CertMarks::base64()));
        let profile = HeaderProfile::empty()
            .with(HeaderRow::new(name.clone(), leaf).max_bytes(limit))
            .unwrap();
        match flag {
            false => profile,
            true => profile
                .with(HeaderRow::new(
                    HeaderName::from_static("x-leaf-too-large"),
                    Field::TooLarge(Carrier::Leaf, Flag::OneOrZero),
                ))
                .unwrap(),
        }
    };
    for outcome in [
        TooLong::LeaveChainOut,
        TooLong::LeaveValueOut,
        TooLong::Refuse,
        TooLong::SplitLines,
    ] {
        let send = |limit, flag| {
            let forwarder = forwarder(&profile(limit, flag), outcome);
            encoded(&forwarder, &identity)
        };
        let headers = send(length, true).unwrap();
        assert_eq!(headers["x-leaf"].len(), length);
        assert_eq!(headers["x-leaf-too-large"], "0");
        let headers = send(length - 1, true).unwrap();
        assert_eq!(headers["x-leaf"], "");
        assert_eq!(headers["x-leaf-too-large"], "1");
        assert!(send(length, false).is_ok());
        let line = "x-leaf: ".len() + length;
        assert_eq!(
            send(length - 1, false).unwrap_err(),
            ForwardError::LineTooLong {
                header: name.clone(),
                bytes: line,
                limit: line - 1
            },
            "{outcome:?}"
        );
    }
}

/// With the defaults no line is longer than 8,000 bytes, nor all together than 12,000, whatever the
/// client presents; what cannot be so is refused with both numbers.
#[test]
fn defaults_fit_receivers() {
    let root = Authority::root("root");
    let padded = |names: usize| {
        let mut params = client_params("alice");
        params.subject_alt_names = (0..names)
            .map(|number| {
                let name = format!("{number}.{}.example", "x".repeat(60));
                rcgen::SanType::DnsName(name.try_into().unwrap())
            })
            .collect();
        root.leaf(params)
    };
    let mut split = 0;
    for names in [0, 20, 40, 60, 75, 90, 200] {
        let leaf = padded(names);
        let others: Vec<Leaf> = (0..3).map(|_| padded(24)).collect();
        let ders = core::iter::once(&leaf)
            .chain(&others)
            .map(|leaf| &leaf.der);
        for chain in [leaf.chain(&[&root]), CertChain::from_der(ders).unwrap()] {
            let identity = unverified(chain);
            for preset in HeaderProfile::preset_names() {
                let profile = HeaderProfile::preset(preset).unwrap();
                match encoded(&CertForwarder::new(profile), &identity) {
                    Ok(headers) => {
                        assert!(longest(&headers).1 <= 8_000, "{preset}");
                        assert!(total(&headers) <= 12_000, "{preset}");
                        let chain = headers.get_all("client-cert-chain");
                        split += usize::from(chain.iter().count() > 1);
                    }
                    Err(ForwardError::LineTooLong { bytes, limit, .. }) => {
                        assert!(limit == 8_000 && bytes > limit, "{preset}");
                    }
                    Err(ForwardError::TotalTooLong { bytes, limit }) => {
                        assert!(limit == 12_000 && bytes > limit, "{preset}");
                    }
                    Err(other) => panic!("{preset}: {other}"),
                }
            }
        }
    }
    assert!(split > 0);
}
