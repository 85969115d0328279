//! How much webpki is asked in a verdict: how many paths, and how many names it holds against constraints.

use super::presented::Node;
use crate::x509::der::{Reader, SEQUENCE, context_constructed, only};

/// More comparisons of a name with a constraint than an honest path needs: a CA that is bound to fifty domains
/// can name a client by twenty of them.
pub(super) const MOST_COMPARISONS: usize = 1_024;

/// How much webpki may still be asked in a verdict.
#[derive(Debug)]
pub(super) struct Checks {
    paths: usize,
    comparisons: usize,
}

impl Checks {
    /// Paths whose signatures hold and that keep our own rules, and which webpki or a list refuses: a client
    /// has no more of them, unless its CAs certify each other on purpose.
    const MOST: usize = 8;

    pub(super) fn new() -> Self {
        Self {
            paths: Self::MOST,
            comparisons: 2 * MOST_COMPARISONS,
        }
    }

    /// Whether a path of so many comparisons of names with constraints may still be checked.
    pub(super) fn allow(&mut self, comparisons: usize) -> bool {
        let left = (
            self.paths.checked_sub(1),
            self.comparisons
                .checked_sub(comparisons),
        );
        match left {
            (Some(paths), Some(comparisons)) => {
                *self = Self { paths, comparisons };
                true
            }
            _ => false,
        }
    }
}

/// What a certificate adds to these comparisons.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breadth {
    /// The subject, and each alternative name.
    names: usize,
    /// The subtrees of its name constraints.
    subtrees: usize,
}

impl Breadth {
    pub(super) fn of(alternative_names: Option<&[u8]>, constraints: Option<&[u8]>) -> Self {
        let contents = |der| Some(only(der, SEQUENCE)?.contents);
        let alternative = alternative_names
            .and_then(contents)
            .map_or(0, count);
        Self {
            names: alternative + 1,
            subtrees: constraints
                .and_then(contents)
                .map_or(0, count_subtrees),
        }
    }
}

/// How many comparisons a path takes, the leaf first. `anchor` is the contents of its nameConstraints.
pub(super) fn comparisons(nodes: &[&Node<'_>], anchor: Option<&[u8]>) -> usize {
    let is_constrained = anchor.is_some()
        || nodes.iter().any(|node| {
            node.extensions
                .name_constraints()
                .is_some()
        });
    if !is_constrained {
        return 0;
    }
    let (mut names, mut comparisons) = (0_usize, 0_usize);
    for node in nodes {
        let breadth = node.breadth();
        comparisons = comparisons.saturating_add(names.saturating_mul(breadth.subtrees));
        names = names.saturating_add(breadth.names);
    }
    let subtrees = anchor.map_or(0, count_subtrees);
    comparisons.saturating_add(names.saturating_mul(subtrees))
}

/// Of both lists, permitted and excluded.
fn count_subtrees(constraints: &[u8]) -> usize {
    let mut lists = Reader::new(constraints);
    [context_constructed(0), context_constructed(1)]
        .into_iter()
        .filter_map(|list| lists.optional(list).flatten())
        .map(|list| count(list.contents))
        .sum()
}

/// How many elements there are, counted as far as it matters.
fn count(contents: &[u8]) -> usize {
    let mut reader = Reader::new(contents);
    (0..=MOST_COMPARISONS)
        .take_while(|_| reader.next().is_some())
        .count()
}
