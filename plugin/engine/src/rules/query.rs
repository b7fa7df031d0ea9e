//! Questions about the rules of a document, and their answers.

use super::outline::{Outline, Rule};
use crate::limits;
use crate::refusal::Refusal;
use crate::source::{self, Kind, Node, Report};
use crate::survey;
use serde_json::Value;
use std::collections::BTreeSet;

/// Which rules are asked about: those that all of its parts select.
#[derive(Debug, Default)]
pub(super) struct Query {
    enabled: Option<bool>,
    /// In the order in which they were given.
    namespaces: Option<Vec<String>>,
    ids: Option<BTreeSet<u64>>,
}

const FIELDS: &[&str] = &["enabled", "namespaces", "ids"];

impl Query {
    /// Reads a query.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let mut report = Report::default();
        let query = source::open(text, Kind::QUERY, &mut report).and_then(|root| read(&root, &mut report));
        match query {
            Some(query) if !report.has_problems() => Ok(query),
            _ => Err(Refusal::invalid(Kind::QUERY, text, report)),
        }
    }

    /// The answer of a document.
    pub(super) fn answer(&self, outline: &Outline<'_>) -> String {
        let names: Option<BTreeSet<_>> =
            self.namespaces.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let is_named = |rule: &&Rule<'_>| names.as_ref().is_none_or(|names| names.contains(&*rule.namespace));
        let selected = outline.rules.iter().filter(is_named).filter(|rule| self.selects(rule));
        let rules: Vec<_> = selected.map(|rule| rule.text).collect();
        let without = self.namespaces.as_ref().map(|names| Value::from(without_rule(names, outline)));
        let without = without.map(|names| format!(", \"without-rule\": {names}")).unwrap_or_default();
        format!("{{\"revision\": {}, \"rules\": [{}]{without}}}", outline.revision, rules.join(", "))
    }

    fn selects(&self, rule: &Rule<'_>) -> bool {
        self.enabled.is_none_or(|enabled| enabled == rule.enabled)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&rule.id))
    }
}

/// Those of some namespaces that no rule is for, each once.
fn without_rule<'a>(names: &'a [String], outline: &Outline<'_>) -> Vec<&'a str> {
    let mut without: BTreeSet<_> = names.iter().map(String::as_str).collect();
    for rule in &outline.rules {
        without.remove(&*rule.namespace);
    }
    names.iter().map(String::as_str).filter(|name| without.remove(name)).collect()
}

fn read(root: &Node<'_>, report: &mut Report) -> Option<Query> {
    let fields = root.fields(FIELDS, report)?;
    let enabled = fields.optional("enabled").and_then(|node| node.truth(report));
    let namespaces = fields.optional("namespaces").and_then(|node| read_each(node, report, survey::namespace));
    let ids = fields.optional("ids").and_then(|node| read_each(node, report, read_id));
    let namespaces = namespaces.map(|names| names.into_iter().map(Into::into).collect());
    Some(Query { enabled, namespaces, ids: ids.map(|ids| ids.into_iter().collect()) })
}

/// Reads all elements of a list that can be read: where one can't be, the report says so.
fn read_each<'a, T>(
    node: &Node<'a>,
    report: &mut Report,
    read: impl Fn(&Node<'a>, &mut Report) -> Option<T>,
) -> Option<Vec<T>> {
    Some(node.elements(report)?.iter().filter_map(|node| read(node, report)).collect())
}

fn read_id(node: &Node<'_>, report: &mut Report) -> Option<u64> {
    node.integer(1..=limits::INTEGER, report)
}
