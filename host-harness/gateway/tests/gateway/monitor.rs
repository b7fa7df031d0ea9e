//! A gateway that only monitors, and paths that are passed on.

use std::time::Duration;

use hyper::{Method, StatusCode};
use tagseal_gateway::{AuditLog, GatewaySettings};

use tagseal_test_support::image::Image;
use tagseal_test_support::stack::{Act, POLICY, Stack};

async fn monitor() -> Stack {
    let settings = GatewaySettings::default().with_monitor(true).with_look_up_timeout(Duration::from_secs(2));
    Stack::with(POLICY, settings.with_audit(AuditLog::in_memory())).await
}

#[tokio::test]
async fn what_would_be_refused_is_let_through_with_a_warning() {
    let stack = monitor().await;
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    let allowed = stack.client.push("prod/app", "v1", &first).await;
    assert_eq!((allowed.status.as_u16(), allowed.header("warning")), (201, ""));
    let moved = stack.client.push("prod/app", "v1", &other).await;
    assert_eq!(moved.status, 201, "{moved:?}");
    let warning = moved.header("warning");
    assert!(warning.starts_with("299 tagseal \"this would be refused: tag v1 of prod/app"), "{warning}");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, other.digest());
    let deleted = stack.client.delete(&format!("/v2/prod/app/manifests/{}", other.digest())).await;
    assert_eq!(deleted.status, 202, "{deleted:?}");
    assert!(deleted.header("warning").contains("this would be refused"), "{deleted:?}");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, "");
}

#[tokio::test]
async fn what_can_not_be_decided_is_let_through_too_and_sent_once() {
    let stack = monitor().await;
    let image = Image::oci("first");
    stack.client.upload("prod/app", &image).await;
    stack.script(|asked| match asked.method {
        Method::HEAD => Act::Answer(StatusCode::BAD_GATEWAY, vec![], String::new()),
        _ => Act::Pass,
    });
    let pushed = stack.client.put("prod/app", "v1", &image).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    assert!(pushed.header("warning").contains("this would be refused"), "{pushed:?}");
    let puts = stack.asked().iter().filter(|asked| asked.starts_with("PUT /v2/prod/app/manifests/")).count();
    assert_eq!(puts, 1);
    // The registry's own refusals stay its own.
    stack.script(|asked| match asked.method {
        Method::DELETE => Act::Answer(StatusCode::METHOD_NOT_ALLOWED, vec![], String::new()),
        _ => Act::Pass,
    });
    let deleted = stack.client.delete("/v2/team/app/manifests/v1").await;
    assert_eq!(deleted.status, 405, "{deleted:?}");
    let deletes = stack.asked().iter().filter(|asked| asked.starts_with("DELETE")).count();
    assert_eq!(deletes, 1);
}

#[tokio::test]
async fn a_path_that_is_named_passes_with_every_method_and_no_other_does() {
    let settings = GatewaySettings::default().with_pass_prefixes(vec!["/api/v2.0".parse().unwrap()]);
    let stack = Stack::with(POLICY, settings).await;
    stack.script(|_| Act::Answer(StatusCode::CREATED, vec![], "made".to_owned()));
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = stack.client.ask(method.clone(), "/api/v2.0/projects?a=b", &[("x-csrf-token", "c")], b"{}").await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (201, b"made".as_slice()), "{method}");
        let asked = stack.asked_in_full().pop().unwrap();
        assert_eq!((asked.method, asked.path.as_str()), (method, "/api/v2.0/projects?a=b"));
        assert_eq!(asked.headers["x-csrf-token"], "c");
    }
    for path in ["/api/v2.01", "/c/login", "/api/v2.0/../../v2/prod/app/manifests/v1", "/api/v2.0/%2e%2e/v2/"] {
        let answer = stack.client.ask(Method::POST, path, &[], b"{}").await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {answer:?}");
    }
    // The registry is asked where it issues tokens, and nothing else.
    assert!(stack.asked().iter().all(|asked| asked == "GET /v2/"));
}
