//! The check that holds for every answer, whatever the question.

use serde_json::Value;

/// Parses an answer in JSON, and checks what is true of all answers.
///
/// # Errors
///
/// The answer is not such an answer, and why.
pub fn read(answer: &str) -> Result<Value, String> {
    let mut decision: Value = serde_json::from_str(answer).map_err(|error| format!("`{answer}`: {error}"))?;
    let fields = decision.as_object_mut().ok_or_else(|| format!("`{answer}` is not an object"))?;
    let Some(Value::String(message)) = fields.remove("message") else {
        return Err(format!("`{answer}` has no message"));
    };
    check_message(fields.get("outcome").and_then(Value::as_str), &message)?;
    Ok(decision)
}

/// Checks that a message is one line of printable ASCII, and that there is no message if all is allowed.
fn check_message(outcome: Option<&str>, message: &str) -> Result<(), String> {
    let printable = message.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let expected = match outcome {
        Some("allow") => message.is_empty(),
        Some("deny") => (1..=600).contains(&message.len()),
        _ => false,
    };
    if printable && expected { Ok(()) } else { Err(format!("{outcome:?} with message `{message}`")) }
}
