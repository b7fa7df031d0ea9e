//! That every file is of the form that `schema.json` describes, as a validator has it that knows nothing of us.

use crate::python;
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tagseal_vectors::File;

pub(crate) fn trials(files: &[Arc<File>]) -> Vec<Trial> {
    let names: Vec<_> = files.iter().map(|file| file.name().to_owned()).collect();
    vec![
        Trial::ignorable_test("schema: every file of vectors is of the schema", move || every_file(&names)),
        Trial::ignorable_test("schema: what is no file of vectors is refused by schema and reader", what_is_none),
    ]
}

/// Reads a list on standard input, the schema and values, and says what is wrong with each value, if anything.
const VALIDATOR: &str = "
import json, sys
from jsonschema import Draft202012Validator
schema, values = json.load(sys.stdin)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
problem = lambda error: '/' + '/'.join(map(str, error.absolute_path)) + ': ' + error.message[:200]
print(json.dumps([[problem(error) for error in validator.iter_errors(value)] for value in values]))
";

/// What the validator finds wrong with each value. None where there is no validator.
fn validate(values: &[Value]) -> Result<Option<Vec<Vec<String>>>, Failed> {
    let schema: Value = serde_json::from_str(&fs::read_to_string(crate::folder().join("schema.json"))?)?;
    let problems = python::run("jsonschema", VALIDATOR, &json!([schema, values]))?;
    Ok(problems.map(serde_json::from_value).transpose()?)
}

fn every_file(names: &[String]) -> Result<Completion, Failed> {
    let read = |name: &String| -> Result<Value, Failed> {
        Ok(serde_json::from_str(&fs::read_to_string(crate::folder().join(name))?)?)
    };
    let values: Vec<_> = names.iter().map(read).collect::<Result<_, _>>()?;
    let Some(errors) = validate(&values)? else { return Ok(Completion::ignored_with("there is no validator")) };
    let problems: Vec<_> = names
        .iter()
        .zip(errors)
        .flat_map(|(name, errors)| errors.into_iter().map(move |error| format!("{name} {error}")))
        .collect();
    if problems.is_empty() { Ok(Completion::Completed) } else { Err(problems.join("\n").into()) }
}

/// Good files, and files that both the schema and the reader refuse, each for the one thing that was changed in a good one.
fn what_is_none() -> Result<Completion, Failed> {
    let mut files = Vec::new();
    for (good, bad) in [decisions(), changes(), explanations(), exports(), imports(), lists()] {
        files.push((good.clone(), true));
        files.extend(bad.iter().map(|change| (changed(&good, change), false)));
    }
    for (file, is_good) in &files {
        if File::new("file.json", &file.to_string()).is_ok() != *is_good {
            return Err(format!("the reader is wrong about {file}").into());
        }
    }
    let values: Vec<_> = files.iter().map(|(file, _)| file.clone()).collect();
    let Some(errors) = validate(&values)? else { return Ok(Completion::ignored_with("there is no validator")) };
    match files.iter().zip(&errors).find(|((_, is_good), errors)| *is_good != errors.is_empty()) {
        None => Ok(Completion::Completed),
        Some(((file, _), errors)) => Err(format!("the schema is wrong about {file}: {errors:?}").into()),
    }
}

/// A place in a file, and a field of it that gets another value, or is taken away by null.
type Change = (&'static str, &'static str, Value);

fn changed(good: &Value, (pointer, field, value): &Change) -> Value {
    let mut file = good.clone();
    let Some(object) = file.pointer_mut(pointer).and_then(Value::as_object_mut) else { return value.clone() };
    if value.is_null() {
        object.remove(*field);
    } else {
        object.insert((*field).to_owned(), value.clone());
    }
    file
}

fn decisions() -> (Value, Vec<Change>) {
    let good = json!({ "kind": "decide", "about": "A sentence.", "document": {}, "vectors": [
        { "name": "a sentence", "event": {}, "decision": { "outcome": "deny" } },
    ] });
    let bad = vec![
        ("/no place", "", json!([])),
        ("", "kind", json!(null)),
        ("", "kind", json!("guess")),
        ("", "kind", json!("match")),
        ("", "kind", json!("compile")),
        ("", "kind", json!("change")),
        ("", "kind", json!("explain")),
        ("", "kind", json!("list")),
        ("", "about", json!(null)),
        ("", "vectors", json!(null)),
        ("", "colour", json!("red")),
        ("", "document", json!({ "$jion": [] })),
        ("", "document", json!({ "a": { "$repeat": 1, "times": 2 } })),
        ("", "document", json!([{ "$repeat": 1, "times": 0 }])),
        ("", "document", json!({ "a": { "$join": [1] } })),
        ("/vectors/0", "name", json!(null)),
        ("/vectors/0", "event", json!(null)),
        ("/vectors/0", "text", json!("{}")),
        ("/vectors/0", "decision", json!(null)),
        ("/vectors/0", "colour", json!("red")),
    ];
    (good, bad)
}

