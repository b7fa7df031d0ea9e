//! Changes that are refused: each says what, where and why, and leaves the file byte for byte as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::geteuid;
use tagseal_test_support::hostile;

use crate::{POLICY, TAGSEAL, file, folder, tagseal, tagseal_given};
use tagseal_test_support::program::Finished;

/// Runs a command on a policy, and checks that it changed nothing. `{policy}` in an expected text stands for its path.
#[track_caller]
fn assert_refused(name: &str, document: &str, arguments: &[&str], input: &str, code: i32, shown: &[&str]) {
    let policy = file(name, document);
    let before = fs::metadata(&policy).unwrap();
    let (verb, rest) = arguments.split_first().unwrap();
    let Finished { code: ended, out, error } =
        tagseal_given(&[&["rules", verb, &policy], rest].concat(), input.as_bytes());
    assert_eq!((ended, out.as_str()), (Some(code), ""), "{arguments:?}: {error}");
    for shown in shown {
        let shown = shown.replace("{policy}", &policy);
        assert!(error.contains(&shown), "{arguments:?}: `{shown}` is not in\n{error}");
    }
    let after = fs::metadata(&policy).unwrap();
    assert_eq!(fs::read_to_string(&policy).unwrap(), document, "{arguments:?}");
    assert_eq!((after.ino(), after.mtime_nsec()), (before.ino(), before.mtime_nsec()), "{arguments:?}");
}

#[test]
fn each_refusal_has_its_word() {
    for (arguments, shown) in [
        (
            &["create", "--namespace", "prod", "--tags", "v*"][..],
            &[
                "error[conflict]: namespace `prod` has rule 1 already; configure it, or delete it first\n",
                "help: tagseal rules configure {policy} 1 …\n",
            ][..],
        ),
        (&["create", "--namespace", "*", "--latest"], &["error[conflict]: namespace `*` has rule 4 already"]),
        (&["configure", "prod", "--namespace", "dev"], &["error[namespace-fixed]: rule 1 is for namespace `prod`"]),
        (&["configure", "9", "--note", "x"], &["error[not-found]: there is no rule 9", "help: tagseal rules list"]),
        (&["configure", "dev", "--note", "x"], &["error[not-found]: there is no rule for namespace `dev`\n"]),
        (&["enable", "9"], &["error[not-found]: there is no rule 9"]),
        (&["disable", "dev"], &["error[not-found]"]),
        (&["delete", "2"], &["error[not-found]"]),
        (
            &["delete", "1", "--revision", "11"],
            &["error[stale]: the document has revision 12 and the change is for 11"],
        ),
        (&["create", "--namespace", "dev", "--latest", "--revision", "13"], &["error[stale]"]),
        (
            &["disable", "0"],
            &["--> the command line:1:9\n", "1 | disable 0\n", "error[invalid]: 1 problem in the command line\n"],
        ),
        (&["disable", "a/b"], &["error: `a/b` is not a valid namespace\n", "1 | rule a/b\n"]),
    ] {
        assert_refused("words_of_refusals.json", POLICY, arguments, "", 1, shown);
    }
}

#[test]
fn problems_are_shown_in_the_flags() {
    let long = "x".repeat(1_001);
    let broken = r#"{"repositories": {"matches": "a"}, "tags": {"matches": "v*", "exclude": "x"}}"#;
    let twice =
        "{\"repositories\": {\"matches\": \"a\"},\n \"tags\": {\"matches\": \"v*\"}, \"tags\": {\"matches\": \"b\"}}";
    for (flags, shown) in [
        (
            &["--namespace", "team/x", "--latest"][..],
            &[
                "error: `team/x` is not a valid namespace\n",
                "the command line:1:13\n",
                "1 | --namespace team/x\n  |             ^\n",
            ][..],
        ),
        (&["--namespace", "", "--latest"], &["`` is not a valid namespace"]),
        (&["--namespace", "a\nb", "--latest", "--exempt=sigs"], &["1 | --namespace a\n", "3 | --exempt sigs\n"]),
        (
            &["--namespace", "dev", "--repositories", "web-*", "--repositories", "[", "--tags-except", "@later"],
            &[
                "3 | --repositories [\n  |                ^\n",
                "4 | --tags-except @later\n  |               ^\n",
                "error[invalid]: 2 problems in the command line\n",
            ],
        ),
        (&["--namespace", "dev", "--tags", ""], &["2 | --tags \n  |        ^\n"]),
        (&["--namespace", "dev", "--latest", "--note", &long], &["the note has 1001 characters", "2 | --note xxx"]),
        (&["--namespace", "dev", "--latest", "--exempt", "signatures,signatures"], &["3 | --exempt signatures\n"]),
        (
            &["--namespace", "dev", "--protects", broken],
            &["unknown field `exclude`", "the command line:2:73 (/tags/exclude)\n"],
        ),
        (
            &["--namespace", "dev", "--protects", twice],
            &["field `tags` is given twice", "the command line:3:29 (/tags)\n"],
        ),
        // Text that is not JSON cannot become another change.
        (
            &["--namespace", "dev", "--protects", "{}]}, \"delete\": {\"id\": 1"],
            &["error: invalid JSON: trailing characters\n", "2 | --protects {}]}, \"delete\""],
        ),
        (&["--namespace", "dev", "--protects", "{"], &["error: invalid JSON: EOF while parsing an object\n"]),
    ] {
        assert_refused("flags.json", POLICY, &[&["create"], flags].concat(), "", 1, shown);
    }
    assert_refused(
        "flags.json",
        POLICY,
        &["configure", "1", "--tags", "{a"],
        "",
        1,
        &["1 | --tags {a\n  |        ^\n"],
    );
}

