//! Rules as an operator manages them: created, viewed, configured, switched and deleted.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use serde_json::{Value, json};

use crate::{POLICY, TAGSEAL, decisions, digest, file, folder, tagseal, tagseal_given};
use tagseal_test_support::program::Finished;

/// Runs a verb for rules that is done, and gives what it says.
#[track_caller]
fn done(arguments: &[&str]) -> String {
    let Finished { code, out, error } = tagseal(&[&["rules"], arguments].concat());
    assert_eq!((code, error.as_str()), (Some(0), ""), "{arguments:?}: {out}");
    out
}

/// What a policy says of a push of other content, and of a delete.
#[track_caller]
fn assert_decides(policy: &str, tag: &str, push: &str, delete: &str) {
    let (a, b) = (digest('a'), digest('b'));
    let pushed = tagseal(&["decide", policy, "--write", tag, "--digest", &b, "--current", &a]);
    let deleted = tagseal(&["decide", policy, "--delete", tag]);
    assert_eq!([decisions(&pushed), decisions(&deleted)].concat(), [push, delete], "{tag}");
}

#[test]
fn a_policy_in_no_folder_is_said_to_have_none_and_leaves_nothing() {
    let folder = folder("rules-init-nowhere");
    let path = folder.join("nowhere/policy.json").into_os_string().into_string().unwrap();
    let ended = tagseal(&["rules", "init", &path]);
    let error = format!("error: could not write `{path}`: there is no such folder\n");
    assert_eq!((ended.code, ended.out.as_str(), ended.error), (Some(2), "", error));
    let missing = folder.join("missing.json").into_os_string().into_string().unwrap();
    let ended = tagseal(&["rules", "disable", &missing, "1"]);
    let error = format!("error: could not read `{missing}`: there is no such file\n");
    assert_eq!((ended.code, ended.out.as_str(), ended.error), (Some(2), "", error));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_change_that_cannot_be_reported_is_said_to_be_made() {
    let policy = file("rules-full.json", POLICY);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = TAGSEAL.command(&["rules", "disable", &policy, "prod"]).stdout(full).output().unwrap();
    let error =
        format!("error: the change was made, and {policy} is at revision 13 now; but tagseal could not write to");
    let shown = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{shown}");
    assert!(shown.starts_with(&error), "{shown}");
    assert!(fs::read_to_string(&policy).unwrap().contains("\"enabled\": false"));
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = TAGSEAL.command(&["rules", "enable", &policy, "prod", "--dry-run"]).stdout(full).output().unwrap();
    let shown = String::from_utf8(ended.stderr).unwrap();
    assert!(shown.starts_with("error: could not write to standard output"), "{shown}");
}

#[test]
fn a_new_user_manages_rules() {
    let folder = folder("new_user");
    let policy = &*folder.join("policy.json").into_os_string().into_string().unwrap();
    let made = done(&["init", policy, "--instance", "registry-prod"]);
    assert_eq!(made.lines().next(), Some(&*format!("made {policy}, without rules")));

    // The preset, switched on from its creation.
    let created = done(&["create", policy, "--namespace", "prod", "--latest", "--exempt", "signatures,referrers"]);
    assert_eq!(
        created,
        format!(
            "created rule 1 (namespace prod): {policy} is at revision 1 now
  state     enabled
  pair 0    repositories  every repository
            tags          every tag except latest
  deletion  denied
  exempt    signatures, referrers
"
        )
    );
    assert_decides(policy, "prod/app:v1", "deny immutable", "deny immutable");
    assert_decides(policy, "prod/app:latest", "allow unprotected", "allow unprotected");

    // Custom, with both filter types on both sides.
    for (namespace, [repositories, repository_pattern], [tags, tag_pattern]) in [
        ("a", ["--repositories", "web-*"], ["--tags", "v*"]),
        ("b", ["--repositories", "web-*"], ["--tags-except", "v*"]),
        ("c", ["--repositories-except", "web-*"], ["--tags", "v*"]),
        ("d", ["--repositories-except", "web-*"], ["--tags-except", "v*"]),
    ] {
        let flags = [repositories, repository_pattern, tags, tag_pattern, "--exempt=signatures,referrers"];
        done(&[&["create", policy, "--namespace", namespace], &flags[..]].concat());
        for (tag, in_repositories, in_tags) in [
            ("web-1:v1", repositories == "--repositories", tags == "--tags"),
            ("web-1:x", repositories == "--repositories", tags == "--tags-except"),
            ("api:v1", repositories == "--repositories-except", tags == "--tags"),
            ("api:x", repositories == "--repositories-except", tags == "--tags-except"),
        ] {
            let decision = if in_repositories && in_tags { "deny immutable" } else { "allow unprotected" };
            assert_decides(policy, &format!("{namespace}/{tag}"), decision, decision);
        }
    }

    // Viewed.
    let listed = done(&["list", policy]);
    assert_eq!(
        listed,
        "\
ID  NAMESPACE  STATE    REPOSITORIES                   TAGS                     DELETION  EXEMPT                 NOTE
1   prod       enabled  every repository               every tag except latest  denied    signatures, referrers
2   a          enabled  web-*                          v*                       denied    signatures, referrers
3   b          enabled  web-*                          every tag except v*      denied    signatures, referrers
4   c          enabled  every repository except web-*  v*                       denied    signatures, referrers
5   d          enabled  every repository except web-*  every tag except v*      denied    signatures, referrers

5 rules; revision 5
"
    );

    // Configured: half of a pair leaves the other half.
    let configured = done(&["configure", policy, "d", "--tags-except", "dev-*", "--allow-deletion", "--note", "moves"]);
    assert_eq!(
        configured,
        format!(
            "configured rule 5 (namespace d): {policy} is at revision 6 now
  state     enabled
  pair 0    repositories  every repository except web-*
            tags          every tag except dev-*
  deletion  allowed
  exempt    signatures, referrers
  note      moves
"
        )
    );
    assert_decides(policy, "d/api:v1", "deny immutable", "allow deletion-allowed");

    // Switched off and on, and deleted.
    assert_eq!(
        done(&["disable", policy, "5"]),
        format!("disabled rule 5 (namespace d): {policy} is at revision 7 now\n")
    );
    assert_decides(policy, "d/api:v1", "allow unprotected", "allow unprotected");
    assert_eq!(
        done(&["enable", policy, "d"]),
        format!("enabled rule 5 (namespace d): {policy} is at revision 8 now\n")
    );
    assert_eq!(
        done(&["delete", policy, "5"]),
        format!("deleted rule 5 (namespace d): {policy} is at revision 9 now\n")
    );

    // An id is not given twice.
    let created =
        done(&["create", policy, "--namespace", "d", "--latest", "--exempt=signatures,referrers", "--disabled"]);
    assert!(created.starts_with("created rule 6 (namespace d): "), "{created}");
    assert!(created.contains("  state     disabled\n"), "{created}");
    assert_decides(policy, "d/api:v1", "allow unprotected", "allow unprotected");
    let checked = tagseal(&["check", policy]);
    assert_eq!((checked.code, checked.out), (Some(0), format!("{policy}: no problems\n")));
}

#[test]
fn a_change_leaves_the_rest_of_the_file_as_it_was() {
    let policy = file("rest.json", POLICY);
    done(&["create", &policy, "--namespace", "dev", "--tags", "@release", "--exempt=signatures,referrers"]);
    let after = POLICY.replace("  \"revision\": 12,\n", "  \"revision\": 13,\n  \"next-id\": 6,\n");
    let after = after.replace(
        "\"@release\" } }] }\n",
        "\"@release\" } }] },\n    { \"id\": 5, \"namespace\": \"dev\", \"exempt\": [\"signatures\", \"referrers\"],\n",
    );
    let written = fs::read_to_string(&policy).unwrap();
    let head = after.get(..after.find("{ \"id\": 5").unwrap()).unwrap();
    assert!(written.starts_with(head), "{written}");
    assert!(written.ends_with("\n  ]\n}\n"), "{written}");
    done(&["delete", &policy, "5"]);
    let expected = POLICY.replace("  \"revision\": 12,\n", "  \"revision\": 14,\n  \"next-id\": 6,\n");
    assert_eq!(fs::read_to_string(&policy).unwrap(), expected);
}

#[test]
fn several_pairs_are_given_in_json() {
    let policy = file("pairs.json", POLICY);
    let web = r#"{"repositories": {"matches": "web-*"}, "tags": {"excludes": ["latest", "dev-*", "a", "b"]}}"#;
    let rest = r#"{"repositories": {"excludes": "web-*"}, "tags": {"matches": "@version"}}"#;
    let exempt = ["--exempt", "signatures", "--exempt", "referrers"];
    done(&[&["create", &policy, "--namespace", "mixed", "--protects", web, "--protects", rest], &exempt[..]].concat());
    let listed = done(&["list", &policy, "--namespace", "mixed"]);
    let rows: Vec<&str> = listed.lines().collect();
    assert_eq!(
        rows[1..],
        [
            "5   mixed      enabled  web-*                          every tag except latest, dev-*, a and 1 more  denied    signatures, referrers",
            "                        every repository except web-*  @version",
            "",
            "1 rule; revision 13",
        ]
    );
    let shown = done(&["show", &policy, "mixed"]);
    assert!(shown.contains("            tags          every tag except latest, dev-*, a, b\n  pair 1    "), "{shown}");
    // It is not clear which pair the flags give half of.
    let half = tagseal(&["rules", "configure", &policy, "mixed", "--tags", "v*"]);
    assert_eq!((half.code, half.out.as_str()), (Some(1), ""));
    assert!(half.error.contains("1 | --tags v*\n") && half.error.contains("more than one selector pair"), "{half:?}");
    done(&["configure", &policy, "mixed", "--latest"]);
    let shown: Value = serde_json::from_str(&done(&["show", &policy, "5", "--format", "json"])).unwrap();
    assert_eq!(
        shown,
        json!({ "id": 5, "namespace": "mixed", "exempt": ["signatures", "referrers"], "preset": "latest" })
    );
    done(&["configure", &policy, "mixed", "--repositories", "api"]);
    let shown: Value = serde_json::from_str(&done(&["show", &policy, "5", "--format", "json"])).unwrap();
    let pair = json!([{ "repositories": { "matches": "api" }, "tags": { "excludes": "latest" } }]);
    assert_eq!(shown["protects"], pair, "half of the preset stays too");
}

#[test]
fn a_rule_comes_from_a_file_or_standard_input() {
    let policy = file("from.json", POLICY);
    let rule = r#"{"namespace": "dev", "preset": "latest", "exempt": ["signatures", "referrers"]}"#;
    done(&["create", &policy, "--from", &file("from_rule.json", rule)]);
    let set = br#"{"deletion": "allow", "exempt": null}"#;
    let ended = tagseal_given(&["rules", "configure", &policy, "dev", "--from", "-"], set);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.ends_with("  deletion  allowed\n"), "{}", ended.out);
    // A warning is shown with its place, and the change is made.
    assert!(
        ended.error.starts_with("warning: the rule freezes the tags of signatures and referrers"),
        "{}",
        ended.error
    );
    assert!(ended.error.contains("\n --> the rule:1:1\n"), "{}", ended.error);
}

