//! Certificates in base64 between marks ([`CertMarks`]).

mod encode;
mod lines;
mod usual;
mod writer;

use std::borrow::Cow;

pub(super) use encode::encode;

use super::base64;
use super::fault::{Fault, TOO_MANY_MEMBERS};
use super::marks::{CertMarks, is_base64};
use super::percent;
use super::relaxation::Relaxations;
use crate::chain::DerList;

/// How many characters of base64 a line has (RFC 7468 section 2).
const LINE: usize = 64;

/// Pushes the certificates of a value, between 1 and `limit` of them, if it is exactly in this form.
///
/// `+`, `/` and `=` may be percent-encoded or not: emitters differ from their documentation. A `+` is
/// never a space. What stands after the last certificate may be missing.
pub(crate) fn decode(
    marks: &CertMarks,
    value: &[u8],
    limit: usize,
    relaxations: Relaxations,
    certificates: &mut DerList,
) -> Result<(), Fault> {
    let before = certificates.len();
    let may_break_elsewhere = relaxations.folded_lines || relaxations.pem_with_spaces;
    if !may_break_elsewhere && usual::decode(marks, value, limit, certificates).is_some() {
        return Ok(());
    }
    certificates.truncate(before);
    decode_strictly(marks, value, limit, relaxations, certificates)
}

/// The same, with every form that is allowed, and with what is wrong with the others.
fn decode_strictly(
    marks: &CertMarks,
    value: &[u8],
    limit: usize,
    relaxations: Relaxations,
    certificates: &mut DerList,
) -> Result<(), Fault> {
    let text = percent::decode(marks.percent, value, relaxations)?;
    let mut parser = Parser {
        marks,
        relaxations,
        rest: &text,
        member: 1,
    };
    parser
        .certificates(limit, certificates)
        .map_err(|what| {
            let decoded = text.len() - parser.rest.len();
            let offset = percent::raw_offset(marks.percent, value, decoded);
            Fault::new(parser.member, offset, what)
        })
}

struct Parser<'a> {
    marks: &'a CertMarks,
    relaxations: Relaxations,
    rest: &'a [u8],
    member: usize,
}

impl<'a> Parser<'a> {
    fn certificates(
        &mut self,
        limit: usize,
        certificates: &mut DerList,
    ) -> Result<(), &'static str> {
        loop {
            if self.member > limit {
                return Err(TOO_MANY_MEMBERS);
            }
            self.certificate(certificates)?;
            if self.rest.is_empty() {
                return Ok(());
            }
            if !self.skip(&self.marks.between) {
                return Err("something else stands behind a certificate");
            }
            self.member += 1;
        }
    }

    fn certificate(&mut self, certificates: &mut DerList) -> Result<(), &'static str> {
        let marks = self.marks;
        if !self.skip(&marks.begin) {
            return Err("a certificate does not begin with its mark");
        }
        let base64 = match marks.line_break.is_empty() {
            true => Cow::Borrowed(self.line()?),
            false => Cow::Owned(self.lines()?),
        };
        certificates
            .push_with(|der| base64::decode(&base64, self.relaxations.lax_base64, der))
            .ok_or("a certificate is not padded, canonical standard base64")?;
        if !self.skip(&marks.end) {
            return Err("a certificate does not end with its mark");
        }
        let is_last = self.rest.is_empty();
        let skipped = self.skip_break(&marks.after_each);
        match skipped || is_last {
            true => Ok(()),
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
mod tests;
