//! `tagseal serve --policy-in-ledger`.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::postgres::PostgresServer;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

/// How long a change may take to be active in every gateway.
const EVERYWHERE: Duration = Duration::from_secs(1);
/// How long it may take until a server that is back is noticed.
const RECOVERY: Duration = Duration::from_secs(30);

/// A policy in which other tags are protected.
fn other_policy() -> String {
    POLICY.replace("\"prod\"", "\"team\"")
}

struct Files {
    folder: Folder,
    upstream: String,
    ledger: String,
    token: String,
}

impl Files {
    fn new(stack: &Stack, server: &PostgresServer) -> Self {
        let folder = Folder::new();
        let token = folder.file("token", "an-administrators-token-of-this-suite\n");
        fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
        Self { folder, upstream: format!("http://{}", stack.behind_address()), ledger: server.url(), token }
    }

    /// The arguments of a gateway whose policy is in the ledger.
    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let usual = ["serve", "--upstream", &self.upstream, "--listen", "127.0.0.1:0", "--ledger", &self.ledger];
        let usual = [&usual[..], &["--policy-in-ledger", "--admin-token-file", &self.token]].concat();
        [&usual[..], more].concat()
    }

    fn start(&self, more: &[&str]) -> (Serving, SocketAddr, String) {
        let (serving, line) = Serving::run(TAGSEAL.command(&self.arguments(more)), " guards ");
        let address = line.strip_prefix("http://").unwrap().split(' ').next().unwrap().parse().unwrap();
        (serving, address, line)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_policy_is_a_file_and_the_next_ones_are_applied_to_all_gateways() {
    let Some(server) = PostgresServer::start() else { return };
    let stack = Stack::new().await;
    let files = Files::new(&stack, &server);
    TAGSEAL.run(&files.arguments(&[])).failed(2, &["the ledger has no policy yet", "--policy FILE"]);
    let (first, other) = (files.folder.file("first.json", POLICY), files.folder.file("other.json", other_policy()));
    let (_one, one, line) = files.start(&["--policy", &first]);
    assert!(line.contains("revision 7"), "{line}");
    // A file that comes later is not what counts.
    let (_two, two, line) = files.start(&["--policy", &other]);
    assert!(line.contains("revision 7"), "{line}");
    let (a, b) = (Image::oci("a"), Image::oci("b"));
    let client = Registry::at(two);
    for repository in ["prod/app", "team/app"] {
        assert_eq!(client.push(repository, "v1", &a).await.status, 201);
        client.upload(repository, &b).await;
    }
    assert_eq!(client.put("prod/app", "v1", &b).await.refusal(), "409 DENIED");
    let apply =
        ["apply", &other, "--server", &format!("http://{one}"), "--revision", "7", "--token-file", &files.token];
    let begun = Instant::now();
    TAGSEAL.run(&apply).succeeded();
    while client.put("team/app", "v1", &b).await.status != 409 {
        assert_eq!(client.put("team/app", "v1", &a).await.status, 201);
        assert!(begun.elapsed() < EVERYWHERE * 3, "the other gateway does not follow");
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(client.put("prod/app", "v1", &b).await.status, 201, "no rule protects it any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_starts_while_its_database_is_down_and_recovers_by_itself() {
    let Some(mut server) = PostgresServer::start() else { return };
    let stack = Stack::new().await;
    let files = Files::new(&stack, &server);
    server.crash();
    let first = files.folder.file("first.json", POLICY);
    let (serving, address, line) = files.start(&["--policy", &first]);
    assert!(line.contains("which can't be read yet"), "{line}");
    let (client, image) = (Registry::at(address), Image::oci("a"));
    assert_eq!(stack.behind.push("team/app", "v0", &image).await.status, 201);
    client.upload("prod/app", &image).await;
    assert_eq!(client.resolve("team/app", "v0").await, image.digest(), "reads go on");
    assert_eq!(client.put("prod/app", "v1", &image).await.refusal(), "503 UNAVAILABLE");
    server.run();
    let begun = Instant::now();
    while client.put("prod/app", "v1", &image).await.status != 201 {
        assert!(begun.elapsed() < RECOVERY, "it does not recover");
        sleep(Duration::from_millis(100)).await;
    }
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    for part in ["until the ledger can be reached", "the ledger can be reached now", "a new policy is active"] {
        assert!(log.contains(part), "`{part}` is not in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_ends_the_start() {
    let Some(server) = PostgresServer::start() else { return };
    let stack = Stack::new().await;
    let folder = Folder::new();
    let policy = folder.file("policy.json", POLICY);
    let upstream = format!("http://{}", stack.behind_address());
    let wrong = server.url().replace("correct", "wrong");
    let file = folder.path().join("ledger.db").display().to_string();
    let usual = ["serve", "--policy", &policy, "--upstream", &upstream, "--listen", "127.0.0.1:0"];
    let run = |more: &[&str]| TAGSEAL.run(&[&usual[..], more].concat());
    run(&["--ledger", &wrong]).failed(2, &["password authentication failed"]);
    run(&["--ledger", &file, "--policy-in-ledger"]).failed(2, &["only if that is a PostgreSQL database"]);
    run(&["--policy-in-ledger"]).failed(2, &["--ledger"]);
}
