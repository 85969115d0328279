//! Short versions of all benches, a line each, and which goals they meet.
//!
//! `cargo bench --bench summary` runs the others one after the other, each of which is built when its turn comes
//! (`cargo bench --all-features --no-run` builds them all before). A ratio is ours by the peer's, so that less is
//! better, and a goal is an upper limit on it, or on a count: `1.0 / 8.0` is eight times as fast. Of all lines that
//! a goal is about, the worst counts, and is named.
//!
//! A new bench has its file here, its name in `Cargo.toml` and in [`BENCHES`], and prints lines of columns between
//! tabs, the ratio or the count last.

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
    goal("judging", "judge, RSA-2048", "the two signatures", 1.03),
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
    let mut failed: Vec<&str> = Vec::new();
    for (bench, options) in BENCHES {
        println!("# {bench}");
        let (all, has_failed) = run(bench, options);
        failed.extend(has_failed.then_some(bench));
        for line in all {
            println!("{line}");
            lines.push((bench, line));
        }
    }
    println!("\n# goals\ngoal\tpeer\tat most\tmeasured\tby the line\t");
    let (mut missed, mut unknown) = (0, 0);
    for goal in GOALS {
        let of_bench = lines
            .iter()
            .filter(|(bench, _)| *bench == goal.bench);
        let worst = of_bench
            .filter_map(|(_, line)| goal.measured(line))
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        let (measured, line, word) = match worst {
            Some((worst, line)) if worst <= goal.most => (number(worst), line, "met"),
            Some((worst, line)) => {
                missed += 1;
                (number(worst), line, "MISSED")
            }
            None => {
                unknown += 1;
                ("".to_owned(), "", "NOT MEASURED")
            }
        };
        let most = number(goal.most);
        println!(
            "{}\t{}\t{most}\t{measured}\t{line}\t{word}",
            goal.name, goal.peer
        );
    }
    let count = GOALS.len();
    println!("of {count} goals {missed} missed, and {unknown} not measured");
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
        std::process::exit(1);
    }
}

/// A ratio, or a count.
fn number(number: f64) -> String {
    match number < 100.0 {
        true => format!("{number:.3}"),
        false => format!("{number:.0}"),
    }
}

impl Goal {
    /// The last column of a line that is about this goal, and its first.
    fn measured<'l>(&self, line: &'l str) -> Option<(f64, &'l str)> {
        let columns: Vec<&str> = line.split('\t').collect();
        let name = columns.first()?;
        let is_about_it = match self.peer {
            "" => *name == self.name,
            peer => {
                columns.contains(&peer)
                    && (*name == self.name || name.starts_with(&format!("{},", self.name)))
            }
        };
        let measured = columns.last()?.parse().ok()?;
        is_about_it.then_some((measured, *name))
    }
}

/// The lines with columns that a bench prints, what it skips and which peers it has; and whether it has failed.
fn run(bench: &str, options: &[&str]) -> (Vec<String>, bool) {
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
    let is_shown = |line: &&str| {
        line.contains('\t')
            || ["skipped", "peer"]
                .iter()
                .any(|beginning| line.starts_with(beginning))
    };
    let lines = text
        .lines()
        .filter(is_shown)
        .map(str::to_owned)
        .collect();
    (lines, !output.status.success())
}
