//! What is wrong with a value, and where.

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    /// Which member of a list, counted from 1.
    pub(crate) member: usize,
    /// How many octets of the value stand before the place.
    pub(crate) offset: usize,
    pub(crate) what: &'static str,
}

impl Fault {
    pub(crate) fn new(member: usize, offset: usize, what: &'static str) -> Self {
        Self {
            member,
            offset,
            what,
        }
    }
}

/// The fault of a list that is longer than its limit.
pub(crate) const TOO_MANY_MEMBERS: &str = "the list has more members than its limit";
