//! What edge and origin have in common as programs: options, and lines of output. Errors are
//! sentences that begin with the option to change.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use edge_mtls::{HeaderProfile, TrustStore};
use tokio::net::TcpListener;

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

/// The CA certificates in the PEM file that an option names.
pub fn trust_store(option: &str, path: &str) -> Result<TrustStore, String> {
    TrustStore::from_pem(&read_file(option, path)?)
        .map_err(|error| format!("{option} {path}: {error}"))
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
