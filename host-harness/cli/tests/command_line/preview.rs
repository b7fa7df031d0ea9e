use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tagseal_test_support::hostile;

use crate::{POLICY, file, start, tagseal, tagseal_given};
use tagseal_test_support::program::Finished;

/// Longer than any answer takes, and still an end.
const TIME_LIMIT: Duration = Duration::from_secs(60);

const TAGS: &str = "prod/app:v1\nprod/app:latest\n\n app:1.0.0 \r\ndev/app:edge";

/// Previews the tags above, with these flags.
fn preview(document: &str, flags: &[&str]) -> Finished {
    let policy = file(&format!("preview-{}.json", document.len()), document);
    tagseal_given(&[&["preview", &policy], flags].concat(), TAGS.as_bytes())
}

fn rows(ended: &Finished) -> Vec<&str> {
    ended.out.lines().take_while(|line| !line.is_empty()).collect()
}

#[test]
fn tags_of_standard_input_are_shown_with_their_rule() {
    let ended = preview(POLICY, &[]);
    assert_eq!(
        rows(&ended),
        [
            "immutable  prod/app:v1                               rule 1 (namespace prod), pair 0",
            "immutable  app:1.0.0                                 rule 4 (namespace *), pair 0",
        ]
    );
    assert!(
        ended.out.ends_with("\n4 tags by revision 12: 2 immutable (0 deletable), 0 exempt, 2 mutable\n"),
        "{}",
        ended.out
    );
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let all = preview(POLICY, &["--all"]);
    assert_eq!(rows(&all)[1..], ["mutable    prod/app:latest", rows(&ended)[1], "mutable    dev/app:edge"]);
    let given = file("preview-tags.txt", TAGS);
    let policy = file("preview-from.json", POLICY);
    assert_eq!(tagseal(&["preview", &policy, "--from", &given]).out, ended.out);
}

#[test]
fn machines_get_one_object_a_line_and_the_counts_on_the_last() {
    let ended = preview(POLICY, &["--all", "--format", "json"]);
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    let by = json!({"rule": 1, "namespace": "prod", "pair": 0});
    assert_eq!(
        lines[0],
        json!({"repository": "prod/app", "tag": "v1", "looks-like": "moving", "code": "immutable", "by": by, "deletion": "deny"})
    );
    let free =
        json!({"repository": "prod/app", "tag": "latest", "code": "unprotected", "by": null, "deletion": "allow"});
    assert_eq!(lines[1], free);
    let of = |namespace: Value, tags: u64, immutable: u64| json!({"namespace": namespace, "tags": tags, "immutable": immutable, "deletable": 0, "exempt": 0, "mutable": tags - immutable});
    let expected = json!({
        "counts": {"tags": 4, "immutable": 2, "deletable": 0, "exempt": 0, "mutable": 2},
        "namespaces": [of(Value::Null, 1, 1), of("dev".into(), 1, 0), of("prod".into(), 2, 1)],
        "mutable-versions": 0, "immutable-moving": 1, "illegal": 0, "revision": 12,
    });
    assert_eq!(lines[4], expected);
}

#[test]
fn no_tags_are_not_an_error() {
    let policy = file("preview-none.json", POLICY);
    let ended = tagseal(&["preview", &policy]);
    let expected = "0 tags by revision 12: 0 immutable (0 deletable), 0 exempt, 0 mutable\n";
    assert_eq!((ended.code, ended.out.as_str(), ended.error.as_str()), (Some(0), expected, ""));
    let ended = tagseal(&["preview", &policy, "--against", &policy, "--format", "json"]);
    let counts: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&counts["counts"]["becomes-mutable"], &counts["against"]), (&json!(0), &json!(12)));
}

#[test]
fn a_line_without_a_tag_is_counted_and_never_shown_and_exits_1() {
    let policy = file("preview-lines.json", POLICY);
    let long = format!("prod/app:{}", "v".repeat(1 << 20));
    let lines: Vec<&[u8]> = vec![
        b"prod/app:v1",
        b"\x1b[2J",
        b"\xff",
        long.as_bytes(),
        b"registry:5000/prod/app:v1",
        b"prod/app",
        b"prod/app:v2",
    ];
    for format in ["text", "json"] {
        let ended = tagseal_given(&["preview", &policy, "--format", format], &lines.join(&b'\n'));
        assert_eq!(ended.code, Some(1), "{}", ended.error);
        assert!(
            ended
                .error
                .contains("note: the registry's host was left out of 1 line; the first is `registry:5000` in line 5;"),
            "{}",
            ended.error
        );
        assert!(
            ended.error.contains(
                "warning: 4 lines without a valid `repository:tag`; the first is line 2, which does not name a tag\n"
            ),
            "{}",
            ended.error
        );
        assert!(ended.out.contains("v2") && ended.out.lines().count() < 14, "{}", ended.out);
        assert!(!ended.out.contains('\x1b') && !ended.error.contains('\x1b') && !ended.out.contains("5000"));
    }
}

