//! Programs that a test starts, and the folder in which they run; both end with it.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Whether a program can be run.
pub fn is_installed(program: &str) -> bool {
    output_of(program, &["--version"]).is_some() || output_of(program, &["version"]).is_some()
}

pub fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A folder of the test's own, removed with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Runs a script in it, which must succeed.
    pub fn sh(&self, script: &str) {
        let output = self.bash(&format!("set -e\n{script}"));
        assert!(
            output.status.success(),
            "{script}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Runs a script in it, and returns what it prints, and its errors.
    pub fn try_sh(&self, script: &str) -> (String, String) {
        let output = self.bash(script);
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    fn bash(&self, script: &str) -> std::process::Output {
        Command::new("bash")
            .args(["-c", script])
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs an example of this package to its end; what it prints, and whether it ends with success.
pub fn run_example(folder: &Folder, name: &str, arguments: &str) -> (String, bool) {
    let output = Command::new(example_path(name))
        .args(arguments.split(' '))
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text, output.status.success())
}

/// Where `cargo test` has built an example.
fn example_path(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests
        .parent()
        .and_then(|deps| deps.parent())
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        program.exists(),
        "{name} is not built; run `cargo test` or `cargo build --examples`"
    );
    program
}

/// A program that runs until it is dropped, and the lines that it prints.
pub struct Program {
    child: Child,
    lines: Receiver<String>,
    port: u16,
}

impl Program {
    /// An example of this package, which `cargo test` has built, on a free port.
    pub fn example(folder: &Folder, name: &str, arguments: &[String]) -> Self {
        let mut child = Command::new(example_path(name))
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        collect(child.stdout.take().unwrap(), sender.clone());
        collect(child.stderr.take().unwrap(), sender);
        Self {
            child,
            lines,
            port: 0,
        }
    }

    /// The address behind `prefix`, in the line that says so.
    pub fn address(&mut self, prefix: &str) -> String {
        let line = self.line_with(prefix);
        let address = line.trim_start_matches(prefix);
        let address = address
            .split(',')
            .next()
            .unwrap_or(address)
            .to_owned();
        self.port = address
            .rsplit_once(':')
            .unwrap()
            .1
            .parse()
            .unwrap();
        address
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next line with `text` in it.
    pub fn line_with(&self, text: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(30))
                .unwrap_or_else(|_| panic!("no line with '{text}' was printed"));
            if line.contains(text) {
                return line;
            }
        }
    }
}

/// Sends each line that a program prints, until either side is gone.
fn collect(output: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output)
            .lines()
            .map_while(Result::ok)
        {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
