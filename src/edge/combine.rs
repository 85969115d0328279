//! Several functions as one.

use core::fmt;

use super::function::{ConnectionFunction, Decision, RequestDecision};
use super::step::{ConnectionStep, Left, RequestStep};
use crate::revocation::{Settlement, Unsettled};

/// Allows whom all of its functions allow. They run in order, until one denies; each may leave a value
/// for its own request step, note, and change headers, a later one what an earlier one set.
pub struct AllOf {
    functions: Vec<Box<dyn ConnectionFunction>>,
}

/// Allows whom one of its functions allows. They run in order, until one allows: what that one notes,
/// changes and leaves stands, and its request step alone runs; of the others nothing stays. Where none
/// allows, the reason is the last one's.
pub struct AnyOf {
    functions: Vec<Box<dyn ConnectionFunction>>,
}

impl AllOf {
    /// Begins with one function.
    pub fn new(function: impl ConnectionFunction + 'static) -> Self {
        Self {
            functions: vec![Box::new(function)],
        }
    }

    /// Adds another.
    #[must_use]
    pub fn and(mut self, function: impl ConnectionFunction + 'static) -> Self {
        self.functions.push(Box::new(function));
        self
    }
}

impl AnyOf {
    /// Begins with one function.
    pub fn new(function: impl ConnectionFunction + 'static) -> Self {
        Self {
            functions: vec![Box::new(function)],
        }
    }

    /// Adds another.
    #[must_use]
    pub fn or(mut self, function: impl ConnectionFunction + 'static) -> Self {
        self.functions.push(Box::new(function));
        self
    }
}

/// What the functions of an [`AllOf`] left, in their order.
struct LeftByAll(Vec<Option<Left>>);

/// Which function of an [`AnyOf`] allowed, and what it left.
struct LeftByOne(usize, Option<Left>);

impl ConnectionFunction for AllOf {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        let mut left = Vec::with_capacity(self.functions.len());
        for function in &self.functions {
            step.outcome.left = None;
            let decision = function.connection(step);
            if decision != Decision::Allow {
                return decision;
            }
            left.push(step.outcome.left.take());
        }
        step.leave(LeftByAll(left));
        Decision::Allow
    }

    fn settle(&self, unsettled: Unsettled<'_>) -> Settlement {
        settle(&self.functions, unsettled)
    }

    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        let Some(LeftByAll(left)) = step.left() else {
            step.changes
                .fail("what `AllOf` left is gone");
            return RequestDecision::Forward;
        };
        let own = step.left;
        for (function, left) in self.functions.iter().zip(left) {
            step.left = left.as_ref();
            let decision = function.request(step);
            if decision != RequestDecision::Forward {
                return decision;
            }
        }
        step.left = own;
        RequestDecision::Forward
    }
}

impl ConnectionFunction for AnyOf {
    fn connection(&self, step: &mut ConnectionStep<'_>) -> Decision {
        let before = step.outcome.clone();
        let mut denied = Decision::deny("there is no function");
        for (index, function) in self.functions.iter().enumerate() {
            step.outcome.left = None;
            let decision = function.connection(step);
            if decision == Decision::Allow {
                let left = step.outcome.left.take();
                step.leave(LeftByOne(index, left));
                return Decision::Allow;
            }
            step.outcome = before.clone();
            denied = decision;
        }
        denied
    }

    fn settle(&self, unsettled: Unsettled<'_>) -> Settlement {
        settle(&self.functions, unsettled)
    }

    fn request(&self, step: &mut RequestStep<'_>) -> RequestDecision {
        let allowed = step
            .left::<LeftByOne>()
            .and_then(|LeftByOne(index, left)| Some((self.functions.get(*index)?, left)));
        let Some((function, left)) = allowed else {
            step.changes
                .fail("what `AnyOf` left is gone");
            return RequestDecision::Forward;
        };
        let own = core::mem::replace(&mut step.left, left.as_ref());
        let decision = function.request(step);
        step.left = own;
        decision
    }
}

/// Revoked if one says so; or else good if one says so.
fn settle(functions: &[Box<dyn ConnectionFunction>], unsettled: Unsettled<'_>) -> Settlement {
    let mut settlement = Settlement::Unknown;
    for function in functions {
        match function.settle(unsettled) {
            Settlement::Revoked => return Settlement::Revoked,
            Settlement::Good => settlement = Settlement::Good,
            Settlement::Unknown => {}
        }
    }
    settlement
}

impl fmt::Debug for AllOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllOf")
            .field("functions", &self.functions.len())
            .finish()
    }
}

impl fmt::Debug for AnyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyOf")
            .field("functions", &self.functions.len())
            .finish()
    }
}
