//! What is valid in a rule as a whole, but almost certainly not meant.

use super::pair::CheckedPair;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::rule::exempt::{ExemptSet, ExemptSets};
use crate::words::Word;

/// Warns of a rule that makes tags immutable which signing and referrers tools have to rewrite.
pub(super) fn warn_of_frozen(rule: &Node<'_>, exempt: ExemptSets, pairs: &[CheckedPair], report: &mut Report) {
    let sets: Vec<_> = ExemptSet::ALL.iter().copied().filter(|set| !exempt.has(*set)).collect();
    let examples: Vec<_> = sets.iter().flat_map(|set| set.examples().into_iter().map(|tag| (*set, tag))).collect();
    let tags: Vec<_> = examples.iter().map(|(_, tag)| tag.as_str()).collect();
    let mut frozen_sets = ExemptSets::default();
    for pair in pairs.iter().filter(|pair| !tags.is_empty() && !pair.repositories.is_nothing()) {
        let selected = examples.iter().zip(pair.tags.selects(&tags)).filter(|(_, is_selected)| *is_selected);
        frozen_sets = selected.fold(frozen_sets, |sets, ((set, _), _)| sets.with(*set).unwrap_or(sets));
    }
    let frozen: Vec<_> = frozen_sets.iter().map(Word::text).collect();
    if !frozen.is_empty() {
        let message = format!("the rule freezes the tags of {}, which their tools rewrite", frozen.join(" and "));
        let names: Vec<_> = frozen.iter().map(|name| format!("\"{name}\"")).collect();
        report.warning(&rule.place, message, &format!("add {} to `exempt`, unless that is meant", names.join(", ")));
    }
}

/// Warns of a rule that protects nothing.
pub(super) fn warn_of_nothing(rule: &Node<'_>, pairs: &[CheckedPair], report: &mut Report) {
    if pairs.iter().all(|pair| pair.repositories.is_nothing() || pair.tags.is_nothing()) {
        report.warning(&rule.place, "the rule protects nothing".into(), "exclude less, or disable the rule");
    }
}
