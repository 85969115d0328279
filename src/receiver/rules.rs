//! How one header is read: limits, relaxations, encodings.

use core::ops::Range;
use std::borrow::Cow;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::ReceiveError;
use crate::chain::DerList;
use crate::header::{
    CertEncoding, Fault, Field, HeaderRow, Relaxation, Relaxations, TOO_MANY_MEMBERS,
    byte_sequence_item, byte_sequence_list, decode_concatenated, decode_marked, is_absent,
};
use crate::policy::{ChainLimits, Rejection};
use crate::x509::Certificate;

/// How carriers are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) limits: ChainLimits,
    pub(super) relaxations: Relaxations,
    /// Which element of `x-forwarded-client-cert`, counted from its end; 1 is the newest. If none is
    /// chosen, there must be exactly one.
    pub(super) xfcc_from_end: Option<usize>,
}

impl Rules {
    /// Pushes the leaf, and tells its index.
    pub(super) fn leaf(
        &self,
        row: &HeaderRow,
        encoding: &CertEncoding,
        value: &[u8],
        certificates: &mut DerList,
    ) -> Result<usize, ReceiveError> {
        let index = certificates.len();
        self.decode_leaf(encoding, value, certificates)
            .map_err(|mut fault| {
                if fault.what == TOO_MANY_MEMBERS {
                    fault.what = "something stands behind the certificate";
                }
                fault.member = 1;
                let relaxation = self.relaxation_for(value, |relaxed, value| {
                    relaxed
                        .decode_leaf(encoding, value, &mut DerList::default())
                        .is_ok()
                });
                ReceiveError::at(row, fault).readable_with(relaxation)
            })?;
        check_are_certificates(row, certificates.iter().skip(index))?;
        Ok(index)
    }

    /// Pushes a list, in front of which `before` certificates stand elsewhere, and tells where it is.
    pub(super) fn chain(
        &self,
        row: &HeaderRow,
        encoding: &CertEncoding,
        value: &[u8],
        before: usize,
        certificates: &mut DerList,
    ) -> Result<Range<usize>, ReceiveError> {
        let start = certificates.len();
        self.decode_chain(encoding, value, certificates)
            .map_err(|fault| {
                let relaxation = self.relaxation_for(value, |relaxed, value| {
                    relaxed
                        .decode_chain(encoding, value, &mut DerList::default())
                        .is_ok()
                });
                self.over_limit_or(row, fault, before)
                    .readable_with(relaxation)
            })?;
        check_are_certificates(row, certificates.iter().skip(start))?;
        Ok(start..certificates.len())
    }

    fn decode_leaf(
        &self,
        encoding: &CertEncoding,
        value: &[u8],
        certificates: &mut DerList,
    ) -> Result<(), Fault> {
        match encoding {
            CertEncoding::StructuredField => {
                reserve(value, certificates);
                byte_sequence_item(value, self.relaxations.lax_base64, certificates)
            }
            _ => self.decode_up_to(1, encoding, value, certificates),
        }
    }

    fn decode_chain(
        &self,
        encoding: &CertEncoding,
        value: &[u8],
        certificates: &mut DerList,
    ) -> Result<(), Fault> {
        self.decode_up_to(self.limits.max_certificates, encoding, value, certificates)
    }

    fn decode_up_to(
        &self,
        most: usize,
        encoding: &CertEncoding,
        value: &[u8],
        certificates: &mut DerList,
    ) -> Result<(), Fault> {
        reserve(value, certificates);
        match encoding {
            CertEncoding::StructuredField => {
                byte_sequence_list(value, most, self.relaxations.lax_base64, certificates)
            }
            CertEncoding::Concatenated => {
                decode_concatenated(value, most, self.relaxations, certificates)
            }
            CertEncoding::Marked(marks) => {
                decode_marked(marks, value, most, self.relaxations, certificates)
            }
        }
    }

