//! Any text as an event, for two policies, of which one has a rule more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tagseal_engine::Policy;

/// The greatest length of a message.
const MAX_MESSAGE_BYTES: usize = 600;

thread_local! {
    static POLICY: Policy = policy("");
    static STRICTER: Policy = policy(r#", {"id": 5, "namespace": "*", "preset": "latest"}"#);
}

fn policy(rule: &str) -> Policy {
    let document = format!(
        r#"{{"version": 1, "rules": [
            {{"id": 1, "namespace": "prod", "preset": "latest"}},
            {{"id": 2, "namespace": "team-a", "exempt": ["signatures", "referrers"], "protects": [
                {{"repositories": {{"matches": "web/**"}}, "tags": {{"matches": ["@release", "v*"]}}}}]}},
            {{"id": 3, "namespace": "team-b", "deletion": "allow", "preset": "latest"}},
            {{"id": 4, "namespace": "team-c", "enabled": false, "preset": "latest"}}{rule}]}}"#
    );
    Policy::compile(document).expect("the policy is valid")
}

fuzz_target!(|text: &str| {
    let answer = POLICY.with(|policy| policy.evaluate_json(text));
    assert_eq!(answer, POLICY.with(|policy| policy.evaluate_json(text)), "the same event has two answers");
    let decision = read(&answer);
    let stricter = read(&STRICTER.with(|policy| policy.evaluate_json(text)));
    assert_eq!(is_malformed(&decision), is_malformed(&stricter), "what is malformed depends on the policy");
    if decision["outcome"] == "deny" {
        assert_eq!(stricter["outcome"], "deny", "a rule more allows what was denied: {decision}");
    }
});

/// Reads a decision, and asserts what is true of every one.
fn read(answer: &str) -> Value {
    let decision: Value = serde_json::from_str(answer).expect("a decision is JSON");
    let message = decision["message"].as_str().expect("a decision has a message");
    assert!(message.is_ascii() && message.len() <= MAX_MESSAGE_BYTES, "{decision}");
    assert!(decision["outcome"] == "allow" || decision["outcome"] == "deny", "{decision}");
    if is_malformed(&decision) {
        assert!(decision["outcome"] == "deny" && decision["tags"] == serde_json::json!([]), "{decision}");
    }
    // All tags are allowed, or none is: a push of several sets all or none.
    let tags = decision["tags"].as_array().expect("a decision has tags");
    let denied = tags.iter().any(|tag| tag["outcome"] == "deny");
    assert!(!denied || decision["outcome"] == "deny", "{decision}");
    decision
}

fn is_malformed(decision: &Value) -> bool {
    decision["code"] == "malformed"
}
