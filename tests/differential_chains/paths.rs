//! The paths of a world, found by its facts.

use crate::certificate::Made;
use crate::world::World;

/// A path that names and signatures allow, whatever else is wrong with it: the leaf first, the anchor
/// last.
pub type Path = Vec<Made>;

impl World {
    /// The world of one path, and nothing beside it.
    pub fn of_path(&self, path: &[Made]) -> Self {
        let (anchor, below) = path.split_last().unwrap();
        Self {
            seed: self.seed,
            mutation: self.mutation,
            anchors: vec![anchor.clone()],
            leaf: below[0].clone(),
            others: below[1..].to_vec(),
        }
    }

    /// Every path; names count without the case of letters.
    pub fn paths(&self) -> Vec<Path> {
        let mut found = Vec::new();
        self.extend(&mut vec![self.leaf.clone()], &mut found);
        found
    }

    fn extend(&self, path: &mut Path, found: &mut Vec<Path>) {
        let last = path.last().unwrap().clone();
        let ends = self
            .anchors
            .iter()
            .filter(|issuer| issuer.has_issued(&last));
        for anchor in ends {
            found.push([&path[..], std::slice::from_ref(anchor)].concat());
        }
        for issuer in self
            .others
            .iter()
            .filter(|issuer| issuer.has_issued(&last))
        {
            if path
                .iter()
                .all(|made| made.der != issuer.der)
            {
                path.push(issuer.clone());
                self.extend(path, found);
                path.pop();
            }
        }
    }
}
