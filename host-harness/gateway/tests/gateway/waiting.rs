//! Who waits for whom: no push waits for a delete that is not permitted, or that reads a large repository.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use tagseal_gateway::GatewaySettings;
use tokio::sync::Notify;
use tokio::time::sleep;

use tagseal_test_support::image::Image;
use tagseal_test_support::stack::{Act, POLICY, Stack};

/// H5: three deletes by digest in a repository of many slow tags.
#[tokio::test]
async fn h5_pushes_do_not_wait_for_deletes_that_read_all_tags() {
    let stack = Stack::new().await;
    let (kept, moved, new) = (Image::oci("kept"), Image::oci("moved"), Image::oci("new"));
    stack.behind.upload("prod/app", &kept).await;
    stack.behind.upload("prod/app", &new).await;
    for number in 0..200 {
        assert_eq!(stack.behind.put("prod/app", &format!("v{number}"), &kept).await.status, 201);
    }
    stack.behind.push("prod/app", &moved.digest(), &moved).await;
    stack.script(|asked| match asked.method {
        Method::GET if asked.path.contains("/manifests/") => Act::Slow(Duration::from_millis(15)),
        _ => Act::Pass,
    });
    let path = format!("/v2/prod/app/manifests/{}", moved.digest());
    let deletes: Vec<_> = (0..3)
        .map(|_| {
            let (client, path) = (stack.client.clone(), path.clone());
            tokio::spawn(async move { client.delete(&path).await })
        })
        .collect();
    sleep(Duration::from_millis(200)).await;
    for number in 0..5 {
        let begin = Instant::now();
        assert_eq!(stack.client.put("prod/app", &format!("w{number}"), &new).await.status, 201);
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }
    assert!(deletes.iter().any(|delete| !delete.is_finished()), "they still read");
    let mut statuses = Vec::new();
    for delete in deletes {
        statuses.push(delete.await.unwrap().status.as_u16());
    }
    assert!(statuses.contains(&202) && statuses.iter().all(|status| [202, 404].contains(status)), "{statuses:?}");
}

/// H5: what was read without the lock is confirmed under it.
#[tokio::test]
async fn h5_a_push_while_a_delete_reads_is_not_overlooked() {
    let stack = Stack::new().await;
    let (kept, moved) = (Image::oci("kept"), Image::oci("moved"));
    stack.behind.push("prod/app", "v1", &kept).await;
    stack.behind.push("prod/app", "latest", &kept).await;
    stack.behind.push("prod/app", &moved.digest(), &moved).await;
    let (reading, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begun, held) = (Arc::clone(&reading), Arc::clone(&go_on));
    let mut first = true;
    stack.script(move |asked| match asked.method {
        Method::GET if asked.path.ends_with("/manifests/v1") && std::mem::take(&mut first) => {
            begun.notify_one();
            Act::Held(Arc::clone(&held))
        }
        _ => Act::Pass,
    });
    let (client, path) = (stack.client.clone(), format!("/v2/prod/app/manifests/{}", moved.digest()));
    let delete = tokio::spawn(async move { client.delete(&path).await });
    reading.notified().await;
    // One tag that was in the list already, and one that was not.
    assert_eq!(stack.client.put("prod/app", "v0", &moved).await.status, 201);
    go_on.notify_one();
    assert_eq!(delete.await.unwrap().refusal(), "405 DENIED", "it needs it now");
    assert_eq!(stack.behind.resolve("prod/app", "v0").await, moved.digest());
}

/// H6: one slow push, and a delete that is refused in any case.
#[tokio::test]
async fn h6_a_delete_that_is_denied_waits_for_nobody_and_keeps_nobody_waiting() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.behind.push("prod/app", "v0", &image).await;
    let notify = Arc::new(Notify::new());
    let held = Arc::clone(&notify);
    stack.script(move |asked| match asked.method {
        Method::PUT if asked.path.ends_with("/slow") => Act::Held(Arc::clone(&held)),
        _ => Act::Pass,
    });
    let (client, slow) = (stack.client.clone(), image.clone());
    let push = tokio::spawn(async move { client.put("prod/app", "slow", &slow).await });
    stack.is_put().await;
    let begin = Instant::now();
    let blob = stack.client.delete(&format!("/v2/prod/app/blobs/{}", image.config())).await;
    assert_eq!(blob.refusal(), "405 DENIED");
    let manifest = stack.client.delete(&format!("/v2/prod/app/manifests/{}", image.digest())).await;
    assert_eq!(manifest.refusal(), "405 DENIED");
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    notify.notify_one();
    assert_eq!(push.await.unwrap().status, 201);
}

/// H6: a delete that is not denied waits for the slow push, but pushes do not wait for that delete, and those by digest for
/// nothing at all.
#[tokio::test]
async fn h6_pushes_do_not_wait_for_a_delete_that_waits_and_those_by_digest_wait_for_nothing() {
    let settings = GatewaySettings::default().with_lock_timeout(Duration::from_secs(5));
    let stack = Stack::with(POLICY, settings).await;
    let (image, other) = (Image::oci("a"), Image::oci("b"));
    stack.behind.push("prod/app", "latest", &image).await;
    stack.behind.upload("prod/app", &other).await;
    stack.behind.push("prod/app", &other.digest(), &other).await;
    let [put, delete] = [(); 2].map(|()| Arc::new(Notify::new()));
    let held = [Arc::clone(&put), Arc::clone(&delete)];
    stack.script(move |asked| match asked.method {
        Method::PUT if asked.path.ends_with("/slow") => Act::Held(Arc::clone(&held[0])),
        Method::DELETE => Act::Held(Arc::clone(&held[1])),
        _ => Act::Pass,
    });
    let (client, slow) = (stack.client.clone(), image.clone());
    let push = tokio::spawn(async move { client.put("prod/app", "slow", &slow).await });
    stack.is_put().await;
    let (client, path) = (stack.client.clone(), format!("/v2/prod/app/manifests/{}", other.digest()));
    let deleting = tokio::spawn(async move { client.delete(&path).await });
    sleep(Duration::from_millis(200)).await;
    let begin = Instant::now();
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.status, 201);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    put.notify_one();
    assert_eq!(push.await.unwrap().status, 201);
    while !stack.asked().iter().any(|asked| asked.starts_with("DELETE ")) {
        sleep(Duration::from_millis(5)).await;
    }
    let begin = Instant::now();
    assert_eq!(stack.client.put("prod/app", &image.digest(), &image).await.status, 201, "by digest");
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    delete.notify_one();
    assert_eq!(deleting.await.unwrap().status, 202);
}

/// M1: each page of the list comes in time, and there is always another one.
#[tokio::test]
async fn m1_all_look_ups_of_a_push_together_have_a_limit() {
    let settings = GatewaySettings::default().with_look_up_limit(Duration::from_secs(1));
    let stack = Stack::with(POLICY, settings).await;
    let image = Image::oci("a");
    stack.behind.upload("prod/app", &image).await;
    let mut page = 0;
    stack.script(move |asked| match asked.method {
        Method::GET if asked.path.contains("/tags/list") => {
            page += 1;
            std::thread::sleep(Duration::from_millis(5));
            let next = format!("</v2/prod/app/tags/list?last={page}>; rel=\"next\"");
            Act::Answer(StatusCode::OK, vec![("link", next)], r#"{"tags": []}"#.to_owned())
        }
        _ => Act::Pass,
    });
    let begin = Instant::now();
    assert_eq!(stack.client.put("prod/app", "v1", &image).await.refusal(), "503 UNAVAILABLE");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}
