//! Legal policy documents.

use super::pattern;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// The namespaces of generated rules.
pub const NAMESPACES: [&str; 5] = ["*", "a", "b", "prod", "a-b"];

const GREATEST: u64 = (1 << 53) - 1;

/// A document of up to five rules.
pub fn document() -> impl Strategy<Value = Value> {
    let namespaces = prop_oneof![1 => 0..=1_usize, 6 => 2..=NAMESPACES.len()]
        .prop_flat_map(|count| subsequence(&NAMESPACES[..], count))
        .prop_shuffle();
    let rules = namespaces
        .prop_flat_map(|namespaces| namespaces.into_iter().map(|namespace| rule(Just(namespace))).collect::<Vec<_>>());
    let ids = subsequence(vec![1, 2, 3, 4, 5, 7, 9, 11, GREATEST], NAMESPACES.len()).prop_shuffle();
    (rules, ids, header(), optional(overrides())).prop_map(|(mut rules, ids, mut document, overrides)| {
        for (rule, id) in rules.iter_mut().zip(ids) {
            insert(rule, "id", json!(id));
        }
        insert(&mut document, "rules", Value::Array(rules));
        if let Some(overrides) = overrides {
            insert(&mut document, "overrides", overrides);
        }
        document
    })
}

/// The ends of generated overrides, and times around them.
pub const TIMES: [&str; 3] = ["2026-06-01T00:00:00Z", "2026-12-01T18:00:00Z", "2027-01-01T00:00:00Z"];

/// Overrides for some of the tags that events are about.
fn overrides() -> impl Strategy<Value = Value> {
    let tags =
        vec![("prod/app", "v1"), ("prod/app", "1.2.3"), ("a/b", "v1"), ("a", "latest"), ("prod", "a"), ("b/a", "v1.2")];
    let until = prop::collection::vec(select(&TIMES[..]), tags.len());
    (subsequence(tags, 0..=6), until).prop_map(|(tags, until)| {
        let one = |((repository, tag), until): ((&str, &str), &str)| {
            json!({ "repository": repository, "tag": tag, "until": until, "reason": "r" })
        };
        Value::Array(tags.into_iter().zip(until).map(one).collect())
    })
}

/// A rule without an id, of one of the namespaces.
pub fn rule(namespace: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    let fields = (
        optional(any::<bool>().prop_map(Value::from)),
        optional(select(vec![json!("deny"), json!("allow"), json!("retire")])),
        optional(exempt()),
        optional("[ -~é]{0,9}".prop_map(Value::from)),
    );
    (namespace, protection(), fields).prop_map(|(namespace, mut rule, (enabled, deletion, exempt, note))| {
        insert(&mut rule, "namespace", json!(namespace));
        // Three in four are enabled: else most documents would decide nothing.
        let enabled = enabled.filter(|_| deletion.is_some());
        for (key, value) in [("enabled", enabled), ("deletion", deletion), ("exempt", exempt), ("note", note)] {
            if let Some(value) = value {
                insert(&mut rule, key, value);
            }
        }
        rule
    })
}

fn header() -> impl Strategy<Value = Value> {
    let revision = prop_oneof![0..100_u64, Just(GREATEST)].prop_map(Value::from);
    let fields = (optional(revision), optional("[ -~]{0,20}".prop_map(Value::from)), any::<bool>());
    fields.prop_map(|(revision, instance, remembers)| {
        let mut document = json!({ "version": 1 });
        let next = remembers.then(|| json!(GREATEST + 1));
        for (key, value) in [("revision", revision), ("instance", instance), ("next-id", next)] {
            if let Some(value) = value {
                insert(&mut document, key, value);
            }
        }
        document
    })
}

fn protection() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(json!({ "preset": "latest" })),
        5 => prop::collection::vec(pair(), 1..4).prop_map(|pairs| json!({ "protects": pairs })),
    ]
}

fn pair() -> impl Strategy<Value = Value> {
    let everything = || Just("**".to_owned()).boxed();
    let repositories = prop_oneof![1 => everything(), 2 => pattern::repository()].boxed();
    let tags = prop_oneof![1 => everything(), 3 => pattern::tag()].boxed();
    (selector(repositories), selector(tags))
        .prop_map(|(repositories, tags)| json!({ "repositories": repositories, "tags": tags }))
}

fn selector(pattern: BoxedStrategy<String>) -> impl Strategy<Value = Value> {
    let pattern = prop_oneof![5 => pattern.prop_map(Value::from), 1 => regex()].boxed();
    let list = prop::collection::vec(pattern.clone(), 1..4).prop_map(Value::from);
    let patterns = prop_oneof![2 => pattern, 1 => list].boxed();
    let side = prop_oneof![2 => Just("matches"), 1 => Just("excludes")];
    let both = (patterns.clone(), patterns.clone());
    prop_oneof![
        3 => (side, patterns).prop_map(|(side, patterns)| json!({ side: patterns })),
        1 => both.prop_map(|(matches, excludes)| json!({ "matches": matches, "excludes": excludes })),
    ]
}

