//! `tagseal serve --admin-token-file`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hyper::Method;
use tempfile::TempDir;

use crate::TAGSEAL;
use tagseal_test_support::image::Image;
use tagseal_test_support::program::run;
use tagseal_test_support::registry::{Answer, Registry};
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::Stack;

const TOKEN: &str = "an-administrators-token-of-this-suite";
const RULES: &str = "/tagseal/v1/rules";

/// A document as people write it, with a rule that the tests do not touch.
const DOCUMENT: &str = r#"{
  "version": 1,
  "instance": "test",
  "revision": 7,
  "rules": [
    { "id": 4,   "namespace": "kept", "note": "by \u0068and",
      "preset": "latest" }
  ]
}
"#;

/// A policy file and a token file, for one gateway.
struct Files {
    folder: TempDir,
    policy: PathBuf,
    token: PathBuf,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (policy, token) = (folder.path().join("policy.json"), folder.path().join("token"));
        fs::write(&policy, DOCUMENT).unwrap();
        let files = Self { folder, policy, token };
        files.write_token(&format!("{TOKEN}\n"), 0o600);
        files
    }

    fn write_token(&self, text: &str, mode: u32) {
        fs::write(&self.token, text).unwrap();
        fs::set_permissions(&self.token, Permissions::from_mode(mode)).unwrap();
    }

    fn serve(&self, program: Command, upstream: &str) -> Command {
        let mut command = program;
        command.args(["serve", "--upstream", upstream, "--listen", "127.0.0.1:0", "--policy"]).arg(&self.policy);
        command.arg("--admin-token-file").arg(&self.token).stdin(Stdio::null());
        command
    }
}

/// Starts a gateway: the process, and its client.
fn start(command: Command) -> (Serving, Registry) {
    let (serving, line) = Serving::run(command, " guards ");
    (serving, Registry::at(line.strip_prefix("http://").unwrap().split(' ').next().unwrap()))
}

async fn ask(client: &Registry, method: Method, path: &str, body: &str) -> Answer {
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    client.ask(method, path, &headers, body.as_bytes()).await
}

const RULE: &str = r#"{"namespace": "prod", "preset": "latest"}"#;

#[test]
fn an_invalid_token_or_one_that_others_can_read_is_refused_at_start() {
    let files = Files::new();
    let table = [
        (TOKEN, 0o644, "chmod 600"),
        (TOKEN, 0o604, "chmod 600"),
        (TOKEN, 0o660, "chmod 600"),
        ("", 0o600, "0 characters, and needs at least 32; make one with `openssl rand -hex 32`"),
        ("secret", 0o600, "6 characters"),
        ("an administrator's token with spaces in it", 0o600, "write `NAME read TOKEN`"),
    ];
    for (text, mode, part) in table {
        files.write_token(text, mode);
        let served = run(&mut files.serve(TAGSEAL.command::<&str>(&[]), "http://127.0.0.1:9"));
        served.failed(2, &[part]);
        assert!(text.is_empty() || !served.all().contains(text), "{served:?}");
    }
    fs::remove_file(&files.token).unwrap();
    run(&mut files.serve(TAGSEAL.command::<&str>(&[]), "http://127.0.0.1:9")).failed(2, &["could not read `"]);
    assert_eq!(fs::read_to_string(&files.policy).unwrap(), DOCUMENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_managed_while_it_serves_and_the_log_shows_who_did_it() {
    let (stack, files) = (Stack::new().await, Files::new());
    let (serving, client) =
        start(files.serve(TAGSEAL.command::<&str>(&[]), &format!("http://{}", stack.behind_address())));
    let (first, other) = (Image::oci("first"), Image::oci("other"));
    assert_eq!(ask(&client, Method::POST, RULES, RULE).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &first).await.status, 201);
    assert_eq!(client.push("prod/app", "v1", &other).await.refusal(), "409 DENIED");
    assert_eq!(ask(&client, Method::POST, RULES, RULE).await.refused(), "409 conflict");
    assert_eq!(ask(&client, Method::PATCH, "/tagseal/v1/rules/5", r#"{"enabled": false}"#).await.status, 200);
    assert_eq!(client.push("prod/app", "v1", &other).await.status, 201);
    assert_eq!(ask(&client, Method::DELETE, "/tagseal/v1/rules/5", "").await.status, 204);
    assert_eq!(ask(&client, Method::GET, "/v2/", "").await.refusal(), "403 DENIED");
    let wrong = client.ask(Method::GET, RULES, &[("authorization", "Bearer a-wrong-secret")], b"").await;
    assert_eq!(wrong.refused(), "401 unauthorized");
    serving.signal("-TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    for part in [
        "gives access to the rules at http://127.0.0.1:",
        "a rule was created",
        "a rule was configured",
        "a rule was deleted",
        "rule=5",
        "revision=10",
        "peer=127.0.0.1:",
        "code=\"conflict\"",
        "code=\"unauthorized\"",
    ] {
        assert!(log.contains(part), "`{part}` is not in {log}");
    }
    assert!(!log.contains(TOKEN) && !log.contains("a-wrong-secret"), "{log}");
    let document = fs::read_to_string(&files.policy).unwrap();
    assert_eq!(document, DOCUMENT.replace("\"revision\": 7,", "\"revision\": 10,\n  \"next-id\": 6,"));
}

/// Somebody who may do less than we may: the gateway's user has a file that it may read and not write.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_file_that_is_closed_to_the_gateway_stays_as_it_is() {
    let (stack, files) = (Stack::new().await, Files::new());
    let program = files.folder.path().join("tagseal");
    fs::copy(TAGSEAL.path(), &program).unwrap();
    let mut command = Command::new(&program);
    command.env("XDG_CACHE_HOME", files.folder.path().join("cache"));
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
        for path in [files.folder.path(), &files.policy, &files.token] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let (_serving, client) = start(files.serve(command, &format!("http://{}", stack.behind_address())));
    let close = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();

    close(&files.policy, 0o444);
    let refused = ask(&client, Method::POST, RULES, RULE).await;
    assert_eq!(refused.refused(), "500 unwritable", "{refused:?}");
    assert!(refused.detail().contains("Permission denied"), "{}", refused.detail());
    close(&files.policy, 0o644);
    assert_eq!(ask(&client, Method::POST, RULES, RULE).await.status, 201);
    close(files.folder.path(), 0o555);
    assert_eq!(ask(&client, Method::DELETE, "/tagseal/v1/rules/5", "").await.refused(), "500 unwritable");
    assert_eq!(ask(&client, Method::GET, "/tagseal/v1/rules/5", "").await.status, 200);
    close(files.folder.path(), 0o755);
    close(&files.policy, 0o000);
    assert_eq!(ask(&client, Method::DELETE, "/tagseal/v1/rules/5", "").await.refused(), "500 unreadable");
    close(&files.policy, 0o644);
    let document = fs::read_to_string(&files.policy).unwrap();
    assert!(document.contains("\"namespace\": \"prod\"") && document.contains("\"revision\": 8"), "{document}");
    let image = Image::oci("first");
    client.push("prod/app", "v1", &image).await;
    assert_eq!(client.push("prod/app", "v1", &Image::oci("other")).await.refusal(), "409 DENIED");
}

/// Who may do nothing on most systems.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
