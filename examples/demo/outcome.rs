//! What a client got, in the words of the table.

use std::fmt;

/// A cell of the table.
#[derive(Clone, Eq, PartialEq)]
pub struct Outcome {
    /// What the edge did: a status, or an alert.
    pub edge: String,
    /// What the edge claimed of the client.
    pub claim: String,
    /// What the origin's own policy says of the chain.
    pub finds: String,
}

const NOTHING: &str = "-";

impl Outcome {
    /// The edge refused the handshake with this alert.
    pub fn alert(name: &str) -> Self {
        Self::at_edge(format!("alert {name}"))
    }

    /// The edge answered for itself.
    pub fn at_edge(edge: impl Into<String>) -> Self {
        Self {
            edge: edge.into(),
            claim: NOTHING.into(),
            finds: NOTHING.into(),
        }
    }

    /// The origin answered.
    pub fn at_origin(claim: &str, finds: &str) -> Self {
        Self {
            edge: "200".into(),
            claim: claim.into(),
            finds: finds.into(),
        }
    }

    /// The origin answered a client without a certificate.
    pub fn anonymous() -> Self {
        Self::at_origin("none", NOTHING)
    }

    /// In few words.
    pub fn brief(&self) -> String {
        match self.claim == NOTHING {
            true => self.edge.clone(),
            false => format!("{} {}", self.edge, self.claim),
        }
    }

    /// The same on a resumed session.
    pub fn resumed(mut self) -> Self {
        self.edge.push_str(", resumed");
        self
    }
}

/// The columns of the table, after the client's.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        columns(f, &self.edge, &self.claim, &self.finds)
    }
}

/// The heads of these columns.
pub struct Heads;

impl fmt::Display for Heads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        columns(f, "edge", "claim", "origin finds")
    }
}

fn columns(f: &mut fmt::Formatter<'_>, edge: &str, claim: &str, finds: &str) -> fmt::Result {
    write!(f, "{edge:<29} {claim:<10} {finds}")
}
