//! An event in JSON, as `evaluate-json` reads it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use tagseal::contract::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, Write};

/// An event in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct EventText<'a> {
    #[serde(flatten)]
    operation: OperationText<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context: BTreeMap<&'a str, &'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum OperationText<'a> {
    Write { repository: &'a str, digest: &'a str, tags: Vec<TagText<'a>> },
    DeleteTag { repository: &'a str, tag: &'a str, remembers: bool },
    DeleteManifest { repository: &'a str, digest: &'a str, tags: TagsText<'a>, remembers: bool },
}

#[derive(Debug, Serialize)]
struct TagText<'a> {
    tag: &'a str,
    current: CurrentText<'a>,
}

#[derive(Debug)]
struct CurrentText<'a>(&'a Current);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum TagsText<'a> {
    Known(&'a [String]),
    Unknown(&'static str),
}

impl<'a> From<&'a Event> for EventText<'a> {
    fn from(Event { operation, context }: &'a Event) -> Self {
        let context = context.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let operation = match operation {
            Operation::Write(Write { repository, digest, tags }) => {
                let tags = tags.iter().map(|it| TagText { tag: &it.tag, current: CurrentText(&it.current) });
                OperationText::Write { repository, digest, tags: tags.collect() }
            }
            Operation::DeleteTag(DeleteTag { repository, tag, remembers }) => {
                OperationText::DeleteTag { repository, tag, remembers: *remembers }
            }
            Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers }) => {
                let tags = match tags {
                    ManifestTags::Known(tags) => TagsText::Known(tags),
                    ManifestTags::Unknown => TagsText::Unknown("unknown"),
                };
                OperationText::DeleteManifest { repository, digest, tags, remembers: *remembers }
            }
        };
        Self { operation, context }
    }
}

impl Serialize for CurrentText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Current::Absent => serializer.serialize_str("absent"),
            Current::Unknown => serializer.serialize_str("unknown"),
            Current::Digest(digest) => serializer.serialize_str(digest),
            Current::Retired(digest) => BTreeMap::from([("retired", digest)]).serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn text(event: &Event) -> Value {
        serde_json::to_value(EventText::from(event)).unwrap()
    }

    #[test]
    fn an_event_is_written_as_the_component_reads_it() {
        let write = Event::write("prod/app", "sha256:a")
            .tag("v1", Current::Absent)
            .tag("v2", Current::Digest("sha256:b".to_owned()))
            .tag("v3", Current::Retired("sha256:c".to_owned()))
            .tag("v4", Current::Unknown)
            .context("time", "2026-12-01T18:00:00Z");
        let tags = json!([
            {"tag": "v1", "current": "absent"}, {"tag": "v2", "current": "sha256:b"},
            {"tag": "v3", "current": {"retired": "sha256:c"}}, {"tag": "v4", "current": "unknown"}]);
        let expected = json!({"write": {"repository": "prod/app", "digest": "sha256:a", "tags": tags},
                              "context": {"time": "2026-12-01T18:00:00Z"}});
        assert_eq!(text(&write), expected);
        let expected = json!({"delete-tag": {"repository": "prod/app", "tag": "v1", "remembers": false}});
        assert_eq!(text(&Event::delete_tag("prod/app", "v1")), expected);
        let known = ManifestTags::Known(vec!["v1".to_owned()]);
        for (tags, expected) in [(known, json!(["v1"])), (ManifestTags::Unknown, json!("unknown"))] {
            let event = Event::delete_manifest("prod/app", "sha256:a", tags).remembered();
            let fields = json!({"repository": "prod/app", "digest": "sha256:a", "tags": expected, "remembers": true});
            assert_eq!(text(&event), json!({"delete-manifest": fields}));
        }
    }
}
