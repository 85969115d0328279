//! How often there was each verdict.

use std::collections::BTreeMap;
use std::fmt;

use crate::exceptions::Exception;
use crate::mutation::Mutation;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Agreement {
    Accepted,
    Refused,
    Not(Exception),
}

#[derive(Debug)]
pub struct Tally {
    seed: usize,
    cases: usize,
    rows: BTreeMap<Option<Mutation>, BTreeMap<Agreement, usize>>,
}

impl Tally {
    pub fn new(seed: usize, cases: usize) -> Self {
        Self {
            seed,
            cases,
            rows: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, mutation: Option<Mutation>, agreement: Agreement) {
        let row = self.rows.entry(mutation).or_default();
        *row.entry(agreement).or_default() += 1;
    }

    /// Both verdicts are well represented, and exceptions are few.
    pub fn assert_is_meaningful(&self) {
        let cases = self.cases;
        let accepted = self.count(|agreement| agreement == Agreement::Accepted);
        let refused = self.count(|agreement| agreement == Agreement::Refused);
        assert!(accepted >= cases / 4, "{self}");
        assert!(refused >= cases / 4, "{self}");
        assert!(accepted + refused >= cases * 3 / 4, "{self}");
    }

    fn count(&self, test: impl Fn(Agreement) -> bool) -> usize {
        self.rows
            .values()
            .flatten()
            .filter(|(agreement, _)| test(**agreement))
            .map(|(_, count)| count)
            .sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, cases, .. } = self;
        writeln!(f, "EDGE_MTLS_SEED={seed} EDGE_MTLS_CASES={cases}")?;
        writeln!(f, "{:26}{:>10}{:>10}  otherwise", "", "accepted", "refused")?;
        for (mutation, row) in &self.rows {
            let name = mutation.map_or_else(|| "none".into(), |mutation| format!("{mutation:?}"));
            let count = |agreement| {
                row.get(&agreement)
                    .copied()
                    .unwrap_or(0)
            };
            let (accepted, refused) = (count(Agreement::Accepted), count(Agreement::Refused));
            write!(f, "{name:26}{accepted:>10}{refused:>10} ")?;
            for (agreement, count) in row {
                if let Agreement::Not(exception) = agreement {
                    write!(f, " {exception:?} {count}")?;
                }
            }
            writeln!(f)?;
        }
        let [accepted, refused, otherwise] = [
            self.count(|agreement| agreement == Agreement::Accepted),
            self.count(|agreement| agreement == Agreement::Refused),
            self.count(|agreement| matches!(agreement, Agreement::Not(_))),
        ];
        write!(f, "{:26}{accepted:>10}{refused:>10}{otherwise:>11}", "all")
    }
}
