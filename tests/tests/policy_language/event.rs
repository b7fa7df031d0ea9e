//! Lines that say what happens to a tag, and what is decided.

use crate::line::Line;
use crate::readme::{code, codes, plain};
use crate::vectors::Vector;
use serde_json::{Value, json};

const PUSHED: &str = "sha256:96cd0fc0d2c9…";
const OTHER: &str = "sha256:d8e3de4e65c7…";

/// `| push `prod/app:v1` | another image | deny `immutable`, rule 1 |`, where each decision has a column, and may have
/// the reference in its header instead.
pub(crate) fn happens(line: &Line<'_>) -> Vec<(&'static str, String, Vector)> {
    let has_state = line.header[1] == "the tag is";
    let state = if has_state { line.cells[1].as_str() } else { "" };
    let first = if has_state { 2 } else { 1 };
    let decisions = line.header.iter().zip(line.cells).skip(first);
    let decided = decisions.map(|(header, decision)| {
        let what = if header == "decision" { line.cells[0].clone() } else { format!("{} {header}", line.cells[0]) };
        let name = line.name(&[&what, state]);
        ("decide", name, vector(line.document, &event(&what, state), &self::decision(decision)))
    });
    decided.collect()
}

/// `| push `prod/app:v1` | another image | `immutable` |`, and the message that the section shows.
pub(crate) fn happened(line: &Line<'_>) -> Vec<(&'static str, String, Vector)> {
    let [what, state, code_cell] = line.cells else { panic!("{:?}", line.cells) };
    let [message] = line.messages else { panic!("{}: one message is shown", line.heading) };
    let decision = json!({ "outcome": "deny", "code": code(code_cell), "message": digits(message) });
    vec![("decide", line.name(&[what, state]), vector(line.document, &event(what, state), &decision))]
}

fn vector(document: &str, event: &Value, decision: &Value) -> Vector {
    Vector::new([("document", document.to_owned()), ("event", event.to_string()), ("decision", decision.to_string())])
}

/// What happens, in words, as an event: `push `prod/app:v1` at `2026-12-01T17:00:00Z``.
fn event(what: &str, state: &str) -> Value {
    let (what, time) = what.split_once(" at ").map_or((what, None), |(what, time)| (what, Some(code(time))));
    let names = codes(what);
    let words = plain(what);
    let mut event = match words.split(' ').next() {
        _ if words.starts_with("delete a manifest of") => delete_manifest(&words, &names),
        Some("push") => push(&words, &names, state),
        Some("delete") => {
            let [repository, tag] = reference(&names[0]);
            let mut delete = json!({ "repository": repository, "tag": tag });
            if words.ends_with(", remembered") {
                delete["remembers"] = true.into();
            }
            json!({ "delete-tag": delete })
        }
        _ => panic!("`{what}` is not an event that the test knows"),
    };
    if let Some(time) = time {
        event["context"] = json!({ "time": time });
    }
    event
}

fn push(words: &str, names: &[String], state: &str) -> Value {
    let state = if state.is_empty() { words.rsplit_once("both ").map_or("", |(_, state)| state) } else { state };
    let references: Vec<_> = names.iter().filter(|name| name.contains(':')).map(|name| reference(name)).collect();
    let tags: Vec<_> = references.iter().map(|[_, tag]| json!({ "tag": tag, "current": current(state) })).collect();
    let repository = references.first().map_or(names[0].as_str(), |[repository, _]| repository);
    json!({ "write": { "repository": repository, "digest": PUSHED, "tags": tags } })
}

fn delete_manifest(words: &str, names: &[String]) -> Value {
    let tags = match words {
        _ if words.ends_with("with unknown tags") => json!("unknown"),
        _ if words.ends_with("without tags") => json!([]),
        _ => json!(names[1..]),
    };
    json!({ "delete-manifest": { "repository": names[0], "digest": OTHER, "tags": tags } })
}

/// What a tag is, in words.
fn current(state: &str) -> Value {
    match state {
        "absent" => json!("absent"),
        "unknown" => json!("unknown"),
        "the same image" => json!(PUSHED),
        "another image" => json!(OTHER),
        "deleted, was the same image" => json!({ "retired": PUSHED }),
        "deleted, was another image" => json!({ "retired": OTHER }),
        _ => panic!("`{state}` is not a state of a tag that the test knows"),
    }
}

/// A repository and a tag.
pub(crate) fn reference(text: &str) -> [String; 2] {
    let (repository, tag) = text.split_once(':').unwrap_or_else(|| panic!("`{text}` has no tag"));
    [repository.to_owned(), digits(tag)]
}

/// A text with the first digits where `…` stands for all 64 of them: a vector has to begin with some.
fn digits(text: &str) -> String {
    text.replace("-…", "-0a…")
}

/// `allow `first-push`, rule 1, pair 0, if still absent`.
fn decision(cell: &str) -> Value {
    let words = plain(cell);
    let mut parts = words.split(", ");
    let (outcome, code) = parts.next().and_then(|first| first.split_once(' ')).expect("an outcome and a code");
    let mut decision = json!({ "outcome": outcome, "code": code });
    for part in parts {
        match part.split_once(' ') {
            Some(("rule", id)) => decision["rule"] = json!(id.parse::<u64>().expect("an id")),
            Some(("pair", index)) => decision["pair"] = json!(index.parse::<u64>().expect("an index")),
            Some(("if", "still absent")) => decision["tags"] = json!([{ "precondition": "absent" }]),
            Some(("if", "unchanged")) => decision["tags"] = json!([{ "precondition": "unchanged" }]),
            _ => panic!("`{part}` is not a part of a decision that the test knows"),
        }
    }
    if code == "unprotected" {
        decision["rule"] = Value::Null;
    }
    decision
}
