//! From certificates to text between marks, in one pass.

use super::LINE;
use super::lines::{CHARACTERS, Characters, LINE_FEED, MOST, write_escaped, write_plain};
use super::writer::Writer;
use crate::header::marks::CertMarks;
use crate::header::percent::{self, Table};
use crate::header::{PercentEncoding, base64};

/// How much of a certificate is written at once.
const OCTETS: usize = CHARACTERS / 4 * 3;

/// The value for these certificates.
pub(crate) fn encode<'a>(
    marks: &CertMarks,
    certificates: impl Iterator<Item = &'a [u8]> + Clone,
) -> Vec<u8> {
    let mut encoder = Encoder {
        table: marks.percent.table(),
        escapes_base64: marks.percent.encodes(b'+'),
        line_break: &marks.line_break,
        characters: [0; CHARACTERS + LINE],
        text: Writer::with_capacity(length(marks, certificates.clone())),
    };
    // What stands between the first two, where it has been written.
    let (mut start, mut end, mut next) = (0, 0, 0);
    for (index, der) in certificates.enumerate() {
        match index {
            0 => encoder.append(&marks.begin),
            1 => {
                encoder.append(&marks.between);
                encoder.append(&marks.begin);
                next = encoder.text.len();
            }
            _ => encoder.text.repeat(end, next),
        }
        encoder.append_certificate(der);
        match index {
            0 => {
                start = encoder.text.len();
                encoder.append(&marks.end);
                encoder.append(&marks.after_each);
                end = encoder.text.len();
            }
            _ => encoder.text.repeat(start, end),
        }
    }
    encoder.text.finish()
}

struct Encoder<'a> {
    table: &'static Table,
    escapes_base64: bool,
    line_break: &'a str,
    /// Base64 that is to be broken into lines.
    characters: Characters,
    text: Writer,
}

impl Encoder<'_> {
    fn append(&mut self, mark: &str) {
        self.text
            .write_slice(percent::most(mark.len()), |room| {
                percent::write(self.table, mark.as_bytes(), room)
            });
    }

    fn append_certificate(&mut self, der: &[u8]) {
        if self.line_break.is_empty() && !self.escapes_base64 {
            let length = base64::length(der.len());
            self.text
                .write_slice(length, |room| base64::write(der, room).len());
            return;
        }
        // Of known lengths, they need no calls.
        let is_usual =
            self.line_break == "\n" && percent::entry(self.table, b'\n').starts_with(&LINE_FEED);
        for octets in der.chunks(OCTETS) {
            let written = base64::write(octets, &mut self.characters).len();
            match is_usual {
                true => self.append_usual_lines(written),
                false => self.append_lines(written),
            }
        }
        self.append(self.line_break);
    }

    /// A line break before each line of so many characters.
    fn append_lines(&mut self, written: usize) {
        let characters = self.characters;
        let written = characters
            .get(..written)
            .unwrap_or_default();
        for line in written.chunks(LINE) {
            self.append(self.line_break);
            self.text
                .write_slice(percent::most(line.len()), |room| {
                    percent::write(self.table, line, room)
                });
        }
    }

    /// The same with `%0A`.
    fn append_usual_lines(&mut self, written: usize) {
        let base64 = self
            .characters
            .get(..written)
            .unwrap_or_default();
        let padding = match base64 {
            [.., b'=', b'='] => "==",
            [.., b'='] => "=",
            _ => "",
        };
        let length = base64.len() - padding.len();
        match self.escapes_base64 {
            true => write_escaped(&self.characters, length, &mut self.text),
            false => write_plain(&self.characters, length, &mut self.text),
        }
        self.append(padding);
    }
}

/// How much room it takes, but for escapes in base64 far more often than they are to be expected; and
/// some more, so that a `HeaderValue` counts its clones from the start, and the first of them
/// allocates nothing.
fn length<'a>(marks: &CertMarks, certificates: impl Iterator<Item = &'a [u8]>) -> usize {
    let most = |mark: &str| percent::most(mark.len());
    let around =
        most(&marks.begin) + most(&marks.end) + most(&marks.after_each) + most(&marks.between);
    let line_break = percent::length(marks.percent.table(), marks.line_break.as_bytes());
    let length: usize = certificates
        .map(|der| {
            let base64 = base64::length(der.len());
            let lines = base64.div_ceil(LINE) + 1;
            let escapes = match marks.percent {
                PercentEncoding::None | PercentEncoding::LineFeedSpace => 0,
                // 2 octets more for each of 2 characters in 64, and some room.
                PercentEncoding::LineFeedSpaceBase64 | PercentEncoding::Reserved => {
                    base64 / 11 + 16
                }
            };
            around + base64 + escapes + lines * line_break
        })
        .sum();
    length + MOST
}
