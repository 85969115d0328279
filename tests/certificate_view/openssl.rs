//! Names and serial numbers, against the text of the `openssl` command where there is one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use edge_mtls::Certificate;

use crate::names::Openssl::{Differs, Refuses, Same};
use crate::names::{attribute_types, name_of_all_types, vectors};
use crate::support::der::*;
use crate::{KEY, certificate_of, text};

#[test]
fn names_have_the_text_of_openssl() {
    let Some(openssl) = OpensslCommand::find("names") else {
        return;
    };
    let names: Vec<_> = vectors()
        .into_iter()
        .map(|(name, _, _)| name)
        .collect();
    let subjects = openssl.subjects(&names);
    for ((name, ours, theirs), subject) in vectors().iter().zip(subjects) {
        let expected = match theirs {
            Same => Some(*ours),
            Differs(theirs) => Some(*theirs),
            Refuses => None,
        };
        assert_eq!(subject.as_deref(), expected, "{name:02x?}");
    }
}

#[test]
fn attribute_types_have_the_short_names_of_openssl() {
    let Some(openssl) = OpensslCommand::find("types") else {
        return;
    };
    let (name, expected) = name_of_all_types();
    assert_eq!(openssl.subjects(&[name]), [Some(expected)]);
}

#[test]
fn random_names_have_the_text_of_openssl() {
    const NAMES: usize = 300;

    let Some(openssl) = OpensslCommand::find("random") else {
        return;
    };
    let seed = std::env::var("EDGE_MTLS_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("EDGE_MTLS_SEED={seed}");
    let mut random = Random(seed);
    let names: Vec<_> = (0..NAMES)
        .map(|_| random.name())
        .collect();
    for (name, theirs) in names
        .iter()
        .zip(openssl.subjects(&names))
    {
        assert_eq!(
            theirs,
            Some(text(name)),
            "EDGE_MTLS_SEED={seed}: {name:02x?}"
        );
    }
}

/// SplitMix64: names that OpenSSL can read, without the cases in which its text is another.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn name(&mut self) -> Vec<u8> {
        let rdns: Vec<_> = (0..self.below(5))
            .map(|_| {
                let attributes: Vec<_> = (0..1 + self.below(3))
                    .map(|_| self.attribute())
                    .collect();
                set(&attributes)
            })
            .collect();
        sequence(&rdns)
    }

    fn attribute(&mut self) -> Vec<u8> {
        let kind = match self.below(4) {
            0 => format!("2.25.{}{}", self.next(), self.below(1_000)),
            1 => format!("1.3.6.1.4.1.{}.{}", self.next(), self.below(300)),
            _ => {
                let types: Vec<_> = attribute_types().collect();
                types[self.below(types.len())].0.clone()
            }
        };
        sequence(&[oid(&kind), self.value()])
    }

    fn value(&mut self) -> Vec<u8> {
        const LATIN_1: [u8; 4] = [NUMERIC_STRING, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING];
        const UNKNOWN: [u8; 8] = [7, 8, 9, 11, 13, 14, 15, 29];

        let characters = self.characters();
        let octets: Vec<u8> = characters
            .iter()
            .map(|character| *character as u8)
            .collect();
        match self.below(10) {
            0..=2 => {
                let text: String = characters.iter().collect();
                tlv(UTF8_STRING, text.as_bytes())
            }
            3..=5 if octets != b"#" => tlv(LATIN_1[self.below(4)], &octets),
            6 => {
                let units = characters.iter().flat_map(|character| {
                    let unit = u16::try_from(u32::from(*character)).unwrap_or(0x20ac);
                    unit.to_be_bytes()
                });
                tlv(BMP_STRING, &units.collect::<Vec<_>>())
            }
            7 => {
                let units = characters
                    .iter()
                    .flat_map(|character| u32::from(*character).to_be_bytes());
                tlv(UNIVERSAL_STRING, &units.collect::<Vec<_>>())
            }
            8 => tlv(UNKNOWN[self.below(8)], &octets),
            _ => bit_string(&octets),
        }
    }

    /// Up to 12 characters, many of them such that a text must escape.
    fn characters(&mut self) -> Vec<char> {
        const SPECIAL: [char; 16] = [
            ' ', ' ', '#', '"', '+', ',', ';', '<', '>', '\\', '=', '\0', '\r', '\n', '\u{7f}',
            '\u{202e}',
        ];
        let characters: Vec<char> = (0..self.below(13))
            .map(|_| match self.below(4) {
                0 => SPECIAL[self.below(SPECIAL.len())],
                1 => char::from(u8::try_from(self.below(0x100)).unwrap()),
                2 => char::from(u8::try_from(0x20 + self.below(0x5f)).unwrap()),
                _ => char::from_u32(u32::try_from(self.below(0x11_0000)).unwrap()).unwrap_or('?'),
            })
            .collect();
        match characters[..] {
            // The text of a single `#` is another on purpose.
            ['#'] => vec!['#', '#'],
            _ => characters,
        }
    }
}

#[test]
fn serial_numbers_have_the_text_of_openssl() {
    let Some(openssl) = OpensslCommand::find("serial") else {
        return;
    };
    for contents in [
        &[0][..],
        &[1],
        &[0x7f],
        &[0, 0x80],
        &[0, 0xff, 0],
        &[0x5a; 22],
    ] {
        let mut certificate = OddCertificate::new(&KEY);
        certificate.serial = contents.to_vec();
        let der = certificate.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.serial().to_string(), openssl.serial(&der));
    }
}

struct OpensslCommand {
    /// Where the certificates are written; removed in the end.
    folder: PathBuf,
}

impl OpensslCommand {
    /// `None`, and a word about it, if there is no OpenSSL; LibreSSL prints names in its own way.
    fn find(test: &str) -> Option<Self> {
        let Ok(version) = Command::new("openssl")
            .arg("version")
            .output()
        else {
            println!("skipped: openssl is not installed");
            return None;
        };
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        if !version.starts_with("OpenSSL 3.") {
            println!("skipped: openssl is not OpenSSL 3 but {version}");
            return None;
        }
        let folder = format!("edge-mtls-certificate-view-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        Some(Self { folder })
    }

    /// The text of each name, or `None` where it cannot read a certificate with it.
    ///
    /// `verify` prints the subject of what it cannot verify, and does so for many files at once:
    /// the text, a line with the cause, and a line with the file.
    fn subjects(&self, names: &[Vec<u8>]) -> Vec<Option<String>> {
        let files: Vec<String> = (0..names.len())
            .map(|index| format!("{index}.der"))
            .collect();
        for (file, name) in files.iter().zip(names) {
            fs::write(self.folder.join(file), certificate_of(name)).unwrap();
        }
        let output = Command::new("openssl")
            .args(["verify", "-no-CAfile", "-no-CApath", "-nameopt", "RFC2253"])
            .args(&files)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let output = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        files
            .iter()
            .map(|file| {
                let last_line = format!("error {file}: verification failed");
                let text = lines
                    .windows(3)
                    .find(|lines| lines[2] == last_line)?[0];
                Some(text.to_owned())
            })
            .collect()
    }

    /// What it prints of the serial number.
    fn serial(&self, der: &[u8]) -> String {
        let file = self.folder.join("serial.der");
        fs::write(&file, der).unwrap();
        let output = Command::new("openssl")
            .args(["x509", "-inform", "DER", "-noout", "-serial", "-in"])
            .arg(&file)
            .output()
            .unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        line.trim()
            .strip_prefix("serial=")
            .unwrap()
            .to_owned()
    }
}

impl Drop for OpensslCommand {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
