//! The rules of RFC 8941 and RFC 9651 for byte sequences and lists of them, with the crate `sfv` as
//! a second opinion.

use edge_mtls::{CertReceiver, Certificate, ChainLimits, HeaderProfile, ReceiveError, Relaxation};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use sfv::{BareItem, Item, List, ListEntry, Parser};

use crate::appendix_a::{INTERMEDIATE, LEAF, der};
use crate::{hop, lines};

/// What a receiver made of a field.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Outcome {
    /// It is not a structured field of this type.
    Refused,
    /// It is, and some byte sequence in it is no certificate.
    NoCertificate,
    /// It is one of the marks of absence.
    Absent,
    Read(Vec<Vec<u8>>),
}

fn outcome(headers: &HeaderMap, lax: bool) -> Outcome {
    let receiver = CertReceiver::new(HeaderProfile::rfc9440())
        .allow(Relaxation::RepeatedLeaf)
        .limits(ChainLimits::new(20, 32_768));
    let receiver = match lax {
        true => receiver.allow(Relaxation::MissingPadding),
        false => receiver,
    };
    match receiver.receive(headers, &hop()) {
        Ok(None) => Outcome::Absent,
        Ok(Some(received)) => {
            let chain = received.chain().certificates();
            Outcome::Read(chain.map(<[u8]>::to_vec).collect())
        }
        Err(ReceiveError::Malformed { fault, .. }) => {
            match fault.contains("not exactly one DER certificate") {
                true => Outcome::NoCertificate,
                false => Outcome::Refused,
            }
        }
        Err(error) => panic!("{error}"),
    }
}

/// What comes of `Client-Cert` with this value.
fn item(value: &str, lax: bool) -> Outcome {
    let mut headers = HeaderMap::new();
    headers.insert("client-cert", HeaderValue::from_str(value).unwrap());
    outcome(&headers, lax)
}

/// What comes of `Client-Cert-Chain` on these lines, behind a leaf.
fn list(values: &[&str], lax: bool) -> Outcome {
    let mut headers = lines(&[("client-cert", &format!(":{LEAF}:"))]);
    for value in values {
        headers.append("client-cert-chain", HeaderValue::from_str(value).unwrap());
    }
    match outcome(&headers, lax) {
        Outcome::Read(mut chain) => {
            assert_eq!(chain.remove(0), der(LEAF));
            match chain.is_empty() {
                true => Outcome::Absent,
                false => Outcome::Read(chain),
            }
        }
        other => other,
    }
}

fn read(certificates: &[&str]) -> Outcome {
    Outcome::Read(
        certificates
            .iter()
            .map(|certificate| der(certificate))
            .collect(),
    )
}

#[test]
fn a_byte_sequence() {
    let good = format!(":{LEAF}:");
    for value in [
        good.clone(),
        format!("{good};a"),
        format!("{good}; a;  b=1;c=-2.5;d=\"x;,:\\\"\\\\\";e=tok/en:x;f=:AA==:;g=?0;*h=*;i=\"\""),
        format!("{good};a=1;a=2"),
        format!("{good};a-b_c.d*e=@-1"),
        format!("{good};long={}", "9".repeat(15)),
        format!("{good};long={}.123", "9".repeat(12)),
    ] {
        assert_eq!(item(&value, false), read(&[LEAF]), "{value}");
    }
    let (head, tail) = LEAF.split_at(100);
    for value in [
        LEAF.to_owned(),
        format!(":{LEAF}"),
        format!("{LEAF}:"),
        format!("\"{LEAF}\""),
        format!("*{LEAF}*"),
        format!("::{LEAF}::"),
        format!(":{head} {tail}:"),
        format!(":{head}\t{tail}:"),
        format!(":{head}:{tail}:"),
        format!(":{head}.{tail}:"),
        format!(": {LEAF}:"),
        format!(":{LEAF} :"),
        format!(":{}:", LEAF.replace('+', "-").replace('/', "_")),
        format!(":{}:", LEAF.trim_end_matches('=')),
        format!(":{LEAF}=:"),
        format!(":{head}={tail}:"),
        format!("({good})"),
        format!("{good}, {good}"),
        format!("{good},"),
        format!("{good} {good}"),
        format!("{good};"),
        format!("{good} ;a"),
        format!("{good};A=1"),
        format!("{good};1=a"),
        format!("{good};a= 1"),
        format!("{good};a =1"),
        format!("{good};a=\t1"),
        format!("{good};\ta=1"),
        format!("{good};a=\"\\n\""),
        format!("{good};a=\"open"),
        format!("{good};a='x'"),
        format!("{good};a=?2"),
        format!("{good};a=?"),
        format!("{good};a=1."),
        format!("{good};a=.5"),
        format!("{good};a=+1"),
        format!("{good};a=1.2345"),
        format!("{good};a={}", "9".repeat(16)),
        format!("{good};a={}.1", "9".repeat(13)),
        format!("{good};a=@"),
        format!("{good};a=@1.0"),
        format!("{good};a=:AA"),
        format!("{good};a=(1)"),
        format!("a={good}"),
    ] {
        assert_eq!(item(&value, false), Outcome::Refused, "{value}");
    }
    for value in [
        ":AAAA:",
        ":MAA=:",
        &format!(":{LEAF}AAAA:").replace("=", "A"),
    ] {
        assert_ne!(item(value, false), Outcome::Absent);
        assert_eq!(item(value, false), Outcome::NoCertificate, "{value}");
    }
}

