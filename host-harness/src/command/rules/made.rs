//! A change that the component made, and all that is told of it: known before anything is written.

use tagseal::contract::{Changed, Diagnostic};
use tagseal::{CompileError, Component, Failure};

use super::listing;
use super::refused::Undone;
use super::rule::Rule;
use super::wanted::Wanted;
use crate::command::request::Request;

/// What came of a change.
pub(super) struct Made {
    /// The document before.
    pub(super) old: String,
    pub(super) new: Changed,
    /// The rule as it is written now, or where it is gone, as it was.
    pub(super) text: String,
    pub(super) rule: Rule,
    /// What is legal in the text of the rule, but surely not meant.
    pub(super) warnings: Vec<Diagnostic>,
}

impl Made {
    /// Has the component make a change.
    pub(super) fn new(component: &Component, old: &str, request: Request) -> Result<Self, Undone> {
        let changed = component.change_rules(old, request.text());
        let new = changed.map_err(|error| Undone::new(error, request, old))?;
        let wanted = Wanted::Id(new.rule);
        let text = match listing::find(component, &new.document, &wanted)? {
            Some(text) => text,
            None => listing::find(component, old, &wanted)?.ok_or(Failure::Changed)?,
        };
        let (rule, warnings) = (listing::read(&text)?, warnings(component, &text)?);
        Ok(Self { old: old.to_owned(), new, text, rule, warnings })
    }

    /// Whether the document is another one now.
    pub(super) fn is_change(&self) -> bool {
        self.old != self.new.document
    }
}

/// The warnings of a rule, with their places in its text.
fn warnings(component: &Component, rule: &str) -> Result<Vec<Diagnostic>, Failure> {
    let alone = format!("{{\"version\": 1, \"rules\": [\n{rule}\n]}}");
    let warnings = match component.compile(&alone) {
        Ok(policy) => policy.warnings()?,
        Err(CompileError::Failure(failure)) => return Err(failure),
        Err(CompileError::Diagnostics(_)) => return Err(Failure::Changed),
    };
    let in_rule = |warning: Diagnostic| {
        let pointer = warning.pointer.strip_prefix("/rules/0").unwrap_or_default().to_owned();
        Diagnostic { pointer, line: warning.line.saturating_sub(1), ..warning }
    };
    Ok(warnings.into_iter().map(in_rule).collect())
}
