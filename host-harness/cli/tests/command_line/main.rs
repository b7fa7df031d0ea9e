//! The command line from end to end: each verb, each exit code, standard input, pipes, and bad input.
#![cfg(test)]

mod bad_input;
mod bench;
mod check;
mod convert;
mod decide;
mod explain;
mod import_into;
mod imports_as_pasted;
mod inspect;
mod load_test;
mod overrides;
mod patterns_not_meant;
mod pipes;
mod preview;
mod readme;
mod references;
mod rule_flags;
mod rules;
mod rules_at_once;
mod rules_denied;
mod test;
mod usage;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Child;

use tagseal_test_support::program::{Finished, Program};
use tempfile::NamedTempFile;

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

const TAGSEAL: Program = Program::new(env!("CARGO_BIN_EXE_tagseal"), env!("CARGO_TARGET_TMPDIR"));

/// Returns the decisions on standard output, each as outcome and code.
#[track_caller]
fn decisions(finished: &Finished) -> Vec<String> {
    let decision = |line: &str| {
        let decision: serde_json::Value = serde_json::from_str(line).expect(line);
        format!("{} {}", decision["outcome"].as_str().unwrap(), decision["code"].as_str().unwrap())
    };
    finished.out.lines().map(decision).collect()
}

#[track_caller]
fn start(arguments: &[&str]) -> Child {
    TAGSEAL.start(arguments)
}

#[track_caller]
fn tagseal(arguments: &[&str]) -> Finished {
    TAGSEAL.run(arguments)
}

/// Runs `tagseal` with something on its standard input.
#[track_caller]
fn tagseal_given(arguments: &[&str], input: &[u8]) -> Finished {
    TAGSEAL.run_with_input(arguments, input)
}

/// A file with these contents. Tests run at once, so each has names of its own, or the same contents under the name. It is there
/// as a whole or not at all.
fn file(name: &str, contents: impl AsRef<[u8]>) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command_line");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let mut written = NamedTempFile::new_in(&folder).unwrap();
    written.write_all(contents.as_ref()).unwrap();
    written.persist(&path).unwrap();
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
