//! A TLS edge: a reverse proxy with client certificates in one of the three modes.
//!
//! `cargo run --example edge -- --help`

#[path = "shared/args.rs"]
mod args;
#[path = "shared/chains.rs"]
mod chains;
#[path = "shared/proxy/mod.rs"]
mod proxy;
#[path = "shared/revocation.rs"]
mod revocation;
#[path = "shared/serving.rs"]
mod serving;
#[path = "shared/settings.rs"]
mod settings;

use std::process::ExitCode;
use std::sync::Arc;

use args::Args;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use edge_mtls::{
    CertForwarder, ChainPolicy, ClientAuthPolicy, ClientCertVerifier, Edge, Passthrough,
};
use hyper::Uri;
use hyper::http::uri::Authority;
use proxy::{Proxy, TlsParts};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

const USAGE: &str = "\
Ends TLS, asks clients for a certificate, and forwards requests to an origin.

usage: cargo run --example edge -- --mode MODE --trust-store PEM --cert PEM
           --key PEM --origin URL [OPTIONS]

  --mode MODE                  required, optional or passthrough
  --trust-store PEM            CA certificates of clients; not for passthrough
  --pin PEM                    clients' certificates that need no CA
  --cert PEM                   this server's certificate and its intermediates
  --key PEM                    its private key
  --origin URL                 where requests go, such as http://127.0.0.1:8080
  --listen ADDRESS             where to listen; 127.0.0.1:8443 otherwise
  --format FORMAT              rfc9440, cloudfront, nginx, haproxy, envoy and so on;
                               rfc9440 otherwise; a wrong one lists them all
  --advertise-ca-names         tell clients which CAs are trusted
  --allow-expired-anchors      accept CA certificates that have expired
  --allow-expired-pins         accept certificates of --pin that have expired
  --ignore-expiry              accept clients' certificates that have expired
  --require-client-auth-eku    demand the extended key usage clientAuth
  --require-rfc5280-profile    demand all that RFC 5280 asks of CAs
  --crl FILE                   revocation lists, PEM or DER; may be repeated
  --crl-leaf-only              ask them about the client's certificate alone
  --allow-expired-crls         believe them after the next ones are due
  --allow-unknown-status       accept clients of whom they do not say
  --deny ENTRY                 refuse in every mode the certificate in this PEM
                               file, that of sha256:HEX, or all certificates for
                               the key of key-sha256:HEX; may be repeated
  --advisory-trust-store PEM   passthrough only: what these CAs say is told to
                               the origin, and not enforced
  --help                       this text";

fn main() -> ExitCode {
    settings::run("edge", USAGE, || serving::serve(run()))
}

async fn run() -> Result<(), String> {
    let args = Args::parse(
        std::env::args().skip(1),
        &[
            "--mode",
            "--trust-store",
            "--pin",
            "--cert",
            "--key",
            "--origin",
            "--listen",
            "--format",
            "--advisory-trust-store",
            "--crl",
            "--deny",
        ],
        &[
            "--advertise-ca-names",
            "--crl-leaf-only",
            "--allow-expired-crls",
            "--allow-unknown-status",
        ]
        .into_iter()
        .chain(chains::RULES)
        .collect::<Vec<_>>(),
    )?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let policy = client_auth_policy(&args, &provider)?;
    let mode = policy.mode();
    let proxy = Proxy {
        tls: TlsParts::new(provider.clone(), server_certificate(&args, &provider)?)
            .map_err(|error| error.to_string())?,
        edge: Edge::new(
            ClientCertVerifier::new(policy, &provider).map_err(|error| error.to_string())?,
            CertForwarder::new(serving::header_profile(args.optional("--format")?)?),
        ),
        origin: origin(required(&args, "--origin")?)?,
        now: Box::new(UnixTime::now),
        log: Box::new(settings::log),
    };
    let listener = serving::listen(args.optional("--listen")?, "127.0.0.1:8443").await?;
    if let Ok(address) = listener.local_addr() {
        settings::say(&format!("listening on https://{address}, mode {mode}"));
    }
    Arc::new(proxy).serve(listener).await;
    Ok(())
}

