//! How much webpki is asked in a verdict: how many paths, how many names it holds against constraints, and how
//! many extensions there are.

use super::presented::Node;
use crate::x509::der::{Reader, SEQUENCE, context_constructed, only};

/// More comparisons of a name with a constraint than an honest path needs: a CA that is bound to fifty domains
/// can name a client by twenty of them.
pub(super) const MOST_COMPARISONS: usize = 1_024;

/// More extensions, as [`Toll`] counts them, than eight of the longest paths have whose certificates have twelve
/// each; and more than any one path can have.
const MOST_EXTENSIONS: usize = 1_536;

/// What a path costs that webpki is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Toll {
    /// Of names with constraints.
    pub(super) comparisons: usize,
    /// Those of a certificate once for each that stands below it.
    pub(super) extensions: usize,
}

impl Toll {
    /// That of a path, the leaf first. `anchor` is the contents of its nameConstraints.
    pub(super) fn of(nodes: &[&Node<'_>], anchor: Option<&[u8]>) -> Self {
        let extensions = nodes
            .iter()
            .enumerate()
            .map(|(depth, node)| node.extensions.count() * depth.max(1));
        Self {
            comparisons: comparisons(nodes, anchor),
            extensions: extensions.sum(),
        }
    }
}

/// How much webpki may still be asked in a verdict.
#[derive(Debug)]
pub(super) struct Checks {
    paths: usize,
    toll: Toll,
}

impl Checks {
    /// Paths whose signatures hold and that keep our own rules, and which webpki or a list refuses: a client
    /// has no more of them, unless its CAs certify each other on purpose.
    const MOST: usize = 8;

    pub(super) fn new() -> Self {
        Self {
            paths: Self::MOST,
            toll: Toll {
                comparisons: 2 * MOST_COMPARISONS,
                extensions: MOST_EXTENSIONS,
            },
        }
    }

    /// Whether a path may still be checked.
    pub(super) fn allow(&mut self, toll: Toll) -> bool {
        let left = |left: usize, taken| left.checked_sub(taken);
        match (
            left(self.paths, 1),
            left(self.toll.comparisons, toll.comparisons),
            left(self.toll.extensions, toll.extensions),
        ) {
            (Some(paths), Some(comparisons), Some(extensions)) => {
                let toll = Toll {
                    comparisons,
                    extensions,
                };
                *self = Self { paths, toll };
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

fn comparisons(nodes: &[&Node<'_>], anchor: Option<&[u8]>) -> usize {
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