/// HTTP takes white space off both ends; what is left of it are spaces, never tabs, in an Item.
#[test]
fn white_space_around_an_item() {
    let good = format!(":{LEAF}:");
    assert_eq!(item(&format!("  {good}  "), false), read(&[LEAF]));
    for bad in [format!("\t{good}"), format!("{good}\t")] {
        assert_eq!(item(&bad, false), Outcome::Refused);
    }
}

#[test]
fn a_list() {
    let one = format!(":{INTERMEDIATE}:");
    let two = read(&[INTERMEDIATE, INTERMEDIATE]);
    for value in [
        format!("{one}, {one}"),
        format!("{one},{one}"),
        format!("{one} \t ,\t {one}"),
        format!(" {one};a;b=\", :x:\", {one};c=1 "),
    ] {
        assert_eq!(list(&[&value], false), two, "{value}");
    }
    for value in [
        format!("{one},"),
        format!("{one}, "),
        format!(",{one}"),
        format!("{one},,{one}"),
        format!("{one}, ,{one}"),
        format!("{one} {one}"),
        format!("{one};{one}"),
        format!("{one}{one}"),
        format!("({one})"),
        format!("({one} {one})"),
        format!("{one}, ({one})"),
        format!("{one}, a={one}"),
        format!("{one}, \"\""),
        format!("{one}, 1"),
        format!("\t{one}"),
        ",".to_owned(),
    ] {
        assert_eq!(list(&[&value], false), Outcome::Refused, "{value}");
    }
}

/// Several lines are one list, with a comma between (RFC 9110 section 5.3).
#[test]
fn a_list_on_several_lines() {
    let one = format!(":{INTERMEDIATE}:");
    for lines in [
        &[&*one, &*one][..],
        &[&format!("{one} "), &format!("  {one}")],
        &[&format!("{one};a"), &one],
    ] {
        assert_eq!(list(lines, false), read(&[INTERMEDIATE, INTERMEDIATE]));
    }
    // A String over two lines is joined like everything else, and ignored.
    let string = [&*format!("{one};a=\"x"), &format!("y\", {one}")];
    assert_eq!(list(&string, false), read(&[INTERMEDIATE, INTERMEDIATE]));
    let three = read(&[INTERMEDIATE, INTERMEDIATE, INTERMEDIATE]);
    assert_eq!(list(&[&one, &format!("{one}, {one}")], false), three);
    for lines in [
        &[&*one, ""][..],
        &["", &one],
        &["", ""],
        &["::", "::"],
        &[&format!("{one},"), &one],
        &[&one, &format!(", {one}")],
        &[&format!(":{INTERMEDIATE}"), ":"],
    ] {
        let found = list(lines, false);
        let is_refused = matches!(found, Outcome::Refused | Outcome::NoCertificate);
        assert!(is_refused, "{lines:?}: {found:?}");
    }
}

#[test]
fn padding_and_pad_bits() {
    let unpadded = LEAF.trim_end_matches('=');
    let (first, last) = unpadded.split_at(unpadded.len() - 1);
    assert_eq!(last, "k");
    for (text, is_strict, is_lax) in [
        (LEAF.to_owned(), true, true),
        (unpadded.to_owned(), false, true),
        (format!("{first}l="), false, true),
        (format!("{first}l"), false, true),
        (format!("{unpadded}=="), false, false),
        (format!("{unpadded}===="), false, false),
        (format!("={unpadded}"), false, false),
        (format!("{first}=k"), false, false),
    ] {
        let value = format!(":{text}:");
        for (lax, is_read) in [(false, is_strict), (true, is_lax)] {
            let expected = match is_read {
                true => read(&[LEAF]),
                false => Outcome::Refused,
            };
            assert_eq!(item(&value, lax), expected, "{text}");
            assert_eq!(list(&[&value], lax), expected, "{text}");
        }
    }
}

