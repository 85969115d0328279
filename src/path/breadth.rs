//! How much webpki is asked in a verdict: how many paths, how many names it holds against constraints, and how
//! many certificates and extensions it reads.

use super::presented::Node;
use crate::x509::der::{Reader, SEQUENCE, context_constructed, only};

/// More comparisons of a name with a constraint than an honest path needs: a CA that is bound to fifty domains
/// can name a client by twenty of them.
pub(super) const MOST_COMPARISONS: usize = 1_024;

/// As many extensions, as [`Toll`] counts them, as four paths of a leaf and six intermediates have whose
/// certificates have twelve each; eight of a leaf and four intermediates have fewer.
const MOST_EXTENSIONS: usize = 4_128;

/// What a certificate takes to read beside its extensions, in those.
const CERTIFICATE: usize = 12;

/// What a path costs that webpki is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Toll {
    /// Of names with constraints.
    pub(super) comparisons: usize,
    /// Those of each certificate, and [`CERTIFICATE`]: of the leaf once, of an intermediate once for each
    /// certificate of the path; and more where names repeat.
    pub(super) extensions: usize,
}

impl Toll {
    /// That of a path, the leaf first. `anchor` is the contents of its nameConstraints.
    pub(super) fn of(nodes: &[&Node<'_>], anchor: Option<&[u8]>) -> Self {
        let extensions = nodes
            .iter()
            .enumerate()
            .map(|(depth, node)| {
                let times = if depth == 0 { 1 } else { nodes.len() };
                (CERTIFICATE + node.extensions.count()) * times
            });
        let extensions: usize = extensions.sum();
        Self {
            comparisons: comparisons(nodes, anchor),
            extensions: extensions.saturating_mul(repetition(nodes)),
        }
    }
}

/// By how much names that repeat among the intermediates of a path multiply what it costs.
fn repetition(nodes: &[&Node<'_>]) -> usize {
    let intermediates = nodes.get(1..).unwrap_or_default();
    let factors = intermediates
        .iter()
        .enumerate()
        .map(|(place, node)| {
            let before = intermediates.iter().take(place);
            let of_its_name = before.filter(|other| other.has_name_of(node));
            1 + of_its_name.count()
        });
    factors.fold(1, usize::saturating_mul)
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

    /// Whether no path at all may be checked any more.
    pub(super) fn are_used_up(&self) -> bool {
        self.paths == 0
    }

    /// Whether a path may still be checked: the first may, whatever it costs, and one that costs too much leaves
    /// what there is to the others.
    pub(super) fn allow(&mut self, toll: Toll) -> bool {
        let is_first = self.paths == Self::MOST;
        let is_affordable = self.paths > 0
            && toll.comparisons <= self.toll.comparisons
            && toll.extensions <= self.toll.extensions;
        let is_allowed = is_first || is_affordable;
        if is_allowed {
            let pay = |left: &mut usize, taken| *left = left.saturating_sub(taken);
            pay(&mut self.paths, 1);
            pay(&mut self.toll.comparisons, toll.comparisons);
            pay(&mut self.toll.extensions, toll.extensions);
        }
        is_allowed
    }
}

/// What a certificate adds to these comparisons.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breadth {
    /// The subject, and each alternative name.
    names: Names,
    /// The subtrees of its name constraints.
    subtrees: Names,
}

/// How many names, and how many octets they have together.
#[derive(Clone, Copy, Debug, Default)]
struct Names {
    count: usize,
    octets: usize,
}

impl Names {
    /// More octets than a name and a constraint have that are compared in the usual time.
    const USUAL: usize = 64;

    fn and(self, others: Self) -> Self {
        Self {
            count: self.count.saturating_add(others.count),
            octets: self
                .octets
                .saturating_add(others.octets),
        }
    }

    /// How many comparisons it takes to hold each of these against each of those: of long ones, one for each so
    /// many octets.
    fn comparisons(self, others: Self) -> usize {
        let octets = self
            .octets
            .saturating_mul(others.count)
            .saturating_add(others.octets.saturating_mul(self.count));
        self.count
            .saturating_mul(others.count)
            .max(octets / Self::USUAL)
    }
}

impl Breadth {
    pub(super) fn of(
        subject: &[u8],
        alternative_names: Option<&[u8]>,
        constraints: Option<&[u8]>,
    ) -> Self {
        let contents = |der| Some(only(der, SEQUENCE)?.contents);
        let subject = Names {
            count: 1,
            octets: subject.len(),
        };
        Self {
            names: alternative_names
                .and_then(contents)
                .map_or(subject, |names| subject.and(elements(names))),
            subtrees: constraints
                .and_then(contents)
                .map_or_else(Names::default, subtrees),
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
    let (mut names, mut comparisons) = (Names::default(), 0_usize);
    for node in nodes {
        let breadth = node.breadth();
        comparisons = comparisons.saturating_add(names.comparisons(breadth.subtrees));
        names = names.and(breadth.names);
    }
    let of_anchor = anchor.map_or_else(Names::default, subtrees);
    comparisons.saturating_add(names.comparisons(of_anchor))
}

/// Of both lists, permitted and excluded.
fn subtrees(constraints: &[u8]) -> Names {
    let mut lists = Reader::new(constraints);
    [context_constructed(0), context_constructed(1)]
        .into_iter()
        .filter_map(|list| lists.optional(list).flatten())
        .map(|list| elements(list.contents))
        .fold(Names::default(), Names::and)
}

/// How many elements there are, counted as far as it matters.
fn elements(contents: &[u8]) -> Names {
    let mut reader = Reader::new(contents);
    let count = (0..=MOST_COMPARISONS)
        .take_while(|_| reader.next().is_some())
        .count();
    Names {
        count,
        octets: contents.len(),
    }
}
