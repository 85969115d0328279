//! CloudFront's reshaping: certificates between other marks, and random marks both ways.

use std::sync::LazyLock;

use edge_mtls::{
    CertChain, CertEncoding, CertMarks, ClientIdentity, Field, HeaderProfile, HeaderRow,
    PercentEncoding,
};
use http::HeaderName;
use proptest::prelude::*;

use crate::appendix_a::{INTERMEDIATE, LEAF, identity};
use crate::support::pki::Authority;
use crate::{forwarded, lines, received, unverified};

const PERCENT: [PercentEncoding; 4] = [
    PercentEncoding::None,
    PercentEncoding::LineFeedSpace,
    PercentEncoding::LineFeedSpaceBase64,
    PercentEncoding::Reserved,
];

fn profile(field: Field) -> Option<HeaderProfile> {
    HeaderProfile::empty()
        .with(HeaderRow::new(HeaderName::from_static("x-cert"), field))
        .ok()
}

/// What a client of the appendix gets under these marks, with leaf and chain in one header.
fn joined(marks: CertMarks) -> String {
    let profile = profile(Field::LeafAndChain(CertEncoding::Marked(marks))).unwrap();
    let identity = identity(edge_mtls::ClientAuthPolicy::passthrough());
    let headers = forwarded(profile.clone(), &identity);
    let read = received(profile, &headers)
        .unwrap()
        .unwrap();
    assert_eq!(Some(read.chain()), identity.chain());
    headers["x-cert"]
        .to_str()
        .unwrap()
        .to_owned()
}

/// The base64 with a line break before every 64 characters, and one behind them.
fn broken(base64: &str, line_break: &str) -> String {
    let mut text = String::new();
    for line in base64.as_bytes().chunks(64) {
        text += line_break;
        text += core::str::from_utf8(line).unwrap();
    }
    text + line_break
}

#[test]
fn other_marks_and_no_newlines() {
    assert_eq!(
        joined(CertMarks::base64()),
        format!("{LEAF},{INTERMEDIATE}")
    );
    assert_eq!(
        joined(
            CertMarks::base64()
                .begin("[")
                .end("]")
                .between("")
        ),
        format!("[{LEAF}][{INTERMEDIATE}]")
    );
    assert_eq!(
        joined(
            CertMarks::base64()
                .begin(":")
                .end(":")
                .between(", ")
        ),
        format!(":{LEAF}:, :{INTERMEDIATE}:")
    );
    assert_eq!(
        joined(
            CertMarks::base64()
                .begin("BEGIN ")
                .end(" END")
                .after_each(";")
        ),
        format!("BEGIN {LEAF} END;,BEGIN {INTERMEDIATE} END;")
    );
    // PEM without its newlines, which CloudFront's helper can take out.
    let begin = "-----BEGIN CERTIFICATE-----";
    let end = "-----END CERTIFICATE-----";
    assert_eq!(
        joined(
            CertMarks::pem()
                .line_break("")
                .after_each("")
        ),
        format!("{begin}{LEAF}{end}{begin}{INTERMEDIATE}{end}")
    );
}

#[test]
fn other_marks_and_newlines() {
    assert_eq!(
        joined(
            CertMarks::base64()
                .begin("<")
                .line_break("|")
                .end(">")
                .between(" ")
        ),
        format!("<{}> <{}>", broken(LEAF, "|"), broken(INTERMEDIATE, "|"))
    );
    let pem = |base64: &str| {
        format!(
            "-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----\n",
            broken(base64, "\n")
        )
    };
    let whole = pem(LEAF) + &pem(INTERMEDIATE);
    for percent in PERCENT.into_iter().skip(1) {
        let text = joined(CertMarks::pem_percent_encoded(percent));
        let encodes = |octet: u8| match percent {
            PercentEncoding::LineFeedSpace => matches!(octet, b'\n' | b' '),
            _ => matches!(octet, b'\n' | b' ' | b'+' | b'/' | b'='),
        };
        let expected: String = whole
            .bytes()
            .map(|octet| match encodes(octet) {
                true => format!("%{octet:02X}"),
                false => char::from(octet).to_string(),
            })
            .collect();
        assert_eq!(text, expected, "{percent:?}");
    }
    // A mark may hold what is percent-encoded, `%` itself, too.
    let marks = CertMarks::base64()
        .begin("100% {")
        .end("}\n")
        .percent_encoding(PercentEncoding::LineFeedSpace);
    assert_eq!(
        joined(marks),
        format!("100%25%20{{{LEAF}}}%0A,100%25%20{{{INTERMEDIATE}}}%0A")
    );
    let marks = CertMarks::base64()
        .begin("{")
        .end("}")
        .percent_encoding(PercentEncoding::Reserved);
    let escaped = |base64: &str| {
        base64
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D")
    };
    assert_eq!(
        joined(marks),
        format!("%7B{}%7D%2C%7B{}%7D", escaped(LEAF), escaped(INTERMEDIATE))
    );
}

