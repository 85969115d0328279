//! Request heads as clients send them, none of whose headers is about certificates.

use http::{HeaderMap, HeaderName, HeaderValue};

type Head = &'static [(&'static str, &'static str)];

/// Of two browsers, curl, a Go program, something behind a CDN, and gRPC.
pub fn heads() -> Vec<HeaderMap> {
    [CHROME, FIREFOX, CURL, GO, BEHIND_A_CDN, GRPC]
        .into_iter()
        .map(|head| {
            head.iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect()
        })
        .collect()
}

const CHROME: Head = &[
    ("host", "a.example"),
    ("cache-control", "max-age=0"),
    ("sec-ch-ua", "\"Chromium\";v=\"130\""),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("upgrade-insecure-requests", "1"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ("accept", "text/html,application/xhtml+xml"),
    ("sec-fetch-site", "none"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-user", "?1"),
    ("sec-fetch-dest", "document"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9"),
    ("cookie", "a=b"),
    ("priority", "u=0, i"),
];

const FIREFOX: Head = &[
    ("host", "a.example"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0)"),
    ("accept", "text/html,application/xhtml+xml"),
    ("accept-language", "en-GB,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("connection", "keep-alive"),
    ("cookie", "a=b"),
    ("upgrade-insecure-requests", "1"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "none"),
    ("sec-fetch-user", "?1"),
    ("priority", "u=0, i"),
];

const CURL: Head = &[
    ("host", "a.example"),
    ("user-agent", "curl/8.10.1"),
    ("accept", "*/*"),
];

const GO: Head = &[
    ("host", "a.example"),
    ("user-agent", "Go-http-client/1.1"),
    ("content-length", "12"),
    ("content-type", "application/json"),
    ("authorization", "Bearer abc"),
    ("accept-encoding", "gzip"),
];

const BEHIND_A_CDN: Head = &[
    ("host", "a.example"),
    ("x-forwarded-for", "192.0.2.1"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-port", "443"),
    ("x-request-id", "1"),
    ("cf-ray", "1"),
    ("cf-connecting-ip", "192.0.2.1"),
    ("cdn-loop", "cloudflare"),
    ("user-agent", "Mozilla/5.0"),
    ("accept", "*/*"),
    ("content-type", "application/json"),
    ("content-length", "2"),
    ("traceparent", "00-1-1-01"),
];

const GRPC: Head = &[
    ("content-type", "application/grpc"),
    ("te", "trailers"),
    ("user-agent", "grpc-go/1.68.0"),
    ("grpc-timeout", "1S"),
    ("grpc-accept-encoding", "gzip"),
    ("x-b3-traceid", "1"),
];
