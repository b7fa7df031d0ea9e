//! The description of the rules' interface, and the check that an answer is as it promises.

use std::sync::LazyLock;

use hyper::Method;
use regex::Regex;
use serde_json::Value;

use super::schema::{problems, resolve};
use tagseal_test_support::registry::Answer;

pub(crate) static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../src/rules/openapi.json")).unwrap());

/// Returns the path in the description that a path is an example of.
pub(crate) fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap();
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let is_of = |template: &&String| {
        let pattern = template.replace("{id}", "[1-9][0-9]*").replace("{name}", ".+");
        Regex::new(&format!("^{pattern}$")).unwrap().is_match(path)
    };
    paths.keys().find(is_of).map(String::as_str)
}

/// Returns the description of a request, if there is one.
pub(crate) fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let item = DESCRIPTION["paths"].get(template(path)?)?.as_object()?;
    item.iter().find(|(name, _)| name.to_ascii_uppercase() == method.as_str()).map(|(_, operation)| operation)
}

/// Checks that an answer is as the description promises. The answer to a request that is not described can be anything.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else { return };
    let status = answer.status.as_str();
    let response = &operation["responses"][status];
    assert!(response.is_object(), "{method} {path}: {status} is not described: {answer:?}");
    let response = resolve(&DESCRIPTION, response);
    for (name, header) in response.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let schema = &resolve(&DESCRIPTION, header)["schema"];
        let value = Value::from(answer.header(name));
        assert_eq!(problems(&DESCRIPTION, schema, &value), [""; 0], "{method} {path}: {name}");
    }
    let Some(content) = response.get("content") else {
        return assert!(answer.body.is_empty(), "{method} {path}: {answer:?}");
    };
    let content = &content[answer.header("content-type")];
    assert!(content.is_object(), "{method} {path}: {answer:?}");
    assert_eq!(
        problems(&DESCRIPTION, &content["schema"], &answer.json()),
        [""; 0],
        "{method} {path}: {}",
        answer.json()
    );
}
