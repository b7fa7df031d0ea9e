//! The policy file is edited by hand between requests, well and badly.

use std::fs;

use super::managed::{DOCUMENT, Managed, RULES};
use hyper::Method;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_edited_is_what_is_listed_and_changed() {
    let managed = Managed::new(DOCUMENT).await;
    let before = managed.get(RULES).await.header("etag").to_owned();
    // The revision is left as it was: people forget it.
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
async fn a_file_that_does_not_check_is_for_its_editor_to_mend() {
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
            "what is in force stays"
        );
        let body = r#"{"namespace": "prod", "preset": "latest"}"#;
        for refused in [managed.post(body).await, managed.patch(4, r#"{"note": "x"}"#).await, managed.delete(4).await] {
            assert_eq!(refused.refused(), "409 invalid-document");
            assert!(refused.detail().starts_with("the policy file does not check: "), "{}", refused.detail());
            assert!(!refused.json()["problems"].as_array().unwrap().is_empty());
        }
        // The condition is not to blame, whatever it is.
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
    assert_eq!(managed.delete(4).await.status, 204, "mended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_written_is_not_changed() {
    let managed = Managed::new(DOCUMENT).await;
    // Where the lock should be is what can't be opened as a file, even by those who may do anything.
    let lock = managed.path.with_file_name("policy.json.lock");
    fs::create_dir(&lock).unwrap();
    let refused = managed.post(r#"{"namespace": "prod", "preset": "latest"}"#).await;
    assert_eq!(refused.refused(), "500 unwritable");
    assert!(
        refused.detail().contains("policy.json.lock") && refused.detail().contains("needs leave"),
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
    assert_eq!(managed.ids("").await, [4, 5], "what is in force stays");
    assert!(!managed.path.exists());
}