/// A regular expression that is far from every limit.
fn regex() -> impl Strategy<Value = Value> {
    let piece = select(
        &[
            "a",
            "v",
            "1",
            "[0-9]+",
            ".",
            ".*",
            "(a|b|prod)",
            "v?",
            "-",
            r"\.",
            "[^/]*",
            "(?i:V)",
            "/",
            "(rc|dev)?",
            "x{0,2}",
            "^",
            "$",
        ][..],
    );
    prop::collection::vec(piece, 1..5).prop_map(|pieces| json!({ "regex": pieces.concat() }))
}

fn exempt() -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(0), 3 => Just(1), 4 => Just(2)]
        .prop_flat_map(|count| subsequence(vec!["signatures", "referrers", "cache"], count))
        .prop_shuffle()
        .prop_map(Value::from)
}

fn optional(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    prop::option::of(value)
}

/// Puts a field into an object.
pub fn insert(object: &mut Value, key: &str, value: Value) {
    object.as_object_mut().unwrap_or(&mut Map::new()).insert(key.to_owned(), value);
}

/// One thing done to a document: somewhere in it, this.
pub type Fault = (prop::sample::Index, Spoiling);

/// What is done to one value of a document.
#[derive(Clone, Debug)]
pub enum Spoiling {
    /// It is replaced.
    Replace(Value),
    /// An object loses this field, or the first that it has.
    Remove(&'static str),
    /// An object gets this field, or has it replaced.
    Add(&'static str, Value),
    /// A list has its first element once more at its end.
    Repeat,
    /// A list is emptied.
    Empty,
}

/// A fault for a document. Not every one makes it illegal.
pub fn fault() -> impl Strategy<Value = Fault> {
    let field = select(
        &[
            "version",
            "instance",
            "revision",
            "next-id",
            "rules",
            "id",
            "namespace",
            "enabled",
            "deletion",
            "exempt",
            "note",
            "preset",
            "protects",
            "repositories",
            "tags",
            "matches",
            "excludes",
            "regex",
            "overrides",
            "until",
            "reason",
            "by",
            "Id",
            "",
            "~/",
        ][..],
    );
    let values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(2),
        json!(-1),
        json!(1.0),
        json!(GREATEST),
        json!(GREATEST + 1),
        json!(GREATEST + 2),
        json!(u64::MAX),
        json!(""),
        json!("*"),
        json!("**"),
        json!("a"),
        json!("a/b"),
        json!("A"),
        json!("latest"),
        json!("deny"),
        json!("allow"),
        json!("retire"),
        json!("cache"),
        json!("@commit"),
        json!({ "regex": "a|b" }),
        json!({ "regex": "(" }),
        json!("2026-12-01T18:00:00Z"),
        json!({ "matches": "a", "excludes": "b" }),
        json!("signatures"),
        json!("@release"),
        json!("@releases"),
        json!("[/]"),
        json!("{a"),
        json!("é\n"),
        json!("x".repeat(256)),
        json!("x".repeat(513)),
        json!("x".repeat(1_001)),
        json!([]),
        json!({}),
        json!([[]]),
        json!(["a"]),
        json!(["signatures", "referrers"]),
        json!([{}]),
        json!({ "matches": "a" }),
        json!({ "excludes": [] }),
        json!([1, "latest"]),
    ];
    let values = select(values).boxed();
    let spoiling = prop_oneof![
        4 => values.clone().prop_map(Spoiling::Replace),
        2 => field.clone().prop_map(Spoiling::Remove),
        2 => (field, values).prop_map(|(field, value)| Spoiling::Add(field, value)),
        1 => Just(Spoiling::Repeat),
        1 => Just(Spoiling::Empty),
    ];
    (any::<prop::sample::Index>(), spoiling)
}

/// The document with a fault in it.
pub fn spoil(document: &mut Value, (place, spoiling): &Fault) {
    let mut at = place.index(size(document));
    if let Some(value) = nth(document, &mut at) {
        spoiling.apply(value);
    }
}

impl Spoiling {
    fn apply(&self, value: &mut Value) {
        match (self, value) {
            (Self::Replace(other), value) => *value = other.clone(),
            (Self::Remove(field), Value::Object(fields)) => {
                let first = fields.keys().next().cloned().unwrap_or_default();
                let field = if fields.contains_key(*field) { (*field).to_owned() } else { first };
                fields.remove(&field);
            }
            (Self::Add(field, other), Value::Object(fields)) => {
                fields.insert((*field).to_owned(), other.clone());
            }
            (Self::Repeat, Value::Array(items)) => items.extend(items.first().cloned()),
            (Self::Empty, Value::Array(items)) => items.clear(),
            _ => {}
        }
    }
}

fn size(value: &Value) -> usize {
    1 + children(value).map(size).sum::<usize>()
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// The value at a place, counted from the outermost, which is 0, inwards.
fn nth<'document>(value: &'document mut Value, at: &mut usize) -> Option<&'document mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, at)),
        Value::Object(fields) => fields.values_mut().find_map(|field| nth(field, at)),
        _ => None,
    }
}
