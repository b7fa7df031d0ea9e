//! The engine and the slow reference decide alike.
#![cfg(test)]

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tagseal_engine::Policy;
use tagseal_engine::diagnostic::Diagnostic;
use tagseal_tests::answer;
use tagseal_tests::generate::{document, event, pattern, text, tries};
use tagseal_tests::reference::{Reference, glob};

fn compile(document: &str) -> Result<Policy, TestCaseError> {
    Policy::compile(document.to_owned())
        .map_err(|problems| TestCaseError::fail(format!("{document}\nis refused:\n{}", listed(&problems))))
}

fn listed(problems: &[Diagnostic]) -> String {
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    problems.join("\n")
}

fn read(answer: &str) -> Result<Value, TestCaseError> {
    answer::read(answer).map_err(TestCaseError::fail)
}

fn reference(document: &str) -> Result<Reference, TestCaseError> {
    Reference::new(document).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(tries(2_000))]

    #[test]
    fn events_get_the_decision_of_the_reference(
        document in document::document(),
        events in prop::collection::vec(event::event(), 1..16),
    ) {
        let document = document.to_string();
        let (policy, reference) = (compile(&document)?, reference(&document)?);
        for event in events {
            let text = event::text(&event);
            let answer = policy.evaluate_json(&text);
            prop_assert_eq!(read(&answer)?, reference.decide(&text), "\n{}\n{}\n{}", document, text, answer);
            let typed = serde_json::to_string(&policy.evaluate(event)).unwrap();
            prop_assert_eq!(typed, answer, "typed and in JSON\n{}\n{}", document, text);
        }
    }

    #[test]
    fn spoiled_events_get_the_decision_of_the_reference(
        document in document::document(),
        events in prop::collection::vec((event::event(), prop::collection::vec(text::change(), 0..3)), 1..16),
    ) {
        let document = document.to_string();
        let (policy, reference) = (compile(&document)?, reference(&document)?);
        for (event, changes) in events {
            let text = text::changed(&event::text(&event), &changes);
            let answer = policy.evaluate_json(&text);
            prop_assert_eq!(read(&answer)?, reference.decide(&text), "\n{}\n{}\n{}", document, text, answer);
        }
    }
}

proptest! {
    #![proptest_config(tries(4_000))]

    #[test]
    fn documents_are_refused_as_by_the_reference(
        document in document::document(),
        faults in prop::collection::vec(document::fault(), 0..4),
        changes in prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(text::change(), 1..3)],
        events in prop::collection::vec(event::well_formed(), 2),
    ) {
        let mut document = document;
        faults.iter().for_each(|fault| document::spoil(&mut document, fault));
        let document = text::changed(&document.to_string(), &changes);
        match (Policy::compile(document.clone()), Reference::new(&document)) {
            (Ok(policy), Ok(reference)) => {
                for event in &events {
                    let text = event::text(event);
                    prop_assert_eq!(read(&policy.evaluate_json(&text))?, reference.decide(&text), "\n{}\n{}", document, text);
                }
            }
            (Err(problems), Err(_)) => check_problems(&document, &problems)?,
            (Ok(_), Err(error)) => prop_assert!(false, "accepted, in spite of {}:\n{}", error, document),
            (Err(problems), Ok(_)) => prop_assert!(false, "refused for {}\n{}", listed(&problems), document),
        }
    }
}

/// A refusal has only problems, each with a place in the document, in the order of their places.
fn check_problems(document: &str, problems: &[Diagnostic]) -> Result<(), TestCaseError> {
    let lines: Vec<_> = document.split('\n').map(|line| line.chars().count()).collect();
    let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
    let is_inside = |(line, column): &(u32, u32)| {
        let length = lines.get(*line as usize - 1);
        length.is_some_and(|length| (1..=length + 1).contains(&(*column as usize)))
    };
    prop_assert!(!problems.is_empty() && problems.iter().all(Diagnostic::is_problem), "{}", listed(problems));
    prop_assert!(places.is_sorted() && places.iter().all(is_inside), "{}\n{}", listed(problems), document);
    let is_told = |problem: &Diagnostic| !problem.message.is_empty() && !problem.help.is_empty();
    prop_assert!(problems.iter().all(is_told), "{}", listed(problems));
    // What the engine says when it refuses a document and finds nothing wrong with it.
    let is_at_a_loss = |problem: &Diagnostic| problem.message == "the document cannot be read";
    prop_assert!(!problems.iter().any(is_at_a_loss), "refused for nothing: {}", document);
    Ok(())
}

/// A policy whose one rule protects the repositories, or the tags, that a pattern matches.
fn policy_of(side: &str, pattern: &str) -> Result<Policy, Value> {
    let mut pair = json!({ "repositories": { "matches": "**" }, "tags": { "matches": "**" } });
    pair[side] = json!({ "matches": pattern });
    let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [pair] }] });
    Policy::compile(document.to_string()).map_err(|_| document)
}

/// Whether the policy protects a repository, or a tag; none where its name is not legal.
fn protects(policy: &Policy, side: &str, subject: &str) -> Option<bool> {
    let (repository, tag) = if side == "tags" { ("a", subject) } else { (subject, "a") };
    let event = json!({ "delete-tag": { "repository": repository, "tag": tag } });
    let answer = answer::read(&policy.evaluate_json(&event.to_string())).unwrap();
    match answer["code"].as_str().unwrap() {
        "malformed" => None,
        "immutable" => Some(true),
        "unprotected" => Some(false),
        code => panic!("`{code}` for {event}"),
    }
}

fn either_side() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("repositories"), 1 => Just("tags")]
}

proptest! {
    #![proptest_config(tries(6_000))]

    #[test]
    fn patterns_are_refused_and_match_as_by_the_reference(
        side in either_side(),
        pattern in pattern::scribble(),
        subjects in prop::collection::vec(pattern::subject(), 8),
    ) {
        let class = side == "tags" && pattern.contains('@');
        let expected = glob::read(&pattern).ok().filter(|_| !class);
        let policy = policy_of(side, &pattern).ok();
        prop_assert_eq!(policy.is_some(), expected.is_some(), "whether `{}` is legal for {}", pattern, side);
        for (policy, pieces) in policy.iter().zip(&expected) {
            for subject in &subjects {
                let verdict = protects(policy, side, subject);
                let expected = verdict.map(|_| glob::matches(pieces, subject));
                prop_assert_eq!(verdict, expected, "whether `{}` matches `{}` of {}", pattern, subject, side);
            }
        }
    }
}

/// The comparison is worth something only while the generated cases reach every answer.
#[test]
fn the_generated_cases_reach_every_answer() {
    const CASES: u32 = 3_000;
    let mut runner = TestRunner::new(tries(CASES));
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..CASES {
        let document = document::document().new_tree(&mut runner).unwrap().current().to_string();
        let event = event::event().new_tree(&mut runner).unwrap().current();
        let answer = Reference::new(&document).unwrap().decide(&event::text(&event));
        *codes.entry(answer["code"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for code in [
        "unprotected",
        "first-push",
        "same-digest",
        "exempt",
        "deletion-allowed",
        "immutable",
        "state-unknown",
        "malformed",
    ] {
        let count = codes.get(code).copied().unwrap_or_default();
        assert!(count >= CASES / 150, "{code} came {count} times: {codes:?}");
    }
    println!("{codes:?}");
}
