//! What edge and origin have in common as programs: options, and lines of output. Errors are
//! sentences that begin with the option to change.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use edge_mtls::{HeaderProfile, TrustStore};
use tokio::net::TcpListener;

use crate::args::Args;

/// Runs a program, or prints its usage if asked to; a wrong option or file ends it with a sentence
/// and status 2.
pub async fn run(
    name: &str,
    usage: &str,
    program: impl Future<Output = Result<(), String>>,
) -> ExitCode {
    if std::env::args().any(|word| word == "--help") {
        say(usage);
        return ExitCode::SUCCESS;
    }
    match program.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{name}: {sentence}");
            ExitCode::from(2)
        }
    }
}

/// The contents of the file that an option names.
pub fn read_file(option: &str, path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{option} {path} cannot be read: {error}"))
}

/// The CA certificates in the PEM file that `option` names, and the leaves in that of `--pin`; `None`
/// if there is neither option.
pub fn trust_store(args: &Args, option: &str) -> Result<Option<TrustStore>, String> {
    let read = |option: &str| match args.optional(option)? {
        Some(path) => Ok(Some((format!("{option} {path}"), read_file(option, path)?))),
        None => Ok::<_, String>(None),
    };
    let (anchors, pinned) = (read(option)?, read("--pin")?);
    let mut builder = TrustStore::builder();
    let mut names = Vec::new();
    if let Some((name, pem)) = &anchors {
        builder = builder.pem(pem);
        names.push(name.as_str());
    }
    if let Some((name, pem)) = &pinned {
        builder = builder.pin_pem(pem);
        names.push(name);
    }
    match names[..] {
        [] => Ok(None),
        _ => builder
            .build()
            .map(Some)
            .map_err(|error| format!("{}: {error}", names.join(", "))),
    }
}

/// The header profile of `--format`.
pub fn header_profile(format: Option<&str>) -> Result<HeaderProfile, String> {
    let format = format.unwrap_or("rfc9440");
    HeaderProfile::preset(format).ok_or_else(|| {
        let names: Vec<&str> = HeaderProfile::preset_names().collect();
        format!(
            "--format {format} is not known; use one of {}",
            names.join(", ")
        )
    })
}

/// A listener on the address of `--listen`.
pub async fn listen(address: Option<&str>, default: &str) -> Result<TcpListener, String> {
    let address = address.unwrap_or(default);
    let socket_address: SocketAddr = address.parse().map_err(|_| {
        format!("--listen {address} is not an address and a port; use one such as {default}")
    })?;
    TcpListener::bind(socket_address)
        .await
        .map_err(|error| format!("--listen {address} cannot be used ({error}); use another"))
}

/// Prints a line. That nobody reads it is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The same for the log.
pub fn log(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
