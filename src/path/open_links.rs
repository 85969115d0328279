//! From which certificates an anchor can still be reached.

use super::Issuer;
use super::presented::{Nodes, Presented};

/// The links between certificates and those who may have issued them, by names, but for those that are known
/// to be wrong.
pub(super) struct OpenLinks {
    /// Of each node, once one is closed: most searches close none.
    nodes: Vec<Links>,
    leading: Nodes,
}

#[derive(Clone, Copy)]
struct Links {
    /// How many anchors may have issued it.
    anchors: usize,
    issuers: Nodes,
}

impl OpenLinks {
    pub(super) fn of(presented: &Presented<'_>) -> Self {
        Self {
            nodes: Vec::new(),
            leading: leading(all(presented)),
        }
    }

    /// Whether open links lead from a node to an anchor.
    pub(super) fn lead_to_anchor_from(&self, node: usize) -> bool {
        self.leading.contains(node)
    }

    /// Closes a link that was open.
    pub(super) fn close(&mut self, presented: &Presented<'_>, node: usize, issuer: Issuer) {
        if self.nodes.is_empty() {
            self.nodes.extend(all(presented));
        }
        let Some(links) = self.nodes.get_mut(node) else {
            return;
        };
        match issuer {
            Issuer::Anchor(_) => links.anchors = links.anchors.saturating_sub(1),
            Issuer::Presented(issuer) => links.issuers.remove(issuer),
        }
        // As long as another anchor may have issued it, nothing else changes.
        if links.anchors == 0 {
            self.leading = leading(self.nodes.iter().copied());
        }
    }
}

fn all(presented: &Presented<'_>) -> impl Iterator<Item = Links> + Clone {
    presented.nodes().map(|node| Links {
        anchors: node.anchors.len(),
        issuers: node.issuers(),
    })
}

/// Those that an anchor may have issued lead to one; and so do those whose issuer does.
fn leading(nodes: impl Iterator<Item = Links> + Clone) -> Nodes {
    let mut leading = Nodes::default();
    loop {
        let before = leading;
        for (node, links) in nodes.clone().enumerate() {
            if links.anchors > 0 || links.issuers.overlaps(leading) {
                leading.insert(node);
            }
        }
        if leading == before {
            return leading;
        }
    }
}
