//! The note of a rule, for people.

use crate::limits;

/// Returns the length of a note that is too long, or `None` for a valid one.
pub(crate) fn excess_length(note: &str) -> Option<usize> {
    let length = note.chars().count();
    (length > limits::MAX_NOTE_CHARACTERS).then_some(length)
}
