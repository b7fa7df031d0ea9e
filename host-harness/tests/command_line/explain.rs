use serde_json::{Value, json};

use crate::{POLICY, file, tagseal, tagseal_given};

#[test]
fn a_tag_is_explained_in_words() {
    let ended = tagseal_given(&["explain", "-", "prod/app:v1.2"], POLICY.as_bytes());
    assert_eq!(
        ended.out,
        "\
prod/app:v1.2, by revision 12

rule 1 (namespace prod) protects the tag
  pair 0  repositories  every repository      holds for  app
          tags          every tag but latest  holds for  v1.2

rule 4 (namespace *) does not protect the tag: no pair holds
  pair 0  repositories  every repository  holds for          prod/app
          tags          @release          does not hold for  v1.2

push while it is absent  allow  first-push   rule 1, pair 0
push of what it is       allow  same-digest  rule 1, pair 0
push of something else   deny   immutable    rule 1, pair 0
delete                   deny   immutable    rule 1, pair 0
"
    );
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
}

#[test]
fn what_does_not_protect_is_explained_too() {
    let disabled = POLICY.replace("\"preset\": \"latest\"", "\"enabled\": false, \"preset\": \"latest\"");
    let signature = format!("app:sha256-{}.sig", "0".repeat(64));
    let exempt = POLICY.replace("\"@release\"", "\"**\"");
    for (document, tag, told) in [
        (&*disabled, "prod/app:v1", "rule 1 (namespace prod) is disabled; enabled, it would protect the tag\n"),
        (&*disabled, "prod/app:latest", "rule 1 (namespace prod) is disabled\n"),
        (&*exempt, &*signature, "rule 4 (namespace *) leaves the tag alone: it is one of the signatures\n"),
        (
            r#"{"version": 1, "rules": []}"#,
            "app:v1",
            "\nno rule is for its namespace, and none for the whole instance\n",
        ),
    ] {
        let ended = tagseal_given(&["explain", "-", tag], document.as_bytes());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(told), "{told}: {}", ended.out);
        assert!(ended.out.contains("\npush of something else   allow  "), "{}", ended.out);
    }
}

#[test]
fn machines_get_what_the_component_answers() {
    let policy = file("explained.json", POLICY);
    let ended = tagseal(&["explain", &policy, "app:1.2.3", "--format", "json"]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(answer["rules"].as_array().unwrap().len(), 1);
    assert_eq!(
        answer["outcomes"]["push-other"],
        json!({ "outcome": "deny", "code": "immutable", "rule": 4, "pair": 0 })
    );
}

#[test]
fn what_is_no_tag_is_wrong_usage() {
    let policy = file("no_tag.json", POLICY);
    for (tag, told) in [
        ("prod/app", "error: `prod/app` lacks a `:`\nhelp: write it as in `prod/app:v1`\n"),
        ("Prod/app:v1", "`repository` is no legal name"),
        ("prod/app:", "tag"),
        (":v1", "`repository` is no legal name"),
        ("prod/app:-v1", "tag"),
    ] {
        for format in ["text", "json"] {
            let ended = tagseal(&["explain", &policy, tag, "--format", format]);
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{tag}: {ended:?}");
            assert!(ended.error.contains(told), "{tag}: {}", ended.error);
        }
    }
    let unchecked = file("explain_unchecked.json", POLICY.replace("latest", "last"));
    let ended = tagseal(&["explain", &unchecked, "prod/app:v1"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.contains("does not check: 1 problem\n"), "{ended:?}");
    assert_eq!(tagseal(&["explain", "nowhere.json", "prod/app:v1"]).code, Some(2));
}
