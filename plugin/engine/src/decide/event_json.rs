//! Events in JSON, and decisions in JSON.

use super::context::Context;
use super::decision::Decision;
use super::event::{Current, DeleteManifest, DeleteTag, Event, EventKind, ManifestTags, Operation, TagWrite, Write};
use super::malformed::Malformed;
use crate::document::strict_json::{Object, Text, Texts, present};
use crate::limits;
use crate::policy::compiled::Policy;
use crate::words::Word;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;

impl Policy {
    /// Decides an event in JSON, at most 1 MiB, and answers in JSON. An event that can't be read is denied as `malformed`.
    #[inline]
    pub fn evaluate_json(&self, event: &str) -> String {
        let decision = read(event).map_or_else(|fault| self.malformed(fault), |event| self.evaluate(event));
        render(&decision)
    }
}

#[inline]
fn render(decision: &Decision) -> String {
    // Numbers and text always serialise. Should that ever change, a decision that can't be written is a denial.
    serde_json::to_string(decision).unwrap_or_else(|_| {
        r#"{"outcome":"deny","code":"malformed","rule":null,"namespace":null,"pair":null,"revision":0,"message":"the decision cannot be written","tags":[]}"#.into()
    })
}

fn read(text: &str) -> Result<Event, Malformed> {
    if text.len() > limits::MAX_EVENT_BYTES {
        return Err(Malformed::TooLong);
    }
    let event = serde_json::from_str::<EventText<'_>>(text)
        .map_err(|error| Malformed::Form { line: error.line(), column: error.column() })?;
    let operation = match event.operations {
        Operations::None => return Err(Malformed::Operations(0)),
        Operations::One(operation) => operation.operation()?,
        Operations::Several(count) => return Err(Malformed::Operations(count)),
    };
    Ok(Event { operation, context: event.context.map(|context| context.0).unwrap_or_default() })
}

/// An event as JSON writes it.
#[derive(Default)]
struct EventText<'a> {
    operations: Operations<'a>,
    context: Option<Context>,
}

/// The operations of an event. Only one alone is an event.
#[derive(Default)]
enum Operations<'a> {
    #[default]
    None,
    One(OperationText<'a>),
    Several(usize),
}

impl<'a> Operations<'a> {
    /// Whether it is one operation, of this kind.
    fn is(&self, kind: EventKind) -> bool {
        matches!(self, Self::One(operation) if operation.kind() == kind)
    }

    fn and(self, operation: OperationText<'a>) -> Self {
        match self {
            Self::None => Self::One(operation),
            Self::One(_) => Self::Several(2),
            Self::Several(count) => Self::Several(count + 1),
        }
    }
}

/// An operation as JSON writes it. All its fields may be missing, so that the message can name one that is.
enum OperationText<'a> {
    Write(WriteText<'a>),
    DeleteTag(DeleteTagText<'a>),
    DeleteManifest(DeleteManifestText<'a>),
}

impl<'de> OperationText<'de> {
    fn read<A: MapAccess<'de>>(kind: EventKind, map: &mut A) -> Result<Self, A::Error> {
        match kind {
            EventKind::Write => map.next_value().map(|Object(write)| Self::Write(write)),
            EventKind::DeleteTag => map.next_value().map(|Object(delete)| Self::DeleteTag(delete)),
            EventKind::DeleteManifest => map.next_value().map(|Object(delete)| Self::DeleteManifest(delete)),
        }
    }

    fn kind(&self) -> EventKind {
        match self {
            Self::Write(_) => EventKind::Write,
            Self::DeleteTag(_) => EventKind::DeleteTag,
            Self::DeleteManifest(_) => EventKind::DeleteManifest,
        }
    }

    fn operation(self) -> Result<Operation, Malformed> {
        match self {
            Self::Write(write) => write.write().map(Operation::Write),
            Self::DeleteTag(delete) => delete.delete_tag().map(Operation::DeleteTag),
            Self::DeleteManifest(delete) => delete.delete_manifest().map(Operation::DeleteManifest),
        }
    }
}

/// The name of a field of an event.
enum EventKey {
    Operation(EventKind),
    Context,
}

impl<'de> Deserialize<'de> for EventKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(EventKeyVisitor)
    }
}

struct EventKeyVisitor;

impl Visitor<'_> for EventKeyVisitor {
    type Value = EventKey;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of an operation, or `context`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<EventKey, E> {
        if text == "context" {
            return Ok(EventKey::Context);
        }
        EventKind::parse(text).map(EventKey::Operation).ok_or_else(|| E::custom("unknown field"))
    }
}

impl<'de> Deserialize<'de> for EventText<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = EventText<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventText<'de>, A::Error> {
        let mut event = EventText::default();
        while let Some(key) = map.next_key()? {
            match key {
                EventKey::Operation(kind) if event.operations.is(kind) => return Err(A::Error::custom("given twice")),
                EventKey::Operation(kind) => {
                    event.operations = event.operations.and(OperationText::read(kind, &mut map)?);
                }
                EventKey::Context if event.context.is_some() => return Err(A::Error::custom("given twice")),
                EventKey::Context => event.context = Some(map.next_value()?),
            }
        }
        Ok(event)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    repository: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    digest: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    tags: Option<Vec<Object<TagWriteText<'a>>>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TagWriteText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    tag: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    current: Option<CurrentText<'a>>,
}

