//! From values to header lines within a budget.

use http::HeaderName;
use http::header::HeaderValue;

use super::{ForwardError, TooLong};
use crate::header::{
    BETWEEN_MEMBERS, Carrier, Described, Field, HeaderProfile, HeaderRow, Value, encode, is_absent,
    too_large,
};

/// How long lines may be, and what happens if they are not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) max_line_bytes: usize,
    pub(super) max_total_bytes: usize,
    pub(super) when_too_long: TooLong,
}

impl Budget {
    /// Whether lines fit.
    pub(super) fn check(&self, lines: &[Line]) -> Result<(), ForwardError> {
        let mut total: usize = 0;
        for (name, value) in lines {
            let bytes = line_bytes(name, value.len());
            if bytes > self.max_line_bytes {
                return Err(ForwardError::LineTooLong {
                    header: name.clone(),
                    bytes,
                    limit: self.max_line_bytes,
                });
            }
            total = total.saturating_add(bytes);
        }
        match total > self.max_total_bytes {
            true => Err(ForwardError::TotalTooLong {
                bytes: total,
                limit: self.max_total_bytes,
            }),
            false => Ok(()),
        }
    }
}

pub(super) type Line = (HeaderName, HeaderValue);

/// The headers of an identity, within the budget or by the outcome that was chosen.
pub(super) fn lines(
    profile: &HeaderProfile,
    budget: Budget,
    described: Described<'_>,
) -> Result<Vec<Line>, ForwardError> {
    let first = attempt(profile, budget, &described, LeftOut::default());
    match (first, budget.when_too_long) {
        (Err(error), TooLong::LeaveChainOut)
            if is_too_long(&error) && says_that_chain_is_left_out(profile) =>
        {
            attempt(
                profile,
                budget,
                &described.without_chain(),
                LeftOut::default(),
            )
        }
        (Err(error @ ForwardError::TotalTooLong { .. }), TooLong::LeaveValueOut) => {
            [(true, false), (true, true)]
                .into_iter()
                .map(|(chain, leaf)| LeftOut { chain, leaf })
                .find_map(|left_out| attempt(profile, budget, &described, left_out).ok())
                .ok_or(error)
        }
        (first, _) => first,
    }
}

fn is_too_long(error: &ForwardError) -> bool {
    matches!(
        error,
        ForwardError::LineTooLong { .. } | ForwardError::TotalTooLong { .. }
    )
}

fn says_that_chain_is_left_out(profile: &HeaderProfile) -> bool {
    profile.status_header().is_some() || has_flag(profile, Carrier::Chain)
}

/// Which values are left out.
#[derive(Clone, Copy, Debug, Default)]
struct LeftOut {
    chain: bool,
    leaf: bool,
}

impl LeftOut {
    fn contains(self, carrier: Carrier) -> bool {
        match carrier {
            Carrier::Chain => self.chain,
            Carrier::Leaf => self.leaf,
        }
    }

    fn add(&mut self, carrier: Carrier) {
        match carrier {
            Carrier::Chain => self.chain = true,
            Carrier::Leaf => self.leaf = true,
        }
    }
}

