//! The description that is served, and the answers that it promises.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use hyper::Method;
use regex::Regex;
use serde_json::Value;

use super::managed::{DOCUMENT, Managed, RULES, TOKEN, raw};
use super::schema::{problems, resolve};
use crate::client::Answer;

static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../src/gateway/rules/openapi.json")).unwrap());

/// The path of the description that a path is of.
fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap();
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let is_of = |template: &&String| {
        Regex::new(&format!("^{}$", template.replace("{id}", "[1-9][0-9]*"))).unwrap().is_match(path)
    };
    paths.keys().find(is_of).map(String::as_str)
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let item = DESCRIPTION["paths"].get(template(path)?)?.as_object()?;
    item.iter().find(|(name, _)| name.to_ascii_uppercase() == method.as_str()).map(|(_, operation)| operation)
}

/// Holds an answer against what is described. Of what is not described, nothing can be promised.
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

/// All that is described: `POST /tagseal/v1/rules 201`.
fn described() -> BTreeSet<String> {
    let paths = DESCRIPTION["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |it| (path, it)));
    let operations = operations.filter(|(_, (method, _))| *method != "parameters");
    operations
        .flat_map(|(path, (method, operation))| {
            let statuses = operation["responses"].as_object().unwrap().keys();
            statuses.map(move |status| format!("{} {path} {status}", method.to_ascii_uppercase()))
        })
        .collect()
}

/// Requests, and answers that came to them.
#[derive(Default)]
struct Seen(BTreeSet<String>);

impl Seen {
    #[track_caller]
    fn see(&mut self, method: &Method, path: &str, answer: &Answer, status: u16) {
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        check(method, path, answer);
        self.0.insert(format!("{method} {} {status}", template(path).unwrap()));
    }

    async fn ask(
        &mut self,
        managed: &Managed,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
        status: u16,
    ) {
        let method: Method = method.parse().unwrap();
        let answer = managed.ask(method.clone(), path, headers, body).await;
        self.see(&method, path, &answer, status);
    }

    /// Asks for something of every operation that has it.
    async fn ask_each(
        &mut self,
        managed: &Managed,
        operations: &[(&str, &str)],
        headers: &[(&str, &str)],
        status: u16,
    ) {
        for (method, path) in operations {
            let headers = [&[("content-type", "application/json")], headers].concat();
            let body = match *method {
                "POST" => NEW,
                "PATCH" => PATCH,
                _ => "",
            };
            self.ask(managed, method, path, &headers, body, status).await;
        }
    }
}

const ONE: &str = "/tagseal/v1/rules/4";
const NONE: &str = "/tagseal/v1/rules/99";
const SELF: &str = "/tagseal/v1/openapi.json";
const NEW: &str = r#"{"namespace": "prod", "preset": "latest"}"#;
const PATCH: &str = r#"{"note": "another"}"#;

const READS: [(&str, &str); 2] = [("GET", RULES), ("GET", ONE)];
const WRITES: [(&str, &str); 3] = [("POST", RULES), ("PATCH", ONE), ("DELETE", ONE)];

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_that_is_described_is_given_and_is_as_described() {
    let mut seen = Seen::default();
    let all = [&READS[..], &WRITES[..], &[("GET", SELF)]].concat();

    let managed = Managed::new(DOCUMENT).await;
    for (method, path) in &all {
        let method: Method = method.parse().unwrap();
        let answer = managed.stack.client.ask(method.clone(), path, &[], b"").await;
        seen.see(&method, path, &answer, 401);
        seen.ask(&managed, method.as_str(), &format!("{path}?unknown"), &[], "", 400).await;
    }
    seen.ask_each(&managed, &[("GET", NONE), ("PATCH", NONE), ("DELETE", NONE)], &[], 404).await;
    seen.ask_each(&managed, &READS, &[("if-none-match", "*")], 304).await;
    seen.ask_each(&managed, &READS, &[("if-match", "\"other\"")], 412).await;
    seen.ask_each(&managed, &WRITES, &[("if-match", "\"other\"")], 412).await;
    for (method, path) in [("POST", RULES), ("PATCH", ONE)] {
        seen.ask(&managed, method, path, &[], "{}", 415).await;
        seen.ask(&managed, method, path, &[("content-type", "application/json")], &"a".repeat(17 << 20), 413).await;
        seen.ask(&managed, method, path, &[("content-type", "application/json")], r#"{"id": 7}"#, 422).await;
        seen.see(&method.parse().unwrap(), path, &half(&managed, method, path).await, 408);
    }
    let body = r#"{"namespace": "kept", "preset": "latest"}"#;
    seen.ask(&managed, "POST", RULES, &[("content-type", "application/json")], body, 409).await;
    assert_eq!(managed.document(), DOCUMENT, "nothing of that has changed anything");

    managed.edit("{");
    seen.ask_each(&managed, &WRITES, &[], 409).await;
    managed.edit(&DOCUMENT.replace("\"revision\": 7", "\"revision\": 9007199254740991"));
    seen.ask_each(&managed, &[("DELETE", ONE)], &[], 422).await;
    fs::remove_file(&managed.path).unwrap();
    seen.ask_each(&managed, &WRITES, &[], 500).await;
    let failing = Managed::failing().await;
    seen.ask_each(&failing, &[&READS[..], &WRITES[..]].concat(), &[], 503).await;

    let managed = Managed::new(DOCUMENT).await;
    seen.ask_each(&managed, &[("POST", RULES)], &[], 201).await;
    seen.ask_each(&managed, &[("GET", RULES), ("GET", ONE), ("GET", SELF), ("PATCH", ONE)], &[], 200).await;
    seen.ask_each(&managed, &[("DELETE", ONE)], &[], 204).await;

    let described = described();
    let missing: Vec<_> = described.difference(&seen.0).collect();
    assert!(missing.is_empty(), "described, and not seen: {missing:?}");
}

/// Announces a body, and sends the half of it.
async fn half(managed: &Managed, method: &str, path: &str) -> Answer {
    let head = "Host: gateway\r\nContent-Type: application/json\r\nContent-Length: 9\r\nConnection: close";
    let request = format!("{method} {path} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n{head}\r\n\r\n{{");
    raw(managed.stack.address, request).await
}

#[tokio::test]
async fn the_description_is_served_as_it_is_tested() {
    let managed = Managed::new(DOCUMENT).await;
    assert_eq!(managed.get(SELF).await.json(), *DESCRIPTION);
}

/// What each reference of the description leads to is there, and nothing stands there that none leads to.
#[test]
fn the_description_is_whole() {
    let mut used = BTreeSet::new();
    walk(&DESCRIPTION, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            resolve(&DESCRIPTION, value);
            used.insert(reference.trim_start_matches("#/components/").to_owned());
        }
    });
    for kind in ["parameters", "headers", "responses", "schemas"] {
        for name in DESCRIPTION["components"][kind].as_object().unwrap().keys() {
            assert!(used.contains(&format!("{kind}/{name}")), "{kind}/{name} is used by nothing");
        }
    }
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(values) => values.iter().for_each(|value| walk(value, visit)),
        Value::Object(fields) => fields.values().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

/// What the schemas of bodies allow is accepted, and what they don't is refused.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_accepted_as_described() {
    let pairs = r#"[{"repositories": {"matches": "web-*"}, "tags": {"excludes": ["latest", "dev-*"]}},
                    {"repositories": {"excludes": ["web-*"]}, "tags": {"matches": "@release"}}]"#;
    let managed = Managed::new(DOCUMENT).await;
    let table = [
        ("POST", "{}".to_owned(), false),
        ("POST", "[]".into(), false),
        ("POST", "null".into(), false),
        ("POST", r#"{"namespace": "a"}"#.into(), false),
        ("POST", r#"{"preset": "latest"}"#.into(), false),
        ("POST", r#"{"namespace": "a/b", "preset": "latest"}"#.into(), false),
        ("POST", r#"{"namespace": "", "preset": "latest"}"#.into(), false),
        ("POST", r#"{"namespace": null, "preset": "latest"}"#.into(), false),
        ("POST", r#"{"namespace": "a", "preset": "newest"}"#.into(), false),
        ("POST", r#"{"id": 8, "namespace": "a", "preset": "latest"}"#.into(), false),
        ("POST", r#"{"namespace": "a", "preset": "latest", "revision": 7}"#.into(), false),
        ("POST", r#"{"namespace": "a", "preset": "latest", "enabled": null}"#.into(), false),
        ("POST", r#"{"namespace": "a", "preset": "latest", "deletion": "forbid"}"#.into(), false),
        ("POST", r#"{"namespace": "a", "preset": "latest", "exempt": "signatures"}"#.into(), false),
        ("POST", r#"{"namespace": "a", "preset": "latest", "exempt": ["referrers", "referrers"]}"#.into(), false),
        ("POST", format!(r#"{{"namespace": "a", "preset": "latest", "note": "{}"}}"#, "é".repeat(1001)), false),
        ("POST", format!(r#"{{"namespace": "a", "preset": "latest", "protects": {pairs}}}"#), false),
        ("POST", r#"{"namespace": "a", "protects": []}"#.into(), false),
        ("POST", r#"{"namespace": "a", "protects": [{"repositories": {"matches": "**"}}]}"#.into(), false),
        ("POST", r#"{"namespace": "a", "protects": [{"repositories": {}, "tags": {"matches": "v*"}}]}"#.into(), false),
        (
            "POST",
            r#"{"namespace": "a", "protects": [{"repositories": {"matches": []}, "tags": {"matches": "v*"}}]}"#.into(),
            false,
        ),
        (
            "POST",
            r#"{"namespace": "a", "protects": [{"repositories": {"matches": ""}, "tags": {"matches": "v*"}}]}"#.into(),
            false,
        ),
        ("POST", r#"{"namespace": "*", "preset": "latest"}"#.into(), true),
        ("POST", format!(r#"{{"namespace": "b-_.c", "preset": "latest", "note": "{}"}}"#, "é".repeat(1000)), false),
        ("POST", format!(r#"{{"namespace": "b--c", "preset": "latest", "note": "{}"}}"#, "é".repeat(1000)), true),
        (
            "POST",
            format!(
                r#"{{"namespace": "a", "enabled": false, "deletion": "allow", "exempt": ["referrers", "signatures"], "protects": {pairs}}}"#
            ),
            true,
        ),
        ("PATCH", "[]".into(), false),
        ("PATCH", r#"{"id": 4}"#.into(), false),
        ("PATCH", r#"{"name": "x"}"#.into(), false),
        ("PATCH", r#"{"preset": null}"#.into(), false),
        ("PATCH", r#"{"enabled": "false"}"#.into(), false),
        ("PATCH", format!(r#"{{"preset": "latest", "protects": {pairs}}}"#), false),
        ("PATCH", "{}".into(), true),
        ("PATCH", r#"{"namespace": "kept"}"#.into(), true),
        ("PATCH", r#"{"enabled": false, "deletion": "allow", "exempt": ["signatures"], "note": "x"}"#.into(), true),
        ("PATCH", r#"{"enabled": null, "deletion": null, "exempt": null, "note": null}"#.into(), true),
        ("PATCH", format!(r#"{{"protects": {pairs}}}"#), true),
        ("PATCH", r#"{"preset": "latest"}"#.into(), true),
    ];
    for (method, body, is_accepted) in table {
        let method: Method = method.parse().unwrap();
        let path = if method == Method::POST { RULES } else { ONE };
        let schema = &operation(&method, path).unwrap()["requestBody"]["content"]["application/json"]["schema"];
        let told = problems(&DESCRIPTION, schema, &serde_json::from_str(&body).unwrap());
        assert_eq!(told.is_empty(), is_accepted, "{method} {body}: {told:?}");
        let answer = managed.ask(method.clone(), path, &[("content-type", "application/json")], &body).await;
        let status = answer.status.as_u16();
        assert_eq!(
            status,
            if !is_accepted {
                422
            } else if method == Method::POST {
                201
            } else {
                200
            },
            "{body}: {answer:?}"
        );
    }
}

/// The examples of the description are accepted too.
#[tokio::test(flavor = "multi_thread")]
async fn the_examples_work() {
    let managed = Managed::new(DOCUMENT).await;
    for (method, path, status) in [(Method::POST, RULES, 201), (Method::PATCH, ONE, 200)] {
        let content = &operation(&method, path).unwrap()["requestBody"]["content"];
        for (kind, content) in content.as_object().unwrap() {
            for (name, example) in content["examples"].as_object().unwrap() {
                let answer =
                    managed.ask(method.clone(), path, &[("content-type", kind)], &example["value"].to_string()).await;
                assert_eq!(answer.status, status, "{name}: {answer:?}");
            }
        }
    }
}
