//! Events in JSON, and answers in JSON.

use crate::decision::Decision;
use crate::event::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};
use crate::json::{Object, Text, Texts, present};
use crate::limits;
use crate::malformed::Malformed;
use crate::policy::Policy;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

impl Policy {
    /// Decides an event in JSON, at most 1 MiB, and answers in JSON. What can't be read is denied as `malformed`.
    #[inline]
    pub fn evaluate_json(&self, event: &str) -> String {
        let decision = read(event).map_or_else(|fault| self.malformed(fault), |event| self.evaluate(event));
        render(&decision)
    }
}

#[inline]
fn render(decision: &Decision) -> String {
    // Numbers and text always serialise. Should that ever change, what can't be told is no permission.
    serde_json::to_string(decision).unwrap_or_else(|_| {
        r#"{"outcome":"deny","code":"malformed","rule":null,"pair":null,"revision":0,"message":"the decision cannot be written","tags":[]}"#.into()
    })
}

fn read(text: &str) -> Result<Event, Malformed> {
    if text.len() > limits::EVENT_BYTES {
        return Err(Malformed::TooLong);
    }
    let Object(event) = serde_json::from_str::<Object<EventText<'_>>>(text)
        .map_err(|error| Malformed::Form { line: error.line(), column: error.column() })?;
    event.event()
}

/// An event as JSON writes it. All fields may be left out, so that one that is missing can be named.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EventText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    write: Option<Object<WriteText<'a>>>,
    #[serde(default, borrow, deserialize_with = "present")]
    delete_tag: Option<Object<DeleteTagText<'a>>>,
    #[serde(default, borrow, deserialize_with = "present")]
    delete_manifest: Option<Object<DeleteManifestText<'a>>>,
    #[serde(default, deserialize_with = "present")]
    context: Option<Context>,
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
    current: Option<Text<'a>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteTagText<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    repository: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    tag: Option<Text<'a>>,
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
}

impl EventText<'_> {
    fn event(self) -> Result<Event, Malformed> {
        let operation = match (self.write, self.delete_tag, self.delete_manifest) {
            (Some(Object(write)), None, None) => Operation::Write(write.write()?),
            (None, Some(Object(delete)), None) => Operation::DeleteTag(delete.delete_tag()?),
            (None, None, Some(Object(delete))) => Operation::DeleteManifest(delete.delete_manifest()?),
            (write, tag, manifest) => {
                let count = [write.is_some(), tag.is_some(), manifest.is_some()].into_iter().filter(|is| *is).count();
                return Err(Malformed::Operations(count));
            }
        };
        Ok(Event { operation, context: self.context.map(|context| context.0).unwrap_or_default() })
    }
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
        let current = match self.current.ok_or(Malformed::NoCurrent(index))?.0 {
            word if word == "absent" => Current::Absent,
            word if word == "unknown" => Current::Unknown,
            digest => Current::Digest(digest.into_owned()),
        };
        Ok(TagWrite { tag, current })
    }
}

impl DeleteTagText<'_> {
    fn delete_tag(self) -> Result<DeleteTag, Malformed> {
        let repository = required(self.repository, "delete-tag.repository")?;
        Ok(DeleteTag { repository, tag: required(self.tag, "delete-tag.tag")? })
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
        Ok(DeleteManifest { repository, digest, tags })
    }
}

fn required(text: Option<Text<'_>>, field: &'static str) -> Result<String, Malformed> {
    text.map(|text| text.0.into_owned()).ok_or(Malformed::Missing(field))
}

/// The pairs of a context, in their order and with those that are there twice: judging them is not JSON's business.
struct Context(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ContextVisitor)
    }
}

struct ContextVisitor;

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = Context;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Context, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Context(pairs))
    }
}
