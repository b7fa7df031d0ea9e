//! What clients get while the ledger can't be reached.

use std::time::{Duration, Instant};

use tagseal_gateway::{ActivePolicy, Ledger, LedgerSettings, Place};
use tokio::time::sleep;

use crate::postgres::{ledger, settings};
use tagseal_test_support::image::Image;
use tagseal_test_support::postgres::PostgresServer;
use tagseal_test_support::stack::{self, POLICY, Stack};

/// What clients get while the ledger can't be reached, and at once when it can be again.
async fn without_the_ledger(stack: &Stack, image: &Image, other: &Image, return_of_ledger: impl FnOnce()) {
    for (tag, pushed) in [("v1", image), ("v1", other), ("v2", image)] {
        let refused = stack.client.put("prod/app", tag, pushed).await;
        assert_eq!(refused.refusal(), "503 UNAVAILABLE");
        assert!(refused.message().contains("ledger"), "{}", refused.message());
    }
    let begun = Instant::now();
    assert_eq!(stack.client.put("team/app", "v1", other).await.status, 201, "no rule protects it");
    assert_eq!(stack.client.put("prod/app", &other.digest(), other).await.status, 201, "no tag moves");
    assert_eq!(stack.client.resolve("prod/app", "v1").await, image.digest(), "reads go on");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    return_of_ledger();
    let begun = Instant::now();
    while stack.client.put("prod/app", "v2", image).await.status != 201 {
        assert!(begun.elapsed() < Duration::from_secs(40), "it does not recover");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", other).await.refusal(), "409 DENIED");
}

async fn images_in(stack: &Stack) -> (Image, Image) {
    let (image, other) = (Image::oci("a"), Image::oci("b"));
    for repository in ["prod/app", "team/app"] {
        stack.behind.upload(repository, &image).await;
        stack.behind.upload(repository, &other).await;
    }
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    assert_eq!(stack.client.put("team/app", "v1", &image).await.status, 201);
    (image, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_protected_pushes_are_refused_and_all_else_goes_on() {
    let Some(mut server) = PostgresServer::start() else { return };
    let policy = ActivePolicy::new(stack::policy(POLICY));
    let stack = Stack::remembering(policy, settings(), ledger(&server.url(), "one").await).await;
    let (image, other) = images_in(&stack).await;
    server.crash();
    without_the_ledger(&stack, &image, &other, || server.run()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_are_by_a_gateway_that_starts_while_postgresql_is_down() {
    let Some(mut server) = PostgresServer::start() else { return };
    server.crash();
    let policy = ActivePolicy::new(stack::policy(POLICY));
    let stack = Stack::remembering(policy, settings(), ledger(&server.url(), "one").await).await;
    let (image, other) = (Image::oci("a"), Image::oci("b"));
    for repository in ["prod/app", "team/app"] {
        stack.behind.upload(repository, &other).await;
        assert_eq!(stack.behind.push(repository, "v1", &image).await.status, 201);
    }
    without_the_ledger(&stack, &image, &other, || server.run()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_are_while_postgresql_does_not_answer() {
    let Some(server) = PostgresServer::start() else { return };
    let policy = ActivePolicy::new(stack::policy(POLICY));
    let stack = Stack::remembering(policy, settings(), ledger(&server.url(), "one").await).await;
    let (image, other) = images_in(&stack).await;
    server.signal_all("STOP");
    without_the_ledger(&stack, &image, &other, || server.signal_all("CONT")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_are_while_the_ledgers_file_can_not_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = Ledger::open(&Place::File(path.clone()), LedgerSettings::default()).await.unwrap();
    let policy = ActivePolicy::new(stack::policy(POLICY));
    let stack = Stack::remembering(policy, settings(), ledger).await;
    let (image, other) = images_in(&stack).await;
    let somebody = rusqlite::Connection::open(&path).unwrap();
    somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
    without_the_ledger(&stack, &image, &other, move || somebody.execute_batch("ROLLBACK").unwrap()).await;
}
