//! Lines about fields of a document, and about what rules see.

use crate::line::Line;
use crate::readme::{code, codes, values};
use crate::vectors::Vector;
use serde_json::{Value, json};

/// A document with everything in it whose fields are described, and no warning.
fn base() -> Value {
    json!({
        "version": 1,
        "rules": [{
            "id": 1, "namespace": "prod", "exempt": ["signatures", "referrers"],
            "protects": [{ "repositories": { "matches": "**" }, "tags": { "matches": "release-*" } }],
        }],
    })
}

/// Where the fields of a section stand.
fn place(heading: &str) -> &'static str {
    match heading {
        "Fields of a document" => "",
        "Fields of a rule" => "/rules/0",
        "Fields of a pair" => "/rules/0/protects/0",
        "Fields of a selector" => "/rules/0/protects/0/tags",
        "Fields of an override" => "/overrides/0",
        _ => panic!("no test knows where the fields of `{heading}` stand"),
    }
}

/// `| `id` | yes | what it says | `1` | `0` |`: the document with each value, and without the field.
pub(crate) fn field(line: &Line<'_>) -> Vec<(&'static str, String, Vector)> {
    let [field, required, _, valid, invalid] = line.cells else { panic!("{:?}", line.cells) };
    let (field, place) = (code(field), place(line.heading));
    let mut base = base();
    if place == "/overrides/0" {
        base["overrides"] = json!([{
            "repository": "prod/app", "tag": "v1", "until": "2026-12-01T18:00:00Z", "reason": "CVE-2026-1234: rebuilt",
        }]);
    }
    let with = |value: &Value| {
        let mut document = without(&base, place, &field);
        object(&mut document, place).insert(field.clone(), value.clone());
        document
    };
    let valid = values(valid).into_iter().map(|value| (value.to_string(), with(&value), None));
    let invalid = values(invalid)
        .into_iter()
        .map(|value| (value.to_string(), with(&value), Some(format!("{place}/{field}{}", last_element(&value)))));
    let missing =
        (required != "no").then(|| ("missing".to_owned(), without(&base, place, &field), Some(place.to_owned())));
    let said = valid.chain(invalid).chain(missing);
    said.map(|(value, document, problem)| of_document(&line.name(&[&field, &value]), &document, problem)).collect()
}

/// The document without a field, and without what stands in its place.
fn without(document: &Value, place: &str, field: &str) -> Value {
    let mut document = document.clone();
    let object = object(&mut document, place);
    object.remove(field);
    if ["preset", "protects"].contains(&field) {
        object.remove("protects");
    }
    if ["matches", "excludes"].contains(&field) {
        object.remove("matches");
    }
    document
}

fn object<'a>(document: &'a mut Value, place: &str) -> &'a mut serde_json::Map<String, Value> {
    document.pointer_mut(place).and_then(Value::as_object_mut).expect("the document has all places")
}

/// Where in a list its problem is: at the last element.
fn last_element(value: &Value) -> String {
    let elements = value.as_array().map_or(0, Vec::len);
    if elements == 0 { String::new() } else { format!("/{}", elements - 1) }
}

/// A document that has one problem, or none and no warning either.
pub(crate) fn of_document(name: &str, document: &Value, problem: Option<String>) -> (&'static str, String, Vector) {
    let expected = match problem {
        Some(pointer) => ("problems", json!([{ "pointer": pointer }])),
        None => {
            let revision = document.get("revision").cloned().unwrap_or(json!(0));
            ("policy", json!({ "revision": revision }))
        }
    };
    let vector = Vector::new([("document", document.to_string()), (expected.0, expected.1.to_string())]);
    ("compile", name.to_owned(), vector)
}

/// The document of a section: it is valid, and of an example there are no warnings.
pub(crate) fn valid(heading: &str, document: &str) -> (&'static str, String, Vector) {
    let is_exempt = document.contains("exempt") || !document.contains("preset");
    let policy = if is_exempt { json!({ "warnings": [] }) } else { json!({ "revision": 0 }) };
    let vector = Vector::new([("document", document.to_owned()), ("policy", policy.to_string())]);
    ("compile", format!("{heading}: the document is valid"), vector)
}

/// `| `prod/app` | `app` | `prod/app` |`, where the header names the namespaces.
pub(crate) fn seen(line: &Line<'_>) -> Vec<(&'static str, String, Vector)> {
    let repository = code(&line.cells[0]);
    let rules = line.header.iter().zip(line.cells).skip(1).filter_map(|(header, cell)| {
        let namespace = code(header);
        codes(cell).first().map(|sees| json!({ "namespace": namespace, "sees": sees }))
    });
    let rules: Vec<_> = rules.collect();
    let vector = Vector::new([
        ("document", line.document.to_owned()),
        ("question", json!({ "repository": repository, "tag": "v1" }).to_string()),
        ("explained", json!({ "rules": rules }).to_string()),
    ]);
    vec![("explain", line.name(&[&repository]), vector)]
}
