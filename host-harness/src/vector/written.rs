//! What is given to a component as text: a document or an event.

use super::recipe::{Recipe, Text};

/// A value, spelled by whoever runs the vector, or the text itself.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    Value(Recipe),
    Text(Text),
}

impl Written {
    /// Of two fields, of which one has to be there.
    pub(crate) fn new(value: Option<Recipe>, text: Option<Text>, field: &str) -> Result<Self, String> {
        match (value, text) {
            (Some(value), None) => Ok(Self::Value(value)),
            (None, Some(text)) => Ok(Self::Text(text)),
            (Some(_), Some(_)) => Err(format!("both `{field}` and `text`; write one of them")),
            (None, None) => Err(format!("neither `{field}` nor `text`; write one of them")),
        }
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
