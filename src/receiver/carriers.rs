//! From headers that carry certificates to their DER.

use http::header::HeaderMap;

use super::ReceiveError;
use super::rules::{Rules, list_value, only_value};
use crate::header::{Field, HeaderRow, When, XfccElement};

/// For which modes the carriers were that were there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Modes {
    pub(super) verified: bool,
    pub(super) unverified: bool,
}

/// What the carriers of a profile held.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) leaf: Option<(&'a HeaderRow, Vec<u8>)>,
    pub(super) others: Option<(&'a HeaderRow, Vec<Vec<u8>>)>,
    pub(super) xfcc: Option<XfccElement>,
    /// The last of those that are for one mode alone.
    of_verified: Option<&'a HeaderRow>,
    of_unverified: Option<&'a HeaderRow>,
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
                    self.add_whole(row, rules.chain(row, encoding, &value, 0)?, true)?;
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
        mut whole: Vec<Vec<u8>>,
        says_chain: bool,
    ) -> Result<(), ReceiveError> {
        if whole.is_empty() {
            return Ok(());
        }
        let leaf = whole.remove(0);
        self.add_leaf(row, leaf)?;
        match says_chain {
            true => self.add_others(row, whole),
            false => Ok(()),
        }
    }

    /// The same leaf may come in two encodings.
    fn add_leaf(&mut self, row: &'a HeaderRow, der: Vec<u8>) -> Result<(), ReceiveError> {
        self.note_mode(row);
        match &self.leaf {
            Some((_, found)) if *found != der => Err(ReceiveError::contradiction(
                row,
                "another header carries another leaf",
            )),
            Some(_) => Ok(()),
            None => {
                self.leaf = Some((row, der));
                Ok(())
            }
        }
    }

    fn add_others(&mut self, row: &'a HeaderRow, others: Vec<Vec<u8>>) -> Result<(), ReceiveError> {
        self.note_mode(row);
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
