//! Where a component may end before its pattern does.

use super::difference::Difference;
use super::piece::Piece;
use super::translation::Translation;

/// What may be between a place in a pattern and the end of its component.
#[derive(Clone, Copy, Default)]
struct Ending {
    /// Nothing has to be there.
    may_be_empty: bool,
    /// Braces are written there.
    has_braces: bool,
}

/// Where a component may end before its pattern does. doublestar sees that for `*` and `**` at the end of the pattern, newer
/// ones for braces too, but not after another `*`.
pub(super) fn note_endings(pieces: &[Piece], translation: &mut Translation) {
    let end = Ending { may_be_empty: true, has_braces: false };
    let mut ending = end;
    // For each brace that is open, seen from the end: what follows it, and whether an alternative may be empty with that.
    let mut braces: Vec<(Ending, bool)> = Vec::new();
    for (at, piece) in pieces.iter().enumerate().rev() {
        let begins = at.checked_sub(1).is_none_or(|before| pieces.get(before) == Some(&Piece::Slash));
        match piece {
            Piece::Character => ending = Ending::default(),
            Piece::Slash => ending = end,
            Piece::Stars(run) => {
                let is_whole = begins && pieces.get(at + 1).is_none_or(|next| *next == Piece::Slash);
                if ending.may_be_empty && (ending.has_braces || (*run > 2 && !is_whole)) {
                    translation.note(Difference::StarBeforeNothing);
                }
            }
            Piece::Close => braces.push((ending, false)),
            Piece::Comma => {
                if let Some((after, may_be_empty)) = braces.last_mut() {
                    *may_be_empty |= ending.may_be_empty;
                    ending = *after;
                }
            }
            Piece::Open => {
                let (_, other) = braces.pop().unwrap_or_default();
                let may_be_empty = other || ending.may_be_empty;
                // No component of a name is empty, so where one begins there is something left to match.
                if may_be_empty && !begins {
                    translation.note(Difference::EmptyAlternative);
                }
                ending = Ending { may_be_empty, has_braces: true };
            }
        }
    }
}
