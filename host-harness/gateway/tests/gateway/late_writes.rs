//! Writes that the registry carries out long after its answer, or without one. The numbers are those of the attacks that moved a
//! protected tag before.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tagseal_gateway::{ActivePolicy, AuditFilter, GatewaySettings, Ledger, LedgerSettings, Origin, Place, TagDelete};
use tokio::sync::Notify;
use tokio::time::sleep;

use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{self, Act, POLICY, Stack};

fn settings() -> GatewaySettings {
    let (look_up, commit) = (Duration::from_secs(2), Duration::from_millis(300));
    GatewaySettings::default()
        .with_look_up_timeout(look_up)
        .with_commit_timeout(commit)
        .with_tag_delete(TagDelete::Untags)
}

/// Applies to the next request with this method and this part in its path. All others are carried out.
fn once(method: Method, part: &'static str, act: Act) -> impl FnMut(&stack::Asked) -> Act {
    let mut act = Some(act);
    move |asked| {
        let is_it = asked.method == method && asked.path.contains(part);
        is_it.then(|| act.take()).flatten().unwrap_or(Act::Pass)
    }
}

async fn with_file(path: &Path) -> Stack {
    let settings_of_ledger =
        LedgerSettings { late_write_limit: Some(Duration::from_secs(600)), ..LedgerSettings::default() };
    let ledger = Ledger::open(&Place::File(path.to_owned()), settings_of_ledger).await.unwrap();
    Stack::remembering(ActivePolicy::new(stack::policy(POLICY)), settings(), ledger).await
}

/// Two images whose blobs are in a repository.
async fn images(client: &Registry, repository: &str) -> (Image, Image) {
    let (a, b) = (Image::oci("a"), Image::oci("b"));
    client.upload(repository, &a).await;
    client.upload(repository, &b).await;
    (a, b)
}

async fn until(client: &Registry, repository: &str, tag: &str, digest: &str) {
    while client.resolve(repository, tag).await != digest {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn c2_a_successor_knows_of_a_push_that_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let stack = with_file(&path).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    let late = Arc::new(Notify::new());
    stack.script(once(Method::PUT, "/manifests/v1", Act::Silent(Arc::clone(&late))));
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.refusal(), "503 UNAVAILABLE");
    let successor = stack.successor(settings(), Ledger::open_beside(&Place::File(path)).await.unwrap()).await;
    stack.check_late_push(&successor, "prod/app", &late, [&a, &b]).await;
    assert_eq!(successor.put("prod/app", "v1", &a).await.status, 201);
}

#[tokio::test]
async fn c2_a_successor_knows_of_a_delete_of_a_manifest_that_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let stack = with_file(&path).await;
    let (a, b) = images(&stack.client, "free/app").await;
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201);
    let late = Arc::new(Notify::new());
    stack.script(once(Method::DELETE, "/manifests/sha256:", Act::Silent(Arc::clone(&late))));
    let manifest = format!("/v2/free/app/manifests/{}", a.digest());
    assert_eq!(stack.client.delete(&manifest).await.refusal(), "503 UNAVAILABLE");
    let successor = stack.successor(settings(), Ledger::open_beside(&Place::File(path)).await.unwrap()).await;
    assert_eq!(successor.put("free/app", "v1", &a).await.refusal(), "503 UNAVAILABLE", "it would vanish");
    let other = successor.put("free/app", "v2", &b).await;
    assert_eq!(other.status, 201, "that one is in no danger: {other:?}");
    late.notify_one();
    until(&stack.behind, "free/app", "v1", "").await;
    assert_eq!(successor.put("free/app", "v1", &a).await.status, 201);
    assert_eq!(stack.behind.resolve("free/app", "v1").await, a.digest());
}

