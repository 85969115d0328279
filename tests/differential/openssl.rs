//! `openssl verify`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::pki::NOW_SECONDS;
use crate::world::World;

pub struct Openssl {
    /// Where the files are written; removed in the end.
    folder: PathBuf,
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
        let folder = format!("edge-mtls-differential-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        Some(Self { folder })
    }

    /// Whether it accepts the chain; if not, in its words.
    pub fn verify(&self, world: &World) -> Result<(), String> {
        for (file, text) in [
            ("root.pem", world.root_pem()),
            ("others.pem", world.others_pem()),
            ("lists.pem", world.lists_pem()),
            ("leaf.pem", world.leaf_pem()),
        ] {
            fs::write(self.folder.join(file), text).unwrap();
        }
        let output = Command::new("openssl")
            .args(["verify", "-no-CApath", "-no-CAstore"])
            // It looks for the issuer of a delegate there, and not among those of `-trusted`.
            .args(["-CAfile", "root.pem", "-untrusted", "others.pem"])
            .args(["-CRLfile", "lists.pem", "-crl_check_all", "-extended_crl"])
            .args(["-attime", &NOW_SECONDS.to_string(), "leaf.pem"])
            .current_dir(&self.folder)
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
