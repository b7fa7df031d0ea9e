//! Refused requests: each answer says why, nothing is changed, and nothing is forwarded to the registry.

use hyper::Method;
use serde_json::{Value, json};

use super::managed::{DOCUMENT, Managed, RULES, TOKEN};
use tagseal_test_support::registry::raw;

const ONE: &str = "/tagseal/v1/rules/4";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Checks that file, policy and registry are unchanged.
#[track_caller]
fn assert_untouched(managed: &Managed) {
    assert_eq!((managed.document().as_str(), managed.revision()), (DOCUMENT, 7));
    assert_eq!(managed.stack.asked(), [""; 0]);
}

#[tokio::test]
async fn other_paths_and_spellings_are_not_found() {
    let managed = Managed::new(DOCUMENT).await;
    for path in [
        "/tagseal",
        "/tagseal/",
        "/tagseal/v1",
        "/tagseal/v2/rules",
        "/tagseal/v1/rules/",
        "/tagseal/v1/rules/4/",
        "/tagseal/v1/rules//4",
        "/tagseal/v1/rules/4/note",
        "/tagseal/v1/rules/0",
        "/tagseal/v1/rules/04",
        "/tagseal/v1/rules/-4",
        "/tagseal/v1/rules/4.0",
        "/tagseal/v1/rules/four",
        "/tagseal/v1/rules/%34",
        "/tagseal/v1/rules/18446744073709551620",
        "/tagseal/v1/rules%2F4",
        "/tagseal/v1%2Frules",
        "/%74agseal/v1/rules",
        "/%2574agseal/v1/rules",
        "//tagseal/v1/rules",
        "/./tagseal/v1/rules",
        "/tagseal/./v1/rules",
        "/tagseal/v1/../v1/rules",
        "/v2/../tagseal/v1/rules",
        "/v2/%2e%2e/tagseal/v1/rules",
        "/tagseal/v1/rules;x=1",
        "/tagseal;x=1/v1/rules",
        "/tagseal\\v1\\rules",
        "/Tagseal/v1/rules",
        "/tagseal/v1/RULES",
        "/tagseal/v1/health",
    ] {
        for method in ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"] {
            let close = "Connection: close\r\nContent-Length: 0";
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {TOKEN}\r\n{close}\r\n\r\n"
            );
            let answer = raw(managed.stack.address, request).await;
            assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
            if method != "HEAD" {
                assert_eq!(answer.refused(), "404 not-found", "{method} {path}");
            }
        }
    }
    assert_untouched(&managed);
}

