//! The description that is served, and the answers that it promises.

use std::collections::BTreeSet;
use std::fs;

use hyper::{Method, StatusCode};
use serde_json::Value;

use super::managed::{DOCUMENT, Managed, READER, RULES, TOKEN};
use super::openapi::{DESCRIPTION, check, operation, template};
use super::schema::{problems, resolve};
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::{Answer, raw};
use tagseal_test_support::stack::Act;

/// Returns every answer that is described: `POST /tagseal/v1/rules 201`.
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

/// The requests that were sent, with their answers.
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

    /// Sends a request to every operation that has this answer.
    async fn ask_each(
        &mut self,
        managed: &Managed,
        operations: &[(&str, &str)],
        headers: &[(&str, &str)],
        status: u16,
    ) {
        for (method, path) in operations {
            let mut headers = [&[("content-type", "application/json")], headers].concat();
            if *method == "PUT" && !headers.iter().any(|(name, _)| *name == "if-match") {
                headers.push(("if-match", "*"));
            }
            let body = match (*method, *path) {
                ("POST", RULES) => NEW,
                ("POST", OVERRIDES) => OVERRIDE,
                ("POST", IMPORT) => TO_IMPORT,
                ("PUT", POLICY) => OTHER,
                ("POST", RELEASE) => TO_RELEASE,
                ("PATCH", _) => PATCH,
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

const POLICY: &str = "/tagseal/v1/policy";
const OVERRIDES: &str = "/tagseal/v1/overrides";
const ONE_OVERRIDE: &str = "/tagseal/v1/overrides?repository=kept/app&tag=v1";
const IMPORT: &str = "/tagseal/v1/import";
const AUDIT: &str = "/tagseal/v1/audit";
const RELEASE: &str = "/tagseal/v1/open-writes/release";
const TAGS: &str = "/tagseal/v1/repositories/kept/app/tags";
const TO_RELEASE: &str = r#"{"repository": "kept/app", "tag": "v9", "reason": "restored"}"#;
const OVERRIDE: &str =
    r#"{"repository": "kept/app", "tag": "v1", "until": "2099-12-01T18:00:00Z", "reason": "rebuilt"}"#;
const OTHER: &str = r#"{"version": 1, "rules": [{"id": 4, "namespace": "kept", "preset": "latest"}]}"#;
const TO_IMPORT: &str = r#"{"format": "tcr", "rules": {"Response": {"Rules": [{"RepositoryPattern": "**",
    "TagPattern": "latest", "RepositoryDecoration": "repoMatches", "TagDecoration": "excludes", "Disabled": false,
    "RuleId": 1, "NsName": "imported"}]}}}"#;

const READS: [(&str, &str); 4] = [("GET", RULES), ("GET", ONE), ("GET", POLICY), ("GET", OVERRIDES)];
const WRITES: [(&str, &str); 7] = [
    ("POST", RULES),
    ("PATCH", ONE),
    ("DELETE", ONE),
    ("PUT", POLICY),
    ("POST", OVERRIDES),
    ("DELETE", ONE_OVERRIDE),
    ("POST", IMPORT),
];
/// What the ledger and the audit are asked.
const OF_LEDGER: [(&str, &str); 5] = [
    ("GET", AUDIT),
    ("GET", "/tagseal/v1/drift"),
    ("GET", "/tagseal/v1/repositories"),
    ("GET", TAGS),
    ("GET", "/tagseal/v1/open-writes"),
];
/// Requests with a body.
const WITH_BODY: [(&str, &str); 6] =
    [("POST", RULES), ("PATCH", ONE), ("PUT", POLICY), ("POST", OVERRIDES), ("POST", IMPORT), ("POST", RELEASE)];
