//! What has to hold of an answer, whatever was expected: what is told where it does not.

use serde_json::Value;

/// Most characters of a decision's message.
const MESSAGE: usize = 600;

/// Most diagnostics that are told one by one.
const DIAGNOSTICS: usize = 1_000;

/// The codes of refusals that have problems.
const UNCHECKED: [&str; 3] = ["invalid", "invalid-document", "not-expressible"];

/// The codes of refusals that may name a rule.
pub(crate) const RULED: [&str; 3] = ["conflict", "not-found", "namespace-fixed"];

/// A message of a decision is one line of printable ASCII.
pub(crate) fn line(pointer: &str, message: &str) -> Vec<String> {
    if message.len() <= MESSAGE && message.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Vec::new();
    }
    vec![format!("{pointer}: expected one line of printable ASCII, at most {MESSAGE} characters")]
}

/// Diagnostics are all of one severity, say what and what to do, and come in the order of their places.
pub(crate) fn diagnostics(pointer: &str, severity: &str, diagnostics: &Value) -> Vec<String> {
    let diagnostics = diagnostics.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_whole = |diagnostic: &Value| {
        text(diagnostic, "severity") == severity
            && !text(diagnostic, "message").is_empty()
            && !text(diagnostic, "mend").is_empty()
    };
    let mut faults = Vec::new();
    if !diagnostics.iter().all(is_whole) {
        faults.push(format!("{pointer}: expected a {severity} each, with a message and a mend"));
    }
    // The one that counts those that are not told stands behind them, at the beginning of the text.
    if !diagnostics.iter().take(DIAGNOSTICS).map(place).is_sorted() {
        faults.push(format!("{pointer}: expected the order of their places"));
    }
    faults
}

/// A refusal has one of these codes, a message of one line, a rule if one is in the way or meant, and problems where a text
/// does not check.
pub(crate) fn refusal(answer: &Value, codes: &[&str]) -> Vec<String> {
    let refused = answer.get("refused").unwrap_or(&Value::Null);
    let (code, message) = (text(refused, "code"), text(refused, "message"));
    let problems = refused.get("diagnostics").unwrap_or(&Value::Null);
    let mut faults = diagnostics("/refused/diagnostics", "problem", problems);
    if !codes.contains(&code) {
        faults.push(format!("/refused/code: expected one of {}", codes.join(", ")));
    }
    if message.is_empty() || message.chars().any(char::is_control) {
        faults.push("/refused/message: expected one line".to_owned());
    }
    if refused.get("rule").is_some_and(Value::is_u64) && !RULED.contains(&code) {
        faults.push(format!("/refused/rule: expected none but with {}", RULED.join(", ")));
    }
    let has_problems = problems.as_array().is_some_and(|problems| !problems.is_empty());
    if has_problems != UNCHECKED.contains(&code) {
        faults.push("/refused/diagnostics: expected some where a text does not check, and none elsewhere".to_owned());
    }
    faults
}

/// A text of an object, empty where it is not there.
fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The line and the column of a diagnostic.
fn place(diagnostic: &Value) -> (Option<u64>, Option<u64>) {
    let number = |field| diagnostic.get(field).and_then(Value::as_u64);
    (number("line"), number("column"))
}
