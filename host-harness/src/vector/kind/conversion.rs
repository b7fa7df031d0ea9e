//! What imports and exports have in common.

use crate::contract::{Converted, Refusal};
use crate::in_json::RefusalText;
use crate::vector::difference::differences;
use crate::vector::recipe::{Recipe, Text};
use crate::vector::written::{Written, has_place};
use serde_json::{Map, Value, json};

/// A text that is turned into another.
pub(super) struct Conversion {
    pub(super) format: String,
    pub(super) given: Written,
    pub(super) options: Written,
    /// Whether what comes of it is to be turned back.
    pub(super) has_back: bool,
    /// What is expected to be just so, with nothing more in it: by its field.
    whole: Map<String, Value>,
}

/// The fields of an answer that are expected whole.
const WHOLE: [&str; 3] = ["document", "rules", "back"];

impl Conversion {
    /// A conversion with options, as a value or a text, of which one may be there.
    pub(super) fn new(
        format: String,
        given: Written,
        (options, text): (Option<Recipe>, Option<Text>),
        expected: &Recipe,
    ) -> Result<Self, String> {
        let none = Recipe::new(json!({}))?;
        let options = options.or_else(|| Some(none).filter(|_| text.is_none()));
        let options = Written::new(options, text, ["options", "options-text"])?;
        let expected = expected.value();
        if given.is_value() && options.is_value() && has_place(&expected) {
            return Err("where things stand depends on how they are spelled; write them as a text".into());
        }
        let answer = expected.get("imported").or_else(|| expected.get("exported"));
        let whole: Map<_, _> =
            WHOLE.into_iter().filter_map(|field| Some((field.to_owned(), answer?.get(field)?.clone()))).collect();
        Ok(Self { format, given, options, has_back: whole.contains_key("back"), whole })
    }

    /// What is asked, as the vector writes it.
    pub(super) fn told(&self, field: &str) -> String {
        format!("format {}\noptions {}\n{field} {}", self.format, self.options.told(), self.given.told())
    }

    /// How many bytes of texts there are, roughly.
    pub(super) fn size(&self) -> u64 {
        self.given.size().saturating_add(self.options.size())
    }

    /// Where an answer of this name has something that is not expected, though all of it is.
    pub(super) fn more_than_expected(&self, name: &str, answer: &Value) -> Vec<String> {
        // Where something is missing, that is told already.
        let is_more = |(field, expected): &(&String, &Value)| {
            answer.get(*field).is_some_and(|came| came != *expected && differences(expected, came).is_empty())
        };
        let told =
            |(field, expected): (&String, &Value)| format!("/{name}/{field}: expected {expected}, and nothing more");
        self.whole.iter().filter(is_more).map(told).collect()
    }
}

/// What came of the way back, as a value.
pub(super) fn parsed(converted: Result<Converted, Refusal>) -> Value {
    match converted {
        Ok(converted) => serde_json::from_str(&converted.text).unwrap_or_default(),
        Err(refusal) => json!({ "refused": RefusalText::from(&refusal) }),
    }
}
