//! Events, as the design's JSON has them.

use super::{grammar, json};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(super) enum Event {
    Write { repository: String, digest: String, tags: Vec<(String, Current)> },
    DeleteTag { repository: String, tag: String, remembers: bool },
    DeleteManifest { repository: String, tags: Option<Vec<String>>, remembers: bool },
}

pub(super) enum Current {
    Absent,
    Unknown,
    Digest(String),
    Retired(String),
}

type Object = Map<String, Value>;

impl Event {
    /// Reads an event, and the time of its context. `None` where it is malformed.
    pub(super) fn read(text: &str) -> Option<(Self, Option<String>)> {
        if text.len() > 1_048_576 {
            return None;
        }
        let Value::Object(mut event) = json::read(text)? else { return None };
        let mut time = None;
        if let Some(context) = event.remove("context") {
            check_context(&context)?;
            time = context.get("time").and_then(Value::as_str).map(str::to_owned);
        }
        let mut entries = event.into_iter();
        let (operation, Value::Object(fields)) = entries.next()? else { return None };
        if entries.next().is_some() {
            return None;
        }
        let event = match operation.as_str() {
            "write" => Self::read_write(&fields),
            "delete-tag" => Self::read_delete_tag(&fields),
            "delete-manifest" => Self::read_delete_manifest(&fields),
            _ => None,
        };
        Some((event?, time))
    }

    fn read_write(fields: &Object) -> Option<Self> {
        check_keys(fields, &["repository", "digest", "tags"])?;
        let tags: Vec<(String, Current)> =
            fields.get("tags")?.as_array()?.iter().map(read_tag_write).collect::<Option<_>>()?;
        check_set(tags.iter().map(|(tag, _)| tag))?;
        Some(Self::Write { repository: repository(fields)?, digest: digest(fields.get("digest")?)?, tags })
    }

    fn read_delete_tag(fields: &Object) -> Option<Self> {
        let (fields, remembers) = remembers(fields)?;
        check_keys(&fields, &["repository", "tag"])?;
        Some(Self::DeleteTag { repository: repository(&fields)?, tag: tag(fields.get("tag")?)?, remembers })
    }

    fn read_delete_manifest(fields: &Object) -> Option<Self> {
        let (fields, remembers) = remembers(fields)?;
        check_keys(&fields, &["repository", "digest", "tags"])?;
        digest(fields.get("digest")?)?;
        let repository = repository(&fields)?;
        let tags = match fields.get("tags")? {
            Value::String(word) if word == "unknown" => None,
            Value::Array(tags) => Some(tags.iter().map(tag).collect::<Option<Vec<_>>>()?),
            _ => return None,
        };
        check_set(tags.iter().flatten())?;
        Some(Self::DeleteManifest { repository, tags, remembers })
    }
}

/// The fields of a delete without `remembers`, and that.
fn remembers(fields: &Object) -> Option<(Object, bool)> {
    let mut fields = fields.clone();
    let remembers = fields.remove("remembers").map_or(Some(false), |remembers| remembers.as_bool())?;
    Some((fields, remembers))
}

/// No field is missing, and none is there that is not known.
fn check_keys(fields: &Object, keys: &[&str]) -> Option<()> {
    let all = keys.iter().all(|key| fields.contains_key(*key));
    (all && fields.len() == keys.len()).then_some(())
}

/// At most 1,000 tags, each once.
fn check_set<'tag>(tags: impl Iterator<Item = &'tag String> + Clone) -> Option<()> {
    let count = tags.clone().count();
    let set: BTreeSet<_> = tags.collect();
    (count <= 1_000 && set.len() == count).then_some(())
}

fn check_context(context: &Value) -> Option<()> {
    let context = context.as_object()?;
    let fits = |(key, value): (&String, &Value)| {
        (1..=128).contains(&key.len()) && value.as_str().is_some_and(|value| value.len() <= 1_024)
    };
    (context.len() <= 64 && context.iter().all(fits)).then_some(())
}

fn repository(fields: &Object) -> Option<String> {
    let name = fields.get("repository")?.as_str()?;
    (name.len() <= 255 && grammar::REPOSITORY.admits(name)).then(|| name.to_owned())
}

fn tag(value: &Value) -> Option<String> {
    value.as_str().filter(|tag| grammar::TAG.admits(tag)).map(str::to_owned)
}

fn digest(value: &Value) -> Option<String> {
    value.as_str().filter(|digest| grammar::DIGEST.admits(digest)).map(str::to_owned)
}

fn read_tag_write(value: &Value) -> Option<(String, Current)> {
    let fields = value.as_object()?;
    check_keys(fields, &["tag", "current"])?;
    let current = match fields.get("current")? {
        Value::String(word) if word == "absent" => Current::Absent,
        Value::String(word) if word == "unknown" => Current::Unknown,
        Value::Object(fields) => {
            check_keys(fields, &["retired"])?;
            Current::Retired(digest(fields.get("retired")?)?)
        }
        text => Current::Digest(digest(text)?),
    };
    Some((tag(fields.get("tag")?)?, current))
}
