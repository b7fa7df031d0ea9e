//! Patterns at their limits: every one of them builds, and none takes long.
#![cfg(test)]

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::time::{Duration, Instant};
use tagseal_engine::Policy;
use tagseal_tests::generate::{extreme, tries};
use tagseal_tests::reference::glob;

/// A policy that protects the repositories that a pattern matches, or those that it does not.
fn policy(selector: &str, pattern: &str) -> Policy {
    let document = json!({ "version": 1, "rules": [{ "id": 1, "namespace": "*", "protects": [
        { "repositories": { selector: pattern }, "tags": { "matches": "**" } },
    ] }] });
    Policy::compile(document.to_string()).unwrap_or_else(|problems| panic!("`{pattern}`: {problems:?}"))
}

/// Whether a repository is protected, and how long it took to find out.
fn protects(policy: &Policy, repository: &str) -> (bool, Duration) {
    let event = json!({ "delete-tag": { "repository": repository, "tag": "a" } }).to_string();
    let start = Instant::now();
    let answer = policy.evaluate_json(&event);
    (answer.contains("\"immutable\""), start.elapsed())
}

/// Names of the longest kind that patterns of these letters find hard to distinguish.
fn subject() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{255}", "[a]{255}", "[ab]{1,9}(/[ab]{1,5}){1,35}", "[ab]{1,4}(/[ab]{1,4}){0,3}"]
}

proptest! {
    #![proptest_config(tries(250))]

    // A pattern that could not be built protects on either side. So does, of one that was built, one side only.
    #[test]
    fn every_legal_pattern_builds_and_matches(
        pattern in extreme::pattern(),
        subjects in prop::collection::vec(subject(), 3),
    ) {
        let pieces = glob::read(&pattern).map_err(TestCaseError::fail)?;
        let (matching, excluding) = (policy("matches", &pattern), policy("excludes", &pattern));
        for subject in subjects {
            let expected = glob::matches(&pieces, &subject);
            prop_assert_eq!(protects(&matching, &subject).0, expected, "matches `{}`: `{}`", pattern, subject);
            prop_assert_eq!(protects(&excluding, &subject).0, !expected, "excludes `{}`: `{}`", pattern, subject);
        }
    }
}

/// Prints how long the slowest takes: `cargo test --release --test extremes -- --ignored --nocapture`.
#[test]
#[ignore = "it measures, and asserts nothing"]
fn how_long_the_slowest_pattern_takes() {
    let mut runner = TestRunner::new(tries(2_000));
    let mut slowest = (Duration::ZERO, Duration::ZERO, String::new());
    for _ in 0..runner.config().cases {
        let pattern = extreme::pattern().new_tree(&mut runner).unwrap().current();
        let subject = subject().new_tree(&mut runner).unwrap().current();
        let policy = policy("matches", &pattern);
        let (first, again) = (protects(&policy, &subject).1, protects(&policy, &subject).1);
        if first > slowest.0 {
            slowest = (first, again, pattern);
        }
    }
    let (first, again, pattern) = slowest;
    println!("first decision {first:?}, again {again:?}: {pattern}");
}