/// Encodes everything but what is left out already, and leaves out what the profile's own limits, or
/// the outcome, say.
fn attempt(
    profile: &HeaderProfile,
    budget: Budget,
    described: &Described<'_>,
    mut left_out: LeftOut,
) -> Result<Vec<Line>, ForwardError> {
    let mut rows: Vec<RowLines<'_>> = Vec::with_capacity(profile.rows().len());
    for row in profile.rows() {
        rows.push(row_lines(row, budget, described)?);
    }
    let mut tokens: Vec<&str> = Vec::new();
    for row in &mut rows {
        let is_over_own = row
            .row
            .max_bytes
            .is_some_and(|most| row.value_bytes > most);
        let is_over_line = row
            .sizes()
            .any(|size| size > budget.max_line_bytes);
        let may_leave_out = is_over_own || budget.when_too_long == TooLong::LeaveValueOut;
        match (row.row.field.carrier(), row.row.too_long_token) {
            _ if !is_over_own && !is_over_line => {}
            (Some(carrier), _) if left_out.contains(carrier) => {}
            (Some(carrier), _) if may_leave_out && has_flag(profile, carrier) => {
                left_out.add(carrier);
            }
            (None, Some(token)) if is_over_own && has_reason(profile) => {
                tokens.push(token);
                row.empty();
            }
            _ => return Err(row.too_long(budget)),
        }
    }
    // RFC 9440 section 2.3: never a chain without its leaf.
    left_out.chain |= left_out.leaf;
    let emptied = empty(&mut rows, left_out, described.omits_chain());
    let is_flagged = |carrier| has_flag(profile, carrier);
    let is_silent = emptied.leaf && !is_flagged(Carrier::Leaf)
        || emptied.chain
            && !is_flagged(Carrier::Chain)
            && !(emptied.leaf || described.omits_chain());
    set_flags(&mut rows, emptied);
    add_tokens(&mut rows, &tokens);
    let total = rows
        .iter()
        .flat_map(RowLines::sizes)
        .fold(0, usize::saturating_add);
    if total > budget.max_total_bytes || is_silent {
        return Err(ForwardError::TotalTooLong {
            bytes: total,
            limit: budget.max_total_bytes,
        });
    }
    let mut lines = Vec::with_capacity(
        rows.iter()
            .map(|row| row.sizes().count())
            .sum(),
    );
    for RowLines {
        row, own, others, ..
    } in rows
    {
        if let Some(value) = own {
            lines.push((row.name.clone(), header_value(&row.name, value)?));
        }
        for (name, value) in others {
            let value = header_value(&name, value)?;
            lines.push((name, value));
        }
    }
    Ok(lines)
}

/// Empties the carriers that are left out, and tells which there were.
fn empty(rows: &mut [RowLines<'_>], left_out: LeftOut, omits_chain: bool) -> LeftOut {
    let mut emptied = LeftOut {
        chain: omits_chain,
        leaf: false,
    };
    for row in rows {
        match row.row.field.carrier() {
            Some(carrier) if left_out.contains(carrier) && row.value_bytes > 0 => {
                emptied.add(carrier);
                row.empty();
            }
            _ => {}
        }
    }
    emptied
}

/// The lines of one row.
struct RowLines<'a> {
    row: &'a HeaderRow,
    /// The value of the first line with the row's own name.
    own: Option<Vec<u8>>,
    /// What a list was split into, or numbered lines.
    others: Vec<(HeaderName, Vec<u8>)>,
    /// How long the value is, or would be on one line; 0 for none, or a mark of absence.
    value_bytes: usize,
}

impl RowLines<'_> {
    fn values(&self) -> impl Iterator<Item = &[u8]> {
        let others = self
            .others
            .iter()
            .map(|(_, value)| value);
        self.own
            .iter()
            .chain(others)
            .map(Vec::as_slice)
    }

    /// How long each line is.
    fn sizes(&self) -> impl Iterator<Item = usize> {
        let own = self
            .own
            .iter()
            .map(|value| line_bytes(&self.row.name, value.len()));
        own.chain(self.others.iter().map(size))
    }

    /// Has one line instead of those that there are.
    fn replace(&mut self, value: Vec<u8>) {
        self.own = Some(value);
        self.others = Vec::new();
    }

    fn empty(&mut self) {
        match self.row.field {
            Field::NumberedChain(_) => self.others = Vec::new(),
            _ => self.replace(Vec::new()),
        }
    }

    /// The error for the longest of the lines.
    fn too_long(&self, budget: Budget) -> ForwardError {
        let longest = self.sizes().max().unwrap_or_default();
        let own = self
            .row
            .max_bytes
            .filter(|most| self.value_bytes > *most)
            .map(|most| {
                (
                    line_bytes(&self.row.name, self.value_bytes),
                    line_bytes(&self.row.name, most),
                )
            });
        let (bytes, limit) = own.unwrap_or((longest, budget.max_line_bytes));
        ForwardError::LineTooLong {
            header: self.row.name.clone(),
            bytes,
            limit,
        }
    }
}