#[tokio::test]
async fn c3_no_status_settles_a_push_but_a_registrys_own_refusal() {
    let unclear = [
        307, 400, 404, 408, 409, 413, 425, 429, 499, 500, 501, 502, 503, 504, 505, 507, 508, 520, 521, 522, 523, 524,
        525, 527, 529, 530, 598, 599,
    ];
    for status in unclear {
        let stack = Stack::with(POLICY, settings()).await;
        let (a, b) = images(&stack.client, "prod/app").await;
        let (late, status) = (Arc::new(Notify::new()), StatusCode::from_u16(status).unwrap());
        let page = "<html>this is a proxy</html>";
        stack.script(once(Method::PUT, "/manifests/v1", Act::Late(status, page, Arc::clone(&late))));
        let answer = stack.client.put("prod/app", "v1", &a).await;
        assert!(answer.status == status || status == 307 && answer.status == 502, "{status}: {answer:?}");
        assert_eq!(stack.client.put("prod/app", "v1", &b).await.refusal(), "503 UNAVAILABLE", "{status}");
        late.notify_one();
        until(&stack.behind, "prod/app", "v1", &a.digest()).await;
        assert_eq!(stack.client.put("prod/app", "v1", &b).await.refusal(), "409 DENIED", "{status}");
    }
}

#[tokio::test]
async fn c3_a_registrys_own_refusal_settles_a_push() {
    for status in [400, 403, 404, 405, 409, 413, 415, 416, 422] {
        let stack = Stack::with(POLICY, settings()).await;
        let (a, b) = images(&stack.client, "prod/app").await;
        let status = StatusCode::from_u16(status).unwrap();
        let refusal = r#"{"errors":[{"code":"DENIED","message":"no"}]}"#.to_owned();
        stack.script(once(Method::PUT, "/manifests/v1", Act::Answer(status, vec![], refusal)));
        assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, status);
        assert_eq!(stack.client.put("prod/app", "v1", &b).await.status, 201, "{status}");
    }
}

#[tokio::test]
async fn c5_a_push_of_the_same_digest_may_come_late_too() {
    let stack = Stack::with(POLICY, settings()).await;
    let (a, b) = images(&stack.client, "free/app").await;
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201);
    let late = Arc::new(Notify::new());
    stack.script(once(Method::PUT, "/manifests/v1", Act::Silent(Arc::clone(&late))));
    assert_eq!(stack.client.put("free/app", "v1", &a).await.refusal(), "503 UNAVAILABLE");
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201, "the same content may follow");
    let path = "/v2/free/app/manifests/v1";
    assert_eq!(stack.client.delete(path).await.refusal(), "503 UNAVAILABLE", "the first one may still come");
    let manifest = format!("/v2/free/app/manifests/{}", a.digest());
    assert_eq!(stack.client.delete(&manifest).await.refusal(), "503 UNAVAILABLE", "so may it here");
    assert_eq!(stack.client.put("free/app", "v1", &b).await.refusal(), "409 DENIED");
    assert_eq!(stack.behind.resolve("free/app", "v1").await, a.digest());
}

#[tokio::test]
async fn c6_a_delete_of_a_tag_may_come_late_too() {
    let stack = Stack::with(POLICY, settings()).await;
    let (a, b) = images(&stack.client, "free/app").await;
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201);
    let late = Arc::new(Notify::new());
    stack.script(once(Method::DELETE, "/manifests/v1", Act::Silent(Arc::clone(&late))));
    let path = "/v2/free/app/manifests/v1";
    assert_eq!(stack.client.delete(path).await.refusal(), "503 UNAVAILABLE");
    assert_eq!(stack.client.delete(path).await.refusal(), "503 UNAVAILABLE", "a second one looks like the first");
    assert_eq!(stack.client.put("free/app", "v1", &a).await.refusal(), "503 UNAVAILABLE", "it would vanish");
    assert_eq!(stack.client.put("free/app", "v1", &b).await.refusal(), "409 DENIED", "it is still the other one");
    late.notify_one();
    until(&stack.behind, "free/app", "v1", "").await;
    assert_eq!(stack.client.put("free/app", "v1", &b).await.status, 201, "only that delete can have removed it");
    sleep(Duration::from_millis(50)).await;
    assert_eq!(stack.behind.resolve("free/app", "v1").await, b.digest());
}

#[tokio::test]
async fn c7_a_push_from_before_the_rule_may_come_late_too() {
    let stack = Stack::with(POLICY, settings()).await;
    let (a, b) = images(&stack.client, "team/app").await;
    let late = Arc::new(Notify::new());
    stack.script(once(Method::PUT, "/manifests/v1", Act::Silent(Arc::clone(&late))));
    assert_eq!(stack.client.put("team/app", "v1", &a).await.refusal(), "503 UNAVAILABLE");
    assert_eq!(stack.client.put("team/app", "v2", &b).await.status, 201);
    stack.active_policy.replace(stack::policy(&POLICY.replace("\"prod\"", "\"team\"")));
    stack.check_late_push(&stack.client, "team/app", &late, [&a, &b]).await;
    assert_eq!(stack.client.put("team/app", "v2", &b).await.status, 201);
}

