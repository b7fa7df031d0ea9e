//! Refusals of texts that are invalid.

use crate::diagnostic::Severity;
use crate::document::check::document::problems;
use crate::document::located_json::open::TextKind;
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::refusal::{Refusal, RefusalCode};

/// The refusal of an invalid document.
pub(super) fn invalid_document(document: &str) -> Refusal {
    Refusal::with_problems(RefusalCode::InvalidDocument, "document", problems(document))
}

/// The refusal of an invalid text, for the problems that were found in it.
pub(super) fn invalid_text(kind: TextKind, text: &str, mut report: Report) -> Refusal {
    if !report.has_problems() {
        report.problem(&Place::default(), format!("the {} cannot be read", kind.name), "write it again");
    }
    Refusal::with_problems(RefusalCode::Invalid, kind.name, report.diagnostics(text, Severity::Problem))
}
