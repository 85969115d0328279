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

use load::Load;
use ours::Kind;
use peers::Server;
use pki::Folder;

/// Connections that each server takes in a round.
const CONNECTIONS: usize = 200;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments
        .iter()
        .position(|argument| argument == "--serve")
    {
        let kind = Kind::named(&arguments[place + 1]);
        return ours::serve(kind, &Folder::at(&arguments[place + 2]));
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
    let rounds = if is_short { 3 } else { 10 };
    let mut spent = vec![0.0; servers.len()];
    for _ in 0..rounds {
        for (server, spent) in servers.iter().zip(&mut spent) {
            let before = server.cpu_nanoseconds();
            load.visit(server.port, CONNECTIONS);
            *spent += server.cpu_nanoseconds() - before;
        }
    }
    let connections = (rounds * CONNECTIONS) as f64;
    let of = |name: &str| {
        let place = servers
            .iter()
            .position(|server| server.name == name)?;
        Some(spent[place] / connections)
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
