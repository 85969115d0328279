//! Signatures that are remembered: which, of what, and that no verdict is another for it.

mod forgetting;
mod keeping;
mod mutation;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;
