use proptest::prelude::*;

use super::*;
use crate::header::PercentEncoding;

const STRICT: Relaxations = Relaxations::NONE;

fn cloudfront() -> CertMarks {
    CertMarks::pem_percent_encoded(PercentEncoding::Reserved)
}

fn encode(marks: &CertMarks, ders: &[&[u8]]) -> String {
    String::from_utf8(super::encode(marks, ders.iter().copied())).unwrap()
}

fn decode(
    marks: &CertMarks,
    text: &[u8],
    limit: usize,
    relaxations: Relaxations,
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut list = DerList::default();
    super::decode(marks, text, limit, relaxations, &mut list).map(|()| {
        list.iter()
            .map(<[u8]>::to_vec)
            .collect()
    })
}

fn one(marks: &CertMarks, der: &[u8]) -> String {
    encode(marks, &[der])
}

fn read(marks: &CertMarks, text: &str) -> Result<Vec<Vec<u8>>, Fault> {
    decode(marks, text.as_bytes(), 1, STRICT)
}

#[test]
fn encodes_as_products_document_it() {
    // 49 octets fill one line of 64 characters and begin another.
    let (der, line) = ([0xfb; 49], "+/v7".repeat(16));
    let raw = format!("-----BEGIN CERTIFICATE-----\n{line}\n+w==\n-----END CERTIFICATE-----\n");
    for (percent, encoded) in [
        (PercentEncoding::Reserved, &b"\n %+/="[..]),
        (PercentEncoding::LineFeedSpaceBase64, b"\n %+/="),
        (PercentEncoding::LineFeedSpace, b"\n %"),
    ] {
        let expected: String = raw
            .bytes()
            .map(|octet| match encoded.contains(&octet) {
                true => format!("%{octet:02X}"),
                false => char::from(octet).to_string(),
            })
            .collect();
        let marks = CertMarks::pem_percent_encoded(percent);
        assert_eq!(one(&marks, &der), expected);
        assert_eq!(read(&marks, &expected), Ok(vec![der.to_vec()]));
    }
    let spaces = CertMarks::pem()
        .line_break(" ")
        .after_each("");
    assert_eq!(one(&spaces, &der), raw.trim_end().replace('\n', " "));
    assert_eq!(
        encode(&CertMarks::base64(), &[&der[..3], &der[..1]]),
        "+/v7,+w=="
    );
}

#[test]
fn a_full_line_has_no_empty_one_behind_it() {
    let text = one(&cloudfront(), &[0; 48]);
    assert!(text.contains("AAAA%0A-----END"), "{text}");
    assert!(!text.contains("%0A%0A"), "{text}");
}

#[test]
fn plus_is_never_a_space() {
    let text = one(&cloudfront(), &[0xfb; 49])
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    assert_eq!(read(&cloudfront(), &text), Ok(vec![vec![0xfb; 49]]));
    assert!(read(&cloudfront(), &text.replace('+', "%20")).is_err());
}

#[test]
fn refuses_what_is_not_exactly_one_section() {
    let good = one(&cloudfront(), &[1, 2, 3, 4]);
    assert!(read(&cloudfront(), good.trim_end_matches("%0A")).is_ok());
    for bad in [
        String::new(),
        good.repeat(2),
        format!("%20{good}"),
        format!("{good}x"),
        format!("{good}%0A"),
        good.replace("%20", " "),
        good.replace("CERTIFICATE", "X509%20CERTIFICATE"),
        good.replace("%0A", ""),
        good.replace("%0A", "%20"),
        good.replacen("%0A", "%0A%0A", 1),
        good.replace("AQIDBA%3D%3D", ""),
        good.replace("AQIDBA%3D%3D", "AQIDBA"),
        good.replace("AQIDBA%3D%3D", "AQIDBB%3D%3D"),
        good.replace("%3D%3D", "%3"),
        good.replace("%3D%3D", "%3G%3D"),
    ] {
        assert!(read(&cloudfront(), &bad).is_err(), "{bad}");
    }
}

