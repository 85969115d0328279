//! The programs of the peers: built where there is a compiler, run beside this process, asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::inputs::Folder;

/// Where the sources are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

pub struct Program {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Program {
    /// That of OpenSSL; none without a C compiler and OpenSSL's headers.
    pub fn openssl(folder: &Folder) -> Option<Self> {
        let mut compiler = Command::new("cc");
        compiler
            .args(["-O2", "-o"])
            .arg(folder.file("openssl"))
            .arg(format!("{SOURCES}/openssl.c"))
            .arg("-lcrypto");
        Self::build(folder, "openssl", "OpenSSL and its headers", compiler)
    }

    /// That of Go; none without its compiler.
    pub fn go(folder: &Folder) -> Option<Self> {
        let mut compiler = Command::new("go");
        compiler
            .args(["build", "-o"])
            .arg(folder.file("go"))
            .arg(format!("{SOURCES}/peers.go"));
        Self::build(folder, "go", "Go's packages", compiler)
    }

    /// Says which version it is of, or what is missing.
    fn build(folder: &Folder, file: &str, needed: &str, mut compiler: Command) -> Option<Self> {
        let name = compiler
            .get_program()
            .display()
            .to_string();
        let output = match compiler.output() {
            Ok(output) => output,
            Err(error) => {
                println!("skipped: {needed}: `{name}` cannot be run: {error}");
                return None;
            }
        };
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            let first = errors
                .lines()
                .find(|line| line.contains("error"))
                .or_else(|| errors.lines().next())
                .unwrap_or_default();
            println!("skipped: {needed}: `{name}` does not build the program: {first}");
            return None;
        }
        let mut process = Command::new(folder.file(file))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut program = Self {
            orders: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        };
        println!("peer: {}", program.answer());
        Some(program)
    }

    /// Nanoseconds a call, of so many over its inputs in turn.
    pub fn time(&mut self, work: &str, calls: u32) -> f64 {
        self.ask(&format!("time {work} {calls}"))
            .parse()
            .unwrap()
    }

    /// How many octets came out of all inputs, and their hash.
    pub fn check(&mut self, work: &str) -> String {
        self.ask(&format!("check {work}"))
    }

    fn ask(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
