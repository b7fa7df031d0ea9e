//! Conditions: a change of what was read does not undo what others have changed since.

use hyper::Method;

use super::managed::{DOCUMENT, Managed, RULES};

const ONE: &str = "/tagseal/v1/rules/4";
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_made_only_on_what_was_read() {
    let managed = Managed::new(DOCUMENT).await;
    let read = managed.get(ONE).await.header("etag").to_owned();
    assert_eq!(read, managed.get(RULES).await.header("etag"), "all come from one document");
    assert!(read.starts_with("\"7-"), "{read}");
    let changed = managed.ask(Method::PATCH, ONE, &[JSON, ("if-match", &read)], r#"{"note": "mine"}"#).await;
    let written = changed.header("etag").to_owned();
    assert_eq!(changed.status, 200);
    assert!(written.starts_with("\"8-"), "{written}");
    assert_eq!(written, managed.get(ONE).await.header("etag"));

    let before = managed.document();
    for (method, path, body) in [
        (Method::PATCH, ONE, r#"{"note": "theirs"}"#),
        (Method::DELETE, ONE, ""),
        (Method::POST, RULES, r#"{"namespace": "prod", "preset": "latest"}"#),
    ] {
        let stale = managed.ask(method.clone(), path, &[JSON, ("if-match", &read)], body).await;
        assert_eq!(stale.refused(), "412 stale", "{method}");
        assert!(stale.detail().contains("read them again"), "{}", stale.detail());
        let stale = managed.ask(method.clone(), path, &[JSON, ("if-none-match", &written)], body).await;
        assert_eq!(stale.refused(), "412 stale", "{method}");
    }
    assert_eq!(managed.document(), before);
    let both = format!("{read}, {written}");
    let removed = managed.ask(Method::DELETE, ONE, &[("if-match", &both)], "").await;
    assert_eq!(removed.status, 204);
}

#[tokio::test]
async fn a_known_version_is_not_sent_again() {
    let managed = Managed::new(DOCUMENT).await;
    for path in [RULES, ONE] {
        let tag = managed.get(path).await.header("etag").to_owned();
        for method in [Method::GET, Method::HEAD] {
            for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
                let same = managed.ask(method.clone(), path, &[("if-none-match", &known)], "").await;
                assert_eq!((same.status.as_u16(), same.header("etag"), same.body.len()), (304, tag.as_str(), 0));
            }
            assert_eq!(managed.ask(method.clone(), path, &[("if-none-match", "\"7-x\"")], "").await.status, 200);
            assert_eq!(managed.ask(method, path, &[("if-match", "\"7-x\"")], "").await.status, 412);
        }
    }
}

#[tokio::test]
async fn a_missing_rule_is_reported_whatever_the_condition() {
    let managed = Managed::new(DOCUMENT).await;
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        for condition in [("if-match", "\"7-x\""), ("if-match", "*"), ("if-none-match", "*")] {
            let answer = managed.ask(method.clone(), "/tagseal/v1/rules/99", &[JSON, condition], "{}").await;
            assert_eq!(answer.refused(), "404 not-found", "{method} {condition:?}");
        }
    }
}

#[tokio::test]
async fn an_invalid_condition_is_refused() {
    let managed = Managed::new(DOCUMENT).await;
    for name in ["if-match", "if-none-match"] {
        for value in ["7", "\"7", "*, \"7\"", ""] {
            for (method, path) in
                [(Method::GET, RULES), (Method::PATCH, ONE), (Method::DELETE, ONE), (Method::POST, RULES)]
            {
                let refused = managed.ask(method, path, &[JSON, (name, value)], "{}").await;
                assert_eq!(refused.refused(), "400 invalid-request", "{name}: {value}");
                assert!(refused.detail().contains(&format!("`{name}` is invalid")), "{}", refused.detail());
            }
        }
    }
    assert_eq!(managed.document(), DOCUMENT);
}
