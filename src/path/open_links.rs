//! From which certificates an anchor can still be reached.

use super::Issuer;
use super::presented::{Nodes, Presented};

/// The links between certificates and those who may have issued them, by names, but for those that are known
/// to be wrong.
pub(super) struct OpenLinks {
    /// Of each node.
    nodes: Vec<Links>,
    leading: Nodes,
}

struct Links {
    /// How many anchors may have issued it.
    anchors: usize,
    issuers: Nodes,
}

impl OpenLinks {
    pub(super) fn of(presented: &Presented<'_>) -> Self {
        let mut nodes = Vec::with_capacity(presented.count());
        nodes.extend(
            (0..presented.count())
                .filter_map(|node| presented.node(node))
                .map(|node| Links {
                    anchors: node.anchors.len(),
                    issuers: node.issuers(),
                }),
        );
        let mut links = Self {
            nodes,
            leading: Nodes::default(),
        };
        links.find_leading();
        links
    }

    /// Whether open links lead from a node to an anchor.
    pub(super) fn lead_to_anchor_from(&self, node: usize) -> bool {
        self.leading.contains(node)
    }

    /// Closes a link that was open.
    pub(super) fn close(&mut self, node: usize, issuer: Issuer) {
        let Some(links) = self.nodes.get_mut(node) else {
            return;
        };
        match issuer {
            Issuer::Anchor(_) => links.anchors = links.anchors.saturating_sub(1),
            Issuer::Presented(issuer) => links.issuers.remove(issuer),
        }
        // As long as another anchor may have issued it, nothing else changes.
        if links.anchors == 0 {
            self.find_leading();
        }
    }

    /// Those that an anchor may have issued lead to one; and so do those whose issuer does.
    fn find_leading(&mut self) {
        self.leading = Nodes::default();
        loop {
            let before = self.leading;
            for (node, links) in self.nodes.iter().enumerate() {
                if links.anchors > 0 || links.issuers.overlaps(self.leading) {
                    self.leading.insert(node);
                }
            }
            if self.leading == before {
                return;
            }
        }
    }
}
