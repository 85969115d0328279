//! Envoy's modes that keep the `x-forwarded-client-cert` of a trusted hop.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::ForwardError;
use super::lines::{Budget, Line, header_value, line_bytes};
use crate::header::{FORWARDED, Field, HeaderProfile, XfccForwarding, parse_xfcc, write_xfcc};

/// Which header is kept, and how.
#[derive(Clone, Debug)]
pub(super) struct KeepsIncoming {
    name: HeaderName,
    /// Whether this hop's element goes behind what is kept.
    appends: bool,
    status: Option<HeaderName>,
    budget: Budget,
    /// The size of what this hop sets.
    own_bytes: usize,
}

impl KeepsIncoming {
    pub(super) fn new(
        profile: &HeaderProfile,
        has_certificate: bool,
        budget: Budget,
        own: &[Line],
    ) -> Option<Self> {
        profile.rows().iter().find_map(|row| {
            let Field::Xfcc(xfcc) = &row.field else {
                return None;
            };
            let keeps = match xfcc.forwarding {
                XfccForwarding::AlwaysForwardOnly => true,
                XfccForwarding::AppendForward | XfccForwarding::ForwardOnly => has_certificate,
                XfccForwarding::Sanitize | XfccForwarding::SanitizeSet => false,
            };
            keeps.then(|| Self {
                name: row.name.clone(),
                appends: xfcc.writes(),
                status: profile.status_header().cloned(),
                budget,
                own_bytes: own_bytes(profile, xfcc.writes(), own),
            })
        })
    }

    /// The same beside other headers of this hop.
    pub(super) fn beside(&self, profile: &HeaderProfile, own: &[Line]) -> Self {
        Self {
            own_bytes: own_bytes(profile, self.appends, own),
            ..self.clone()
        }
    }

    /// What came in, written anew; before it is stripped.
    pub(super) fn read(&self, headers: &HeaderMap) -> Result<Option<String>, ForwardError> {
        let mut lines = headers.get_all(&self.name).iter();
        let Some(line) = lines.next() else {
            return Ok(None);
        };
        if lines.next().is_some() {
            return Err(ForwardError::RepeatedIncoming {
                header: self.name.clone(),
            });
        }
        // Written anew it may be shorter, by spaces and quotes; nothing much longer is looked at.
        self.check_line(line.len() / 2)?;
        let bad = |member, offset, fault| ForwardError::BadIncoming {
            header: self.name.clone(),
            member,
            offset,
            fault,
        };
        let text = line
            .to_str()
            .ok()
            .filter(|text| !text.contains('\t'))
            .ok_or_else(|| bad(1, 0, "it is not visible ASCII"))?;
        let elements =
            parse_xfcc(text).map_err(|fault| bad(fault.member, fault.offset, fault.what))?;
        Ok(Some(write_xfcc(&elements)))
    }

    /// Puts what came in before what was set, or in its place.
    pub(super) fn put_back(
        &self,
        kept: Option<String>,
        headers: &mut HeaderMap,
    ) -> Result<(), ForwardError> {
        let Some(mut value) = kept else {
            return Ok(());
        };
        let mut own_value_bytes = 0;
        if self.appends {
            let own = headers
                .get(&self.name)
                .and_then(|own| own.to_str().ok())
                .filter(|own| !own.is_empty());
            // Without this hop's element, the last one would be taken for it.
            let Some(own) = own else {
                return Ok(());
            };
            own_value_bytes = own.len();
            value.push(',');
            value.push_str(own);
        }
        self.check_line(value.len())?;
        let bytes = self
            .own_bytes
            .saturating_add(line_bytes(&self.name, value.len()))
            .saturating_sub(match self.appends {
                true => line_bytes(&self.name, own_value_bytes),
                false => 0,
            });
        if bytes > self.budget.max_total_bytes {
            return Err(ForwardError::TotalTooLong {
                bytes,
                limit: self.budget.max_total_bytes,
            });
        }
        let value = header_value(&self.name, value.into_bytes())?;
        insert(headers, &self.name, value)?;
        match &self.status {
            Some(status) if !self.appends => {
                let mut forwarded = HeaderValue::from_static(FORWARDED);
                forwarded.set_sensitive(true);
                insert(headers, status, forwarded)
            }
            _ => Ok(()),
        }
    }

    fn check_line(&self, value: usize) -> Result<(), ForwardError> {
        let bytes = line_bytes(&self.name, value);
        match bytes > self.budget.max_line_bytes {
            true => Err(ForwardError::LineTooLong {
                header: self.name.clone(),
                bytes,
                limit: self.budget.max_line_bytes,
            }),
            false => Ok(()),
        }
    }
}

/// The size of what this hop sets, once the status says what is handed on.
fn own_bytes(profile: &HeaderProfile, appends: bool, own: &[Line]) -> usize {
    own.iter()
        .map(
            |(name, value)| match Some(name) == profile.status_header() {
                true if !appends => line_bytes(name, FORWARDED.len()),
                _ => line_bytes(name, value.len()),
            },
        )
        .fold(0, usize::saturating_add)
}

fn insert(
    headers: &mut HeaderMap,
    name: &HeaderName,
    value: HeaderValue,
) -> Result<(), ForwardError> {
    headers
        .try_insert(name, value)
        .map(|_| ())
        .map_err(|_| ForwardError::TooManyHeaders)
}
