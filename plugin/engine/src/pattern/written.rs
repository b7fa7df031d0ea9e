//! Patterns as documents write them: a text, or an object that says in which language the text is.

use crate::words::words;

/// A pattern as a document writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrittenPattern<'a> {
    /// A glob or a version class: `"v*"`, `"@release"`.
    Text(&'a str),
    /// A regular expression: `{"regex": "v[0-9]+"}`.
    Regex(&'a str),
}

words! {
    /// A field of a pattern that is an object.
    pub(crate) enum PatternField {
        /// A regular expression.
        Regex = "regex",
    }
}
