//! The command line against a gateway that runs: `tagseal rules … --server`, and `tagseal apply`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::TAGSEAL;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::program::{Finished, run};
use tagseal_test_support::serving::Serving;
use tagseal_test_support::stack::{POLICY, Stack};

/// A gateway that runs, with a policy that may be changed, and the files of those who may.
struct Running {
    _stack: Stack,
    folder: Folder,
    _serving: Serving,
    url: String,
    policy: String,
    alice: String,
    reader: String,
}

impl Running {
    async fn new() -> Self {
        let (stack, folder) = (Stack::new().await, Folder::new());
        let policy = folder.file("policy.json", POLICY);
        let [alice, reader] = ["alices", "the-readers"].map(|name| format!("{name}-token-0123456789abcdef012345"));
        let holders = folder.file("tokens", format!("alice change {alice}\nreader read {reader}\n"));
        fs::set_permissions(&holders, Permissions::from_mode(0o600)).unwrap();
        let upstream = format!("http://{}", stack.behind_address());
        let (serving, address) = Serving::start_with(TAGSEAL, &policy, &upstream, &["--admin-token-file", &holders]);
        let (alice, reader) = (folder.file("alice", alice), folder.file("reader", reader));
        Self { _stack: stack, folder, _serving: serving, url: format!("http://{address}"), policy, alice, reader }
    }

    /// Runs a command with a token.
    fn run(&self, token: &str, arguments: &[&str]) -> Finished {
        let mut command = TAGSEAL.command(arguments);
        command.env("TAGSEAL_TOKEN_FILE", token);
        run(&mut command)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_managed_at_a_server_as_in_a_file() {
    let running = Running::new().await;
    let server = ["--server", running.url.as_str()];
    let ask = |arguments: &[&str]| running.run(&running.alice, &[&["rules"], arguments, &server].concat());
    let listed = ask(&["list"]).succeeded();
    assert!(listed.contains("prod") && listed.contains("free"), "{listed}");
    let created = ask(&["create", "--namespace", "team", "--latest"]).succeeded();
    assert!(created.contains("created rule 3 (namespace team)") && created.contains("at revision 8 now"), "{created}");
    assert!(fs::read_to_string(&running.policy).unwrap().contains("\"team\""));
    ask(&["disable", "team"]).succeeded();
    ask(&["delete", "team", "--revision", "9"]).succeeded();
    ask(&["delete", "prod", "--revision", "9"]).failed(1, &["stale"]);
    ask(&["show", "prod"]).succeeded();
    let shown = running.run(&running.alice, &["check", &running.url]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_rules_and_changes_none() {
    let running = Running::new().await;
    let before = fs::read_to_string(&running.policy).unwrap();
    running.run(&running.reader, &["rules", "list", "--server", &running.url]).succeeded();
    let refused = running.run(&running.reader, &["rules", "disable", "prod", "--server", &running.url]);
    refused.failed(1, &["forbidden", "may only read"]);
    assert_eq!(fs::read_to_string(&running.policy).unwrap(), before);
    let nobody = TAGSEAL.run(&["rules", "list", &running.url]);
    nobody.failed(2, &["wants to know who asks", "TAGSEAL_TOKEN_FILE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_kept_in_git_is_applied_unless_somebody_was_faster() {
    let running = Running::new().await;
    let document = POLICY.replace("\"namespace\": \"free\"", "\"namespace\": \"other\"");
    let file = running.folder.file("in-git.json", document);
    let apply = |more: &[&str]| {
        let usual = ["apply", file.as_str(), "--server", &running.url, "--token-file", &running.alice];
        TAGSEAL.run(&[&usual[..], more].concat())
    };
    let difference = apply(&["--dry-run"]).succeeded();
    assert!(difference.contains("+    {\"id\": 2, \"namespace\": \"other\""), "{difference}");
    apply(&["--revision", "6"]).failed(1, &["stale", "at revision 7, not 6"]);
    assert!(apply(&["--revision", "7"]).succeeded().contains("at revision 8 now"));
    assert!(apply(&["--revision", "8"]).succeeded().contains("nothing to change"));
    let written = fs::read_to_string(&running.policy).unwrap();
    assert!(written.contains("\"other\"") && written.contains("\"revision\": 8"), "{written}");
    let invalid = running.folder.file("in-git.json", "{\"version\": 1, \"rules\": [7]}");
    assert_eq!(invalid, file);
    apply(&["--revision", "8"]).failed(2, &["is invalid"]);
}
