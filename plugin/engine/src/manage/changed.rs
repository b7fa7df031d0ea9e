//! The result of a change.

use crate::diagnostic::Diagnostic;

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The document with the change in it. The same as before, byte for byte, where nothing had to be changed.
    pub document: String,
    /// The revision of the document as it is now.
    pub revision: u64,
    /// Each rule that was created, configured, switched or deleted, in the order of the change.
    pub rules: Vec<ChangedRule>,
}

/// A rule that a change was for, as it is after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRule {
    /// Its id.
    pub id: u64,
    /// The rule as it is in the new document, byte for byte. `None` after a delete.
    pub rule: Option<String>,
    /// The warnings about it, with places in that text.
    pub warnings: Vec<Diagnostic>,
}
