//! Typed answers in JSON: decisions as `evaluate-json` writes them, and all others in the same manner.

use crate::contract::{Converted, Decision, Diagnostic, Outcome, Precondition, Refusal, Severity, TagDecision};
use serde::Serialize;

/// A decision, as `evaluate-json` writes it.
#[derive(Debug, Serialize)]
pub struct DecisionText<'a> {
    outcome: &'static str,
    code: &'a str,
    rule: Option<u64>,
    pair: Option<u32>,
    revision: u64,
    message: &'a str,
    tags: Vec<TagText<'a>>,
}

#[derive(Debug, Serialize)]
struct TagText<'a> {
    tag: &'a str,
    outcome: &'static str,
    code: &'a str,
    rule: Option<u64>,
    pair: Option<u32>,
    precondition: &'static str,
}

/// A diagnostic, with its severity as a word.
#[derive(Debug, Serialize)]
pub struct DiagnosticText<'a> {
    severity: &'static str,
    pointer: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
    mend: &'a str,
}

/// A refusal: `rule` is null where it names none.
#[derive(Debug, Serialize)]
pub struct RefusalText<'a> {
    code: &'a str,
    message: &'a str,
    rule: Option<u64>,
    diagnostics: Vec<DiagnosticText<'a>>,
}

/// What came of an import or an export.
#[derive(Debug, Serialize)]
pub struct ConvertedText<'a> {
    text: &'a str,
    losses: Vec<DiagnosticText<'a>>,
}

impl<'a> From<&'a Decision> for DecisionText<'a> {
    fn from(decision: &'a Decision) -> Self {
        let Decision { outcome, code, rule, pair, revision, message, tags } = decision;
        let tags = tags.iter().map(TagText::from).collect();
        Self { outcome: word(*outcome), code, rule: *rule, pair: *pair, revision: *revision, message, tags }
    }
}

impl<'a> From<&'a TagDecision> for TagText<'a> {
    fn from(decision: &'a TagDecision) -> Self {
        let TagDecision { tag, outcome, code, rule, pair, precondition } = decision;
        let precondition = match precondition {
            Precondition::Unconditional => "unconditional",
            Precondition::Absent => "absent",
            Precondition::Unchanged => "unchanged",
        };
        Self { tag, outcome: word(*outcome), code, rule: *rule, pair: *pair, precondition }
    }
}

impl<'a> From<&'a Diagnostic> for DiagnosticText<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let Diagnostic { severity, pointer, line, column, message, mend } = diagnostic;
        let severity = match severity {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
        };
        Self { severity, pointer, line: *line, column: *column, message, mend }
    }
}

impl<'a> From<&'a Refusal> for RefusalText<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        let Refusal { code, message, rule, diagnostics } = refusal;
        Self { code, message, rule: *rule, diagnostics: all(diagnostics) }
    }
}

impl<'a> From<&'a Converted> for ConvertedText<'a> {
    fn from(converted: &'a Converted) -> Self {
        let Converted { text, losses } = converted;
        Self { text, losses: all(losses) }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allow",
        Outcome::Deny => "deny",
    }
}

/// An answer on one line of JSON.
pub fn json(answer: &impl Serialize) -> String {
    // Numbers and text always serialise, and an empty answer is no permission and matches no expectation.
    serde_json::to_string(answer).unwrap_or_default()
}

/// Diagnostics, as answers hold them.
pub fn all(diagnostics: &[Diagnostic]) -> Vec<DiagnosticText<'_>> {
    diagnostics.iter().map(DiagnosticText::from).collect()
}