fn changes() -> (Value, Vec<Change>) {
    let good = json!({ "kind": "change", "about": "A sentence.", "document": {}, "vectors": [
        { "name": "a sentence", "change": {}, "changed": { "document": {}, "rules": [{ "id": 1 }], "revision": 0 } },
    ] });
    let bad = vec![
        ("/vectors/0", "change", json!(null)),
        ("/vectors/0", "text", json!("{}")),
        ("/vectors/0", "changed", json!(null)),
        ("/vectors/0", "refused", json!({ "code": "stale" })),
        ("/vectors/0", "query", json!({})),
        ("/vectors/0", "document-text", json!(1)),
        ("/vectors/0/changed", "document-text", json!({})),
        ("/vectors/0/changed", "rule", json!(1)),
        ("/vectors/0/changed", "revision", json!(-1)),
        ("/vectors/0/changed", "colour", json!("red")),
    ];
    (good, bad)
}

fn explanations() -> (Value, Vec<Change>) {
    let good = json!({ "kind": "explain", "about": "A sentence.", "document": {}, "vectors": [
        { "name": "a sentence", "question": {}, "explained": { "rules": [{ "rule": 1 }] } },
    ] });
    let bad = vec![
        ("/vectors/0", "question", json!(null)),
        ("/vectors/0", "text", json!("{}")),
        ("/vectors/0", "explained", json!(null)),
        ("/vectors/0", "refused", json!({ "code": "invalid" })),
        ("/vectors/0", "document-text", json!("{}")),
    ];
    (good, bad)
}

fn exports() -> (Value, Vec<Change>) {
    let good = json!({ "kind": "export", "about": "A sentence.", "document": {}, "vectors": [
        { "name": "a sentence", "format": "tcr", "options": {}, "exported": { "rules": [], "text": ["[]"], "losses": [], "back": {} } },
    ] });
    let bad = vec![
        ("/vectors/0", "format", json!(null)),
        ("/vectors/0", "format", json!(["tcr"])),
        ("/vectors/0", "options-text", json!("{}")),
        ("/vectors/0", "exported", json!(null)),
        ("/vectors/0", "refused", json!({ "code": "invalid" })),
        ("/vectors/0", "rules", json!([])),
        ("/vectors/0", "text", json!("[]")),
        ("/vectors/0/exported", "document", json!({})),
        ("/vectors/0/exported", "deletes", json!({})),
        ("/vectors/0/exported", "text", json!({})),
    ];
    (good, bad)
}

fn imports() -> (Value, Vec<Change>) {
    let good = json!({ "kind": "import", "about": "A sentence.", "vectors": [
        { "name": "a sentence", "format": "tcr", "rules": [], "options-text": "{}",
          "imported": { "document": {}, "document-text": ["{}"], "losses": [], "deletes": { "a:b": "immutable" }, "back": [] } },
    ] });
    let bad = vec![
        ("", "document", json!({})),
        ("/vectors/0", "format", json!(null)),
        ("/vectors/0", "rules", json!(null)),
        ("/vectors/0", "text", json!("[]")),
        ("/vectors/0", "options", json!({})),
        ("/vectors/0", "imported", json!(null)),
        ("/vectors/0", "refused", json!({ "code": "invalid" })),
        ("/vectors/0", "document", json!({})),
        ("/vectors/0/imported", "document-text", json!(1)),
        ("/vectors/0/imported", "deletes", json!(["a:b"])),
        ("/vectors/0/imported", "deletes", json!({ "a:b": 1 })),
        ("/vectors/0/imported", "rules", json!([])),
    ];
    (good, bad)
}

fn lists() -> (Value, Vec<Change>) {
    let good = json!({ "kind": "list", "about": "A sentence.", "document": {}, "vectors": [
        { "name": "a sentence", "query": {}, "listed": { "rules": [{ "id": 1 }], "without-rule": [] } },
    ] });
    let bad = vec![
        ("/vectors/0", "query", json!(null)),
        ("/vectors/0", "text", json!("{}")),
        ("/vectors/0", "listed", json!(null)),
        ("/vectors/0", "refused", json!({ "code": "invalid" })),
        ("/vectors/0", "change", json!({})),
        ("/vectors/0", "written", json!([])),
    ];
    (good, bad)
}
