//! A list of a document as it is written: its elements, and what is between them.

use std::ops::Range;

/// A list of a document.
#[derive(Debug)]
pub(super) struct RawList<'a> {
    pub(super) document: &'a str,
    /// Where the list is, with its brackets.
    pub(super) place: Range<usize>,
    /// Where its elements are.
    pub(super) elements: Vec<Range<usize>>,
}

impl<'a> RawList<'a> {
    /// The text of an element.
    pub(super) fn element(&self, index: usize) -> Option<&'a str> {
        self.document.get(self.elements.get(index)?.clone())
    }

    /// What is before the element with an index: after the `[`, or after the last element, with the comma.
    pub(super) fn lead(&self, index: usize) -> &'a str {
        let before = index.checked_sub(1).and_then(|index| self.elements.get(index));
        let start = before.map_or(self.place.start + 1, |element| element.end);
        let end = self.elements.get(index).map_or(start, |element| element.start);
        self.document.get(start..end).unwrap_or_default()
    }
}
