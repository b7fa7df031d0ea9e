//! That the runner can fail: a vector that expects anything else than it does is not passed.

use crate::native::Native;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tagseal_vectors::{File, Mismatch};

pub(crate) fn trials(files: &[Arc<File>]) -> Vec<Trial> {
    let spoiled = files.iter().map(|file| {
        let file = file.clone();
        Trial::test(format!("{}: no vector passes that expects something else", file.name()), move || spoil(&file))
    });
    let mut trials: Vec<_> = spoiled.collect();
    trials.push(Trial::test("runner: a wrong expected value fails, and all of it is reported", is_reported));
    trials.push(Trial::test("runner: a document that is imported has nothing that is not expected", whole));
    trials.push(Trial::test("runner: answers that differ in a byte are not the same", same));
    trials
}

/// What a vector expects, whatever its kind.
const EXPECTATIONS: [&str; 11] = [
    "decision",
    "policy",
    "problems",
    "matches",
    "misses",
    "changed",
    "listed",
    "imported",
    "exported",
    "refused",
    "explained",
];

/// Changes one expected value at a time, each of each vector, and asks the engine.
fn spoil(file: &File) -> Result<(), Failed> {
    let text = fs::read_to_string(crate::folder().join(file.name()))?;
    let whole: Value = serde_json::from_str(&text)?;
    let written = whole["vectors"].as_array().ok_or("no vectors")?;
    for (vector, written) in file.vectors().iter().zip(written).filter(|(vector, _)| !vector.is_large()) {
        let mut count = 0;
        for expectation in EXPECTATIONS {
            let Some(expected) = written.get(expectation) else { continue };
            for changed in changes(expected) {
                let mut spoiled = whole.clone();
                let mut one = written.clone();
                one[expectation] = changed;
                spoiled["vectors"] = json!([one]);
                let spoiled = File::new(file.name(), &spoiled.to_string())?;
                check_fails(&spoiled).map_err(|what| format!("{}: {what}", vector.name()))?;
                count += 1;
            }
        }
        if count == 0 {
            return Err(format!("{}: it expects nothing", vector.name()).into());
        }
    }
    Ok(())
}

fn check_fails(file: &File) -> Result<Mismatch, String> {
    let vector = file.vectors().first().ok_or("no vector")?;
    let answer = vector.ask(&Native).map_err(|failure| failure.to_string())?;
    vector.check(&answer).err().ok_or(format!("passes with another expectation: {vector:?} {answer}"))
}

/// The value with one thing in it changed: each of its leaves, and the length of each of its lists.
fn changes(value: &Value) -> Vec<Value> {
    match value {
        // What stands for something longer is left alone, and so is what it is longer by.
        Value::Object(fields) if fields.keys().any(|key| key.starts_with('$')) => Vec::new(),
        Value::Object(fields) => {
            let changed = |(key, field): (&String, &Value)| {
                let put = |change| {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), change);
                    Value::Object(fields)
                };
                changes(field).into_iter().map(put).collect::<Vec<_>>()
            };
            fields.iter().flat_map(changed).collect()
        }
        Value::Array(elements) => {
            let longer = [elements.clone(), vec![json!("~")]].concat();
            let changed = |(index, element): (usize, &Value)| {
                let put = |change| {
                    let mut elements = elements.clone();
                    elements[index] = change;
                    Value::Array(elements)
                };
                changes(element).into_iter().map(put).collect::<Vec<_>>()
            };
            [Value::Array(longer)].into_iter().chain(elements.iter().enumerate().flat_map(changed)).collect()
        }
        Value::String(text) => vec![json!(format!("{text}~"))],
        Value::Number(number) => vec![json!(number.as_u64().map_or(0, |number| number + 1))],
        Value::Bool(truth) => vec![json!(!truth)],
        Value::Null => vec![json!(0)],
    }
}

const WRONG: &str = r#"{
  "kind": "decide",
  "about": "A vector that is wrong.",
  "document": { "version": 1, "rules": [{ "id": 1, "namespace": "prod", "preset": "latest" }] },
  "vectors": [
    { "name": "a tag that is there may move",
      "event": { "delete-tag": { "repository": "prod/app", "tag": "v1" } },
      "decision": { "outcome": "allow", "code": "immutable" } }
  ]
}"#;

fn is_reported() -> Result<(), Failed> {
    let mismatch = check_fails(&File::new("wrong.json", WRONG)?)?;
    if mismatch.differences != [r#"/outcome: expected "allow", found "deny""#] {
        return Err(format!("{:?}", mismatch.differences).into());
    }
    let report = mismatch.to_string();
    for part in [r#"question: event {"delete-tag""#, r#"expected: {"code":"immutable""#, r#"answer: {"outcome":"deny""#]
    {
        if !report.contains(part) {
            return Err(format!("`{part}` is not reported:\n{report}").into());
        }
    }
    Ok(())
}

const IMPORT: &str = r#"{
  "kind": "import",
  "about": "A vector that expects less than there is.",
  "vectors": [
    { "name": "tags may be deleted",
      "format": "ecr",
      "rules": [{ "repositoryName": "a/b", "imageTagMutability": "IMMUTABLE" }],
      "imported": { "document": { "version": 1, "rules": [
        { "id": 1, "namespace": "a", "protects": [{ "repositories": { "matches": "b" }, "tags": { "matches": "**" } }] }
      ] } } }
  ]
}"#;

fn whole() -> Result<(), Failed> {
    let mismatch = check_fails(&File::new("import.json", IMPORT)?)?;
    match mismatch.differences.as_slice() {
        [difference]
            if difference.starts_with("/imported/document: expected {") && difference.ends_with("and nothing more") =>
        {
            Ok(())
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn same() -> Result<(), Failed> {
    let file = File::new("wrong.json", WRONG)?;
    let vector = file.vectors().first().ok_or("no vector")?;
    vector.check_same("{}", "{}", "from elsewhere")?;
    match vector.check_same("{}", "{ }", "from elsewhere") {
        Err(mismatch) if mismatch.to_string().contains("from elsewhere") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