#[test]
fn problems_are_shown_in_the_file() {
    for (rule, shown) in [
        ("", &["error: the change is empty\n", "standard input:1:1\n"][..]),
        (
            "{\"namespace\": \"dev\",\n  \"preset\": \"lat",
            &["invalid JSON: EOF while parsing a string", "standard input:2:"],
        ),
        ("[]", &["expected an object, found a list", "standard input:1:1\n"]),
        (
            "{\n\"namespace\": 5,\n  \"preset\": [\"latest\"]\n}",
            &["standard input:2:14 (/namespace)\n", "standard input:3:13 (/preset)\n", "2 problems in standard input"],
        ),
        (
            r#"{"namespace": "dev", "preset": "latest", "enabled": "yes"}"#,
            &["expected `true` or `false`, found `\"yes\"`", "(/enabled)\n"],
        ),
        (
            r#"{"namespace": "dev", "preset": "latest", "deletion": "forbid"}"#,
            &["unknown value `forbid`", "standard input:1:54 (/deletion)\n"],
        ),
        (
            r#"{"namespace": "dev", "preset": "latest", "id": 9}"#,
            &["a new rule gets its id when it is created", "(/id)\n"],
        ),
        (r#"{"namespace": "dev"}"#, &["neither `preset` nor `protects`", "standard input:1:1\n"]),
        (r#"{"namespace": "dev", "protects": []}"#, &["a rule with no selector pair"]),
        (r#"{"preset": "latest"}"#, &["field `namespace` is missing"]),
    ] {
        assert_refused("file.json", POLICY, &["create", "--from", "-"], rule, 1, shown);
    }
    for (set, shown) in [
        (r#"{"namespace": "dev"}"#, &["error[namespace-fixed]"][..]),
        (r#"{"id": 2}"#, &["the id of a rule never changes", "standard input:1:8 (/id)\n"]),
        (r#"{"preset": null}"#, &["(/preset)\n"]),
        (r#"{"preset": "latest", "protects": []}"#, &["both `preset` and `protects`"]),
    ] {
        assert_refused("file.json", POLICY, &["configure", "1", "--from", "-"], set, 1, shown);
    }
}

#[test]
fn an_invalid_document_is_not_changed() {
    let document = POLICY.replace("\"preset\": \"latest\"", "\"preset\": \"last\"");
    let shown = [
        "error: unknown value `last`\n",
        "{policy}:6:47 (/rules/0/preset)\n",
        "error: `{policy}` is invalid: 1 problem\n",
    ];
    for arguments in [
        &["create", "--namespace", "dev", "--latest"][..],
        &["create", "--namespace", "dev", "--latest", "--dry-run"],
        &["configure", "4", "--note", "x"],
        &["configure", "*", "--tags", "x"],
        &["enable", "4"],
        &["delete", "prod"],
        &["list"],
        &["show", "prod"],
    ] {
        assert_refused("unchecked.json", &document, arguments, "", 2, &shown);
    }
    assert_refused(
        "cut.json",
        POLICY.get(..200).unwrap(),
        &["delete", "1"],
        "",
        2,
        &["error: invalid JSON: EOF", "is invalid"],
    );
}

#[test]
fn usage_is_refused_before_the_file_is_read() {
    for (arguments, shown) in [
        (
            &["create", "--namespace", "dev"][..],
            "error: the flags do not say which tags the rule protects\nhelp: add `--latest`",
        ),
        (&["configure", "prod"], "error: no flag gives a field to set\n"),
        (&["create", "--from", "nowhere.json"], "error: could not read `nowhere.json`: there is no such file\n"),
    ] {
        assert_refused("usage.json", POLICY, arguments, "", 2, &[shown]);
    }
    let ended = tagseal_given(&["rules", "delete", "-", "1"], POLICY.as_bytes());
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.starts_with("error: a policy is changed in its file"), "{ended:?}");
}

#[test]
fn a_file_that_cannot_be_changed_is_reported() {
    let folder = folder("unchangeable");
    let path = |name: &str| folder.join(name).into_os_string().into_string().unwrap();
    let (nowhere, binary, locked) = (path("nowhere.json"), path("binary.json"), path("locked.json"));
    fs::write(&binary, b"{\"note\": \"\xff\"}").unwrap();
    fs::write(&locked, POLICY).unwrap();
    // What should become the lock is a folder.
    fs::create_dir(format!("{locked}.lock")).unwrap();
    let far = path("no/folder/policy.json");
    for (policy, error) in [
        (&nowhere, format!("error: could not read `{nowhere}`: there is no such file\n")),
        (&binary, format!("error: `{binary}` is not UTF-8 text; save it as UTF-8\n")),
        (&locked, format!("error: could not write `{locked}.lock`: it is a folder\n")),
        (&far, format!("error: could not read `{far}`: there is no such file\n")),
    ] {
        let ended = tagseal(&["rules", "delete", policy, "1"]);
        assert_eq!((ended.code, ended.out.as_str(), ended.error), (Some(2), "", error));
    }
    assert!(!Path::new(&nowhere).exists());
    assert_eq!(fs::read_to_string(&locked).unwrap(), POLICY);
    let ended = tagseal(&["rules", "init", &locked]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    let there = file("there.json", POLICY);
    let ended = tagseal(&["rules", "init", &there]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.contains("exists already"), "{ended:?}");
    assert_eq!(fs::read_to_string(&there).unwrap(), POLICY);
    let ended = tagseal(&["rules", "init", &nowhere, "--instance", "a\nb"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.contains("control character") && !Path::new(&nowhere).exists(), "{ended:?}");
}

#[test]
fn a_folder_that_cannot_be_written_keeps_its_file() {
    // Somebody who may read the policy and no more. The superuser may do all, so it becomes somebody else for it.
    let folder = tempfile::tempdir().unwrap();
    let (path, program) = (folder.path().join("policy.json"), folder.path().join("tagseal"));
    fs::write(&path, POLICY).unwrap();
    fs::copy(TAGSEAL.path(), &program).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = Command::new(&program);
    command.args(["rules", "disable"]).arg(&path).arg("prod").env("XDG_CACHE_HOME", folder.path());
    if geteuid().is_root() {
        command.uid(65_534);
    }
    let output = command.output().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{error}");
    assert!(error.starts_with("error: could not write `") && error.ends_with(".lock`: permission denied\n"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), POLICY);
}

#[test]
fn a_component_that_is_refused_or_fails_changes_nothing() {
    let policy = file("hostile.json", POLICY);
    let hostile = |name: &str| file(&format!("rules_{name}.wasm"), hostile::assemble(name));
    let ended = tagseal(&["rules", "delete", &policy, "1", "--component", &policy]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(3), ""), "{ended:?}");
    for (name, error) in [
        ("trap_in_rules", "the component failed"),
        ("giant_rules", "breaks the contract"),
        ("memory_bomb_in_rules", "of memory"),
    ] {
        for arguments in
            [&["create", &policy, "--namespace", "dev", "--latest"][..], &["list", &policy], &["delete", &policy, "*"]]
        {
            let component = hostile(name);
            let ended = tagseal(&[&["rules", "--component", &component], arguments].concat());
            assert_eq!((ended.code, ended.out.as_str()), (Some(4), ""), "{name} {arguments:?}: {ended:?}");
            assert!(ended.error.contains(error), "{name}: {}", ended.error);
        }
    }
    let ended = tagseal(&["explain", &policy, "prod/app:v1", "--component", &hostile("trap_in_rules")]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(4), ""), "{ended:?}");
    assert_eq!(fs::read_to_string(&policy).unwrap(), POLICY);
}
