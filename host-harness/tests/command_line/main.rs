//! The command line from end to end: each verb, each exit code, standard input, pipes, and bad input.
#![cfg(test)]

mod bad_input;
mod bench;
mod check;
mod decide;
mod exchange;
mod explain;
mod inspect;
mod load_test;
mod pipes;
mod preview;
mod rules;
mod rules_at_once;
mod rules_refused;
mod test;
mod usage;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

/// Namespace `prod` by the preset, and releases everywhere.
const POLICY: &str = r#"{
  "version": 1,
  "instance": "registry-prod",
  "revision": 12,
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
    { "id": 4, "namespace": "*", "exempt": ["signatures", "referrers"],
      "protects": [{ "repositories": { "matches": "**" }, "tags": { "matches": "@release" } }] }
  ]
}
"#;

/// What came of a command.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Ended {
    /// The decisions on standard output, as outcome and code.
    #[track_caller]
    fn decisions(&self) -> Vec<String> {
        let decision = |line: &str| {
            let decision: serde_json::Value = serde_json::from_str(line).expect(line);
            format!("{} {}", decision["outcome"].as_str().unwrap(), decision["code"].as_str().unwrap())
        };
        self.out.lines().map(decision).collect()
    }
}

/// Starts `tagseal`. Compiled code is kept with what cargo builds.
fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tagseal"))
        .args(arguments)
        .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn tagseal(arguments: &[&str]) -> Ended {
    tagseal_given(arguments, b"")
}

/// Runs `tagseal` with something on its standard input.
fn tagseal_given(arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // A command that does not read all of it is no fault.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

/// A file with these contents. Tests run at once, so each has names of its own.
fn file(name: &str, contents: impl AsRef<[u8]>) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command_line");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, contents).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// A folder with nothing in it.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command_line").join(name);
    // What an earlier run has left.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A digest of one digit: `sha256:aa…`.
fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// A push of content `b` under a tag, as a line of JSON.
fn push(repository: &str, tag: &str, current: &str) -> String {
    let digest = digest('b');
    format!(
        r#"{{"write": {{"repository": "{repository}", "digest": "{digest}", "tags": [{{"tag": "{tag}", "current": "{current}"}}]}}}}"#
    )
}
