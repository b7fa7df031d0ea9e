//! That the JSON Schemas of the contract agree with the vectors: what is valid there is valid by them, and what has a
//! problem is invalid, except for the problems that no schema can see.

use crate::native::Native;
use crate::python;
use libtest_mimic::{Completion, Failed, Trial};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tagseal_vectors::File;

pub(crate) fn trials(files: &[Arc<File>]) -> Vec<Trial> {
    let files = files.to_vec();
    vec![
        Trial::ignorable_test(
            "JSON Schemas: the vectors are valid and invalid by them as they are by the engine",
            move || agree(&files),
        ),
        Trial::ignorable_test(
            "JSON Schemas: a line of audit is invalid when any required part of it is missing",
            audit,
        ),
    ]
}

const SCHEMAS: [&str; 5] = ["policy", "event", "decision", "explanation", "audit"];

/// What makes a document or an event invalid though a schema accepts it, as a part of its message.
const UNSEEN: [&str; 21] = [
    // A parser of JSON keeps one of two fields with the same name, and two tags of a list are two objects.
    "is given twice",
    "each once and of its type",
    // A schema counts characters, not bytes.
    "of the context is",
    // Nor does it see spaces between values.
    "the text is longer",
    // Whole numbers are written without a point and an exponent, and 0 without a sign.
    "expected a whole number",
    "expected `1`, found `1",
    // Half of a pair of surrogates.
    "valid Unicode",
    // What two parts of a document have to do with each other.
    "already",
    // Inside a glob.
    "`[` opens a class",
    "the range",
    "a class holds `/`",
    "`{` opens alternatives",
    "`}` closes",
    "braces nest",
    "escapes nothing",
    // Inside a regular expression.
    "the regular expression is invalid",
    "of a regular expression is not supported",
    "too many states",
    // The 30th of February.
    "is not a time",
    // Numbers of patterns of all selectors of a rule together.
    "the rule has",
    // And of all rules of a document together.
    "transitions together",
];

const CHECK: &str = r#"
import json, re, sys
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

schemas, readme, vectors = json.load(sys.stdin)
for block in re.findall("```python\n(.*?)```", readme, re.S):
    exec(block)

def pattern(validator, expected, text, schema):
    # In Python `$` matches before a line end too, in JSON Schema it does not.
    if validator.is_type(text, "string") and not re.search(re.sub(r"\$$", r"\\Z", expected), text):
        yield ValidationError(repr(text) + " does not match " + expected)

for schema in schemas.values():
    Draft202012Validator.check_schema(schema)
registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas.values())
Validator = extend(Draft202012Validator, {"pattern": pattern})
validators = {name: Validator(schema, registry=registry) for name, schema in schemas.items()}

def load(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

def given(vector, names, head=None):
    if names[1] in vector:
        return load(text(vector[names[1]]))
    return expand(vector.get(names[0], head))

def values(kind, vector, head, answer):
    """Each value of a vector: its schema, the value, and the messages of its problems, or None where it is valid."""
    if kind == "compile":
        problems = [problem["message"] for problem in answer["problems"]] if "problems" in answer else None
        yield "policy", given(vector, ("document", "text")), problems
    if kind in ("decide", "explain"):
        yield "policy", expand(vector.get("document", head)), None
    if kind == "decide":
        malformed = [answer["message"]] if answer["code"] == "malformed" else None
        yield "event", given(vector, ("event", "text")), malformed
        yield "decision", answer, None
    if kind == "explain":
        yield "explanation", answer["explained"], None
    if kind in ("change", "list", "export"):
        refused = answer.get("refused", {})
        if refused.get("code") != "invalid":
            problems = [problem["message"] for problem in refused.get("diagnostics", [])]
            is_invalid = refused.get("code") == "invalid-document"
            yield "policy", given(vector, ("document", "document-text"), head), problems if is_invalid else None
    if kind == "change" and "changed" in answer:
        yield "policy", load(answer["changed"]["document-text"]), None
    if kind == "import" and "imported" in answer:
        yield "policy", answer["imported"]["document"], None

# A validator takes minutes for what is longer.
MAX_CHARACTERS = 1 << 18

checked, wrong, unseen = 0, [], []
for kind, name, vector, head, answer in vectors:
    for schema, value, problems in values(kind, vector, head, answer):
        if value is None or len(json.dumps(value)) > MAX_CHARACTERS:
            continue
        checked += 1
        errors = [error.message[:200] for error in validators[schema].iter_errors(value)]
        if problems is None and errors:
            wrong.append([name + ": " + vector["name"], schema + ": " + "; ".join(errors)])
        if problems is not None and not errors:
            unseen.append([name + ": " + vector["name"], problems])
print(json.dumps({"checked": checked, "wrong": wrong, "unseen": unseen}))
"#;

/// What Python found.
#[derive(Deserialize)]
struct Found {
    checked: usize,
    /// What is valid but not by its schema: the vector, and why.
    wrong: Vec<(String, String)>,
    /// What is valid by its schema but has problems: the vector, and their messages.
    unseen: Vec<(String, Vec<String>)>,
}

fn schemas() -> Result<Value, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let read = |name: &&str| -> Result<(String, Value), Failed> {
        let text = fs::read_to_string(folder.join(format!("{name}.schema.json")))?;
        Ok(((*name).to_owned(), serde_json::from_str(&text)?))
    };
    Ok(Value::Object(SCHEMAS.iter().map(read).collect::<Result<_, _>>()?))
}

