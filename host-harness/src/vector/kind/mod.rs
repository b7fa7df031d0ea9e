//! The kinds of vectors, one file each. A new kind is a file here, a line in `KINDS`, a part of the schema and a section of
//! the README; one that asks another function of the contract adds that to [`Subject`](super::Subject) too.

mod change;
mod compile;
mod conversion;
mod decide;
mod explain;
mod export;
mod import;
mod list;
mod pattern;

use super::recipe::Recipe;
use super::subject::{Subject, Way};
use super::{FileError, Vector};
use crate::contract::Refusal;
use crate::failure::Failure;
use crate::in_json::{RefusalText, json};
use change::Change;
use compile::Compile;
use decide::Decide;
use explain::Explain;
use export::Export;
use import::Import;
use list::List;
use pattern::Match;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

/// What a vector asks.
pub(crate) trait Question: Send + Sync {
    /// Asks a subject: its answer in JSON.
    fn ask(&self, subject: &dyn Subject) -> Result<String, Failure>;

    /// The ways in which a component can be asked: in JSON alone, if nothing else is said.
    fn ways(&self) -> &'static [Way] {
        &[Way::Json]
    }

    /// What is asked, as the vector writes it.
    fn told(&self) -> String;

    /// How many bytes of documents and events there are, roughly.
    fn size(&self) -> u64;

    /// What is wrong with an answer, whatever was expected.
    fn unlawful(&self, _answer: &Value) -> Vec<String> {
        Vec::new()
    }
}

/// How vectors of a kind are written.
trait Kind: DeserializeOwned {
    /// The vector's sentence.
    fn name(&self) -> &str;

    /// The question, and what is expected: in a file that gives its vectors this document.
    fn question(self, document: Option<&Recipe>) -> Result<(Box<dyn Question>, Recipe), String>;
}

type Read = fn(&str, &str) -> Result<(String, Vec<Vector>), FileError>;

const KINDS: [(&str, Read); 8] = [
    ("change", vectors::<Change>),
    ("compile", vectors::<Compile>),
    ("decide", vectors::<Decide>),
    ("explain", vectors::<Explain>),
    ("export", vectors::<Export>),
    ("import", vectors::<Import>),
    ("list", vectors::<List>),
    ("match", vectors::<Match>),
];

/// Reads a file: what it is about, and its vectors.
pub(crate) fn read(name: &str, text: &str) -> Result<(String, Vec<Vector>), FileError> {
    #[derive(Deserialize)]
    struct Head {
        kind: String,
    }
    let Head { kind } = serde_json::from_str(text).map_err(|error| FileError::json(name, &error))?;
    let Some((_, read)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let known: Vec<_> = KINDS.iter().map(|(known, _)| format!("`{known}`")).collect();
        return Err(FileError::malformed(
            name,
            "/kind",
            format!("unknown kind `{kind}`; write one of {}", known.join(", ")),
        ));
    };
    read(name, text)
}

/// A file of one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<K> {
    #[serde(default, rename = "$schema")]
    _schema: Option<IgnoredAny>,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    about: String,
    #[serde(default)]
    document: Option<Recipe>,
    vectors: Vec<K>,
}

fn vectors<K: Kind>(file: &str, text: &str) -> Result<(String, Vec<Vector>), FileError> {
    let Written { about, document, vectors, .. } =
        serde_json::from_str::<Written<K>>(text).map_err(|error| FileError::json(file, &error))?;
    let vectors = vectors.into_iter().enumerate().map(|(index, vector)| {
        let name = vector.name().to_owned();
        let read = vector.question(document.as_ref());
        let (question, expected) =
            read.map_err(|what| FileError::malformed(file, format!("/vectors/{index}"), what))?;
        Ok(Vector { name, question, expected })
    });
    Ok((about, vectors.collect::<Result<_, FileError>>()?))
}

/// What is expected, under its name: one of two answers.
fn expected(fields: [(&str, Option<Recipe>); 2]) -> Result<Recipe, String> {
    if fields.iter().filter(|(_, answer)| answer.is_some()).count() == 1 {
        return given(fields.map(|(name, answer)| (name, answer.map(Recipe::into_value))));
    }
    let [(one, _), (other, _)] = fields;
    Err(format!("both or neither of `{one}` and `{other}`; write one of them"))
}

/// An object of those fields that are given.
fn given<const COUNT: usize>(fields: [(&str, Option<Value>); COUNT]) -> Result<Recipe, String> {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Recipe::new(Value::Object(given.collect()))
}

/// Checks that a file gives no document to vectors that have no use for one.
fn check_unused(document: Option<&Recipe>) -> Result<(), String> {
    match document {
        None => Ok(()),
        Some(_) => Err("the file has a `document` that none of its vectors uses; leave it out".into()),
    }
}

/// A refusal, as the answer to a question.
fn refused(refusal: &Refusal) -> String {
    json(&json!({ "refused": RefusalText::from(refusal) }))
}
