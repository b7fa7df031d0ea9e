//! The slow reading of a document: every problem and every warning, each with its place.

mod pattern;
mod rule;

use crate::diagnostic::{Diagnostic, Severity};
use crate::limits;
use crate::source::{self, Kind, Node, Place, Report};
use rule::Rules;

pub(crate) use rule::{FIELDS as RULE_FIELDS, namespace, read_new, read_set, word};

/// Every problem of a document. Never empty: it is asked about documents that could not be compiled.
pub(crate) fn problems(document: &str) -> Vec<Diagnostic> {
    let mut report = survey(document);
    if !report.has_problems() {
        report.problem(&Place::default(), "the document cannot be read".into(), "write it as the README shows");
    }
    report.diagnostics(document, Severity::Problem)
}

/// Every warning of a document that compiles.
pub(crate) fn warnings(document: &str) -> Vec<Diagnostic> {
    survey(document).diagnostics(document, Severity::Warning)
}

/// Whether a text may name an instance.
pub(crate) fn is_instance(name: &str) -> bool {
    name.chars().count() <= limits::INSTANCE_CHARACTERS && !name.chars().any(char::is_control)
}

fn survey(document: &str) -> Report {
    let mut report = Report::default();
    if let Some(root) = source::open(document, Kind::DOCUMENT, &mut report) {
        read_document(&root, &mut report);
    }
    report
}

const FIELDS: &[&str] = &["version", "instance", "revision", "next-id", "rules"];

fn read_document(document: &Node<'_>, report: &mut Report) {
    let Some(fields) = document.fields(FIELDS, report) else { return };
    if let Some(version) = fields.required("version", report) {
        read_version(version, report);
    }
    if let Some(name) = fields.optional("instance").and_then(|node| node.text(report).map(|name| (node, name)))
        && !is_instance(&name.1)
    {
        let message =
            format!("the name is longer than {} characters or holds a control character", limits::INSTANCE_CHARACTERS);
        report.problem(&name.0.place, message, "write a short name");
    }
    if let Some(revision) = fields.optional("revision") {
        revision.integer(0..=limits::INTEGER, report);
    }
    let next_id = fields.optional("next-id");
    let next_id = next_id.and_then(|node| Some((node, node.integer(1..=limits::INTEGER + 1, report)?)));
    let Some(rules) = fields.required("rules", report).and_then(|node| node.elements(report)) else { return };
    let mut known = Rules::default();
    if rules.len() > limits::RULES {
        let message = format!("{} rules are more than {}", rules.len(), limits::RULES);
        report.problem(&document.place, message, "split the instance");
    }
    rules.iter().take(limits::RULES).for_each(|rule| known.read(rule, report));
    if let Some((node, next)) = next_id
        && next <= known.greatest_id()
    {
        let message = format!("next id {next} was given already: there is a rule {}", known.greatest_id());
        report.problem(&node.place, message, "write a greater number than every id, or leave it out");
    }
}

fn read_version(version: &Node<'_>, report: &mut Report) {
    match version.integer(0..=u64::MAX, report) {
        None | Some(1) => {}
        Some(0) => report.problem(&version.place, "unknown version 0".into(), "write 1"),
        Some(newer) => {
            let message = format!("version {newer} is newer than this policy engine, which reads version 1");
            report.problem(&version.place, message, "load a newer component, or write 1");
        }
    }
}
