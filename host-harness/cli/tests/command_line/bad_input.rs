//! Input that is not a valid policy or event ends in a clear error or a denial: never in a crash, never in an allow.

use crate::{POLICY, decisions, digest, file, tagseal_given};
use tagseal_test_support::program::Finished;

/// Checks a document, and decides by it.
#[track_caller]
fn assert_no_policy(document: &[u8], code: i32, expected: &str) {
    let checked = tagseal_given(&["check", "-"], document);
    assert_eq!(checked.code, Some(code), "{}", shortened(&checked));
    assert!(shown(&checked).contains(expected), "{expected}: {}", shortened(&checked));
    let decided = tagseal_given(&["decide", "-", "--delete", "dev/app:v1"], document);
    assert_eq!((decided.code, decided.out.as_str()), (Some(2), ""), "{}", shortened(&decided));
    assert!(decided.error.contains(expected), "{expected}: {}", shortened(&decided));
}

fn shown(ended: &Finished) -> &str {
    if ended.out.is_empty() { &ended.error } else { &ended.out }
}

fn shortened(ended: &Finished) -> String {
    format!("{ended:?}").chars().take(2_000).collect()
}

#[test]
fn a_binary_file() {
    assert_no_policy(b"\x7fELF\x02\x01\x01\0\xff\xfe", 2, "is not UTF-8: byte 8, on line 1");
    assert_no_policy(b"\x7fELF\x02\x01\x01\0", 1, ":1:1");
}

#[test]
fn an_empty_file() {
    assert_no_policy(b"", 1, "error: the document is empty\n --> standard input:1:1");
}

#[test]
fn two_hundred_megabytes_of_brackets() {
    assert_no_policy(&vec![b'['; 200_000_000], 1, "standard input:1:");
}

#[test]
fn a_document_with_a_hundred_faults() {
    let rules: Vec<String> =
        (1..=100).map(|id| format!("{{\"id\": {id}, \"namespace\": \"n{id}\", \"preset\": \"{id}\"}}")).collect();
    let document = format!("{{\"version\": 1, \"instance\": \"r\", \"rules\": [\n{}\n]}}", rules.join(",\n"));
    assert_no_policy(document.as_bytes(), 1, "100 problems");
    let ended = tagseal_given(&["check", "-"], document.as_bytes());
    for line in 2..=101 {
        assert!(ended.out.contains(&format!("--> standard input:{line}:")), "line {line}: {}", shortened(&ended));
    }
}

#[test]
fn a_byte_order_mark() {
    assert_no_policy(format!("\u{feff}{POLICY}").as_bytes(), 1, "byte-order mark");
}

#[test]
fn duplicate_keys() {
    let document = POLICY.replace("\"revision\": 12", "\"revision\": 12, \"revision\": 13");
    assert_no_policy(document.as_bytes(), 1, "revision");
}

#[test]
fn lone_surrogates() {
    assert_no_policy(POLICY.replace("registry-prod", "\\ud800").as_bytes(), 1, "standard input:3:");
}

#[test]
fn a_newer_version() {
    assert_no_policy(POLICY.replace("\"version\": 1", "\"version\": 2").as_bytes(), 1, "version 2 is newer");
}

#[test]
fn more_than_a_policy_may_have() {
    let document = [POLICY.as_bytes(), &vec![b' '; 256 << 20]].concat();
    assert_no_policy(&document, 2, "is larger than 256 MiB");
}

#[test]
fn invalid_events() {
    let policy = file("bad_events.json", POLICY);
    let (a, nested) = (digest('a'), "[".repeat(500_000));
    let lines = [
        format!(r#"{{"write": {{"repository": "dev/app", "digest": "{a}", "tags": [{{"tag": "v1"}}]}}}}"#),
        format!(
            r#"{{"write": {{"repository": "dev/app", "digest": "{a}", "tags": [{{"tag": "v1", "current": null}}]}}}}"#
        ),
        format!(r#"{{"write": {{"repository": "dev/app", "digest": "{a}", "digest": "{a}", "tags": []}}}}"#),
        r#"{"delete-tag": {"repository": "dev/app", "tag": "\ud800"}}"#.into(),
        "\u{feff}{\"delete-tag\": {\"repository\": \"dev/app\", \"tag\": \"v1\"}}".into(),
        "\0".into(),
        nested,
    ];
    let ended = tagseal_given(&["decide", &policy], lines.join("\n").as_bytes());
    assert_eq!(decisions(&ended), ["deny malformed"; 7]);
    let note = "note: lines 1, 2, 3, 4, 5, 6, 7 are not valid events, so they were denied\n";
    assert_eq!((ended.code, ended.error.as_str()), (Some(1), note));
}
