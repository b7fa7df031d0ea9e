//! Presets: names of selector pairs that are wanted often.

use super::field::SelectorField;
use crate::words::words;

words! {
    /// A selector pair that has a name.
    pub(crate) enum Preset {
        /// In all repositories, every tag but `latest`.
        Latest = "latest",
    }
}

/// A selector with one pattern.
pub(crate) type OnePattern = (SelectorField, &'static str);

impl Preset {
    /// The selector of repositories and the selector of tags that it names.
    pub(crate) fn pair(self) -> (OnePattern, OnePattern) {
        match self {
            Self::Latest => ((SelectorField::Matches, "**"), (SelectorField::Excludes, "latest")),
        }
    }
}