#[test]
fn faults_tell_where_they_are() {
    let two = encode(&cloudfront(), &[&[1u8, 2, 3][..], &[4, 5, 6]]);
    let list = |text: &str| decode(&cloudfront(), text.as_bytes(), 2, STRICT);
    assert_eq!(list(&two).unwrap().len(), 2);
    let fault = list(&two.replace("BAUG", "BA!G")).unwrap_err();
    assert_eq!(fault.member, 2);
    assert_eq!(fault.offset, two.find("BAUG").unwrap() + 2);
    let fault = list(&two.repeat(2)).unwrap_err();
    assert_eq!((fault.member, fault.offset), (3, two.len()));
    assert_eq!(fault.what, TOO_MANY_MEMBERS);
    let fault = list(&two.replacen("%20", "%G0", 1)).unwrap_err();
    assert_eq!(fault.offset, two.find("%20").unwrap());
}

#[test]
fn relaxations_are_for_those_who_need_them() {
    let good = "-----BEGIN CERTIFICATE-----|AQID|BAUG|-----END CERTIFICATE-----|";
    let der = vec![vec![1, 2, 3, 4, 5, 6]];
    let folded = Relaxations {
        folded_lines: true,
        ..STRICT
    };
    let spaces = Relaxations {
        pem_with_spaces: true,
        ..STRICT
    };
    let read = |marks: &CertMarks, line_break: &str, relaxations| {
        decode(
            marks,
            good.replace('|', line_break)
                .trim_end()
                .as_bytes(),
            1,
            relaxations,
        )
    };
    let one_line = CertMarks::pem()
        .line_break(" ")
        .after_each("");
    for marks in [cloudfront(), CertMarks::pem()] {
        assert!(read(&marks, " ", STRICT).is_err());
        assert_eq!(read(&marks, " ", spaces), Ok(der.clone()));
        assert!(read(&marks, " \t", spaces).is_err());
        assert_eq!(read(&marks, "\t", folded), Ok(der.clone()));
        assert_eq!(read(&marks, "  \t ", folded), Ok(der.clone()));
    }
    assert_eq!(read(&one_line, " ", STRICT), Ok(der.clone()));
    assert!(read(&one_line, "\t", STRICT).is_err());
    assert_eq!(read(&one_line, "\t", folded), Ok(der.clone()));
    assert_eq!(read(&one_line, " \t", folded), Ok(der));

    let lax = Relaxations {
        lax_base64: true,
        ..STRICT
    };
    let base64 = CertMarks::base64();
    for text in ["AQ", "AQ=", "AR==", "AR"] {
        assert!(decode(&base64, text.as_bytes(), 1, STRICT).is_err());
        assert_eq!(decode(&base64, text.as_bytes(), 1, lax), Ok(vec![vec![1]]));
    }
    assert!(decode(&base64, b"A", 1, lax).is_err());
}

fn mark() -> impl Strategy<Value = String> {
    proptest::string::string_regex("([-\\[\\]{}<>|:;,_.~!#$&'*()][ -~]{0,5})?").unwrap()
}

/// As one would write it down: base64, cut into lines, every character escaped or not.
fn written_down(marks: &CertMarks, ders: &[Vec<u8>]) -> String {
    let certificates: Vec<String> = ders
        .iter()
        .map(|der| {
            let base64 = base64::encode(der);
            let lines: Vec<&str> = match marks.line_break.is_empty() {
                true => vec![&base64],
                false => base64
                    .as_bytes()
                    .chunks(LINE)
                    .map(|line| str::from_utf8(line).unwrap())
                    .collect(),
            };
            let line_break = &*marks.line_break;
            [
                &*marks.begin,
                line_break,
                &lines.join(line_break),
                line_break,
                &*marks.end,
                &*marks.after_each,
            ]
            .concat()
        })
        .collect();
    certificates
        .join(&*marks.between)
        .bytes()
        .map(|octet| match marks.percent.encodes(octet) {
            true => format!("%{octet:02X}"),
            false => char::from(octet).to_string(),
        })
        .collect()
}

fn percent() -> impl Strategy<Value = PercentEncoding> {
    proptest::sample::select(vec![
        PercentEncoding::None,
        PercentEncoding::LineFeedSpace,
        PercentEncoding::LineFeedSpaceBase64,
        PercentEncoding::Reserved,
    ])
}

