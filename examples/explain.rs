//! Why is a certificate refused? It judges the chain in a file as the example `edge` would, and prints
//! what was looked at.
//!
//! `cargo run --example explain -- --help`

#[path = "shared/args.rs"]
mod args;
#[path = "shared/chains.rs"]
mod chains;
#[path = "shared/revocation.rs"]
mod revocation;
#[path = "shared/settings.rs"]
mod settings;

use std::process::ExitCode;

use args::Args;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::pki_types::{CertificateDer, UnixTime};
use edge_mtls::{CertChain, Time};
use rustls::crypto::aws_lc_rs;

const USAGE: &str = "\
Says why a client certificate is accepted or refused: what each certificate says,
who may have issued it, the path that was taken, or the nearest one and what would
mend it. Ends with status 0 if it is accepted, 1 if it is refused, 2 on an error.

usage: cargo run --example explain -- --trust-store PEM --chain PEM [OPTIONS]

  --chain PEM                  what the client presents, its own certificate first
  --trust-store PEM            CA certificates of clients
  --pin PEM                    clients' certificates that need no CA
  --at TIME                    judge at this time, such as 2026-11-22T12:00:00Z;
                               now otherwise
  --allow-expired-anchors      accept CA certificates that have expired
  --allow-expired-pins         accept certificates of --pin that have expired
  --ignore-expiry              accept clients' certificates that have expired
  --require-client-auth-eku    demand the extended key usage clientAuth
  --require-rfc5280-profile    demand all that RFC 5280 asks of CAs
  --crl FILE                   revocation lists, PEM or DER; may be repeated
  --crl-leaf-only              ask them about the client's certificate alone
  --allow-expired-crls         believe them after the next ones are due
  --allow-unknown-status       accept clients of whom they do not say
  --deny ENTRY                 refuse the certificate in this PEM file, that of
                               sha256:HEX, or all certificates for the key of
                               key-sha256:HEX; may be repeated
  --help                       this text";

fn main() -> ExitCode {
    settings::run("explain", USAGE, explain)
}

fn explain() -> Result<ExitCode, String> {
    let values = [
        "--chain",
        "--trust-store",
        "--pin",
        "--at",
        "--crl",
        "--deny",
    ];
    let flags = [
        "--crl-leaf-only",
        "--allow-expired-crls",
        "--allow-unknown-status",
    ];
    let flags: Vec<&str> = flags
        .into_iter()
        .chain(chains::RULES)
        .collect();
    let args = Args::parse(std::env::args().skip(1), &values, &flags)?;
    let policy = chains::chain_policy(&args, "--trust-store", &aws_lc_rs::default_provider())?
        .ok_or("--trust-store or --pin is missing, by which the chain is judged; --help shows the options")?
        .with_deny_list(revocation::deny_list(&args)?);
    let explanation = policy.explain(&chain(&args)?, time(&args)?);
    settings::say(&explanation.to_string());
    Ok(match explanation.verdict() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn chain(args: &Args) -> Result<CertChain, String> {
    let path = args
        .optional("--chain")?
        .ok_or("--chain is missing, the chain to judge; --help shows the options")?;
    let pem = settings::read_file("--chain", path)?;
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| format!("--chain {path} is broken PEM; it may have been cut short"))?;
    CertChain::from_der(&certificates).ok_or_else(|| {
        format!("--chain {path} holds no certificate; a PEM file has -----BEGIN CERTIFICATE-----")
    })
}

fn time(args: &Args) -> Result<UnixTime, String> {
    let Some(text) = args.optional("--at")? else {
        return Ok(UnixTime::now());
    };
    text.parse::<Time>()
        .ok()
        .and_then(Time::to_unix_time)
        .ok_or_else(|| {
            format!("--at {text} is no time since 1970; use one such as 2026-11-22T12:00:00Z")
        })
}
