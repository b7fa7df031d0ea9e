use crate::tagseal;

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
        "inspect",
        "test",
        "bench",
        "load-test",
    ];
    for verb in verbs {
        let ended = tagseal(&[verb, "--help"]);
        assert_eq!(ended.code, Some(0), "{verb}");
        assert!(ended.out.contains(&format!("\nExamples:\n  tagseal {verb}")), "{}", ended.out);
    }
}

#[test]
fn each_verb_for_rules_shows_an_example() {
    for verb in ["list", "show", "create", "configure", "enable", "disable", "delete", "init"] {
        let ended = tagseal(&["rules", verb, "--help"]);
        assert_eq!(ended.code, Some(0), "{verb}");
        assert!(ended.out.contains(&format!("  tagseal rules {verb} policy.json")), "{}", ended.out);
    }
}

#[test]
fn the_help_tells_the_exit_codes() {
    let ended = tagseal(&["--help"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains("3  the component is refused"), "{}", ended.out);
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
        &["rules", "create", "policy.json", "--namespace", "prod", "--tags", "v*", "--tags-except", "latest"],
        &["rules", "create", "policy.json", "--from", "rule.json", "--note", "more"],
        &["rules", "delete", "policy.json", "prod", "--revision", "twelve"],
        &["explain", "policy.json"],
    ] {
        let ended = tagseal(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert_eq!(ended.out, "", "{arguments:?}");
        assert!(ended.error.contains("--help"), "{arguments:?}: {ended:?}");
    }
}
