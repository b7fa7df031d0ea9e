//! Changes, read.

use super::invalid::invalid_text;
use super::operation::{ChangeField, ChangeOperation, NewRule, TagOfOverride};
use crate::diagnostic::Severity;
use crate::document::check::overrides::{read_field, read_override};
use crate::document::check::rule::{read_merged, read_new, read_set};
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::place::Place;
use crate::document::located_json::quote::list;
use crate::document::located_json::report::Report;
use crate::limits;
use crate::refusal::{Refusal, RefusalCode};
use crate::rule::field::RuleField;
use crate::rule::tag_override::OverrideField;
use crate::words::{Word, words};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A valid change. Whether it can be made depends on the document.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) operation: ChangeOperation,
    /// The revision of the document that it is for.
    pub(super) revision: Option<u64>,
    text: &'a str,
    /// Where its operation is.
    place: Place,
}

words! {
    /// A field of a change of an existing rule.
    enum TargetField {
        /// Its id.
        Id = "id",
    }
}

words! {
    /// A field of `merge`.
    enum MergeField {
        /// The rules that are added.
        Rules = "rules",
    }
}

words! {
    /// A field of `end-override`.
    enum EndOverrideField {
        /// The repository of the tag.
        Repository = "repository",
        /// The tag.
        Tag = "tag",
    }
}

words! {
    /// A field of `configure`.
    enum ConfigureField {
        /// The id of the rule.
        Id = "id",
        /// The fields that it gets.
        Set = "set",
    }
}

impl<'a> Change<'a> {
    /// Reads a change from JSON. Refuses one that is not of its form, with every problem and its place.
    pub(super) fn read(text: &'a str) -> Result<Self, Refusal> {
        let mut report = Report::default();
        let change = open(text, TextKind::CHANGE, &mut report).and_then(|root| read(text, &root, &mut report));
        match change {
            Some(change) if !report.has_problems() => Ok(change),
            _ => Err(invalid_text(TextKind::CHANGE, text, report)),
        }
    }

    /// Whether it is a merge. Its conflicts are reported with their places.
    pub(super) fn is_merge(&self) -> bool {
        self.place.pointer.ends_with(ChangeField::Merge.text())
    }

    /// The refusal of a merge, for conflicts at these places.
    pub(super) fn conflict(&self, conflicts: &[(&Place, String, &str)], rule: Option<u64>) -> Refusal {
        let mut report = Report::default();
        conflicts.iter().for_each(|(place, message, help)| report.problem(place, message.clone(), help));
        let diagnostics = report.diagnostics(self.text, Severity::Problem);
        Refusal { rule, ..Refusal::headed(RefusalCode::Conflict, "the rules can't be added", diagnostics) }
    }

    /// The refusal of a valid change that can't be made in the document.
    pub(super) fn refuse(&self, message: String, help: &str) -> Refusal {
        let mut report = Report::default();
        report.problem(&self.place, message, help);
        invalid_text(TextKind::CHANGE, self.text, report)
    }
}

fn read<'a>(text: &'a str, root: &Node<'a>, report: &mut Report) -> Option<Change<'a>> {
    let fields = root.fields::<ChangeField>(report)?;
    let mut revision = None;
    let mut read = Vec::new();
    // All operations are read before one is taken, so that all their problems are reported.
    for (field, node) in ChangeField::ALL.iter().filter_map(|field| Some((*field, fields.optional(field.text())?))) {
        let operation = match field {
            ChangeField::Create => read_create(node, report),
            ChangeField::Merge => read_merge(node, report),
            ChangeField::Override => read_new_override(node, report),
            ChangeField::EndOverride => read_end_override(node, report),
            ChangeField::Configure => read_configure(node, report),
            ChangeField::Enable => read_switch(true, node, report),
            ChangeField::Disable => read_switch(false, node, report),
            ChangeField::Delete => read_target(node, report).map(|id| ChangeOperation::Delete { id }),
            ChangeField::Revision => {
                revision = node.integer(0..=limits::MAX_INTEGER, report);
                continue;
            }
        };
        read.push((operation, node.place.clone()));
    }
    if read.len() != 1 {
        let operations = ChangeField::TEXTS.iter().copied().filter(|name| *name != ChangeField::Revision.text());
        let help = format!("write one of {}", list(&operations.collect::<Vec<_>>()));
        report.problem(&root.place, format!("{} operations", read.len()), &help);
    }
    let (operation, place) = read.into_iter().next()?;
    Some(Change { operation: operation?, revision, text, place })
}

