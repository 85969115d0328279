//! What several test files use.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod counting;
pub mod crl;
pub mod der;
pub mod edge;
pub mod pki;
pub mod points;
pub mod revocation;
pub mod tls;