/// A registry that removes the manifest with the tag, and so all other tags of it.
fn deletes_manifest(digest: String) -> impl FnMut(&stack::Asked) -> Act {
    move |asked| match asked.method {
        Method::DELETE if asked.path.ends_with("/latest") => {
            Act::Instead(asked.path.replace("/manifests/latest", &format!("/manifests/{digest}")))
        }
        _ => Act::Pass,
    }
}

#[tokio::test]
async fn c8_a_delete_of_a_tag_does_not_take_a_protected_one_with_it() {
    for kind in [None, Some(TagDelete::DeletesManifest)] {
        let stack = Stack::with(POLICY, settings().with_tag_delete(kind)).await;
        let (a, b) = images(&stack.client, "prod/app").await;
        for tag in ["v1", "latest"] {
            assert_eq!(stack.client.put("prod/app", tag, &a).await.status, 201);
        }
        stack.script(deletes_manifest(a.digest()));
        let refused = stack.client.delete("/v2/prod/app/manifests/latest").await;
        assert_eq!(refused.refusal(), "405 DENIED");
        assert!(refused.message().contains("v1") && refused.message().contains("--tag-delete untags"), "{refused:?}");
        assert_eq!(stack.behind.resolve("prod/app", "v1").await, a.digest());
        assert_eq!(stack.client.put("prod/app", "latest", &b).await.status, 201);
        stack.script(deletes_manifest(b.digest()));
        assert_eq!(
            stack.client.delete("/v2/prod/app/manifests/latest").await.status,
            202,
            "no other tag needs that one"
        );
        assert_eq!(stack.behind.resolve("prod/app", "v1").await, a.digest());
    }
}

#[tokio::test]
async fn c8_what_a_registry_does_with_a_deleted_tag_is_learned_from_a_harmless_delete() {
    let stack = Stack::with(POLICY, settings().with_tag_delete(None)).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    for (tag, image) in [("v1", &a), ("latest", &b)] {
        assert_eq!(stack.client.put("prod/app", tag, image).await.status, 201);
    }
    assert_eq!(stack.client.delete("/v2/prod/app/manifests/latest").await.status, 202);
    assert_eq!(stack.client.put("prod/app", "latest", &a).await.status, 201);
    assert_eq!(stack.client.delete("/v2/prod/app/manifests/latest").await.status, 202, "it keeps the manifest");
    assert_eq!(stack.behind.resolve("prod/app", "v1").await, a.digest());
}

#[tokio::test]
async fn a_retired_tag_comes_back_with_its_own_image_only() {
    let folder = tempfile::tempdir().unwrap();
    let policy = POLICY.replace("\"deletion\": \"allow\"", "\"deletion\": \"retire\"");
    let ledger = Ledger::open(&Place::File(folder.path().join("ledger.db")), LedgerSettings::default()).await.unwrap();
    let stack = Stack::remembering(ActivePolicy::new(stack::policy(&policy)), settings(), ledger).await;
    let (a, b) = images(&stack.client, "free/app").await;
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201);
    assert_eq!(stack.client.delete("/v2/free/app/manifests/v1").await.status, 202);
    let refused = stack.client.put("free/app", "v1", &b).await;
    assert_eq!(refused.refusal(), "409 DENIED");
    assert!(refused.message().contains("was deleted"), "{}", refused.message());
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201);

    let stack = Stack::with(&policy, settings()).await;
    let (a, _) = images(&stack.client, "free/app").await;
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 201);
    let refused = stack.client.delete("/v2/free/app/manifests/v1").await;
    assert_eq!(refused.refusal(), "405 DENIED", "a gateway without a durable ledger can't remember it");
}