/// A value that HPACK and QPACK never index.
pub(super) fn header_value(name: &HeaderName, value: Vec<u8>) -> Result<HeaderValue, ForwardError> {
    let mut value = HeaderValue::try_from(value).map_err(|_| ForwardError::NotAHeaderValue {
        header: name.clone(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn has_flag(profile: &HeaderProfile, carrier: Carrier) -> bool {
    profile
        .rows()
        .iter()
        .any(|row| too_large(row, carrier).is_some())
}

fn has_reason(profile: &HeaderProfile) -> bool {
    profile
        .rows()
        .iter()
        .any(|row| matches!(row.field, Field::Reason(_)))
}

/// Adds what was left out to the reason.
fn add_tokens(rows: &mut [RowLines<'_>], tokens: &[&str]) {
    for row in rows {
        if tokens.is_empty() || !matches!(row.row.field, Field::Reason(_)) {
            continue;
        }
        let tokens = tokens
            .iter()
            .map(|token| token.as_bytes());
        let reason: Vec<&[u8]> = row.values().chain(tokens).collect();
        row.replace(reason.join(&b","[..]));
    }
}

fn set_flags(rows: &mut [RowLines<'_>], emptied: LeftOut) {
    for row in rows {
        for carrier in [Carrier::Chain, Carrier::Leaf] {
            if let (true, Some(text)) = (emptied.contains(carrier), too_large(row.row, carrier)) {
                row.replace(text.into());
            }
        }
    }
}

/// A line as HTTP/1 has it: name, colon, space and value.
fn size((name, value): &(HeaderName, Vec<u8>)) -> usize {
    line_bytes(name, value.len())
}

pub(super) fn line_bytes(name: &HeaderName, value: usize) -> usize {
    name.as_str()
        .len()
        .saturating_add(2)
        .saturating_add(value)
}

/// The lines of one row, before any limit but that lists are split if that was chosen.
fn row_lines<'a>(
    row: &'a HeaderRow,
    budget: Budget,
    described: &Described<'_>,
) -> Result<RowLines<'a>, ForwardError> {
    let unwritable = || ForwardError::Unwritable {
        header: row.name.clone(),
    };
    let mut lines = RowLines {
        row,
        own: None,
        others: Vec::new(),
        value_bytes: 0,
    };
    match encode(row, described) {
        Value::Absent => {
            lines.own = row
                .absent
                .as_ref()
                .map(|mark| mark.as_bytes().to_vec());
            return Ok(lines);
        }
        Value::List(line) => {
            lines.value_bytes = line.len();
            let splits = budget.when_too_long == TooLong::SplitLines;
            match splits && line_bytes(&row.name, line.len()) > budget.max_line_bytes {
                true => lines.others = split(row, budget, &line),
                false => lines.own = Some(line),
            }
        }
        Value::Numbered(values) => {
            for (number, value) in values.into_iter().enumerate() {
                let name = HeaderName::try_from(format!("{}{number}", row.name));
                lines.value_bytes = lines.value_bytes.max(value.len());
                lines
                    .others
                    .push((name.map_err(|_| unwritable())?, value));
            }
        }
        Value::Text(text) => {
            lines.value_bytes = text.len();
            lines.own = Some(text);
        }
        Value::Unwritable => return Err(unwritable()),
    }
    // What the client presented must not read as if it had presented nothing.
    match row.field.carrier().is_some() && lines.values().any(is_absent) {
        true => Err(unwritable()),
        false => Ok(lines),
    }
}

/// As many members a line as fit; no member holds a comma.
fn split(row: &HeaderRow, budget: Budget, list: &[u8]) -> Vec<(HeaderName, Vec<u8>)> {
    let mut lines: Vec<(HeaderName, Vec<u8>)> = Vec::new();
    for member in list.split(|octet| *octet == b',') {
        let member = member.trim_ascii_start();
        match lines.last_mut() {
            Some(line)
                if size(line)
                    .saturating_add(BETWEEN_MEMBERS.len())
                    .saturating_add(member.len())
                    <= budget.max_line_bytes =>
            {
                line.1
                    .extend_from_slice(BETWEEN_MEMBERS.as_bytes());
                line.1.extend_from_slice(member);
            }
            _ => lines.push((row.name.clone(), member.to_owned())),
        }
    }
    lines
}
