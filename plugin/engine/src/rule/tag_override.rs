//! Overrides: documented exceptions to a rule in an emergency, each for one tag, with a reason and an end.

use crate::limits;
use crate::words::words;

words! {
    /// A field of an override.
    pub(crate) enum OverrideField {
        /// The full name of the repository.
        Repository = "repository",
        /// The tag.
        Tag = "tag",
        /// Its end, in UTC.
        Until = "until",
        /// Why it is there.
        Reason = "reason",
        /// Who made it. May be missing.
        By = "by",
    }
}

impl OverrideField {
    /// How many characters a text of the field may have. `None` for a field whose text has a form of its own.
    pub(crate) fn max_characters(self) -> Option<usize> {
        match self {
            Self::Reason => Some(limits::MAX_REASON_CHARACTERS),
            Self::By => Some(limits::MAX_BY_CHARACTERS),
            Self::Repository | Self::Tag | Self::Until => None,
        }
    }
}

/// Whether a text for people has 1 to so many characters, and no control character.
pub(crate) fn is_short_text(text: &str, max_characters: usize) -> bool {
    (1..=max_characters).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
