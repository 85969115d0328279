//! Envoy's modes that keep the `x-forwarded-client-cert` of a trusted hop.

use http::header::{HeaderMap, HeaderName};

use super::ForwardError;
use super::lines::{Budget, header_value, line_bytes};
use crate::header::{Field, HeaderProfile, XfccForwarding, parse_xfcc, write_xfcc};

/// Which header is kept.
#[derive(Clone, Debug)]
pub(super) struct KeepsIncoming {
    name: HeaderName,
    max_line_bytes: usize,
}

impl KeepsIncoming {
    pub(super) fn new(
        profile: &HeaderProfile,
        has_certificate: bool,
        budget: Budget,
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
                max_line_bytes: budget.max_line_bytes,
            })
        })
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

    /// Puts what came in before what was set.
    pub(super) fn put_back(
        &self,
        kept: Option<String>,
        headers: &mut HeaderMap,
    ) -> Result<(), ForwardError> {
        let Some(mut value) = kept else {
            return Ok(());
        };
        if let Some(own) = headers
            .get(&self.name)
            .and_then(|own| own.to_str().ok())
        {
            value.push(',');
            value.push_str(own);
        }
        let bytes = line_bytes(&self.name, value.len());
        if bytes > self.max_line_bytes {
            return Err(ForwardError::LineTooLong {
                header: self.name.clone(),
                bytes,
                limit: self.max_line_bytes,
            });
        }
        let value = header_value(&self.name, value)?;
        headers
            .try_insert(&self.name, value)
            .map(|_| ())
            .map_err(|_| ForwardError::TooManyHeaders)
    }
}
