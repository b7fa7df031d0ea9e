//! Selectors: patterns that a repository or a tag is matched against, packed so that a million rules stay small.

use super::arena::{Arena, Span};
use super::dedup::Dedup;
use crate::pattern::matcher::Matchers;
use crate::pattern::regex::Regex;
use crate::pattern::shape::Shape;
use crate::pattern::text_match::{is_path_suffix, is_prefix_suffix, is_same, text_after};
use crate::pattern::version_class::VersionClass;
use crate::rule::field::SelectorField;
use crate::rule::regex_budget::RegexBudget;
use std::collections::BTreeMap;

/// A pattern, packed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PackedPattern {
    Everything,
    Literal(Span),
    /// The text before the star and after it, and how much of it is before.
    PrefixSuffix(Span, u16),
    Prefix(Span),
    PathSuffix(Span),
    Version(VersionClass),
    /// Its index among the matchers.
    Expression(u32),
    /// Its index among the regular expressions.
    Regex(u32),
}

/// What a selector selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    /// What one of its patterns matches.
    Matches,
    /// What none of its patterns matches.
    Excludes,
    /// What two others select both: `start` is where they are.
    Both,
}

/// One selector of a pair: its side, and where its patterns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PackedSelector {
    side: Side,
    /// Where its patterns begin among those of the policy: literals, sorted by their text, then the others.
    start: u32,
    literals: u16,
    wildcards: u16,
}

/// The patterns of all selectors of a policy.
#[derive(Debug, Default)]
pub(crate) struct PackedPatterns {
    arena: Arena,
    packed: Vec<PackedPattern>,
    /// Selectors with patterns on both sides, each as one for either side.
    both: Vec<[PackedSelector; 2]>,
    matchers: Matchers,
    regexes: Vec<Regex>,
}

impl PackedSelector {
    /// Whether a subject is selected. A pattern that could not be evaluated protects: it counts as matched where matches
    /// are protected, and as not matched where they are excluded.
    #[inline]
    pub(crate) fn holds(&self, patterns: &PackedPatterns, subject: &str) -> bool {
        // Where it is not known whether one matches, it is taken to match if that protects, and not to if not.
        match self.side {
            Side::Matches if self.has_no_patterns() => false,
            Side::Matches => self.any(patterns, subject, true),
            Side::Excludes if self.has_no_patterns() => true,
            Side::Excludes => !self.any(patterns, subject, false),
            Side::Both => self.both_hold(patterns, subject),
        }
    }

    #[inline]
    fn has_no_patterns(&self) -> bool {
        (self.literals, self.wildcards) == (0, 0)
    }

    // Most selectors have one side, and are not to pay for the room that this takes.
    #[inline(never)]
    fn both_hold(&self, patterns: &PackedPatterns, subject: &str) -> bool {
        let both = patterns.both.get(self.start as usize).map_or(&[][..], |both| both);
        both.iter().all(|one| match one.side {
            Side::Matches => one.any(patterns, subject, true),
            Side::Excludes => !one.any(patterns, subject, false),
            // No such selector is within another. What can't be evaluated protects.
            Side::Both => true,
        })
    }

    #[inline]
    fn any(&self, patterns: &PackedPatterns, subject: &str, unknown: bool) -> bool {
        let (literals, wildcards) = patterns.of(self);
        patterns.has_literal(literals, subject)
            || wildcards.iter().any(|pattern| patterns.is_match(*pattern, subject).unwrap_or(unknown))
    }
}

impl PackedPatterns {
    /// The texts of patterns and namespaces.
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The literals of a selector, and its other patterns.
    #[inline]
    fn of(&self, selector: &PackedSelector) -> (&[PackedPattern], &[PackedPattern]) {
        let all = self.packed.get(selector.start as usize..).unwrap_or_default();
        let (literals, others) = all.split_at_checked(selector.literals.into()).unwrap_or_default();
        (literals, others.get(..selector.wildcards.into()).unwrap_or_default())
    }

    #[inline]
    fn has_literal(&self, literals: &[PackedPattern], subject: &str) -> bool {
        let text = |pattern: &PackedPattern| match pattern {
            PackedPattern::Literal(span) => self.arena.text(*span),
            _ => &[],
        };
        match literals {
            [] => false,
            [literal] => is_same(text(literal), subject.as_bytes()),
            literals => literals.binary_search_by(|literal| text(literal).cmp(subject.as_bytes())).is_ok(),
        }
    }

    #[inline]
    fn is_match(&self, pattern: PackedPattern, subject: &str) -> Option<bool> {
        Some(match pattern {
            PackedPattern::Everything => true,
            PackedPattern::Literal(span) => is_same(self.arena.text(span), subject.as_bytes()),
            PackedPattern::PrefixSuffix(span, split) => {
                let (start, end) = self.arena.text(span).split_at_checked(split.into())?;
                is_prefix_suffix(start, end, subject.as_bytes())
            }
            PackedPattern::Prefix(span) => text_after(self.arena.text(span), subject.as_bytes()).is_some(),
            PackedPattern::PathSuffix(span) => is_path_suffix(self.arena.text(span), subject.as_bytes()),
            PackedPattern::Version(class) => class.holds(subject),
            PackedPattern::Expression(index) => return self.matchers.is_match(index, subject),
            PackedPattern::Regex(index) => return self.regexes.get(index as usize)?.is_match(subject),
        })
    }
}

/// Replaces alternatives by the shapes that they are.
fn written_out(shapes: Vec<Shape>) -> Vec<Shape> {
    if !shapes.iter().any(|shape| matches!(shape, Shape::AnyOf(_))) {
        return shapes;
    }
    let each = |shape| match shape {
        Shape::AnyOf(shapes) => shapes,
        shape => vec![shape],
    };
    shapes.into_iter().flat_map(each).collect()
}

