//! A policy document as the fast reader reads it: in one pass, without copies, and without a word about what is wrong.
//!
//! What is a word of the policy language is read as one here. Patterns stay texts.

use super::object::{ObjectReader, put, read_object, set};
use super::patterns::JsonPatterns;
use super::strict_json::Text;
use crate::limits;
use crate::reference::{Repository, Tag};
use crate::rule::deletion::Deletion;
use crate::rule::exempt::ExemptSets;
use crate::rule::field::{DocumentField, ENABLED_BY_DEFAULT, PairField, RuleField, SelectorField};
use crate::rule::note;
use crate::rule::preset::Preset;
use crate::rule::tag_override::{OverrideField, is_short_text};
use crate::rule::utc_time::is_utc_time;
use crate::words::Word;
use serde::de::{Deserialize, Deserializer, Error, MapAccess};

/// A policy document. Its rules are what the reader makes of their list.
#[derive(Debug)]
pub(crate) struct Document<'a, R> {
    pub(crate) version: u64,
    pub(crate) instance: Option<Text<'a>>,
    pub(crate) revision: Option<u64>,
    pub(crate) next_id: Option<u64>,
    pub(crate) rules: R,
    pub(crate) overrides: Vec<Override<'a>>,
}

/// What a namespace keeps immutable.
#[derive(Debug)]
pub(crate) struct JsonRule<'a> {
    pub(crate) id: u64,
    pub(crate) namespace: Text<'a>,
    pub(crate) enabled: bool,
    pub(crate) deletion: Deletion,
    pub(crate) exempt: ExemptSets,
    pub(crate) note: Option<Text<'a>>,
    pub(crate) protects: Protects<'a>,
}

/// Which tags of which repositories a rule protects.
#[derive(Debug)]
pub(crate) enum Protects<'a> {
    /// Those of the pair that has this name.
    Preset(Preset),
    /// Those of any of these pairs.
    Pairs(Vec<JsonPair<'a>>),
}

/// A selector pair: which tags of which repositories.
#[derive(Debug)]
pub(crate) struct JsonPair<'a> {
    pub(crate) repositories: JsonSelector<'a>,
    pub(crate) tags: JsonSelector<'a>,
}

/// A selector: what one of its patterns matches, what none of them matches, or what one matches and no other does.
#[derive(Debug)]
pub(crate) enum JsonSelector<'a> {
    /// What one of the patterns matches.
    Matches(JsonPatterns<'a>),
    /// What none of the patterns matches.
    Excludes(JsonPatterns<'a>),
    /// What one of the first patterns matches, and none of the second.
    MatchesExcept(JsonPatterns<'a>, JsonPatterns<'a>),
}

struct DocumentReader<'a, R> {
    version: Option<u64>,
    instance: Option<Text<'a>>,
    revision: Option<u64>,
    next_id: Option<u64>,
    rules: Option<R>,
    overrides: Option<Vec<Override<'a>>>,
}

impl<R> Default for DocumentReader<'_, R> {
    fn default() -> Self {
        Self { version: None, instance: None, revision: None, next_id: None, rules: None, overrides: None }
    }
}

impl<'de, R: Deserialize<'de>> ObjectReader<'de> for DocumentReader<'de, R> {
    type Field = DocumentField;
    type Value = Document<'de, R>;

    fn read<A: MapAccess<'de>>(&mut self, field: DocumentField, map: &mut A) -> Result<(), A::Error> {
        match field {
            DocumentField::Version => put(&mut self.version, map),
            DocumentField::Instance => put(&mut self.instance, map),
            DocumentField::Revision => put(&mut self.revision, map),
            DocumentField::NextId => put(&mut self.next_id, map),
            DocumentField::Rules => put(&mut self.rules, map),
            DocumentField::Overrides => put(&mut self.overrides, map),
        }
    }

    fn finish(self) -> Option<Document<'de, R>> {
        let Self { version, instance, revision, next_id, rules, overrides } = self;
        let overrides = overrides.unwrap_or_default();
        Some(Document { version: version?, instance, revision, next_id, rules: rules?, overrides })
    }
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Document<'de, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object::<DocumentReader<'de, R>, D>(deserializer)
    }
}

/// An override for one tag.
#[derive(Debug)]
pub(crate) struct Override<'a> {
    pub(crate) repository: Text<'a>,
    pub(crate) tag: Text<'a>,
    pub(crate) until: Text<'a>,
    pub(crate) reason: Text<'a>,
    pub(crate) by: Option<Text<'a>>,
}

#[derive(Default)]
struct OverrideReader<'a> {
    repository: Option<Text<'a>>,
    tag: Option<Text<'a>>,
    until: Option<Text<'a>>,
    reason: Option<Text<'a>>,
    by: Option<Text<'a>>,
}

impl<'de> ObjectReader<'de> for OverrideReader<'de> {
    type Field = OverrideField;
    type Value = Override<'de>;

    fn read<A: MapAccess<'de>>(&mut self, field: OverrideField, map: &mut A) -> Result<(), A::Error> {
        match field {
            OverrideField::Repository => put(&mut self.repository, map),
            OverrideField::Tag => put(&mut self.tag, map),
            OverrideField::Until => put(&mut self.until, map),
            OverrideField::Reason => put(&mut self.reason, map),
            OverrideField::By => put(&mut self.by, map),
        }
    }

    fn finish(self) -> Option<Override<'de>> {
        let Self { repository, tag, until, reason, by } = self;
        let read = Override { repository: repository?, tag: tag?, until: until?, reason: reason?, by };
        let is_valid = Repository::parse(&read.repository.0).is_some()
            && Tag::parse(&read.tag.0).is_some()
            && is_utc_time(&read.until.0)
            && is_short_text(&read.reason.0, limits::MAX_REASON_CHARACTERS)
            && read.by.as_ref().is_none_or(|by| is_short_text(&by.0, limits::MAX_BY_CHARACTERS));
        is_valid.then_some(read)
    }
}