/// What `sfv` makes of members that must be byte sequences.
fn judge(members: Option<Vec<Vec<u8>>>) -> Outcome {
    let Some(members) = members else {
        return Outcome::Refused;
    };
    let is_certificate = |der: &Vec<u8>| Certificate::from_der(der).is_ok();
    match members.iter().all(is_certificate) {
        true => Outcome::Read(members),
        false => Outcome::NoCertificate,
    }
}

fn octets(item: Item) -> Option<Vec<u8>> {
    match item.bare_item {
        BareItem::ByteSequence(octets) => Some(octets),
        _ => None,
    }
}

fn sfv_item(value: &str) -> Outcome {
    let item = Parser::new(value).parse::<Item>().ok();
    judge(
        item.and_then(octets)
            .map(|octets| vec![octets]),
    )
}

fn sfv_list(value: &str) -> Outcome {
    let list = Parser::new(value).parse::<List>().ok();
    judge(list.and_then(|list| {
        list.into_iter()
            .map(|entry| match entry {
                ListEntry::Item(item) => octets(item),
                ListEntry::InnerList(_) => None,
            })
            .collect()
    }))
}

/// The marks of absence, which are this crate's own affair.
fn is_mark(value: &str) -> bool {
    ["", "::", "\"\"", "-", "NONE", "(null)", ":(null):"].contains(&value.trim())
}

fn parameter() -> impl Strategy<Value = String> {
    let key = "[a-z*][a-z0-9_.*-]{0,2}|[A-Z1]";
    let value = "[0-9]{1,17}|-?[0-9]{1,13}[.][0-9]{0,4}|\"[ -~]{0,4}\"|\"[\\\\\"x]{0,4}\"\
                 |[a-z*][!-~]{0,4}|:[A-Za-z+/=]{0,5}:|[?][012]|@-?[0-9.]{1,3}|[ -~]{1,3}";
    let space = " {0,2}|\t";
    (space, key, proptest::option::weighted(0.7, value)).prop_map(|(space, key, value)| match value
    {
        Some(value) => format!(";{space}{key}={value}"),
        None => format!(";{space}{key}"),
    })
}

fn member() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        6 => Just(LEAF.to_owned()),
        6 => Just(INTERMEDIATE.to_owned()),
        2 => Just(LEAF.trim_end_matches('=').to_owned()),
        1 => Just(format!("{}l", &LEAF[..LEAF.len() - 2])),
        2 => "[A-Za-z0-9+/]{0,8}={0,3}",
    ];
    (text, proptest::collection::vec(parameter(), 0..3))
        .prop_map(|(text, parameters)| format!(":{text}:{}", parameters.concat()))
}

fn field() -> impl Strategy<Value = String> {
    let separator = prop_oneof![6 => "[ \t]{0,2},[ \t]{0,2}", 1 => "[ ,;\t]{0,3}"];
    let members = proptest::collection::vec((member(), separator), 0..3);
    let mutation = (any::<proptest::sample::Index>(), "[ -~\t]{0,2}", 0_usize..3);
    (
        "( {0,2}|\t)",
        members,
        member(),
        "( {0,2}|\t|,)",
        proptest::collection::vec(mutation, 0..2),
    )
        .prop_map(|(start, members, last, end, mutations)| {
            let mut text = start;
            for (member, separator) in members {
                text += &member;
                text += &separator;
            }
            text += &last;
            text += &end;
            for (index, insert, remove) in mutations {
                let at = index.index(text.len() + 1);
                let end = (at + remove).min(text.len());
                text.replace_range(at..end, &insert);
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn sfv_agrees(value in field()) {
        prop_assume!(!is_mark(&value));
        prop_assert_eq!(item(&value, true), sfv_item(&value));
        prop_assert_eq!(list(&[&value], true), sfv_list(&value));
    }

    /// And on several lines, which RFC 9110 section 5.3 joins.
    #[test]
    fn sfv_agrees_on_lines(values in proptest::collection::vec(field(), 2..4)) {
        let joined = values.join(", ");
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        prop_assert_eq!(list(&values, true), sfv_list(&joined));
    }
}
