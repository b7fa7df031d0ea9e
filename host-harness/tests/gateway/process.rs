//! The program itself: `tagseal serve` and `tagseal demo`.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use crate::client::{Image, Registry};
use crate::stack::{Act, POLICY, Stack};

fn tagseal(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagseal"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A file of its own, gone at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tagseal-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
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

/// A gateway in a process of its own.
struct Serving {
    child: Child,
    client: Registry,
    out: Option<Lines<BufReader<ChildStdout>>>,
}

impl Serving {
    fn start(policy: &File, upstream: &str) -> Self {
        let mut command =
            tagseal(&["serve", "--policy", policy.path(), "--upstream", upstream, "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = out.next().expect("it says where it listens").unwrap();
        let address = line.strip_prefix("http://").unwrap().split(' ').next().unwrap();
        Self { client: Registry::at(address), child, out: Some(out) }
    }

    fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end: the exit code, and the log.
    fn end(mut self) -> (Option<i32>, String) {
        self.out.take().into_iter().flatten().for_each(drop);
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Runs to its end: the exit code, and all that was said.
fn ran(command: &mut Command) -> (Option<i32>, String) {
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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_kept_can_be_pushed_to() {
    let mut command = tagseal(&["demo", "--keep"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = out.find(|line| line.contains("docker push ")).expect("it shows what to try");
    let address = line.trim().strip_prefix("docker push ").unwrap().split('/').next().unwrap().to_owned();
    let serving = Serving { client: Registry::at(&address), child, out: None };
    let refused = serving.client.push("prod/app", "v1", &Image::oci("mine")).await;
    assert_eq!(refused.refusal(), "409 DENIED");
    assert_eq!(serving.client.push("prod/app", "v2", &Image::oci("mine")).await.status, 201);
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
    let serving = Serving::start(&policy, &format!("http://{free}"));
    let refused = serving.client.put("prod/app", "v1", &Image::oci("a")).await;
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
    let serving = Serving::start(&policy, &format!("http://{}", stack.behind_address()));
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    assert_eq!(serving.client.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(serving.client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED");

    fs::write(policy.path(), "{\"version\": 1, \"rules\": [{").unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(serving.client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED", "the old one stays");

    fs::write(policy.path(), POLICY.replace("\"namespace\": \"prod\"", "\"namespace\": \"other\"")).unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(serving.client.push("prod/app", "v1", &other).await.status, 201);
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    for part in ["the policy does not check; the old one stays", "followed.json:1:", "a new policy is in force"] {
        assert!(log.contains(part), "`{part}` is not in {log}");
    }
}
