//! The program itself: `tagseal serve` and `tagseal demo`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tagseal_tests::hostile::assemble;

use crate::client::{Image, Registry};
use crate::serving::{Serving, tagseal};
use crate::stack::{Act, POLICY, Stack};

/// A file of its own, gone at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("tagseal-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Runs to its end: the exit code, and all that was said.
pub(crate) fn ran(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

#[test]
fn the_demo_shows_a_refusal_and_ends_well() {
    let (code, said) = ran(&mut tagseal(&["demo"]));
    assert_eq!(code, Some(0), "{said}");
    let expected = [
        "denied: tag v1 of prod/app is immutable by rule 1 (namespace prod): it is sha256:",
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
    assert!(!said.contains("not as it must be"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
}

/// A component that lets everything through is no guard, and the demo says so.
#[test]
fn a_demo_in_which_a_tag_moves_ends_badly() {
    let component = File::new("lenient.wasm", assemble("trap_on_drop"));
    let (code, said) = ran(&mut tagseal(&["demo", "--component", component.path()]));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("That is not as it must be: 409"), "{said}");
    assert!(said.contains("Not all is as it must be: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_kept_can_be_pushed_to() {
    let (serving, line) = Serving::run(tagseal(&["demo", "--keep"]), "docker push ");
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
async fn what_can_not_be_served_is_told() {
    let stack = Stack::new().await;
    let registry = format!("http://{}", stack.behind_address());
    let (fine, bad) = (File::new("fine.json", POLICY), File::new("bad.json", "{\"version\": 1,\n \"rules\": [7]}"));
    let gateway = format!("{}", stack.address);
    let serve = |policy: &str, upstream: &str, listen: &str| {
        ran(&mut tagseal(&["serve", "--policy", policy, "--upstream", upstream, "--listen", listen]))
    };
    let table = [
        (serve("/none.json", &registry, "127.0.0.1:0"), "could not read `/none.json`"),
        (serve(bad.path(), &registry, "127.0.0.1:0"), "does not check"),
        (serve(fine.path(), "registry:5000", "127.0.0.1:0"), "write `http://HOST:PORT`"),
        (serve(fine.path(), "http://me:secret@registry", "127.0.0.1:0"), "it names a user"),
        (serve(fine.path(), &registry, &gateway), "something else listens there"),
        (serve(fine.path(), &registry, "5050"), "write an address and a port"),
        (serve(fine.path(), &registry.replace("http:", "https:"), "127.0.0.1:0"), "write `http://`"),
        (serve("-", &registry, "127.0.0.1:0"), "can't be standard input"),
    ];
    for ((code, said), part) in table {
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(part), "`{part}` is not in {said}");
    }
    stack.script(|_| Act::Answer(hyper::StatusCode::NOT_FOUND, vec![], "<html>".to_owned()));
    let (code, said) = serve(fine.path(), &registry, "127.0.0.1:0");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no registry at") && said.contains("404"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_may_start_before_its_registry() {
    let policy = File::new("early.json", POLICY);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (serving, address) = Serving::start(&policy.0, &format!("http://{free}"));
    let refused = Registry::at(address).put("prod/app", "v1", &Image::oci("a")).await;
    assert_eq!(refused.refusal(), "503 UNAVAILABLE");
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the registry is not there yet"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_file_is_followed_and_a_broken_one_is_not() {
    let stack = Stack::new().await;
    let policy = File::new("followed.json", POLICY);
    let (serving, address) = Serving::start(&policy.0, &format!("http://{}", stack.behind_address()));
    let client = Registry::at(address);
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    assert_eq!(client.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED");

    fs::write(policy.path(), "{\"version\": 1,\n \"instance\": \"test\", \"rules\": [7]}").unwrap();
    serving.log_until("the policy does not check; the old one stays");
    serving.log_until("followed.json:2:32: /rules/0: ");
    assert_eq!(client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED", "the old one stays");

    fs::write(policy.path(), POLICY.replace("\"namespace\": \"prod\"", "\"namespace\": \"other\"")).unwrap();
    serving.log_until("a new policy is in force");
    assert_eq!(client.push("prod/app", "v1", &other).await.status, 201);
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_each_write_once_with_who_asked_and_why() {
    let stack = Stack::new().await;
    let policy = File::new("logged.json", POLICY);
    let (serving, address) = Serving::start(&policy.0, &format!("http://{}", stack.behind_address()));
    let client = Registry::at(address);
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
        ("INFO a request is refused", "knows no such write"),
        ("INFO a push is allowed", "unprotected"),
        ("WARN the registry did not take the push", "507 Insufficient Storage"),
    ];
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" INFO ") || line.contains(" WARN ")).collect();
    assert_eq!(lines.len(), table.len(), "{log}");
    for (line, (what, why)) in lines.iter().zip(table) {
        assert!(line.contains(what) && line.contains(why) && line.contains(" peer=127.0.0.1:"), "{line}");
    }
}
