//! `openssl verify`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::certificate::Made;
use crate::support::crl::pem;
use crate::support::pki::NOW_SECONDS;

pub struct Openssl {
    /// Where the files are written; removed in the end.
    folder: PathBuf,
}

/// Why it refuses.
#[derive(Debug)]
pub struct Refused {
    /// The number of its error, as in `X509_V_ERR_CERT_HAS_EXPIRED`, 10.
    pub number: u32,
    pub words: String,
}

impl Openssl {
    /// `None`, and a word about it, if there is no OpenSSL.
    pub fn find() -> Option<Self> {
        let Ok(version) = Command::new("openssl")
            .arg("version")
            .output()
        else {
            eprintln!("SKIPPED: openssl is not installed");
            return None;
        };
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        if !version.starts_with("OpenSSL 3.") {
            eprintln!("SKIPPED: openssl is not OpenSSL 3 but {version}");
            return None;
        }
        let folder = format!("edge-mtls-differential-chains-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        Some(Self { folder })
    }

    /// Whether it accepts the chain.
    pub fn verify(&self, anchors: &[Made], others: &[Made], leaf: &Made) -> Result<(), Refused> {
        for (file, certificates) in [
            ("roots.pem", anchors),
            ("others.pem", others),
            ("leaf.pem", std::slice::from_ref(leaf)),
        ] {
            let text: String = certificates
                .iter()
                .map(|made| pem("CERTIFICATE", &made.der))
                .collect();
            fs::write(self.folder.join(file), text).unwrap();
        }
        let mut command = Command::new("openssl");
        command
            .args(["verify", "-purpose", "sslclient", "-partial_chain"])
            .args(["-no-CApath", "-no-CAstore", "-CAfile", "roots.pem"])
            .args(["-attime", &NOW_SECONDS.to_string()]);
        // It takes no file without certificates.
        if !others.is_empty() {
            command.args(["-untrusted", "others.pem"]);
        }
        let output = command
            .arg("leaf.pem")
            .current_dir(&self.folder)
            .output()
            .unwrap();
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let number = words
            .lines()
            .find_map(|line| {
                line.strip_prefix("error ")?
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .unwrap_or_else(|| panic!("openssl did not judge: {words}"));
        Err(Refused { number, words })
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
