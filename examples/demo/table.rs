//! The table that the demo prints.

use std::process::ExitCode;

use crate::outcome::{Heads, Outcome};

/// A mode, and what its clients got.
pub struct Mode {
    pub name: &'static str,
    /// What it asks of clients.
    pub asks: &'static str,
    pub rows: Vec<Row>,
}

/// A client in a mode.
pub struct Row {
    pub client: &'static str,
    pub demanded: Outcome,
    pub tls12: Outcome,
    pub tls13: Outcome,
}

/// Prints all modes; it is a failure if any cell is not as demanded.
pub fn print(modes: &[Mode]) -> ExitCode {
    let failures: Vec<String> = modes
        .iter()
        .flat_map(print_mode)
        .collect();
    println!("{LEGEND}");
    if failures.is_empty() {
        let rows: usize = modes
            .iter()
            .map(|mode| mode.rows.len())
            .sum();
        println!("all {} cells as the modes demand", 2 * rows);
        return ExitCode::SUCCESS;
    }
    println!("NOT as the modes demand:");
    for failure in failures {
        println!("  {failure}");
    }
    ExitCode::FAILURE
}

/// The width of the column of clients; a line has 80 characters at most.
const CLIENT: usize = 20;

const LEGEND: &str = "\
edge          what the client got from the edge: a status, or a TLS alert
claim         what the edge told the origin of the client (Client-Cert-Status)
origin finds  the verdict of the origin's own policy on the forwarded chain
newer first   its CA has two lists, and the newer one is loaded before the older
lifted        the older list has it, as on hold, and the newer one does not
A line is for TLS 1.2 and 1.3 both, unless it says which.
";

/// Returns the names of the cells that are not as demanded.
fn print_mode(mode: &Mode) -> Vec<String> {
    println!("{}: {}", mode.name.to_uppercase(), mode.asks);
    println!("{:<CLIENT$} {Heads}", "client");
    let mut failures = Vec::new();
    for row in &mode.rows {
        let versions: &[_] = match row.tls12 == row.tls13 {
            true => &[("TLS 1.2 and 1.3", &row.tls12)],
            false => &[("TLS 1.2", &row.tls12), ("TLS 1.3", &row.tls13)],
        };
        for (version, observed) in versions {
            println!("{:<CLIENT$} {observed}", row.client);
            let is_demanded = **observed == row.demanded;
            if versions.len() > 1 {
                println!("  ^ {version}");
            }
            if !is_demanded {
                println!("{:<CLIENT$} {}", "  ^ WRONG, demanded", row.demanded);
                failures.push(format!("{}, {}, {version}", mode.name, row.client));
            }
        }
    }
    println!();
    failures
}
