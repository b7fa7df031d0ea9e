//! Conversions: imports and exports.

use crate::difference::differences;
use crate::input_text::{InputText, has_place};
use crate::template::{Template, Text};
use serde_json::{Map, Value, json};
use tagseal::contract::{Converted, Refusal};
use tagseal::json::RefusalText;

/// A text that is converted into another.
pub(super) struct Conversion {
    pub(super) format: String,
    pub(super) input: InputText,
    pub(super) options: InputText,
    /// Whether the result is converted back.
    pub(super) has_back: bool,
    /// The fields that must be exactly as expected, with nothing more in them.
    exact: Map<String, Value>,
}

/// The fields of an answer that must be exactly as expected.
const EXACT_FIELDS: [&str; 3] = ["document", "rules", "back"];

impl Conversion {
    /// Makes a conversion with options, as a value or a text. At most one of them may be given.
    pub(super) fn new(
        format: String,
        input: InputText,
        (options, text): (Option<Template>, Option<Text>),
        expected: &Template,
    ) -> Result<Self, String> {
        let none = Template::new(json!({}))?;
        let options = options.or_else(|| Some(none).filter(|_| text.is_none()));
        let options = InputText::new(options, text, ["options", "options-text"])?;
        let expected = expected.value();
        if input.is_value() && options.is_value() && has_place(&expected) {
            return Err("lines and columns depend on how they are written; write them as a text".into());
        }
        let answer = expected.get("imported").or_else(|| expected.get("exported"));
        let exact: Map<_, _> = EXACT_FIELDS
            .into_iter()
            .filter_map(|field| Some((field.to_owned(), answer?.get(field)?.clone())))
            .collect();
        Ok(Self { format, input, options, has_back: exact.contains_key("back"), exact })
    }

    /// Describes the question as the vector writes it.
    pub(super) fn describe(&self, field: &str) -> String {
        format!("format {}\noptions {}\n{field} {}", self.format, self.options.describe(), self.input.describe())
    }

    /// Returns roughly how many bytes of texts it has.
    pub(super) fn size(&self) -> u64 {
        self.input.size().saturating_add(self.options.size())
    }

    /// Returns the fields of an answer that have more than what is expected, though they have all of that.
    pub(super) fn more_than_expected(&self, name: &str, answer: &Value) -> Vec<String> {
        // A field in which something is missing is reported already.
        let is_more = |(field, expected): &(&String, &Value)| {
            answer.get(*field).is_some_and(|found| found != *expected && differences(expected, found).is_empty())
        };
        let report =
            |(field, expected): (&String, &Value)| format!("/{name}/{field}: expected {expected}, and nothing more");
        self.exact.iter().filter(is_more).map(report).collect()
    }
}

/// Returns the result of the conversion back, as a value.
pub(super) fn parsed(converted: Result<Converted, Refusal>) -> Value {
    match converted {
        Ok(converted) => serde_json::from_str(&converted.text).unwrap_or_default(),
        Err(refusal) => json!({ "refused": RefusalText::from(&refusal) }),
    }
}
