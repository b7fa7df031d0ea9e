use crate::{POLICY, file, tagseal};

#[test]
fn each_verb_shows_an_example() {
    let verbs = [
        "demo",
        "serve",
        "check",
        "rules",
        "decide",
        "explain",
        "import",
        "export",
        "preview",
        "drift",
        "inspect",
        "component",
        "test",
        "bench",
        "load-test",
        "help",
    ];
    for verb in verbs {
        let ended = tagseal(&[verb, "--help"]);
        assert_eq!(ended.code, Some(0), "{verb}");
        assert!(ended.out.contains(&format!("\nExamples:\n  tagseal {verb}")), "{}", ended.out);
    }
}

#[test]
fn each_verb_for_rules_shows_an_example() {
    for verb in
        ["list", "show", "create", "configure", "enable", "disable", "delete", "override", "end-override", "init"]
    {
        let ended = tagseal(&["rules", verb, "--help"]);
        assert_eq!(ended.code, Some(0), "{verb}");
        assert!(ended.out.contains(&format!("  tagseal rules {verb} policy.json")), "{}", ended.out);
    }
}

#[test]
fn each_verb_for_the_component_shows_an_example() {
    for verb in ["push", "pull", "show"] {
        let ended = tagseal(&["component", verb, "--help"]);
        assert_eq!(ended.code, Some(0), "{verb}");
        assert!(ended.out.contains(&format!("  tagseal component {verb} registry.example/")), "{}", ended.out);
    }
}

#[test]
fn the_policy_language_is_in_the_help() {
    let ended = tagseal(&["help", "policy"]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let language = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugin/language.txt");
    assert_eq!(ended.out, std::fs::read_to_string(language).unwrap());
    let ended = tagseal(&["help", "rules", "create"]);
    assert!(ended.code == Some(0) && ended.out.contains("--tags-regex <REGEX>"), "{ended:?}");
    assert!(tagseal(&["help"]).out.contains("\n  drift "));
    let ended = tagseal(&["help", "weather"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.contains("there is no help about `weather`"), "{ended:?}");
}

#[test]
fn the_help_lists_the_exit_codes() {
    let ended = tagseal(&["--help"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains("3  the component is refused"), "{}", ended.out);
}

#[test]
fn an_error_names_the_text_and_says_what_to_do() {
    let policy = file("usage-errors.json", POLICY);
    let object = file("usage-object.json", "{}");
    for (arguments, code, expected) in [
        (&["explain", &policy, "prod//app:v1"][..], 2, &["error: `prod//app:v1` can't be explained: "][..]),
        (
            &["check", &policy, "--component", &policy],
            3,
            &[
                "`{policy}` can't be used as the component: not a WebAssembly component",
                "help: `tagseal inspect {policy}`",
            ],
        ),
        (&["bench", "--events", "0"], 2, &["'0'", "write a whole number from 1"]),
        (&["bench", "--events", "1e6"], 2, &["'1e6'", "write a whole number from 1"]),
        (&["rules", "delete", &policy, "1", "--revision", "x"], 2, &["'x'", "`tagseal rules list` shows"]),
        (
            &["rules", "delete", &policy, "1", "--revision", "7"],
            1,
            &["error[stale]", "help: tagseal rules list {policy}"],
        ),
        (&["rules", "override", &policy, "prod/app:v1", "--reason", "x"], 2, &["<--for <LENGTH>|--until <TIME>>"]),
        (
            &["rules", "override", &policy, "prod/app:v1", "--reason", "x", "--for", "-2h"],
            2,
            &["'-2h'", "an override ends in the future"],
        ),
        (&["test", "junk"], 2, &["could not read `junk`", "help: name a folder of vectors"]),
        (&["test", &object], 2, &["missing field `kind`", "help: tests/vectors/README.md"]),
        (&["test", "/dev/null"], 2, &["`null`", "help: tests/vectors/README.md"]),
        (&["help", "policy", "extra"], 2, &["has no part `extra`", "help: `tagseal help policy`"]),
    ] {
        let ended = tagseal(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
        for text in expected {
            let text = text.replace("{policy}", &policy);
            assert!(ended.error.contains(&text), "{arguments:?}: `{text}` is not in {}", ended.error);
        }
    }
}

#[test]
fn wrong_usage_exits_2() {
    for arguments in [
        &[][..],
        &["forbid"],
        &["check"],
        &["check", "--loud", "policy.json"],
        &["check", "--format", "xml", "policy.json"],
        &["decide"],
        &["preview"],
        &["preview", "policy.json", "--repository", "prod/app"],
        &["preview", "policy.json", "--from", "tags.txt", "--registry", "http://127.0.0.1:5000"],
        &["bench", "--events", "0"],
        &["rules"],
        &["rules", "list"],
        &["rules", "list", "policy.json", "--enabled", "--disabled"],
        &["rules", "show", "policy.json"],
        &["rules", "show", "policy.json", ""],
        &["rules", "enable", "policy.json", "99999999999999999999"],
        &["rules", "create", "policy.json", "--latest"],
        &["rules", "create", "policy.json", "--namespace", "prod", "--latest", "--tags", "v*"],
        &["rules", "create", "policy.json", "--namespace", "prod", "--tags", "v*", "--protects", "{}"],
        &["rules", "create", "policy.json", "--from", "rule.json", "--tags", "v*"],
        &[
            "rules",
            "create",
            "policy.json",
            "--namespace",
            "prod",
            "--latest",
            "--deletion",
            "allow",
            "--deny-deletion",
        ],
        &["rules", "override", "policy.json", "prod/app:v1", "--for", "2h"],
        &["rules", "override", "policy.json", "prod/app:v1", "--reason", "broken"],
        &["rules", "override", "policy.json", "prod/app:v1", "--reason", "broken", "--for", "soon"],
        &["rules", "create", "policy.json", "--from", "rule.json", "--note", "more"],
        &["rules", "delete", "policy.json", "prod", "--revision", "twelve"],
        &["explain", "policy.json"],
        &["import", "--from", "tcr", "rules.json", "--dry-run"],
        &["import", "--from", "tcr", "rules.json", "--into", "policy.json", "--instance", "x"],
        &["preview", "policy.json", "--snapshot", "before.jsonl"],
        &["drift", "policy.json"],
        &["component"],
        &["component", "push"],
    ] {
        let ended = tagseal(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert_eq!(ended.out, "", "{arguments:?}");
        assert!(ended.error.contains("--help"), "{arguments:?}: {ended:?}");
    }
}
