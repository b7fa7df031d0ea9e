//! The whole policy document, overrides, imports and the audit over HTTP.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::managed::{DOCUMENT, Managed, READER, TOKEN};
use super::openapi;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Answer;
use tagseal_test_support::stack::Act;

const POLICY: &str = "/tagseal/v1/policy";
const OVERRIDES: &str = "/tagseal/v1/overrides";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn put(managed: &Managed, tag: &str, document: &str) -> Answer {
    managed.ask(Method::PUT, POLICY, &[JSON, ("if-match", tag)], document).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_replaced_and_gets_the_next_revision() {
    let managed = Managed::new(DOCUMENT).await;
    let shown = managed.get(POLICY).await;
    assert_eq!(String::from_utf8_lossy(&shown.body), DOCUMENT, "byte for byte");
    let tag = shown.header("etag").to_owned();

    let new = DOCUMENT.replace("\"id\": 4", "\"id\": 5").replace("\"revision\": 7", "\"revision\": 99");
    let replaced = put(&managed, &tag, &new).await;
    assert_eq!(replaced.status, 204, "{replaced:?}");
    assert_eq!((managed.document(), managed.revision()), (new.replace("99", "8"), 8), "and nothing else is another");
    let new_tag = replaced.header("etag").to_owned();
    assert_eq!(managed.get(POLICY).await.header("etag"), new_tag);

    assert_eq!(put(&managed, &tag, DOCUMENT).await.refused(), "412 stale", "the old document is not there any more");
    let same = put(&managed, &new_tag, &new).await;
    assert_eq!((same.status.as_u16(), same.header("etag"), managed.revision()), (204, new_tag.as_str(), 8));
    let without = managed.ask(Method::PUT, POLICY, &[JSON], DOCUMENT).await;
    assert_eq!(without.refused(), "428 unconditional");
}

/// Low: a document from elsewhere does not know which ids were given before.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_after_a_document_was_replaced_does_not_get_the_id_of_an_earlier_rule() {
    let managed = Managed::new(DOCUMENT).await;
    let created = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!(created.json()["id"], 5);
    assert_eq!(put(&managed, "*", DOCUMENT).await.status, 204);
    let document: Value = serde_json::from_str(&managed.document()).unwrap();
    assert_eq!((&document["next-id"], &document["rules"].as_array().unwrap().len()), (&json!(6), &1));
    let replaced = managed.document();
    assert_eq!(put(&managed, "*", DOCUMENT).await.status, 204);
    assert_eq!(managed.document(), replaced, "the same document once more changes nothing");
    let created = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!(created.json()["id"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_document_is_refused_with_its_places() {
    let managed = Managed::new(DOCUMENT).await;
    let refused = put(&managed, "*", "{\"version\": 1, \"revision\": 7,\n \"rules\": [7]}").await;
    assert_eq!(refused.refused(), "422 invalid");
    let problem = &refused.json()["problems"][0];
    assert_eq!((&problem["line"], &problem["pointer"]), (&json!(2), &json!("/rules/0")), "{problem}");
    assert_eq!(managed.document(), DOCUMENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_lifts_a_rule_and_names_who_added_it() {
    let managed = Managed::new(DOCUMENT).await;
    let client = &managed.stack.client;
    assert_eq!(client.push("kept/app", "v1", &Image::oci("first")).await.status, 201);
    let other = Image::oci("other");
    assert_eq!(client.push("kept/app", "v1", &other).await.status, 409);
    let body = r#"{"repository": "kept/app", "tag": "v1", "until": "2099-12-01T18:00:00Z", "reason": "rebuilt"}"#;
    assert_eq!(managed.ask(Method::POST, OVERRIDES, &[JSON], body).await.status, 204);
    let listed = managed.get(OVERRIDES).await.json();
    assert_eq!(listed["overrides"][0]["by"], "alice", "{listed}");
    assert_eq!(client.push("kept/app", "v1", &other).await.status, 201);
    let path = format!("{OVERRIDES}?repository=kept%2Fapp&tag=v1");
    assert_eq!(managed.ask(Method::DELETE, &path, &[], "").await.status, 204);
    assert_eq!(client.push("kept/app", "v1", &Image::oci("third")).await.status, 409);
    assert_eq!(managed.ask(Method::DELETE, &path, &[], "").await.refused(), "404 not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_has_what_was_changed_and_by_whom() {
    let managed = Managed::new(DOCUMENT).await;
    assert_eq!(managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await.status, 201);
    assert_eq!(put(&managed, "*", DOCUMENT).await.status, 204);
    let lines = managed.get("/tagseal/v1/audit?kind=rules&actor=alice").await.json()["lines"].clone();
    let lines: Vec<Value> = lines.as_array().unwrap().clone();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["change"], &lines[0]["revision"]), (&Value::Null, &json!(9)), "the newest is the first");
    assert_eq!(lines[1]["change"]["create"]["namespace"], "prod");
    for line in &lines {
        assert_eq!(line["actor"], json!({"name": "alice", "known-by": "token", "verified": true}));
    }
    assert_eq!(managed.get("/tagseal/v1/audit?actor=bob").await.json(), json!({"lines": [], "next": null}));
}

/// Every path with every method: a reader sees what a person who may change sees, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_changes_nothing() {
    let managed = Managed::new(DOCUMENT).await;
    // Every path of the description, and one that is not in it.
    let described = openapi::DESCRIPTION["paths"].as_object().unwrap().keys();
    let described = described.map(|path| path.replace("{id}", "4").replace("{name}", "kept/app"));
    let paths: Vec<String> = described.chain(["/tagseal/v1/none".to_owned()]).collect();
    let release = r#"{"repository": "kept/app", "tag": "latest", "reason": "restored"}"#;
    let rule = r#"{"namespace": "prod", "preset": "latest"}"#;
    let bodies = [rule, r#"{"version": 1}"#, r#"{"enabled": false}"#, release];
    let (client, image) = (&managed.stack.client, Image::oci("a"));
    assert_eq!(client.push("kept/app", "v1", &image).await.status, 201);
    managed.stack.script(|_| Act::Answer(StatusCode::BAD_GATEWAY, vec![], String::new()));
    assert!(client.put("kept/app", "latest", &image).await.status.is_server_error());
    let open = async || {
        let open = managed.get("/tagseal/v1/open-writes").await.json();
        let fields =
            |open: &Value| [&open["kind"], &open["repository"], &open["tag"], &open["digest"]].map(Value::clone);
        open["writes"].as_array().unwrap().iter().map(fields).collect::<Vec<_>>()
    };
    let before = open().await;
    assert_eq!((before.len(), &before[0][2]), (1, &json!("latest")), "{before:?}");
    for path in &paths {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for body in bodies {
                let authorization = format!("Bearer {READER}");
                let headers = [("authorization", authorization.as_str()), JSON, ("if-match", "*")];
                let answer = managed.stack.client.ask(method.clone(), path, &headers, body.as_bytes()).await;
                assert_eq!(answer.refused(), "403 forbidden", "{method} {path}");
            }
        }
    }
    assert_eq!((managed.document().as_str(), managed.revision(), open().await), (DOCUMENT, 7, before));
    let is_read = |path: &&String| openapi::operation(&Method::GET, path).is_some() && !path.contains("open-writes");
    for path in paths.iter().filter(is_read) {
        let seen = |token: &'static str| {
            let (client, path, authorization) = (managed.stack.client.clone(), path.clone(), format!("Bearer {token}"));
            async move { client.ask(Method::GET, &path, &[("authorization", &authorization)], b"").await }
        };
        let (reader, other) = (seen(READER).await, seen(TOKEN).await);
        assert_eq!((reader.status.as_u16(), &reader.body), (200, &other.body), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_another_registry_are_added_with_new_ids() {
    let managed = Managed::new(DOCUMENT).await;
    let body = r#"{"format": "tcr", "rules": {"Response": {"Rules": [
        {"RepositoryPattern": "**", "TagPattern": "latest", "RepositoryDecoration": "repoMatches",
         "TagDecoration": "excludes", "Disabled": false, "RuleId": 1, "NsName": "prod"}]}}}"#;
    let imported = managed.ask(Method::POST, "/tagseal/v1/import", &[JSON], body).await;
    assert_eq!(imported.json(), json!({"revision": 8, "rules": [5], "losses": []}));
    assert_eq!(managed.ids("?namespace=prod").await, [5]);
    let nonsense = body.replace("\"tcr\"", "\"none\"");
    let refused = managed.ask(Method::POST, "/tagseal/v1/import", &[JSON], &nonsense).await;
    assert_eq!(refused.status, 422, "{refused:?}");
}
