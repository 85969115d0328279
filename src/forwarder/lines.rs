//! From values to header lines within a budget.

use http::HeaderName;
use http::header::HeaderValue;

use super::{ForwardError, TooLong};
use crate::header::{
    Carrier, Described, Field, HeaderProfile, HeaderRow, Value, encode, too_large,
};

/// How long lines may be, and what happens if they are not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) max_line_bytes: usize,
    pub(super) max_total_bytes: usize,
    pub(super) when_too_long: TooLong,
}

pub(super) type Line = (HeaderName, HeaderValue);

/// The headers of an identity, within the budget or by the outcome that was chosen.
pub(super) fn lines(
    profile: &HeaderProfile,
    budget: Budget,
    described: Described<'_>,
) -> Result<Vec<Line>, ForwardError> {
    let none = LeftOut::default();
    let first = attempt(profile, budget, &described, none);
    match (first, budget.when_too_long) {
        (Err(error), TooLong::LeaveChainOut) if is_too_long(&error) => {
            attempt(profile, budget, &described.without_chain(), none)
        }
        (Err(error @ ForwardError::TotalTooLong { .. }), TooLong::LeaveValueOut) => {
            let chain = LeftOut {
                chain: true,
                leaf: false,
            };
            let both = LeftOut {
                chain: true,
                leaf: true,
            };
            attempt(profile, budget, &described, chain)
                .or_else(|_| attempt(profile, budget, &described, both))
                .map_err(|_| error)
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

/// Which values are left out and flagged.
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

fn attempt(
    profile: &HeaderProfile,
    budget: Budget,
    described: &Described<'_>,
    mut left_out: LeftOut,
) -> Result<Vec<Line>, ForwardError> {
    let mut rows: Rows<'_> = Vec::new();
    let mut tokens: Vec<&str> = Vec::new();
    for row in profile.rows() {
        let forced = row
            .field
            .carrier()
            .is_some_and(|carrier| left_out.contains(carrier));
        let lines = row_lines(row, budget, described)?;
        let is_over = lines.iter().any(|line| {
            size(line) > budget.max_line_bytes
                || row
                    .max_bytes
                    .is_some_and(|most| line.1.len() > most)
        });
        match (row.field.carrier(), lines.first()) {
            (Some(carrier), Some(_)) if forced || is_over => {
                let may = row.max_bytes.is_some() || budget.when_too_long == TooLong::LeaveValueOut;
                if !may || !has_flag(profile, carrier) {
                    return Err(too_long(row, &lines, budget));
                }
                left_out.add(carrier);
                rows.push((row, vec![(row.name.clone(), String::new())]));
            }
            (None, Some(_)) if is_over && row.too_long_token.is_some() => {
                tokens.extend(row.too_long_token);
                rows.push((row, vec![(row.name.clone(), String::new())]));
            }
            (_, Some(_)) if is_over => return Err(too_long(row, &lines, budget)),
            _ => rows.push((row, lines)),
        }
    }
    set_flags(&mut rows, left_out);
    add_tokens(&mut rows, &tokens);
    let lines: Vec<(HeaderName, String)> = rows
        .into_iter()
        .flat_map(|(_, lines)| lines)
        .collect();
    let total = lines
        .iter()
        .map(size)
        .fold(0, usize::saturating_add);
    if total > budget.max_total_bytes {
        return Err(ForwardError::TotalTooLong {
            bytes: total,
            limit: budget.max_total_bytes,
        });
    }
    lines
        .into_iter()
        .map(|(name, value)| Ok((name.clone(), header_value(&name, value)?)))
        .collect()
}

/// A value that HPACK and QPACK never index.
pub(super) fn header_value(name: &HeaderName, value: String) -> Result<HeaderValue, ForwardError> {
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

/// Rows, and the lines of each.
type Rows<'a> = Vec<(&'a HeaderRow, Vec<(HeaderName, String)>)>;

/// Adds what was left out to the reason.
fn add_tokens(rows: &mut Rows<'_>, tokens: &[&str]) {
    for (row, lines) in rows {
        if tokens.is_empty() || !matches!(row.field, Field::Reason(_)) {
            continue;
        }
        let reason = lines
            .iter()
            .map(|(_, reason)| reason.as_str());
        let reason: Vec<&str> = reason
            .chain(tokens.iter().copied())
            .collect();
        *lines = vec![(row.name.clone(), reason.join(","))];
    }
}

fn set_flags(rows: &mut Rows<'_>, left_out: LeftOut) {
    for (row, lines) in rows {
        for carrier in [Carrier::Chain, Carrier::Leaf] {
            if let (true, Some(text)) = (left_out.contains(carrier), too_large(row, carrier)) {
                *lines = vec![(row.name.clone(), text.into())];
            }
        }
    }
}

/// A line as HTTP/1 has it: name, colon, space and value.
fn size((name, value): &(HeaderName, String)) -> usize {
    line_bytes(name, value.len())
}

pub(super) fn line_bytes(name: &HeaderName, value: usize) -> usize {
    name.as_str()
        .len()
        .saturating_add(2)
        .saturating_add(value)
}

/// The error for the longest of the lines of a row.
fn too_long(row: &HeaderRow, lines: &[(HeaderName, String)], budget: Budget) -> ForwardError {
    let own_limit = row
        .max_bytes
        .map(|most| line_bytes(&row.name, most));
    ForwardError::LineTooLong {
        header: row.name.clone(),
        bytes: lines
            .iter()
            .map(size)
            .max()
            .unwrap_or_default(),
        limit: own_limit
            .unwrap_or(usize::MAX)
            .min(budget.max_line_bytes),
    }
}

/// The lines of one row, before any limit but that lists are split if that was chosen.
fn row_lines(
    row: &HeaderRow,
    budget: Budget,
    described: &Described<'_>,
) -> Result<Vec<(HeaderName, String)>, ForwardError> {
    let one = |value: String| vec![(row.name.clone(), value)];
    Ok(match encode(row, described) {
        Value::Absent => row
            .absent
            .as_ref()
            .map_or_else(Vec::new, |mark| one(mark.clone().into_owned())),
        Value::List(members) => {
            let line = members.join(", ");
            let splits = budget.when_too_long == TooLong::SplitLines && row.max_bytes.is_none();
            match splits && line_bytes(&row.name, line.len()) > budget.max_line_bytes {
                true => split(row, budget, members),
                false => one(line),
            }
        }
        Value::Numbered(values) => {
            let mut lines = Vec::with_capacity(values.len());
            for (number, value) in values.into_iter().enumerate() {
                let name = format!("{}{number}", row.name);
                let name =
                    HeaderName::try_from(name).map_err(|_| ForwardError::NotAHeaderValue {
                        header: row.name.clone(),
                    })?;
                lines.push((name, value));
            }
            lines
        }
        Value::Text(text) => one(text),
        Value::Unwritable => {
            return Err(ForwardError::Unwritable {
                header: row.name.clone(),
            });
        }
    })
}

/// As many members a line as fit.
fn split(row: &HeaderRow, budget: Budget, members: Vec<String>) -> Vec<(HeaderName, String)> {
    let mut lines: Vec<(HeaderName, String)> = Vec::new();
    for member in members {
        match lines.last_mut() {
            Some(line)
                if size(line)
                    .saturating_add(2)
                    .saturating_add(member.len())
                    <= budget.max_line_bytes =>
            {
                line.1.push_str(", ");
                line.1.push_str(&member);
            }
            _ => lines.push((row.name.clone(), member)),
        }
    }
    lines
}
