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
  pair 0  repositories  every repository         matches  app
          tags          every tag except latest  matches  v1.2

rule 4 (namespace *) does not protect the tag: no pair matches
  pair 0  repositories  every repository  matches         prod/app
          tags          @release          does not match  v1.2

push while it is absent  allow  first-push   rule 1, pair 0
push of the same image   allow  same-digest  rule 1, pair 0
push of another image    deny   immutable    rule 1, pair 0
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
    for (document, tag, shown) in [
        (&*disabled, "prod/app:v1", "rule 1 (namespace prod) is disabled; enabled, it would protect the tag\n"),
        (&*disabled, "prod/app:latest", "rule 1 (namespace prod) is disabled\n"),
        (&*exempt, &*signature, "rule 4 (namespace *) exempts the tag: it is in the set `signatures`\n"),
        (
            r#"{"version": 1, "rules": []}"#,
            "prod/app:v1",
            "\nthere is no rule for its namespace, and none for the whole instance\n",
        ),
        (
            r#"{"version": 1, "rules": []}"#,
            "app:v1",
            "\nit is in no namespace, and there is no rule for the whole instance\n",
        ),
    ] {
        let ended = tagseal_given(&["explain", "-", tag], document.as_bytes());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(shown), "{shown}: {}", ended.out);
        assert!(ended.out.contains("\npush of another image    allow  "), "{}", ended.out);
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
        json!({ "outcome": "deny", "code": "immutable", "rule": 4, "namespace": "*", "pair": 0 })
    );
}

#[test]
fn an_invalid_tag_is_wrong_usage() {
    let policy = file("no_tag.json", POLICY);
    for (tag, shown) in [
        (
            "prod/app",
            "error: `prod/app` does not name a tag\nhelp: write it as in `prod/app:v1`; write `:latest` if that is meant\n",
        ),
        ("Prod/app:v1", "has the capital letter `P`"),
        ("prod/app:", "`prod/app:` has nothing after its last `:`"),
        (":v1", "`:v1` has no repository before its tag"),
        ("prod/app:-v1", "`prod/app:-v1` can't be explained: "),
    ] {
        for format in ["text", "json"] {
            let ended = tagseal(&["explain", &policy, tag, "--format", format]);
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{tag}: {ended:?}");
            assert!(ended.error.contains(shown), "{tag}: {}", ended.error);
        }
    }
    let unchecked = file("explain_unchecked.json", POLICY.replace("latest", "last"));
    let ended = tagseal(&["explain", &unchecked, "prod/app:v1"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.error.contains("is invalid: 1 problem\n"), "{ended:?}");
    assert_eq!(tagseal(&["explain", "nowhere.json", "prod/app:v1"]).code, Some(2));
}
