//! How often verdicts are those of the suite's authors: ours, rustls's and others', by group of cases.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use crate::Verdict;
use crate::case::Case;

/// By the group, and by who judges: cases judged, and how many of them as expected.
#[derive(Default)]
pub struct Agreement(BTreeMap<String, BTreeMap<String, (usize, usize)>>);

const OURS: &str = "edge-mtls";
const ALL: &str = "all";

impl Agreement {
    pub fn add(&mut self, case: &Case, ours: Verdict) {
        let ours = (OURS.to_owned(), ours);
        let rustls = ("rustls".to_owned(), case.rustls);
        for (who, verdict) in [ours, rustls]
            .into_iter()
            .chain(case.others.clone())
        {
            for group in [case.group.as_str(), ALL] {
                let group = self.0.entry(group.into()).or_default();
                let (judged, agreed) = group.entry(who.clone()).or_default();
                *judged += 1;
                *agreed += usize::from(verdict == case.expected);
            }
        }
    }
}

/// A line for each group: ours, rustls's, and the others from the best on, each with how many it judged.
impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, by_whom) in &self.0 {
            let shown = |who: &str| match by_whom.get(who) {
                Some((judged, agreed)) => format!("{who} {agreed}/{judged}"),
                None => format!("{who} -"),
            };
            write!(f, "{group:40} {}  {}", shown(OURS), shown("rustls"))?;
            let others: BTreeSet<_> = by_whom
                .iter()
                .filter(|(who, _)| *who != OURS && *who != "rustls")
                .map(|(who, (judged, agreed))| (judged - agreed, who))
                .collect();
            for (_, who) in others {
                write!(f, "  {}", shown(who))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