fn client_auth_policy(args: &Args, provider: &CryptoProvider) -> Result<ClientAuthPolicy, String> {
    let policy = match required(args, "--mode")? {
        "required" => ClientAuthPolicy::required(enforced_policy(args, provider)?),
        "optional" => ClientAuthPolicy::optional(enforced_policy(args, provider)?),
        "passthrough" => passthrough(args, provider)?,
        other => {
            return Err(format!(
                "--mode {other} is not known; use required, optional or passthrough"
            ));
        }
    };
    match args.flag("--advertise-ca-names") {
        true => policy
            .advertise_ca_names()
            .map_err(|error| format!("--advertise-ca-names: {error}")),
        false => Ok(policy),
    }
}

fn enforced_policy(args: &Args, provider: &CryptoProvider) -> Result<ChainPolicy, String> {
    if args
        .optional("--advisory-trust-store")?
        .is_some()
    {
        return Err(
            "--advisory-trust-store is for passthrough; this mode enforces --trust-store".into(),
        );
    }
    let policy = chains::chain_policy(args, "--trust-store", provider)?
        .ok_or_else(|| missing("--trust-store"))?;
    Ok(policy.with_deny_list(revocation::deny_list(args)?))
}

fn passthrough(args: &Args, provider: &CryptoProvider) -> Result<ClientAuthPolicy, String> {
    if args
        .optional("--trust-store")?
        .is_some()
    {
        return Err(
            "--trust-store cannot be enforced in passthrough, where the origin decides; leave it \
             out, or use --advisory-trust-store to tell the origin what it says"
                .into(),
        );
    }
    let passthrough = Passthrough::default().deny(revocation::deny_list(args)?);
    let advisory = chains::chain_policy(args, "--advisory-trust-store", provider)?;
    Ok(match advisory {
        Some(policy) => passthrough.advisory(policy),
        None => passthrough,
    }
    .into())
}

fn server_certificate(args: &Args, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let cert_path = required(args, "--cert")?;
    let key_path = required(args, "--key")?;
    let cert_pem = settings::read_file("--cert", cert_path)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&cert_pem)
        .collect::<Result<_, _>>()
        .map_err(|_| format!("--cert {cert_path} is broken PEM; it may have been cut short"))?;
    if chain.is_empty() {
        return Err(format!(
            "--cert {cert_path} holds no certificate; it needs a line -----BEGIN CERTIFICATE-----"
        ));
    }
    let key_pem = settings::read_file("--key", key_path)?;
    let key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| {
        format!(
            "--key {key_path} holds no unencrypted private key; it needs a line \
             -----BEGIN PRIVATE KEY-----"
        )
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!("--key {key_path} is not the key of --cert {cert_path}; use the one it is for")
        }
        error => format!("--cert {cert_path} and --key {key_path} cannot be used: {error}"),
    })
}

fn origin(url: &str) -> Result<Authority, String> {
    let wrong =
        |fault: &str| format!("--origin {url} {fault}; use a URL such as http://127.0.0.1:8080");
    let uri: Uri = url
        .parse()
        .map_err(|_| wrong("is not a URL"))?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong(
            "is not for plain HTTP, the only kind this example speaks",
        ));
    }
    if uri.path() != "/" || uri.query().is_some() {
        return Err(wrong("has a path, and the path is the client's to choose"));
    }
    let authority = uri
        .authority()
        .ok_or_else(|| wrong("has no host"))?;
    let after_host = authority
        .as_str()
        .strip_prefix(authority.host());
    match (after_host, authority.port_u16()) {
        (Some(""), _) => format!("{authority}:80")
            .parse()
            .map_err(|_| wrong("has no host")),
        (Some(_), Some(_)) => Ok(authority.clone()),
        _ => Err(wrong(
            "has more than a host and a port, or no such port exists",
        )),
    }
}

fn required<'a>(args: &'a Args, option: &str) -> Result<&'a str, String> {
    args.optional(option)?
        .ok_or_else(|| missing(option))
}

fn missing(option: &str) -> String {
    format!("{option} is missing; --help says what it is")
}
