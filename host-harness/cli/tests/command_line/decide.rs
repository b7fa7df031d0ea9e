use tagseal_test_support::hostile;

use crate::{POLICY, decisions, digest, file, push, tagseal, tagseal_given};

#[track_caller]
fn assert_decides(flags: &[&str], expected: &str, code: i32) {
    let policy = file("decide.json", POLICY);
    let ended = tagseal(&[&["decide", &policy], flags].concat());
    assert_eq!(decisions(&ended), [expected], "{flags:?}: {ended:?}");
    assert_eq!((ended.code, ended.error.as_str()), (Some(code), ""), "{flags:?}");
}

#[track_caller]
fn assert_usage(flags: &[&str], error: &str) {
    let policy = file("decide.json", POLICY);
    let ended = tagseal(&[&["decide", &policy], flags].concat());
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{flags:?}: {ended:?}");
    assert!(ended.error.contains(error), "{flags:?}: {}", ended.error);
}

#[test]
fn one_push_by_flags() {
    let (a, b) = (&*digest('a'), &*digest('b'));
    let write = |current| ["--write", "prod/app:v1", "--digest", b, "--current", current];
    assert_decides(&write("absent"), "allow first-push", 0);
    assert_decides(&write(b), "allow same-digest", 0);
    assert_decides(&write(a), "deny immutable", 1);
    assert_decides(&write("unknown"), "deny state-unknown", 1);
    assert_decides(&write("sha256:00"), "deny malformed", 1);
    assert_decides(&["--write", "prod/app:latest", "--digest", b, "--current", a], "allow unprotected", 0);
    assert_decides(&["--write", "prod/app", "--digest", b], "allow unprotected", 0);
}

#[test]
fn one_delete_by_flags() {
    let manifest = &*format!("prod/app@{}", digest('a'));
    assert_decides(&["--delete", "prod/app:v1"], "deny immutable", 1);
    assert_decides(&["--delete", "prod/app:latest"], "allow unprotected", 0);
    assert_decides(&["--delete-manifest", manifest, "--tags", "latest"], "allow unprotected", 0);
    assert_decides(&["--delete-manifest", manifest, "--tags", "latest,v1"], "deny immutable", 1);
    assert_decides(&["--delete-manifest", manifest, "--tags="], "allow unprotected", 0);
    assert_decides(&["--delete-manifest", manifest, "--tags-unknown"], "deny state-unknown", 1);
}

#[test]
fn flags_without_a_whole_event_exit_2() {
    let b = &*digest('b');
    assert_usage(&["--write", "prod/app:v1"], "--digest");
    assert_usage(&["--write", "prod/app:v1", "--digest", b], "add `--current`");
    assert_usage(&["--write", "prod/app", "--digest", b, "--current", "absent"], "does not name the tag");
    let current = |word| ["--write", "prod/app:v1", "--digest", b, "--current", word];
    for word in ["Absent", "", "none", "v1"] {
        assert_usage(&current(word), &format!("`--current {word}` is not a digest, `absent` or `unknown`"));
    }
    let manifest = &*format!("prod/app@{}", digest('a'));
    // What a script writes if its variables are empty.
    for tags in [",", "v1,", ",v1", "v1,,latest"] {
        assert_usage(&["--delete-manifest", manifest, "--tags", tags], "has an empty tag in its list");
    }
    assert_usage(&["--delete", "prod/app"], "does not name a tag");
    assert_usage(&["--delete-manifest", "prod/app:v1", "--tags", "v1"], "does not name a digest");
    assert_usage(&["--delete-manifest", b], "--tags-unknown");
    assert_usage(&["--delete", "prod/app:v1", "--write", "prod/app:v1", "--digest", b], "cannot be used with");
    assert_usage(&["--current", "absent"], "--write");
    assert_usage(&["events.jsonl", "--delete", "prod/app:v1"], "cannot be used with");
}

