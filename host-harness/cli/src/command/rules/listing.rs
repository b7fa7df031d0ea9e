//! The rules of a document, as the component lists them.

use serde::Deserialize;
use serde_json::value::RawValue;
use tagseal::{CallError, Component, Settings};

use super::change_error::ChangeError;
use super::rule::Rule;
use super::rule_selector::RuleSelector;
use crate::command::request::Request;
use crate::command::tag_override::TagOverride;

/// Which rules a document has.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Listing<'a> {
    pub(super) revision: u64,
    /// As the document has them.
    #[serde(borrow)]
    pub(super) rules: Vec<&'a RawValue>,
    /// The overrides of the document.
    #[serde(default)]
    pub(super) overrides: Vec<TagOverride>,
    /// The namespaces of the query that have no rule.
    #[serde(default)]
    pub(super) without_rule: Vec<String>,
}

impl<'a> Listing<'a> {
    /// Reads the component's answer.
    pub(super) fn read(answer: &'a str) -> Result<Self, CallError> {
        serde_json::from_str(answer).map_err(|_| broken())
    }
}

/// Asks which rules a document has.
pub(super) fn ask(component: &Component, document: &str, query: Request) -> Result<String, ChangeError> {
    component.list_rules(document, query.text()).map_err(|error| ChangeError::new(error, query, document))
}

/// The text of one rule. None where the document has no such rule.
pub(super) fn find(
    component: &Component,
    document: &str,
    wanted: &RuleSelector,
) -> Result<Option<String>, ChangeError> {
    let answer = ask(component, document, wanted.query())?;
    Ok(Listing::read(&answer)?.rules.first().map(|rule| rule.get().to_owned()))
}

/// Reads a rule.
pub(super) fn read(rule: &str) -> Result<Rule, CallError> {
    serde_json::from_str(rule).map_err(|_| broken())
}

/// The error of an answer that does not keep the contract.
pub(super) fn broken() -> CallError {
    CallError::Answer(Settings::default().max_answer_bytes)
}
