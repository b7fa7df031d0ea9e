//! The form of a kind of vectors, and how its parts are read.

use crate::question::Question;
use crate::template::Template;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tagseal::contract::Refusal;
use tagseal::json::{RefusalText, to_line};

/// The form of a kind of vectors.
pub(super) trait Kind: DeserializeOwned {
    /// Returns the vector's sentence.
    fn name(&self) -> &str;

    /// Returns the question and the expected answer. `document` is the one that the file gives to all its vectors.
    fn question(self, document: Option<&Template>) -> Result<(Box<dyn Question>, Template), String>;
}

/// Returns the expected answer under its name. Exactly one of the two must be given.
pub(super) fn expected(fields: [(&str, Option<Template>); 2]) -> Result<Template, String> {
    if fields.iter().filter(|(_, answer)| answer.is_some()).count() == 1 {
        return given(fields.map(|(name, answer)| (name, answer.map(Template::into_value))));
    }
    let [(one, _), (other, _)] = fields;
    Err(format!("both or neither of `{one}` and `{other}`; write one of them"))
}

/// Makes an object of the fields that are given.
pub(super) fn given<const COUNT: usize>(fields: [(&str, Option<Value>); COUNT]) -> Result<Template, String> {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Template::new(Value::Object(given.collect()))
}

/// Checks that a file has no document if its kind of vectors does not use one.
pub(super) fn check_unused(document: Option<&Template>) -> Result<(), String> {
    match document {
        None => Ok(()),
        Some(_) => Err("the file has a `document` that its vectors do not use; leave it out".into()),
    }
}

/// Writes a refusal as the answer to a question.
pub(super) fn refused(refusal: &Refusal) -> String {
    to_line(&json!({ "refused": RefusalText::from(refusal) }))
}
