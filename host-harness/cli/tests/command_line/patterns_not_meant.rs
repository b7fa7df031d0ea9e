//! Patterns as people write them by mistake, and what `check` says about each; beside them, their neighbours that are meant.

use serde_json::json;

use crate::{file, tagseal};

/// What `check` says about a pattern: parts of the message and of the help, or nothing.
type Said = Option<(&'static str, &'static str)>;

/// Checks a policy with one pattern for one part of a name.
#[track_caller]
fn assert_said(number: usize, part: &str, pattern: &str, said: Said) {
    let mut pair = json!({"repositories": {"matches": "**"}, "tags": {"matches": "**"}});
    pair[part] = json!({"matches": pattern});
    let rule = json!({"id": 1, "namespace": "prod", "exempt": ["signatures", "referrers"], "protects": [pair]});
    let policy = file(&format!("not-meant-{number}.json"), json!({"version": 1, "rules": [rule]}).to_string());
    let ended = tagseal(&["check", &policy]);
    let all = ended.all();
    let (warnings, helps) = (all.matches("warning: ").count(), all.matches("= help: ").count());
    assert_eq!(all.matches("error").count(), 0, "{pattern}: {all}");
    match said {
        None => assert_eq!((warnings, helps), (0, 0), "{pattern}: {all}"),
        Some((message, help)) => {
            assert_eq!((warnings, helps), (1, 1), "{pattern}: {all}");
            assert!(all.contains(message) && all.contains(help), "{pattern}: {all}");
            assert!(all.contains(&format!("(/rules/0/protects/0/{part}/matches)")), "{pattern}: {all}");
        }
    }
    assert_eq!(ended.code, Some(0), "a warning is no failure: {all}");
}

#[test]
fn what_is_almost_certainly_not_meant_is_reported_with_what_to_write() {
    let rows: [(&str, &str, Said); 31] = [
        ("tags", "v.*", Some(("`v.*` looks like a regular expression", r#"the glob `v*`, or {"regex": "v.*"}"#))),
        ("tags", "dev.*", Some(("`dev.*` looks like a regular expression", "the glob `dev*`"))),
        ("tags", "v.*-release", Some(("looks like a regular expression", "the glob `v*-release`"))),
        ("tags", "release-.*", Some(("looks like a regular expression", "the glob `release-*`"))),
        ("tags", "[0-9]{8}", Some(("a brace with one alternative is `8` itself", r#"{"regex": "[0-9]{8}"}"#))),
        ("tags", "v[0-9]{1,3}", Some(("the brace means `1` or `3`", r#"{"regex": "v[0-9]{1,3}"}"#))),
        ("tags", "[a-f0-9]{7}", Some(("a brace with one alternative is `7` itself", r#"{"regex": "[a-f0-9]{7}"}"#))),
        ("tags", "sha-[a-f0-9]{40}", Some(("a brace with one alternative is `40` itself", r#"{"regex": "sha-"#))),
        ("tags", "v[0-9]+", Some(("`v[0-9]+` looks like a regular expression", r#"{"regex": "v[0-9]+"}"#))),
        ("tags", "RELEASE.*", None),
        ("tags", "8.*", None),
        ("tags", "1.2.*", None),
        ("tags", "{1,2}.*", None),
        ("tags", "v{1,2}", None),
        ("repositories", "team/.*", Some(("looks like a regular expression", "the glob `team/**`"))),
        ("repositories", "app.*", Some(("looks like a regular expression", "the glob `app*` or `app-*`"))),
        ("repositories", "app[0-9]{2}", Some(("repeats nothing", r#"{"regex": "app[0-9]{2}"}"#))),
        ("repositories", "ghcr.io/**", Some(("begins with a registry's host", "leave the host out"))),
        ("repositories", "registry.example.com/prod/app", Some(("a registry's host", "leave the host out"))),
        ("repositories", "localhost:5000/app", Some(("begins with a registry's host", "leave the host out"))),
        ("repositories", "docker.io/prod/app", Some(("begins with a registry's host", "leave the host out"))),
        ("tags", "{.v1,x}", Some(("no valid tag has `.` where `{.v1,x}` has it", "what a tag can hold"))),
        ("tags", "{-v1,x}", Some(("no valid tag has `-` where `{-v1,x}` has it", "what a tag can hold"))),
        ("tags", "{{.Version}}", Some(("looks like a template that was not filled in", "write its value"))),
        ("tags", "${VERSION}", Some(("looks like a template that was not filled in", "write its value"))),
        ("tags", "{}", Some(("matches only the empty text, which is not a valid tag", "write `**`"))),
        ("tags", "'v*'", Some(("the quotes of `'v*'` are part of the pattern", "without them"))),
        ("tags", "\"v*\"", Some(("the quotes of `\"v*\"` are part of the pattern", "without them"))),
        ("tags", "!v*-rc*", Some(("`!` at the start of `!v*-rc*` is the character itself", "under `excludes`"))),
        ("tags", "latest,dev-*", Some(("a comma outside braces in `latest,dev-*`", "a JSON list of patterns"))),
        ("tags", "v* ", Some(("no valid tag has ` ` where `v* ` has it", "what a tag can hold"))),
    ];
    for (number, (part, pattern, said)) in rows.into_iter().enumerate() {
        assert_said(number, part, pattern, said);
    }
}