#[tokio::test(flavor = "multi_thread")]
async fn every_described_answer_occurs_and_is_as_described() {
    let mut seen = Seen::default();
    let all = [&READS[..], &WRITES[..], &OF_LEDGER[..], &[("GET", SELF), ("POST", RELEASE)]].concat();

    let managed = Managed::new(DOCUMENT).await;
    for (method, path) in &all {
        let method: Method = method.parse().unwrap();
        let answer = managed.stack.client.ask(method.clone(), path, &[], b"").await;
        seen.see(&method, path, &answer, 401);
        let path_alone = path.split('?').next().unwrap();
        seen.ask(&managed, method.as_str(), &format!("{path_alone}?unknown"), &[], "", 400).await;
    }
    for (method, path) in WRITES.into_iter().chain([("POST", RELEASE)]) {
        let reader = format!("Bearer {READER}");
        let headers = [("authorization", reader.as_str()), ("content-type", "application/json"), ("if-match", "*")];
        let method: Method = method.parse().unwrap();
        let answer = managed.stack.client.ask(method.clone(), path, &headers, b"{}").await;
        seen.see(&method, path, &answer, 403);
    }
    seen.ask(&managed, "PUT", POLICY, &[("content-type", "application/json")], OTHER, 428).await;
    seen.ask_each(&managed, &[("DELETE", ONE_OVERRIDE)], &[], 404).await;
    seen.ask_each(&managed, &[("GET", NONE), ("PATCH", NONE), ("DELETE", NONE)], &[], 404).await;
    seen.ask_each(&managed, &READS, &[("if-none-match", "*")], 304).await;
    seen.ask_each(&managed, &READS, &[("if-match", "\"other\"")], 412).await;
    seen.ask_each(&managed, &WRITES, &[("if-match", "\"other\"")], 412).await;
    for (method, path) in WITH_BODY {
        let any = [("if-match", "*"), ("content-type", "application/json")];
        seen.ask(&managed, method, path, &any[..1], "{}", 415).await;
        seen.ask(&managed, method, path, &any, &"a".repeat(17 << 20), 413).await;
        seen.ask(&managed, method, path, &any, r#"{"id": 7}"#, 422).await;
        seen.see(&method.parse().unwrap(), path, &half(&managed, method, path).await, 408);
    }
    let body = r#"{"namespace": "kept", "preset": "latest"}"#;
    seen.ask(&managed, "POST", RULES, &[("content-type", "application/json")], body, 409).await;
    let body = TO_IMPORT.replace("imported", "kept");
    seen.ask(&managed, "POST", IMPORT, &[("content-type", "application/json")], &body, 409).await;
    assert_eq!(managed.document(), DOCUMENT, "nothing of that has changed anything");

    managed.edit("{");
    seen.ask_each(&managed, &WRITES, &[], 409).await;
    managed.edit(&DOCUMENT.replace("\"revision\": 7", "\"revision\": 9007199254740991"));
    seen.ask_each(&managed, &[("DELETE", ONE)], &[], 422).await;
    let last =
        DOCUMENT.replace("\"revision\": 7", &format!("\"revision\": 9007199254740991, \"overrides\": [{OVERRIDE}]"));
    managed.edit(&last);
    seen.ask_each(&managed, &[("DELETE", ONE_OVERRIDE)], &[], 422).await;
    fs::remove_file(&managed.path).unwrap();
    seen.ask_each(&managed, &WRITES, &[], 500).await;
    let failing = Managed::failing().await;
    let asking = |it: &&(&str, &str)| it.1 != POLICY && it.1 != IMPORT;
    let asking: Vec<_> = READS.iter().chain(&WRITES).filter(asking).copied().collect();
    seen.ask_each(&failing, &asking, &[], 503).await;
    seen.ask_each(&failing, &[("POST", IMPORT)], &[], 503).await;
    let without = Managed::without_policy().await;
    seen.ask_each(&without, &[("GET", POLICY), ("PUT", POLICY), ("POST", RELEASE)], &[], 503).await;
    seen.ask_each(&without, &OF_LEDGER, &[], 503).await;

    let managed = Managed::new(DOCUMENT).await;
    seen.ask_each(&managed, &[("POST", RULES)], &[], 201).await;
    seen.ask_each(&managed, &[("GET", RULES), ("GET", ONE), ("GET", SELF), ("PATCH", ONE)], &[], 200).await;
    seen.ask_each(&managed, &[("DELETE", ONE)], &[], 204).await;
    seen.ask_each(&managed, &[("GET", TAGS), ("POST", RELEASE)], &[], 404).await;
    leave_open(&managed).await;
    let more = [("POST", IMPORT), ("GET", POLICY), ("GET", OVERRIDES), ("POST", RELEASE)];
    seen.ask_each(&managed, &OF_LEDGER, &[], 200).await;
    seen.ask_each(&managed, &more, &[], 200).await;
    seen.ask_each(&managed, &[("POST", OVERRIDES)], &[], 204).await;
    seen.ask_each(&managed, &[("POST", OVERRIDES)], &[], 409).await;
    seen.ask_each(&managed, &[("GET", OVERRIDES)], &[], 200).await;
    seen.ask_each(&managed, &[("DELETE", ONE_OVERRIDE), ("PUT", POLICY)], &[], 204).await;

    let described = described();
    let missing: Vec<_> = described.difference(&seen.0).collect();
    assert!(missing.is_empty(), "described, and not seen: {missing:?}");
}

/// Pushes one image under a tag, and leaves the push of another one open.
async fn leave_open(managed: &Managed) {
    let (client, image) = (&managed.stack.client, Image::oci("a"));
    assert_eq!(client.push("kept/app", "v1", &image).await.status, 201);
    managed.stack.script(|asked| match asked.method {
        Method::PUT => Act::Answer(StatusCode::BAD_GATEWAY, vec![], String::new()),
        _ => Act::Pass,
    });
    assert!(client.put("kept/app", "v9", &image).await.status.is_server_error());
    managed.stack.script(|_| Act::Pass);
}

/// Announces a body, and sends half of it.
async fn half(managed: &Managed, method: &str, path: &str) -> Answer {
    let head =
        "Host: gateway\r\nContent-Type: application/json\r\nContent-Length: 9\r\nIf-Match: *\r\nConnection: close";
    let request = format!("{method} {path} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n{head}\r\n\r\n{{");
    raw(managed.stack.address, request).await
}

#[tokio::test]
async fn the_description_is_served_as_it_is_tested() {
    let managed = Managed::new(DOCUMENT).await;
    assert_eq!(managed.get(SELF).await.json(), *DESCRIPTION);
}

/// Every reference of the description leads to something, and nothing is there without a reference to it.
#[test]
fn the_description_is_complete() {
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

/// A body that the schemas allow is accepted, and any other is refused.
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
        let problems = problems(&DESCRIPTION, schema, &serde_json::from_str(&body).unwrap());
        assert_eq!(problems.is_empty(), is_accepted, "{method} {body}: {problems:?}");
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
    for (method, path, status) in
        [(Method::POST, RULES, 201), (Method::PATCH, ONE, 200), (Method::POST, OVERRIDES, 204)]
    {
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