/// How many patterns a selector may have to be remembered while others are packed: longer ones are rarely equal.
const MAX_SHARED_PATTERNS: usize = 64;

/// Packs the selectors of a document.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    patterns: PackedPatterns,
    expressions: Vec<(Box<str>, u32)>,
    /// The index of each regular expression, and what all of them need.
    regexes: BTreeMap<Box<str>, u32>,
    regex_budget: RegexBudget,
    dedup: Dedup<Vec<Shape>, PackedSelector>,
}

impl Packer {
    /// The texts so far.
    pub(crate) fn arena(&mut self) -> &mut Arena {
        &mut self.patterns.arena
    }

    /// Adds a selector of what one of some patterns matches, and none of others. Returns `None` where there are more
    /// patterns than a document can hold, or an invalid regular expression.
    pub(crate) fn add_both(&mut self, matches: Vec<Shape>, excludes: Vec<Shape>) -> Option<PackedSelector> {
        let both = [self.add(SelectorField::Matches, matches)?, self.add(SelectorField::Excludes, excludes)?];
        match both {
            // One that selects everything leaves the other alone.
            [all, other] | [other, all] if all.side == Side::Excludes && all.has_no_patterns() => Some(other),
            both => {
                let start = u32::try_from(self.patterns.both.len()).ok()?;
                self.patterns.both.push(both);
                Some(PackedSelector { side: Side::Both, start, literals: 0, wildcards: 0 })
            }
        }
    }

    /// Adds a selector with one side. Returns `None` where there are more patterns than a document can hold, or an invalid
    /// regular expression.
    pub(crate) fn add(&mut self, side: SelectorField, shapes: Vec<Shape>) -> Option<PackedSelector> {
        // To match everything is to exclude nothing, and the other way round.
        let (side, opposite) = match side {
            SelectorField::Matches => (Side::Matches, Side::Excludes),
            SelectorField::Excludes => (Side::Excludes, Side::Matches),
        };
        let mut shapes = written_out(shapes);
        if shapes.contains(&Shape::Everything) {
            // No pattern is left to ask.
            return Some(PackedSelector { side: opposite, start: 0, literals: 0, wildcards: 0 });
        }
        // Literals come first of all shapes, and by their text.
        shapes.sort_unstable();
        if let Some(kept) = self.dedup.find(&shapes) {
            return Some(PackedSelector { side, ..kept });
        }
        let literals = shapes.iter().take_while(|shape| matches!(shape, Shape::Literal(_))).count();
        let start = self.count()?;
        for shape in &shapes {
            let pattern = self.pack(shape)?;
            self.patterns.packed.push(pattern);
        }
        // A rule's patterns are far fewer, even with all braces written out.
        let (literals, wildcards) = (u16::try_from(literals).ok()?, u16::try_from(shapes.len() - literals).ok()?);
        let selector = PackedSelector { side, start, literals, wildcards };
        if shapes.len() <= MAX_SHARED_PATTERNS {
            self.dedup.keep(shapes, selector);
        }
        Some(selector)
    }

    fn count(&self) -> Option<u32> {
        u32::try_from(self.patterns.packed.len()).ok()
    }

    fn pack(&mut self, shape: &Shape) -> Option<PackedPattern> {
        Some(match shape {
            Shape::Everything => PackedPattern::Everything,
            Shape::Literal(text) => PackedPattern::Literal(self.patterns.arena.add(text)?),
            Shape::PrefixSuffix(before, after) => {
                let split = u16::try_from(before.len()).ok()?;
                PackedPattern::PrefixSuffix(self.patterns.arena.add(&[before.as_str(), after].concat())?, split)
            }
            Shape::Prefix(text) => PackedPattern::Prefix(self.patterns.arena.add(text)?),
            Shape::PathSuffix(text) => PackedPattern::PathSuffix(self.patterns.arena.add(text)?),
            Shape::Version(class) => PackedPattern::Version(*class),
            // Its shapes were added in its place.
            Shape::AnyOf(_) => return None,
            Shape::Expression(text) => {
                self.expressions.push((text.as_str().into(), self.count()?));
                // Its index is known when all expressions are: see `finish`.
                PackedPattern::Expression(u32::MAX)
            }
            Shape::Regex(text) => PackedPattern::Regex(self.regex(text)?),
        })
    }

    /// The index of a regular expression. Equal ones are compiled once.
    fn regex(&mut self, text: &str) -> Option<u32> {
        if let Some(index) = self.regexes.get(text) {
            return Some(*index);
        }
        let regex = Regex::compile(text).ok()?;
        let index = u32::try_from(self.patterns.regexes.len()).ok()?;
        if self.regex_budget.add(regex.transitions()).is_some() {
            return None;
        }
        self.regexes.insert(text.into(), index);
        self.patterns.regexes.push(regex);
        Some(index)
    }

    /// The patterns, with equal expressions made one.
    pub(crate) fn finish(self) -> PackedPatterns {
        let Self { mut patterns, mut expressions, .. } = self;
        expressions.sort_unstable();
        let mut distinct: Vec<Box<str>> = Vec::new();
        for (text, at) in expressions {
            if distinct.last() != Some(&text) {
                distinct.push(text);
            }
            let index = u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX);
            if let Some(pattern) = patterns.packed.get_mut(at as usize) {
                *pattern = PackedPattern::Expression(index);
            }
        }
        patterns.arena.shrink_to_fit();
        patterns.packed.shrink_to_fit();
        patterns.both.shrink_to_fit();
        patterns.matchers = Matchers::new(distinct);
        patterns
    }
}
