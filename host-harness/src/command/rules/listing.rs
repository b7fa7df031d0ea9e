//! The rules of a document, as the component lists them.

use serde::Deserialize;
use serde_json::value::RawValue;
use tagseal::{Component, Failure, Settings};

use super::refused::Undone;
use super::rule::Rule;
use super::wanted::Wanted;
use crate::command::request::Request;

/// Which rules a document has.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Listing<'a> {
    pub(super) revision: u64,
    /// As the document has them.
    #[serde(borrow)]
    pub(super) rules: Vec<&'a RawValue>,
    /// Those of the namespaces that were asked about which no rule is for.
    #[serde(default)]
    pub(super) without_rule: Vec<String>,
}

impl<'a> Listing<'a> {
    /// Reads the component's answer.
    pub(super) fn read(answer: &'a str) -> Result<Self, Failure> {
        serde_json::from_str(answer).map_err(|_| broken())
    }
}

/// Asks which rules a document has.
pub(super) fn ask(component: &Component, document: &str, query: Request) -> Result<String, Undone> {
    component.list_rules(document, query.text()).map_err(|error| Undone::new(error, query, document))
}

/// The text of one rule. None where the document has no such rule.
pub(super) fn find(component: &Component, document: &str, wanted: &Wanted) -> Result<Option<String>, Undone> {
    let answer = ask(component, document, wanted.query())?;
    Ok(Listing::read(&answer)?.rules.first().map(|rule| rule.get().to_owned()))
}

/// Reads a rule.
pub(super) fn read(rule: &str) -> Result<Rule, Failure> {
    serde_json::from_str(rule).map_err(|_| broken())
}

fn broken() -> Failure {
    Failure::Answer(Settings::default().answer)
}
