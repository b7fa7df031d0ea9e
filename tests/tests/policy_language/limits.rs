//! The table of limits: of each there is a vector at the limit, and one past it.

use crate::fields::of_document;
use crate::line::Line;
use crate::readme::Readme;
use crate::vectors::Vector;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Limits whose vectors are in files of their own: what is limited, how much of it there may be, the file, and a part of the
/// name of the vector at the limit and of one past it.
const ELSEWHERE: [[&str; 5]; 25] = [
    ["a document", "256 MiB", "document-limits", "a document of 256 MiB ", "256 MiB and a byte"],
    ["rules of a document", "1,000,000", "decisions-at-limits", "1,000,000 rules", "1,000,000 rules"],
    ["rules of a document", "1,000,000", "document-limits", "1,000,001 rules", "1,000,001 rules"],
    ["an id, and a revision", "2^53 - 1", "rules", "id 2^53 - 1", "an id of 2^53"],
    ["the name of an instance", "255 characters", "document-limits", "255 characters", "at most 255 characters"],
    ["a note", "1,000 characters", "rules", "1,000 characters", "1,001 characters"],
    ["pairs of a rule", "1,000", "document-limits", "1,000 selector pairs", "1,001 selector pairs"],
    ["patterns of a rule", "10,000", "document-limits", "10,000 patterns", "10,001 patterns"],
    ["patterns of a rule that are not plain text", "1,000", "document-limits", "1,000 patterns", "1,001 patterns"],
    ["patterns of a rule that need a regular expression", "32", "document-limits", "32 patterns", "33 patterns"],
    ["a glob", "512 bytes", "pattern-problems", "512 bytes", "513 bytes"],
    ["braces in braces", "eight deep", "pattern-problems", "eight deep", "nine deep"],
    [
        "states of a regular expression, before and after it is made deterministic",
        "2,000",
        "regular-expressions-checked",
        "[a-f0-9]{40} is valid",
        "explode is refused: a huge count",
    ],
    [
        "transitions of a regular expression: its states, times the kinds of characters that it distinguishes",
        "20,000",
        "regular-expressions-checked",
        "[a-f0-9]{40} is valid",
        "explode is refused: three gaps",
    ],
    [
        "steps to compute the transitions of a regular expression: the places in it that its states stand for, times the kinds of characters",
        "400,000",
        "regular-expressions-checked",
        "[a-f0-9]{40} is valid",
        "explode is refused: nine hundred optional characters",
    ],
    [
        "groups in groups of a regular expression",
        "64 deep",
        "regular-expressions-checked",
        "groups nest 64 deep at most",
        "groups nest 64 deep at most",
    ],
    ["a repository's name", "255 characters", "references", "a repository of 255", "a repository of 256"],
    ["a tag", "128 characters", "references", "a tag of 128", "a tag of 129"],
    ["tags of an event", "1,000", "event-limits", "1,000 tags", "1,001 tags"],
    ["an event in JSON", "1 MiB", "event-limits", "1 MiB", "1 MiB and a byte"],
    ["pairs of an event's context", "64", "context", "64 pairs", "65 pairs"],
    ["a key of the context", "128 bytes", "context", "a key of 128", "a key of 129"],
    ["a value of the context", "1,024 bytes", "context", "a value of 1,024", "a value of 1,025"],
    ["a message", "600 characters", "refusal-messages", "600 characters", "601 characters"],
    [
        "problems or warnings that are listed one by one",
        "1,000",
        "document-limits",
        "1,000 problems",
        "of more problems the first 1,000",
    ],
];

/// What is limited, how many of it are allowed, how many are too many, and the document of so many with its problem's place.
type Limit = (&'static str, u64, u64, fn(u64) -> (Value, &'static str));

/// Limits whose vectors are made here.
const HERE: [Limit; 5] = [
    ("overrides of a document", 1_000, 1_001, overrides),
    ("the reason of an override", 500, 501, |count| (override_with("reason", count), "/overrides/0/reason")),
    ("the person of an override", 128, 129, |count| (override_with("by", count), "/overrides/0/by")),
    ("a regular expression", 512, 513, |count| (regex(count), "/rules/0/protects/0/tags/matches/regex")),
    // Each of them has some 15,000 transitions.
    ("transitions of all different regular expressions of a document together", 100, 320, different_regexes),
];

