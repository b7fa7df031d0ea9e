//! What all regular expressions of a document need together.

use crate::limits;

/// How many transitions the different regular expressions of a document have so far.
#[derive(Debug, Default)]
pub(crate) struct RegexBudget {
    transitions: usize,
}

impl RegexBudget {
    /// Takes one more. Returns how many transitions there are then, where that is more than the limit.
    pub(crate) fn add(&mut self, transitions: usize) -> Option<usize> {
        self.transitions = self.transitions.saturating_add(transitions);
        (self.transitions > limits::MAX_REGEX_TRANSITIONS_PER_DOCUMENT).then_some(self.transitions)
    }
}
