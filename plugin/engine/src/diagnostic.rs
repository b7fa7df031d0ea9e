//! What is wrong with a document: where, what, and what to do.

use std::fmt;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The document is refused.
    Problem,
    /// The document is legal, but surely not what was meant.
    Warning,
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Where, as a JSON pointer (RFC 6901). Empty for the whole document.
    pub pointer: String,
    /// Where, as a line from 1.
    pub line: u32,
    /// Where, as a column in Unicode scalar values from 1.
    pub column: u32,
    /// What is wrong: lower case, no full stop, text of the document in backticks.
    pub message: String,
    /// What to do about it, in the same form.
    pub help: String,
}

impl Diagnostic {
    /// Whether the text is refused for it.
    pub fn is_problem(&self) -> bool {
        self.severity == Severity::Problem
    }
}

impl fmt::Display for Diagnostic {
    /// `/rules/2/deletion (12:19): unknown value `forbid`; write `deny` or `allow``
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, line, column, message, help, .. } = self;
        write!(formatter, "{pointer} ({line}:{column}): {message}; {help}")
    }
}
