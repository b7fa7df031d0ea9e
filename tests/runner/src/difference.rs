//! The differences between an answer and the expected one.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// An answer that is not the expected one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The question, as the vector writes it.
    pub question: String,
    /// The expected answer, as the vector writes it. An answer may have more fields.
    pub expected: String,
    /// The answer that came.
    pub answer: String,
    /// The places where they differ.
    pub differences: Vec<String>,
}

/// The number of characters of an answer that are shown.
const MAX_SHOWN_LENGTH: usize = 2_000;
/// The number of differences that are shown.
const MAX_SHOWN_DIFFERENCES: usize = 20;

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { question, expected, answer, differences } = self;
        for (label, text) in [("question", question), ("expected", expected), ("answer", answer)] {
            writeln!(formatter, "{label:>8}: {}", cut(text).replace('\n', "\n          "))?;
        }
        differences
            .iter()
            .take(MAX_SHOWN_DIFFERENCES)
            .try_for_each(|difference| writeln!(formatter, "          {}", cut(difference)))?;
        match differences.len().saturating_sub(MAX_SHOWN_DIFFERENCES) {
            0 => Ok(()),
            more => writeln!(formatter, "          and {more} more differences"),
        }
    }
}

impl std::error::Error for Mismatch {}

fn cut(text: &str) -> String {
    let (end, _) = text.char_indices().nth(MAX_SHOWN_LENGTH).unwrap_or((text.len(), ' '));
    match text.split_at_checked(end) {
        Some((shown, rest)) if !rest.is_empty() => format!("{shown}… and {} bytes more", rest.len()),
        _ => text.to_owned(),
    }
}

/// Returns the places where an answer is not the expected one. It may have more fields than expected, but not more elements.
pub(crate) fn differences(expected: &Value, answer: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare(expected, Some(answer), "", &mut differences);
    differences
}

fn compare(expected: &Value, answer: Option<&Value>, pointer: &str, differences: &mut Vec<String>) {
    let at = if pointer.is_empty() { "the answer" } else { pointer };
    match (expected, answer) {
        (_, None) => differences.push(format!("{at}: expected {expected}, but it is missing")),
        (Value::Object(fields), Some(Value::Object(found))) => {
            for (key, field) in fields {
                compare(field, found.get(key), &format!("{pointer}/{key}"), differences);
            }
        }
        (Value::Array(elements), Some(Value::Array(found))) if elements.len() == found.len() => {
            for (index, (element, found)) in elements.iter().zip(found).enumerate() {
                compare(element, Some(found), &format!("{pointer}/{index}"), differences);
            }
        }
        (Value::Array(elements), Some(Value::Array(found))) => {
            differences.push(format!("{at}: expected {} elements, found {}", elements.len(), found.len()));
        }
        (expected, Some(found)) if expected != found => {
            differences.push(format!("{at}: expected {expected}, found {found}"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::json;

    #[test]
    fn only_what_is_expected_is_compared() {
        let answer = json!({ "code": "immutable", "rule": null, "tags": [{ "tag": "v1", "pair": 0 }] });
        for (expected, differs) in [
            (json!({}), &[][..]),
            (json!({ "code": "immutable" }), &[]),
            (json!({ "rule": null, "tags": [{ "pair": 0 }] }), &[]),
            (json!({ "code": "exempt" }), &["/code: expected \"exempt\", found \"immutable\""]),
            (json!({ "rule": 1 }), &["/rule: expected 1, found null"]),
            (json!({ "pair": null }), &["/pair: expected null, but it is missing"]),
            (json!({ "tags": [] }), &["/tags: expected 0 elements, found 1"]),
            (
                json!({ "tags": [{ "tag": "v2", "pair": 1 }] }),
                &["/tags/0/pair: expected 1, found 0", "/tags/0/tag: expected \"v2\", found \"v1\""],
            ),
            (
                json!([]),
                &[
                    "the answer: expected [], found {\"code\":\"immutable\",\"rule\":null,\"tags\":[{\"pair\":0,\"tag\":\"v1\"}]}",
                ],
            ),
        ] {
            assert_eq!(differences(&expected, &answer), differs, "{expected}");
        }
    }
}
