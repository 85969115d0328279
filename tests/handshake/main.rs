//! Real handshakes: TLS 1.2 and 1.3, under aws-lc-rs and under ring.

mod modes;
mod plugging;
mod policies;
mod possession;
mod replaced_lists;
mod resumption;
mod revocation;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