    /// The one more relaxation with which a value could be read.
    fn relaxation_for(
        &self,
        value: &[u8],
        is_readable: impl Fn(&Self, &[u8]) -> bool,
    ) -> Option<Relaxation> {
        [
            Relaxation::QuotedValue,
            Relaxation::MissingPadding,
            Relaxation::PemWithSpaces,
            Relaxation::FoldedLines,
        ]
        .into_iter()
        .find(|relaxation| {
            let mut relaxed = *self;
            relaxed.relaxations.allow(*relaxation);
            is_readable(&relaxed, relaxed.unquoted(value))
        })
    }

    /// Pushes headers with the numbers 0, 1 and so on, none left out, and tells where they are.
    pub(super) fn numbered(
        &self,
        headers: &HeaderMap,
        row: &HeaderRow,
        encoding: &CertEncoding,
        certificates: &mut DerList,
    ) -> Result<Range<usize>, ReceiveError> {
        let start = certificates.len();
        let mut lines: usize = 0;
        let mut is_over = false;
        for number in 0..=self.limits.max_certificates {
            let Ok(name) = HeaderName::try_from(format!("{}{number}", row.name)) else {
                break;
            };
            let row = HeaderRow::new(name, row.field.clone());
            if !headers.contains_key(&row.name) {
                break;
            }
            lines = lines.saturating_add(1);
            match only_value(headers, &row, self)? {
                Some(_) if is_over => {
                    return Err(ReceiveError::contradiction(
                        &row,
                        "a header of a lower number has no certificate",
                    ));
                }
                Some(value) => {
                    self.leaf(&row, encoding, value, certificates)?;
                }
                None => is_over = true,
            }
        }
        let all = headers
            .keys()
            .filter(|name| {
                name.as_str()
                    .starts_with(row.name.as_str())
            })
            .count();
        match all > lines {
            false => Ok(start..certificates.len()),
            true if lines > self.limits.max_certificates => {
                Err(self.too_many(all.saturating_add(1)))
            }
            true => Err(ReceiveError::contradiction(
                row,
                "a number between 0 and the highest is missing, or is not a number",
            )),
        }
    }

    fn over_limit_or(&self, row: &HeaderRow, fault: Fault, before: usize) -> ReceiveError {
        match fault.what == TOO_MANY_MEMBERS {
            true => self.too_many(fault.member.saturating_add(before)),
            false => ReceiveError::at(row, fault),
        }
    }

    pub(super) fn too_many(&self, count: usize) -> ReceiveError {
        ReceiveError::OverLimit(Rejection::TooManyCertificates {
            count,
            limit: self.limits.max_certificates,
        })
    }

    /// No chain within the limits is longer when encoded: percent-encoded base64 has at most 4
    /// characters an octet and line feeds between; marks and parameters have some room of their own.
    pub(super) fn longest(&self, row: &HeaderRow) -> usize {
        const ROOM: usize = 1_024;
        /// Several hops, and leaf and chain.
        const XFCC: usize = 8;

        let marks = match row.field.cert_encoding() {
            Some(CertEncoding::Marked(marks)) => {
                marks.longest(self.limits.max_certificates, self.limits.max_bytes)
            }
            _ => 0,
        };
        let longest = self
            .limits
            .max_bytes
            .saturating_mul(5)
            .saturating_add(ROOM)
            .saturating_add(marks);
        match row.field {
            Field::Xfcc(_) => longest.saturating_mul(XFCC),
            _ => longest,
        }
    }
}

/// Makes room for what a value is decoded to, at most.
fn reserve(value: &[u8], certificates: &mut DerList) {
    certificates.reserve(
        value
            .len()
            .div_ceil(4)
            .saturating_mul(3),
    );
}

/// The value of a header that may be there once; `None` if it is not, or marks an absence.
pub(super) fn only_value<'a>(
    headers: &'a HeaderMap,
    row: &HeaderRow,
    rules: &Rules,
) -> Result<Option<&'a [u8]>, ReceiveError> {
    let all = headers.get_all(&row.name);
    let mut lines = all.iter();
    the_only_value(row, lines.next(), lines.next(), rules)
}

