//! A change that the component made, with everything that is reported about it: known before anything is written.

use tagseal::contract::{Changed, ChangedRule, Diagnostic};
use tagseal::{CallError, Component};

use super::change_error::ChangeError;
use super::listing;
use super::rule::Rule;
use super::rule_selector::RuleSelector;
use crate::command::request::Request;

/// The result of a change.
pub(crate) struct ChangeResult {
    /// The document before.
    pub(crate) old: String,
    /// The document after it.
    pub(crate) document: String,
    pub(crate) revision: u64,
    /// The rules that the change was for. Empty for a change of overrides.
    pub(crate) rules: Vec<RuleResult>,
}

/// A rule that a change was for.
pub(crate) struct RuleResult {
    pub(crate) id: u64,
    /// The rule as it is written now. After a delete, the rule as it was.
    pub(crate) text: String,
    pub(crate) rule: Rule,
    /// The warnings about the text of the rule.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl ChangeResult {
    /// Has the component make a change.
    pub(crate) fn new(component: &Component, old: &str, request: Request) -> Result<Self, ChangeError> {
        let changed = component.change_rules(old, request.text());
        let Changed { document, revision, rules } = changed.map_err(|error| ChangeError::new(error, request, old))?;
        let rules = rules.into_iter().map(|rule| RuleResult::new(component, old, rule)).collect::<Result<_, _>>()?;
        Ok(Self { old: old.to_owned(), document, revision, rules })
    }

    /// Whether the document is another one now.
    pub(crate) fn is_change(&self) -> bool {
        self.old != self.document
    }
}

impl RuleResult {
    fn new(component: &Component, old: &str, changed: ChangedRule) -> Result<Self, ChangeError> {
        let ChangedRule { id, rule, warnings } = changed;
        // The component does not return a deleted rule.
        let text = match rule {
            Some(text) => text,
            None => listing::find(component, old, &RuleSelector::Id(id))?.ok_or(CallError::Inconsistent)?,
        };
        let rule = listing::read(&text)?;
        Ok(Self { id, text, rule, warnings })
    }
}
