//! Certificates in base64 between marks ([`CertMarks`]).

use super::base64;
use super::fault::{Fault, TOO_MANY_MEMBERS};
use super::marks::{CertMarks, is_base64};
use super::percent;
use super::relaxation::Relaxations;

/// How many characters of base64 a line has (RFC 7468 section 2).
const LINE: usize = 64;

/// The value for these certificates.
pub(super) fn encode<'a>(
    marks: &CertMarks,
    certificates: impl IntoIterator<Item = &'a [u8]>,
) -> String {
    let mut text = String::new();
    for (index, der) in certificates.into_iter().enumerate() {
        if index > 0 {
            text.push_str(&marks.between);
        }
        text.push_str(&marks.begin);
        if marks.line_break.is_empty() {
            base64::append(der, &mut text);
        } else {
            let base64 = base64::encode(der);
            let mut rest = &*base64;
            while !rest.is_empty() {
                let (line, behind) = rest
                    .split_at_checked(LINE)
                    .unwrap_or((rest, ""));
                text.push_str(&marks.line_break);
                text.push_str(line);
                rest = behind;
            }
            text.push_str(&marks.line_break);
        }
        text.push_str(&marks.end);
        text.push_str(&marks.after_each);
    }
    percent::encode(marks.percent, text)
}

/// The certificates of a value, between 1 and `limit` of them, if it is exactly in this form.
///
/// `+`, `/` and `=` may be percent-encoded or not: emitters differ from their documentation. A `+` is
/// never a space. What stands after the last certificate may be missing.
pub(crate) fn decode(
    marks: &CertMarks,
    value: &[u8],
    limit: usize,
    relaxations: Relaxations,
) -> Result<Vec<Vec<u8>>, Fault> {
    let text = percent::decode(marks.percent, value, relaxations)?;
    let mut parser = Parser {
        marks,
        relaxations,
        rest: &text,
        member: 1,
    };
    let mut certificates = Vec::new();
    let read = loop {
        if certificates.len() >= limit {
            break Err(TOO_MANY_MEMBERS);
        }
        match parser.certificate() {
            Ok(der) => certificates.push(der),
            Err(what) => break Err(what),
        }
        if parser.rest.is_empty() {
            break Ok(());
        }
        if !parser.skip(&marks.between) {
            break Err("something else stands behind a certificate");
        }
        parser.member += 1;
    };
    match read {
        Ok(()) => Ok(certificates),
        Err(what) => {
            let decoded = text.len() - parser.rest.len();
            let offset = percent::raw_offset(marks.percent, value, decoded);
            Err(Fault::new(parser.member, offset, what))
        }
    }
}

struct Parser<'a> {
    marks: &'a CertMarks,
    relaxations: Relaxations,
    rest: &'a [u8],
    member: usize,
}

impl<'a> Parser<'a> {
    fn certificate(&mut self) -> Result<Vec<u8>, &'static str> {
        let marks = self.marks;
        if !self.skip(&marks.begin) {
            return Err("a certificate does not begin with its mark");
        }
        let der = match marks.line_break.is_empty() {
            true => self.line()?.to_vec(),
            false => self.lines()?,
        };
        let der = base64::decode(&der, self.relaxations.lax_base64)
            .ok_or("a certificate is not padded, canonical standard base64")?;
        if !self.skip(&marks.end) {
            return Err("a certificate does not end with its mark");
        }
        let is_last = self.rest.is_empty();
        let skipped = self.skip_break(&marks.after_each);
        match skipped || is_last {
            true => Ok(der),
            false => Err("a certificate is not followed by its mark"),
        }
    }

    /// The characters of a line: at least one.
    fn line(&mut self) -> Result<&'a [u8], &'static str> {
        let end = self
            .rest
            .iter()
            .position(|octet| !is_base64(*octet))
            .unwrap_or(self.rest.len());
        match self.rest.split_at_checked(end) {
            Some((line, rest)) if !line.is_empty() => {
                self.rest = rest;
                Ok(line)
            }
            _ => Err("there is no base64 where it should stand"),
        }
    }

    fn lines(&mut self) -> Result<Vec<u8>, &'static str> {
        let mut base64 = Vec::new();
        loop {
            if !self.skip_break(&self.marks.line_break) {
                return Err("a line break is missing");
            }
            let is_end = self
                .rest
                .starts_with(self.marks.end.as_bytes());
            if is_end && !base64.is_empty() {
                return Ok(base64);
            }
            base64.extend_from_slice(self.line()?);
        }
    }

    fn skip(&mut self, mark: &str) -> bool {
        match self.rest.strip_prefix(mark.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A line break, or what a relaxation takes for one: only where the format has a line feed or a
    /// space.
    fn skip_break(&mut self, mark: &str) -> bool {
        let is_white = |octet: &&u8| matches!(**octet, b' ' | b'\t');
        let white = self
            .rest
            .iter()
            .take_while(is_white)
            .count();
        let taken = match (mark, self.rest.first()) {
            ("\n" | " ", Some(b' ' | b'\t')) if self.relaxations.folded_lines => white,
            ("\n", Some(b' ')) if self.relaxations.pem_with_spaces => 1,
            _ => return self.skip(mark),
        };
        self.rest = self
            .rest
            .get(taken..)
            .unwrap_or_default();
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::header::PercentEncoding;

    const STRICT: Relaxations = Relaxations::NONE;

    fn cloudfront() -> CertMarks {
        CertMarks::pem_percent_encoded(PercentEncoding::Reserved)
    }

    fn one(marks: &CertMarks, der: &[u8]) -> String {
        encode(marks, [der])
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
            encode(&CertMarks::base64(), [&der[..3], &der[..1]]),
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
        let two = encode(&cloudfront(), [&[1u8, 2, 3][..], &[4, 5, 6]]);
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

    proptest! {
        /// Whatever marks are taken for usable can be read back.
        #[test]
        fn round_trips(
            ders in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..200), 1..4),
            marks in [mark(), mark(), mark(), mark(), mark()],
            percent in proptest::sample::select(vec![
                PercentEncoding::None,
                PercentEncoding::LineFeedSpace,
                PercentEncoding::LineFeedSpaceBase64,
                PercentEncoding::Reserved,
            ]),
        ) {
            let [begin, line_break, end, after_each, between] = marks;
            let marks = CertMarks { begin: begin.into(), line_break: line_break.into(), end: end.into(), after_each: after_each.into(), between: between.into(), percent };
            if marks.fault(true).is_none() {
                let text = encode(&marks, ders.iter().map(Vec::as_slice));
                prop_assert_eq!(decode(&marks, text.as_bytes(), ders.len(), STRICT), Ok(ders), "{} {:?}", text, marks);
            }
        }
    }
}