/// Returns the only line about drift, once it is in the ledger.
async fn drift(operator: &Ledger) -> Value {
    let filter = AuditFilter { kind: Some("drift".to_owned()), ..AuditFilter::default() };
    loop {
        let page = operator.audit_page(&filter, None, 2).await.unwrap();
        if let [(_, line)] = page.lines.as_slice() {
            return serde_json::from_str(line).unwrap();
        }
        assert!(page.lines.is_empty(), "{page:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_protected_tag_that_is_deleted_without_the_gateway_is_used_up_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let stack = with_file(&path).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 201);
    assert_eq!(stack.behind.delete("/v2/prod/app/manifests/v1").await.status, 202);
    assert_eq!(stack.client.put("prod/app", "v1", &b).await.refusal(), "409 DENIED");
    let operator = Ledger::open_beside(&Place::File(path)).await.unwrap();
    let drifted = drift(&operator).await;
    assert_eq!(drifted["tags"][0]["what"], "vanished", "{drifted}");
    let subject = "prod/app:v1".parse().unwrap();
    operator.release(&subject, &Origin::operator("bob"), "deleted on purpose").await.unwrap();
    assert_eq!(stack.client.put("prod/app", "v1", &b).await.status, 201);
}

#[tokio::test]
async fn a_protected_tag_that_is_moved_without_the_gateway_is_reported_and_kept_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let stack = with_file(&path).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 201);
    assert_eq!(stack.behind.put("prod/app", "v1", &b).await.status, 201);
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.refusal(), "409 DENIED");
    assert_eq!(stack.client.put("prod/app", "v1", &b).await.status, 201);
    let operator = Ledger::open_beside(&Place::File(path)).await.unwrap();
    let drifted = drift(&operator).await;
    let expected =
        json!([{"repository": "prod/app", "tag": "v1", "expected": a.digest(), "found": b.digest(), "what": "moved"}]);
    assert_eq!((&drifted["tags"], &drifted["revision"]), (&expected, &7.into()), "{drifted}");
}

/// Requests from this client carry credentials.
async fn put_as(client: &Registry, user: &str, tag: &str, image: &Image) -> tagseal_test_support::registry::Answer {
    let headers = [("content-type", image.media_type), ("authorization", user)];
    client.ask(Method::PUT, &format!("/v2/prod/app/manifests/{tag}"), &headers, &image.bytes).await
}

#[tokio::test]
async fn h10_a_client_that_may_not_push_does_not_keep_others_from_a_tag() {
    let stack = Stack::with(POLICY, settings()).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    stack.script(|asked| {
        let is_stranger = asked.headers.get("authorization").is_some_and(|user| user == "Basic reader");
        match asked.method {
            Method::PUT if is_stranger => Act::Answer(StatusCode::SERVICE_UNAVAILABLE, vec![], "busy".to_owned()),
            Method::POST if is_stranger => {
                let refusal = r#"{"errors":[{"code":"DENIED","message":"you may only read"}]}"#;
                Act::Answer(StatusCode::FORBIDDEN, vec![], refusal.to_owned())
            }
            _ => Act::Pass,
        }
    });
    assert_eq!(put_as(&stack.client, "Basic reader", "v1", &a).await.status, 503);
    assert_eq!(put_as(&stack.client, "Basic releaser", "v1", &b).await.status, 201);
}

#[tokio::test]
async fn h10_the_push_of_a_client_that_may_push_stays_open_and_leaves_no_upload_behind() {
    let stack = Stack::with(POLICY, settings()).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    let busy = Act::Answer(StatusCode::SERVICE_UNAVAILABLE, vec![], "busy".to_owned());
    stack.script(once(Method::PUT, "/manifests/v1", busy));
    stack.asked();
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 503);
    let asked = stack.asked();
    let ends = |method: &str| {
        asked.iter().filter(|asked| asked.starts_with(&format!("{method} /v2/prod/app/blobs/uploads/"))).count()
    };
    assert_eq!((ends("POST"), ends("DELETE")), (1, 1), "{asked:?}");
    assert_eq!(stack.client.put("prod/app", "v1", &b).await.refusal(), "503 UNAVAILABLE");
}

