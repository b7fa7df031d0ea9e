//! Rules that come from other registries, and go back to them.

use serde_json::{Value, json};

use crate::{POLICY, file, tagseal, tagseal_given};
use tagseal_test_support::program::Finished;

const TCR: &str = r#"{"Response": {"Rules": [
  {"RepositoryPattern": "**", "TagPattern": "latest", "RepositoryDecoration": "repoMatches", "TagDecoration": "excludes",
   "Disabled": false, "RuleId": 1, "NsName": "prod"},
  {"RepositoryPattern": "web-*", "TagPattern": "v*", "RepositoryDecoration": "repoExcludes", "TagDecoration": "matches",
   "Disabled": true, "RuleId": 4, "NsName": "dev"}],
  "EmptyNs": [], "Total": 2, "RequestId": "1"}}"#;

/// A rule of a Harbor project.
fn harbor(decoration: &str, pattern: &str) -> Value {
    json!({
        "disabled": false, "priority": 0, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": decoration, "pattern": pattern }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] }
    })
}

/// Converts, and gives what was written to standard output.
#[track_caller]
fn converted(arguments: &[&str], input: &str, losses: &str) -> String {
    let Finished { code, out, error } = tagseal_given(arguments, input.as_bytes());
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    assert!(if losses.is_empty() { error.is_empty() } else { error.contains(losses) }, "{arguments:?}: {error}");
    out
}

#[track_caller]
fn assert_refused(arguments: &[&str], input: &str, code: i32, shown: &[&str]) {
    let Finished { code: ended, out, error } = tagseal_given(arguments, input.as_bytes());
    assert_eq!((ended, out.as_str()), (Some(code), ""), "{arguments:?}: {error}");
    for shown in shown {
        assert!(error.contains(shown), "{arguments:?}: `{shown}` is not in\n{error}");
    }
}

#[test]
fn rules_of_tcr_go_here_and_back() {
    let policy = converted(&["import", "--from", "tcr", "--instance", "registry-prod", "-"], TCR, "");
    let document: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(
        document,
        json!({ "version": 1, "instance": "registry-prod", "rules": [
            { "id": 1, "namespace": "prod", "preset": "latest" },
            { "id": 4, "namespace": "dev", "enabled": false, "protects": [
                { "repositories": { "excludes": "web-*" }, "tags": { "matches": "v*" } }] }] })
    );
    let back = converted(&["export", "--to", "tcr", "-"], &policy, "");
    let rules = |text: &str| serde_json::from_str::<Value>(text).unwrap().pointer("/Response/Rules").cloned();
    assert_eq!(rules(&back), rules(TCR));
    let one = converted(&["export", "--to", "tcr", "--namespace", "dev", "-"], &policy, "");
    assert_eq!(rules(&one).unwrap().as_array().map(Vec::len), Some(1));
}

#[test]
fn rules_of_harbor_go_here_and_back() {
    let rules = Value::from(vec![harbor("matches", "v*"), harbor("excludes", "latest")]).to_string();
    let import = ["import", "--from", "harbor", "--namespace", "prod", "-"];
    let policy = converted(&import, &rules, "\nstandard input: no problems and ");
    let back = converted(&["export", "--to", "harbor", "-"], &policy, "");
    assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), serde_json::from_str::<Value>(&rules).unwrap());
}

#[test]
fn every_format_becomes_a_valid_policy() {
    let swr = harbor("matches", "v*").to_string().replacen('{', r#"{"namespace_name": "team","#, 1);
    for (format, text) in [
        ("tcr", TCR),
        ("swr", &format!("[{swr}]")),
        ("alibaba", r#"{"Repositories": [{"RepoNamespaceName": "prod", "RepoName": "app", "TagImmutability": true}]}"#),
        ("oracle", r#"[{"namespace": "tenancy", "displayName": "team/app", "isImmutable": true}]"#),
        (
            "ecr",
            r#"{"repositories": [{"repositoryName": "team/app", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
              "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest"}]}]}"#,
        ),
        (
            "google",
            r#"{"repositories": [{"name": "projects/p/locations/l/repositories/r", "format": "DOCKER",
              "dockerConfig": {"immutableTags": true}}]}"#,
        ),
        (
            "nexus",
            r#"[{"name": "images", "format": "docker", "type": "hosted",
              "storage": {"writePolicy": "allow_once", "latestPolicy": true}}]"#,
        ),
    ] {
        let Finished { code, out, error } = tagseal_given(&["import", "--from", format, "-"], text.as_bytes());
        assert_eq!(code, Some(0), "{format}: {error}");
        let checked = tagseal_given(&["rules", "list", "-", "--enabled"], out.as_bytes());
        assert_eq!(checked.code, Some(0), "{format}: {checked:?}");
        assert!(checked.out.contains("1 rule; revision 0"), "{format}: {}", checked.out);
    }
}