#[test]
fn what_is_wrong_with_the_first_line_without_a_tag_is_said() {
    let policy = file("preview-references.json", POLICY);
    let digest = format!("prod/app@sha256:{}", "9d".repeat(32));
    for (line, why, help) in [
        ("prod/app", "which does not name a tag", "write `:latest` if that is meant"),
        (&*digest, "which names a digest, and a digest is not a tag", "rules are about tags"),
        ("Prod/app:v1", "which has the capital letter `P` in its repository", "no repository has a capital letter"),
    ] {
        let ended = tagseal_given(&["preview", &policy], line.as_bytes());
        let expected = format!("warning: 1 line without a valid `repository:tag`; the first is line 1, {why}\n");
        assert!(ended.error.contains(&expected) && ended.error.contains(help), "{line}: {}", ended.error);
        assert_eq!(ended.code, Some(1), "{line}");
    }
}

/// The policy with another rule for `prod`, and one for `dev`.
fn changed(prod: &str, dev: &str) -> String {
    let prod =
        POLICY.replace(r#""preset": "latest", "exempt": ["signatures", "referrers"] },"#, &format!("{prod} }},{dev}"));
    assert_ne!(prod, POLICY);
    prod.replace("12", "13")
}

#[test]
fn against_another_policy_only_what_changes_is_shown_and_what_is_lost_exits_1() {
    let dev = r#"{ "id": 5, "namespace": "dev", "preset": "latest" },"#;
    let preset = r#""preset": "latest""#;
    let free = r#""preset": "latest", "deletion": "allow""#;
    let off = r#""preset": "latest", "enabled": false"#;
    let (v1, edge) = ("prod/app:v1                             ", "dev/app:edge                            ");
    let rule = "immutable by rule 1 (namespace prod), pair 0";
    let none: &[String] = &[];
    let table = [
        (changed(preset, ""), changed(preset, ""), none, 0),
        (
            changed(preset, ""),
            changed(preset, dev),
            &[format!("becomes immutable  {edge}  was mutable; now immutable by rule 5 (namespace dev), pair 0")][..],
            0,
        ),
        (
            changed(preset, dev),
            changed(preset, ""),
            &[format!("becomes mutable    {edge}  was immutable by rule 5 (namespace dev), pair 0; now mutable")],
            1,
        ),
        (
            changed(preset, ""),
            changed(free, ""),
            &[format!("allows deletion    {v1}  was {rule}; now {rule}, deletion allowed")],
            1,
        ),
        (
            changed(free, ""),
            changed(preset, ""),
            &[format!("denies deletion    {v1}  was {rule}, deletion allowed; now {rule}")],
            0,
        ),
        (
            changed(preset, ""),
            changed(off, dev),
            &[
                format!("becomes mutable    {v1}  was {rule}; now mutable"),
                format!("becomes immutable  {edge}  was mutable; now immutable by rule 5 (namespace dev), pair 0"),
            ],
            1,
        ),
    ];
    for (number, (old, new, expected, code)) in table.into_iter().enumerate() {
        let old = file(&format!("preview-old-{number}.json"), old);
        let new = file(&format!("preview-new-{number}.json"), new);
        let ended = tagseal_given(&["preview", &new, "--against", &old], TAGS.as_bytes());
        assert_eq!((ended.code, ended.error.as_str()), (Some(code), ""), "{number}: {ended:?}");
        let shown: Vec<&str> = if expected.is_empty() { Vec::new() } else { rows(&ended) };
        assert_eq!(shown, expected, "{number}: {}", ended.out);
        assert!(ended.out.contains("\n4 tags by revision 13 against 13: "), "{}", ended.out);
    }
}

#[test]
fn another_rule_that_says_the_same_is_shown_with_all() {
    let instance = POLICY.replace("@release", "**");
    let old = file("preview-rule-old.json", POLICY);
    let new = file(
        "preview-rule-new.json",
        instance.replace(r#""id": 1, "namespace": "prod""#, r#""id": 1, "namespace": "dev""#),
    );
    let given = |flags: &[&str]| {
        tagseal_given(&[&["preview", &new, "--against", &old], flags].concat(), b"prod/app:v1\napp:1.0.0\n")
    };
    let ended = given(&["--all"]);
    let expected = "other rule         prod/app:v1                               was immutable by rule 1 (namespace prod), pair 0; \
                    now immutable by rule 4 (namespace *), pair 0";
    assert_eq!((ended.code, rows(&ended)), (Some(0), vec![expected]), "{ended:?}");
    let ended = given(&[]);
    assert!(
        ended.out.contains("rule 4 (namespace *): 1 by another rule than before\n") && ended.code == Some(0),
        "{ended:?}"
    );
    let lines: Vec<Value> =
        given(&["--all", "--format", "json"]).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (lines.len(), &lines[0]["change"], &lines[0]["old"]["by"]["rule"], &lines[0]["new"]["by"]["namespace"]),
        (2, &json!("other-rule"), &json!(1), &json!("*"))
    );
    assert_eq!(lines[1]["counts"]["other-rule"], 1);
}

#[test]
fn in_json_tags_that_are_not_as_their_names_look_are_listed_though_nothing_changes_for_them() {
    let policy = file("preview-looks.json", POLICY);
    let lines = b"prod/app:v1\ndev/app:1.2.3-alpine\ndev/app:main\nprod/app:1.2.3\n";
    let ended = tagseal_given(&["preview", &policy, "--against", &policy, "--format", "json"], lines);
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> = lines.iter().map(|line| (&line["tag"], &line["looks-like"], &line["change"])).collect();
    let (null, same) = (json!(null), json!("same"));
    let expected = [
        (&json!("v1"), &json!("moving"), &same),
        (&json!("1.2.3-alpine"), &json!("version"), &same),
        (&null, &null, &null),
    ];
    assert_eq!(found, expected, "{}", ended.out);
    assert_eq!((&lines[2]["mutable-versions"], &lines[2]["immutable-moving"]), (&json!(1), &json!(1)));
    assert_eq!(ended.code, Some(0));
}

#[test]
fn tags_are_not_held_back_while_the_input_waits() {
    let mut child = start(&["preview", &file("preview-waits.json", POLICY)]);
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, rows) = mpsc::channel();
    let reader = thread::spawn(move || output.lines().for_each(|line| drop(sender.send(line.unwrap()))));
    for number in 0..3 {
        writeln!(input, "prod/app:v{number}").unwrap();
        let row = rows.recv_timeout(TIME_LIMIT).expect("the row comes while the input is open");
        assert!(row.starts_with(&format!("immutable  prod/app:v{number} ")), "{row}");
    }
    drop(input);
    reader.join().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_leaves_ends_the_preview_in_silence() {
    let mut child = start(&["preview", &file("preview-leaves.json", POLICY)]);
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || while input.write_all(b"prod/app:v1\n").is_ok() {});
    let mut row = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut row).unwrap();
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(141), vec![]), "{row}");
}

