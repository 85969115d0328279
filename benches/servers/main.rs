//! Whole servers on loopback: the CPU time of a connection (TLS 1.3, full handshake, a client certificate
//! with its intermediate, one small request), of this crate's and of others'.
//!
//! Ours judges 64 clients in turn that it has seen before, with 10,000 trust anchors and lists of 1,000,000
//! entries, and encodes the certificate for the origin; the others have one trust anchor and no list. Nobody
//! writes a log. nginx and Envoy are left out, and named, where they are not installed: `nginx` and `envoy` on the path, or
//! `EDGE_MTLS_ENVOY`.

#[path = "../shared/lists.rs"]
mod lists;
mod load;
mod ours;
mod peers;
mod pki;
#[path = "../shared/possession.rs"]
mod possession;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::process::{Command, ExitStatus};

use load::Load;
use ours::Kind;
use peers::Server;
use pki::Folder;

/// Connections that each server takes in a round: of each client one.
const CONNECTIONS: usize = pki::CLIENTS;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments
        .iter()
        .position(|argument| argument == "--serve")
    {
        let kind = Kind::named(&arguments[place + 1]);
        return ours::serve(kind, &Folder::at(&arguments[place + 2]));
    }
    if let Some(status) = on_one_core() {
        return assert!(status.success(), "{status}");
    }
    let folder = Folder::make();
    let mut servers: Vec<Server> = Kind::ALL
        .into_iter()
        .map(|kind| Server::ours(kind, &folder))
        .collect();
    servers.extend(Server::nginx(&folder));
    servers.extend(Server::envoy(&folder));

    let load = Load::new(&folder);
    for server in &servers {
        load.visit(server.port, 2 * pki::CLIENTS);
    }
    let is_short = std::env::var_os("EDGE_MTLS_BENCH").is_some_and(|pace| pace == "short");
    let rounds = if is_short { 12 } else { 40 };
    let mut spent = vec![Vec::new(); servers.len()];
    for _ in 0..rounds {
        for (server, spent) in servers.iter().zip(&mut spent) {
            let before = server.cpu_nanoseconds();
            load.visit(server.port, CONNECTIONS);
            spent.push((server.cpu_nanoseconds() - before) / CONNECTIONS as f64);
        }
    }
    // Neighbours slow a core at times, of which the lower quartile knows little.
    for spent in &mut spent {
        spent.sort_by(f64::total_cmp);
    }
    let of = |name: &str| {
        let place = servers
            .iter()
            .position(|server| server.name == name)?;
        Some(spent[place][rounds / 4])
    };
    for server in &servers {
        let own = of(&server.name).unwrap();
        println!(
            "{}: {:.0} us of CPU a connection",
            server.name,
            own / 1_000.0
        );
    }
    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    for own in ["required", "required, leaves remembered"] {
        for peer in ["nginx, required", "envoy, required", "possession by hand"] {
            if let (Some(own_ns), Some(peer_ns)) = (of(own), of(peer)) {
                println!(
                    "{own}\t{own_ns:.0}\t{peer}\t{peer_ns:.0}\t{:.3}",
                    own_ns / peer_ns
                );
            }
        }
    }
}

/// Runs this bench once more where it and all servers have one core alone, if that can be had: two threads of
/// one core slow each other, and which of them run at once is chance.
fn on_one_core() -> Option<ExitStatus> {
    const PINNED: &str = "EDGE_MTLS_PINNED";
    if std::env::var_os(PINNED).is_some() {
        return None;
    }
    let status = Command::new("taskset")
        .args(["-c", "0"])
        .arg(std::env::current_exe().unwrap())
        .args(std::env::args_os().skip(1))
        .env(PINNED, "1")
        .status();
    if status.is_err() {
        println!("skipped: one core alone: taskset is not installed");
    }
    status.ok()
}
