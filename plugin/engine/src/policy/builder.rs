//! Builds a policy from a document.

use super::compiled::{CompiledPair, CompiledRule, Policy};
use super::dedup::Dedup;
use super::namespaces::{Entry, Namespaces};
use super::overrides::Overrides;
use super::packing::{PackedSelector, Packer};
use crate::document::patterns::JsonPatterns;
use crate::document::schema::{self, Document, Protects};
use crate::limits;
use crate::pattern::parse::{shape, shape_of};
use crate::pattern::shape::Shape;
use crate::pattern::subject::Subject;
use crate::reference::is_component;
use crate::rule::field::{SelectorField, WHOLE_INSTANCE};
use crate::rule::pattern_count::PatternCount;
use crate::rule::preset::{OnePattern, Preset};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// Builds a policy, without the text of its document. Returns `None` for an invalid document.
pub(super) fn build(document: &str) -> Option<Policy> {
    if document.len() > limits::MAX_DOCUMENT_BYTES {
        return None;
    }
    let document = serde_json::from_str::<Document<'_, Builder>>(document).ok()?;
    let ids = document.rules.rules.iter().map(|rule| rule.id).collect();
    let revision = document.valid_revision(ids)?;
    let overrides = Overrides::new(&document.overrides)?;
    document.rules.finish(revision, overrides)
}

/// Builds a policy in one pass. Whatever is wrong ends it: what that is, and where, is for the slow reading to say.
#[derive(Default)]
struct Builder {
    packer: Packer,
    pairs: Vec<CompiledPair>,
    rules: Vec<CompiledRule>,
    entries: Vec<Entry>,
    instance_rule: Option<u32>,
    /// Where the pair of each preset is, which all rules with that preset share.
    presets: Vec<(Preset, u32)>,
    /// Where the pairs of a rule are that others may have too.
    dedup: Dedup<Vec<CompiledPair>, u32>,
}

/// Takes each rule in as it is read: a million of them, read all at once, would need more memory than the policy.
impl<'de> Deserialize<'de> for Builder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Builder;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rules: A) -> Result<Builder, A::Error> {
        let mut builder = Builder::default();
        while let Some(rule) = rules.next_element::<schema::JsonRule<'de>>()? {
            builder.add(&rule).ok_or_else(|| A::Error::custom("the rule is invalid"))?;
        }
        Ok(builder)
    }
}

impl Builder {
    fn finish(self, revision: u64, overrides: Overrides) -> Option<Policy> {
        let Self { mut packer, pairs, rules, entries, instance_rule, .. } = self;
        let namespaces = Namespaces::new(packer.arena(), entries)?;
        let patterns = packer.finish();
        Some(Policy { document: String::new(), revision, patterns, pairs, rules, namespaces, instance_rule, overrides })
    }

    fn add(&mut self, rule: &schema::JsonRule<'_>) -> Option<()> {
        // The note is for people alone.
        let schema::JsonRule { id, namespace, enabled, deletion, exempt, note: _, protects } = rule;
        if self.rules.len() == limits::MAX_RULES {
            return None;
        }
        let index = u32::try_from(self.rules.len()).ok()?;
        let pairs = self.protects(protects)?;
        self.rules.push(CompiledRule { id: *id, deletion: *deletion, exempt: *exempt, enabled: *enabled, pairs });
        self.name(&namespace.0, index)
    }

    fn name(&mut self, namespace: &str, rule: u32) -> Option<()> {
        if namespace == WHOLE_INSTANCE {
            return self.instance_rule.replace(rule).is_none().then_some(());
        }
        if !is_component(namespace) {
            return None;
        }
        let arena = self.packer.arena();
        let name = arena.add(namespace)?;
        self.entries.push(Entry::new(arena, name, rule));
        Some(())
    }

    fn protects(&mut self, protects: &Protects<'_>) -> Option<(u32, u32)> {
        match protects {
            Protects::Preset(preset) => Some((self.preset(*preset)?, 1)),
            Protects::Pairs(pairs) => self.pairs(pairs),
        }
    }

    /// Where the pair of a preset is, which all rules with that preset share.
    fn preset(&mut self, preset: Preset) -> Option<u32> {
        if let Some((_, start)) = self.presets.iter().find(|(known, _)| *known == preset) {
            return Some(*start);
        }
        let (repositories, tags) = preset.pair();
        let repositories = self.one_pattern(repositories, Subject::Repository)?;
        let tags = self.one_pattern(tags, Subject::Tag)?;
        let start = u32::try_from(self.pairs.len()).ok()?;
        self.pairs.push(CompiledPair { repositories, tags });
        self.presets.push((preset, start));
        Some(start)
    }

    fn one_pattern(&mut self, (side, pattern): OnePattern, subject: Subject) -> Option<PackedSelector> {
        self.packer.add(side, vec![shape(pattern, subject).ok()?])
    }

    fn pairs(&mut self, pairs: &[schema::JsonPair<'_>]) -> Option<(u32, u32)> {
        if !(1..=limits::MAX_PAIRS_PER_RULE).contains(&pairs.len()) {
            return None;
        }
        let mut patterns = PatternCount::default();
        let mut packed = Vec::with_capacity(pairs.len());
        for schema::JsonPair { repositories, tags } in pairs {
            let repositories = self.selector(repositories, Subject::Repository, &mut patterns)?;
            let tags = self.selector(tags, Subject::Tag, &mut patterns)?;
            packed.push(CompiledPair { repositories, tags });
        }
        if patterns.excess().is_some() {
            return None;
        }
        Some((self.place(packed)?, u32::try_from(pairs.len()).ok()?))
    }

    /// Where equal pairs are already, or else these after all others.
    fn place(&mut self, pairs: Vec<CompiledPair>) -> Option<u32> {
        if let Some(start) = self.dedup.find(&pairs) {
            return Some(start);
        }
        let start = u32::try_from(self.pairs.len()).ok()?;
        self.pairs.extend_from_slice(&pairs);
        self.dedup.keep(pairs, start);
        Some(start)
    }

    fn selector(
        &mut self,
        selector: &schema::JsonSelector<'_>,
        subject: Subject,
        patterns: &mut PatternCount,
    ) -> Option<PackedSelector> {
        match selector {
            schema::JsonSelector::Matches(matches) => {
                self.packer.add(SelectorField::Matches, shapes(matches, subject, patterns)?)
            }
            schema::JsonSelector::Excludes(excludes) => {
                self.packer.add(SelectorField::Excludes, shapes(excludes, subject, patterns)?)
            }
            schema::JsonSelector::MatchesExcept(matches, excludes) => {
                let matches = shapes(matches, subject, patterns)?;
                self.packer.add_both(matches, shapes(excludes, subject, patterns)?)
            }
        }
    }
}

/// The shapes of some patterns. `None` where there are none, one is invalid, or the rule has too many.
fn shapes(written: &JsonPatterns<'_>, subject: Subject, patterns: &mut PatternCount) -> Option<Vec<Shape>> {
    let written = written.as_slice();
    // A rule past its limit ends here, before the rest of it is read.
    if written.is_empty() || patterns.excess().is_some() {
        return None;
    }
    let shapes: Vec<_> =
        written.iter().map(|pattern| shape_of(pattern.written(), subject).ok()).collect::<Option<_>>()?;
    shapes.iter().for_each(|shape| patterns.add(shape));
    Some(shapes)
}
