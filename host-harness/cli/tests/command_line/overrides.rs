//! Overrides: made and ended on the command line, and shown where they matter.

use std::fs;

use serde_json::Value;

use crate::{POLICY, decisions, digest, file, tagseal};
use tagseal_test_support::program::Finished;

#[track_caller]
fn done(arguments: &[&str]) -> String {
    let Finished { code, out, error } = tagseal(&[&["rules"], arguments].concat());
    assert_eq!((code, error.as_str()), (Some(0), ""), "{arguments:?}: {out}");
    out
}

/// Decides the push of another image to `prod/app:v1`.
fn push(policy: &str, flags: &[&str]) -> String {
    let (a, b) = (digest('a'), digest('b'));
    let push = ["decide", policy, "--write", "prod/app:v1", "--digest", &b, "--current", &a, "--format", "json"];
    decisions(&tagseal(&[&push[..], flags].concat())).concat()
}

#[test]
fn an_override_lifts_a_rule_for_a_while() {
    let policy = file("override.json", POLICY);
    assert_eq!(push(&policy, &[]), "deny immutable");
    let made = done(&["override", &policy, "prod/app:v1", "--for", "2h", "--reason", "CVE-2026-1234", "--by", "alice"]);
    assert!(made.starts_with("overridden prod/app:v1 until 2"), "{made}");
    assert!(made.ends_with(&format!("Z: {policy} is at revision 13 now\n")), "{made}");
    assert_eq!(push(&policy, &[]), "allow override");
    assert_eq!(push(&policy, &["--time", "2999-01-01T00:00:00Z"]), "deny immutable");
    let listed = done(&["list", &policy]);
    let row = listed.lines().find(|line| line.starts_with("prod/app:v1  ")).unwrap();
    assert!(row.contains("  1h 59m  CVE-2026-1234  alice"), "{row}");
    assert!(listed.ends_with("2 rules, 1 override; revision 13\n"), "{listed}");
    let explained = tagseal(&["explain", &policy, "prod/app:v1"]);
    assert!(
        explained.out.contains("\noverride until 2") && explained.out.contains(" left: CVE-2026-1234\n"),
        "{explained:?}"
    );
    assert!(explained.out.contains("push of another image    allow  override "), "{explained:?}");
    let later = tagseal(&["explain", &policy, "prod/app:v1", "--time", "2999-01-01T00:00:00Z"]);
    assert!(later.out.contains("\noverride ended at 2") && later.out.contains("another image    deny"), "{later:?}");
    let ended = done(&["end-override", &policy, "prod/app:v1"]);
    assert_eq!(ended, format!("ended the override of prod/app:v1: {policy} is at revision 14 now\n"));
    assert_eq!(push(&policy, &[]), "deny immutable");
    assert!(!fs::read_to_string(&policy).unwrap().contains("CVE-2026-1234"));
}

