//! Events of vectors: the text for a component, and the typed event with the same meaning.

use crate::no_duplicate_keys::NoDuplicateKeys;
use serde_json::{Map, Value};
use tagseal::contract::{self, Current, DeleteManifest, DeleteTag, ManifestTags, Operation, TagWrite, Write};

/// An event as a vector gives it.
#[derive(Clone, Debug)]
pub struct Event {
    text: String,
    typed: Option<contract::Event>,
}

impl Event {
    /// Makes an event of any text.
    pub(crate) fn new(text: String) -> Self {
        let value = if text.len() > MAX_EVENT_BYTES { None } else { serde_json::from_str(&text).ok() };
        let typed = value.and_then(|NoDuplicateKeys(value)| event(&value));
        Self { text, typed }
    }

    /// Returns the event in JSON, or the text in its place.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the typed event. Returns `None` for a text that is not JSON or has another form. A typed event may still be
    /// malformed: its names are not checked here.
    pub fn typed(&self) -> Option<&contract::Event> {
        self.typed.as_ref()
    }
}

/// The greatest length of an event in JSON. A typed event has no such limit, so a longer text is not the same event.
const MAX_EVENT_BYTES: usize = 1 << 20;

fn event(value: &Value) -> Option<contract::Event> {
    let mut fields = value.as_object()?.clone();
    let context = fields.remove("context").map_or(Some(Vec::new()), |context| pairs(&context))?;
    let mut operations = fields.iter();
    let operation = match (operations.next()?, operations.next()) {
        ((name, operation), None) => self::operation(name, operation)?,
        _ => return None,
    };
    Some(contract::Event { operation, context })
}

fn pairs(context: &Value) -> Option<Vec<(String, String)>> {
    context.as_object()?.iter().map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

fn operation(name: &str, value: &Value) -> Option<Operation> {
    match name {
        "write" => {
            let [repository, digest, tags] = fields(value, ["repository", "digest", "tags"])?;
            let tags = tags.as_array()?.iter().map(tag_write).collect::<Option<_>>()?;
            Some(Operation::Write(Write { repository: text(repository)?, digest: text(digest)?, tags }))
        }
        "delete-tag" => {
            let (value, remembers) = remembers(value)?;
            let [repository, tag] = fields(&value, ["repository", "tag"])?;
            Some(Operation::DeleteTag(DeleteTag { repository: text(repository)?, tag: text(tag)?, remembers }))
        }
        "delete-manifest" => {
            let (value, remembers) = remembers(value)?;
            let [repository, digest, tags] = fields(&value, ["repository", "digest", "tags"])?;
            let (repository, digest, tags) = (text(repository)?, text(digest)?, manifest_tags(tags)?);
            Some(Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers }))
        }
        _ => None,
    }
}

/// Takes the field `remembers` out of a delete. It is false where it is missing.
fn remembers(delete: &Value) -> Option<(Value, bool)> {
    let mut delete = delete.clone();
    let remembers = match delete.as_object_mut()?.remove("remembers") {
        Some(remembers) => remembers.as_bool()?,
        None => false,
    };
    Some((delete, remembers))
}

fn tag_write(value: &Value) -> Option<TagWrite> {
    let [tag, current] = fields(value, ["tag", "current"])?;
    let current = match current {
        Value::Object(_) => {
            let [digest] = fields(current, ["retired"])?;
            Current::Retired(text(digest)?)
        }
        current => match current.as_str()? {
            "absent" => Current::Absent,
            "unknown" => Current::Unknown,
            digest => Current::Digest(digest.to_owned()),
        },
    };
    Some(TagWrite { tag: text(tag)?, current })
}

fn manifest_tags(value: &Value) -> Option<ManifestTags> {
    match value {
        Value::String(word) if word == "unknown" => Some(ManifestTags::Unknown),
        Value::Array(tags) => Some(ManifestTags::Known(tags.iter().map(text).collect::<Option<_>>()?)),
        _ => None,
    }
}

/// Returns the fields of an object that has these and no others.
fn fields<'a, const COUNT: usize>(value: &'a Value, names: [&str; COUNT]) -> Option<[&'a Value; COUNT]> {
    let object: &Map<_, _> = value.as_object().filter(|object| object.len() == COUNT)?;
    let fields: Vec<_> = names.iter().filter_map(|name| object.get(*name)).collect();
    fields.try_into().ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn a_text_that_no_typed_event_means_is_not_typed() {
        let tag = r#"{"tag": "", "current": "x"}"#;
        let write = |tags: &str| format!(r#"{{"write": {{"repository": "", "digest": "", "tags": [{tags}]}}}}"#);
        for (text, is_typed) in [
            (write(""), true),
            (write(tag), true),
            (write(r#"{"tag": ""}"#), false),
            (write(r#"{"tag": "", "current": null}"#), false),
            (write(r#"{"tag": "", "tag": "", "current": "x"}"#), false),
            (write(r#"["", "x"]"#), false),
            (write(r#"{"tag": "", "current": {"retired": ""}}"#), true),
            (write(r#"{"tag": "", "current": {"absent": ""}}"#), false),
            (write(r#"{"tag": "", "current": {"retired": "", "since": ""}}"#), false),
            (r#"{"delete-tag": {"repository": "", "tag": "", "remembers": true}}"#.into(), true),
            (r#"{"delete-tag": {"repository": "", "tag": "", "remembers": "yes"}}"#.into(), false),
            (write(tag).replace("write", "push"), false),
            (r#"{"delete-tag": {"repository": "", "tag": ""}, "context": {"": ""}}"#.into(), true),
            (r#"{"delete-tag": {"repository": "", "tag": ""}, "context": {"": 1}}"#.into(), false),
            (
                r#"{"delete-tag": {"repository": "", "tag": ""}, "delete-tag": {"repository": "", "tag": ""}}"#.into(),
                false,
            ),
            (r#"{"delete-tag": {"repository": "", "tag": "", "digest": ""}}"#.into(), false),
            (r#"{"delete-manifest": {"repository": "", "digest": "", "tags": "unknown"}}"#.into(), true),
            (r#"{"delete-manifest": {"repository": "", "digest": "", "tags": "none"}}"#.into(), false),
            (r#"{"context": {}}"#.into(), false),
            ("{}".into(), false),
            ("[]".into(), false),
            (String::new(), false),
            (format!("{}{}", write(""), " ".repeat(1 << 20)), false),
        ] {
            assert_eq!(Event::new(text.clone()).typed().is_some(), is_typed, "{text}");
        }
    }
}
