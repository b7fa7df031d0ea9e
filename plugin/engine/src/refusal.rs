//! Why a change, a question or a conversion was refused.

use crate::diagnostic::Diagnostic;
use std::fmt;

/// Why a change, a question or a conversion was refused. What it was asked about stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, as a stable word.
    pub code: RefusalCode,
    /// For people: one line, what was refused, why, and what to do instead.
    pub message: String,
    /// The rule that is in the way or was meant: with `conflict`, `not-found` and `namespace-fixed`.
    pub rule: Option<u64>,
    /// Every problem, with its place: with `invalid` in the text that was given, with `invalid-document` and
    /// `not-expressible` in the document.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why, as a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    /// The namespace has a rule already.
    Conflict,
    /// No rule has the id.
    NotFound,
    /// The namespace of a rule never changes.
    NamespaceFixed,
    /// The document has another revision than the change was made against.
    Stale,
    /// The change, the query, the options or the text to import are invalid.
    Invalid,
    /// The document that should be changed or read is invalid.
    InvalidDocument,
    /// The format is unknown.
    UnknownFormat,
    /// The format can't say what the document says.
    NotExpressible,
}

impl RefusalCode {
    /// The word itself: `not-found`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::NotFound => "not-found",
            Self::NamespaceFixed => "namespace-fixed",
            Self::Stale => "stale",
            Self::Invalid => "invalid",
            Self::InvalidDocument => "invalid-document",
            Self::UnknownFormat => "unknown-format",
            Self::NotExpressible => "not-expressible",
        }
    }
}

impl Refusal {
    /// For a reason that has no place in a text.
    pub(crate) fn new(code: RefusalCode, rule: Option<u64>, message: String) -> Self {
        Self { code, message, rule, diagnostics: Vec::new() }
    }

    /// For problems of a text, which is called `what`. There is at least one.
    pub(crate) fn with_problems(code: RefusalCode, what: &str, diagnostics: Vec<Diagnostic>) -> Self {
        Self::headed(code, &format!("the {what} is invalid"), diagnostics)
    }

    /// For problems, of which there is at least one, under a sentence that they explain.
    pub(crate) fn headed(code: RefusalCode, head: &str, diagnostics: Vec<Diagnostic>) -> Self {
        let first = diagnostics.first().map(Diagnostic::to_string).unwrap_or_default();
        let message = match diagnostics.len() {
            0 | 1 => format!("{head}: {}", first.trim_start()),
            count => format!("{head}: {} ({count} problems)", first.trim_start()),
        };
        Self { code, message, rule: None, diagnostics }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.word(), self.message)
    }
}

impl std::error::Error for Refusal {}
