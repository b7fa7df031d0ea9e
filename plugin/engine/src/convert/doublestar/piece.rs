//! The parts of a pattern that matter for where names may end.

/// A part of a pattern, as far as it matters for where names may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// One character.
    Character,
    /// A run of stars.
    Stars(usize),
    Slash,
    Open,
    Comma,
    Close,
}
