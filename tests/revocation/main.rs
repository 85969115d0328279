//! Revocation: certificate revocation lists and deny lists, rule by rule.

mod causes;
mod choosing;
mod deny_list;
mod depth;
mod distribution_points;
mod expiry;
mod fingerprint;
mod loading;
mod model;
mod random;
mod recording;
mod refused_lists;
mod reports;
mod rollover;
mod scopes;
mod separate_keys;
mod serials;
mod signatures;
mod signers;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
mod unknown;
