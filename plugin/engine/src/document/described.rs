//! Rules with everything written out: defaults, the pairs of presets, and patterns as lists.

use super::patterns::JsonPatterns;
use super::schema::{JsonPair, JsonRule, JsonSelector, Protects};
use crate::pattern::written::WrittenPattern;
use crate::rule::field::SelectorField;
use crate::rule::preset::{OnePattern, Preset};
use crate::words::Word;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A rule with everything written out. Serialises to its JSON form.
#[derive(serde::Serialize)]
pub(crate) struct DescribedRule {
    id: u64,
    namespace: String,
    enabled: bool,
    deletion: &'static str,
    exempt: Vec<&'static str>,
    note: Option<String>,
    preset: Option<&'static str>,
    protects: Vec<DescribedPair>,
}

/// A selector pair with its patterns as lists.
#[derive(serde::Serialize)]
pub(crate) struct DescribedPair {
    pub(crate) repositories: DescribedSelector,
    pub(crate) tags: DescribedSelector,
}

/// A selector with its patterns as lists: `{"matches": ["**"]}`.
pub(crate) struct DescribedSelector(Vec<(SelectorField, Vec<DescribedPattern>)>);

/// A pattern as the document writes it.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum DescribedPattern {
    Text(String),
    Regex { regex: String },
}

impl DescribedPattern {
    fn of(pattern: WrittenPattern<'_>) -> Self {
        match pattern {
            WrittenPattern::Text(text) => Self::Text(text.to_owned()),
            WrittenPattern::Regex(text) => Self::Regex { regex: text.to_owned() },
        }
    }
}

impl DescribedRule {
    /// Writes a rule out.
    pub(crate) fn of(rule: JsonRule<'_>) -> Self {
        let JsonRule { id, namespace, enabled, deletion, exempt, note, protects } = rule;
        let preset = match &protects {
            Protects::Preset(preset) => Some(preset.text()),
            Protects::Pairs(_) => None,
        };
        Self {
            id,
            namespace: namespace.0.into_owned(),
            enabled,
            deletion: deletion.text(),
            exempt: exempt.iter().map(Word::text).collect(),
            note: note.map(|note| note.0.into_owned()),
            preset,
            protects: described_pairs(&protects),
        }
    }
}

/// Writes out the pairs of a rule.
pub(crate) fn described_pairs(protects: &Protects<'_>) -> Vec<DescribedPair> {
    match protects {
        Protects::Preset(preset) => vec![DescribedPair::of_preset(*preset)],
        Protects::Pairs(pairs) => pairs.iter().map(DescribedPair::of).collect(),
    }
}

impl DescribedPair {
    fn of(JsonPair { repositories, tags }: &JsonPair<'_>) -> Self {
        Self { repositories: DescribedSelector::of(repositories), tags: DescribedSelector::of(tags) }
    }

    fn of_preset(preset: Preset) -> Self {
        let (repositories, tags) = preset.pair();
        Self { repositories: DescribedSelector::of_one(repositories), tags: DescribedSelector::of_one(tags) }
    }
}

impl DescribedSelector {
    fn of(selector: &JsonSelector<'_>) -> Self {
        let owned = |patterns: &JsonPatterns<'_>| {
            patterns.as_slice().iter().map(|pattern| DescribedPattern::of(pattern.written())).collect()
        };
        Self(match selector {
            JsonSelector::Matches(matches) => vec![(SelectorField::Matches, owned(matches))],
            JsonSelector::Excludes(excludes) => vec![(SelectorField::Excludes, owned(excludes))],
            JsonSelector::MatchesExcept(matches, excludes) => {
                vec![(SelectorField::Matches, owned(matches)), (SelectorField::Excludes, owned(excludes))]
            }
        })
    }

    fn of_one((side, pattern): OnePattern) -> Self {
        Self(vec![(side, vec![DescribedPattern::Text(pattern.to_owned())])])
    }

    /// Writes its fields.
    pub(crate) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0.iter().try_for_each(|(side, patterns)| map.serialize_entry(side.text(), patterns))
    }
}

impl Serialize for DescribedSelector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}
