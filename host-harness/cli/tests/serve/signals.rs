//! What signals do to `tagseal serve`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};

/// Starts a gateway with these flags in front of a registry.
async fn start(flags: &[&str]) -> (Stack, Folder, Serving, Registry) {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let policy = folder.file("policy.json", POLICY);
    let (serving, address) =
        Serving::start_with(TAGSEAL, &policy, &format!("http://{}", stack.behind_address()), flags);
    (stack, folder, serving, Registry::at(address))
}

/// Makes the registry carry out a push of a manifest in another way.
fn script_pushes(stack: &Stack, act: Act) {
    let is_push = |method: &Method, path: &str| *method == Method::PUT && path.contains("/manifests/");
    stack.script(move |asked| if is_push(&asked.method, &asked.path) { act.clone() } else { Act::Pass });
}

/// Starts a push that the registry carries out when it is notified.
async fn held_push(stack: &Stack, client: &Registry, tag: &'static str) -> (Arc<Notify>, tokio::task::JoinHandle<u16>) {
    let (notify, image, client) = (Arc::new(Notify::new()), Image::oci(tag), client.clone());
    client.upload("prod/app", &image).await;
    script_pushes(stack, Act::Held(Arc::clone(&notify)));
    let push =
        tokio::spawn(async move { client.try_put("prod/app", tag, &image).await.map_or(0, |status| status.as_u16()) });
    stack.is_put().await;
    (notify, push)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_has_begun_is_answered_before_the_gateway_ends() {
    let (stack, _folder, serving, client) = start(&[]).await;
    let (notify, push) = held_push(&stack, &client, "v1").await;
    serving.signal("-TERM");
    serving.log_until("asked to end");
    notify.notify_one();
    assert_eq!(push.await.unwrap(), 201);
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("is cut"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_ends_within_the_grace_whatever_clients_and_registry_do() {
    let (stack, _folder, serving, client) = start(&["--grace", "2s"]).await;
    let (_notify, push) = held_push(&stack, &client, "v1").await;
    let mut half = TcpStream::connect(&client.address).unwrap();
    half.write_all(b"GET /v2/ HTTP/1.1\r\nHost: a\r\n").unwrap();
    let mut unread = TcpStream::connect(&client.address).unwrap();
    unread.write_all(b"POST /v2/prod/app/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n").unwrap();
    let start = Instant::now();
    serving.signal("-TERM");
    let (code, log) = serving.end();
    let took = start.elapsed();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("what did not end within 2s is cut"), "{log}");
    assert!((Duration::from_secs(2)..Duration::from_secs(15)).contains(&took), "{took:?}");
    assert_eq!(push.await.unwrap(), 0);
    assert_eq!(half.read(&mut [0; 1]).unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_gateway_at_once() {
    let (stack, _folder, serving, client) = start(&["--grace", "10m"]).await;
    let (_notify, push) = held_push(&stack, &client, "v1").await;
    serving.signal("-TERM");
    serving.log_until("asked to end");
    sleep(Duration::from_millis(200)).await;
    assert!(!push.is_finished(), "the first signal waits");
    let start = Instant::now();
    serving.signal("-INT");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("asked to end a second time"), "{log}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_signal_loses_a_push() {
    let (stack, _folder, serving, client) = start(&[]).await;
    let (notify, push) = held_push(&stack, &client, "v1").await;
    for signal in ["-HUP", "-USR1", "-USR2", "-ALRM", "-VTALRM", "-PROF", "-IO", "-PWR", "-XCPU", "-XFSZ", "-PIPE"] {
        serving.signal(signal);
    }
    serving.log_until("the files were loaded again");
    notify.notify_one();
    assert_eq!(push.await.unwrap(), 201);
    // A container image may have SIGQUIT as its way to end.
    let (notify, push) = held_push(&stack, &client, "v2").await;
    serving.signal("-QUIT");
    serving.log_until("asked to end");
    notify.notify_one();
    assert_eq!(push.await.unwrap(), 201);
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_loads_the_policy_again() {
    let (_stack, folder, serving, client) = start(&[]).await;
    let image = Image::oci("first");
    assert_eq!(client.push("prod/app", "v1", &image).await.status, 201);
    folder.file("policy.json", POLICY.replace("\"namespace\": \"prod\"", "\"namespace\": \"other\""));
    serving.signal("-HUP");
    serving.log_until("the files were loaded again");
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.status, 201);
}

/// Pushes tag after tag until the gateway is gone. Returns the tags that were accepted.
async fn push_on(client: Registry, image: Image, number: usize) -> Vec<String> {
    let mut accepted = Vec::new();
    for round in 0.. {
        let tag = format!("v{number}-{round}");
        match client.try_put("prod/app", &tag, &image).await {
            Some(status) if status == 201 => accepted.push(tag),
            Some(status) => panic!("{tag}: {status}"),
            None => return accepted,
        }
    }
    unreachable!("the loop ends when the gateway does")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_loses_no_push_of_64_clients() {
    let (stack, _folder, serving, client) = start(&[]).await;
    let image = Image::oci("same");
    client.upload("prod/app", &image).await;
    script_pushes(&stack, Act::Slow(Duration::from_millis(20)));
    let clients: Vec<_> =
        (0..64).map(|number| tokio::spawn(push_on(Registry::at(&client.address), image.clone(), number))).collect();
    sleep(Duration::from_secs(2)).await;
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("is cut"), "{log}");
    let (mut accepted, forwarded) = (0, log.matches("a push is allowed").count());
    for pushing in clients {
        for tag in pushing.await.unwrap() {
            assert_ne!(stack.behind.resolve("prod/app", &tag).await, "", "{tag} was answered with 201");
            accepted += 1;
        }
    }
    assert!(accepted > 64, "{accepted}");
    assert_eq!(accepted, forwarded, "a push that was forwarded was cut");
}
