//! `tagseal preview` before a registry in memory: what it shows, as whom it asks, and what it takes for no list.
#![cfg(test)]

mod access;
mod drift;
mod hostile;
mod memory;
mod walk;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::Command;

use hyper::StatusCode;
use serde_json::Value;
use tagseal_test_support::folder::Folder;
use tagseal_test_support::image::Image;
use tagseal_test_support::program::{self, Finished, Program};
use tagseal_test_support::stack::{Act, Stack};

/// Every kind of answer: `prod` by the preset, `free` with deletes, releases everywhere.
const POLICY: &str = r#"{"version": 1, "instance": "test", "revision": 12, "rules": [
    {"id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures"]},
    {"id": 2, "namespace": "free", "preset": "latest", "deletion": "allow"},
    {"id": 4, "namespace": "*", "protects": [
        {"repositories": {"matches": "**/private"}, "tags": {"matches": "**"}},
        {"repositories": {"matches": "**"}, "tags": {"matches": "@release"}}]}]}"#;

const TAGSEAL: Program = Program::new(env!("CARGO_BIN_EXE_tagseal"), env!("CARGO_TARGET_TMPDIR"));

/// Returns all lines of JSON except for the last one, and the last one, which has the counts.
#[track_caller]
fn lines_and_counts(finished: &Finished) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = finished.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let counts = lines.pop().unwrap_or_else(|| panic!("no counts: {finished:?}"));
    assert!(counts["counts"].is_object(), "{counts}");
    (lines, counts)
}

/// Prepares a run of `tagseal`, without any credentials in its home.
fn tagseal<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    TAGSEAL.command(arguments)
}

/// Runs a command to its end, while the registry that it asks is served.
async fn run(mut command: Command) -> Finished {
    tokio::task::spawn_blocking(move || program::run(&mut command)).await.unwrap()
}

/// Previews what the registry of a stack holds by the policy.
async fn preview(stack: &Stack, arguments: &[&str]) -> Finished {
    let folder = Folder::new();
    let (policy, registry) = (folder.file("policy.json", POLICY), format!("http://{}", stack.behind_address()));
    run(tagseal(&[&["preview", &policy, "--registry", &registry], arguments].concat())).await
}

/// A registry that holds these tags, all of one image.
async fn registry(tags: &[(&str, &[&str])]) -> Stack {
    let stack = Stack::new().await;
    for (repository, tags) in tags {
        stack.behind.upload(repository, &Image::oci("a")).await;
        for tag in *tags {
            assert_eq!(stack.behind.put(repository, tag, &Image::oci("a")).await.status, 201, "{repository}:{tag}");
        }
    }
    stack.asked();
    stack
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<String>) -> Act {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Act::Answer(StatusCode::from_u16(status).unwrap(), headers, body.into())
}

/// A page of a list, and where the list goes on.
fn page(field: &str, names: &[&str], next: Option<&str>) -> Act {
    let link = next.map(|next| format!("<{next}>; rel=\"next\""));
    let headers: Vec<_> = link.iter().map(|link| ("link", link.as_str())).collect();
    answer(200, &headers, serde_json::json!({ field: names }).to_string())
}

/// What `decide` says of pushing other content under each tag, and of deleting it: code, rule, pair, deletion.
async fn decided(policy: &str, tags: &[(String, String)]) -> BTreeMap<(String, String), Value> {
    let folder = Folder::new();
    let (current, digest) = (format!("sha256:{}", "1".repeat(64)), format!("sha256:{}", "2".repeat(64)));
    let events: String = tags
        .iter()
        .flat_map(|(repository, tag)| {
            let tags = [serde_json::json!({"tag": tag, "current": current})];
            [
                serde_json::json!({"write": {"repository": repository, "digest": digest, "tags": tags}}),
                serde_json::json!({"delete-tag": {"repository": repository, "tag": tag}}),
            ]
        })
        .map(|event| format!("{event}\n"))
        .collect();
    let (policy, events) = (folder.file("policy.json", policy), folder.file("events.jsonl", &events));
    let ended = run(tagseal(&["decide", &policy, &events, "--format", "json"])).await;
    let decisions: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(decisions.len(), 2 * tags.len(), "{}", ended.error);
    let answers = decisions.chunks(2).map(|pair| {
        let deletion = &pair[1]["outcome"];
        serde_json::json!([pair[0]["code"], pair[0]["rule"], pair[0]["pair"], deletion])
    });
    tags.iter().cloned().zip(answers).collect()
}

/// What the preview shows of each tag, in the same form.
fn shown(lines: &[Value]) -> BTreeMap<(String, String), Value> {
    let name = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let answer =
        |line: &Value| serde_json::json!([line["code"], line["by"]["rule"], line["by"]["pair"], line["deletion"]]);
    lines.iter().map(|line| ((name(line, "repository"), name(line, "tag")), answer(line))).collect()
}
