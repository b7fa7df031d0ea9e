//! A repository of a hundred thousand tags that the ledger knows.

use std::time::{Duration, Instant};

use hyper::Method;
use tagseal_distribution::reference::{Digest, Repository, Tag};
use tagseal_gateway::{ActivePolicy, BindingState, Ledger, LedgerSettings, Place};

use crate::postgres::settings;
use tagseal_test_support::image::Image;
use tagseal_test_support::stack::{self, POLICY, Stack};

/// The number of tags.
const TAGS: usize = 100_000;
/// How many tags are set, or bound, at one time. The registry names each in a header of its answer.
const BATCH: usize = 50;
/// How long a delete may take.
const DELETE: Duration = Duration::from_secs(30);
/// How long a push may wait for a delete.
const PUSH: Duration = Duration::from_secs(10);

/// Sets the tags in the registry, and adopts the repository into the ledger.
async fn fill(stack: &Stack, ledger: &Ledger, image: &Image) {
    stack.behind.upload("prod/app", image).await;
    let (repository, digest) = (Repository::parse("prod/app").unwrap(), Digest::parse(&image.digest()).unwrap());
    let names: Vec<String> = (0..TAGS).map(|number| format!("v{number}")).collect();
    for batch in names.chunks(BATCH) {
        let path = format!("/v2/prod/app/manifests/{digest}?tag={}", batch.join("&tag="));
        let set = stack.behind.ask(Method::PUT, &path, &[("content-type", image.media_type)], &image.bytes).await;
        assert_eq!(set.status, 201, "{set:?}");
        let tags: Vec<_> =
            batch.iter().map(|name| (Tag::parse(name).unwrap(), digest.clone(), BindingState::Bound)).collect();
        ledger.bind_new(&repository, &tags, "adopted").await.unwrap();
    }
    ledger.adopt(&repository).await.unwrap();
    ledger.plain_later(&repository, vec![digest]);
    ledger.flush().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m8_in_a_repository_of_a_hundred_thousand_tags_a_delete_takes_seconds_and_pushes_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("ledger.db"));
    let ledger = Ledger::open(&place, LedgerSettings::default()).await.unwrap();
    let stack = Stack::remembering(ActivePolicy::new(stack::policy(POLICY)), settings(), ledger.clone()).await;
    let (image, loose, new) = (Image::oci("a"), Image::oci("loose"), Image::oci("new"));
    fill(&stack, &ledger, &image).await;
    stack.behind.push("prod/app", &loose.digest(), &loose).await;
    stack.behind.upload("prod/app", &new).await;
    stack.asked();
    let (client, path) = (stack.client.clone(), format!("/v2/prod/app/manifests/{}", loose.digest()));
    let delete = tokio::spawn(async move {
        let begun = Instant::now();
        (client.delete(&path).await.status, begun.elapsed())
    });
    let (mut pushes, mut slowest) = (0, Duration::ZERO);
    while !delete.is_finished() {
        let begun = Instant::now();
        assert_eq!(stack.client.put("prod/app", &format!("w{pushes}"), &new).await.status, 201);
        slowest = slowest.max(begun.elapsed());
        pushes += 1;
    }
    let (status, took) = delete.await.unwrap();
    println!("the delete took {took:?}; of {pushes} pushes meanwhile, the slowest took {slowest:?}");
    assert_eq!(status, 202);
    assert!(took < DELETE && slowest < PUSH && pushes > 10, "{took:?} {slowest:?} {pushes}");
    let asked = stack.asked();
    let count = |path: &str| asked.iter().filter(|asked| asked.starts_with(path)).count();
    // What is pushed meanwhile may be read twice: by the walk, and when that is confirmed.
    assert!(count("GET /v2/prod/app/manifests/") <= 2 * pushes, "no tag is read that the ledger knows");
    let is_first_page = |asked: &&String| asked.contains("/tags/list") && !asked.contains("last=");
    assert_eq!(asked.iter().filter(is_first_page).count(), 1, "the list is read once, and not again while pushes wait");
    let refused = stack.client.delete(&format!("/v2/prod/app/manifests/{}", image.digest())).await;
    assert_eq!(refused.refusal(), "405 DENIED");
}
