//! Typed answers in JSON: decisions as `evaluate-json` writes them, and all others in the same way.

use crate::contract::{
    ChangedRule, Converted, Decision, Diagnostic, Outcome, Precondition, Refusal, Severity, TagDecision,
};
use serde::Serialize;

/// A decision, as `evaluate-json` writes it.
#[derive(Debug, Serialize)]
pub struct DecisionText<'a> {
    outcome: &'static str,
    code: &'a str,
    rule: Option<u64>,
    namespace: Option<&'a str>,
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
    namespace: Option<&'a str>,
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
    help: &'a str,
}

/// A refusal. `rule` is null if it names no rule.
#[derive(Debug, Serialize)]
pub struct RefusalText<'a> {
    code: &'a str,
    message: &'a str,
    rule: Option<u64>,
    diagnostics: Vec<DiagnosticText<'a>>,
}

/// A rule that a change was for. `rule` is its text, and null after a delete.
#[derive(Debug, Serialize)]
pub struct ChangedRuleText<'a> {
    id: u64,
    rule: Option<&'a str>,
    warnings: Vec<DiagnosticText<'a>>,
}

/// The result of an import or an export.
#[derive(Debug, Serialize)]
pub struct ConvertedText<'a> {
    text: &'a str,
    losses: Vec<DiagnosticText<'a>>,
}

impl<'a> From<&'a Decision> for DecisionText<'a> {
    fn from(decision: &'a Decision) -> Self {
        let Decision { outcome, code, rule, namespace, pair, revision, message, tags } = decision;
        let (outcome, namespace) = (word(*outcome), namespace.as_deref());
        let tags = tags.iter().map(TagText::from).collect();
        Self { outcome, code, rule: *rule, namespace, pair: *pair, revision: *revision, message, tags }
    }
}

impl<'a> From<&'a TagDecision> for TagText<'a> {
    fn from(decision: &'a TagDecision) -> Self {
        let TagDecision { tag, outcome, code, rule, namespace, pair, precondition } = decision;
        let precondition = match precondition {
            Precondition::Unconditional => "unconditional",
            Precondition::Absent => "absent",
            Precondition::Unchanged => "unchanged",
        };
        let (outcome, namespace) = (word(*outcome), namespace.as_deref());
        Self { tag, outcome, code, rule: *rule, namespace, pair: *pair, precondition }
    }
}

impl<'a> From<&'a Diagnostic> for DiagnosticText<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let Diagnostic { severity, pointer, line, column, message, help } = diagnostic;
        let severity = match severity {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
        };
        Self { severity, pointer, line: *line, column: *column, message, help }
    }
}

impl<'a> From<&'a Refusal> for RefusalText<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        let Refusal { code, message, rule, diagnostics } = refusal;
        Self { code, message, rule: *rule, diagnostics: self::diagnostics(diagnostics) }
    }
}

impl<'a> From<&'a ChangedRule> for ChangedRuleText<'a> {
    fn from(changed: &'a ChangedRule) -> Self {
        let ChangedRule { id, rule, warnings } = changed;
        Self { id: *id, rule: rule.as_deref(), warnings: diagnostics(warnings) }
    }
}

impl<'a> From<&'a Converted> for ConvertedText<'a> {
    fn from(converted: &'a Converted) -> Self {
        let Converted { text, losses } = converted;
        Self { text, losses: diagnostics(losses) }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allow",
        Outcome::Deny => "deny",
    }
}

/// Writes an answer on one line of JSON.
pub fn to_line(answer: &impl Serialize) -> String {
    // Numbers and text can always be written. An empty line would not be a permission.
    serde_json::to_string(answer).unwrap_or_default()
}

/// Prepares diagnostics to be written in JSON.
pub fn diagnostics(diagnostics: &[Diagnostic]) -> Vec<DiagnosticText<'_>> {
    diagnostics.iter().map(DiagnosticText::from).collect()
}
