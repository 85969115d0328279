//! PEM files of certificates or of revocation lists (RFC 7468), read so that nothing is passed over
//! in silence.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::text::Escaped;

/// What is wrong with a PEM section, or with a line that was meant to begin or end one.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PemFault {
    /// What stands between BEGIN and END is not padded standard base64.
    #[error("its base64 is damaged ({0}); copy the section again from its source")]
    Base64(String),

    /// A BEGIN line stands before the END line of the section before it.
    #[error("a BEGIN line stands inside it; the END line before that one is missing")]
    BeginInside,

    /// A line looks like a boundary and is none.
    #[error(
        "the line '{0}' is not a PEM boundary; it must be exactly -----BEGIN CERTIFICATE----- or \
         -----END CERTIFICATE-----, of a revocation list -----BEGIN X509 CRL----- or \
         -----END X509 CRL-----"
    )]
    Boundary(String),

    /// Nothing stands between BEGIN and END.
    #[error("the section is empty; remove it or put in what is missing")]
    Empty,

    /// An END line stands outside a section, or names another label than the BEGIN line.
    #[error(
        "the line '{0}' does not end the section; the BEGIN line that belongs to it is missing"
    )]
    EndMismatch(String),

    /// The section is of another kind.
    #[error(
        "it is a '{0}' section; a trust store takes CERTIFICATE sections, a set of revocation lists X509 \
         CRL sections; move it where it belongs"
    )]
    Label(String),

    /// The bundle ends inside a section.
    #[error("the END line is missing; the file may have been cut short")]
    NoEnd,

    /// A `TRUSTED CERTIFICATE` section, whose trust settings would be lost.
    #[error(
        "it is a 'TRUSTED CERTIFICATE' section with OpenSSL's own trust settings; write it again \
         with `openssl x509 -in FILE -out FILE.pem`"
    )]
    TrustedCertificate,

    /// The file is UTF-16.
    #[error("the file is UTF-16; save it as UTF-8 or ASCII")]
    Utf16,
}

/// The DER of each section, in order. Those of certificates end after the first fault; those of
/// lists go on behind it, so that one that is damaged does not hide the others.
///
/// Handled: text and `#` comments between sections, LF, CRLF and CR, a UTF-8 byte order mark,
/// white space around a line, lines of any width, and the label `X509 CERTIFICATE`.
pub(crate) struct Sections<'a> {
    labels: &'static [&'static [u8]],
    goes_on: bool,
    rest: Option<&'a [u8]>,
}

impl<'a> Sections<'a> {
    /// Those of certificates.
    pub(crate) fn of_certificates(pem: &'a [u8]) -> Self {
        Self::new(&[b"CERTIFICATE", b"X509 CERTIFICATE"], pem)
    }

    /// Those of revocation lists.
    pub(crate) fn of_lists(pem: &'a [u8]) -> Self {
        Self {
            goes_on: true,
            ..Self::new(&[b"X509 CRL"], pem)
        }
    }

