//! Short versions of all benches, a line each, and which goals they meet.
//!
//! `cargo bench --bench summary`: the others are built first, and run one after the other. A goal is an upper
//! limit on the ratio of ours to the peer's, the other way round where it says so many times as fast.

use std::process::Command;

struct Goal {
    bench: &'static str,
    /// What the line begins with.
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
const BENCHES: [(&str, &[&str]); 9] = [
    ("judging", &[]),
    ("instructions", &[]),
    ("handshake", &["--instructions"]),
    ("revocation", &[]),
    ("revocation_memory", &[]),
    ("encoding", &[]),
    ("decoding", &[]),
    ("requests", &[]),
    ("servers", &[]),
];

#[rustfmt::skip]
const GOALS: &[Goal] = &[
    goal("judging", "judge, 1 anchors", "raw signatures", 1.03),
    goal("judging", "judge, 10000 anchors", "raw signatures", 1.03),
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
        let is_about_it = columns.first()?.starts_with(self.name)
            && (self.peer.is_empty() || columns.contains(&self.peer));
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
