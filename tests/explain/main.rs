//! `ChainPolicy::explain`: what it says of each mistake, and that it never says another thing than
//! `evaluate`.

mod agreement;
mod bounds;
mod findings;
mod hints;
#[cfg(feature = "serde")]
mod json;
#[path = "../support/mod.rs"]
mod support;
mod texts;
