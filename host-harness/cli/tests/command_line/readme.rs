//! The README of the command line: what it shows as output is what the program prints.

use std::fs;
use std::path::Path;

use crate::{TAGSEAL, folder};

/// What the README's commands read, besides what they write themselves.
const FILES: &[(&str, &str)] = &[
    (
        "by-hand.json",
        r#"{
  "version": 1,
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
    { "id": 2, "namespace": "team-a", "preset": "latest", "exempt": ["signatures", "referrers"], "deletion": "forbid" }
  ]
}
"#,
    ),
    (
        "rules.json",
        r#"[{"id": 1, "priority": 0, "disabled": false, "action": "immutable", "template": "immutable_template",
  "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "v[!a]*"}],
  "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]}}]
"#,
    ),
    ("events.jsonl", "{\"delete-tag\": {\"repository\": \"prod/app\", \"tag\": \"latest\"}}\n"),
];

/// A block of commands: `console` without their output, `text` with it.
struct Block {
    shows_output: bool,
    lines: Vec<String>,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_within = false;
    for line in markdown.lines() {
        match line {
            "```" => is_within = false,
            "```console" | "```text" => {
                is_within = true;
                blocks.push(Block { shows_output: line == "```text", lines: Vec::new() });
            }
            _ if is_within => blocks.last_mut().unwrap().lines.push(line.to_owned()),
            _ => {}
        }
    }
    blocks
}

impl Block {
    /// The commands, each with the lines below it.
    fn commands(&self) -> Vec<(String, String)> {
        let mut commands: Vec<(String, String)> = Vec::new();
        for line in &self.lines {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((format!("{command}\n"), String::new())),
                (None, Some((command, _))) if command.ends_with("\\\n") => command.push_str(&format!("{line}\n")),
                (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
                (None, None) => panic!("a block begins with a command, not with {line}"),
            }
        }
        commands
    }
}

/// Runs a script in a folder, where `tagseal` is the program. Returns what it wrote to both outputs.
fn run(script: &str, folder: &Path) -> String {
    let script = format!("exec 2>&1\ntagseal() {{ '{}' \"$@\"; }}\n{script}", TAGSEAL.path());
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder).env("HOME", folder).env("XDG_CACHE_HOME", folder.join("cache"));
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let folder = folder("readme");
    FILES.iter().for_each(|(name, contents)| fs::write(folder.join(name), contents).unwrap());
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (mut compared, mut variables) = (0, String::new());
    for block in blocks(&readme) {
        for (command, shown) in block.commands() {
            if command.starts_with("digest=") {
                variables.push_str(&command);
                continue;
            }
            if command.starts_with("cargo ") || command.starts_with("tagseal --help") {
                continue;
            }
            let printed = run(&format!("{variables}{command}"), &folder);
            if block.shows_output {
                assert_eq!(printed, shown, "{command}");
                compared += 1;
            } else {
                assert!(!printed.contains("error"), "{command}: {printed}");
            }
        }
    }
    assert!(compared >= 6, "{compared} commands are shown with their output");
}
