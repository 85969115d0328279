//! How much is remembered, and what it takes.

use edge_mtls::{ChainPolicy, SignatureCache};

use crate::support::counting;
use crate::support::pki::{Authority, Leaf, judge};

/// Clients that each leave one fact behind.
fn clients(root: &Authority, count: usize) -> Vec<Leaf> {
    (0..count)
        .map(|number| root.client(&format!("client {number}")))
        .collect()
}

fn remembering(cache: &SignatureCache, root: &Authority) -> (counting::Counter, ChainPolicy) {
    counting::policy_with(&[root], |builder| builder.signature_cache(cache.clone()))
}

#[test]
fn it_is_bounded_and_forgets_what_was_of_no_use_for_longest() {
    let root = Authority::root("root");
    let clients = clients(&root, 60);
    for most in [0, 1, 2, 3, 10, 50] {
        let cache = SignatureCache::new(most).remember_leaves();
        let (counter, policy) = remembering(&cache, &root);
        for (number, client) in clients.iter().enumerate() {
            judge(&policy, client, &[]).unwrap();
            assert!(cache.len() <= most.max(2), "{most}: {}", cache.len());
            // The last one is known, and so is one that comes again and again.
            let again = [client, &clients[0]];
            let known = if most < 4 { 1 } else { 2 };
            for client in again.iter().take(known) {
                let (count, verdict) = counter.during(|| judge(&policy, client, &[]));
                verdict.unwrap();
                assert_eq!(count, 0, "{most}, after {number}");
            }
        }
        assert!(cache.len() >= most / 2);
    }
}

/// What `SignatureCache::new` says, and what is there before any.
const OCTETS_A_FACT: u64 = 80;
const OCTETS_BESIDE: u64 = 4_096;

#[test]
fn a_fact_takes_as_much_memory_as_is_said() {
    let root = Authority::root("root");
    let clients = clients(&root, 3_000);
    // The least favourable among them, where a table has just grown.
    for most in [100, 114, 1_500, 1_824, 2_000, 2_999] {
        let cache = SignatureCache::new(most).remember_leaves();
        let (_, policy) = remembering(&cache, &root);
        let mut seen = 0;
        let memory = allocation_counter::measure(|| {
            for client in &clients {
                judge(&policy, client, &[]).unwrap();
                seen += 1;
            }
        });
        assert_eq!(seen, clients.len());
        let kept = u64::try_from(memory.bytes_current).unwrap();
        let bound = OCTETS_BESIDE + OCTETS_A_FACT * u64::try_from(most).unwrap();
        assert!(kept <= bound, "{most}: {kept} of {bound}");
        // The counter counts: a fact is 32 octets.
        assert!(kept >= 32 * u64::try_from(cache.len()).unwrap());
    }
    // Before there is any, nothing grows with what it may become.
    let empty = allocation_counter::measure(|| {
        let _ = SignatureCache::new(1_000_000);
    });
    assert!(empty.bytes_max < 4_096, "{}", empty.bytes_max);
}