/// What stands between the marks must be exactly there.
#[test]
fn other_marks_are_not_read() {
    let marks = CertMarks::base64()
        .begin("[")
        .end("]")
        .after_each(";")
        .between(" ");
    let profile = profile(Field::LeafAndChain(CertEncoding::Marked(marks))).unwrap();
    let read = |value: &str| received(profile.clone(), &lines(&[("x-cert", value)]));
    let good = format!("[{LEAF}]; [{INTERMEDIATE}];");
    assert_eq!(
        read(&good)
            .unwrap()
            .unwrap()
            .chain()
            .len(),
        2
    );
    // The last mark after a certificate may be missing, as trimming takes line feeds off.
    let trimmed = good.trim_end_matches(';');
    assert_eq!(
        read(trimmed)
            .unwrap()
            .unwrap()
            .chain()
            .len(),
        2
    );
    for bad in [
        good.replace("; ", " "),
        good.replace("; ", ";"),
        good.replace("; ", ";  "),
        good.replace("; ", "; ; "),
        good.replace('[', "("),
        good.replace("]; ", ""),
        good.replace(']', ""),
        good.replacen("[MII", "[ MII", 1),
        good.replacen("[MII", "[[MII", 1),
        format!("{good} "),
        format!("x{good}"),
        format!("{good} []"),
        format!("{good} x"),
        format!("[{LEAF}{INTERMEDIATE}];"),
    ] {
        assert!(read(&bad).is_err(), "{bad}");
    }
}

static POOL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = Authority::root("root");
    (0..12)
        .map(|length| {
            root.client(&"z".repeat(length + 1))
                .der
                .to_vec()
        })
        .collect()
});

/// Random marks; many are usable.
fn mark() -> impl Strategy<Value = String> {
    let text = "([-\\[\\]{}<>|:;,_.~!#$&'*() ][ -~]{0,6})?|[ -~\n]{0,3}|-----(BEGIN|END) X-----\n?";
    proptest::string::string_regex(text).unwrap()
}

fn marks() -> impl Strategy<Value = CertMarks> {
    let percent = proptest::sample::select(PERCENT.to_vec());
    ([mark(), mark(), mark(), mark(), mark()], percent).prop_map(|(marks, percent)| {
        let [begin, line_break, end, after_each, between] = marks;
        CertMarks::base64()
            .begin(begin)
            .line_break(line_break)
            .end(end)
            .after_each(after_each)
            .between(between)
            .percent_encoding(percent)
    })
}

fn check(
    field: Field,
    identity: &ClientIdentity,
    carries_chain: bool,
) -> Result<(), TestCaseError> {
    let Some(profile) = profile(field) else {
        return Ok(());
    };
    let headers = forwarded(profile.clone(), identity);
    let value = headers["x-cert"].to_str().unwrap();
    prop_assert!(
        value.trim() == value,
        "HTTP takes off outer spaces: {value:?}"
    );
    let read = received(profile, &headers)
        .map_err(|error| TestCaseError::fail(format!("{error}: {value}")))?
        .unwrap();
    let chain = identity.chain().unwrap();
    match carries_chain {
        true => prop_assert_eq!(read.chain(), chain),
        false => {
            prop_assert_eq!(read.chain().leaf_der(), chain.leaf_der());
            prop_assert_eq!(read.chain().len(), 1);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever marks a profile takes, its headers can be read back.
    #[test]
    fn random_marks_both_ways(
        marks in marks(),
        which in proptest::sample::subsequence((0..12).collect::<Vec<usize>>(), 1..=4).prop_shuffle(),
    ) {
        let identity = unverified(
            CertChain::from_der(which.iter().map(|index| &POOL[*index])).unwrap(),
        );
        let encoding = CertEncoding::Marked(marks);
        check(Field::Leaf(encoding.clone()), &identity, false)?;
        check(Field::LeafAndChain(encoding), &identity, true)?;
    }
}
