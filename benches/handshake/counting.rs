//! Counting the instructions of the server's side of handshakes, in a process of their own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use crate::shared::is_short;

/// Who counts.
pub enum Counter {
    Valgrind,
    /// The program that lets the processor run one instruction after the other.
    Steps(PathBuf),
}

/// Where it is set, what is counted stands between marks.
const MARKS: &str = "EDGE_MTLS_MARKS";

impl Counter {
    /// The one that counts steps; says what is missing where it cannot be built.
    pub fn steps() -> Option<Self> {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/handshake/steps.c");
        let program = std::env::temp_dir().join(format!("edge-mtls-steps-{}", std::process::id()));
        let compiled = Command::new("cc")
            .args(["-O2", "-o"])
            .arg(&program)
            .arg(source)
            .status();
        match compiled {
            Ok(status) if status.success() => Some(Self::Steps(program)),
            Ok(status) => {
                println!("skipped: `cc` does not build {source}: {status}");
                None
            }
            Err(error) => {
                println!("skipped: `cc` cannot be run: {error}");
                None
            }
        }
    }

    /// Instructions that the server's side of a handshake takes, on average; says so where they cannot be
    /// counted.
    pub fn instructions(&self, name: &str) -> Option<f64> {
        let (mut command, before, rounds) = match self {
            Self::Valgrind => {
                let mut valgrind = Command::new("valgrind");
                valgrind.args([
                    "--tool=callgrind",
                    "--callgrind-out-file=/dev/null",
                    "--toggle-collect=*counted*",
                ]);
                (valgrind, "Collected : ", if is_short() { 12 } else { 200 })
            }
            Self::Steps(program) => {
                // On one core a step takes a fourth of the time.
                let mut steps = Command::new("taskset");
                steps
                    .args(["-c", "0"])
                    .arg(program)
                    .env(MARKS, "1");
                (steps, "steps: ", 1)
            }
        };
        let output = command
            .arg(std::env::current_exe().unwrap())
            .args(["--count", name, &rounds.to_string()])
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                println!("skipped: {command:?}: {error}");
                return None;
            }
        };
        let text = String::from_utf8_lossy(&output.stderr);
        let total = text.lines().find_map(|line| {
            line.split_once(before)?
                .1
                .trim()
                .parse()
                .ok()
        });
        match total {
            Some::<f64>(total) => Some(total / f64::from(rounds)),
            None => {
                println!("skipped: {command:?}: {text}");
                None
            }
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Self::Steps(program) = self {
            let _ = std::fs::remove_file(program);
        }
    }
}

/// What is counted: callgrind knows it by its name, and steps by the marks.
#[inline(never)]
pub fn counted(step: &mut dyn FnMut()) {
    static HAS_MARKS: LazyLock<bool> = LazyLock::new(|| std::env::var_os(MARKS).is_some());
    let mark = || {
        if *HAS_MARKS {
            std::thread::yield_now();
        }
    };
    mark();
    step();
    mark();
}
