//! What can be wrong with a rule.

use super::pair::{CheckedPair, read_half_pair, read_pairs, read_preset};
use super::value::{exempt_sets, namespace, note};
use super::warnings::{warn_of_frozen, warn_of_nothing};
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::located_json::fields::Fields;
use crate::document::located_json::node::Node;
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::report::Report;
use crate::document::located_json::word::word;
use crate::rule::deletion::Deletion;
use crate::rule::exempt::ExemptSets;
use crate::rule::field::{RuleField, RuleFields};
use crate::words::Word;

/// The fields of a rule that are there.
pub(super) type RuleNodes<'f, 'a> = RuleFields<Option<&'f Node<'a>>>;

/// Reads a rule that has no id yet.
pub(crate) fn read_new(rule: &Node<'_>, report: &mut Report) {
    let Some(fields) = rule.fields::<RuleField>(report) else { return };
    if let Some(id) = fields.optional(RuleField::Id.text()) {
        report.problem(&id.place, "a new rule gets its id when it is created".into(), "leave it out");
    }
    read_without_id(rule, &fields, report);
}

/// Reads a rule that gets a new id, whatever id it has.
pub(crate) fn read_merged(rule: &Node<'_>, report: &mut Report) {
    if let Some(fields) = rule.fields::<RuleField>(report) {
        read_without_id(rule, &fields, report);
    }
}

fn read_without_id(rule: &Node<'_>, fields: &Fields<'_>, report: &mut Report) {
    let nodes = RuleFields::from_fn(|field| fields.optional(field.text()));
    let namespace = fields.required(RuleField::Namespace.text(), report).and_then(|node| namespace(node, report));
    read_body(rule, fields, &nodes, namespace.as_deref(), report);
}

/// Reads fields that are set in a rule. A field that is null is removed from it, if it is one that may be missing.
pub(crate) fn read_set(set: &Node<'_>, report: &mut Report) {
    let Some(fields) = set.fields::<RuleField>(report) else { return };
    let nodes = RuleFields::from_fn(|field: RuleField| {
        fields.optional(field.text()).filter(|node| !field.is_optional() || !node.is_null())
    });
    if let Some(id) = nodes.id {
        report.problem(&id.place, "the id of a rule never changes".into(), "leave it out");
    }
    if let Some(namespace) = nodes.namespace {
        namespace.text(report);
    }
    read_settings(&nodes, report);
    match nodes.protects {
        Some(half) if nodes.preset.is_none() && half.is_object() => read_half_pair(half, report),
        protects if nodes.preset.or(protects).is_some() => {
            read_protection(&fields, None, report);
        }
        _ => {}
    }
}

/// Returns the warnings about a rule that is valid, with places in its text.
pub(crate) fn warnings_of_rule(text: &str) -> Vec<Diagnostic> {
    let mut report = Report::default();
    if let Some(rule) = open(text, TextKind::DOCUMENT, &mut report)
        && let Some(fields) = rule.fields::<RuleField>(&mut report)
    {
        let nodes = RuleFields::from_fn(|field| fields.optional(field.text()));
        let namespace = nodes.namespace.and_then(|node| node.text(&mut report));
        read_body(&rule, &fields, &nodes, namespace.as_deref(), &mut report);
    }
    report.diagnostics(text, Severity::Warning)
}

/// Reads everything of a rule except its id and its namespace, and returns its pairs.
pub(super) fn read_body(
    rule: &Node<'_>,
    fields: &Fields<'_>,
    nodes: &RuleNodes<'_, '_>,
    namespace: Option<&str>,
    report: &mut Report,
) -> Option<Vec<CheckedPair>> {
    let exempt = read_settings(nodes, report);
    let pairs = read_protection(fields, namespace, report)?;
    warn_of_frozen(rule, exempt?, &pairs, report);
    warn_of_nothing(rule, &pairs, report);
    Some(pairs)
}

/// Reads the fields that may be missing, and returns what the rule exempts.
fn read_settings(nodes: &RuleNodes<'_, '_>, report: &mut Report) -> Option<ExemptSets> {
    // The id, the namespace and what is protected are read by those who call this.
    let RuleFields { id: _, namespace: _, enabled, deletion, exempt, note: text, preset: _, protects: _ } = nodes;
    if let Some(enabled) = enabled {
        enabled.boolean(report);
    }
    if let Some(deletion) = deletion {
        word::<Deletion>(deletion, report);
    }
    if let Some(text) = text {
        note(text, report);
    }
    exempt.map_or(Some(ExemptSets::default()), |node| exempt_sets(node, report))
}

/// Reads which tags a rule protects. Reports it where both fields for that are there, or neither is.
fn read_protection(fields: &Fields<'_>, namespace: Option<&str>, report: &mut Report) -> Option<Vec<CheckedPair>> {
    match fields.either([RuleField::Preset, RuleField::Protects], report)? {
        (RuleField::Protects, node) => read_pairs(node, namespace, report),
        (_, node) => read_preset(node, report).map(|pair| vec![pair]),
    }
}
