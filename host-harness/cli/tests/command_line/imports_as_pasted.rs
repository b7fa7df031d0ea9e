//! Answers and files of other registries as people paste them: what each becomes, and what is reported about it.

use serde_json::{Value, json};

use crate::tagseal;

/// What an import of a file gives.
enum Given {
    /// One rule, and a warning for each of these, and no others.
    Rule(Value, &'static [&'static str]),
    /// A refusal, with all these parts.
    Refused(&'static [&'static str]),
}

/// The warning that an identical push passes here, which the other registry refuses.
macro_rules! same_again {
    ($registry:literal) => {
        concat!("a tag may be pushed again here with the content that it has, which ", $registry, " refuses")
    };
}

#[track_caller]
fn assert_given(name: &str, arguments: &[&str], given: Given) {
    let path = format!("{}/tests/command_line/imports/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let ended = tagseal(&[&["import", "--from"], arguments, &[&path]].concat());
    match given {
        Given::Refused(parts) => {
            ended.failed(1, parts);
            assert_eq!(ended.out, "", "{name}");
        }
        Given::Rule(rule, warnings) => {
            assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
            let document: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{name}: {ended:?}"));
            assert_eq!(document["rules"], json!([rule]), "{name}");
            assert_eq!(ended.error.matches("warning: ").count(), warnings.len(), "{name}: {}", ended.error);
            for warning in warnings {
                assert!(ended.error.contains(warning), "{name}: `{warning}` is not in {}", ended.error);
            }
        }
    }
}

/// A rule with one pair.
fn rule(id: u64, namespace: &str, repositories: Value, tags: Value) -> Value {
    json!({"id": id, "namespace": namespace, "protects": [{"repositories": repositories, "tags": tags}]})
}

#[test]
fn a_pattern_that_is_almost_certainly_not_meant_is_imported_and_reported_at_its_place() {
    let every = || json!({"matches": "**"});
    assert_given(
        "harbor-comma-list",
        &["harbor", "--namespace", "prod"],
        Given::Rule(
            rule(1, "prod", every(), json!({"excludes": "rolling,nightly,latest,main"})),
            &[same_again!("Harbor"), "a comma outside braces in `rolling,nightly,latest,main` is the character itself"],
        ),
    );
    assert_given(
        "harbor-regex",
        &["harbor", "--namespace", "prod"],
        Given::Rule(
            rule(1, "prod", every(), json!({"matches": r"^v[0-9]+\.[0-9]+\.[0-9]+$"})),
            &[same_again!("Harbor"), r"`^v[0-9]+\.[0-9]+\.[0-9]+$` looks like a regular expression"],
        ),
    );
    assert_given(
        "tcr-list-nobrace",
        &["tcr"],
        Given::Rule(
            rule(7, "team-a", json!({"matches": "app1,app2"}), json!({"matches": "v1.0,v2.0"})),
            &["a comma outside braces in `app1,app2`", "a comma outside braces in `v1.0,v2.0`"],
        ),
    );
}

#[test]
fn other_answers_and_files_with_the_same_rules_are_recognised() {
    let mut created = rule(1, "shop", json!({"matches": "api"}), json!({"excludes": ["main-latest", "branch-*"]}));
    created["deletion"] = json!("allow");
    assert_given("ecr-create-repository", &["ecr"], Given::Rule(created, &[same_again!("ECR")]));
    let mut planned = rule(1, "shop", json!({"matches": "api"}), json!({"excludes": "latest*"}));
    planned["deletion"] = json!("allow");
    assert_given("ecr-tfstate", &["ecr"], Given::Rule(planned, &[same_again!("ECR")]));
    let latest = json!({"id": 1, "namespace": "prod", "preset": "latest"});
    let harbor = ["harbor", "--namespace", "prod"];
    assert_given("harbor-tfstate", &harbor, Given::Rule(latest, &[same_again!("Harbor")]));
}

#[test]
fn a_text_that_holds_no_rules_is_refused_with_what_it_is() {
    let nexus: &'static [_] = &["this list does not say whether tags may be overwritten", "/v1/repositorySettings"];
    assert_given("nexus-list", &["nexus"], Given::Refused(nexus));
    let error: &'static [_] = &["this is an error answer of the API (`UNAUTHORIZED`), not rules"];
    assert_given("harbor-error", &["harbor", "--namespace", "prod"], Given::Refused(error));
}

#[test]
fn what_a_registry_means_in_another_way_is_reported() {
    let every = || json!({"matches": "**"});
    assert_given(
        "acr",
        &["acr"],
        Given::Rule(
            rule(1, "team", json!({"matches": "app"}), every()),
            &[same_again!("Azure"), "there, the repository takes no new tags either; here it does"],
        ),
    );
    assert_given(
        "gitlab",
        &["gitlab", "--namespace", "prod"],
        Given::Rule(
            rule(1, "prod", every(), json!({"matches": {"regex": ".*(?:v.*-release).*"}})),
            &[
                same_again!("GitLab"),
                "the text does not say which project it is for, so here it holds for all of namespace `prod`",
                "GitLab refuses every delete by digest in a project with such a rule",
            ],
        ),
    );
    assert_given(
        "hub",
        &["hub", "--namespace", "prod"],
        Given::Rule(
            rule(1, "prod", every(), json!({"matches": [{"regex": "v.*"}, {"regex": ".*-RELEASE"}]})),
            &[
                "the text does not say which repository it is for, so here it holds for all of namespace `prod`",
                "(/immutable_tags_settings/rules/0)",
                "(/immutable_tags_settings/rules/1)",
            ],
        ),
    );
    assert_given(
        "quay",
        &["quay", "--namespace", "prod"],
        Given::Rule(
            rule(1, "prod", every(), json!({"matches": {"regex": "^v.*$"}})),
            &[
                same_again!("Quay"),
                "the text does not say which repository of the organisation it is for",
                "a tag that a policy has marked stays immutable there after the policy goes",
                "tags that were marked by hand",
            ],
        ),
    );
    assert_given(
        "zot",
        &["zot"],
        Given::Rule(
            rule(1, "*", every(), every()),
            &[same_again!("zot"), "what `**` grants depends on the user there; here its rule holds for everybody"],
        ),
    );
}

/// A rule without `deletion` denies deletes, which is what the four registries above mean.
#[test]
fn what_was_imported_denies_deletes_where_the_other_registry_does() {
    for (name, arguments, tag, is_denied) in [
        ("acr", &["acr"][..], "team/app:v1", true),
        ("gitlab", &["gitlab", "--namespace", "prod"], "prod/app:v1-release", true),
        ("gitlab", &["gitlab", "--namespace", "prod"], "prod/app:latest", false),
        ("quay", &["quay", "--namespace", "prod"], "prod/app:v1", true),
        ("quay", &["quay", "--namespace", "prod"], "prod/app:latest", false),
        ("zot", &["zot"], "any/app:latest", true),
        ("ecr-create-repository", &["ecr"], "shop/api:v1", false),
    ] {
        let path = format!("{}/tests/command_line/imports/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let imported = tagseal(&[&["import", "--from"], arguments, &[&path]].concat());
        let policy = crate::file(&format!("imported-{name}.json"), &imported.out);
        let decided = tagseal(&["decide", &policy, "--delete", tag]);
        assert_eq!(decided.code, Some(i32::from(is_denied)), "{name} {tag}: {decided:?}");
    }
}
