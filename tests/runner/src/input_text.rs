//! Input for a component as text: a document, an event, a change, and so on.

use crate::template::{Template, Text};
use serde_json::Value;

/// A value, which the runner writes as text, or the text itself.
#[derive(Clone, Debug)]
pub(crate) enum InputText {
    Value(Template),
    Text(Text),
}

impl InputText {
    /// Makes an input of two fields, of which exactly one must be given. `names` are those of the value and of the text.
    pub(crate) fn new(value: Option<Template>, text: Option<Text>, names: [&str; 2]) -> Result<Self, String> {
        let [field, other] = names;
        match (value, text) {
            (Some(value), None) => Ok(Self::Value(value)),
            (None, Some(text)) => Ok(Self::Text(text)),
            (Some(_), Some(_)) => Err(format!("both `{field}` and `{other}`; write one of them")),
            (None, None) => Err(format!("neither `{field}` nor `{other}`; write one of them")),
        }
    }

    /// Makes the document of a vector: its own, as a value or a text, or that of its file.
    pub(crate) fn document(
        value: Option<Template>,
        text: Option<Text>,
        of_file: Option<&Template>,
    ) -> Result<Self, String> {
        let value = value.or_else(|| of_file.filter(|_| text.is_none()).cloned());
        Self::new(value, text, ["document", "document-text"])
    }

    /// Returns whether the runner writes the text.
    pub(crate) fn is_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// Returns the text for a component.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Value(value) => value.json(),
            Self::Text(text) => text.text(),
        }
    }

    /// Describes it as the vector writes it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Text(text) => format!("the text {text}"),
        }
    }

    /// Returns roughly how many bytes it stands for.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Value(value) => value.size(),
            Self::Text(text) => text.size(),
        }
    }
}

/// Checks that lines and columns are expected only in a refusal of a text: of the document, or of the question about it.
pub(crate) fn check_places(expected: &Template, document: &InputText, asked: &InputText) -> Result<(), String> {
    let expected = expected.value();
    let (placed, field) = match expected.pointer("/refused/code").and_then(Value::as_str) {
        Some("invalid") => (asked, "text"),
        Some("invalid-document") => (document, "document-text"),
        _ => return Ok(()),
    };
    if placed.is_value() && has_place(&expected) {
        return Err(format!("lines and columns depend on how it is written; write it as `{field}`"));
    }
    Ok(())
}

/// Returns whether a line or a column is expected in any diagnostic. Only a text has them.
pub(crate) fn has_place(expected: &Value) -> bool {
    match expected {
        Value::Array(elements) => elements.iter().any(has_place),
        Value::Object(fields) => {
            fields.contains_key("line") || fields.contains_key("column") || fields.values().any(has_place)
        }
        _ => false,
    }
}
