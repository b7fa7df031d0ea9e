//! Where an answer is not what was expected.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// An answer that was not what was expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// What was asked, as the vector writes it.
    pub asked: String,
    /// What was expected, as the vector writes it: an answer may hold more than that.
    pub expected: String,
    /// What came.
    pub came: String,
    /// Where they differ.
    pub differences: Vec<String>,
}

/// Most characters of an answer that are shown, and most differences.
const SHOWN: usize = 2_000;
const NAMED: usize = 20;

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, expected, came, differences } = self;
        for (label, text) in [("asked", asked), ("expected", expected), ("came", came)] {
            writeln!(formatter, "{label:>8}: {}", cut(text).replace('\n', "\n          "))?;
        }
        differences
            .iter()
            .take(NAMED)
            .try_for_each(|difference| writeln!(formatter, "          {}", cut(difference)))?;
        match differences.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => writeln!(formatter, "          and {more} more differences"),
        }
    }
}

impl std::error::Error for Mismatch {}

fn cut(text: &str) -> String {
    let (end, _) = text.char_indices().nth(SHOWN).unwrap_or((text.len(), ' '));
    match text.split_at_checked(end) {
        Some((shown, rest)) if !rest.is_empty() => format!("{shown}… and {} bytes more", rest.len()),
        _ => text.to_owned(),
    }
}

/// Where a value is not what was expected. It may have more fields than those that are expected, and no more elements.
pub(crate) fn differences(expected: &Value, came: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare(expected, Some(came), "", &mut differences);
    differences
}

fn compare(expected: &Value, came: Option<&Value>, pointer: &str, differences: &mut Vec<String>) {
    let at = if pointer.is_empty() { "the answer" } else { pointer };
    match (expected, came) {
        (_, None) => differences.push(format!("{at}: expected {expected}, and it is missing")),
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
            differences.push(format!("{at}: expected {} elements, came {}", elements.len(), found.len()));
        }
        (expected, Some(came)) if expected != came => {
            differences.push(format!("{at}: expected {expected}, came {came}"));
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
        let came = json!({ "code": "immutable", "rule": null, "tags": [{ "tag": "v1", "pair": 0 }] });
        for (expected, differs) in [
            (json!({}), &[][..]),
            (json!({ "code": "immutable" }), &[]),
            (json!({ "rule": null, "tags": [{ "pair": 0 }] }), &[]),
            (json!({ "code": "exempt" }), &["/code: expected \"exempt\", came \"immutable\""]),
            (json!({ "rule": 1 }), &["/rule: expected 1, came null"]),
            (json!({ "pair": null }), &["/pair: expected null, and it is missing"]),
            (json!({ "tags": [] }), &["/tags: expected 0 elements, came 1"]),
            (
                json!({ "tags": [{ "tag": "v2", "pair": 1 }] }),
                &["/tags/0/pair: expected 1, came 0", "/tags/0/tag: expected \"v2\", came \"v1\""],
            ),
            (
                json!([]),
                &[
                    "the answer: expected [], came {\"code\":\"immutable\",\"rule\":null,\"tags\":[{\"pair\":0,\"tag\":\"v1\"}]}",
                ],
            ),
        ] {
            assert_eq!(differences(&expected, &came), differs, "{expected}");
        }
    }
}
