//! The edge as one object: real handshakes, the host's function, requests, and the log.

mod function;
mod headers;
mod names;
mod pinned;
mod ready_made;
mod record;
mod requests;
mod revocation;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
