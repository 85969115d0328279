//! How many instructions a verdict takes without its signatures: they are made up, and believed; and how many
//! of them are not webpki's, which is asked about the path that was found: "find". It needs valgrind.

#[path = "shared/callgrind.rs"]
mod callgrind;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "../tests/support/der.rs"]
mod der;
#[allow(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/synthetic.rs"]
mod synthetic;

use callgrind::Instructions;
use der::common_name;
use edge_mtls::pki_types::{CertificateDer, UnixTime};
use edge_mtls::{CertChain, ChainPolicy, TrustStore};
use synthetic::{BELIEVING, ca, client, signature};

fn main() {
    let Some(mut instructions) = Instructions::of_this_process() else {
        return;
    };
    println!("name\tinstructions");
    // Of the summary the last is no part: to make it takes most of a minute.
    let is_short = std::env::var_os("EDGE_MTLS_BENCH").is_some_and(|pace| pace == "short");
    let most = if is_short { 10_000 } else { 100_000 };
    for count in [1, 1_000, 10_000, 100_000] {
        if count > most {
            break;
        }
        let policy = policy_of((0..count).map(|key| (format!("root {key}"), key)));
        print_count(
            &mut instructions,
            &format!("leaf and intermediate, {count} anchors"),
            &policy,
            &chain("root 0", 1),
        );
    }
    let policy = policy_of(std::iter::once(("root 0".to_owned(), 0)));
    for intermediates in [0, 2, 3, 4, 5] {
        let chain = chain("root 0", intermediates);
        print_count(
            &mut instructions,
            &format!("leaf and {intermediates} intermediates, 1 anchor"),
            &policy,
            &chain,
        );
    }
    let policy = policy_of((0..1_000).map(|key| ("root".to_owned(), key)));
    print_count(
        &mut instructions,
        "leaf and intermediate, 1,000 anchors of one subject",
        &policy,
        &chain("root", 1),
    );
}

fn print_count(
    instructions: &mut Instructions,
    name: &str,
    policy: &ChainPolicy,
    chain: &CertChain,
) {
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000));
    let verified = policy.evaluate(chain, now).unwrap();
    let whole = instructions.count(|| policy.evaluate(chain, now));
    println!("judge, {name}\t{whole}");
    let path: Vec<CertificateDer<'_>> = chain
        .certificates()
        .map(CertificateDer::from)
        .collect();
    let (leaf, intermediates) = path.split_first().unwrap();
    let anchor = CertificateDer::from(
        verified
            .anchor()
            .unwrap()
            .certificate()
            .der(),
    );
    let anchors = [webpki::anchor_from_trusted_cert(&anchor).unwrap()];
    let by_webpki = instructions.count(|| {
        webpki::EndEntityCert::try_from(leaf)
            .unwrap()
            .verify_for_usage(
                BELIEVING,
                &anchors,
                intermediates,
                now,
                webpki::KeyUsage::client_auth(),
                None,
                None,
            )
            .map(drop)
            .unwrap();
    });
    println!("find, {name}\t{}", whole - by_webpki);
}

/// A leaf and so many intermediates under the anchor of key 0.
fn chain(root: &str, intermediates: u32) -> CertChain {
    const LEAF: u32 = 1_000_000;
    let name = |place: u32| match place == intermediates + 1 {
        true => common_name(root),
        false => common_name(&format!("certificate {place}")),
    };
    let key = |place: u32| match place == intermediates + 1 {
        true => 0,
        false => LEAF + place,
    };
    let certificates = (0..=intermediates).map(|place| {
        let make = if place == 0 { client } else { ca };
        make(&name(place), key(place), &name(place + 1), key(place + 1))
            .with_signature(&signature(key(place + 1)))
    });
    CertChain::from_der(certificates).unwrap()
}

fn policy_of(anchors: impl Iterator<Item = (String, u32)>) -> ChainPolicy {
    let anchors: Vec<Vec<u8>> = anchors
        .map(|(name, key)| {
            let name = common_name(&name);
            ca(&name, key, &name, key).with_signature(&signature(key))
        })
        .collect();
    ChainPolicy::builder(TrustStore::from_der(anchors).unwrap())
        .build(BELIEVING)
        .unwrap()
}
