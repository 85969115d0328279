//! From headers that carry certificates to their DER.

use core::ops::Range;

use http::header::HeaderMap;

use super::ReceiveError;
use super::rules::{Rules, list_value, only_value};
use crate::chain::{CertChain, DerList};
use crate::header::{Field, HeaderRow, When, XfccElement};
use crate::policy::ChainLimits;

/// For which modes the carriers were that were there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Modes {
    pub(super) verified: bool,
    pub(super) unverified: bool,
}

/// What the carriers of a profile held.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// All certificates, in the order of the rows.
    pub(super) certificates: DerList,
    /// How many octets more they may come to, until there is room for those.
    room: usize,
    /// Which of them is the leaf.
    pub(super) leaf: Option<(&'a HeaderRow, usize)>,
    /// Which of them go with it.
    pub(super) others: Option<(&'a HeaderRow, Range<usize>)>,
    pub(super) xfcc: Option<XfccElement>,
    /// The last of those that are for one mode alone.
    of_verified: Option<&'a HeaderRow>,
    of_unverified: Option<&'a HeaderRow>,
}

impl<'a> Found<'a> {
    /// Nothing yet, of headers that have so many octets together.
    pub(super) fn of_headers(octets: usize, limits: ChainLimits) -> Self {
        let decoded = octets.div_ceil(4).saturating_mul(3);
        Self {
            room: decoded.min(limits.max_bytes),
            ..Self::default()
        }
    }

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
                    let leaf = rules.leaf(row, encoding, value, self.certificates_with_room())?;
                    self.add_leaf(row, leaf)?;
                }
            }
            Field::Chain(encoding) => {
                if let Some(value) = list_value(headers, row, encoding, rules)? {
                    let others =
                        rules.chain(row, encoding, &value, 1, self.certificates_with_room())?;
                    self.add_others(row, others)?;
                }
            }
            Field::LeafAndChain(encoding) => {
                if let Some(value) = list_value(headers, row, encoding, rules)? {
                    let whole =
                        rules.chain(row, encoding, &value, 0, self.certificates_with_room())?;
                    self.add_whole(row, whole, true)?;
                }
            }
            Field::NumberedChain(encoding) => {
                let others =
                    rules.numbered(headers, row, encoding, self.certificates_with_room())?;
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

    fn certificates_with_room(&mut self) -> &mut DerList {
        self.certificates
            .reserve(core::mem::take(&mut self.room));
        &mut self.certificates
    }

    /// The modes of what was found: a client is of one of them.
    pub(super) fn modes(&self) -> Result<Modes, ReceiveError> {
        if let (Some(row), Some(_)) = (self.of_unverified, self.of_verified) {
            return Err(ReceiveError::contradiction(
                row,
                "it is for passthrough, and another header is for verified clients",
            ));
        }
        Ok(Modes {
            verified: self.of_verified.is_some(),
            unverified: self.of_unverified.is_some(),
        })
    }

    fn note_mode(&mut self, row: &'a HeaderRow) {
        match row.when {
            When::Always => {}
            When::Unverified => self.of_unverified = Some(row),
            When::Verified => self.of_verified = Some(row),
        }
    }

    pub(super) fn add_whole(
        &mut self,
        row: &'a HeaderRow,
        whole: Range<usize>,
        says_chain: bool,
    ) -> Result<(), ReceiveError> {
        if whole.is_empty() {
            return Ok(());
        }
        self.add_leaf(row, whole.start)?;
        match says_chain {
            true => self.add_others(row, whole.start.saturating_add(1)..whole.end),
            false => Ok(()),
        }
    }

    /// The same leaf may come in two encodings.
    fn add_leaf(&mut self, row: &'a HeaderRow, leaf: usize) -> Result<(), ReceiveError> {
        self.note_mode(row);
        match &self.leaf {
            Some((_, found)) if self.certificates.get(*found) != self.certificates.get(leaf) => {
                Err(ReceiveError::contradiction(
                    row,
                    "another header carries another leaf",
                ))
            }
            Some(_) => Ok(()),
            None => {
                self.leaf = Some((row, leaf));
                Ok(())
            }
        }
    }

    fn add_others(&mut self, row: &'a HeaderRow, others: Range<usize>) -> Result<(), ReceiveError> {
        self.note_mode(row);
        match &self.others {
            Some((_, found)) if !self.der(found).eq(self.der(&others)) => Err(
                ReceiveError::contradiction(row, "another header carries another chain"),
            ),
            Some(_) => Ok(()),
            None => {
                self.others = Some((row, others));
                Ok(())
            }
        }
    }

    fn der(&self, range: &Range<usize>) -> impl Iterator<Item = &[u8]> {
        self.certificates
            .iter()
            .skip(range.start)
            .take(range.len())
    }

    /// The row of the others, if the leaf is among them.
    pub(super) fn repeats_leaf(&self) -> Option<&'a HeaderRow> {
        let (_, leaf) = self.leaf.as_ref()?;
        let leaf = self.certificates.get(*leaf)?;
        let (row, others) = self.others.as_ref()?;
        self.der(others)
            .any(|der| der == leaf)
            .then_some(*row)
    }

    /// The leaf and the others; `None` without a leaf.
    pub(super) fn into_chain(self) -> Option<CertChain> {
        let (_, leaf) = self.leaf?;
        let others = self
            .others
            .as_ref()
            .map(|(_, others)| others.clone());
        let others = others.unwrap_or(1..1);
        let are_in_order = (leaf, others.start, others.end) == (0, 1, self.certificates.len());
        match are_in_order {
            true => CertChain::of(self.certificates),
            false => Some(CertChain::behind(
                self.certificates.get(leaf)?,
                self.der(&others),
            )),
        }
    }
}
