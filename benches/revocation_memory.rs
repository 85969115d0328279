//! What revocation lists take in memory, beside webpki's: octets of heap an entry.

#[path = "shared/lists.rs"]
mod lists;
#[path = "../tests/support/mod.rs"]
mod support;

use edge_mtls::{RevocationList, RevocationLists};
use lists::{entries, list_of};
use support::crl::Crl;
use support::der::common_name;
use support::pki::Authority;
use webpki::OwnedCertRevocationList;

fn main() {
    println!("name\tours_octets\tpeer\tpeer_octets\tratio");
    let ca = Authority::root("CA");
    for count in [10_000, 100_000, 1_000_000] {
        let der = list_of(&ca, count);
        let ours = measured(|| RevocationList::from_der(&der).unwrap());
        let webpki = measured(|| OwnedCertRevocationList::from_der(&der).unwrap());
        for (name, ours, webpki) in [
            ("kept, an entry", ours.kept, webpki.kept),
            ("most while loading, an entry", ours.most, webpki.most),
        ] {
            let (ours, webpki) = (ours / count as f64, webpki / count as f64);
            let ratio = ours / webpki;
            println!("{count}: {name}\t{ours:.2}\twebpki\t{webpki:.2}\t{ratio:.3}");
        }
    }
    for count in [1_000, 10_000] {
        let all = 1_000.0 * count as f64;
        let kept = many_lists(&ca, count) / all;
        println!(
            "1,000 lists of {count}: kept, an entry\t{kept:.2}\tDER\t35\t{:.3}",
            kept / 35.0
        );
    }
}

struct Octets {
    kept: f64,
    most: f64,
}

fn measured<T>(load: impl FnOnce() -> T) -> Octets {
    let mut kept = None;
    let info = allocation_counter::measure(|| kept = Some(load()));
    drop(kept);
    Octets {
        kept: info.bytes_current as f64,
        most: info.bytes_max as f64,
    }
}

/// What a set of 1,000 lists of as many issuers keeps.
fn many_lists(ca: &Authority, count: usize) -> f64 {
    measured(|| {
        let lists = (0..1_000).map(|issuer| {
            let der = Crl::of(ca)
                .issuer(&common_name(&format!("CA {issuer}")))
                .entry_der(entries(count))
                .der();
            RevocationList::from_der(&der).unwrap()
        });
        lists
            .fold(RevocationLists::builder(), |set, list| set.list(list))
            .build()
            .unwrap()
    })
    .kept
}
