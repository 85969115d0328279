//! What the examples have in common as programs: options, and lines of output. Errors are sentences
//! that begin with the option to change.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use edge_mtls::TrustStore;

use crate::args::Args;

/// Runs a program, or prints its usage if asked to; a wrong option or file ends it with a sentence
/// and status 2.
pub fn run(
    name: &str,
    usage: &str,
    program: impl FnOnce() -> Result<ExitCode, String>,
) -> ExitCode {
    if std::env::args().any(|word| word == "--help") {
        say(usage);
        return ExitCode::SUCCESS;
    }
    program().unwrap_or_else(|sentence| {
        eprintln!("{name}: {sentence}");
        ExitCode::from(2)
    })
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

/// Prints a line. That nobody reads it is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The same for the log.
pub fn log(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
