//! What holds for every document and every event.
#![cfg(test)]

use globset::GlobBuilder;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tagseal_engine::Policy;
use tagseal_engine::diagnostic::Diagnostic;
use tagseal_tests::answer;
use tagseal_tests::generate::{document, event, pattern, text, tries};

fn compile(document: &Value) -> Result<Policy, TestCaseError> {
    Policy::compile(document.to_string()).map_err(|problems| TestCaseError::fail(format!("{document}\n{problems:?}")))
}

fn decide(policy: &Policy, event: &str) -> Result<Value, TestCaseError> {
    answer::read(&policy.evaluate_json(event)).map_err(TestCaseError::fail)
}

/// The outcome of the whole, then of each tag.
fn outcomes(decision: &Value) -> Vec<&Value> {
    let tags = decision["tags"].as_array().into_iter().flatten();
    std::iter::once(&decision["outcome"]).chain(tags.map(|tag| &tag["outcome"])).collect()
}

fn without_pairs(mut decision: Value) -> Value {
    decision["pair"].take();
    decision["tags"].as_array_mut().into_iter().flatten().for_each(|tag| drop(tag["pair"].take()));
    decision
}

fn events() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(event::event().prop_map(|event| event::text(&event)), 1..8)
}

fn changes() -> impl Strategy<Value = Vec<text::Change>> {
    prop::collection::vec(text::change(), 1..12)
}

proptest! {
    #![proptest_config(tries(1_500))]

    #[test]
    fn no_text_is_too_odd_for_a_document(
        noise in prop_oneof![
            ".{0,60}".prop_map(String::from),
            prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            (document::document(), changes()).prop_map(|(document, changes)| text::changed(&document.to_string(), &changes)),
        ],
        event in event::well_formed(),
    ) {
        match Policy::compile(noise) {
            Ok(policy) => drop(decide(&policy, &event::text(&event))?),
            Err(problems) => prop_assert!(problems.iter().any(Diagnostic::is_problem)),
        }
    }

    #[test]
    fn no_text_is_too_odd_for_an_event(
        document in document::document(),
        noise in prop_oneof![
            ".{0,60}".prop_map(String::from),
            prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            (event::event(), changes()).prop_map(|(event, changes)| text::changed(&event::text(&event), &changes)),
        ],
    ) {
        let decision = decide(&compile(&document)?, &noise)?;
        prop_assert!(decision["code"] != "malformed" || (decision["outcome"] == "deny" && decision["tags"] == json!([])));
    }

    #[test]
    fn the_order_of_rules_and_keys_changes_nothing(
        document in document::document(),
        turn in any::<Index>(),
        seed in any::<u64>(),
        events in events(),
    ) {
        let mut turned = document.clone();
        let rules = turned["rules"].as_array_mut().unwrap();
        let turn = turn.index(rules.len().max(1));
        rules.rotate_left(turn);
        let turned = Policy::compile(text::shuffled(&turned, seed)).unwrap();
        let policy = compile(&document)?;
        for event in &events {
            prop_assert_eq!(policy.evaluate_json(event), turned.evaluate_json(event), "\n{}\n{}", document, event);
        }
    }

    #[test]
    fn the_order_of_pairs_patterns_and_exemptions_changes_no_more_than_the_pair(
        document in document::document(),
        events in events(),
    ) {
        let mut turned = document.clone();
        turned["rules"].as_array_mut().unwrap().iter_mut().for_each(reverse_lists);
        let (policy, turned) = (compile(&document)?, compile(&turned)?);
        for event in &events {
            let (decision, other) = (decide(&policy, event)?, decide(&turned, event)?);
            prop_assert_eq!(without_pairs(decision), without_pairs(other), "\n{}\n{}", document, event);
        }
    }

    #[test]
    fn a_rule_more_never_allows_what_was_denied(
        document in document::document(),
        taken in any::<Index>(),
        events in events(),
    ) {
        let mut fewer = document.clone();
        let rules = fewer["rules"].as_array_mut().unwrap();
        prop_assume!(!rules.is_empty());
        rules.remove(taken.index(rules.len()));
        check_denials_stay(&fewer, &document, &events)?;
    }

    #[test]
    fn a_pair_more_never_allows_what_was_denied(document in document::document(), events in events()) {
        let mut fewer = document.clone();
        let rules = fewer["rules"].as_array_mut().unwrap();
        let pairs = rules.iter_mut().filter_map(|rule| rule.get_mut("protects")?.as_array_mut());
        pairs.filter(|pairs| pairs.len() > 1).for_each(|pairs| drop(pairs.pop()));
        check_denials_stay(&fewer, &document, &events)?;
    }

    #[test]
    fn an_exemption_less_and_a_deletion_less_never_allow_what_was_denied(
        document in document::document(),
        events in events(),
    ) {
        let mut stricter = document.clone();
        for rule in stricter["rules"].as_array_mut().unwrap() {
            let rule = rule.as_object_mut().unwrap();
            rule.remove("exempt");
            rule.remove("deletion");
        }
        check_denials_stay(&document, &stricter, &events)?;
    }

    #[test]
    fn a_rule_switched_off_is_a_rule_taken_out(
        document in document::document(),
        switched in any::<Index>(),
        events in events(),
    ) {
        let (mut off, mut out) = (document.clone(), document);
        let rules = out["rules"].as_array_mut().unwrap();
        prop_assume!(!rules.is_empty());
        let index = switched.index(rules.len());
        rules.remove(index);
        off["rules"][index]["enabled"] = json!(false);
        let (off, out) = (compile(&off)?, compile(&out)?);
        for event in &events {
            prop_assert_eq!(off.evaluate_json(event), out.evaluate_json(event), "{}", event);
        }
    }

    #[test]
    fn a_document_means_the_same_however_it_is_printed(
        document in document::document(),
        faults in prop::collection::vec(document::fault(), 0..3),
        events in events(),
    ) {
        let mut document = document;
        faults.iter().for_each(|fault| document::spoil(&mut document, fault));
        let compact = document.to_string();
        let reread: Value = serde_json::from_str(&compact).unwrap();
        let pretty = serde_json::to_string_pretty(&reread).unwrap();
        match (Policy::compile(compact), Policy::compile(pretty)) {
            (Ok(compact), Ok(pretty)) => {
                prop_assert_eq!(unplaced(compact.warnings()), unplaced(pretty.warnings()));
                for event in &events {
                    prop_assert_eq!(compact.evaluate_json(event), pretty.evaluate_json(event), "{}", event);
                }
            }
            (Err(compact), Err(pretty)) => prop_assert_eq!(unplaced(compact), unplaced(pretty)),
            (compact, pretty) => prop_assert!(false, "{compact:?}\n{pretty:?}"),
        }
    }
}