    fn new(labels: &'static [&'static [u8]], pem: &'a [u8]) -> Self {
        Self {
            labels,
            goes_on: false,
            rest: Some(
                pem.strip_prefix(b"\xef\xbb\xbf")
                    .unwrap_or(pem),
            ),
        }
    }

    fn next_line(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        let (line, rest) = match end.and_then(|end| rest.split_at_checked(end)) {
            Some((line, rest)) => (line, rest.get(1..)),
            None => (rest, None),
        };
        self.rest = rest;
        Some(line.trim_ascii())
    }

    fn skip_to_end(&mut self) {
        while let Some(line) = self.next_line() {
            if let Line::End(_) = Line::of(line) {
                return;
            }
        }
    }

    fn section(&mut self) -> Result<Option<Vec<u8>>, PemFault> {
        if let Some([0xff, 0xfe, ..] | [0xfe, 0xff, ..]) = self.rest {
            return Err(PemFault::Utf16);
        }
        let label = loop {
            let Some(line) = self.next_line() else {
                return Ok(None);
            };
            match Line::of(line) {
                Line::Begin(label) => break label,
                Line::End(_) => return Err(PemFault::EndMismatch(shown(line))),
                Line::NearBoundary => return Err(PemFault::Boundary(shown(line))),
                Line::Other => {}
            }
        };
        match label {
            label if self.labels.contains(&label) => {}
            b"TRUSTED CERTIFICATE" => return Err(PemFault::TrustedCertificate),
            other => return Err(PemFault::Label(shown(other))),
        }
        let mut base64 = Vec::new();
        loop {
            let line = self
                .next_line()
                .ok_or(PemFault::NoEnd)?;
            match Line::of(line) {
                Line::Begin(_) => return Err(PemFault::BeginInside),
                Line::End(end) if end == label => break,
                Line::End(_) => return Err(PemFault::EndMismatch(shown(line))),
                Line::NearBoundary => return Err(PemFault::Boundary(shown(line))),
                Line::Other => base64.extend_from_slice(line),
            }
        }
        if base64.is_empty() {
            return Err(PemFault::Empty);
        }
        STANDARD
            .decode(&base64)
            .map(Some)
            .map_err(|error| PemFault::Base64(error.to_string()))
    }
}

impl Iterator for Sections<'_> {
    type Item = Result<Vec<u8>, PemFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let section = self.section().transpose();
        match &section {
            Some(Err(_)) if !self.goes_on => self.rest = None,
            Some(Err(PemFault::Utf16)) => self.rest = None,
            // The fault is in its beginning: its end is still to come.
            Some(Err(
                PemFault::Label(_) | PemFault::TrustedCertificate | PemFault::BeginInside,
            )) => self.skip_to_end(),
            _ => {}
        }
        section
    }
}

/// What a trimmed line is.
enum Line<'a> {
    Begin(&'a [u8]),
    End(&'a [u8]),
    NearBoundary,
    Other,
}

impl<'a> Line<'a> {
    fn of(line: &'a [u8]) -> Self {
        if line.starts_with(b"#") {
            return Self::Other;
        }
        let label = |prefix: &[u8]| {
            line.strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix(b"-----"))
                .filter(|label| !label.is_empty() && !label.contains(&b'-'))
        };
        if let Some(label) = label(b"-----BEGIN ") {
            return Self::Begin(label);
        }
        if let Some(label) = label(b"-----END ") {
            return Self::End(label);
        }
        let meant_as_boundary = [
            &b"-----BEGIN"[..],
            b"-----END",
            b"BEGIN CERTIFICATE",
            b"END CERTIFICATE",
            b"BEGIN X509 CRL",
            b"END X509 CRL",
        ]
        .iter()
        .any(|mark| {
            line.windows(mark.len())
                .any(|window| window.eq_ignore_ascii_case(mark))
        });
        match meant_as_boundary {
            true => Self::NearBoundary,
            false => Self::Other,
        }
    }
}

