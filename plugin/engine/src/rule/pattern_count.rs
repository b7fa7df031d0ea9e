//! How many patterns a rule has, by what they cost.

use crate::limits;
use crate::pattern::shape::Shape;

/// How many patterns of each cost a rule has.
#[derive(Debug, Default)]
pub(crate) struct PatternCount {
    patterns: usize,
    wildcards: usize,
    expressions: usize,
}

/// A limit that a rule exceeds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Excess {
    /// What there are too many of.
    pub(crate) what: &'static str,
    pub(crate) count: usize,
    pub(crate) limit: usize,
}

impl PatternCount {
    /// Counts a pattern.
    pub(crate) fn add(&mut self, shape: &Shape) {
        // Braces that are written out count as what they are in the document: an expression.
        let (wildcard, expression) = match shape {
            Shape::Literal(_) => (0, 0),
            Shape::Everything
            | Shape::Prefix(_)
            | Shape::PrefixSuffix(..)
            | Shape::PathSuffix(_)
            | Shape::Version(_) => (1, 0),
            Shape::AnyOf(_) | Shape::Expression(_) | Shape::Regex(_) => (1, 1),
        };
        self.patterns += 1;
        self.wildcards += wildcard;
        self.expressions += expression;
    }

    /// Returns the first limit that the rule exceeds.
    pub(crate) fn excess(&self) -> Option<Excess> {
        [
            ("patterns", self.patterns, limits::MAX_PATTERNS_PER_RULE),
            ("patterns that are not literals", self.wildcards, limits::MAX_WILDCARDS_PER_RULE),
            ("patterns that need a regular expression", self.expressions, limits::MAX_EXPRESSIONS_PER_RULE),
        ]
        .into_iter()
        .map(|(what, count, limit)| Excess { what, count, limit })
        .find(|excess| excess.count > excess.limit)
    }
}