/// What a tag resolves to: a word or a digest, or an object for a digest that it had once.
enum CurrentText<'a> {
    Text(Text<'a>),
    Retired(Text<'a>),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteTagText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    repository: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    tag: Option<Text<'a>>,
    #[serde(default)]
    remembers: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteManifestText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    repository: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    digest: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    tags: Option<Texts<'a>>,
    #[serde(default)]
    remembers: bool,
}

impl WriteText<'_> {
    fn write(self) -> Result<Write, Malformed> {
        let repository = required(self.repository, "write.repository")?;
        let digest = required(self.digest, "write.digest")?;
        let tags = self.tags.ok_or(Malformed::Missing("write.tags"))?;
        let tags =
            tags.into_iter().enumerate().map(|(index, Object(tag))| tag.tag_write(index)).collect::<Result<_, _>>()?;
        Ok(Write { repository, digest, tags })
    }
}

impl TagWriteText<'_> {
    fn tag_write(self, index: usize) -> Result<TagWrite, Malformed> {
        let tag = required(self.tag, "write.tags[].tag")?;
        let current = match self.current.ok_or(Malformed::NoCurrent(index))? {
            CurrentText::Text(word) if word.0 == "absent" => Current::Absent,
            CurrentText::Text(word) if word.0 == "unknown" => Current::Unknown,
            CurrentText::Text(digest) => Current::Digest(digest.0.into_owned()),
            CurrentText::Retired(digest) => Current::Retired(digest.0.into_owned()),
        };
        Ok(TagWrite { tag, current })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CurrentText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CurrentVisitor)
    }
}

struct CurrentVisitor;

impl<'de> Visitor<'de> for CurrentVisitor {
    type Value = CurrentText<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string, or an object with the field `retired`")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(CurrentText::Text(Text(text.into())))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(CurrentText::Text(Text(text.to_owned().into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let RetiredText { retired } = RetiredText::deserialize(MapAccessDeserializer::new(map))?;
        Ok(CurrentText::Retired(retired))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RetiredText<'a> {
    #[serde(borrow)]
    retired: Text<'a>,
}

impl DeleteTagText<'_> {
    fn delete_tag(self) -> Result<DeleteTag, Malformed> {
        let repository = required(self.repository, "delete-tag.repository")?;
        Ok(DeleteTag { repository, tag: required(self.tag, "delete-tag.tag")?, remembers: self.remembers })
    }
}

impl DeleteManifestText<'_> {
    fn delete_manifest(self) -> Result<DeleteManifest, Malformed> {
        let repository = required(self.repository, "delete-manifest.repository")?;
        let digest = required(self.digest, "delete-manifest.digest")?;
        let tags = match self.tags.ok_or(Malformed::Missing("delete-manifest.tags"))? {
            Texts::Many(tags) => ManifestTags::Known(tags.into_iter().map(|tag| tag.0.into_owned()).collect()),
            Texts::One(word) if word.0 == "unknown" => ManifestTags::Unknown,
            Texts::One(_) => return Err(Malformed::ManifestTags),
        };
        Ok(DeleteManifest { repository, digest, tags, remembers: self.remembers })
    }
}

fn required(text: Option<Text<'_>>, field: &'static str) -> Result<String, Malformed> {
    text.map(|text| text.0.into_owned()).ok_or(Malformed::Missing(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(text: &str) -> Operation {
        read(text).unwrap_or_else(|fault| panic!("{text}: {}", fault.message("event"))).operation
    }

    #[test]
    fn a_retired_tag_and_a_delete_that_remembers_are_read() {
        let write = operation(
            r#"{"write": {"repository": "a", "digest": "d", "tags": [{"tag": "t", "current": {"retired": "e"}}]}}"#,
        );
        let tags = vec![TagWrite { tag: "t".into(), current: Current::Retired("e".into()) }];
        assert_eq!(write, Operation::Write(Write { repository: "a".into(), digest: "d".into(), tags }));
        for (field, remembers) in [("", false), (r#", "remembers": false"#, false), (r#", "remembers": true"#, true)] {
            let delete = operation(&format!(r#"{{"delete-tag": {{"repository": "a", "tag": "t"{field}}}}}"#));
            let expected = DeleteTag { repository: "a".into(), tag: "t".into(), remembers };
            assert_eq!(delete, Operation::DeleteTag(expected));
            let text = format!(r#"{{"delete-manifest": {{"repository": "a", "digest": "d", "tags": []{field}}}}}"#);
            let tags = ManifestTags::Known(Vec::new());
            let expected = DeleteManifest { repository: "a".into(), digest: "d".into(), tags, remembers };
            assert_eq!(operation(&text), Operation::DeleteManifest(expected));
        }
    }

    #[test]
    fn one_operation_of_a_known_kind_is_an_event_and_nothing_else_is() {
        let body = r#"{"repository": "a", "tag": "t"}"#;
        let table = [
            ("{}".to_owned(), Some(Malformed::Operations(0))),
            (r#"{"context": {}}"#.to_owned(), Some(Malformed::Operations(0))),
            (
                format!(r#"{{"delete-tag": {body}, "write": {{}}, "delete-manifest": {{}}}}"#),
                Some(Malformed::Operations(3)),
            ),
            (format!(r#"{{"delete-tag": {body}, "delete-tag": {body}}}"#), None),
            (format!(r#"{{"delete-tags": {body}}}"#), None),
            (format!(r#"{{"delete-tag": {body}, "undelete": {body}}}"#), None),
            (r#"{"delete-tag": {"repository": "a", "tag": "t", "remembers": null}}"#.to_owned(), None),
            (r#"{"delete-tag": null}"#.to_owned(), None),
        ];
        for (text, expected) in table {
            let fault = read(&text).map(|event| event.operation).unwrap_err();
            match expected {
                Some(expected) => assert_eq!(fault, expected, "{text}"),
                None => assert!(matches!(fault, Malformed::Form { .. }), "{text}: {fault:?}"),
            }
        }
    }
}
