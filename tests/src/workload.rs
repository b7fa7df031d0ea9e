//! Policies of any size, and events for them. They are the same every time, and the benchmarks use them.

use serde_json::{Value, json};
use tagseal::contract;
use tagseal_engine::decide::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};

/// The numbers of rules that are measured.
pub const SIZES: [usize; 4] = [1, 100, 10_000, 100_000];

/// The distance between two rules in turn. It is a prime larger than any number of rules, so every rule has its turn.
const STRIDE: usize = 1_000_003;

/// Makes a document of this many rules, one for each namespace (`n0`, `n1`, …), of each kind in turn. The last one is for `*`.
pub fn document(rules: usize) -> String {
    let rules: Vec<Value> = (0..rules).map(|index| rule(index, index + 1 == rules && rules > 1)).collect();
    json!({ "version": 1, "instance": "workload", "revision": 7, "rules": rules }).to_string()
}

fn rule(index: usize, is_last: bool) -> Value {
    let (id, namespace) = (index + 1, if is_last { "*".to_owned() } else { namespace(index) });
    if index.is_multiple_of(5) && !is_last {
        return json!({ "id": id, "namespace": namespace, "preset": "latest", "exempt": ["signatures", "referrers"] });
    }
    let protects = match index % 5 {
        _ if is_last => json!([pair(json!({ "matches": "**" }), json!({ "matches": "@release" }))]),
        1 => json!([pair(json!({ "matches": "**" }), json!({ "excludes": ["latest", "dev-*"] }))]),
        2 => json!([
            pair(json!({ "matches": ["web-*", "team/**"] }), json!({ "matches": "@version" })),
            pair(json!({ "matches": "**" }), json!({ "matches": ["stable", "production"] })),
        ]),
        3 => json!([pair(json!({ "excludes": "scratch/**" }), json!({ "excludes": ["latest", "nightly", "edge"] }))]),
        // Every rule has its own pattern, so that no two rules share a compiled one.
        _ => json!([pair(json!({ "matches": "**" }), json!({ "matches": format!("v?.*-{{build,b}}{id}*") }))]),
    };
    json!({ "id": id, "namespace": namespace, "exempt": ["signatures", "referrers"], "protects": protects })
}

fn pair(repositories: Value, tags: Value) -> Value {
    json!({ "repositories": repositories, "tags": tags })
}

fn namespace(index: usize) -> String {
    format!("n{index}")
}

/// Makes this many events for a document of this many rules: all kinds in turn, over all namespaces, in another order than
/// the document has.
pub fn events(rules: usize, count: usize) -> Vec<Event> {
    (0..count).map(|index| event(index.wrapping_mul(STRIDE) % rules, index)).collect()
}

/// Makes an event: a first push, the same content again, other content, a move of `latest`, or a delete of a tag.
fn event(rule: usize, index: usize) -> Event {
    let repository = format!("{}/team/app-{}", namespace(rule), index % 100);
    let tag = format!("v1.{}.0", index % 1_000);
    let (pushed, other) = (digest(index), digest(index + 1));
    let write = |tag: String, current| {
        let tags = vec![TagWrite { tag, current }];
        Operation::Write(Write { repository: repository.clone(), digest: pushed.clone(), tags })
    };
    let operation = match index % 5 {
        0 => write(tag, Current::Absent),
        1 => write(tag, Current::Digest(pushed.clone())),
        2 => write(tag, Current::Digest(other)),
        3 => write("latest".into(), Current::Digest(other)),
        _ => Operation::DeleteTag(DeleteTag { repository, tag, remembers: false }),
    };
    Event { operation, context: Vec::new() }
}

/// Makes a push of other content for a tag of each rule in turn. It needs every pattern that the rule has for tags.
pub fn each_rule(rules: usize) -> impl Iterator<Item = Event> {
    (0..rules).map(|rule| {
        let tags = vec![TagWrite { tag: format!("v1.0-b{}", rule + 1), current: Current::Digest(digest(1)) }];
        let write = Write { repository: format!("{}/team/app", namespace(rule)), digest: digest(2), tags };
        Event { operation: Operation::Write(write), context: Vec::new() }
    })
}

/// Converts an event to the types of the contract.
pub fn in_contract(event: Event) -> contract::Event {
    let operation = match event.operation {
        Operation::Write(Write { repository, digest, tags }) => {
            let tags = tags.into_iter().map(tag_write).collect();
            contract::Operation::Write(contract::Write { repository, digest, tags })
        }
        Operation::DeleteTag(DeleteTag { repository, tag, remembers }) => {
            contract::Operation::DeleteTag(contract::DeleteTag { repository, tag, remembers })
        }
        Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers }) => {
            let tags = match tags {
                ManifestTags::Known(tags) => contract::ManifestTags::Known(tags),
                ManifestTags::Unknown => contract::ManifestTags::Unknown,
            };
            contract::Operation::DeleteManifest(contract::DeleteManifest { repository, digest, tags, remembers })
        }
    };
    contract::Event { operation, context: event.context }
}

fn tag_write(TagWrite { tag, current }: TagWrite) -> contract::TagWrite {
    let current = match current {
        Current::Absent => contract::Current::Absent,
        Current::Digest(digest) => contract::Current::Digest(digest),
        Current::Unknown => contract::Current::Unknown,
        Current::Retired(digest) => contract::Current::Retired(digest),
    };
    contract::TagWrite { tag, current }
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}
