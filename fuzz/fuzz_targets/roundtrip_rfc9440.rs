//! Chains by the rfc9440 profile, there and back.

#![no_main]

use edge_mtls::HeaderProfile;
use edge_mtls_fuzz::header_round_trip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| header_round_trip(data, HeaderProfile::rfc9440));
