//! What is given to a component as text: a document or an event.

use super::recipe::{Recipe, Text};
use serde_json::Value;

/// A value, spelled by whoever runs the vector, or the text itself.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    Value(Recipe),
    Text(Text),
}

impl Written {
    /// Of two fields, of which one has to be there: `names` are those of the value and of the text.
    pub(crate) fn new(value: Option<Recipe>, text: Option<Text>, names: [&str; 2]) -> Result<Self, String> {
        let [field, other] = names;
        match (value, text) {
            (Some(value), None) => Ok(Self::Value(value)),
            (None, Some(text)) => Ok(Self::Text(text)),
            (Some(_), Some(_)) => Err(format!("both `{field}` and `{other}`; write one of them")),
            (None, None) => Err(format!("neither `{field}` nor `{other}`; write one of them")),
        }
    }

    /// The document of a vector: its own, as a value or a text, or that of its file.
    pub(crate) fn document(
        value: Option<Recipe>,
        text: Option<Text>,
        of_file: Option<&Recipe>,
    ) -> Result<Self, String> {
        let value = value.or_else(|| of_file.filter(|_| text.is_none()).cloned());
        Self::new(value, text, ["document", "document-text"])
    }

    /// Whether whoever runs the vector spells it.
    pub(crate) fn is_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// The text that a component is given.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Value(value) => value.json(),
            Self::Text(text) => text.text(),
        }
    }

    /// As the vector writes it.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Text(text) => format!("the text {text}"),
        }
    }

    /// How many bytes it stands for, roughly.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Value(value) => value.size(),
            Self::Text(text) => text.size(),
        }
    }
}

/// Checks that a refusal whose places are expected is one of a text: of the document, or of what is asked of it.
pub(crate) fn check_places(expected: &Recipe, document: &Written, asked: &Written) -> Result<(), String> {
    let expected = expected.value();
    let (placed, field) = match expected.pointer("/refused/code").and_then(Value::as_str) {
        Some("invalid") => (asked, "text"),
        Some("invalid-document") => (document, "document-text"),
        _ => return Ok(()),
    };
    if placed.is_value() && has_place(&expected) {
        return Err(format!("where things stand depends on how it is spelled; write it as `{field}`"));
    }
    Ok(())
}

/// Whether a line or a column is expected of any diagnostic, which only a text has.
pub(crate) fn has_place(expected: &Value) -> bool {
    match expected {
        Value::Array(elements) => elements.iter().any(has_place),
        Value::Object(fields) => {
            fields.contains_key("line") || fields.contains_key("column") || fields.values().any(has_place)
        }
        _ => false,
    }
}