#[test]
fn what_can_not_be_read_exits_2() {
    let (policy, bad) = (
        file("preview-fine.json", POLICY),
        file("preview-bad.json", POLICY.replace("\"version\": 1", "\"version\": 2")),
    );
    for (arguments, expected) in [
        (vec!["preview", "/none.json"], "could not read `/none.json`"),
        (vec!["preview", &bad], "is invalid: 1 problem"),
        (vec!["preview", &policy, "--against", &bad], "is invalid: 1 problem"),
        (vec!["preview", &policy, "--from", "/none.txt"], "could not read `/none.txt`"),
        (vec!["preview", "-"], "from one standard input"),
        (vec!["preview", "-", "--from", "tags.txt", "--against", "-"], "from one standard input"),
        (vec!["preview", &policy, "--registry", "ftp://registry"], "starts with neither"),
        (
            vec!["preview", "-", "--registry", "http://registry", "--username", "me", "--password-stdin"],
            "from one standard input",
        ),
    ] {
        let ended = tagseal(&arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(ended.error.contains(expected), "{arguments:?}: {}", ended.error);
    }
}

#[test]
fn a_component_that_fails_on_many_tags_is_asked_about_each() {
    let policy = file("preview-batch.json", POLICY);
    let component = file("preview-trap_in_batch.wasm", hostile::assemble("trap_in_batch"));
    let ended = tagseal_given(&["preview", &policy, "--component", &component, "--all"], TAGS.as_bytes());
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    assert_eq!(rows(&ended).len(), 4);
    assert!(rows(&ended).iter().all(|row| row.starts_with("mutable  ")), "{}", ended.out);
}

#[test]
fn a_component_that_fails_or_answers_too_little_exits_4_and_shows_no_counts() {
    let policy = file("preview-fails.json", POLICY);
    // The first fails on each tag too, the other answers many events by none.
    for (name, error) in [("endless_loop_in_realloc", "took longer than"), ("behaved", "breaks the contract")] {
        let component = file(&format!("preview-{name}.wasm"), hostile::assemble(name));
        let ended = tagseal_given(&["preview", &policy, "--component", &component], TAGS.as_bytes());
        assert_eq!((ended.code, ended.out.as_str()), (Some(4), ""), "{name}: {ended:?}");
        assert!(ended.error.contains(error), "{name}: {}", ended.error);
    }
    // A core module is not a component.
    let component = file("preview-module.wasm", b"\0asm\x01\0\0\0");
    let ended = tagseal_given(&["preview", &policy, "--component", &component], TAGS.as_bytes());
    assert_eq!((ended.code, ended.out.as_str()), (Some(3), ""), "{ended:?}");
}
