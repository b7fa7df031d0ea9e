//! Events, well-formed for the most part, and how they are written in JSON.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tagseal_engine::decide::{Current, DeleteManifest, DeleteTag, Event, ManifestTags, Operation, TagWrite, Write};

/// An event. About one in eight is malformed.
pub fn event() -> impl Strategy<Value = Event> {
    let odd = (operation(), prop_oneof![3 => Just(Vec::new()), 1 => context()]);
    let odd = odd.prop_map(|(operation, context)| Event { operation, context });
    prop_oneof![3 => well_formed(), 1 => odd]
}

/// An event that can be read.
pub fn well_formed() -> impl Strategy<Value = Event> {
    let tags = unique(tag().boxed());
    let write = (repository(), digest(), tags.clone().prop_flat_map(|tags| with_currents(tags, current)));
    let write = write.prop_map(|(repository, digest, tags)| Operation::Write(Write { repository, digest, tags }));
    let delete_tag = (repository(), tag(), any::<bool>());
    let delete_tag = delete_tag
        .prop_map(|(repository, tag, remembers)| Operation::DeleteTag(DeleteTag { repository, tag, remembers }));
    let manifest_tags = prop_oneof![1 => Just(ManifestTags::Unknown), 2 => tags.prop_map(ManifestTags::Known)];
    let delete_manifest = (repository(), digest(), manifest_tags, any::<bool>());
    let delete_manifest = delete_manifest.prop_map(|(repository, digest, tags, remembers)| {
        Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers })
    });
    let operation = prop_oneof![3 => write, 1 => delete_tag, 1 => delete_manifest];
    (operation, prop_oneof![1 => Just(Vec::new()), 1 => time()])
        .prop_map(|(operation, context)| Event { operation, context })
}

/// A context with the time of the request.
fn time() -> impl Strategy<Value = Vec<(String, String)>> {
    let times = select(
        &["2026-01-01T00:00:00Z", "2026-12-01T17:59:59Z", "2026-12-01T18:00:00Z", "2028-01-01T00:00:00Z", "now"][..],
    );
    times.prop_map(|time| vec![("time".to_owned(), time.to_owned())])
}

/// The event in JSON. What stands twice in the event stands twice in the text.
pub fn text(event: &Event) -> String {
    let operation = match &event.operation {
        Operation::Write(Write { repository, digest, tags }) => {
            let tags: Vec<_> = tags
                .iter()
                .map(|TagWrite { tag, current }| json!({ "tag": tag, "current": current_in_json(current) }))
                .collect();
            json!({ "write": { "repository": repository, "digest": digest, "tags": tags } })
        }
        Operation::DeleteTag(DeleteTag { repository, tag, remembers }) => {
            json!({ "delete-tag": { "repository": repository, "tag": tag, "remembers": remembers } })
        }
        Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers }) => {
            let tags = match tags {
                ManifestTags::Unknown => json!("unknown"),
                ManifestTags::Known(tags) => json!(tags),
            };
            json!({ "delete-manifest": { "repository": repository, "digest": digest, "tags": tags, "remembers": remembers } })
        }
    };
    let operation = operation.to_string();
    if event.context.is_empty() {
        return operation;
    }
    let context: Vec<_> = event.context.iter().map(|(key, value)| format!("{}:{}", json!(key), json!(value))).collect();
    format!("{},\"context\":{{{}}}}}", operation.trim_end_matches('}').to_owned() + "}", context.join(","))
}

