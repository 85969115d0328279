//! What a response needs on its way to the client.

use http::header::{CACHE_CONTROL, EXPIRES, HeaderMap, HeaderName, HeaderValue, VARY};

use crate::header::StripSet;
use crate::policy::ClientAuthMode;

/// Makes a response fit for the client: `Vary` that names a certificate header becomes `*`, and in
/// passthrough nothing may be cached.
pub(super) fn prepare(strip: &StripSet, headers: &mut HeaderMap, mode: ClientAuthMode) {
    let names_ours = headers
        .get_all(VARY)
        .iter()
        .any(|line| {
            line.as_bytes()
                .split(|octet| *octet == b',')
                .any(|token| strip.contains(token.trim_ascii()))
        });
    if names_ours {
        headers.insert(VARY, HeaderValue::from_static("*"));
    }
    if mode == ClientAuthMode::Passthrough {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        for name in [EXPIRES, CDN_CACHE_CONTROL, SURROGATE_CONTROL] {
            headers.remove(name);
        }
    }
}

/// RFC 9213: caches of networks obey it rather than `Cache-Control`.
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
/// Its older kin.
const SURROGATE_CONTROL: HeaderName = HeaderName::from_static("surrogate-control");