fn agree(files: &[Arc<File>]) -> Result<Completion, Failed> {
    let readme = fs::read_to_string(crate::folder().join("README.md"))?;
    let mut vectors = Vec::new();
    for file in files {
        let whole: Value = serde_json::from_str(&fs::read_to_string(crate::folder().join(file.name()))?)?;
        let each = whole["vectors"].as_array().ok_or("no vectors")?;
        for (vector, written) in file.vectors().iter().zip(each).filter(|(vector, _)| !vector.is_large()) {
            let answer: Value = serde_json::from_str(&vector.ask(&Native)?)?;
            vectors.push(json!([whole["kind"], file.name(), written, whole["document"], answer]));
        }
    }
    let found = python::run("jsonschema, referencing", CHECK, &json!([schemas()?, readme, vectors]))?;
    let Some(found) = found else { return Ok(Completion::ignored_with("there is no validator")) };
    judge(&serde_json::from_value(found)?)
}

fn judge(found: &Found) -> Result<Completion, Failed> {
    let mut faults: Vec<_> = found.wrong.iter().map(|(name, why)| format!("{name}\n  {why}")).collect();
    let mut used = BTreeSet::new();
    for (name, messages) in &found.unseen {
        for message in messages {
            match UNSEEN.iter().find(|part| message.contains(**part)) {
                Some(part) => {
                    used.insert(*part);
                }
                None => faults.push(format!("{name}\n  its schema accepts it though: {message}")),
            }
        }
    }
    let unused = UNSEEN.iter().filter(|part| !used.contains(**part));
    faults.extend(unused.map(|part| format!("the schemas see all problems with `{part}`; leave it out of the list")));
    if found.checked < 1_000 {
        faults.push(format!("only {} values were checked", found.checked));
    }
    if faults.is_empty() { Ok(Completion::Completed) } else { Err(faults.join("\n").into()) }
}

/// Checks the examples of the schema, and that none of their required parts may be missing.
const AUDIT: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

schemas = json.load(sys.stdin)
registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas.values())
audit = schemas["audit"]
validator = Draft202012Validator(audit, registry=registry)
wrong = []
for example in audit["examples"]:
    wrong += [error.message for error in validator.iter_errors(example)]
    for field in audit["required"]:
        if validator.is_valid({name: value for name, value in example.items() if name != field}):
            wrong.append(example["kind"] + " without " + field)
kinds = {example["kind"] for example in audit["examples"]}
wrong += ["no example of " + kind for kind in audit["properties"]["kind"]["examples"] if kind not in kinds]
print(json.dumps(wrong))
"#;

fn audit() -> Result<Completion, Failed> {
    match python::run("jsonschema, referencing", AUDIT, &schemas()?)? {
        None => Ok(Completion::ignored_with("there is no validator")),
        Some(wrong) if wrong == json!([]) => Ok(Completion::Completed),
        Some(wrong) => Err(wrong.to_string().into()),
    }
}
