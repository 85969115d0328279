//! From headers that carry certificates to their DER.

use std::borrow::Cow;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::ReceiveError;
use crate::header::OctetFormat;
use crate::header::{
    CertEncoding, Fault, Field, HeaderRow, Relaxations, TOO_MANY_MEMBERS, When, XFCC_MARKS,
    XfccElement, XfccKey, byte_sequence_item, byte_sequence_list, decode_concatenated,
    decode_marked, octets, parse_xfcc,
};
use crate::policy::{ChainLimits, Rejection};
use crate::x509::Certificate;

/// How carriers are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) limits: ChainLimits,
    pub(super) relaxations: Relaxations,
    /// Which element of `x-forwarded-client-cert`, counted from its end; 1 is the newest.
    pub(super) xfcc_from_end: usize,
}

/// What the carriers of a profile held.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) leaf: Option<(&'a HeaderRow, Vec<u8>)>,
    pub(super) others: Option<(&'a HeaderRow, Vec<Vec<u8>>)>,
    pub(super) xfcc: Option<XfccElement>,
}

impl<'a> Found<'a> {
    /// Reads a row, if it is one that carries certificates; whether it is.
    pub(super) fn read(
        &mut self,
        headers: &HeaderMap,
        row: &'a HeaderRow,
        rules: &Rules,
    ) -> Result<bool, ReceiveError> {
        match &row.field {
            Field::Leaf(encoding) => {
                if let Some(value) = only_value(headers, row, rules)? {
                    self.add_leaf(row, rules.leaf(row, encoding, value)?)?;
                }
            }
            Field::Chain(encoding) => {
                if let Some(value) = list_value(headers, row, encoding, rules)? {
                    self.add_others(row, rules.chain(row, encoding, &value, 1)?)?;
                }
            }
            Field::LeafAndChain(encoding) => {
                if let Some(value) = list_value(headers, row, encoding, rules)? {
                    self.add_whole(row, rules.chain(row, encoding, &value, 0)?)?;
                }
            }
            Field::NumberedChain(encoding) => {
                let others = rules.numbered(headers, row, encoding)?;
                if !others.is_empty() {
                    self.add_others(row, others)?;
                }
            }
            Field::Xfcc(_) => {
                if let Some(value) = only_value(headers, row, rules)? {
                    self.read_xfcc(row, value, rules)?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_xfcc(
        &mut self,
        row: &'a HeaderRow,
        value: &[u8],
        rules: &Rules,
    ) -> Result<(), ReceiveError> {
        let text = core::str::from_utf8(value)
            .ok()
            .filter(|text| {
                text.bytes()
                    .all(|octet| matches!(octet, 0x20..=0x7e))
            })
            .ok_or_else(|| ReceiveError::malformed(row, 1, "it is not visible ASCII".into()))?;
        let mut elements = parse_xfcc(text).map_err(|fault| ReceiveError::at(row, fault))?;
        let index = elements
            .len()
            .checked_sub(rules.xfcc_from_end)
            .ok_or_else(|| {
                let fault = format!(
                    "there are fewer elements than the {} from whose end the trusted one is counted",
                    rules.xfcc_from_end
                );
                ReceiveError::malformed(row, elements.len(), fault)
            })?;
        let element = elements.swap_remove(index);
        let member = index.saturating_add(1);
        let pem = |key| {
            element
                .value(key)
                .map(|pem| {
                    let limit = rules.limits.max_certificates;
                    decode_marked(&XFCC_MARKS, pem.as_bytes(), limit, rules.relaxations)
                        .map_err(|fault| rules.over_limit_or(row, fault, 0))
                })
                .transpose()
        };
        let (cert, chain) = (pem(XfccKey::Cert)?, pem(XfccKey::Chain)?);
        let contradiction = |fault| Err(ReceiveError::contradiction(row, fault));
        let whole = match (cert, chain) {
            (None, None) => return contradiction("its element has neither Cert nor Chain"),
            (Some(cert), chain) if cert.len() != 1 => {
                drop(chain);
                return contradiction("Cert holds several certificates");
            }
            (Some(cert), Some(chain)) if cert.first() != chain.first() => {
                return contradiction("Cert is not the first certificate of Chain");
            }
            (Some(cert), None) => cert,
            (_, Some(chain)) => chain,
        };
        for der in &whole {
            check_is_certificate(row, member, der)?;
        }
        if let (Some(leaf), Some(hash)) = (whole.first(), element.value(XfccKey::Hash)) {
            let digest = Certificate::describe(leaf).sha256();
            if !hash.eq_ignore_ascii_case(&octets(&digest, OctetFormat::LowerHex)) {
                return contradiction("Hash is not the SHA-256 of the leaf");
            }
        }
        self.xfcc = Some(element);
        self.add_whole(row, whole)
    }

    fn add_whole(
        &mut self,
        row: &'a HeaderRow,
        mut whole: Vec<Vec<u8>>,
    ) -> Result<(), ReceiveError> {
        if whole.is_empty() {
            return Ok(());
        }
        let leaf = whole.remove(0);
        self.add_leaf(row, leaf)?;
        if whole.is_empty() && self.others.is_none() {
            return Ok(());
        }
        self.add_others(row, whole)
    }

    /// The same leaf may come in two encodings, but not from two modes.
    fn add_leaf(&mut self, row: &'a HeaderRow, der: Vec<u8>) -> Result<(), ReceiveError> {
        let Some((other, found)) = &self.leaf else {
            self.leaf = Some((row, der));
            return Ok(());
        };
        let of_two_modes =
            other.when != row.when && other.when != When::Always && row.when != When::Always;
        match of_two_modes || *found != der {
            true => Err(ReceiveError::contradiction(
                row,
                "another header carries a leaf, too",
            )),
            false => Ok(()),
        }
    }

    fn add_others(&mut self, row: &'a HeaderRow, others: Vec<Vec<u8>>) -> Result<(), ReceiveError> {
        match &self.others {
            Some((_, found)) if *found != others => Err(ReceiveError::contradiction(
                row,
                "another header carries another chain",
            )),
            Some(_) => Ok(()),
            None => {
                self.others = Some((row, others));
                Ok(())
            }
        }
    }
}

impl Rules {
    fn leaf(
        &self,
        row: &HeaderRow,
        encoding: &CertEncoding,
        value: &[u8],
    ) -> Result<Vec<u8>, ReceiveError> {
        let lax = self.relaxations.lax_base64;
        let read = match encoding {
            CertEncoding::StructuredField => byte_sequence_item(value, lax),
            CertEncoding::Concatenated => {
                decode_concatenated(value, 1, self.relaxations).map(first)
            }
            CertEncoding::Marked(marks) => {
                decode_marked(marks, value, 1, self.relaxations).map(first)
            }
        };
        let der = read.map_err(|mut fault| {
            if fault.what == TOO_MANY_MEMBERS {
                fault.what = "something stands behind the certificate";
            }
            fault.member = 1;
            ReceiveError::at(row, fault)
        })?;
        check_is_certificate(row, 1, &der)?;
        Ok(der)
    }

    /// A list, in front of which `before` certificates stand elsewhere.
    fn chain(
        &self,
        row: &HeaderRow,
        encoding: &CertEncoding,
        value: &[u8],
        before: usize,
    ) -> Result<Vec<Vec<u8>>, ReceiveError> {
        let most = self.limits.max_certificates;
        let read = match encoding {
            CertEncoding::StructuredField => {
                byte_sequence_list(value, most, self.relaxations.lax_base64)
            }
            CertEncoding::Concatenated => decode_concatenated(value, most, self.relaxations),
            CertEncoding::Marked(marks) => decode_marked(marks, value, most, self.relaxations),
        };
        let chain = read.map_err(|fault| self.over_limit_or(row, fault, before))?;
        for (der, member) in chain.iter().zip(1..) {
            check_is_certificate(row, member, der)?;
        }
        Ok(chain)
    }

    /// Headers with the numbers 0, 1 and so on, none left out.
    fn numbered(
        &self,
        headers: &HeaderMap,
        row: &HeaderRow,
        encoding: &CertEncoding,
    ) -> Result<Vec<Vec<u8>>, ReceiveError> {
        let mut others = Vec::new();
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
                Some(value) => others.push(self.leaf(&row, encoding, value)?),
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
            false => Ok(others),
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

    fn too_many(&self, count: usize) -> ReceiveError {
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
            Some(CertEncoding::Marked(marks)) => marks
                .longest()
                .saturating_mul(self.limits.max_certificates),
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

fn first(mut certificates: Vec<Vec<u8>>) -> Vec<u8> {
    match certificates.is_empty() {
        true => Vec::new(),
        false => certificates.swap_remove(0),
    }
}

/// The value of a header that may be there once; `None` if it is not, or marks an absence.
fn only_value<'a>(
    headers: &'a HeaderMap,
    row: &HeaderRow,
    rules: &Rules,
) -> Result<Option<&'a [u8]>, ReceiveError> {
    let Some(value) = only_line(headers, row)? else {
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
    match (lines.next(), lines.next()) {
        (_, Some(_)) => Err(ReceiveError::Repeated {
            header: row.name.clone(),
        }),
        (line, None) => Ok(line),
    }
}

/// The value of a list, which may stand on several lines if it is a structured field.
fn list_value<'a>(
    headers: &'a HeaderMap,
    row: &HeaderRow,
    encoding: &CertEncoding,
    rules: &Rules,
) -> Result<Option<Cow<'a, [u8]>>, ReceiveError> {
    let lines: Vec<&[u8]> = headers
        .get_all(&row.name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if lines.len() < 2 || *encoding != CertEncoding::StructuredField {
        return Ok(only_value(headers, row, rules)?.map(Cow::Borrowed));
    }
    let length = lines
        .iter()
        .map(|line| line.len().saturating_add(2))
        .fold(0, usize::saturating_add);
    check_length(row, length, rules.longest(row))?;
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

/// Whether a value is one of the marks for "no certificate".
pub(super) fn is_absent(value: &[u8]) -> bool {
    matches!(
        value.trim_ascii(),
        b"" | b"::" | b"\"\"" | b"-" | b"NONE" | b"(null)" | b":(null):"
    )
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

fn check_is_certificate(row: &HeaderRow, member: usize, der: &[u8]) -> Result<(), ReceiveError> {
    Certificate::from_der(der)
        .map(|_| ())
        .map_err(|error| {
            let fault = format!("it is not exactly one DER certificate: {error}");
            ReceiveError::malformed(row, member, fault)
        })
}
