//! Selectors: patterns that a repository or a tag is held against, packed so that a million rules stay small.

use crate::glob::Shape;
use crate::matcher::Matchers;
use crate::version::VersionClass;
use std::ops::Range;

/// A text in the arena of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    offset: u32,
    length: u16,
}

/// The texts of a policy's patterns and namespaces, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Arena(String);

impl Arena {
    /// Takes a text in. None past what a document can hold.
    pub(crate) fn add(&mut self, text: &str) -> Option<Span> {
        let span = Span { offset: u32::try_from(self.0.len()).ok()?, length: u16::try_from(text.len()).ok()? };
        self.0.push_str(text);
        Some(span)
    }

    /// A text that was taken in.
    pub(crate) fn text(&self, span: Span) -> &str {
        let start = span.offset as usize;
        self.0.get(start..start + usize::from(span.length)).unwrap_or_default()
    }
}

/// A pattern, packed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern {
    Everything,
    Literal(Span),
    /// The text before the star and behind it, and how much of it stands before.
    Affix(Span, u16),
    Below(Span),
    Anywhere(Span),
    Version(VersionClass),
    /// Its index among the matchers.
    Expression(u32),
}

/// One selector of a pair: `matches` or `excludes`, and where its patterns stand.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) excludes: bool,
    /// Its literals among the patterns of the policy, sorted by their text.
    literals: Range<u32>,
    /// Its other patterns. They follow the literals.
    wildcards: Range<u32>,
}

/// The patterns of all selectors of a policy.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    arena: Arena,
    packed: Vec<Pattern>,
    matchers: Matchers,
}

impl Selector {
    /// Whether a subject is selected. A pattern that could not be evaluated protects: it counts as matched where matches
    /// are protected, and as not matched where they are excluded.
    pub(crate) fn holds(&self, patterns: &Patterns, subject: &str) -> bool {
        if self.literals.is_empty() && self.wildcards.is_empty() {
            return self.excludes;
        }
        if self.excludes { !self.any(patterns, subject, false) } else { self.any(patterns, subject, true) }
    }

    fn any(&self, patterns: &Patterns, subject: &str, unknown: bool) -> bool {
        patterns.has_literal(&self.literals, subject)
            || patterns
                .range(&self.wildcards)
                .iter()
                .any(|pattern| patterns.is_match(*pattern, subject).unwrap_or(unknown))
    }
}

impl Patterns {
    /// The texts that patterns and namespaces stand in.
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    fn range(&self, range: &Range<u32>) -> &[Pattern] {
        self.packed.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    fn has_literal(&self, literals: &Range<u32>, subject: &str) -> bool {
        let text = |pattern: &Pattern| match pattern {
            Pattern::Literal(span) => self.arena.text(*span),
            _ => "",
        };
        match self.range(literals) {
            [] => false,
            [literal] => text(literal) == subject,
            literals => literals.binary_search_by(|literal| text(literal).cmp(subject)).is_ok(),
        }
    }

    fn is_match(&self, pattern: Pattern, subject: &str) -> Option<bool> {
        Some(match pattern {
            Pattern::Everything => true,
            Pattern::Literal(span) => self.arena.text(span) == subject,
            Pattern::Affix(span, split) => is_affix(self.arena.text(span), split, subject),
            Pattern::Below(span) => subject.starts_with(self.arena.text(span)),
            Pattern::Anywhere(span) => is_anywhere(self.arena.text(span), subject),
            Pattern::Version(class) => class.holds(subject),
            Pattern::Expression(index) => return self.matchers.is_match(index, subject),
        })
    }
}

fn is_affix(text: &str, split: u16, subject: &str) -> bool {
    let Some((before, after)) = text.split_at_checked(split.into()) else { return false };
    let middle = subject.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    middle.is_some_and(|middle| !middle.as_bytes().contains(&b'/'))
}

fn is_anywhere(name: &str, subject: &str) -> bool {
    subject.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Shapes with those of which any will do in the place of what they are written as.
fn written_out(shapes: Vec<Shape>) -> Vec<Shape> {
    if !shapes.iter().any(|shape| matches!(shape, Shape::Any(_))) {
        return shapes;
    }
    let each = |shape| match shape {
        Shape::Any(shapes) => shapes,
        shape => vec![shape],
    };
    shapes.into_iter().flat_map(each).collect()
}

/// Packs the selectors of a document.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    patterns: Patterns,
    expressions: Vec<(Box<str>, u32)>,
}

impl Packer {
    /// The texts so far.
    pub(crate) fn arena(&mut self) -> &mut Arena {
        &mut self.patterns.arena
    }

    /// Takes a selector in. None past what a document can hold.
    pub(crate) fn add(&mut self, excludes: bool, shapes: Vec<Shape>) -> Option<Selector> {
        let mut shapes = written_out(shapes);
        if shapes.contains(&Shape::Everything) {
            // To match everything is to exclude nothing, and the other way round: no pattern is left to ask.
            return Some(Selector { excludes: !excludes, literals: 0..0, wildcards: 0..0 });
        }
        // Literals come first of all shapes, and by their text.
        shapes.sort_unstable();
        let literals = shapes.iter().take_while(|shape| matches!(shape, Shape::Literal(_))).count();
        let start = self.count()?;
        for shape in shapes {
            let pattern = self.pack(shape)?;
            self.patterns.packed.push(pattern);
        }
        let wildcards = start + u32::try_from(literals).ok()?;
        Some(Selector { excludes, literals: start..wildcards, wildcards: wildcards..self.count()? })
    }

    fn count(&self) -> Option<u32> {
        u32::try_from(self.patterns.packed.len()).ok()
    }

    fn pack(&mut self, shape: Shape) -> Option<Pattern> {
        Some(match shape {
            Shape::Everything => Pattern::Everything,
            Shape::Literal(text) => Pattern::Literal(self.patterns.arena.add(&text)?),
            Shape::Affix(before, after) => {
                let split = u16::try_from(before.len()).ok()?;
                Pattern::Affix(self.patterns.arena.add(&(before + &after))?, split)
            }
            Shape::Below(text) => Pattern::Below(self.patterns.arena.add(&text)?),
            Shape::Anywhere(text) => Pattern::Anywhere(self.patterns.arena.add(&text)?),
            Shape::Version(class) => Pattern::Version(class),
            // Its shapes were added in its place.
            Shape::Any(_) => return None,
            Shape::Expression(text) => {
                self.expressions.push((text.into(), self.count()?));
                // Its index is known when all expressions are: see `finish`.
                Pattern::Expression(u32::MAX)
            }
        })
    }

    /// The patterns, with equal expressions made one.
    pub(crate) fn finish(self) -> Patterns {
        let Self { mut patterns, mut expressions } = self;
        expressions.sort_unstable();
        let mut distinct: Vec<Box<str>> = Vec::new();
        for (text, at) in expressions {
            if distinct.last() != Some(&text) {
                distinct.push(text);
            }
            let index = u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX);
            if let Some(pattern) = patterns.packed.get_mut(at as usize) {
                *pattern = Pattern::Expression(index);
            }
        }
        patterns.arena.0.shrink_to_fit();
        patterns.packed.shrink_to_fit();
        patterns.matchers = Matchers::new(distinct);
        patterns
    }
}
