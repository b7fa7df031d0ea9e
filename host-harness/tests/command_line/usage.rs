use crate::tagseal;

#[test]
fn each_verb_shows_an_example() {
    for verb in ["check", "decide", "inspect", "test", "bench"] {
        let ended = tagseal(&[verb, "--help"]);
        assert_eq!(ended.code, Some(0), "{verb}");
        assert!(ended.out.contains(&format!("\nExamples:\n  tagseal {verb}")), "{}", ended.out);
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
        &["bench", "--events", "0"],
    ] {
        let ended = tagseal(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert_eq!(ended.out, "", "{arguments:?}");
        assert!(ended.error.contains("--help"), "{arguments:?}: {ended:?}");
    }
}
