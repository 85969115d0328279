//! An origin behind an edge: it answers with what the certificate headers say, and with its own
//! verdict.
//!
//! `cargo run --example origin -- --help`

#[path = "shared/origin.rs"]
mod app;
#[path = "shared/args.rs"]
mod args;
#[path = "shared/revocation.rs"]
mod revocation;
#[path = "shared/serving.rs"]
mod serving;
#[path = "shared/settings.rs"]
mod settings;

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use app::Origin;
use args::Args;
use edge_mtls::{CertReceiver, ChainPolicy, HeaderProfile};
use rustls::crypto::aws_lc_rs;

const USAGE: &str = "\
Answers each request with the client certificate that the edge forwarded.

usage: cargo run --example origin -- [OPTIONS]

  --listen ADDRESS      where to listen for plain HTTP; 127.0.0.1:8080 otherwise
  --trusted-hop IP      an edge whose headers are believed; may be repeated;
                        127.0.0.1 otherwise
  --format FORMAT       rfc9440, cloudfront, nginx, haproxy, envoy and so on, as at
                        the edge; rfc9440 otherwise; a wrong one lists them all
  --trust-store PEM     CA certificates by which this origin judges clients itself
  --pin PEM             clients' certificates that need no CA
  --crl FILE            revocation lists, PEM or DER; may be repeated
  --deny ENTRY          refuse to verify the certificate in this PEM file, that of
                        sha256:HEX, or all certificates for the key of
                        key-sha256:HEX; may be repeated
  --foreign-edge        the edge is another product, which neither sets nor strips
                        Client-Cert-Status
  --require             refuse clients that --trust-store does not accept
  --help                this text";

fn main() -> ExitCode {
    settings::run("origin", USAGE, || serving::serve(run()))
}

async fn run() -> Result<(), String> {
    let args = Args::parse(
        std::env::args().skip(1),
        &[
            "--listen",
            "--trusted-hop",
            "--format",
            "--trust-store",
            "--pin",
            "--crl",
            "--deny",
        ],
        &["--require", "--foreign-edge"],
    )?;
    let origin = origin(&args)?;
    let listener = serving::listen(args.optional("--listen")?, "127.0.0.1:8080").await?;
    if let Ok(address) = listener.local_addr() {
        settings::say(&format!("listening on http://{address}"));
    }
    origin
        .serve(listener)
        .await
        .map_err(|error| error.to_string())
}

fn origin(args: &Args) -> Result<Origin, String> {
    let policy = chain_policy(args)?;
    let require = args.flag("--require");
    if require && policy.is_none() {
        return Err("--require needs --trust-store, by which clients are judged".into());
    }
    Ok(Origin {
        receiver: receiver(args)?,
        trusted_hops: trusted_hops(args)?,
        policy,
        require,
        log: settings::log,
    })
}

fn receiver(args: &Args) -> Result<CertReceiver, String> {
    let profile = serving::header_profile(args.optional("--format")?)?;
    let has_status = profile
        .header_names()
        .any(|name| name == HeaderProfile::STATUS_HEADER);
    let receiver = CertReceiver::new(profile);
    Ok(match has_status && !args.flag("--foreign-edge") {
        true => receiver.expect_status_header(),
        false => receiver,
    })
}

fn chain_policy(args: &Args) -> Result<Option<ChainPolicy>, String> {
    let revocation = revocation::revocation(args)?;
    let deny = revocation::deny_list(args)?;
    let Some(store) = settings::trust_store(args, "--trust-store")? else {
        return match (revocation, deny.is_empty()) {
            (None, true) => Ok(None),
            _ => Err("--crl and --deny have no effect without --trust-store; add that".into()),
        };
    };
    let mut builder = ChainPolicy::builder(store).deny(deny);
    if let Some(revocation) = revocation {
        builder = builder.revocation(revocation);
    }
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    builder
        .build(algorithms.all)
        .map(Some)
        .map_err(|error| error.to_string())
}

fn trusted_hops(args: &Args) -> Result<Vec<IpAddr>, String> {
    let hops: Vec<IpAddr> = args
        .all("--trusted-hop")
        .map(|hop| {
            hop.parse().map_err(|_| {
                format!("--trusted-hop {hop} is not an IP address; use one such as 127.0.0.1")
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(match hops.is_empty() {
        true => vec![Ipv4Addr::LOCALHOST.into()],
        false => hops,
    })
}
