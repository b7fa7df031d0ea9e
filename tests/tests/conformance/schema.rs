//! That every file is of the form that `schema.json` describes, as a validator has it that knows nothing of us.

use crate::python;
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tagseal::vector::File;

pub(crate) fn trials(files: &[Arc<File>]) -> Vec<Trial> {
    let names: Vec<_> = files.iter().map(|file| file.name().to_owned()).collect();
    vec![
        Trial::ignorable_test("schema: every file of vectors is of the schema", move || every_file(&names)),
        Trial::ignorable_test("schema: what is no file of vectors is refused by schema and reader", what_is_none),
    ]
}

/// Reads a list on standard input, the schema and values, and tells what is wrong with each value, if anything.
const VALIDATOR: &str = "
import json, sys
from jsonschema import Draft202012Validator
schema, values = json.load(sys.stdin)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
told = lambda error: '/' + '/'.join(map(str, error.absolute_path)) + ': ' + error.message[:200]
print(json.dumps([[told(error) for error in validator.iter_errors(value)] for value in values]))
";

/// What the validator finds wrong with each value. None where there is no validator.
fn validate(values: &[Value]) -> Result<Option<Vec<Vec<String>>>, Failed> {
    let schema: Value = serde_json::from_str(&fs::read_to_string(crate::folder().join("schema.json"))?)?;
    let told = python::run("jsonschema", VALIDATOR, &json!([schema, values]))?;
    Ok(told.map(serde_json::from_value).transpose()?)
}

fn every_file(names: &[String]) -> Result<Completion, Failed> {
    let read = |name: &String| -> Result<Value, Failed> {
        Ok(serde_json::from_str(&fs::read_to_string(crate::folder().join(name))?)?)
    };
    let values: Vec<_> = names.iter().map(read).collect::<Result<_, _>>()?;
    let Some(errors) = validate(&values)? else { return Ok(Completion::ignored_with("there is no validator")) };
    let told: Vec<_> = names
        .iter()
        .zip(errors)
        .flat_map(|(name, errors)| errors.into_iter().map(move |error| format!("{name} {error}")))
        .collect();
    if told.is_empty() { Ok(Completion::Completed) } else { Err(told.join("\n").into()) }
}

/// Files that both the schema and the reader refuse, each for the one thing that was changed in a good one.
fn what_is_none() -> Result<Completion, Failed> {
    let good = json!({ "kind": "decide", "about": "A sentence.", "document": {}, "vectors": [
        { "name": "a sentence", "event": {}, "decision": { "outcome": "deny" } },
    ] });
    let changed = |pointer: &str, field: &str, value: Value| {
        let mut file = good.clone();
        let object = file.pointer_mut(pointer).and_then(Value::as_object_mut).expect("the good file has the place");
        if value.is_null() {
            object.remove(field)
        } else {
            object.insert(field.to_owned(), value)
        };
        file
    };
    let bad = vec![
        json!([]),
        changed("", "kind", json!(null)),
        changed("", "kind", json!("guess")),
        changed("", "kind", json!("match")),
        changed("", "kind", json!("compile")),
        changed("", "about", json!(null)),
        changed("", "vectors", json!(null)),
        changed("", "colour", json!("red")),
        changed("", "document", json!({ "$jion": [] })),
        changed("", "document", json!({ "a": { "$repeat": 1, "times": 2 } })),
        changed("", "document", json!([{ "$repeat": 1, "times": 0 }])),
        changed("", "document", json!({ "a": { "$join": [1] } })),
        changed("/vectors/0", "name", json!(null)),
        changed("/vectors/0", "event", json!(null)),
        changed("/vectors/0", "text", json!("{}")),
        changed("/vectors/0", "decision", json!(null)),
        changed("/vectors/0", "colour", json!("red")),
    ];
    let read: Vec<_> = bad.iter().filter(|file| File::new("bad.json", &file.to_string()).is_ok()).collect();
    File::new("good.json", &good.to_string())?;
    if !read.is_empty() {
        return Err(format!("the reader takes {read:?}").into());
    }
    let Some(errors) = validate(&[&[good], &bad[..]].concat())? else {
        return Ok(Completion::ignored_with("there is no validator"));
    };
    match errors.iter().map(Vec::is_empty).enumerate().find(|(index, is_good)| (*index == 0) != *is_good) {
        None => Ok(Completion::Completed),
        Some((index, _)) => Err(format!("the schema is wrong about number {index}: {:?}", errors.get(index)).into()),
    }
}
