//! The verdict: `ChainPolicy::evaluate`, rule by rule.

mod breadth;
mod chain_rules;
mod dates;
mod expiry_ignored;
mod fingerprint;
mod hostile;
mod limits;
mod pinned;
mod profile;
mod purposes;
#[path = "../support/mod.rs"]
mod support;