/// The same of the first two lines.
fn the_only_value<'a>(
    row: &HeaderRow,
    first: Option<&'a HeaderValue>,
    second: Option<&'a HeaderValue>,
    rules: &Rules,
) -> Result<Option<&'a [u8]>, ReceiveError> {
    let Some(value) = the_only(row, first, second)? else {
        return Ok(None);
    };
    let value = value.as_bytes();
    if is_absent(value) {
        return Ok(None);
    }
    check_length(row, value.len(), rules.longest(row))?;
    Ok(Some(rules.unquoted(value)))
}

/// The line of a header that may be there once.
pub(super) fn only_line<'a>(
    headers: &'a HeaderMap,
    row: &HeaderRow,
) -> Result<Option<&'a HeaderValue>, ReceiveError> {
    let mut lines = headers.get_all(&row.name).iter();
    the_only(row, lines.next(), lines.next())
}

/// The first of two lines, if there is no second.
fn the_only<'a>(
    row: &HeaderRow,
    first: Option<&'a HeaderValue>,
    second: Option<&'a HeaderValue>,
) -> Result<Option<&'a HeaderValue>, ReceiveError> {
    match (first, second) {
        (_, Some(_)) => Err(ReceiveError::Repeated {
            header: row.name.clone(),
        }),
        (line, None) => Ok(line),
    }
}

/// The value of a list, which may stand on several lines if it is a structured field.
pub(super) fn list_value<'a>(
    headers: &'a HeaderMap,
    row: &HeaderRow,
    encoding: &CertEncoding,
    rules: &Rules,
) -> Result<Option<Cow<'a, [u8]>>, ReceiveError> {
    let all = headers.get_all(&row.name);
    let mut lines = all.iter();
    let (first, second) = (lines.next(), lines.next());
    match (first, second) {
        (_, Some(_)) if *encoding == CertEncoding::StructuredField => {}
        _ => return Ok(the_only_value(row, first, second, rules)?.map(Cow::Borrowed)),
    }
    let lines = || all.iter().map(HeaderValue::as_bytes);
    let length = lines()
        .map(|line| line.len().saturating_add(2))
        .fold(0, usize::saturating_add);
    check_length(row, length, rules.longest(row))?;
    let lines: Vec<&[u8]> = lines().collect();
    Ok(Some(Cow::Owned(lines.join(&b", "[..]))))
}

impl Rules {
    fn unquoted<'a>(&self, value: &'a [u8]) -> &'a [u8] {
        value
            .strip_prefix(b"\"")
            .and_then(|value| value.strip_suffix(b"\""))
            .filter(|_| self.relaxations.quoted_value)
            .unwrap_or(value)
    }
}

/// Refuses what is longer than anything within the limits before it is decoded.
pub(super) fn check_length(
    row: &HeaderRow,
    length: usize,
    limit: usize,
) -> Result<(), ReceiveError> {
    match length > limit {
        true => Err(ReceiveError::TooLong {
            header: row.name.clone(),
            bytes: length,
            limit,
        }),
        false => Ok(()),
    }
}

pub(super) fn check_are_certificates<'a>(
    row: &HeaderRow,
    members: impl Iterator<Item = &'a [u8]>,
) -> Result<(), ReceiveError> {
    for (der, member) in members.zip(1..) {
        check_is_certificate(row, member, der)?;
    }
    Ok(())
}

pub(super) fn check_is_certificate(
    row: &HeaderRow,
    member: usize,
    der: &[u8],
) -> Result<(), ReceiveError> {
    Certificate::from_der(der)
        .map(|_| ())
        .map_err(|error| {
            let fault = format!("it is not exactly one DER certificate: {error}");
            ReceiveError::malformed(row, member, fault)
        })
}
