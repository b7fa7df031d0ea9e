//! Rules that hold for every answer, whatever is expected of it. Each function returns the violations.

use serde_json::Value;

/// The greatest length of a decision's message, in characters.
const MAX_MESSAGE_LENGTH: usize = 600;

/// The greatest number of diagnostics, before the one that counts the rest.
const MAX_DIAGNOSTICS: usize = 1_000;

/// The codes of refusals that have problems.
const CODES_WITH_PROBLEMS: [&str; 3] = ["invalid", "invalid-document", "not-expressible"];

/// The codes of refusals that may name a rule.
pub(crate) const CODES_WITH_RULE: [&str; 3] = ["conflict", "not-found", "namespace-fixed"];

/// Checks that the message of a decision is one line of printable ASCII.
pub(crate) fn line(pointer: &str, message: &str) -> Vec<String> {
    if message.len() <= MAX_MESSAGE_LENGTH && message.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Vec::new();
    }
    vec![format!("{pointer}: expected one line of printable ASCII, at most {MAX_MESSAGE_LENGTH} characters")]
}

/// Checks that diagnostics have one severity, a message and help each, and the order of their places.
pub(crate) fn diagnostics(pointer: &str, severity: &str, diagnostics: &Value) -> Vec<String> {
    let diagnostics = diagnostics.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_complete = |diagnostic: &Value| {
        text(diagnostic, "severity") == severity
            && !text(diagnostic, "message").is_empty()
            && !text(diagnostic, "help").is_empty()
    };
    let mut violations = Vec::new();
    if !diagnostics.iter().all(is_complete) {
        violations.push(format!("{pointer}: expected a {severity} each, with a message and help"));
    }
    // The diagnostic that counts the rest is the last one, though its place is the beginning of the text.
    if !diagnostics.iter().take(MAX_DIAGNOSTICS).map(place).is_sorted() {
        violations.push(format!("{pointer}: expected the order of their places"));
    }
    violations
}

/// Checks that a refusal has one of these codes, a message of one line, a rule only where the code is about one, and problems
/// exactly where a text is invalid.
pub(crate) fn refusal(answer: &Value, codes: &[&str]) -> Vec<String> {
    let refused = answer.get("refused").unwrap_or(&Value::Null);
    let (code, message) = (text(refused, "code"), text(refused, "message"));
    let problems = refused.get("diagnostics").unwrap_or(&Value::Null);
    let mut violations = diagnostics("/refused/diagnostics", "problem", problems);
    if !codes.contains(&code) {
        violations.push(format!("/refused/code: expected one of {}", codes.join(", ")));
    }
    if message.is_empty() || message.chars().any(char::is_control) {
        violations.push("/refused/message: expected one line".to_owned());
    }
    if refused.get("rule").is_some_and(Value::is_u64) && !CODES_WITH_RULE.contains(&code) {
        violations.push(format!("/refused/rule: expected only with {}", CODES_WITH_RULE.join(", ")));
    }
    let has_problems = problems.as_array().is_some_and(|problems| !problems.is_empty());
    // A conflict of a merge says which of its rules are in the way.
    if has_problems != CODES_WITH_PROBLEMS.contains(&code) && code != "conflict" {
        violations.push("/refused/diagnostics: expected some where a text is invalid, and none elsewhere".to_owned());
    }
    violations
}

/// Returns a text of an object, or an empty text if it has no such text.
fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the line and the column of a diagnostic.
fn place(diagnostic: &Value) -> (Option<u64>, Option<u64>) {
    let number = |field| diagnostic.get(field).and_then(Value::as_u64);
    (number("line"), number("column"))
}