/// Certificates, some longer than what is decoded at once.
fn ders() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let der = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..200),
        proptest::collection::vec(any::<u8>(), 1_100..2_500),
        // Nothing but `+` and `/`.
        proptest::collection::vec(Just(0xfb), 1..200),
        (1..60usize).prop_map(|lines| vec![0xff; lines * 48]),
    ];
    proptest::collection::vec(der, 1..5)
}

/// What is put in place of so many octets of a text at some place.
fn damage() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let text = prop_oneof![
        proptest::sample::select(vec![
            "",
            "%",
            "%0A",
            "%0a",
            "%2B",
            "%2b",
            "%2F",
            "%3D",
            "%3d",
            "%20",
            "%41",
            "%2R",
            "%3E",
            "+",
            "/",
            "=",
            "==",
            "-",
            " ",
            "\t",
            "A",
            "AAAA",
            "%0A%0A",
            "-----",
            "-----END%20CERTIFICATE-----",
        ])
        .prop_map(ToOwned::to_owned),
        proptest::string::string_regex("[ -~]{0,4}").unwrap(),
    ];
    proptest::collection::vec((any::<usize>(), 0..5usize, text), 0..3)
}

proptest! {
    /// Whatever marks are taken for usable can be read back.
    #[test]
    fn round_trips(
        ders in ders(),
        marks in [mark(), mark(), mark(), mark(), mark()],
        percent in percent(),
    ) {
        let [begin, line_break, end, after_each, between] = marks;
        let marks = CertMarks { begin: begin.into(), line_break: line_break.into(), end: end.into(), after_each: after_each.into(), between: between.into(), percent };
        let text = encode(&marks, &ders.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(&text, &written_down(&marks, &ders));
        if marks.fault(true).is_none() {
            prop_assert_eq!(decode(&marks, text.as_bytes(), ders.len(), STRICT), Ok(ders), "{} {:?}", text, marks);
        }
    }

    /// PEM is written as one would write it down. What is read in one pass is what the strict reader reads, and is refused with its words.
    #[test]
    fn one_pass_and_strict_reading_agree(
        ders in ders(),
        percent in percent(),
        ends in proptest::sample::select(vec![("\n", ""), ("", ","), ("\n\n", "\n")]),
        limit in 1..5usize,
        damage in damage(),
        lax_base64 in any::<bool>(),
        pem_with_spaces in any::<bool>(),
    ) {
        let (after_each, between) = ends;
        let marks = CertMarks::pem_percent_encoded(percent).after_each(after_each).between(between);
        let written = written_down(&marks, &ders);
        let slices: Vec<&[u8]> = ders.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(&encode(&marks, &slices), &written);
        let mut text = written.into_bytes();
        let is_usual = percent != PercentEncoding::None && damage.is_empty() && ders.len() <= limit;
        for (place, taken, put) in damage {
            let start = place % (text.len() + 1);
            let end = text.len().min(start + taken);
            text.splice(start..end, put.into_bytes());
        }
        let relaxations = Relaxations { lax_base64, pem_with_spaces, ..STRICT };
        let mut strictly = DerList::default();
        let result = decode_strictly(&marks, &text, limit, relaxations, &mut strictly);
        prop_assert_eq!(
            decode(&marks, &text, limit, relaxations),
            result.map(|()| strictly.iter().map(<[u8]>::to_vec).collect())
        );
        let mut in_one_pass = DerList::default();
        let is_read = usual::decode(&marks, &text, limit, &mut in_one_pass).is_some();
        prop_assert!(is_read || !is_usual);
        if is_read {
            prop_assert_eq!(Ok(in_one_pass.clone()), result.map(|()| strictly.clone()));
            // Nor does it matter to it what is tolerated besides.
            let mut strictly = DerList::default();
            prop_assert_eq!(decode_strictly(&marks, &text, limit, STRICT, &mut strictly), Ok(()));
            prop_assert_eq!(in_one_pass, strictly);
        }
    }
}
