//! What can be wrong with selector pairs.

use super::selector::{Selected, read_selector};
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::document::located_json::word::word;
use crate::limits;
use crate::pattern::subject::Subject;
use crate::rule::field::{PairField, PairFields};
use crate::rule::pattern_count::{Excess, PatternCount};
use crate::rule::preset::Preset;
use crate::words::Word;

/// A selector pair: the patterns of its two selectors.
pub(super) struct CheckedPair {
    pub(super) repositories: Selected,
    pub(super) tags: Selected,
}

/// Reads the name of a preset, and returns the pair that it names.
pub(super) fn read_preset(node: &Node<'_>, report: &mut Report) -> Option<CheckedPair> {
    let (repositories, tags) = word::<Preset>(node, report)?.pair();
    Some(CheckedPair {
        repositories: Selected::one(repositories, Subject::Repository)?,
        tags: Selected::one(tags, Subject::Tag)?,
    })
}

/// Reads the pairs of a rule.
pub(super) fn read_pairs(node: &Node<'_>, namespace: Option<&str>, report: &mut Report) -> Option<Vec<CheckedPair>> {
    let nodes = node.elements(report)?;
    if nodes.is_empty() {
        report.problem(&node.place, "a rule with no selector pair".into(), "add a pair, or disable the rule");
        return None;
    }
    if nodes.len() > limits::MAX_PAIRS_PER_RULE {
        let message = format!("{} selector pairs are more than {}", nodes.len(), limits::MAX_PAIRS_PER_RULE);
        report.problem(&node.place, message, "join pairs that differ in one selector");
        return None;
    }
    let mut patterns = PatternCount::default();
    // All pairs are read before an invalid one ends it, so that all their problems are reported.
    let pairs: Vec<_> = nodes.iter().map(|pair| read_pair(pair, namespace, &mut patterns, report)).collect();
    if let Some(Excess { what, count, limit }) = patterns.excess() {
        let message = format!("the rule has {count} {what}, more than {limit}");
        report.problem(&node.place, message, "write fewer or simpler ones");
    }
    pairs.into_iter().collect()
}

/// Reads one half of a pair, which a change sets in a rule with one pair: `{"tags": {"matches": "v*"}}`.
pub(super) fn read_half_pair(node: &Node<'_>, report: &mut Report) {
    let Some(fields) = node.fields::<PairField>(report) else { return };
    if let Some((field, half)) = fields.either([PairField::Repositories, PairField::Tags], report) {
        read_selector(half, field.subject(), None, &mut PatternCount::default(), report);
    }
}

fn read_pair(
    pair: &Node<'_>,
    namespace: Option<&str>,
    patterns: &mut PatternCount,
    report: &mut Report,
) -> Option<CheckedPair> {
    let fields = pair.fields::<PairField>(report)?;
    let PairFields { repositories, tags } = PairFields::from_fn(|field: PairField| {
        let node = fields.required(field.text(), report)?;
        read_selector(node, field.subject(), namespace, patterns, report)
    });
    Some(CheckedPair { repositories: repositories?, tags: tags? })
}