#[test]
fn an_override_that_has_ended_is_shown_as_ended() {
    let overridden = POLICY.replace(
        "  \"rules\": [",
        "  \"overrides\": [\n    {\"repository\": \"prod/app\", \"tag\": \"v1\", \"until\": \"2001-01-01T00:00:00Z\", \"reason\": \"x\"}\n  ],\n  \"rules\": [",
    );
    let policy = file("override-ended.json", overridden);
    let listed = done(&["list", &policy]);
    assert!(listed.contains("\nprod/app:v1  2001-01-01T00:00:00Z  ended  x\n"), "{listed}");
    let checked = tagseal(&["check", &policy]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let expected = format!(
        "warning: the override for `prod/app:v1` ended at 2001-01-01T00:00:00Z, and decides nothing any more\n \
         --> {policy}:6:5 (/overrides/0)\n"
    );
    assert!(checked.out.starts_with(&expected), "{}", checked.out);
    assert_eq!(push(&policy, &[]), "deny immutable");
    assert_eq!(push(&policy, &["--time", "2000-12-31T23:59:59Z"]), "allow override");
}

#[test]
fn an_override_until_the_last_second_of_the_year_9999_is_active() {
    let policy = file("override-last.json", POLICY);
    let last = "9999-12-31T23:59:59Z";
    let made = done(&["override", &policy, "prod/app:v1", "--until", last, "--reason", "x"]);
    assert!(made.starts_with(&format!("overridden prod/app:v1 until {last}: ")), "{made}");
    assert_eq!(push(&policy, &[]), "allow override");
    let listed = done(&["list", &policy]);
    assert!(listed.contains(&format!("\nprod/app:v1  {last}  29")) && !listed.contains("ended"), "{listed}");
    let checked = tagseal(&["check", &policy]);
    assert_eq!((checked.code, checked.out.as_str()), (Some(0), format!("{policy}: no problems\n").as_str()));
    let explained = tagseal(&["explain", &policy, "prod/app:v1"]);
    assert!(explained.out.contains(&format!("\noverride until {last}, 29")), "{explained:?}");
    let at_the_end = tagseal(&["explain", &policy, "prod/app:v1", "--time", last]);
    assert!(at_the_end.out.contains(&format!("\noverride ended at {last}: x\n")), "{at_the_end:?}");
}

#[test]
fn an_override_that_lifts_no_rule_is_made_with_a_warning() {
    let policy = file("override-idle.json", POLICY);
    let ended = tagseal(&["rules", "override", &policy, "prod/app:latest", "--for", "2h", "--reason", "x"]);
    let warning = format!(
        "warning: no rule protects `prod/app:latest`, so its override changes nothing\n\
         help: check the name of the tag: tagseal explain {policy} prod/app:latest\n"
    );
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), warning.as_str()), "{ended:?}");
    assert!(ended.out.starts_with("overridden prod/app:latest until "), "{ended:?}");
    // With one that lifts a rule beside it, and by a rule that is disabled.
    done(&["override", &policy, "prod/app:v1", "--for", "2h", "--reason", "x"]);
    let warnings = || {
        let checked = tagseal(&["check", &policy]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        checked.out.matches("so its override changes nothing\n").count()
    };
    assert_eq!(warnings(), 1);
    done(&["disable", &policy, "prod"]);
    assert_eq!(warnings(), 2);
}

#[test]
fn machines_get_the_revision() {
    let policy = file("override-machines.json", POLICY);
    let made = done(&[
        "override",
        &policy,
        "prod/app:v1",
        "--until",
        "2999-01-01T00:00:00+01:00",
        "--reason",
        "x",
        "--format",
        "json",
    ]);
    assert_eq!(serde_json::from_str::<Value>(&made).unwrap(), serde_json::json!({"changed": true, "revision": 13}));
    assert!(fs::read_to_string(&policy).unwrap().contains("2998-12-31T23:00:00Z"));
}

#[test]
fn a_wrong_override_changes_nothing() {
    let policy = file("override-wrong.json", POLICY);
    let twice = file("override-twice.json", POLICY);
    done(&["override", &twice, "prod/app:v1", "--for", "1d", "--reason", "x"]);
    let of_twice = fs::read_to_string(&twice).unwrap();
    for (policy, before, arguments, code, error) in [
        (
            &policy,
            POLICY,
            &["override", "prod/app:v1", "--until", "2001-01-01T00:00:00Z", "--reason", "x"][..],
            2,
            "is in the past",
        ),
        (
            &policy,
            POLICY,
            &["override", "prod/app:v1", "--for", "2h", "--reason", ""],
            1,
            "1 problem in the command line",
        ),
        (&policy, POLICY, &["override", "prod/app", "--for", "2h", "--reason", "x"], 2, "does not name a tag"),
        (
            &policy,
            POLICY,
            &["override", "prod/app:-v1", "--for", "2h", "--reason", "x"],
            1,
            "1 problem in the command line",
        ),
        (&policy, POLICY, &["end-override", "prod/app:v1"], 1, "error[not-found]"),
        (
            &twice,
            &of_twice,
            &["override", "prod/app:v1", "--for", "2h", "--reason", "x"],
            1,
            "\nhelp: end the other one first: tagseal rules end-override ",
        ),
    ] {
        let (verb, rest) = arguments.split_first().unwrap();
        let ended = tagseal(&[&["rules", verb, policy], rest].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
        assert!(ended.error.contains(error), "{arguments:?}: {ended:?}");
        assert_eq!(fs::read_to_string(policy).unwrap(), before, "{arguments:?}");
    }
}
