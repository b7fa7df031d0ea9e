//! The result of a conversion.

use crate::diagnostic::Diagnostic;

/// What an import or an export comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The policy document, or the text for the other registry.
    pub text: String,
    /// What means something else now, by its place in the text that was given. All are warnings.
    pub losses: Vec<Diagnostic>,
}