#[test]
fn fields_are_removed() {
    let policy = file("away.json", POLICY);
    done(&["configure", &policy, "1", "--note", "until \u{1b}[2J the move", "--disabled", "--allow-deletion"]);
    let shown = done(&["show", &policy, "prod"]);
    assert!(shown.ends_with("  note      until \u{fffd}[2J the move\n"), "{shown}");
    done(&["configure", &policy, "1", "--note=", "--enabled", "--deny-deletion"]);
    let shown = done(&["show", &policy, "prod"]);
    assert!(shown.contains("enabled") && shown.contains("denied") && !shown.contains("note"), "{shown}");
    let ended = tagseal(&["rules", "configure", &policy, "1", "--exempt="]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.ends_with("  deletion  denied\n"), "{}", ended.out);
}

#[test]
fn a_rule_that_is_already_so_stays_as_it_is() {
    let policy = file("already.json", POLICY);
    let before = fs::metadata(&policy).unwrap().ino();
    let stays = format!("rule 1 (namespace prod) is already enabled: {policy} stays at revision 12\n");
    assert_eq!(done(&["enable", &policy, "prod"]), stays);
    let shown: Value = serde_json::from_str(&done(&["enable", &policy, "1", "--format", "json"])).unwrap();
    assert_eq!(shown, json!({ "changed": false, "rule": 1, "revision": 12 }));
    let ended = tagseal(&["rules", "enable", &policy, "prod", "--dry-run"]);
    assert_eq!((ended.code, ended.out.as_str(), ended.error), (Some(0), "", stays));
    done(&["configure", &policy, "4", "--tags", "@release", "--deny-deletion", "--enabled"]);
    assert_eq!((fs::read_to_string(&policy).unwrap().as_str(), fs::metadata(&policy).unwrap().ino()), (POLICY, before));
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let folder = folder("dry_run");
    let path = folder.join("policy.json");
    let policy = path.to_str().unwrap();
    fs::write(&path, POLICY).unwrap();
    let ended = done(&["delete", policy, "prod", "--dry-run"]);
    assert_eq!(
        ended,
        format!(
            r#"--- {policy}
+++ {policy}
@@ -1,9 +1,9 @@
 {{
   "version": 1,
   "instance": "registry-prod",
-  "revision": 12,
+  "revision": 13,
+  "next-id": 5,
   "rules": [
-    {{ "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] }},
     {{ "id": 4, "namespace": "*", "exempt": ["signatures", "referrers"],
       "protects": [{{ "repositories": {{ "matches": "**" }}, "tags": {{ "matches": "@release" }} }}] }}
   ]
"#
        )
    );
    let ended = tagseal(&["rules", "create", policy, "--namespace", "prod", "--latest", "--dry-run"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.error.starts_with("error[conflict]: "), "{ended:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), POLICY);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "not even a lock is left");
}

#[test]
fn machines_get_the_result_in_json() {
    let policy = file("machines.json", POLICY);
    let create = ["create", &policy, "--namespace", "dev", "--latest", "--exempt=signatures,referrers"];
    let shown: Value = serde_json::from_str(&done(&[&create[..], &["--format", "json"]].concat())).unwrap();
    assert_eq!(shown, json!({ "changed": true, "rule": 5, "revision": 13 }));
    let shown: Value = serde_json::from_str(&done(&["delete", &policy, "dev", "--format", "json"])).unwrap();
    assert_eq!(shown, json!({ "changed": true, "rule": 5, "revision": 14 }));
}

#[test]
fn rules_are_listed_by_what_they_are() {
    let policy = file("listed.json", POLICY);
    done(&["create", &policy, "--namespace", "dev", "--latest", "--disabled", "--exempt=signatures,referrers"]);
    for (flags, ids, without) in [
        (&[][..], &[1, 4, 5][..], None),
        (&["--enabled"], &[1, 4], None),
        (&["--disabled"], &[5], None),
        (&["--namespace", "dev,*"], &[4, 5], Some(json!([]))),
        (&["--namespace", "dev", "--namespace", "test,prod", "--enabled"], &[1], Some(json!(["test"]))),
    ] {
        let answer = done(&[&["list", &policy, "--format", "json"], flags].concat());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let listed: Vec<u64> =
            answer["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_u64().unwrap()).collect();
        assert_eq!((listed.as_slice(), answer.get("without-rule")), (ids, without.as_ref()), "{flags:?}");
        let shown = done(&[&["list", &policy], flags].concat());
        let rows = shown
            .lines()
            .filter(|row| row.starts_with(|letter: char| letter.is_ascii_digit()) && row.contains("abled"));
        assert_eq!(rows.count(), ids.len() + usize::from(shown.contains("disabled; ")), "{shown}");
    }
    let shown = done(&["list", &policy, "--namespace", "test,dev,x"]);
    assert!(shown.ends_with("1 rule, 1 disabled; revision 13\nwithout a rule: test, x\n"), "{shown}");
    assert_eq!(done(&["list", &policy, "--without-rule", "x,dev,prod,y,*,x"]), "x\ny\n");
    let none = tagseal_given(&["rules", "list", "-"], br#"{"version": 1, "rules": []}"#);
    assert_eq!((none.code, none.out.as_str()), (Some(0), "0 rules; revision 0\n"));
}

#[test]
fn a_rule_is_shown_as_the_document_has_it() {
    let policy = file("shown.json", POLICY);
    let shown = done(&["show", &policy, "*", "--format", "json"]);
    assert!(POLICY.contains(shown.trim_end()), "{shown}");
    assert_eq!(
        done(&["show", &policy, "4"]),
        "\
rule 4 (namespace *)
  state     enabled
  pair 0    repositories  every repository
            tags          @release
  deletion  denied
  exempt    signatures, referrers
"
    );
    let missing = tagseal(&["rules", "show", &policy, "dev"]);
    let error = format!("error[not-found]: there is no rule for namespace `dev`\nhelp: tagseal rules list {policy}\n");
    assert_eq!((missing.code, missing.out.as_str(), missing.error), (Some(1), "", error));
}

#[test]
fn mode_and_link_are_kept() {
    let folder = folder("kept");
    let (path, link) = (folder.join("policy.json"), folder.join("link.json"));
    fs::write(&path, POLICY).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("policy.json", &link).unwrap();
    done(&["disable", link.to_str().unwrap(), "prod"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&path).unwrap().contains("\"enabled\": false"));
}
