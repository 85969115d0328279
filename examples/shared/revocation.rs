//! The options about revocation that edge and origin have in common: `--crl` and `--deny`.

use edge_mtls::pki_types::CertificateDer;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::{
    Certificate, DenyList, ListReport, Revocation, RevocationDepth, RevocationLists,
    RevocationListsError, UnknownStatus,
};

use crate::args::Args;
use crate::settings;

/// How the lists of `--crl` are used, if there are any.
pub fn revocation(args: &Args) -> Result<Option<Revocation>, String> {
    let options = [
        "--crl-leaf-only",
        "--allow-expired-crls",
        "--allow-unknown-status",
    ];
    let Some(lists) = lists(args)? else {
        return match options
            .iter()
            .find(|option| args.flag(option))
        {
            Some(option) => Err(format!("{option} has no effect without --crl; add that")),
            None => Ok(None),
        };
    };
    let mut revocation = Revocation::new(lists);
    if args.flag("--crl-leaf-only") {
        revocation = revocation.depth(RevocationDepth::Leaf);
    }
    if args.flag("--allow-expired-crls") {
        revocation = revocation.allow_expired_lists();
    }
    if args.flag("--allow-unknown-status") {
        revocation = revocation.on_unknown(UnknownStatus::Allow);
    }
    Ok(Some(revocation))
}

/// What `--deny` names.
pub fn deny_list(args: &Args) -> Result<DenyList, String> {
    args.all("--deny")
        .try_fold(DenyList::new(), deny)
}

/// The lists of all files. One that is refused leaves its certificates without a status, which is
/// less than to refuse everybody.
fn lists(args: &Args) -> Result<Option<RevocationLists>, String> {
    let mut builder = RevocationLists::builder();
    let mut has_files = false;
    for path in args.all("--crl") {
        has_files = true;
        for report in read_lists(path)? {
            match &report.outcome {
                Ok(list) => {
                    settings::log(&format!("--crl {path}: {report}"));
                    builder = builder.list(list.clone());
                }
                Err(_) => settings::log(&format!("warning: --crl {path}: {report}")),
            }
        }
    }
    match (has_files, builder.build()) {
        (false, _) => Ok(None),
        (true, Ok(lists)) => Ok(Some(lists)),
        (true, Err(_)) => Err(
            "--crl: every list is refused, for the reasons above; load others, or leave --crl out"
                .into(),
        ),
    }
}

/// What became of each list in a file.
fn read_lists(path: &str) -> Result<Vec<ListReport>, String> {
    let file = settings::read_file("--crl", path)?;
    let is_pem = file
        .windows(10)
        .any(|window| window == b"-----BEGIN");
    let builder = match is_pem {
        true => RevocationLists::builder().pem(&file),
        false => RevocationLists::builder().der(&file),
    };
    match builder.build_with_report() {
        Ok((_, reports)) => Ok(reports),
        Err(RevocationListsError::Refused { refused, .. }) => Ok(refused),
        Err(error) => Err(format!("--crl {path}: {error}")),
    }
}

/// Adds an entry: a digest, or the file of a certificate.
fn deny(list: DenyList, entry: &str) -> Result<DenyList, String> {
    let digest = |hex| {
        read_digest(hex).ok_or_else(|| {
            format!("--deny {entry} is not a SHA-256; use one of 64 hexadecimal digits")
        })
    };
    if let Some(hex) = entry.strip_prefix("sha256:") {
        return Ok(list.certificate_sha256(digest(hex)?));
    }
    if let Some(hex) = entry.strip_prefix("key-sha256:") {
        return Ok(list.key_sha256(digest(hex)?));
    }
    let pem = settings::read_file("--deny", entry)?;
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| format!("--deny {entry} is broken PEM; it may have been cut short"))?;
    // A CA behind a leaf in the same file would take all its clients along.
    let [der] = &*certificates else {
        return Err(format!(
            "--deny {entry} holds {} certificates; use a PEM file with one, and --deny for each",
            certificates.len()
        ));
    };
    let certificate = Certificate::from_der(der).map_err(|error| {
        format!("--deny {entry}: {error}; sha256: with its digest denies it all the same")
    })?;
    Ok(list.certificate(&certificate))
}

/// Reads 64 hexadecimal digits, with or without colons.
fn read_digest(hex: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = hex
        .chars()
        .filter(|letter| *letter != ':')
        .map(|letter| u8::try_from(letter.to_digit(16)?).ok())
        .collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks() else {
        return None;
    };
    let octets: Vec<u8> = pairs
        .iter()
        .map(|[high, low]| high << 4 | low)
        .collect();
    octets.try_into().ok()
}
