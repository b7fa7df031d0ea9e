//! `tagseal preview` before a registry in memory: what it shows, as whom it asks, and what it takes for no list.
#![cfg(test)]

mod access;
#[path = "../gateway/client.rs"]
#[expect(dead_code, reason = "the other suite needs more of it")]
mod client;
mod hostile;
mod memory;
#[path = "../gateway/stack.rs"]
#[expect(dead_code, reason = "the other suite needs more of it")]
mod stack;
mod walk;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use client::Image;
use hyper::StatusCode;
use serde_json::Value;
use stack::{Act, Stack};

/// Every kind of answer: `prod` by the preset, `free` with deletes, releases everywhere.
const POLICY: &str = r#"{"version": 1, "instance": "test", "revision": 12, "rules": [
    {"id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures"]},
    {"id": 2, "namespace": "free", "preset": "latest", "deletion": "allow"},
    {"id": 4, "namespace": "*", "protects": [
        {"repositories": {"matches": "**/private"}, "tags": {"matches": "**"}},
        {"repositories": {"matches": "**"}, "tags": {"matches": "@release"}}]}]}"#;

/// What came of a command.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Ended {
    /// All lines of JSON but the last, and the last: the counts.
    #[track_caller]
    fn json(&self) -> (Vec<Value>, Value) {
        let mut lines: Vec<Value> = self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let counts = lines.pop().unwrap_or_else(|| panic!("no counts: {self:?}"));
        assert!(counts["counts"].is_object(), "{counts}");
        (lines, counts)
    }

    /// It ended in a fault that says all of this.
    #[track_caller]
    fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:?}");
        for part in parts {
            assert!(self.error.contains(part), "`{part}` is not in: {}", self.error);
        }
    }
}

/// A folder of its own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("preview-{}-{}", std::process::id(), NUMBER.fetch_add(1, SeqCst));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file with these contents.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `tagseal`, which knows nobody: its home is empty.
fn tagseal<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagseal"));
    for name in ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    command.args(arguments).env("HOME", env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

/// Runs a command to its end, beside the registry that it asks.
async fn run(mut command: Command) -> Ended {
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await;
    let Output { status, stdout, stderr } = ended.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), out: text(stdout), error: text(stderr) }
}

/// Previews what the registry of a stack holds by the policy.
async fn preview(stack: &Stack, arguments: &[&str]) -> Ended {
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
