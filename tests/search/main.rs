//! Finding a path: order, extras, roll-over, and what the search may cost.

mod candidates;
mod fates;
mod order;
mod outcome;
#[path = "../support/mod.rs"]
mod support;
