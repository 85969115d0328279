//! What a response needs on its way to the client.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, VARY};

use super::ForwardError;
use crate::header::StripSet;
use crate::policy::ClientAuthMode;

/// Makes a response fit for the client: `Vary` that names a certificate header becomes `*`, and in
/// passthrough nothing may be cached.
pub(super) fn prepare(
    strip: &StripSet,
    headers: &mut HeaderMap,
    mode: ClientAuthMode,
) -> Result<(), ForwardError> {
    let names_ours = headers
        .get_all(VARY)
        .iter()
        .any(|line| {
            line.as_bytes()
                .split(|octet| *octet == b',')
                .any(|token| strip.contains(token.trim_ascii()))
        });
    if names_ours {
        set(headers, VARY, "*")?;
    }
    if mode == ClientAuthMode::Passthrough {
        let obeyed: Vec<HeaderName> = headers
            .keys()
            .filter(|name| rules_caches(name))
            .cloned()
            .collect();
        for name in obeyed {
            headers.remove(name);
        }
        set(headers, CACHE_CONTROL, "private, no-store")?;
    }
    Ok(())
}

/// Sets a header to one line.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) -> Result<(), ForwardError> {
    headers.remove(&name);
    headers
        .try_insert(name, HeaderValue::from_static(value))
        .map(|_| ())
        .map_err(|_| ForwardError::TooManyHeaders)
}

/// Whether caches, or some of them, obey a header: RFC 9111, RFC 9213 and its older kin, nginx.
fn rules_caches(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("cache-control")
        || matches!(name, "expires" | "surrogate-control" | "x-accel-expires")
}
