//! `tagseal serve` with a policy file, and `tagseal demo`.

use std::fs;

use tagseal_test_support::hostile::assemble;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::free_port::free_address;
use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{Act, POLICY, Stack};

#[test]
fn the_demo_shows_a_refusal_and_ends_well() {
    let said = TAGSEAL.run(&["demo"]).succeeded();
    let expected = [
        "denied: tag v1 of prod/app cannot be overwritten because the tag is immutable",
        "answered  201 Created",
        "answered  409 Conflict",
        "answered  405 Method Not Allowed",
        "why       first-push: rule 1",
        "why       same-digest: rule 1",
        "why       unprotected: no rule",
        "why       immutable: rule 1",
    ];
    for part in expected {
        assert!(said.contains(part), "`{part}` is not in {said}");
    }
    assert!(!said.contains("Not everything was as expected"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
}

/// With a component that allows everything, the demo reports that nothing was guarded.
#[test]
fn a_demo_in_which_a_tag_moves_ends_badly() {
    let folder = Folder::new();
    let component = folder.file("lenient.wasm", assemble("trap_on_drop"));
    let demo = TAGSEAL.run(&["demo", "--component", &component]);
    let said = demo.all();
    assert_eq!(demo.code, Some(1), "{said}");
    assert!(said.contains("The expected answer is 409"), "{said}");
    assert!(said.contains("Not everything was as expected: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_kept_can_be_pushed_to() {
    let (serving, line) = Serving::run(TAGSEAL.command(&["demo", "--keep"]), "docker push ");
    let client = Registry::at(line.trim().strip_prefix("docker push ").unwrap().split('/').next().unwrap());
    let refused = client.push("prod/app", "v1", &Image::oci("mine")).await;
    assert_eq!(refused.refusal(), "409 DENIED");
    assert_eq!(client.push("prod/app", "v2", &Image::oci("mine")).await.status, 201);
    serving.signal("-INT");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("a push is denied"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_served_is_reported() {
    let stack = Stack::new().await;
    let registry = format!("http://{}", stack.behind_address());
    let folder = Folder::new();
    let valid = folder.file("valid.json", POLICY);
    let invalid = folder.file("invalid.json", "{\"version\": 1,\n \"rules\": [7]}");
    let gateway = format!("{}", stack.address);
    let serve = |policy: &str, upstream: &str, listen: &str| {
        TAGSEAL.run(&["serve", "--policy", policy, "--upstream", upstream, "--listen", listen])
    };
    let table = [
        (serve("/none.json", &registry, "127.0.0.1:0"), "could not read `/none.json`"),
        (serve(&invalid, &registry, "127.0.0.1:0"), "is invalid"),
        (serve(&valid, "registry:5000", "127.0.0.1:0"), "write `http://HOST:PORT`"),
        (serve(&valid, "http://me:secret@registry", "127.0.0.1:0"), "it names a user"),
        (serve(&valid, &registry, &gateway), "another program listens there"),
        (serve(&valid, &registry, "5050"), "write an address and a port"),
        (serve(&valid, &registry.replace("http:", "https:"), "127.0.0.1:0"), "write `http://`"),
        (serve("-", &registry, "127.0.0.1:0"), "can't be standard input"),
    ];
    for (served, part) in table {
        served.failed(2, &[part]);
    }
    stack.script(|_| Act::Answer(hyper::StatusCode::NOT_FOUND, vec![], "<html>".to_owned()));
    serve(&valid, &registry, "127.0.0.1:0").failed(2, &["there is no registry at", "404"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_may_start_before_its_registry() {
    let folder = Folder::new();
    let policy = folder.file("early.json", POLICY);
    let free = free_address();
    let (serving, address) = Serving::start(TAGSEAL, &policy, &format!("http://{free}"));
    let refused = Registry::at(address).put("prod/app", "v1", &Image::oci("a")).await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the registry does not answer yet"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_file_is_followed_and_a_broken_one_is_not() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("followed.json", POLICY);
    let (serving, address) = Serving::start(TAGSEAL, &policy, &format!("http://{}", stack.behind_address()));
    let client = Registry::at(address);
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    assert_eq!(client.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED");

    fs::write(&policy, "{\"version\": 1,\n \"instance\": \"test\", \"rules\": [7]}").unwrap();
    serving.log_until("the policy is invalid; the old one stays active");
    serving.log_until("followed.json:2:32: /rules/0: ");
    assert_eq!(client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED", "the old one stays active");

    fs::write(&policy, POLICY.replace("\"namespace\": \"prod\"", "\"namespace\": \"other\"")).unwrap();
    serving.log_until("a new policy is active");
    assert_eq!(client.push("prod/app", "v1", &other).await.status, 201);
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_shows_each_write_once_with_who_asked_and_why() {
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("logged.json", POLICY);
    let ledger = folder.path().join("ledger.db").display().to_string();
    let upstream = format!("http://{}", stack.behind_address());
    let arguments =
        ["serve", "--policy", &policy, "--upstream", &upstream, "--listen", "127.0.0.1:0", "--ledger", &ledger];
    let (serving, line) = Serving::run(TAGSEAL.command(&arguments), " guards ");
    let client = Registry::at(line.strip_prefix("http://").unwrap().split(' ').next().unwrap());
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    client.push("prod/app", "v1", &first).await;
    client.push("prod/app", "v1", &other).await;
    client.delete("/v2/prod/app/manifests/v1").await;
    client.delete("/v2/prod/app").await;
    stack.script(|asked| match asked.method {
        hyper::Method::PUT => Act::Answer(hyper::StatusCode::INSUFFICIENT_STORAGE, vec![], String::new()),
        _ => Act::Pass,
    });
    client.put("prod/app", "latest", &first).await;
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    let table = [
        ("INFO a push is allowed", "first-push"),
        ("WARN a push is denied", "it is sha256:"),
        ("WARN a delete is denied", "let the rule allow deletion first"),
        ("INFO a request is refused", "does not know such a write"),
        ("INFO a push is allowed", "unprotected"),
        ("WARN the registry did not take the push", "507 Insufficient Storage"),
    ];
    // What the gateway says of itself has no client.
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" peer=")).collect();
    assert_eq!(lines.len(), table.len(), "{log}");
    for (line, (what, why)) in lines.iter().zip(table) {
        assert!(line.contains(what) && line.contains(why) && line.contains(" peer=127.0.0.1:"), "{line}");
    }
}
