//! The life of rules, as an operator with an HTTP client sees it.

use hyper::Method;
use serde_json::json;

use super::managed::{DOCUMENT, Managed, RULES};
use tagseal_test_support::image::Image;

/// Returns the status of a push of another image under a tag that has one.
async fn overwrite(managed: &Managed, repository: &str, tag: &str) -> u16 {
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    managed.stack.behind.push(repository, tag, &first).await;
    managed.stack.client.push(repository, tag, &other).await.status.as_u16()
}

/// Returns the status of a delete of a tag.
async fn delete(managed: &Managed, repository: &str, tag: &str) -> u16 {
    managed.stack.behind.push(repository, tag, &Image::oci("first")).await;
    managed.stack.client.delete(&format!("/v2/{repository}/manifests/{tag}")).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_with_the_preset_is_created_configured_and_deleted() {
    let managed = Managed::new(DOCUMENT).await;
    assert_eq!(overwrite(&managed, "prod/app", "v1").await, 201);

    let created = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!((created.status.as_u16(), created.header("location")), (201, "/tagseal/v1/rules/5"));
    assert_eq!(created.json(), json!({"id": 5, "namespace": "prod", "preset": "latest"}));
    assert_eq!(overwrite(&managed, "prod/app", "v1").await, 409, "it is enabled, and active at once");
    assert_eq!(overwrite(&managed, "prod/app", "latest").await, 201);

    let second = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!(second.refused(), "409 conflict");
    assert_eq!((&second.json()["rule"], &second.json()["rule-url"]), (&json!(5), &json!("/tagseal/v1/rules/5")));
    let in_the_way = managed.get(second.json()["rule-url"].as_str().unwrap()).await;
    assert_eq!(in_the_way.json(), created.json());
    assert_eq!(in_the_way.header("etag"), created.header("etag"));

    let moved = managed.patch(5, r#"{"namespace": "other"}"#).await;
    assert_eq!(moved.refused(), "422 namespace-fixed");
    assert!(moved.detail().contains("create a rule for the other namespace"), "{}", moved.detail());

    let off = managed.patch(5, r#"{"enabled": false}"#).await;
    assert_eq!((off.status.as_u16(), &off.json()["enabled"]), (200, &json!(false)));
    assert_eq!(overwrite(&managed, "prod/app", "v1").await, 201);
    let on = managed.patch(5, r#"{"enabled": true}"#).await;
    assert_eq!(on.status, 200);
    assert_eq!(overwrite(&managed, "prod/app", "v1").await, 409);

    assert_eq!(delete(&managed, "prod/app", "v1").await, 405);
    let configured = managed.patch(5, r#"{"deletion": "allow", "note": "for a while"}"#).await;
    assert_eq!(configured.json()["note"], "for a while");
    assert_eq!(delete(&managed, "prod/app", "v1").await, 202);
    let configured = managed.patch(5, r#"{"deletion": null, "note": null, "enabled": null}"#).await;
    assert_eq!(configured.json(), created.json());

    let gone = managed.delete(5).await;
    assert_eq!((gone.status.as_u16(), gone.body.len()), (204, 0));
    assert_eq!(overwrite(&managed, "prod/app", "v1").await, 201);
    assert_eq!(managed.get(&format!("{RULES}/5")).await.refused(), "404 not-found");
    assert_eq!(managed.delete(5).await.refused(), "404 not-found");
    let again = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!(again.header("location"), "/tagseal/v1/rules/6", "no id is given twice");

    let kept = r#"    { "id": 4,   "namespace": "kept", "note": "by \u0068and",
      "preset": "latest" }"#;
    assert!(managed.document().contains(kept), "{}", managed.document());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_rule_has_both_kinds_of_selectors_on_both_sides() {
    let managed = Managed::new(DOCUMENT).await;
    let custom = r#"{"namespace": "team", "note": "web and the rest", "protects": [
        {"repositories": {"matches": ["web-*", "site/**"]}, "tags": {"excludes": ["latest", "dev-*"]}},
        {"repositories": {"excludes": "web-*"}, "tags": {"matches": "@release"}}]}"#;
    let created = managed.post(custom).await;
    assert_eq!(created.status, 201, "{created:?}");
    let mut expected: serde_json::Value = serde_json::from_str(custom).unwrap();
    expected["id"] = json!(5);
    assert_eq!(created.json(), expected);
    assert_eq!(managed.get("/tagseal/v1/rules/5").await.json(), expected);
    for (repository, tag, status) in [
        ("team/web-shop", "anything", 409),
        ("team/web-shop", "dev-1", 201),
        ("team/web-shop", "latest", 201),
        ("team/site/a/b", "anything", 409),
        ("team/other", "1.2.3", 409),
        ("team/other", "anything", 201),
    ] {
        assert_eq!(overwrite(&managed, repository, tag).await, status, "{repository}:{tag}");
    }
    let preset = managed.patch(5, r#"{"preset": "latest"}"#).await;
    assert_eq!(preset.json(), json!({"id": 5, "namespace": "team", "note": "web and the rest", "preset": "latest"}));
    assert_eq!(overwrite(&managed, "team/other", "anything").await, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_listed_by_the_query() {
    let managed = Managed::new(DOCUMENT).await;
    for body in [
        r#"{"namespace": "prod", "preset": "latest"}"#,
        r#"{"namespace": "*", "enabled": false, "protects": [{"repositories": {"matches": "**"}, "tags": {"matches": "@release"}}]}"#,
    ] {
        assert_eq!(managed.post(body).await.status, 201);
    }
    let table: [(&str, &[u64]); 11] = [
        ("", &[4, 5, 6]),
        ("?", &[4, 5, 6]),
        ("?enabled=true", &[4, 5]),
        ("?enabled=false", &[6]),
        ("?namespace=prod", &[5]),
        ("?namespace=prod,kept", &[4, 5]),
        ("?namespace=*&namespace=prod", &[5, 6]),
        ("?namespace=%2A", &[6]),
        ("?id=6,4", &[4, 6]),
        ("?id=5&enabled=false", &[]),
        ("?id=99", &[]),
    ];
    for (query, ids) in table {
        assert_eq!(managed.ids(query).await, ids, "{query}");
    }
    let listed = managed.get(&format!("{RULES}?namespace=dev,prod,qa,dev&enabled=false")).await.json();
    assert_eq!((&listed["revision"], &listed["rules"], &listed["described"]), (&json!(9), &json!([]), &json!([])));
    assert_eq!(listed["without-rule"], json!(["dev", "qa"]));
    let all = managed.get(RULES).await;
    assert!(all.json().get("without-rule").is_none());
    assert!(String::from_utf8_lossy(&all.body).contains(r#""by \u0068and""#), "as they are written");
}

#[tokio::test]
async fn a_change_without_an_effect_leaves_the_file_unchanged() {
    use std::os::unix::fs::MetadataExt as _;
    let managed = Managed::new(DOCUMENT).await;
    let before = (std::fs::metadata(&managed.path).unwrap().ino(), managed.get(RULES).await.header("etag").to_owned());
    for body in ["{}", r#"{"enabled": true}"#, r#"{"note": "by hand", "preset": "latest", "deletion": "deny"}"#] {
        let same = managed.patch(4, body).await;
        assert_eq!((same.status.as_u16(), same.header("etag")), (200, before.1.as_str()), "{body}");
    }
    assert_eq!(std::fs::metadata(&managed.path).unwrap().ino(), before.0);
    assert_eq!((managed.document().as_str(), managed.revision()), (DOCUMENT, 7));
}

/// Every method that is not an operation of the description.
#[tokio::test]
async fn head_and_options_are_answered_and_other_methods_are_refused_with_the_list_of_methods() {
    let managed = Managed::new(DOCUMENT).await;
    let table = [
        (RULES, "GET, HEAD, OPTIONS, POST"),
        ("/tagseal/v1/rules/4", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/tagseal/v1/rules/99", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/tagseal/v1/openapi.json", "GET, HEAD, OPTIONS"),
    ];
    for (path, methods) in table {
        let options = managed.ask(Method::OPTIONS, path, &[], "").await;
        assert_eq!((options.status.as_u16(), options.header("allow"), options.body.len()), (204, methods, 0), "{path}");
        let (get, head) = (managed.get(path).await, managed.ask(Method::HEAD, path, &[], "").await);
        assert_eq!((get.status, head.body.len()), (head.status, 0), "{path}");
        for name in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(get.header(name), head.header(name), "{path}: {name}");
        }
        for method in ["PUT", "POST", "PATCH", "DELETE", "TRACE", "QUERY", "get"] {
            if !methods.contains(method) {
                let refused = managed.ask(method.parse().unwrap(), path, &[], "").await;
                assert_eq!(refused.refused(), "405 method-not-allowed", "{method} {path}");
                assert_eq!(refused.header("allow"), methods, "{method} {path}");
            }
        }
    }
    assert_eq!(managed.stack.asked(), [""; 0]);
}