/// Turns every list of a rule around: its pairs, their patterns, and its exemptions.
fn reverse_lists(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.reverse();
            items.iter_mut().for_each(reverse_lists);
        }
        Value::Object(fields) => fields.values_mut().for_each(reverse_lists),
        _ => {}
    }
}

/// What the one document denies, the stricter one denies.
#[track_caller]
fn check_denials_stay(document: &Value, stricter: &Value, events: &[String]) -> Result<(), TestCaseError> {
    let (policy, strict) = (compile(document)?, compile(stricter)?);
    for event in events {
        let (before, after) = (decide(&policy, event)?, decide(&strict, event)?);
        for (before, after) in outcomes(&before).into_iter().zip(outcomes(&after)) {
            prop_assert!(before == "allow" || after == "deny", "\n{}\n{}\n{}", document, stricter, event);
        }
    }
    Ok(())
}

fn unplaced(diagnostics: Vec<Diagnostic>) -> Vec<String> {
    let mut lines: Vec<_> = diagnostics
        .into_iter()
        .map(|Diagnostic { severity, pointer, message, help, .. }| format!("{severity:?} {pointer} {message} {help}"))
        .collect();
    lines.sort();
    lines
}

/// Whether plain globset matches, with the options that the design's syntax stands for.
fn plain(pattern: &str, subject: &str) -> bool {
    let mut builder = GlobBuilder::new(pattern);
    builder.literal_separator(true).backslash_escape(true).empty_alternates(true);
    builder.build().unwrap().compile_matcher().is_match(subject)
}

/// The engine's verdict on a repository: whether a rule for `*` with this pattern protects it.
fn verdict(pattern: &str, repository: &str) -> Result<bool, TestCaseError> {
    let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [
        { "repositories": { "matches": pattern }, "tags": { "matches": "**" } },
    ] }] });
    let event = json!({ "delete-tag": { "repository": repository, "tag": "a" } });
    Ok(decide(&compile(&document)?, &event.to_string())?["code"] == "immutable")
}

/// The same for a tag.
fn tag_verdict(pattern: &str, tag: &str) -> Result<bool, TestCaseError> {
    let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [
        { "repositories": { "matches": "**" }, "tags": { "matches": pattern } },
    ] }] });
    let event = json!({ "delete-tag": { "repository": "a", "tag": tag } });
    Ok(decide(&compile(&document)?, &event.to_string())?["code"] == "immutable")
}

proptest! {
    #![proptest_config(tries(3_000))]

    // The shapes with a fast path and their neighbours. None of them holds what the engine means otherwise on purpose.
    #[test]
    fn the_fast_paths_match_as_plain_globs_do(
        pattern in pattern::simple_repository(),
        subjects in prop::collection::vec(event::repository(), 6),
    ) {
        for subject in subjects {
            prop_assert_eq!(verdict(&pattern, &subject)?, plain(&pattern, &subject), "`{}` on `{}`", pattern, subject);
        }
    }

    #[test]
    fn the_fast_paths_match_tags_as_plain_globs_do(
        pattern in pattern::simple_tag(),
        subjects in prop::collection::vec(event::tag(), 6),
    ) {
        for subject in subjects {
            prop_assert_eq!(tag_verdict(&pattern, &subject)?, plain(&pattern, &subject), "`{}` on `{}`", pattern, subject);
        }
    }
}

/// Where the engine means otherwise than globset, and why.
#[test]
fn the_engine_departs_from_globset_on_purpose() {
    let table = [
        // A class never matches `/`.
        ("a[!-]b", "a/b", false),
        ("a[^b]*", "a/b", false),
        // What is no whole component does not cross `/`.
        ("a{**/x,y}", "ax", false),
        (r"{a\,**,b}", "a/x", false),
        // At the end of an alternative `**/**` crosses it.
        ("{**/**,x}", "a/b", true),
    ];
    for (pattern, subject, expected) in table {
        assert_ne!(plain(pattern, subject), expected, "globset on `{pattern}` and `{subject}`");
        assert_eq!(verdict(pattern, subject).unwrap(), expected, "`{pattern}` on `{subject}`");
    }
}
