//! What can be wrong with the plain values of a rule.

use crate::document::located_json::node::Node;
use crate::document::located_json::quote::shown;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::word;
use crate::limits;
use crate::rule::exempt::{ExemptSet, ExemptSets};
use crate::rule::namespace::is_namespace;
use crate::rule::note::excess_length;
use crate::words::Word;
use std::borrow::Cow;

/// Reads the namespace of a rule. Reports one that is invalid.
pub(crate) fn namespace<'a>(node: &Node<'a>, report: &mut Report) -> Option<Cow<'a, str>> {
    let name = node.text(report)?;
    if is_namespace(&name) {
        return Some(name);
    }
    let message = format!("`{}` is not a valid namespace", shown(&name));
    report.problem(&node.place, message, "write one component of a repository's name, or `*` for the whole instance");
    None
}

/// Reads the sets that a rule exempts. Reports unknown ones, and those given twice.
pub(crate) fn exempt_sets(node: &Node<'_>, report: &mut Report) -> Option<ExemptSets> {
    let mut sets = ExemptSets::default();
    let mut is_valid = true;
    for name in node.elements(report)? {
        let Some(set) = word::<ExemptSet>(&name, report) else {
            is_valid = false;
            continue;
        };
        match sets.with(set) {
            Some(more) => sets = more,
            None => {
                report.problem(&name.place, format!("`{}` is given twice", set.text()), "keep one of them");
                is_valid = false;
            }
        }
    }
    is_valid.then_some(sets)
}

/// Reads a note. Reports one that is too long.
pub(super) fn note(node: &Node<'_>, report: &mut Report) {
    let Some(length) = node.text(report).and_then(|note| excess_length(&note)) else { return };
    let message = format!("the note has {length} characters, more than {}", limits::MAX_NOTE_CHARACTERS);
    report.problem(&node.place, message, "shorten it");
}
