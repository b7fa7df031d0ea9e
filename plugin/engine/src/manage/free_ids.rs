//! Ids for new rules.

use super::change_text::Change;
use super::operation::NewRule;
use super::raw_document::RawDocument;
use crate::limits;
use crate::refusal::{Refusal, RefusalCode};
use std::collections::BTreeSet;

/// Returns the id of the first of some new rules. The others get the ids after it.
pub(super) fn free_id(document: &RawDocument<'_>, change: &Change<'_>, rules: &[NewRule]) -> Result<u64, Refusal> {
    if let Some(conflict) = conflict(document, change, rules) {
        return Err(conflict);
    }
    if document.rules.len() + rules.len() > limits::MAX_RULES {
        let message = match rules {
            [_] => format!("the document has {} rules, and may have no more", limits::MAX_RULES),
            rules => format!(
                "the document has {} rules, and {} more would be more than {}",
                document.rules.len(),
                rules.len(),
                limits::MAX_RULES
            ),
        };
        return Err(change.refuse(message, "delete one first, or split the instance"));
    }
    // The id after the last one is written into the document.
    if document.next_id + (rules.len() as u64).saturating_sub(1) > limits::MAX_INTEGER {
        return Err(change.refuse("all ids have been given".into(), "begin a new document"));
    }
    Ok(document.next_id)
}

/// The refusal of rules for namespaces that have one already, or that come twice.
fn conflict(document: &RawDocument<'_>, change: &Change<'_>, rules: &[NewRule]) -> Option<Refusal> {
    let mut namespaces = BTreeSet::new();
    let mut conflicts = Vec::new();
    let mut in_the_way = None;
    for NewRule { namespace, place, .. } in rules {
        if let Some(rule) = document.rule_for(namespace) {
            let message = format!("namespace `{namespace}` has rule {} already", rule.id);
            conflicts.push((place, message, "configure it, or delete it first"));
            in_the_way = in_the_way.or(Some(rule.id));
        } else if !namespaces.insert(namespace) {
            conflicts.push((
                place,
                format!("namespace `{namespace}` comes twice"),
                "add the selector pairs to one rule",
            ));
        }
    }
    match (&*conflicts, change.is_merge()) {
        ([], _) => None,
        ([(_, message, help), ..], false) => {
            Some(Refusal::new(RefusalCode::Conflict, in_the_way, format!("{message}; {help}")))
        }
        (conflicts, true) => Some(change.conflict(conflicts, in_the_way)),
    }
}
