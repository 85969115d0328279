//! Measuring: ours and a peer's on the same work in the same run, as a ratio.
#![allow(dead_code, reason = "each bench uses a part of it")]

use std::hint::black_box;
use std::time::Instant;

use edge_mtls::pki_types::UnixTime;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, SanType,
};

/// Prints `name<TAB>ours_ns<TAB>peer<TAB>peer_ns<TAB>ratio`, ours over the peer's.
///
/// The two take turns, so that what disturbs the machine disturbs both; each figure is the lower quartile
/// of its rounds, which neighbours that come and go leave alone.
pub fn compare<A, B>(
    name: &str,
    mut ours: impl FnMut() -> A,
    peer: &str,
    mut theirs: impl FnMut() -> B,
) {
    compare_timed(
        name,
        |calls| time(calls, &mut ours),
        peer,
        |calls| time(calls, &mut theirs),
    )
}

/// The same of what takes its own time: each gets a number of calls, and gives nanoseconds a call.
pub fn compare_timed(
    name: &str,
    mut ours: impl FnMut(u32) -> f64,
    peer: &str,
    mut theirs: impl FnMut(u32) -> f64,
) {
    let rounds = if is_short() { 9 } else { 31 };
    let calls = calibrate(&mut ours).max(calibrate(&mut theirs));
    let mut own = Vec::with_capacity(rounds);
    let mut other = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        own.push(ours(calls));
        other.push(theirs(calls));
    }
    let (own, other) = (lower_quartile(own), lower_quartile(other));
    println!("{name}\t{own:.0}\t{peer}\t{other:.0}\t{:.3}", own / other);
}

/// How many nanoseconds the one takes more than the other: the median of the differences of its rounds.
pub fn difference<A, B>(mut ours: impl FnMut() -> A, mut theirs: impl FnMut() -> B) -> f64 {
    let calls = calibrate(&mut |calls| time(calls, &mut ours));
    let mut rounds: Vec<f64> = (0..if is_short() { 31 } else { 101 })
        .map(|_| time(calls, &mut ours) - time(calls, &mut theirs))
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// Whether this is a part of the summary, which is to be short.
pub fn is_short() -> bool {
    std::env::var_os("EDGE_MTLS_BENCH").is_some_and(|pace| pace == "short")
}

/// Nanoseconds a call.
pub fn time<T>(calls: u32, work: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}

/// How many calls take some two milliseconds.
fn calibrate(work: &mut impl FnMut(u32) -> f64) -> u32 {
    let mut calls = 1;
    while calls < 1 << 20 && work(calls) * f64::from(calls) < 2_000_000.0 {
        calls *= 2;
    }
    calls
}

fn lower_quartile(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 4]
}

/// Any instant within the validity of all certificates here.
pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000))
}

pub struct Ca {
    pub issuer: Issuer<'static, KeyPair>,
    pub der: Vec<u8>,
}

pub fn root(name: &str) -> Ca {
    root_with(name, KeyPair::generate().unwrap())
}

pub fn root_with(name: &str, key: KeyPair) -> Ca {
    let params = ca_params(name);
    Ca {
        der: params
            .self_signed(&key)
            .unwrap()
            .der()
            .to_vec(),
        issuer: Issuer::new(params, key),
    }
}

pub fn intermediate(ca: &Ca, name: &str) -> Ca {
    intermediate_with(ca, name, KeyPair::generate().unwrap())
}

pub fn intermediate_with(ca: &Ca, name: &str, key: KeyPair) -> Ca {
    let params = ca_params(name);
    Ca {
        der: params
            .signed_by(&key, &ca.issuer)
            .unwrap()
            .der()
            .to_vec(),
        issuer: Issuer::new(params, key),
    }
}

pub fn client(ca: &Ca, name: &str) -> Vec<u8> {
    client_key(ca, name).0
}

pub fn client_with(ca: &Ca, name: &str, key: KeyPair) -> Vec<u8> {
    leaf(ca, client_params(name), key).0
}

/// A client's certificate, and its key as PKCS #8.
pub fn client_key(ca: &Ca, name: &str) -> (Vec<u8>, Vec<u8>) {
    leaf(ca, client_params(name), KeyPair::generate().unwrap())
}

/// A server's certificate, and its key as PKCS #8.
pub fn server_key(ca: &Ca, name: &str) -> (Vec<u8>, Vec<u8>) {
    let mut params = params(name);
    params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
    leaf(ca, params, KeyPair::generate().unwrap())
}

fn leaf(ca: &Ca, params: CertificateParams, key: KeyPair) -> (Vec<u8>, Vec<u8>) {
    let certificate = params
        .signed_by(&key, &ca.issuer)
        .unwrap();
    (certificate.der().to_vec(), key.serialize_der())
}

fn client_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}