/// The beginning of a line, fit for an error message.
fn shown(line: &[u8]) -> String {
    const LONGEST: usize = 64;
    Escaped(line.get(..LONGEST).unwrap_or(line)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pem: &str) -> Vec<Result<Vec<u8>, PemFault>> {
        Sections::of_certificates(pem.as_bytes()).collect()
    }

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nAQID\nBA==\n-----END CERTIFICATE-----\n";

    #[test]
    fn reads_what_real_bundles_hold() {
        let one = vec![Ok(vec![1, 2, 3, 4])];
        assert_eq!(read(ONE), one);
        assert_eq!(read(&ONE.replace('\n', "\r\n")), one);
        assert_eq!(read(&ONE.replace('\n', "\r")), one);
        assert_eq!(read(ONE.trim_end()), one);
        assert_eq!(read(&format!("\u{feff}{ONE}")), one);
        assert_eq!(read(&ONE.replace('\n', "\n    ")), one);
        assert_eq!(read(&ONE.replace("CERT", "X509 CERT")), one);
        let two = format!("# a CA\n{ONE}\nsubject=CN = b\n#-----BEGIN CERTIFICATE-----\n{ONE}\n");
        assert_eq!(read(&two), [one.clone(), one].concat());
        assert_eq!(read(""), []);
        assert_eq!(read("no certificate here\n"), []);
    }

    #[test]
    fn each_kind_has_its_own_labels() {
        let list = ONE.replace("CERTIFICATE", "X509 CRL");
        assert_eq!(
            Sections::of_lists(list.as_bytes()).collect::<Vec<_>>(),
            [Ok(vec![1, 2, 3, 4])]
        );
        assert_eq!(read(&list), [Err(PemFault::Label("X509 CRL".into()))]);
        assert_eq!(
            Sections::of_lists(ONE.as_bytes()).collect::<Vec<_>>(),
            [Err(PemFault::Label("CERTIFICATE".into()))]
        );
        // A fault does not hide what stands behind it.
        let damaged = list.replace("AQID", "!");
        let inside = list.replace("BA==", "-----BEGIN X509 CRL-----");
        let several = [ONE, &list, &damaged, &list, &inside, &list].concat();
        let read: Vec<_> = Sections::of_lists(several.as_bytes()).collect();
        assert!(
            matches!(
                &read[..],
                [
                    Err(PemFault::Label(_)),
                    Ok(_),
                    Err(PemFault::Base64(_)),
                    Ok(_),
                    Err(PemFault::BeginInside),
                    Ok(_)
                ]
            ),
            "{read:?}"
        );
    }

    #[test]
    fn passes_nothing_over_in_silence() {
        let end = "-----END CERTIFICATE-----";
        let cases: [(String, PemFault); 12] = [
            (ONE.replace("AQID\nBA==\n", ""), PemFault::Empty),
            (ONE.replace("AQID\nBA==\n", " \n\t\n"), PemFault::Empty),
            (
                ONE.replace("CERT", "TRUSTED CERT"),
                PemFault::TrustedCertificate,
            ),
            (
                ONE.replace("CERTIFICATE", "PRIVATE KEY"),
                PemFault::Label("PRIVATE KEY".into()),
            ),
            (
                format!("-----BEGIN CERTIFICATE-----\nAQID\n{ONE}"),
                PemFault::BeginInside,
            ),
            (ONE.replace(end, ""), PemFault::NoEnd),
            (format!("{end}\n"), PemFault::EndMismatch(end.into())),
            (
                ONE.replace("-----END CERT", "-----END X509 CERT"),
                PemFault::EndMismatch("-----END X509 CERTIFICATE-----".into()),
            ),
            (
                ONE.replace("-----BEGIN", "----BEGIN"),
                PemFault::Boundary("----BEGIN CERTIFICATE-----".into()),
            ),
            (
                ONE.replace("-----BEGIN", "> -----BEGIN"),
                PemFault::Boundary("> -----BEGIN CERTIFICATE-----".into()),
            ),
            (
                ONE.to_lowercase(),
                PemFault::Boundary("-----begin certificate-----".into()),
            ),
            (
                ONE.replace('\n', " "),
                PemFault::Boundary(
                    "-----BEGIN CERTIFICATE----- AQID BA== -----END CERTIFICATE-----".into(),
                ),
            ),
        ];
        for (pem, fault) in cases {
            assert_eq!(read(&pem), [Err(fault)], "{pem}");
        }
        // White space inside a line, missing padding, bits behind the last octet, a header.
        for bad in [
            "AQ ID\nBA==",
            "AQID\nBA",
            "AQID\nBB==",
            "Proc-Type: 4\n\nAQID\nBA==",
        ] {
            let pem = ONE.replace("AQID\nBA==", bad);
            assert!(
                matches!(read(&pem)[..], [Err(PemFault::Base64(_))]),
                "{pem}"
            );
        }
        assert_eq!(
            Sections::of_certificates(b"\xff\xfe-\0-\0").next(),
            Some(Err(PemFault::Utf16))
        );
    }
}
