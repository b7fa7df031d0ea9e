//! The fields of a rule as flags: both sides of a selector, regular expressions, commas, deletion.

use serde_json::{Value, json};

use crate::{decisions, file, tagseal};

/// Creates a rule for `prod`, and returns one field of it.
#[track_caller]
fn created(name: &str, flags: &[&str], field: &str) -> Value {
    let policy = file(&format!("flags-{name}.json"), r#"{"version": 1, "rules": []}"#);
    let ended = tagseal(
        &[&["rules", "create", &policy, "--namespace", "prod", "--exempt=signatures,referrers"], flags].concat(),
    );
    assert_eq!(ended.code, Some(0), "{flags:?}: {ended:?}");
    let shown = tagseal(&["rules", "show", &policy, "prod", "--format", "json"]);
    serde_json::from_str::<Value>(&shown.out).unwrap()[field].clone()
}

#[track_caller]
fn assert_tags(name: &str, flags: &[&str], tags: &Value) {
    let pairs = created(name, flags, "protects");
    assert_eq!(pairs, json!([{ "repositories": { "matches": "**" }, "tags": tags }]), "{flags:?}");
}

#[test]
fn patterns_are_selected_and_excepted() {
    assert_tags(
        "both",
        &["--tags", "v*", "--tags-except", "v*-rc*"],
        &json!({ "matches": "v*", "excludes": "v*-rc*" }),
    );
    assert_tags("comma", &["--tags-except", "latest,dev-*"], &json!({ "excludes": ["latest", "dev-*"] }));
    assert_tags("brace", &["--tags", "v{1,2},[a,b]"], &json!({ "matches": ["v{1,2}", "[a,b]"] }));
    assert_tags("regex", &["--tags-regex", "v[0-9]{1,3}"], &json!({ "matches": { "regex": "v[0-9]{1,3}" } }));
    let mixed = json!({ "matches": ["@release", { "regex": "a" }, { "regex": "b" }], "excludes": "latest" });
    assert_tags(
        "mixed",
        &["--tags", "@release", "--tags-regex", "a", "--tags-regex", "b", "--tags-except", "latest"],
        &mixed,
    );
    let pairs = created(
        "repositories",
        &["--repositories", "web-*", "--repositories-except", "web-test", "--repositories-regex", "api[0-9]"],
        "protects",
    );
    let repositories = json!({ "matches": ["web-*", { "regex": "api[0-9]" }], "excludes": "web-test" });
    assert_eq!(pairs, json!([{ "repositories": repositories, "tags": { "matches": "**" } }]));
}

#[test]
fn deletion_is_denied_allowed_or_retires_the_name() {
    for deletion in ["allow", "retire"] {
        assert_eq!(created(deletion, &["--latest", "--deletion", deletion], "deletion"), json!(deletion));
    }
    assert_eq!(created("allow-flag", &["--latest", "--allow-deletion"], "deletion"), json!("allow"));
    let policy = file("flags-forbid.json", r#"{"version": 1, "rules": []}"#);
    let ended = tagseal(&["rules", "create", &policy, "--namespace", "prod", "--latest", "--deletion", "forbid"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.error.contains("2 | --deletion forbid\n"), "{ended:?}");
}

#[test]
fn a_problem_with_one_of_several_patterns_is_shown_at_its_flag() {
    let policy = file("flags-problem.json", r#"{"version": 1, "rules": []}"#);
    let flags = ["--namespace", "prod", "--tags", "v*,[", "--tags-regex", "("];
    let ended = tagseal(&[&["rules", "create", &policy], &flags[..]].concat());
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.error.contains("3 | --tags [\n") && ended.error.contains("4 | --tags-regex (\n"), "{ended:?}");
    assert!(ended.error.ends_with("error[invalid]: 2 problems in the command line\n"), "{ended:?}");
}

#[test]
fn an_empty_item_of_a_list_is_a_problem() {
    let policy = file("flags-empty.json", r#"{"version": 1, "rules": []}"#);
    for flags in [
        &["--tags", "v*,,w"][..],
        &["--tags", ","],
        &["--tags="],
        &["--tags-except", "latest,"],
        &["--latest", "--exempt", "signatures,,referrers"],
        &["--latest", "--exempt", ","],
    ] {
        let ended = tagseal(&[&["rules", "create", &policy, "--namespace", "prod"], flags].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{flags:?}: {ended:?}");
        assert!(ended.error.contains("in the command line\n"), "{flags:?}: {ended:?}");
    }
}

#[test]
fn half_of_a_pair_leaves_the_other_half() {
    let policy = file("flags-half.json", r#"{"version": 1, "rules": []}"#);
    let create = ["rules", "create", &policy, "--namespace", "prod", "--repositories", "web-*", "--tags", "v*"];
    assert_eq!(tagseal(&[&create[..], &["--exempt=signatures,referrers"]].concat()).code, Some(0));
    let configured = tagseal(&["rules", "configure", &policy, "prod", "--tags-regex", "[0-9]+", "--tags-except", "0"]);
    assert_eq!(configured.code, Some(0), "{configured:?}");
    assert!(configured.out.contains("web-*\n            tags          regex [0-9]+ except 0\n"), "{}", configured.out);
    for (tag, expected) in
        [("web-1:17", "deny immutable"), ("web-1:0", "allow unprotected"), ("api:17", "allow unprotected")]
    {
        let ended = tagseal(&["decide", &policy, "--delete", &format!("prod/{tag}")]);
        assert_eq!(decisions(&ended), [expected], "{tag}");
    }
}
