//! Short versions of all benches, a line each, and which goals they meet.
//!
//! `cargo bench --bench summary`: the others are built first, and run one after the other. A goal is an upper
//! limit on the ratio of ours to the peer's, the other way round where it says so many times as fast.

use std::process::Command;

struct Goal {
    bench: &'static str,
    /// The name of the line, or what stands before a comma in it.
    name: &'static str,
    peer: &'static str,
    /// The highest ratio, or count where there is no peer.
    most: f64,
}

const fn goal(bench: &'static str, name: &'static str, peer: &'static str, most: f64) -> Goal {
    Goal {
        bench,
        name,
        peer,
        most,
    }
}

/// Of each bench, with the options that make it short.
const BENCHES: [(&str, &[&str]); 12] = [
    ("judging", &[]),
    ("instructions", &[]),
    ("hostile", &[]),
    ("handshake", &["--instructions"]),
    ("revocation", &[]),
    ("revocation_memory", &[]),
    ("encoding", &[]),
    ("decoding", &[]),
    ("requests", &[]),
    ("requests", &["--instructions"]),
    ("peers", &[]),
    ("servers", &[]),
];

#[rustfmt::skip]
const GOALS: &[Goal] = &[
    goal("judging", "judge, 1 anchors", "the two signatures", 1.03),
    goal("judging", "judge, 10000 anchors", "the two signatures", 1.03),
    goal("judging", "judge, 1,000 anchors of one subject", "one anchor", 1.05),
    goal("judging", "judge, P-256, a client seen before", "never seen before", 0.03),
    goal("judging", "judge, P-256, a new leaf", "nothing remembered", 0.55),
    goal("judging", "judge, RSA-2048, a new leaf", "nothing remembered", 0.60),
    goal("instructions", "find, leaf and intermediate, 1 anchors", "", 12_000.0),
    goal("instructions", "find, leaf and intermediate, 10000 anchors", "", 12_000.0),
    goal("hostile", "a hostile chain, an outsider's", "", 40_000.0),
    goal("hostile", "a hostile chain, a CA's own", "", 40_000.0),
    goal("handshake", "passthrough", "possession by hand", 1.01),
    goal("handshake", "optional, no certificate", "no client authentication", 1.02),
    goal("handshake", "required, a client seen before", "possession by hand", 1.03),
    goal("handshake", "resumed, judged again", "resumed, not judged again", 1.02),
    goal("encoding", "encode a chain of three, URL-encoded PEM", "pem and urlencoding", 1.0 / 8.0),
    goal("encoding", "encode a chain of three, ALB's form", "pem and urlencoding", 1.0 / 20.0),
    goal("encoding", "encode a chain of three, ALB's form", "SIMD base64, each made a HeaderValue", 2.3),
    goal("encoding", "encode a chain of three, RFC 9440", "pem and urlencoding", 1.0 / 20.0),
    goal("encoding", "encode a chain of three, RFC 9440", "SIMD base64, each made a HeaderValue", 2.3),
    goal("decoding", "decode a chain of three, URL-encoded PEM", "urlencoding and pki-types", 1.0 / 3.0),
    goal("decoding", "decode a chain of three, URL-encoded PEM", "percent-encoding and pem", 1.0 / 5.0),
    goal("decoding", "decode a chain of three, ALB's form", "percent-encoding and pem", 1.0 / 20.0),
    goal("decoding", "decode a chain of three, RFC 9440", "SIMD base64 of the same", 2.0),
    goal("requests", "a value of a kept-alive request, beside a static one", "", 15.0),
    goal("requests", "strip, a header of six real requests", "", 40.0),
    goal("peers", "encode a chain of three, URL-encoded PEM", "nginx's way (OpenSSL)", 1.0 / 6.0),
    goal("servers", "required", "nginx, required", 0.22),
    goal("servers", "required", "envoy, required", 0.50),
    goal("servers", "required, leaves remembered", "nginx, required", 0.20),
    goal("servers", "required, leaves remembered", "envoy, required", 0.45),
    goal("servers", "required, leaves remembered", "possession by hand", 1.1),
];

fn main() {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for (bench, options) in BENCHES {
        for line in run(bench, options) {
            println!("{line}");
            lines.push((bench, line));
        }
    }
    println!("\ngoal\tpeer\tmost\tmeasured\t");
    let mut missed = 0;
    for goal in GOALS {
        let measured: Vec<f64> = lines
            .iter()
            .filter(|(bench, _)| *bench == goal.bench)
            .filter_map(|(_, line)| goal.measured(line))
            .collect();
        let Some(worst) = measured.into_iter().reduce(f64::max) else {
            println!(
                "{}\t{}\t{}\tnot measured\t",
                goal.name, goal.peer, goal.most
            );
            continue;
        };
        let word = if worst <= goal.most { "met" } else { "missed" };
        missed += usize::from(worst > goal.most);
        println!(
            "{}\t{}\t{}\t{worst:.3}\t{word}",
            goal.name, goal.peer, goal.most
        );
    }
    println!("{missed} goals missed");
}

impl Goal {
    /// The last column of a line that is about this goal.
    fn measured(&self, line: &str) -> Option<f64> {
        let columns: Vec<&str> = line.split('\t').collect();
        let name = columns.first()?;
        let is_about_it = match self.peer {
            "" => *name == self.name,
            peer => {
                columns.contains(&peer)
                    && (*name == self.name || name.starts_with(&format!("{},", self.name)))
            }
        };
        columns
            .last()?
            .parse()
            .ok()
            .filter(|_| is_about_it)
    }
}

/// The lines with columns that a bench prints.
fn run(bench: &str, options: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["bench", "--quiet", "--all-features", "--bench", bench, "--"])
        .args(options)
        .env("EDGE_MTLS_BENCH", "short")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        println!(
            "{bench} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    text.lines()
        .filter(|line| line.contains('\t') || line.starts_with("skipped"))
        .map(|line| line.to_owned())
        .collect()
}