#[test]
fn each_broken_rule_is_reported_by_its_place() {
    let rule = |number: usize| match number % 10 {
        3 => harbor("matches", "[").to_string(),
        _ => harbor("matches", &format!("v{number}-*")).to_string(),
    };
    let rules: Vec<String> = (0..100).map(rule).collect();
    let rules = file("hundred.json", format!("[\n{}\n]", rules.join(",\n")));
    let ended = tagseal(&["import", "--from", "harbor", "--namespace", "prod", &rules]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    for line in (0..10).map(|ten| 10 * ten + 3 + 2) {
        assert!(ended.error.contains(&format!("--> {rules}:{line}:")), "line {line}: {}", ended.error);
    }
    assert!(ended.error.ends_with(&format!("error[invalid]: 10 problems in {rules}\n")), "{}", ended.error);
}

#[test]
fn a_text_in_another_format_is_refused() {
    let cut = TCR.get(..300).unwrap();
    let tcr = ["import", "--from", "tcr", "-"];
    assert_refused(&tcr, cut, 1, &["error: invalid JSON: EOF", "error[invalid]: 1 problem in standard input\n"]);
    assert_refused(&tcr, "", 1, &["error: the text is empty\n"]);
    let wrong = TCR.replace("\"Disabled\": false", "\"Disabled\": \"no\"");
    assert_refused(&tcr, &wrong, 1, &["standard input:3:16 (/Response/Rules/0/Disabled)\n"]);
    let below = TCR.replace("\"NsName\": \"prod\"", "\"NsName\": \"prod/app\"");
    assert_refused(&tcr, &below, 1, &["`prod/app`", "(/Response/Rules/0/NsName)\n"]);
    let shown = ["error[unknown-format]: format `ECR` cannot be imported; name `ecr`"];
    assert_refused(&["import", "--from", "ECR", "-"], "{}", 1, &shown);
    assert_refused(&["import", "--from", "harbor", "-"], "[]", 1, &["help: give the option `namespace`\n"]);
    let flags = ["import", "--from", "tcr", "-", "--namespace", "a/b", "--instance", "a\nb"];
    assert_refused(
        &flags,
        TCR,
        1,
        &["1 | --namespace a/b\n", "2 | --instance a\n", "2 problems in the command line\n"],
    );
    assert_refused(&["import", "--from", "tcr", "nowhere.json"], "", 2, &["there is no such file"]);
    assert_refused(&["import", "nowhere.json"], "", 2, &["--from <FORMAT>"]);
}

#[test]
fn what_a_format_cannot_say_is_refused_by_its_place() {
    let shown = [
        "(/rules/0/exempt)\n",
        "(/rules/1)\n",
        "(/rules/1/protects/0/tags/matches)\n",
        "error[not-expressible]: 4 problems in standard input\n",
    ];
    assert_refused(&["export", "--to", "tcr", "-"], POLICY, 1, &shown);
    assert_refused(&["export", "--to", "ecr", "-"], POLICY, 1, &["error[unknown-format]: "]);
    assert_refused(&["export", "--to", "harbor", "-"], POLICY, 1, &["help: give the option `namespace`\n"]);
    let named = ["export", "--to", "harbor", "-", "--namespace"];
    assert_refused(&[&named[..], &["dev"]].concat(), POLICY, 1, &["error[not-found]: "]);
    assert_refused(&[&named[..], &["a/b"]].concat(), POLICY, 1, &["1 problem in the command line\n"]);
    let unchecked = POLICY.replace("\"version\": 1", "\"version\": 2");
    assert_refused(
        &["export", "--to", "tcr", "-"],
        &unchecked,
        2,
        &["error: `standard input` is invalid: 1 problem\n"],
    );
}

#[test]
fn what_is_left_out_is_reported() {
    let policy =
        r#"{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest", "note": "for the auditors"}]}"#;
    let rules = converted(&["export", "--to", "tcr", "-"], policy, "standard input:1:85 (/rules/0/note)\n");
    assert!(!rules.contains("auditors"), "{rules}");
}
