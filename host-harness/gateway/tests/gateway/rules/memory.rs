//! What the ledger knows, over HTTP: repositories and tags, open writes and their release, drift, and the audit of all gateways.

use std::path::Path;
use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tagseal_distribution::reference::{Algorithm, Repository, Tag};
use tagseal_gateway::{AuditFilter, BindingState, Ledger, LedgerSettings, Origin, Place};
use tokio::time::sleep;

use super::managed::{DOCUMENT, Managed};
use crate::postgres;
use tagseal_test_support::image::Image;
use tagseal_test_support::postgres::PostgresServer;
use tagseal_test_support::stack::Act;

const JSON: (&str, &str) = ("content-type", "application/json");
const RELEASE: &str = "/tagseal/v1/open-writes/release";
const OPEN: &str = "/tagseal/v1/open-writes";

async fn in_file(path: &Path) -> Ledger {
    Ledger::open(&Place::File(path.to_owned()), LedgerSettings::default()).await.unwrap()
}

/// Returns the first list of an answer that has entries, since the audit does not wait for the ledger.
async fn entries(managed: &Managed, path: &str, list: &str) -> Vec<Value> {
    for _ in 0..1000 {
        let answer = managed.get(path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let entries = answer.json()[list].as_array().unwrap().clone();
        if !entries.is_empty() {
            return entries;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing comes at {path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_and_tags_are_listed_page_by_page_with_the_rule_that_protects_each() {
    let managed = Managed::new(DOCUMENT).await;
    let (client, image) = (&managed.stack.client, Image::oci("a"));
    for (repository, tag) in [("kept/app", "v1"), ("kept/app", "latest"), ("kept/app", "v2"), ("free/app", "v1")] {
        client.upload(repository, &image).await;
        let path = format!("/v2/{repository}/manifests/{tag}");
        let headers = [("content-type", image.media_type), ("authorization", "Basic YWxpY2U6c2VjcmV0")];
        assert_eq!(client.ask(Method::PUT, &path, &headers, &image.bytes).await.status, 201);
    }
    // The end of a push comes into a ledger that is not shared after its answer.
    let is_there = |listed: &Value| {
        listed["repositories"].as_array().unwrap().len() == 2 && listed["repositories"][1]["complete"] == true
    };
    while !is_there(&managed.get("/tagseal/v1/repositories").await.json()) {
        sleep(Duration::from_millis(5)).await;
    }
    let listed = managed.get("/tagseal/v1/repositories?limit=1").await.json();
    let free = json!({"name": "free/app", "bound": 1, "retired": 0, "complete": false});
    assert_eq!(listed, json!({"repositories": [free], "durable": false, "next": "free/app"}));
    let listed = managed.get("/tagseal/v1/repositories?after=free/app").await.json();
    let kept = json!({"name": "kept/app", "bound": 3, "retired": 0, "complete": true});
    assert_eq!(listed, json!({"repositories": [kept], "durable": false, "next": null}));

    let first = managed.get("/tagseal/v1/repositories/kept/app/tags?limit=2").await.json();
    assert_eq!((&first["next"], &first["complete"], &first["revision"]), (&json!("v1"), &json!(true), &json!(7)));
    let fields = |tag: &Value| [&tag["tag"], &tag["code"], &tag["rule"], &tag["namespace"]].map(Value::clone);
    let tags: Vec<_> = first["tags"].as_array().unwrap().iter().map(fields).collect();
    let expected = [json!(["latest", "unprotected", null, null]), json!(["v1", "immutable", 4, "kept"])];
    assert_eq!(json!(tags), json!(expected));
    let tag = &first["tags"][1];
    assert_eq!((&tag["digest"], &tag["state"]), (&json!(image.digest()), &json!("bound")), "{tag}");
    assert_eq!(tag["actor"], "alice at 127.0.0.1");
    let rest = managed.get("/tagseal/v1/repositories/kept%2Fapp/tags?after=v1").await.json();
    assert_eq!((&rest["tags"][0]["tag"], &rest["next"]), (&json!("v2"), &Value::Null), "{rest}");
    assert_eq!(managed.get("/tagseal/v1/repositories/none/tags").await.refused(), "404 not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_write_is_listed_until_it_is_released_and_the_release_is_in_the_audit() {
    let managed = Managed::new(DOCUMENT).await;
    let (client, first, other) = (&managed.stack.client, Image::oci("first"), Image::oci("other"));
    for image in [&first, &other] {
        client.upload("kept/app", image).await;
    }
    managed.stack.script(|asked| match asked.method {
        Method::PUT => Act::Answer(StatusCode::BAD_GATEWAY, vec![], "gone".to_owned()),
        _ => Act::Pass,
    });
    assert!(client.put("kept/app", "v1", &first).await.status.is_server_error());
    assert!(client.put("kept/app", "v2", &first).await.status.is_server_error());
    managed.stack.script(|_| Act::Pass);
    assert_eq!(client.put("kept/app", "v1", &other).await.refusal(), "503 UNAVAILABLE");

    while managed.get(OPEN).await.json()["writes"].as_array().unwrap().iter().any(|open| open["waiting"] != "left") {
        sleep(Duration::from_millis(5)).await;
    }
    let page = managed.get(&format!("{OPEN}?limit=1")).await.json();
    let open = &page["writes"][0];
    assert_eq!((&open["kind"], &open["tag"], &open["digest"]), (&json!("push"), &json!("v1"), &json!(first.digest())));
    assert_eq!(
        (&open["before"], &open["waiting"], &open["protected"]),
        (&json!("absent"), &json!("left"), &json!(true))
    );
    let next = page["next"].as_str().unwrap();
    let rest = managed.get(&format!("{OPEN}?after={next}")).await.json();
    assert_eq!((&rest["writes"][0]["tag"], &rest["next"]), (&json!("v2"), &Value::Null), "{rest}");
    assert_eq!(managed.get(&format!("{OPEN}?after=now")).await.refused(), "400 invalid-query");

    let body = r#"{"repository": "kept/app", "tag": "v1", "reason": "the registry was restored"}"#;
    let released = managed.ask(Method::POST, RELEASE, &[JSON], body).await;
    assert_eq!((released.status.as_u16(), released.json()), (200, json!({"writes": 1, "freed": false})));
    assert_eq!(managed.ask(Method::POST, RELEASE, &[JSON], body).await.refused(), "404 not-found", "it is gone");
    assert_eq!(client.put("kept/app", "v1", &other).await.status, 201, "and the gateway knows it at once");
    let lines = managed.get("/tagseal/v1/audit?kind=release&actor=alice&tag=v1").await.json()["lines"].clone();
    assert_eq!((lines.as_array().unwrap().len(), &lines[0]["reason"]), (1, &json!("the registry was restored")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_names_nothing_valid_is_refused() {
    let managed = Managed::new(DOCUMENT).await;
    let digest = format!("sha256:{}", "a".repeat(64));
    let table = [
        json!({"repository": "kept/app", "reason": "x"}),
        json!({"repository": "kept/app", "tag": "v1", "digest": digest, "reason": "x"}),
        json!({"repository": "kept/app", "tag": "v1"}),
        json!({"repository": "kept/app", "tag": "v1", "reason": " "}),
        json!({"repository": "kept/app", "tag": "v1", "reason": "a".repeat(501)}),
        json!({"repository": "kept/app", "tag": "v1", "reason": "a\nb"}),
        json!({"repository": "Kept", "tag": "v1", "reason": "x"}),
        json!({"repository": "kept/app", "tag": "v/1", "reason": "x"}),
        json!({"repository": "kept/app", "digest": "sha256:a", "reason": "x"}),
        json!({"repository": "kept/app", "tag": "v1", "reason": "x", "force": true}),
        json!([]),
    ];
    for body in table {
        let refused = managed.ask(Method::POST, RELEASE, &[JSON], &body.to_string()).await;
        assert_eq!(refused.refused(), "422 invalid", "{body}");
    }
    let manifest = json!({"repository": "kept/app", "digest": digest, "reason": "x"}).to_string();
    assert_eq!(managed.ask(Method::POST, RELEASE, &[JSON], &manifest).await.refused(), "404 not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_behind_the_gateway_is_listed() {
    let managed = Managed::new(DOCUMENT).await;
    let (stack, first, other) = (&managed.stack, Image::oci("first"), Image::oci("other"));
    for image in [&first, &other] {
        stack.client.upload("kept/app", image).await;
    }
    assert_eq!(stack.client.put("kept/app", "v1", &first).await.status, 201);
    assert_eq!(managed.get("/tagseal/v1/drift").await.json(), json!({"tags": [], "next": null}));
    assert_eq!(stack.behind.put("kept/app", "v1", &other).await.status, 201);
    assert_eq!(stack.client.put("kept/app", "v1", &first).await.refusal(), "409 DENIED");
    let [tag] = entries(&managed, "/tagseal/v1/drift?repository=kept/app&tag=v1", "tags").await.try_into().unwrap();
    assert_eq!((&tag["expected"], &tag["found"]), (&json!(first.digest()), &json!(other.digest())), "{tag}");
    assert_eq!((&tag["what"], &tag["repository"]), (&json!("moved"), &json!("kept/app")));
    assert_eq!(managed.get("/tagseal/v1/drift?tag=v2").await.json()["tags"], json!([]));
}

/// Low: an audit that only the process remembers is gone with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_of_earlier_gateways_is_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let managed = Managed::remembering(DOCUMENT, in_file(&path).await).await;
    denied(&managed, "v1").await;
    assert_eq!(managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await.status, 201);
    let denied = entries(&managed, "/tagseal/v1/audit?kind=denied&rule=4&repository=kept/app&tag=v1", "lines").await;
    assert_eq!((denied.len(), &denied[0]["decision"]["code"]), (1, &json!("immutable")));
    entries(&managed, "/tagseal/v1/audit?kind=rules&actor=alice", "lines").await;
    let page = managed.get("/tagseal/v1/audit?limit=1").await.json();
    let rest = managed.get(&format!("/tagseal/v1/audit?before={}", page["next"])).await.json();
    let kinds = [&page["lines"][0]["kind"], &rest["lines"][0]["kind"]];
    assert_eq!((kinds, &rest["next"]), ([&json!("rules"), &json!("denied")], &Value::Null), "newest first, in parts");
    for nothing in ["kind=override", "rule=9", "repository=kept", "tag=v", "actor=bob", "tag=v1%20v2", "tag=%25"] {
        let lines = managed.get(&format!("/tagseal/v1/audit?{nothing}")).await.json()["lines"].clone();
        assert_eq!(lines, json!([]), "{nothing}");
    }
    let other = Ledger::open_beside(&Place::File(path)).await.unwrap();
    let lines = other.audit_page(&AuditFilter::default(), None, 10).await.unwrap().lines;
    assert_eq!(lines.len(), 2, "{lines:?}");
}

/// Pushes two images under a tag, so that the second one is denied.
async fn denied(managed: &Managed, tag: &str) {
    let client = &managed.stack.client;
    for (image, status) in [(Image::oci("first"), 201), (Image::oci("other"), 409)] {
        assert_eq!(client.push("kept/app", tag, &image).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_that_of_all_gateways_that_share_a_ledger() {
    let Some(mut server) = PostgresServer::start() else { return };
    let (one, two) = (postgres::ledger(&server.url(), "one").await, postgres::ledger(&server.url(), "two").await);
    let (one, two) = (Managed::remembering(DOCUMENT, one).await, Managed::remembering(DOCUMENT, two).await);
    denied(&one, "v1").await;
    denied(&two, "v2").await;
    for managed in [&one, &two] {
        for tag in ["v1", "v2"] {
            let path = format!("/tagseal/v1/audit?kind=denied&rule=4&tag={tag}");
            assert_eq!(entries(managed, &path, "lines").await.len(), 1, "{tag}");
        }
        let page = managed.get("/tagseal/v1/audit?limit=1").await.json();
        let rest = managed.get(&format!("/tagseal/v1/audit?before={}", page["next"])).await.json();
        assert_eq!((rest["lines"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null), "{rest}");
    }
    let tags = one.get("/tagseal/v1/repositories/kept/app/tags").await.json()["tags"].clone();
    assert_eq!(tags.as_array().unwrap().len(), 2, "{tags}");
    server.crash();
    for path in ["audit", "drift", "repositories", "repositories/kept/app/tags", "open-writes"] {
        assert_eq!(one.get(&format!("/tagseal/v1/{path}")).await.refused(), "503 unavailable", "{path}");
    }
    let body = r#"{"repository": "kept/app", "tag": "v1", "reason": "x"}"#;
    assert_eq!(one.ask(Method::POST, RELEASE, &[JSON], body).await.refused(), "503 unavailable");
    let ended = one.stack.client.push("kept/app", "latest", &Image::oci("third")).await;
    assert_eq!(ended.status, 201, "what no rule protects goes on");
}

#[tokio::test]
async fn old_lines_of_the_audit_are_deleted_but_for_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("ledger.db"));
    let operator = Ledger::open_beside(&place).await.unwrap();
    let repository = Repository::parse("kept/app").unwrap();
    for tag in ["v1", "v2", "v3"] {
        let digest = Algorithm::Sha256.digest(tag.as_bytes());
        let retired = [(Tag::parse(tag).unwrap(), digest, BindingState::Retired)];
        operator.bind_new(&repository, &retired, "test").await.unwrap();
        let subject = format!("kept/app:{tag}").parse().unwrap();
        let released = operator.release(&subject, &Origin::operator("bob"), "x").await.unwrap();
        assert!(released.is_free);
    }
    let all = AuditFilter::default();
    assert_eq!(operator.audit_page(&all, None, 10).await.unwrap().lines.len(), 3);
    sleep(Duration::from_millis(20)).await;
    let settings = LedgerSettings { audit_keep: Duration::from_millis(1), ..LedgerSettings::default() };
    let _gateway = Ledger::open(&place, settings).await.unwrap();
    let mut lines = Vec::new();
    for _ in 0..1000 {
        lines = operator.audit_page(&all, None, 10).await.unwrap().lines;
        if lines.len() == 1 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3], "{lines:?}");
}
