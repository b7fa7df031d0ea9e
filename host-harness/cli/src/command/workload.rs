//! Events to measure with, derived from a policy document: what its rules are there for, and what they leave alone.

use serde_json::{Value, json};
use tagseal::contract::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};

/// Asked where no policy is given: each kind of rule, and both kinds of namespace.
pub(crate) const POLICY: &str = r#"{
  "version": 1,
  "instance": "bench",
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
    { "id": 2, "namespace": "team", "exempt": ["signatures", "referrers"], "protects": [
      { "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } } ] },
    { "id": 3, "namespace": "*", "protects": [
      { "repositories": { "matches": "**" }, "tags": { "matches": "@release" } } ] }
  ]
}"#;

/// So many repositories of each namespace are named, and so many versions of each.
const REPOSITORIES: usize = 100;
const VERSIONS: usize = 1_000;

/// Takes neighbours far apart. A prime larger than any number of namespaces leaves none of them out.
const STRIDE: usize = 1_000_003;

/// So many events, in turn: a first push, the same content again, other content, `latest` moved, a tag deleted. They go
/// to all namespaces that have a rule, and one that has none, in an order that has nothing to do with the document's.
pub(crate) fn events(document: &str, number: usize) -> Vec<Event> {
    let namespaces = namespaces(document);
    let namespace = |index: usize| namespaces.get(index.wrapping_mul(STRIDE) % namespaces.len().max(1));
    (0..number).filter_map(|index| Some(event(namespace(index)?, index))).collect()
}

fn namespaces(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let rules = document.get("rules").and_then(Value::as_array).into_iter().flatten();
    let named = rules.filter_map(|rule| rule.get("namespace")?.as_str()).filter(|&namespace| namespace != "*");
    named.chain(["without-a-rule"]).map(str::to_owned).collect()
}

fn event(namespace: &str, index: usize) -> Event {
    let repository = format!("{namespace}/team/app-{}", index % REPOSITORIES);
    let tag = format!("v1.{}.0", index % VERSIONS);
    let (pushed, other) = (digest(index), digest(index + 1));
    let write = |tag: String, digest: String, current| {
        let tags = vec![TagWrite { tag, current }];
        Operation::Write(Write { repository: repository.clone(), digest, tags })
    };
    let operation = match index % 5 {
        0 => write(tag, pushed, Current::Absent),
        1 => write(tag, pushed.clone(), Current::Digest(pushed)),
        2 => write(tag, pushed, Current::Digest(other)),
        3 => write("latest".into(), pushed, Current::Digest(other)),
        _ => Operation::DeleteTag(DeleteTag { repository, tag, remembers: false }),
    };
    Event { operation, context: Vec::new() }
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

/// The same event in JSON.
pub(crate) fn in_json(event: &Event) -> String {
    let event = match &event.operation {
        Operation::Write(Write { repository, digest, tags }) => {
            let tags: Vec<Value> = tags.iter().map(tag_in_json).collect();
            json!({ "write": { "repository": repository, "digest": digest, "tags": tags } })
        }
        Operation::DeleteTag(DeleteTag { repository, tag, .. }) => {
            json!({ "delete-tag": { "repository": repository, "tag": tag } })
        }
        Operation::DeleteManifest(DeleteManifest { repository, digest, tags, .. }) => {
            let tags = match tags {
                ManifestTags::Known(tags) => json!(tags),
                ManifestTags::Unknown => json!("unknown"),
            };
            json!({ "delete-manifest": { "repository": repository, "digest": digest, "tags": tags } })
        }
    };
    event.to_string()
}

fn tag_in_json(TagWrite { tag, current }: &TagWrite) -> Value {
    let current = match current {
        Current::Absent => json!("absent"),
        Current::Unknown => json!("unknown"),
        Current::Digest(digest) => json!(digest),
        Current::Retired(digest) => json!({ "retired": digest }),
    };
    json!({ "tag": tag, "current": current })
}
