use serde_json::{Value, json};

use crate::{POLICY, file, tagseal, tagseal_given};

/// A preset that does not exist, and an invalid deletion.
const PROBLEMS: &str = r#"{
  "version": 1, "instance": "registry",
  "rules": [
    { "id": 1, "namespace": "größe", "preset": "latest" },
	{ "id": 2, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"], "deletion": "forbid" }
  ]
}"#;

#[test]
fn a_document_that_checks_is_fine() {
    let ended = tagseal_given(&["check", "-"], POLICY.as_bytes());
    assert_eq!((ended.code, ended.out.as_str(), ended.error.as_str()), (Some(0), "standard input: no problems\n", ""));
}

#[test]
fn problems_are_shown_as_a_compiler_shows_them() {
    let ended = tagseal_given(&["check", "-"], PROBLEMS.as_bytes());
    assert_eq!(
        ended.out,
        "\
error: `größe` is not a valid namespace
 --> standard input:4:29 (/rules/0/namespace)
  |
4 |     { \"id\": 1, \"namespace\": \"größe\", \"preset\": \"latest\" },
  |                             ^
  = help: write one component of a repository's name, or `*` for the whole instance

error: unknown value `forbid`
 --> standard input:5:105 (/rules/1/deletion)
  |
5 | …latest\", \"exempt\": [\"signatures\", \"referrers\"], \"deletion\": \"forbid\" }
  |                                                              ^
  = help: write `deny`, `allow` or `retire`

standard input: 2 problems
"
    );
    assert_eq!((ended.code, ended.error.as_str()), (Some(1), ""));
}

#[test]
fn warnings_alone_exit_0() {
    let ended = tagseal_given(&["check", "-"], POLICY.replace("**", "Team/**").as_bytes());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.starts_with("warning: "), "{ended:?}");
    assert!(ended.out.ends_with("standard input: no problems and 1 warning\n"), "{ended:?}");
}

#[test]
fn machines_get_json() {
    let path = file("problems.json", PROBLEMS);
    let ended = tagseal(&["check", "--format", "json", &path]);
    assert_eq!(ended.code, Some(1));
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["file"], json!(path));
    assert_eq!(report["fine"], json!(false));
    assert_eq!(
        report["diagnostics"][1],
        json!({
            "severity": "problem", "pointer": "/rules/1/deletion", "line": 5, "column": 105,
            "message": "unknown value `forbid`", "help": "write `deny`, `allow` or `retire`"
        })
    );
    let ended = tagseal_given(&["check", "--format", "json", "-"], POLICY.as_bytes());
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report, json!({ "file": "standard input", "fine": true, "diagnostics": [] }));
}

#[test]
fn an_unreadable_file_exits_2() {
    let binary = file("binary.json", b"{\n\"note\": \"\xff\"}");
    for (path, error) in [
        ("nowhere.json", "error: could not read `nowhere.json`: there is no such file\n".to_owned()),
        (
            env!("CARGO_TARGET_TMPDIR"),
            format!("error: could not read `{}`: it is a folder\n", env!("CARGO_TARGET_TMPDIR")),
        ),
        (&binary, format!("error: `{binary}` is not UTF-8: byte 11, on line 2\nhelp: save the file as UTF-8\n")),
    ] {
        let ended = tagseal(&["check", path]);
        assert_eq!((ended.code, ended.out.as_str(), ended.error), (Some(2), "", error));
    }
}

#[test]
fn a_document_cannot_drive_the_terminal() {
    let ended = tagseal_given(&["check", "-"], b"{\"version\": 1, \"instance\": \"\x1b[2J\"}");
    assert_eq!(ended.code, Some(1));
    assert!(!ended.out.contains('\u{1b}'), "{ended:?}");
}
