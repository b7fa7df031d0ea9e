//! `tagseal serve --ledger` through a kill, and `tagseal ledger`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};

/// Starts a gateway with a ledger.
fn start(policy: &str, stack: &Stack, ledger: &str) -> (Serving, SocketAddr) {
    let upstream = format!("http://{}", stack.behind_address());
    let arguments =
        ["serve", "--policy", policy, "--upstream", &upstream, "--listen", "127.0.0.1:0", "--ledger", ledger];
    let (serving, line) = Serving::run(TAGSEAL.command(&arguments), " guards ");
    (serving, line.strip_prefix("http://").unwrap().split(' ').next().unwrap().parse().unwrap())
}

/// Kills a gateway while the registry is at a push of `first`, and returns what lets the registry carry it out.
async fn kill_during_push(stack: &Stack, policy: &str, ledger: &str, first: &Image) -> Arc<Notify> {
    let (serving, address) = start(policy, stack, ledger);
    let client = Registry::at(address);
    client.upload("prod/app", first).await;
    let late = Arc::new(Notify::new());
    let mut act = Some(Act::Silent(Arc::clone(&late)));
    stack.script(move |asked| match asked.method {
        Method::PUT if asked.path.contains("/manifests/v1") => act.take().unwrap_or(Act::Pass),
        _ => Act::Pass,
    });
    let image = first.clone();
    let pushing = tokio::spawn(async move {
        // The gateway is killed under it, so there is no answer.
        let headers = [("content-type", image.media_type)];
        client.try_ask(Method::PUT, "/v2/prod/app/manifests/v1", &headers, &image.bytes).await
    });
    stack.is_put().await;
    serving.signal("-KILL");
    serving.end();
    assert!(pushing.await.unwrap().is_err());
    late
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_a_push_under_way_is_known_after_a_kill() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, ledger) = (folder.file("policy.json", POLICY), folder.file("ledger.db", ""));
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    let late = kill_during_push(&stack, &policy, &ledger, &first).await;
    let (_serving, address) = start(&policy, &stack, &ledger);
    let client = Registry::at(address);
    client.upload("prod/app", &other).await;
    stack.check_late_push(&client, "prod/app", &late, [&first, &other]).await;
    assert_eq!(client.put("prod/app", "v1", &first).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn h9_an_operator_lists_and_releases_a_tag_while_the_gateway_runs() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, ledger) = (folder.file("policy.json", POLICY), folder.file("ledger.db", ""));
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    let _never = kill_during_push(&stack, &policy, &ledger, &first).await;
    let (_serving, address) = start(&policy, &stack, &ledger);
    let client = Registry::at(address);
    client.upload("prod/app", &other).await;
    let listed = TAGSEAL.run(&["ledger", "list", "--ledger", &ledger]).succeeded();
    assert!(listed.contains(&format!("prod/app:v1 push of {}", first.digest())), "{listed}");
    assert!(listed.contains("its gateway was last seen"), "{listed}");
    assert_eq!(client.put("prod/app", "v1", &other).await.refusal(), "503 UNAVAILABLE");
    let release = ["ledger", "release", "--ledger", &ledger, "prod/app:v1", "--reason", "the registry was restored"];
    TAGSEAL.run(&release).succeeded();
    assert_eq!(client.put("prod/app", "v1", &other).await.status, 201);
    assert_eq!(TAGSEAL.run(&release).code, Some(1), "there is nothing more to release");
    let shown = TAGSEAL.run(&["ledger", "show", "--ledger", &ledger, "prod/app:v1"]).succeeded();
    assert!(shown.contains(&format!("prod/app:v1 is bound to {}", other.digest())), "{shown}");
    let exported = TAGSEAL.run(&["ledger", "export", "--ledger", &ledger]).succeeded();
    assert!(exported.contains("the registry was restored") && exported.contains("\"binding\""), "{exported}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_do_not_share_a_file() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, ledger) = (folder.file("policy.json", POLICY), folder.file("ledger.db", ""));
    let (_serving, _) = start(&policy, &stack, &ledger);
    let upstream = format!("http://{}", stack.behind_address());
    let second =
        ["serve", "--policy", &policy, "--upstream", &upstream, "--listen", "127.0.0.1:0", "--ledger", &ledger];
    TAGSEAL.run(&second).failed(2, &["another gateway uses the ledger"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_was_there_before_is_adopted() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, ledger) = (folder.file("policy.json", POLICY), folder.file("ledger.db", ""));
    let image = Image::oci("a");
    assert_eq!(stack.behind.push("prod/app", "v1", &image).await.status, 201);
    let (_serving, _) = start(&policy, &stack, &ledger);
    let upstream = format!("http://{}", stack.behind_address());
    let adopt = ["ledger", "adopt", "--ledger", &ledger, "--upstream", &upstream, "prod/app"];
    assert_eq!(TAGSEAL.run(&adopt).succeeded(), "adopted prod/app with 1 tags\n");
    let shown = TAGSEAL.run(&["ledger", "show", "--ledger", &ledger, "prod/app:v1"]).succeeded();
    assert!(shown.contains(&image.digest()) && shown.contains("by adopted"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_drifted_behind_the_gateway_is_shown_and_exits_1() {
    let (stack, folder) = (Stack::new().await, Folder::new());
    let (policy, ledger) = (folder.file("policy.json", POLICY), folder.file("ledger.db", ""));
    let (serving, address) = start(&policy, &stack, &ledger);
    let (client, image, other) = (Registry::at(address), Image::oci("a"), Image::oci("b"));
    for tag in ["v1", "v2", "v3", "latest"] {
        assert_eq!(client.push("prod/app", tag, &image).await.status, 201);
    }
    let upstream = format!("http://{}", stack.behind_address());
    let login = folder.file("login", "alice:secret\n");
    let flags = ["drift", "--ledger", &ledger, "--registry", &upstream, "--registry-credential", &login];
    let drift = |more: &[&str]| TAGSEAL.run(&[&flags[..], more].concat());
    let same = drift(&[]).succeeded();
    assert_eq!(same, "4 tags in the ledger, 4 compared: 0 moved, 0 vanished, 0 returned\n");

    stack.behind.upload("prod/app", &other).await;
    for tag in ["v1", "latest"] {
        assert_eq!(stack.behind.put("prod/app", tag, &other).await.status, 201);
    }
    assert_eq!(stack.behind.delete("/v2/prod/app/manifests/v3").await.status, 202);
    let drifted = drift(&[]);
    assert_eq!(drifted.code, Some(1), "{drifted:?}");
    let rows: Vec<&str> = drifted.out.lines().collect();
    assert!(rows[0].starts_with("moved     prod/app:latest "), "{drifted:?}");
    assert!(rows[1].starts_with("moved     prod/app:v1 ") && rows[1].contains(&other.digest()), "{drifted:?}");
    assert!(rows[2].starts_with("vanished  prod/app:v3 "), "{drifted:?}");
    assert_eq!(rows[3..], ["4 tags in the ledger, 4 compared: 2 moved, 1 vanished, 0 returned"]);
    let by_policy = drift(&[&policy, "--format", "json"]);
    assert_eq!(by_policy.code, Some(1), "{by_policy:?}");
    let last: serde_json::Value = serde_json::from_str(by_policy.out.lines().last().unwrap()).unwrap();
    let counts = serde_json::json!({"tags": 4, "immutable": 3, "moved": 1, "vanished": 1, "returned": 0});
    assert_eq!(last, counts, "latest may move");

    // The gateway has found the tag to be gone, so its name is used up. Somebody pushes it again, but not through the gateway.
    assert_eq!(client.put("prod/app", "v3", &other).await.refusal(), "409 DENIED");
    while !TAGSEAL.run(&["ledger", "show", "--ledger", &ledger, "prod/app:v3"]).succeeded().contains("is used up") {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stack.behind.put("prod/app", "v3", &other).await.status, 201);
    let returned = drift(&[&policy, "--repository", "prod/app"]);
    assert!(returned.out.contains("returned  prod/app:v3 "), "{returned:?}");
    serving.signal("-TERM");
    assert_eq!(serving.end().0, Some(0));
    let exported = TAGSEAL.run(&["ledger", "export", "--ledger", &ledger]).succeeded();
    assert!(exported.contains("\"vanished\"") && exported.contains("\"denied\""), "{exported}");
}