impl<'de> Deserialize<'de> for Override<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object::<OverrideReader<'de>, D>(deserializer)
    }
}

#[derive(Default)]
struct RuleReader<'a> {
    id: Option<u64>,
    namespace: Option<Text<'a>>,
    enabled: Option<bool>,
    deletion: Option<Deletion>,
    exempt: Option<ExemptSets>,
    note: Option<Text<'a>>,
    preset: Option<Preset>,
    pairs: Option<Vec<JsonPair<'a>>>,
}

impl<'de> ObjectReader<'de> for RuleReader<'de> {
    type Field = RuleField;
    type Value = JsonRule<'de>;

    fn read<A: MapAccess<'de>>(&mut self, field: RuleField, map: &mut A) -> Result<(), A::Error> {
        match field {
            RuleField::Id => put(&mut self.id, map),
            RuleField::Namespace => put(&mut self.namespace, map),
            RuleField::Enabled => put(&mut self.enabled, map),
            RuleField::Deletion => put_word(&mut self.deletion, map),
            RuleField::Exempt => put_exempt_sets(&mut self.exempt, map),
            RuleField::Note => put(&mut self.note, map),
            RuleField::Preset => put_word(&mut self.preset, map),
            RuleField::Protects => put(&mut self.pairs, map),
        }
    }

    fn finish(self) -> Option<JsonRule<'de>> {
        let Self { id, namespace, enabled, deletion, exempt, note, preset, pairs } = self;
        let protects = match (preset, pairs) {
            (Some(preset), None) => Protects::Preset(preset),
            (None, Some(pairs)) => Protects::Pairs(pairs),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        if note.as_ref().is_some_and(|note| note::excess_length(&note.0).is_some()) {
            return None;
        }
        Some(JsonRule {
            id: id?,
            namespace: namespace?,
            enabled: enabled.unwrap_or(ENABLED_BY_DEFAULT),
            deletion: deletion.unwrap_or_default(),
            exempt: exempt.unwrap_or_default(),
            note,
            protects,
        })
    }
}

impl<'de> Deserialize<'de> for JsonRule<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object::<RuleReader<'de>, D>(deserializer)
    }
}

fn put_word<'de, A: MapAccess<'de>, W: Word>(slot: &mut Option<W>, map: &mut A) -> Result<(), A::Error> {
    let mut text: Option<Text<'de>> = None;
    put(&mut text, map)?;
    let word = text.and_then(|text| W::parse(&text.0)).ok_or_else(|| A::Error::custom("unknown value"))?;
    set(slot, word)
}

fn put_exempt_sets<'de, A: MapAccess<'de>>(slot: &mut Option<ExemptSets>, map: &mut A) -> Result<(), A::Error> {
    let names: Vec<Text<'de>> = map.next_value()?;
    let sets = ExemptSets::parse(names.iter().map(|name| &*name.0));
    set(slot, sets.ok_or_else(|| A::Error::custom("an unknown set, or one that is given twice"))?)
}

#[derive(Default)]
struct PairReader<'a> {
    repositories: Option<JsonSelector<'a>>,
    tags: Option<JsonSelector<'a>>,
}

impl<'de> ObjectReader<'de> for PairReader<'de> {
    type Field = PairField;
    type Value = JsonPair<'de>;

    fn read<A: MapAccess<'de>>(&mut self, field: PairField, map: &mut A) -> Result<(), A::Error> {
        match field {
            PairField::Repositories => put(&mut self.repositories, map),
            PairField::Tags => put(&mut self.tags, map),
        }
    }

    fn finish(self) -> Option<JsonPair<'de>> {
        let Self { repositories, tags } = self;
        Some(JsonPair { repositories: repositories?, tags: tags? })
    }
}

impl<'de> Deserialize<'de> for JsonPair<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object::<PairReader<'de>, D>(deserializer)
    }
}

#[derive(Default)]
struct SelectorReader<'a> {
    matches: Option<JsonPatterns<'a>>,
    excludes: Option<JsonPatterns<'a>>,
}

impl<'de> ObjectReader<'de> for SelectorReader<'de> {
    type Field = SelectorField;
    type Value = JsonSelector<'de>;

    fn read<A: MapAccess<'de>>(&mut self, field: SelectorField, map: &mut A) -> Result<(), A::Error> {
        match field {
            SelectorField::Matches => put(&mut self.matches, map),
            SelectorField::Excludes => put(&mut self.excludes, map),
        }
    }

    fn finish(self) -> Option<JsonSelector<'de>> {
        let Self { matches, excludes } = self;
        match (matches, excludes) {
            (Some(matches), None) => Some(JsonSelector::Matches(matches)),
            (None, Some(excludes)) => Some(JsonSelector::Excludes(excludes)),
            (Some(matches), Some(excludes)) => Some(JsonSelector::MatchesExcept(matches, excludes)),
            (None, None) => None,
        }
    }
}

impl<'de> Deserialize<'de> for JsonSelector<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object::<SelectorReader<'de>, D>(deserializer)
    }
}
