//! A translated pattern.

use super::difference::Difference;

/// A pattern in our terms, and what sets it apart.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::convert) struct Translation {
    pub(in crate::convert) pattern: String,
    /// Each once.
    pub(in crate::convert) differences: Vec<Difference>,
}

impl Translation {
    pub(super) fn of(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), differences: Vec::new() }
    }

    pub(super) fn note(&mut self, difference: Difference) {
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }
}