#[tokio::test]
async fn h9_a_tag_that_the_registry_lists_but_does_not_show_takes_the_image_that_was_meant() {
    for (status, body) in [(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#), (500, "broken")] {
        let stack = Stack::with(POLICY, settings()).await;
        let (a, b) = images(&stack.client, "prod/app").await;
        assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 201);
        assert_eq!(stack.client.put("prod/app", &b.digest(), &b).await.status, 201);
        let status = StatusCode::from_u16(status).unwrap();
        stack.script(move |asked| match asked.method {
            Method::HEAD | Method::GET if asked.path.ends_with("/manifests/v1") => {
                Act::Answer(status, vec![], body.to_owned())
            }
            _ => Act::Pass,
        });
        let refused = stack.client.put("prod/app", "v1", &b).await;
        assert_eq!(refused.refusal(), "409 DENIED", "{status}");
        assert!(refused.message().contains(&a.short()), "{}", refused.message());
        assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 201, "{status}");
        if status == 404 {
            let manifest = format!("/v2/prod/app/manifests/{}", b.digest());
            assert_eq!(stack.client.delete(&manifest).await.status, 202, "nothing needs that one");
            let manifest = format!("/v2/prod/app/manifests/{}", a.digest());
            assert_eq!(stack.client.delete(&manifest).await.refusal(), "405 DENIED");
        }
    }
}

#[tokio::test]
async fn h9_so_it_does_after_a_push_that_the_registry_broke_off() {
    let stack = Stack::with(POLICY, settings()).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    // Its answer is lost, and so is the manifest, but not the tag.
    stack.script(once(Method::PUT, "/manifests/v1", Act::Late(StatusCode::BAD_GATEWAY, "", stack::at_once())));
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 502);
    until(&stack.behind, "prod/app", "v1", &a.digest()).await;
    let mut broken = true;
    stack.script(move |asked| match asked.method {
        Method::HEAD | Method::GET if broken && asked.path.ends_with("/manifests/v1") => {
            Act::Answer(StatusCode::NOT_FOUND, vec![], String::new())
        }
        Method::PUT => {
            broken = false;
            Act::Pass
        }
        _ => Act::Pass,
    });
    assert_ne!(stack.client.put("prod/app", "v1", &b).await.status, 201);
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 201);
    assert_eq!(stack.client.resolve("prod/app", "v1").await, a.digest());
}

#[tokio::test]
async fn once_the_limit_has_passed_a_tag_is_free_again() {
    let limit = Some(Duration::from_secs(3));
    let of_ledger = LedgerSettings { late_write_limit: limit, ..LedgerSettings::default() };
    let ledger = Ledger::open(&Place::Memory, of_ledger).await.unwrap();
    let stack = Stack::remembering(ActivePolicy::new(stack::policy(POLICY)), settings(), ledger).await;
    let (a, b) = images(&stack.client, "prod/app").await;
    let never = Act::Answer(StatusCode::BAD_GATEWAY, vec![], String::new());
    stack.script(once(Method::PUT, "/manifests/v1", never));
    assert_eq!(stack.client.put("prod/app", "v1", &a).await.status, 502);
    assert_eq!(stack.client.put("prod/app", "v1", &b).await.refusal(), "503 UNAVAILABLE");
    let begun = Instant::now();
    while stack.client.put("prod/app", "v1", &b).await.status != 201 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it stays refused");
        sleep(Duration::from_millis(100)).await;
    }
}

/// The conformance suite pushes an image that docker-registry answers with 500, and deletes it afterwards.
#[tokio::test]
async fn an_image_that_is_not_there_yet_is_reported_as_absent_and_its_delete_is_not_forwarded() {
    let folder = tempfile::tempdir().unwrap();
    let stack = with_file(&folder.path().join("ledger.db")).await;
    let (a, _) = images(&stack.client, "free/app").await;
    let late = Arc::new(Notify::new());
    let answer = Act::Late(StatusCode::INTERNAL_SERVER_ERROR, "", Arc::clone(&late));
    stack.script(once(Method::PUT, "/manifests/v1", answer));
    assert_eq!(stack.client.put("free/app", "v1", &a).await.status, 500);
    let manifest = format!("/v2/free/app/manifests/{}", a.digest());
    stack.asked();
    assert_eq!(stack.client.delete(&manifest).await.refusal(), "404 MANIFEST_UNKNOWN");
    assert!(!stack.asked().iter().any(|asked| asked.starts_with("DELETE")), "the late push would lose its image");
    late.notify_one();
    until(&stack.behind, "free/app", "v1", &a.digest()).await;
    assert_eq!(stack.client.delete(&manifest).await.status, 202);
}
