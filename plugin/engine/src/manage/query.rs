//! Questions about the rules of a document, and their answers.

use super::invalid::invalid_text;
use super::raw_document::{RawDocument, RawOverride, RawRule};
use crate::document::check::value::namespace;
use crate::document::described::DescribedRule;
use crate::document::located_json::node::Node;
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::report::Report;
use crate::document::schema::JsonRule;
use crate::limits;
use crate::refusal::Refusal;
use crate::rule::field::WHOLE_INSTANCE;
use crate::words::{Word, fields};
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

fields! {
    /// A field of a query.
    enum QueryField,
    /// One value for each field of a query.
    struct QueryFields {
        Enabled / enabled = "enabled",
        Namespaces / namespaces = "namespaces",
        Ids / ids = "ids",
    }
}

impl Query {
    /// Reads a query.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let mut report = Report::default();
        let query = open(text, TextKind::QUERY, &mut report).and_then(|root| read(&root, &mut report));
        match query {
            Some(query) if !report.has_problems() => Ok(query),
            _ => Err(invalid_text(TextKind::QUERY, text, report)),
        }
    }

    /// Returns the answer of a document. `None` where one of its rules is invalid.
    pub(super) fn answer(&self, document: &RawDocument<'_>) -> Option<String> {
        let names = self.namespaces.as_deref().map(set_of_names);
        let is_named = |rule: &&RawRule<'_>| names.as_ref().is_none_or(|names| names.contains(&*rule.namespace));
        let selected = document.rules.iter().filter(is_named).filter(|rule| self.selects(rule));
        let rules: Vec<_> = selected.map(|rule| rule.text).collect();
        let described: Vec<_> = rules.iter().map(|rule| described(rule)).collect::<Option<_>>()?;
        let without = self.namespaces.as_ref().map(|names| Value::from(without_rule(names, document)));
        let without = without.map(|names| format!(", \"without-rule\": {names}")).unwrap_or_default();
        let overrides: Vec<_> = document.overrides.iter().filter(|one| self.selects_override(one)).collect();
        let overrides: Vec<_> = overrides.iter().map(|one| one.text).collect();
        Some(format!(
            "{{\"revision\": {}, \"rules\": [{}], \"described\": [{}], \"overrides\": [{}]{without}}}",
            document.revision,
            rules.join(", "),
            described.join(", "),
            overrides.join(", ")
        ))
    }

    /// Whether an override is for a repository of a selected namespace. `*` selects all.
    fn selects_override(&self, one: &RawOverride<'_>) -> bool {
        let namespace = one.repository.split_once('/').map(|(namespace, _)| namespace);
        let is_selected = |name: &String| name == WHOLE_INSTANCE || Some(name.as_str()) == namespace;
        self.namespaces.as_ref().is_none_or(|names| names.iter().any(is_selected))
    }

    fn selects(&self, rule: &RawRule<'_>) -> bool {
        self.enabled.is_none_or(|enabled| enabled == rule.enabled)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&rule.id))
    }
}

fn described(rule: &str) -> Option<String> {
    let rule: JsonRule<'_> = serde_json::from_str(rule).ok()?;
    serde_json::to_string(&DescribedRule::of(rule)).ok()
}

/// Those of some namespaces that no rule is for, each once.
fn without_rule<'a>(names: &'a [String], document: &RawDocument<'_>) -> Vec<&'a str> {
    let mut without = set_of_names(names);
    for rule in &document.rules {
        without.remove(&*rule.namespace);
    }
    names.iter().map(String::as_str).filter(|name| without.remove(name)).collect()
}

fn read(root: &Node<'_>, report: &mut Report) -> Option<Query> {
    let fields = root.fields::<QueryField>(report)?;
    let QueryFields { enabled, namespaces, ids } =
        QueryFields::from_fn(|field: QueryField| fields.optional(field.text()));
    let enabled = enabled.and_then(|node| node.boolean(report));
    let namespaces = namespaces.and_then(|node| read_each(node, report, namespace));
    let ids = ids.and_then(|node| read_each(node, report, read_id));
    let namespaces = namespaces.map(|names| names.into_iter().map(Into::into).collect());
    // Sets are filled one by one: one that is made of a list sorts it, which is code that nothing else here needs.
    let ids = ids.map(|ids| {
        let mut set = BTreeSet::new();
        set.extend(ids);
        set
    });
    Some(Query { enabled, namespaces, ids })
}

fn set_of_names(names: &[String]) -> BTreeSet<&str> {
    let mut set = BTreeSet::new();
    set.extend(names.iter().map(String::as_str));
    set
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
    node.integer(1..=limits::MAX_INTEGER, report)
}