fn read_create(node: &Node<'_>, report: &mut Report) -> Option<ChangeOperation> {
    read_new(node, report);
    Some(ChangeOperation::Create(vec![new_rule(node)?]))
}

/// Reads `{"rules": [ … ]}`. An id that a rule brings is ignored: it gets a new one.
fn read_merge(node: &Node<'_>, report: &mut Report) -> Option<ChangeOperation> {
    let fields = node.fields::<MergeField>(report)?;
    let rules = fields.required(MergeField::Rules.text(), report)?.elements(report)?;
    rules.iter().for_each(|rule| read_merged(rule, report));
    rules.iter().map(new_rule).collect::<Option<_>>().map(ChangeOperation::Create)
}

fn new_rule(node: &Node<'_>) -> Option<NewRule> {
    let rule = object(node)?;
    let namespace = rule.get(RuleField::Namespace.text())?.as_str()?.to_owned();
    // What is wrong with the rule has been reported.
    let fields = node.fields::<RuleField>(&mut Report::default())?;
    let place = fields.optional(RuleField::Namespace.text())?.place.clone();
    Some(NewRule { namespace, rule, place })
}

fn read_new_override(node: &Node<'_>, report: &mut Report) -> Option<ChangeOperation> {
    let (repository, tag) = read_override(node, report)?;
    let tag = TagOfOverride { repository: repository.into_owned(), tag: tag.into_owned() };
    Some(ChangeOperation::Override { tag, added: object(node)? })
}

/// Reads the tag whose override is removed: `{"repository": "prod/app", "tag": "v1"}`.
fn read_end_override(node: &Node<'_>, report: &mut Report) -> Option<ChangeOperation> {
    let fields = node.fields::<EndOverrideField>(report)?;
    let mut text = |field: OverrideField| {
        let node = fields.required(field.text(), report)?;
        read_field(field, node, report).map(Cow::into_owned)
    };
    let (repository, tag) = (text(OverrideField::Repository), text(OverrideField::Tag));
    Some(ChangeOperation::EndOverride { tag: TagOfOverride { repository: repository?, tag: tag? } })
}

fn read_configure(node: &Node<'_>, report: &mut Report) -> Option<ChangeOperation> {
    let fields = node.fields::<ConfigureField>(report)?;
    let id = read_id(&fields, report);
    let set = fields.required(ConfigureField::Set.text(), report)?;
    read_set(set, report);
    Some(ChangeOperation::Configure { id: id?, set: object(set)? })
}

fn read_switch(enabled: bool, node: &Node<'_>, report: &mut Report) -> Option<ChangeOperation> {
    let id = read_target(node, report)?;
    let mut set = Map::new();
    set.insert(RuleField::Enabled.text().to_owned(), enabled.into());
    Some(ChangeOperation::Configure { id, set })
}

/// Reads which rule a change is for: `{"id": 3}`.
fn read_target(node: &Node<'_>, report: &mut Report) -> Option<u64> {
    read_id(&node.fields::<TargetField>(report)?, report)
}

fn read_id(fields: &Fields<'_>, report: &mut Report) -> Option<u64> {
    fields.required(TargetField::Id.text(), report)?.integer(1..=limits::MAX_INTEGER, report)
}

fn object(node: &Node<'_>) -> Option<Map<String, Value>> {
    serde_json::from_str(node.raw_text()).ok()
}
