//! A document as changes see it: where its parts stand, and which rule is which.

use super::written::Written;
use crate::document::Document;
use crate::json::{Object, Text, present};
use crate::limits;
use crate::policy::check_head;
use crate::source::offset;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// A document as changes see it.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    pub(super) document: &'a str,
    /// All that stands beside the rules, and the list of them.
    pub(super) head: Written<'a>,
    pub(super) rules: Vec<Rule<'a>>,
    pub(super) revision: u64,
    /// The id of the next rule.
    pub(super) next_id: u64,
}

/// A rule as it is written, and what it is known by.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    pub(super) id: u64,
    pub(super) namespace: Cow<'a, str>,
    pub(super) enabled: bool,
    pub(super) text: &'a str,
    pub(super) place: Range<usize>,
}

/// What a rule is known by. The other fields are left unread.
#[derive(Deserialize)]
struct Known<'a> {
    id: u64,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(default, deserialize_with = "present")]
    enabled: Option<bool>,
}

impl<'a> Outline<'a> {
    /// Reads a document. None where something is wrong with its head or with the ids of its rules; nothing is known of
    /// what the rules say.
    pub(super) fn read(document: &'a str) -> Option<Self> {
        if document.len() > limits::DOCUMENT_BYTES {
            return None;
        }
        let Object(parts) = serde_json::from_str::<Object<Document<'a, Vec<&'a RawValue>>>>(document).ok()?;
        let rules: Vec<_> = parts.rules.iter().map(|raw| Rule::read(document, raw)).collect::<Option<_>>()?;
        let revision = check_head(&parts, rules.iter().map(|rule| rule.id).collect())?;
        let free = rules.iter().map(|rule| rule.id).max().unwrap_or(0) + 1;
        let next_id = parts.next_id.unwrap_or(free);
        Some(Self { document, head: Written::read(document)?, rules, revision, next_id })
    }

    /// The rule for a namespace.
    pub(super) fn rule_for(&self, namespace: &str) -> Option<&Rule<'a>> {
        self.rules.iter().find(|rule| rule.namespace == namespace)
    }

    /// What stands before the rule with an index: behind the `[`, or behind the last rule with the comma.
    pub(super) fn lead(&self, index: usize) -> &'a str {
        let before = index.checked_sub(1).and_then(|index| self.rules.get(index));
        let list = self.head.member("rules").map_or(0, |member| member.place.start + 1);
        let start = before.map_or(list, |rule| rule.place.end);
        let end = self.rules.get(index).map_or(start, |rule| rule.place.start);
        self.document.get(start..end).unwrap_or_default()
    }
}

impl<'a> Rule<'a> {
    fn read(document: &str, raw: &'a RawValue) -> Option<Self> {
        let Object(known) = serde_json::from_str::<Object<Known<'a>>>(raw.get()).ok()?;
        let start = offset(document, raw);
        Some(Self {
            id: known.id,
            namespace: known.namespace.0,
            enabled: known.enabled.unwrap_or(true),
            text: raw.get(),
            place: start..start + raw.get().len(),
        })
    }
}
