//! The policy file is edited by hand between requests, with valid and invalid documents.

use std::fs;

use super::managed::{DOCUMENT, Managed, RULES};
use hyper::Method;

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_file_is_listed_and_changed() {
    let managed = Managed::new(DOCUMENT).await;
    let before = managed.get(RULES).await.header("etag").to_owned();
    // The revision stays the same, since people forget to change it.
    managed.edit(&DOCUMENT.replace("\"kept\"", "\"edited\""));
    let stale = managed.ask(Method::DELETE, "/tagseal/v1/rules/4", &[("if-match", &before)], "").await;
    assert_eq!(stale.refused(), "412 stale");
    let listed = managed.get(RULES).await;
    assert_ne!(listed.header("etag"), before);
    assert_eq!(listed.json()["rules"][0]["namespace"], "edited");

    managed.edit(&DOCUMENT.replace("\"kept\"", "\"edited-again\""));
    let created = managed.post(r#"{"namespace": "kept", "preset": "latest"}"#).await;
    assert_eq!(created.status, 201, "{created:?}");
    let document = managed.document();
    assert!(document.contains("edited-again") && document.contains("\"kept\""), "{document}");
    assert_eq!(managed.revision(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_file_has_to_be_fixed_by_its_editor() {
    let managed = Managed::new(DOCUMENT).await;
    let before = managed.get(RULES).await;
    let broken = [
        DOCUMENT.replace("\"latest\"", "\"newest\""),
        DOCUMENT.replace("\"id\": 4", "\"id\": 0").replace("\"version\": 1", "\"version\": 2"),
        DOCUMENT.chars().take(100).collect(),
        String::new(),
        format!("{DOCUMENT} ").replace("{\n  \"version\"", "\u{feff}{\n  \"version\""),
    ];
    for broken in &broken {
        managed.edit(broken);
        let listed = managed.get(RULES).await;
        assert_eq!(
            (listed.header("etag"), &listed.body),
            (before.header("etag"), &before.body),
            "the last valid policy stays active"
        );
        let body = r#"{"namespace": "prod", "preset": "latest"}"#;
        for refused in [managed.post(body).await, managed.patch(4, r#"{"note": "x"}"#).await, managed.delete(4).await] {
            assert_eq!(refused.refused(), "409 invalid-document");
            assert!(refused.detail().starts_with("the policy file is invalid: "), "{}", refused.detail());
            assert!(!refused.json()["problems"].as_array().unwrap().is_empty());
        }
        // The invalid file is reported, whatever the condition.
        let refused = managed.ask(Method::DELETE, "/tagseal/v1/rules/4", &[("if-match", "\"x\"")], "").await;
        assert_eq!(refused.refused(), "409 invalid-document");
        assert_eq!((managed.document(), managed.revision()), (broken.clone(), 7));
    }
    managed.edit(&broken[1]);
    let places = managed.delete(4).await.json()["problems"].clone();
    let places: Vec<_> =
        places.as_array().unwrap().iter().map(|it| (it["pointer"].clone(), it["line"].clone())).collect();
    assert_eq!(places, [("/version".into(), 2.into()), ("/rules/0/id".into(), 6.into())]);

    fs::write(&managed.path, b"{\"version\": 1, \"rules\": [], \"instance\": \"\xff\"}").unwrap();
    assert_eq!(managed.delete(4).await.refused(), "409 invalid-document");
    managed.edit(DOCUMENT);
    assert_eq!(managed.delete(4).await.status, 204, "fixed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_written_is_not_changed() {
    let managed = Managed::new(DOCUMENT).await;
    // A folder stands in the place of the lock. Not even a superuser can open it as a file.
    let lock = managed.path.with_file_name("policy.json.lock");
    fs::create_dir(&lock).unwrap();
    let refused = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!(refused.refused(), "500 unwritable");
    assert!(
        refused.detail().contains("policy.json.lock") && refused.detail().contains("needs permission"),
        "{}",
        refused.detail()
    );
    assert_eq!((managed.document().as_str(), managed.revision()), (DOCUMENT, 7));
    assert_eq!(managed.ids("").await, [4], "it can be read all the same");
    fs::remove_dir(&lock).unwrap();
    assert_eq!(managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await.status, 201);

    fs::remove_file(&managed.path).unwrap();
    let refused = managed.delete(4).await;
    assert_eq!(refused.refused(), "500 unreadable");
    assert_eq!(managed.ids("").await, [4, 5], "the last valid policy stays active");
    assert!(!managed.path.exists());
}