fn current_in_json(current: &Current) -> Value {
    match current {
        Current::Absent => json!("absent"),
        Current::Unknown => json!("unknown"),
        Current::Digest(digest) => json!(digest),
        Current::Retired(digest) => json!({ "retired": digest }),
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let odd = || prop_oneof![9 => repository(), 1 => odd_repository()];
    let tags = || prop::collection::vec(prop_oneof![19 => tag(), 1 => odd_tag()], 0..4);
    let digests = || prop_oneof![19 => digest(), 1 => odd_digest()];
    let write = (odd(), digests(), tags().prop_flat_map(|tags| with_currents(tags, odd_current)))
        .prop_map(|(repository, digest, tags)| Operation::Write(Write { repository, digest, tags }));
    let one_tag = prop_oneof![9 => tag(), 1 => odd_tag()];
    let delete_tag = (odd(), one_tag)
        .prop_map(|(repository, tag)| Operation::DeleteTag(DeleteTag { repository, tag, remembers: false }));
    let manifest_tags = prop_oneof![1 => Just(ManifestTags::Unknown), 2 => tags().prop_map(ManifestTags::Known)];
    let delete_manifest = (odd(), digests(), manifest_tags).prop_map(|(repository, digest, tags)| {
        Operation::DeleteManifest(DeleteManifest { repository, digest, tags, remembers: false })
    });
    prop_oneof![3 => write, 1 => delete_tag, 1 => delete_manifest]
}

fn with_currents<S: Strategy<Value = Current>>(
    tags: Vec<String>,
    current: impl Fn() -> S,
) -> impl Strategy<Value = Vec<TagWrite>> {
    tags.into_iter()
        .map(|tag| current().prop_map(move |current| TagWrite { tag: tag.clone(), current }))
        .collect::<Vec<_>>()
}

fn current() -> impl Strategy<Value = Current> {
    prop_oneof![
        1 => Just(Current::Absent),
        1 => Just(Current::Unknown),
        3 => digest().prop_map(Current::Digest),
        1 => digest().prop_map(Current::Retired),
    ]
}

fn odd_current() -> impl Strategy<Value = Current> {
    prop_oneof![9 => current(), 1 => odd_digest().prop_map(Current::Digest)]
}

/// Up to three tags, each once.
fn unique(tag: BoxedStrategy<String>) -> BoxedStrategy<Vec<String>> {
    prop::collection::btree_set(tag, 0..4).prop_map(|tags| tags.into_iter().collect()).boxed()
}

/// A legal name of a repository.
pub fn repository() -> impl Strategy<Value = String> {
    let component = || select(&["a", "b", "ab", "app", "prod", "a-b", "cache"][..]);
    let namespace = select(&["a", "b", "prod", "a-b", "c"][..]);
    (namespace, prop::collection::vec(component(), 0..4)).prop_map(|(namespace, path)| {
        let components: Vec<_> = [namespace].into_iter().chain(path).collect();
        components.join("/")
    })
}

const TAGS: [&str; 25] = [
    "latest",
    "v",
    "v1",
    "1",
    "a",
    "ab",
    "dev-1",
    "v1.2",
    "1.2.3",
    "v1.2.3",
    "1.2.3_b-1",
    "1.2.3-rc.1",
    "v1.2.3-1a_x.y",
    "01.2.3",
    "1.2.3-01",
    "1.2_b",
    "2024.01.15",
    "20240115",
    "cache",
    "x-buildcache",
    "deadbeef",
    "sha-1234567",
    "3.1.0rc4",
    "1.2.3.Final",
    "V1.2.3-M1",
];

/// A legal tag.
pub fn tag() -> impl Strategy<Value = String> {
    let known = select(&TAGS[..]);
    let kept = ("(sha256|sha512)-", "[ab]{64}", prop_oneof![6 => "(|\\.sig|\\.att|\\.sbom)", 1 => "(x|\\.SIG|\\.)"]);
    let kept = kept.prop_map(|(algorithm, digits, rest)| algorithm + &digits + &rest);
    prop_oneof![5 => known.prop_map(str::to_owned), 3 => "[va12][va12.-]{0,5}", 4 => kept, 1 => version()]
}

/// What looks like a version: some are one.
fn version() -> impl Strategy<Value = String> {
    ("v?", "(0|1|01|10)", "(\\.(0|1|01|10)){0,3}", "(-[a0-1.-]{0,4})?", "(_[a0.-]{0,3}){0,2}")
        .prop_map(|(v, first, others, prerelease, build)| v + &first + &others + &prerelease + &build)
}

/// A legal digest. There are few, so that some are equal.
pub fn digest() -> impl Strategy<Value = String> {
    let algorithms = prop_oneof![8 => Just(("sha256:", 64)), 1 => Just(("sha512:", 128)), 1 => Just(("blake3:", 64))];
    algorithms.prop_flat_map(|(algorithm, length)| {
        select(vec!["a", "b"]).prop_map(move |digit| algorithm.to_owned() + &digit.repeat(length))
    })
}

fn odd_repository() -> impl Strategy<Value = String> {
    let long = (250..260_usize).prop_map(|length| "a".repeat(length));
    let listed = select(
        &[
            "", "/", "a/", "/a", "a//b", "A", "a..b", "a._b", "a___b", "a__b", "a-", "-a", "a--b", "é", "a b", "a\n",
            "*", "a:b", "a@b",
        ][..],
    );
    prop_oneof![listed.prop_map(str::to_owned), long, ".{0,9}"]
}

fn odd_tag() -> impl Strategy<Value = String> {
    let long = (126..131_usize).prop_map(|length| "a".repeat(length));
    let listed = select(&["", ".a", "-a", "_", "a/b", "é", "a\n", " a", "@release", "v1+b", "a:b"][..]);
    prop_oneof![listed.prop_map(str::to_owned), long, ".{0,9}"]
}

fn odd_digest() -> impl Strategy<Value = String> {
    let wrong = ("(sha256|sha512|blake3|md5|SHA256|)", "[:+]?", select(vec![0, 63, 64, 65, 128]), "[abA]")
        .prop_map(|(algorithm, colon, length, digit)| algorithm + &colon + &digit.repeat(length));
    prop_oneof![wrong, select(vec!["absent ", "", "Absent", "null"]).prop_map(str::to_owned)]
}

fn context() -> impl Strategy<Value = Vec<(String, String)>> {
    let pair = || ("[ab]{0,2}", ".{0,3}");
    let some = prop::collection::vec(pair(), 0..4);
    let many = (62..67_usize).prop_map(|count| (0..count).map(|key| (key.to_string(), String::new())).collect());
    let long = (126..131_usize, 1_022..1_027_usize).prop_map(|(key, value)| vec![("k".repeat(key), "v".repeat(value))]);
    prop_oneof![3 => some, 1 => many, 1 => long]
}
