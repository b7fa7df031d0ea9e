//! Selectors: patterns that a repository or a tag is held against, packed so that a million rules stay small.

use crate::glob::Shape;
use crate::matcher::Matchers;
use crate::recent::Recent;
use crate::version::VersionClass;

/// A text in the arena of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    offset: u32,
    length: u16,
}

/// The texts of a policy's patterns and namespaces, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Arena(Vec<u8>);

impl Arena {
    /// Takes a text in. None past what a document can hold.
    pub(crate) fn add(&mut self, text: &str) -> Option<Span> {
        let span = Span { offset: u32::try_from(self.0.len()).ok()?, length: u16::try_from(text.len()).ok()? };
        self.0.extend_from_slice(text.as_bytes());
        Some(span)
    }

    /// A text that was taken in.
    #[inline]
    pub(crate) fn text(&self, span: Span) -> &[u8] {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selector {
    pub(crate) excludes: bool,
    /// Where its patterns begin among those of the policy: literals, sorted by their text, then the others.
    start: u32,
    literals: u16,
    wildcards: u16,
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
    #[inline]
    pub(crate) fn holds(&self, patterns: &Patterns, subject: &str) -> bool {
        if (self.literals, self.wildcards) == (0, 0) {
            return self.excludes;
        }
        // Where it is not known whether one matches, it is taken to match if that protects, and not to if not.
        self.excludes != self.any(patterns, subject, !self.excludes)
    }

    #[inline]
    fn any(&self, patterns: &Patterns, subject: &str, unknown: bool) -> bool {
        let (literals, wildcards) = patterns.of(self);
        patterns.has_literal(literals, subject)
            || wildcards.iter().any(|pattern| patterns.is_match(*pattern, subject).unwrap_or(unknown))
    }
}

impl Patterns {
    /// The texts that patterns and namespaces stand in.
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The literals of a selector, and its other patterns.
    #[inline]
    fn of(&self, selector: &Selector) -> (&[Pattern], &[Pattern]) {
        let all = self.packed.get(selector.start as usize..).unwrap_or_default();
        let (literals, others) = all.split_at_checked(selector.literals.into()).unwrap_or_default();
        (literals, others.get(..selector.wildcards.into()).unwrap_or_default())
    }

    #[inline]
    fn has_literal(&self, literals: &[Pattern], subject: &str) -> bool {
        let text = |pattern: &Pattern| match pattern {
            Pattern::Literal(span) => self.arena.text(*span),
            _ => &[],
        };
        match literals {
            [] => false,
            [literal] => is_same(text(literal), subject.as_bytes()),
            literals => literals.binary_search_by(|literal| text(literal).cmp(subject.as_bytes())).is_ok(),
        }
    }

    #[inline]
    fn is_match(&self, pattern: Pattern, subject: &str) -> Option<bool> {
        Some(match pattern {
            Pattern::Everything => true,
            Pattern::Literal(span) => is_same(self.arena.text(span), subject.as_bytes()),
            Pattern::Affix(span, split) => is_affix(self.arena.text(span), split, subject.as_bytes()),
            Pattern::Below(span) => behind(self.arena.text(span), subject.as_bytes()).is_some(),
            Pattern::Anywhere(span) => is_anywhere(self.arena.text(span), subject.as_bytes()),
            Pattern::Version(class) => class.holds(subject),
            Pattern::Expression(index) => return self.matchers.is_match(index, subject),
        })
    }
}

/// Whether two texts are equal. Byte by byte: most differ in the first one, and as Wasm a call takes as long as ten bytes.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one == other)
}

/// What stands in a subject behind a text that it begins with.
#[inline]
fn behind<'a>(text: &[u8], subject: &'a [u8]) -> Option<&'a [u8]> {
    let (start, rest) = subject.split_at_checked(text.len())?;
    is_same(start, text).then_some(rest)
}

/// What stands in a subject before a text that it ends with.
#[inline]
fn before<'a>(text: &[u8], subject: &'a [u8]) -> Option<&'a [u8]> {
    let (rest, end) = subject.split_at_checked(subject.len().checked_sub(text.len())?)?;
    is_same(end, text).then_some(rest)
}

#[inline]
fn is_affix(text: &[u8], split: u16, subject: &[u8]) -> bool {
    let Some((start, end)) = text.split_at_checked(split.into()) else { return false };
    let middle = behind(start, subject).and_then(|rest| before(end, rest));
    middle.is_some_and(|middle| middle.iter().all(|byte| *byte != b'/'))
}

#[inline]
fn is_anywhere(name: &[u8], subject: &[u8]) -> bool {
    before(name, subject).is_some_and(|before| matches!(before, [] | [.., b'/']))
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

/// Most patterns of a selector that is kept in mind while others are packed: longer ones are rarely alike.
const SHORT: usize = 64;

/// Packs the selectors of a document.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    patterns: Patterns,
    expressions: Vec<(Box<str>, u32)>,
    recent: Recent<Vec<Shape>, Selector>,
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
            return Some(Selector { excludes: !excludes, start: 0, literals: 0, wildcards: 0 });
        }
        // Literals come first of all shapes, and by their text.
        shapes.sort_unstable();
        if let Some(kept) = self.recent.find(&shapes) {
            return Some(Selector { excludes, ..kept });
        }
        let literals = shapes.iter().take_while(|shape| matches!(shape, Shape::Literal(_))).count();
        let start = self.count()?;
        for shape in &shapes {
            let pattern = self.pack(shape)?;
            self.patterns.packed.push(pattern);
        }
        // A rule's patterns are far fewer, even with all braces written out.
        let (literals, wildcards) = (u16::try_from(literals).ok()?, u16::try_from(shapes.len() - literals).ok()?);
        let selector = Selector { excludes, start, literals, wildcards };
        if shapes.len() <= SHORT {
            self.recent.keep(shapes, selector);
        }
        Some(selector)
    }

    fn count(&self) -> Option<u32> {
        u32::try_from(self.patterns.packed.len()).ok()
    }

    fn pack(&mut self, shape: &Shape) -> Option<Pattern> {
        Some(match shape {
            Shape::Everything => Pattern::Everything,
            Shape::Literal(text) => Pattern::Literal(self.patterns.arena.add(text)?),
            Shape::Affix(before, after) => {
                let split = u16::try_from(before.len()).ok()?;
                Pattern::Affix(self.patterns.arena.add(&[before.as_str(), after].concat())?, split)
            }
            Shape::Below(text) => Pattern::Below(self.patterns.arena.add(text)?),
            Shape::Anywhere(text) => Pattern::Anywhere(self.patterns.arena.add(text)?),
            Shape::Version(class) => Pattern::Version(*class),
            // Its shapes were added in its place.
            Shape::Any(_) => return None,
            Shape::Expression(text) => {
                self.expressions.push((text.as_str().into(), self.count()?));
                // Its index is known when all expressions are: see `finish`.
                Pattern::Expression(u32::MAX)
            }
        })
    }

    /// The patterns, with equal expressions made one.
    pub(crate) fn finish(self) -> Patterns {
        let Self { mut patterns, mut expressions, .. } = self;
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
