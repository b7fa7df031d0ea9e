//! What can be wrong with a selector.

use super::pattern::read_pattern;
use crate::document::located_json::node::Node;
use crate::document::located_json::report::Report;
use crate::pattern::parse::shape;
use crate::pattern::shape::Shape;
use crate::pattern::shape_match::any_matches;
use crate::pattern::subject::Subject;
use crate::rule::field::SelectorField;
use crate::rule::pattern_count::PatternCount;
use crate::rule::preset::OnePattern;
use crate::words::Word;

/// A selector, and its patterns on either side. One without a side selects as if there were no such side.
#[derive(Debug, Default)]
pub(super) struct Selected {
    matches: Option<Vec<Shape>>,
    excludes: Option<Vec<Shape>>,
}

impl Selected {
    /// The selector with one pattern.
    pub(super) fn one((side, pattern): OnePattern, subject: Subject) -> Option<Self> {
        let shapes = Some(vec![shape(pattern, subject).ok()?]);
        Some(match side {
            SelectorField::Matches => Self { matches: shapes, excludes: None },
            SelectorField::Excludes => Self { matches: None, excludes: shapes },
        })
    }

    /// Whether it selects nothing at all.
    pub(super) fn is_nothing(&self) -> bool {
        self.excludes.as_ref().is_some_and(|shapes| shapes.contains(&Shape::Everything))
    }

    /// The names that it excludes, each of them one subject.
    pub(super) fn excluded_names(&self) -> impl Iterator<Item = &str> {
        self.excludes.iter().flatten().filter_map(|shape| match shape {
            Shape::Literal(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it selects each of some subjects. A pattern that can't be evaluated counts as in decisions: so that more is
    /// protected.
    pub(super) fn selects(&self, subjects: &[&str]) -> Vec<bool> {
        let found = |shapes: &Option<Vec<Shape>>, none: bool, unknown: bool| -> Vec<bool> {
            let Some(shapes) = shapes else { return vec![none; subjects.len()] };
            any_matches(shapes, subjects).into_iter().map(|found| found.unwrap_or(unknown)).collect()
        };
        let (matches, excludes) = (found(&self.matches, true, true), found(&self.excludes, false, false));
        matches.into_iter().zip(excludes).map(|(matches, excludes)| matches && !excludes).collect()
    }
}

/// Reads a selector.
pub(super) fn read_selector(
    node: &Node<'_>,
    subject: Subject,
    namespace: Option<&str>,
    patterns: &mut PatternCount,
    report: &mut Report,
) -> Option<Selected> {
    let fields = node.fields::<SelectorField>(report)?;
    let mut selected = Selected::default();
    let mut is_valid = true;
    // Both sides are read before an invalid one ends it, so that all their problems are reported.
    for side in SelectorField::ALL.iter().copied() {
        let Some(node) = fields.optional(side.text()) else { continue };
        let shapes = read_patterns(node, subject, namespace, patterns, report);
        is_valid &= shapes.is_some();
        match side {
            SelectorField::Matches => selected.matches = shapes,
            SelectorField::Excludes => selected.excludes = shapes,
        }
    }
    if is_valid && selected.matches.is_none() && selected.excludes.is_none() {
        report.problem(&node.place, "neither `matches` nor `excludes`".into(), "write one of them, or both");
        return None;
    }
    is_valid.then_some(selected)
}

/// Reads the patterns of one side of a selector.
fn read_patterns(
    node: &Node<'_>,
    subject: Subject,
    namespace: Option<&str>,
    patterns: &mut PatternCount,
    report: &mut Report,
) -> Option<Vec<Shape>> {
    let nodes = if node.is_list() { node.elements(report)? } else { vec![node.clone()] };
    if nodes.is_empty() {
        report.problem(&node.place, "an empty list of patterns".into(), "add a pattern: `**` is everything");
        return None;
    }
    // All patterns are read before an invalid one ends it, so that all their problems are reported.
    let shapes: Vec<_> = nodes.iter().map(|node| read_pattern(node, subject, namespace, report)).collect();
    shapes.iter().flatten().for_each(|shape| patterns.add(shape));
    shapes.into_iter().collect()
}
