//! What stands behind the date of an entry: its extensions (RFC 5280 section 5.3).

use super::super::{ListFault, RevocationReason};
use crate::x509::der::{ENUMERATED, SEQUENCE, only};
use crate::x509::{Extensions, LONGEST_TEXT, capped, id};

/// What an entry says beside its serial number and date.
pub(super) struct EntryTail<'a> {
    pub(super) reason: Option<RevocationReason>,
    /// The octets that gave the reason.
    pub(super) octets: &'a [u8],
}

pub(super) fn read_tail(tail: &[u8], has_extensions: bool) -> Result<EntryTail<'_>, ListFault> {
    const PART: &str = "the extensions of an entry of revokedCertificates";
    let mut found = EntryTail {
        reason: None,
        octets: &[],
    };
    if tail.is_empty() {
        return Ok(found);
    }
    if !has_extensions {
        return Err(ListFault::Malformed(
            "an entry of a v1 list, which has extensions,",
        ));
    }
    let extensions = only(tail, SEQUENCE).ok_or(ListFault::Malformed(PART))?;
    for extension in Extensions::new(extensions.contents) {
        let extension = extension.map_err(|_| ListFault::Malformed(PART))?;
        match extension.oid.as_bytes() {
            id::REASON_CODE => {
                let reason = only(extension.value, ENUMERATED)
                    .and_then(|reason| RevocationReason::read(reason.contents));
                if reason.is_none() || found.reason.is_some() {
                    return Err(ListFault::Malformed("a reasonCode"));
                }
                found = EntryTail {
                    reason,
                    octets: extension.value,
                };
            }
            id::CERTIFICATE_ISSUER => return Err(ListFault::Indirect),
            // It only says more of what is revoked all the same.
            id::INVALIDITY_DATE | id::HOLD_INSTRUCTION => {}
            _ if extension.critical => {
                return Err(ListFault::UnhandledCriticalExtension {
                    oid: capped(extension.oid, LONGEST_TEXT),
                });
            }
            _ => {}
        }
    }
    Ok(found)
}