/// `| a note | 1,000 characters |`.
pub(crate) fn limit(line: &Line<'_>) -> Vec<(&'static str, String, Vector)> {
    let Some((what, allowed, refused, document)) = HERE.iter().find(|(what, ..)| *what == line.cells[0]) else {
        return Vec::new();
    };
    let at = of_document(&line.name(&[what, &format!("{allowed} are valid")]), &document(*allowed).0, None);
    let (past, pointer) = document(*refused);
    let past = of_document(&line.name(&[what, &format!("{refused} are refused")]), &past, Some(pointer.to_owned()));
    vec![at, past]
}

fn repeated(text: &str, count: u64) -> Value {
    json!({ "$join": [{ "$repeat": text, "times": count }] })
}

fn rule() -> Value {
    json!({ "id": 1, "namespace": "prod", "preset": "latest" })
}

fn overrides(count: u64) -> (Value, &'static str) {
    let one = json!({ "repository": "prod/app", "tag": "v$n", "until": "2026-12-01T18:00:00Z", "reason": "CVE-2026-1234: rebuilt" });
    let list = json!([{ "$repeat": one, "times": count }]);
    (json!({ "version": 1, "rules": [rule()], "overrides": list }), "/overrides")
}

fn override_with(field: &str, length: u64) -> Value {
    let mut one = json!({ "repository": "prod/app", "tag": "v1", "until": "2026-12-01T18:00:00Z", "reason": "CVE-2026-1234: rebuilt" });
    one[field] = repeated("x", length);
    json!({ "version": 1, "rules": [rule()], "overrides": [one] })
}

fn regex(length: u64) -> Value {
    let tags = json!({ "matches": { "regex": repeated("x", length) } });
    let protects = json!([{ "repositories": { "matches": "**" }, "tags": tags }]);
    json!({ "version": 1, "rules": [{ "id": 1, "namespace": "prod", "protects": protects }] })
}

fn different_regexes(count: u64) -> (Value, &'static str) {
    let tags = json!({ "matches": { "regex": "$n(abcdefgh){150}" } });
    let protects = json!([{ "repositories": { "matches": "**" }, "tags": tags }]);
    let one = json!({ "id": "$n", "namespace": "n$n", "protects": protects });
    (json!({ "version": 1, "rules": [{ "$repeat": one, "times": count }] }), "")
}

/// What the table and the vectors do not say alike.
pub(crate) fn missing(readme: &Readme, folder: &Path) -> Vec<String> {
    let tables = readme.sections().iter().filter(|section| section.heading == "Limits");
    let lines: Vec<_> = tables.flat_map(|section| &section.tables).flat_map(|table| &table.lines).collect();
    let is_known = |what: &str| {
        ELSEWHERE.iter().any(|[known, ..]| *known == what) || HERE.iter().any(|(known, ..)| *known == what)
    };
    let unknown = lines.iter().filter(|line| !is_known(&line[0])).map(|line| format!("no vectors for: {}", line[0]));
    let mut missing: Vec<_> = unknown.collect();
    for [what, limit, file, at, past] in ELSEWHERE {
        if !lines.iter().any(|line| line[0] == what && line[1].starts_with(limit)) {
            missing.push(format!("no line says: {what}, {limit}"));
        }
        let names = names(&folder.join(format!("{file}.json")));
        let has = |part: &str| names.iter().any(|name| name.contains(part));
        missing
            .extend([at, past].iter().filter(|part| !has(part)).map(|part| format!("{file}: no vector says: {part}")));
    }
    missing
}

fn names(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&text).expect("a file of vectors is JSON");
    let vectors = file["vectors"].as_array().expect("a file has vectors");
    vectors.iter().filter_map(|vector| vector["name"].as_str().map(str::to_owned)).collect()
}