#[test]
fn each_line_is_answered_in_its_order() {
    let policy = file("order.json", POLICY);
    let events: Vec<String> = (0..5_000).map(|number| push("prod/app", &format!("t{number}"), "absent")).collect();
    let events = file("order.jsonl", events.join("\n"));
    let ended = tagseal(&["decide", &policy, &events]);
    assert_eq!(ended.code, Some(0), "{}", ended.error);
    let mut count = 0;
    for (number, line) in ended.out.lines().enumerate() {
        assert!(line.contains(&format!(r#""tag":"t{number}","outcome":"allow","code":"first-push""#)), "{line}");
        count += 1;
    }
    assert_eq!(count, 5_000);
}

#[test]
fn every_line_is_answered_whatever_it_holds() {
    let policy = file("lines.json", POLICY);
    let long = format!("{{\"delete-tag\": {}}}", " ".repeat(1 << 20));
    let lines = [
        push("dev/app", "v1", "absent").as_bytes(),
        b"",
        b"\xff\xfe",
        long.as_bytes(),
        b"\r",
        "\u{feff}{}".as_bytes(),
        push("dev/app", "v2", "absent").as_bytes(),
    ]
    .join(&b'\n');
    let ended = tagseal_given(&["decide", &policy], &lines);
    let malformed = "deny malformed";
    assert_eq!(
        decisions(&ended),
        ["allow unprotected", malformed, malformed, malformed, malformed, malformed, "allow unprotected"]
    );
    assert!(ended.out.contains("the line is not UTF-8"), "{}", ended.out);
    assert!(ended.out.contains("the line is longer than 1048576 bytes"), "{}", ended.out);
    assert_eq!(ended.out.matches("the line is empty; write an event on it").count(), 2, "{}", ended.out);
    let note = "note: lines 2, 3, 4, 5, 6 are not valid events, so they were denied\n";
    assert_eq!((ended.code, ended.error.as_str()), (Some(1), note));
}

#[test]
fn lines_that_are_not_events_are_named_and_not_too_many_of_them() {
    let policy = file("named-lines.json", POLICY);
    let lines = [&[push("dev/app", "v1", "absent")][..], &vec!["hello".to_owned(); 13]].concat().join("\n");
    let ended = tagseal_given(&["decide", &policy], lines.as_bytes());
    let note = "note: lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more are not valid events, so they were denied\n";
    assert_eq!((ended.code, ended.error.as_str()), (Some(1), note));
    let ended = tagseal_given(
        &["decide", &policy, "--format", "text"],
        &lines.as_bytes()[..lines.find("\nhello\nhello").unwrap() + 6],
    );
    assert_eq!(ended.error, "note: line 2 is not a valid event, so it was denied\n");
}

#[test]
fn without_an_event_nothing_is_allowed() {
    let policy = file("none.json", POLICY);
    let events = file("none.jsonl", "");
    for (arguments, name) in
        [(&["decide", &policy][..], "standard input"), (&["decide", &policy, &events, "--format", "text"], &events)]
    {
        let ended = tagseal(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        let error = format!("error: there is no event in {name}, so nothing was decided\nhelp: give events as lines");
        assert!(ended.error.starts_with(&error), "{ended:?}");
    }
}

#[test]
fn people_get_words() {
    let (policy, a) = (file("words.json", POLICY), digest('a'));
    let lines = [
        push("prod/app", "v1", "absent"),
        push("prod/app", "v1", &a),
        push("dev/app", "latest", &a),
        format!(r#"{{"delete-manifest": {{"repository": "dev/app", "digest": "{a}", "tags": "unknown"}}}}"#),
        "hello".into(),
    ];
    let ended = tagseal_given(&["decide", &policy, "-", "--format", "text"], lines.join("\n").as_bytes());
    let shown: Vec<&str> = ended.out.lines().filter(|line| !line.starts_with("       ")).collect();
    assert_eq!(
        shown,
        [
            "allow  push    prod/app:v1                       first-push        rule 1, pair 0",
            "deny   push    prod/app:v1                       immutable         rule 1, pair 0",
            "allow  push    dev/app:latest                    unprotected",
            "deny   delete  dev/app@sha256:aaaaaaaaaaaa       state-unknown     rule 4, pair 0",
            "deny   line 5                                    malformed",
            "5 events: 2 allowed, 3 denied",
        ]
    );
    assert!(
        ended.out.contains("       tag v1 of prod/app cannot be overwritten because the tag is immutable (rule 1, namespace prod): it is"),
        "{}",
        ended.out
    );
    assert_eq!(ended.code, Some(1));
}

#[test]
fn an_invalid_policy_exits_2_with_its_problems() {
    let policy = file("version.json", POLICY.replace("\"version\": 1", "\"version\": 2"));
    let ended = tagseal(&["decide", &policy, "--delete", "prod/app:v1"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.starts_with("error: version 2 is newer"), "{}", ended.error);
    assert!(ended.error.ends_with(&format!("error: `{policy}` is invalid: 1 problem\n")), "{}", ended.error);
}

#[test]
fn policy_and_events_cannot_both_be_standard_input() {
    let ended = tagseal_given(&["decide", "-"], POLICY.as_bytes());
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    let ended = tagseal_given(&["decide", "-", "--delete", "prod/app:v1"], POLICY.as_bytes());
    assert_eq!(decisions(&ended), ["deny immutable"]);
}

#[test]
fn a_component_that_fails_denies_and_exits_4() {
    let policy = file("fails.json", POLICY);
    for (name, error) in [
        ("trap_in_json", "the component failed"),
        ("endless_loop_in_json", "took longer than 1s"),
        // Its answers are empty.
        ("behaved", "breaks the contract"),
    ] {
        let component = file(&format!("{name}.wasm"), hostile::assemble(name));
        let event = push("dev/app", "v1", "absent");
        let ended = tagseal_given(&["decide", "--component", &component, &policy], format!("{event}\n").as_bytes());
        assert_eq!(decisions(&ended), ["deny unavailable"], "{name}: {ended:?}");
        assert_eq!(ended.code, Some(4), "{name}");
        assert!(
            ended.error.starts_with("error: 1 event could not be decided, and counted as denied: "),
            "{}",
            ended.error
        );
        assert!(ended.error.contains(error), "{name}: {}", ended.error);
    }
}

#[test]
fn a_component_that_fails_in_compile_exits_4() {
    let component = file("fails_in_compile.wasm", hostile::assemble("trap_in_compile"));
    let policy = file("fails_in_compile.json", POLICY);
    for verb in ["check", "decide"] {
        let ended = tagseal(&[verb, &policy, "--component", &component]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(4), ""), "{verb}: {ended:?}");
        assert!(ended.error.starts_with("error: the component failed"), "{verb}: {}", ended.error);
    }
}
