//! What can be wrong with a document.

use super::overrides::read_overrides;
use super::rules::Rules;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::head::{VERSION, is_instance};
use crate::document::located_json::node::Node;
use crate::document::located_json::open::{TextKind, open};
use crate::document::located_json::place::Place;
use crate::document::located_json::report::Report;
use crate::limits;
use crate::rule::field::{DocumentField, DocumentFields};
use crate::words::Word;

/// Returns every problem of a document. Never empty: it is asked about documents that could not be compiled.
pub(crate) fn problems(document: &str) -> Vec<Diagnostic> {
    let mut report = check(document);
    if !report.has_problems() {
        // Every other limit has a place.
        let limit = limits::MAX_REGEX_TRANSITIONS_PER_DOCUMENT;
        let message = format!("the regular expressions of the document need more than {limit} transitions together");
        report.problem(&Place::default(), message, "write fewer or simpler ones, or split the instance");
    }
    report.diagnostics(document, Severity::Problem)
}

/// Returns every warning of a document that compiles.
pub(crate) fn warnings(document: &str) -> Vec<Diagnostic> {
    let report = check(document);
    debug_assert!(!report.has_problems(), "the fast reader accepts a document that the located one refuses");
    report.diagnostics(document, Severity::Warning)
}

/// Reads the name of an instance. Reports one that is invalid.
pub(crate) fn read_instance(node: &Node<'_>, report: &mut Report) -> Option<String> {
    let name = node.text(report)?;
    if !is_instance(&name) {
        let limit = limits::MAX_INSTANCE_CHARACTERS;
        let message = format!("the name is longer than {limit} characters or holds a control character");
        report.problem(&node.place, message, "write a short name");
    }
    Some(name.into_owned())
}

fn check(document: &str) -> Report {
    let mut report = Report::default();
    if let Some(root) = open(document, TextKind::DOCUMENT, &mut report) {
        read_document(&root, &mut report);
    }
    report
}

fn read_document(document: &Node<'_>, report: &mut Report) {
    let Some(fields) = document.fields::<DocumentField>(report) else { return };
    let nodes = DocumentFields::from_fn(|field| match field {
        DocumentField::Version | DocumentField::Rules => fields.required(field.text(), report),
        DocumentField::Instance | DocumentField::Revision | DocumentField::NextId | DocumentField::Overrides => {
            fields.optional(field.text())
        }
    });
    let DocumentFields { version, instance, revision, next_id, rules, overrides } = nodes;
    version.into_iter().for_each(|node| read_version(node, report));
    instance.and_then(|node| read_instance(node, report));
    revision.and_then(|node| node.integer(0..=limits::MAX_INTEGER, report));
    let next_id = next_id.and_then(|node| Some((node, node.integer(1..=limits::MAX_INTEGER + 1, report)?)));
    let rules = rules.and_then(|node| read_rules(document, node, report));
    let overridden = overrides.map(|node| read_overrides(node, report)).unwrap_or_default();
    let Some(rules) = rules else { return };
    rules.warn_of_namesakes(&overridden, report);
    let greatest = rules.greatest_id();
    if let Some((node, next)) = next_id
        && next <= greatest
    {
        let message = format!("next id {next} was given already: there is a rule {greatest}");
        report.problem(&node.place, message, "write a greater number than every id, or leave it out");
    }
}

/// Reads the rules of a document.
fn read_rules(document: &Node<'_>, node: &Node<'_>, report: &mut Report) -> Option<Rules> {
    let nodes = node.elements(report)?;
    if nodes.len() > limits::MAX_RULES {
        let message = format!("{} rules are more than {}", nodes.len(), limits::MAX_RULES);
        report.problem(&document.place, message, "split the instance");
    }
    let mut rules = Rules::default();
    nodes.iter().take(limits::MAX_RULES).for_each(|rule| rules.read(rule, report));
    Some(rules)
}

fn read_version(version: &Node<'_>, report: &mut Report) {
    match version.raw_text().parse() {
        Ok(VERSION) => {}
        Ok(0) => report.problem(&version.place, "unknown version 0".into(), "write 1"),
        // `1.0` and `1e0` are the same number, and still not the one form.
        Err(_) => {
            version.wrong::<u64>("`1`", report);
        }
        Ok(newer) => {
            let message = format!("version {newer} is newer than this policy engine, which reads version 1");
            report.problem(&version.place, message, "load a newer component, or write 1");
        }
    }
}
