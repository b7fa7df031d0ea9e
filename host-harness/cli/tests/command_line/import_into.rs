//! Rules that are added to a policy file, and configurations in YAML.

use std::fs;

use serde_json::Value;

use crate::{POLICY, file, tagseal, tagseal_given};

fn tcr(namespaces: &[&str]) -> String {
    let rules: Vec<String> = namespaces
        .iter()
        .enumerate()
        .map(|(index, namespace)| {
            format!(
                r#"  {{"RepositoryPattern": "**", "TagPattern": "latest", "RepositoryDecoration": "repoMatches", "TagDecoration": "excludes",
   "Disabled": false, "RuleId": {}, "NsName": "{namespace}"}}"#,
                index + 1
            )
        })
        .collect();
    format!("{{\"Response\": {{\"Rules\": [\n{}\n]}}}}\n", rules.join(",\n"))
}

#[test]
fn several_files_are_added_with_new_ids() {
    let policy = file("into.json", POLICY);
    let (one, other) = (file("into-one.json", tcr(&["dev", "test"])), file("into-other.json", tcr(&["team"])));
    let ended = tagseal(&["import", "--from", "tcr", "--into", &policy, &one, &other]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let imported = |id: u64, namespace: &str| {
        format!("imported rule {id} (namespace {namespace}): {policy} is at revision 13 now\n")
    };
    assert_eq!(ended.out, [imported(5, "dev"), imported(6, "test"), imported(7, "team")].concat());
    let after = fs::read_to_string(&policy).unwrap();
    let kept = POLICY.get(POLICY.find("    { \"id\": 1").unwrap()..POLICY.find("\n  ]").unwrap()).unwrap();
    assert!(after.contains(kept), "{after}");
    assert_eq!(tagseal(&["check", &policy]).code, Some(0));
}

#[test]
fn a_conflict_is_reported_by_its_place_and_changes_nothing() {
    let policy = file("into-conflict.json", POLICY);
    let (one, other) = (file("into-a.json", tcr(&["dev", "prod"])), file("into-b.json", tcr(&["dev"])));
    let ended = tagseal(&["import", "--from", "tcr", "--into", &policy, &one, &other]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.error.contains(&format!("\n --> {one}:5:")), "{}", ended.error);
    assert!(ended.error.contains(&format!("\n --> {other}:3:")), "{}", ended.error);
    assert!(ended.error.contains("error[conflict]: 2 problems; nothing was imported"), "{}", ended.error);
    assert_eq!(fs::read_to_string(&policy).unwrap(), POLICY);
}

#[test]
fn a_dry_run_shows_the_difference() {
    let policy = file("into-dry.json", POLICY);
    let rules = file("into-dry-rules.json", tcr(&["dev"]));
    let ended = tagseal(&["import", "--from", "tcr", "--into", &policy, "--dry-run", &rules]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("\n+  \"revision\": 13,\n"), "{}", ended.out);
    assert_eq!(fs::read_to_string(&policy).unwrap(), POLICY);
}

#[test]
fn a_policy_that_cannot_be_changed_is_an_error_even_if_there_is_nothing_to_add() {
    let none = file("into-none.json", tcr(&[]));
    let folder = env!("CARGO_TARGET_TMPDIR");
    let invalid = file("into-invalid.json", "{}");
    for (policy, error) in [
        ("nowhere.json", "could not read `nowhere.json`: there is no such file".to_owned()),
        (folder, format!("could not read `{folder}`: it is a folder")),
        (&invalid, format!("`{invalid}` is invalid: ")),
    ] {
        let ended = tagseal(&["import", "--from", "tcr", "--into", policy, &none]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.error.contains(&format!("error: {error}")), "{ended:?}");
    }
    let ended = tagseal(&["import", "--from", "tcr", "--into", &file("into-fine.json", POLICY), &none]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.starts_with("nothing to import: "), "{ended:?}");
}

#[test]
fn several_files_need_a_policy_file() {
    let rules = file("into-alone.json", tcr(&["dev"]));
    let ended = tagseal(&["import", "--from", "tcr", &rules, &rules]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.error.contains("--into"), "{ended:?}");
}

const ZOT: &str = "# The configuration of a registry.
http:
  port: 8080
accessControl:
  repositories:
    '**':
      defaultPolicy: [read, create]
";

#[test]
fn a_configuration_in_yaml_decides_as_the_same_in_json() {
    let json =
        r#"{"http": {"port": 8080}, "accessControl": {"repositories": {"**": {"defaultPolicy": ["read", "create"]}}}}"#;
    let of_json = tagseal_given(&["import", "--from", "zot", "-"], json.as_bytes());
    let of_yaml = tagseal_given(&["import", "--from", "zot", "-"], ZOT.as_bytes());
    assert_eq!((of_json.code, of_yaml.code), (Some(0), Some(0)), "{of_yaml:?}");
    assert_eq!(of_json.out, of_yaml.out);
    // Each report is at its place in the YAML.
    assert!(
        of_yaml.error.contains("standard input:6:") || of_yaml.error.contains("standard input:7:"),
        "{}",
        of_yaml.error
    );
}

#[test]
fn a_policy_is_not_taken_for_a_configuration_of_zot() {
    for (text, code) in [(POLICY, Some(1)), ("{}", Some(1)), (r#"{"storage": {"rootDirectory": "/x"}}"#, Some(0))] {
        let ended = tagseal_given(&["import", "--from", "zot", "-"], text.as_bytes());
        assert_eq!(ended.code, code, "{ended:?}");
        let error = "error: this is not a configuration of zot: it has none of its fields\n";
        assert_eq!(ended.error.contains(error), code == Some(1), "{ended:?}");
        assert_eq!(ended.out.is_empty(), code == Some(1), "{ended:?}");
    }
}

#[test]
fn invalid_yaml_is_refused_with_its_place() {
    let broken = file("broken.yaml", "a:\n  - [b\n");
    let ended = tagseal(&["import", "--from", "zot", &broken]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(
        ended.error.starts_with("error: invalid YAML") && ended.error.contains(&format!("--> {broken}:")),
        "{ended:?}"
    );
}

#[test]
fn functions_of_cloudformation_are_read() {
    let template = file(
        "template.yaml",
        "Parameters:
  Name: {Type: String}
Resources:
  Images:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: team/app
      ImageTagMutability: IMMUTABLE
      LifecyclePolicy: !Ref Name
",
    );
    let ended = tagseal(&["import", "--from", "ecr", &template]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("\"namespace\": \"team\""), "{}", ended.out);
}

/// The answer of `GetTemplate`, in which a template in YAML is a text.
#[test]
fn a_template_that_is_a_text_within_json_is_read_with_its_places() {
    let template = "Resources:\n  # The images of the \u{fc}ber team\n  Images:\n    Type: AWS::ECR::Repository\n    Properties:\n\
                    \x20     RepositoryName: shop/api\n      ImageTagMutability: IMMUTABLE\n\
                    \x20 Nested:\n    Type: AWS::CloudFormation::Stack\n";
    let answer = serde_json::json!({"StagesAvailable": ["Original"], "TemplateBody": template}).to_string();
    let answer = file("get-template.json", answer.replace("\"TemplateBody\"", "\n\"TemplateBody\""));
    let ended = tagseal(&["import", "--from", "ecr", &answer]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["rules"][0]["namespace"], "shop");
    assert_eq!(document["rules"][0]["protects"][0]["repositories"]["matches"], "api");
    let text = std::fs::read_to_string(&answer).unwrap();
    let column = text.lines().nth(1).unwrap().split("Type: AWS::CloudFormation").next().unwrap().chars().count() + 1;
    assert!(ended.error.contains("a nested stack is left out"), "{}", ended.error);
    assert!(ended.error.contains(&format!("get-template.json:2:{column} ")), "column {column}: {}", ended.error);
    // A template in JSON, with tabs.
    let template = "{\n\t\"Resources\": {\n\t\t\"Images\": {\"Type\": \"AWS::ECR::Repository\", \"Properties\": \
                    {\"RepositoryName\": \"shop/api\", \"ImageTagMutability\": \"IMMUTABLE\"}}\n\t}\n}\n";
    let answer = file("get-template-of-json.json", serde_json::json!({"TemplateBody": template}).to_string());
    let of_json = tagseal(&["import", "--from", "ecr", &answer]);
    assert_eq!((of_json.code, of_json.out), (Some(0), ended.out), "{}", of_json.error);
}

#[test]
fn a_broken_template_within_json_is_refused_at_its_place() {
    let answer = file("broken-template.json", r#"{"TemplateBody": "Resources: [\n"}"#);
    let ended = tagseal(&["import", "--from", "ecr", &answer]);
    ended.failed(1, &["invalid YAML", "broken-template.json:1:33", "is not valid YAML"]);
    let answer = file("empty-template.json", r#"{"TemplateBody": "Resources: 1"}"#);
    let ended = tagseal(&["import", "--from", "ecr", &answer]);
    ended.failed(1, &["empty-template.json:1:30"]);
}

#[test]
fn merge_keys_of_a_template_are_read() {
    let template = file(
        "merged.yaml",
        "Settings: &settings\n  ImageTagMutability: IMMUTABLE\n  RepositoryName: shop/other\nResources:\n  A:\n    \
         Type: AWS::ECR::Repository\n    Properties:\n      <<: *settings\n      RepositoryName: shop/api\n",
    );
    let ended = tagseal(&["import", "--from", "ecr", &template]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["rules"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["rules"][0]["protects"][0]["repositories"]["matches"], "api");
}