#[tokio::test]
async fn an_invalid_query_is_refused_with_its_parameter() {
    let managed = Managed::new(DOCUMENT).await;
    let table = [
        ("?enable=true", Value::Null, "unknown parameter `enable`"),
        ("?enabled=yes", json!("enabled"), "neither `true` nor `false`"),
        ("?id=four", json!("id"), "not a whole number"),
        ("?id=0", json!("id"), "`id`: "),
        ("?id=9007199254740992", json!("id"), "`id`: "),
        ("?namespace=a/b", json!("namespace"), "`a/b` is not a valid namespace"),
        ("?namespace=prod,,dev", json!("namespace"), "`` is not a valid namespace"),
        ("?namespace=Prod&namespace=x%00", json!("namespace"), "(2 problems)"),
    ];
    for (query, parameter, part) in table {
        let refused = managed.get(&format!("{RULES}{query}")).await;
        assert_eq!(refused.refused(), "400 invalid-query", "{query}");
        assert_eq!(refused.json()["problems"][0]["parameter"], parameter, "{query}");
        assert!(refused.detail().contains(part), "{query}: {}", refused.detail());
    }
    assert_eq!(managed.get(&format!("{RULES}?namespace=%zz")).await.refused(), "400 invalid-request");
    for (method, path) in [(Method::GET, ONE), (Method::POST, RULES), (Method::PATCH, ONE), (Method::DELETE, ONE)] {
        let refused = managed.ask(method.clone(), &format!("{path}?force=1"), &[JSON], "{}").await;
        assert_eq!(refused.refused(), "400 invalid-request", "{method}");
    }
    assert_untouched(&managed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_body_is_refused_with_every_place_in_it() {
    let managed = Managed::new(DOCUMENT).await;
    let body = "{\n  \"namespace\": \"a/b\",\n  \"deletion\": \"forbid\", \"name\": 1,\n  \"é\": 1, \"protects\": [\n    { \"tags\": { \"matches\": \"[\" } }\n  ]\n}";
    let refused = managed.post(body).await;
    assert_eq!(refused.refused(), "422 invalid");
    let problems = refused.json()["problems"].clone();
    let places: Vec<_> = problems
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}:{}", it["pointer"].as_str().unwrap(), it["line"], it["column"]))
        .collect();
    let expected = [
        "/namespace 2:16",
        "/deletion 3:15",
        "/name 3:25",
        "/é 4:3",
        "/protects/0 5:5",
        "/protects/0/tags/matches 5:28",
    ];
    assert_eq!(places, expected, "{problems:#}");
    let detail = refused.detail();
    assert!(detail.starts_with("the body is invalid: /namespace (2:16): `a/b` is not a valid namespace; "), "{detail}");
    assert!(detail.ends_with(" (6 problems)"), "{detail}");

    let refused = managed.patch(4, "{\n\"note\": 7,\n\"deletion\": null, \"deletion\": null}").await;
    assert_eq!(refused.refused(), "422 invalid");
    let places: Vec<_> = refused.json()["problems"].as_array().unwrap().iter().map(|it| it["line"].clone()).collect();
    assert_eq!(places, [2, 3], "{}", refused.json());
    assert_untouched(&managed);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_body_can_become_another_change() {
    let managed = Managed::new(DOCUMENT).await;
    for body in [
        r#"{"namespace": "prod", "preset": "latest"}, "delete": {"id": 4}"#,
        r#"{"namespace": "prod", "preset": "latest"}}"#,
        r#"{"namespace": "prod", "preset": "latest"} {}"#,
        "",
        "null, \"revision\": 7",
        "{",
    ] {
        assert_eq!(managed.post(body).await.refused(), "400 not-json", "{body}");
        assert_eq!(managed.patch(4, body).await.refused(), "400 not-json", "{body}");
    }
    let refused = managed.post(r#"{"create": {"namespace": "prod", "preset": "latest"}}"#).await;
    assert_eq!(refused.refused(), "422 invalid");
    let refused = managed.patch(4, r#"{"delete": {"id": 4}}"#).await;
    assert_eq!(refused.refused(), "422 invalid");
    assert_untouched(&managed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_must_be_json_and_declared_as_json() {
    let managed = Managed::new(DOCUMENT).await;
    let rule = r#"{"namespace": "prod", "preset": "latest"}"#;
    let table: [&[(&str, &str)]; 8] = [
        &[],
        &[("content-type", "")],
        &[("content-type", "text/plain")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "application/json-patch+json")],
        &[JSON, JSON],
        &[JSON, ("content-encoding", "gzip")],
        &[("content-type", "multipart/form-data; boundary=application/json")],
    ];
    for headers in table {
        let refused = managed.ask(Method::POST, RULES, headers, rule).await;
        assert_eq!(refused.refused(), "415 unsupported-media-type", "{headers:?}");
        assert_eq!(managed.ask(Method::PATCH, ONE, headers, "{}").await.refused(), "415 unsupported-media-type");
    }
    let refused = managed.ask(Method::POST, RULES, &[("content-type", "application/merge-patch+json")], rule).await;
    assert_eq!(
        (refused.refused().as_str(), refused.header("accept")),
        ("415 unsupported-media-type", "application/json")
    );
    let refused = managed.ask(Method::PATCH, ONE, &[], "{}").await;
    assert_eq!(refused.header("accept-patch"), "application/merge-patch+json, application/json");
    assert_untouched(&managed);
    let accepted = [("content-type", "Application/JSON; charset=utf-8"), ("content-encoding", "identity")];
    assert_eq!(managed.ask(Method::POST, RULES, &accepted, rule).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let managed = Managed::new(DOCUMENT).await;
    let (open, close) = (r#"{"namespace": "prod", "preset": "latest", "note": ""#, "\"}");
    let of = |length: usize| format!("{open}{}{close}", "a".repeat(length - open.len() - close.len()));
    let most = (16 << 20) - 1024;
    let refused = managed.post(&of(most)).await;
    assert_eq!(refused.refused(), "422 invalid", "the contract has no note of that length");
    assert_eq!(managed.post(&of(most + 1)).await.refused(), "413 too-large");
    // In parts, without an announced length.
    let chunk = format!("{:x}\r\n{}\r\n", most + 1, "a".repeat(most + 1));
    let head = "Host: gateway\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
    let request = format!("POST {RULES} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n{head}\r\n\r\n{chunk}0\r\n\r\n");
    assert_eq!(raw(managed.stack.address, request).await.refused(), "413 too-large");
    assert_untouched(&managed);
}

#[tokio::test]
async fn a_request_that_asks_to_be_taken_for_another_method_is_refused() {
    let managed = Managed::new(DOCUMENT).await;
    for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let refused = managed.ask(Method::GET, ONE, &[(name, "DELETE")], "").await;
        assert_eq!(refused.refused(), "400 invalid-request", "{name}");
    }
    assert_untouched(&managed);
}

#[tokio::test]
async fn a_body_that_is_cut_off_changes_nothing() {
    use tokio::io::AsyncWriteExt as _;
    let managed = Managed::new(DOCUMENT).await;
    let mut stream = tokio::net::TcpStream::connect(managed.stack.address).await.unwrap();
    let request = format!(
        "DELETE {ONE}0 HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {TOKEN}\r\n\r\n\
         POST {RULES} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         Content-Length: 99\r\n\r\n{{\"namespace\": \"prod\", \"preset\": \"latest\"}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answers = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answers).await.unwrap();
    assert_untouched(&managed);
}
