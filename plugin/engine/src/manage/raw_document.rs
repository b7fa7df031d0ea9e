//! A document as changes see it: where its parts are, and which rule is which.

use super::raw_list::RawList;
use super::raw_object::RawObject;
use crate::document::located_json::members::offset;
use crate::document::object::{ObjectReader, put, read_object};
use crate::document::schema::{Document, Override};
use crate::document::strict_json::Text;
use crate::limits;
use crate::rule::field::{DocumentField, ENABLED_BY_DEFAULT, RuleField};
use crate::words::Word;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// A document as changes see it.
#[derive(Debug)]
pub(super) struct RawDocument<'a> {
    pub(super) text: &'a str,
    /// The members of the document, the list of rules among them.
    pub(super) head: RawObject<'a>,
    pub(super) rules: Vec<RawRule<'a>>,
    pub(super) overrides: Vec<RawOverride<'a>>,
    pub(super) revision: u64,
    /// The id of the next rule.
    pub(super) next_id: u64,
}

/// A rule as it is written, and what it is known by.
#[derive(Debug)]
pub(super) struct RawRule<'a> {
    pub(super) id: u64,
    pub(super) namespace: Cow<'a, str>,
    pub(super) enabled: bool,
    pub(super) text: &'a str,
    pub(super) place: Range<usize>,
}

/// An override as it is written, and the tag that it is for.
#[derive(Debug)]
pub(super) struct RawOverride<'a> {
    pub(super) repository: Cow<'a, str>,
    pub(super) tag: Cow<'a, str>,
    pub(super) text: &'a str,
    pub(super) place: Range<usize>,
}

/// What a rule is known by, and whether it is enabled. What the other fields say is not checked.
struct RuleHead<'a> {
    id: u64,
    namespace: Text<'a>,
    enabled: bool,
}

#[derive(Default)]
struct RuleHeadReader<'a> {
    id: Option<u64>,
    namespace: Option<Text<'a>>,
    enabled: Option<bool>,
}

impl<'de> ObjectReader<'de> for RuleHeadReader<'de> {
    type Field = RuleField;
    type Value = RuleHead<'de>;

    fn read<A: MapAccess<'de>>(&mut self, field: RuleField, map: &mut A) -> Result<(), A::Error> {
        match field {
            RuleField::Id => put(&mut self.id, map),
            RuleField::Namespace => put(&mut self.namespace, map),
            RuleField::Enabled => put(&mut self.enabled, map),
            RuleField::Deletion | RuleField::Exempt | RuleField::Note | RuleField::Preset | RuleField::Protects => {
                map.next_value::<IgnoredAny>().map(|_| ())
            }
        }
    }

    fn finish(self) -> Option<RuleHead<'de>> {
        let Self { id, namespace, enabled } = self;
        Some(RuleHead { id: id?, namespace: namespace?, enabled: enabled.unwrap_or(ENABLED_BY_DEFAULT) })
    }
}

impl<'de> Deserialize<'de> for RuleHead<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_object::<RuleHeadReader<'de>, D>(deserializer)
    }
}

impl<'a> RawDocument<'a> {
    /// Reads a document. Returns `None` where something is wrong with its head or with the ids of its rules; what the rules
    /// say is not checked.
    pub(super) fn read(document: &'a str) -> Option<Self> {
        if document.len() > limits::MAX_DOCUMENT_BYTES {
            return None;
        }
        let parts = serde_json::from_str::<Document<'a, Vec<&'a RawValue>>>(document).ok()?;
        let rules: Vec<_> = parts.rules.iter().map(|raw| RawRule::read(document, raw)).collect::<Option<_>>()?;
        let revision = parts.valid_revision(rules.iter().map(|rule| rule.id).collect())?;
        let free = rules.iter().map(|rule| rule.id).max().unwrap_or(0) + 1;
        let next_id = parts.next_id.unwrap_or(free);
        let head = RawObject::read(document)?;
        let overrides = raw_overrides(document, &head)?;
        Some(Self { text: document, head, rules, overrides, revision, next_id })
    }

    /// The override for a tag, and its index.
    pub(super) fn override_for(&self, repository: &str, tag: &str) -> Option<(usize, &RawOverride<'a>)> {
        self.overrides.iter().enumerate().find(|(_, one)| one.repository == repository && one.tag == tag)
    }

    /// The rule for a namespace.
    pub(super) fn rule_for(&self, namespace: &str) -> Option<&RawRule<'a>> {
        self.rules.iter().find(|rule| rule.namespace == namespace)
    }

    /// The list of rules.
    pub(super) fn rule_list(&self) -> Option<RawList<'a>> {
        self.list(DocumentField::Rules, self.rules.iter().map(|rule| rule.place.clone()))
    }

    /// The list of overrides, if there is one.
    pub(super) fn override_list(&self) -> Option<RawList<'a>> {
        self.list(DocumentField::Overrides, self.overrides.iter().map(|one| one.place.clone()))
    }

    fn list(&self, field: DocumentField, elements: impl Iterator<Item = Range<usize>>) -> Option<RawList<'a>> {
        let place = self.head.member(field.text())?.place.clone();
        Some(RawList { document: self.text, place, elements: elements.collect() })
    }
}

/// Reads where the overrides of a document are.
fn raw_overrides<'a>(document: &'a str, head: &RawObject<'a>) -> Option<Vec<RawOverride<'a>>> {
    let Some(member) = head.member(DocumentField::Overrides.text()) else { return Some(Vec::new()) };
    let list = serde_json::from_str::<Vec<&'a RawValue>>(document.get(member.place.clone())?).ok()?;
    list.into_iter().map(|raw| RawOverride::read(document, raw)).collect()
}

impl<'a> RawOverride<'a> {
    fn read(document: &str, raw: &'a RawValue) -> Option<Self> {
        let Override { repository, tag, until: _, reason: _, by: _ } = serde_json::from_str(raw.get()).ok()?;
        let start = offset(document, raw);
        let place = start..start + raw.get().len();
        Some(Self { repository: repository.0, tag: tag.0, text: raw.get(), place })
    }
}

impl<'a> RawRule<'a> {
    fn read(document: &str, raw: &'a RawValue) -> Option<Self> {
        let RuleHead { id, namespace, enabled } = serde_json::from_str(raw.get()).ok()?;
        let start = offset(document, raw);
        Some(Self { id, namespace: namespace.0, enabled, text: raw.get(), place: start..start + raw.get().len() })
    }
}
