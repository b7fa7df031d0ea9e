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
use serde_json::{Map, Value, json};

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

/// What is expected: an answer under its name, or a refusal.
fn expected(name: &str, answer: Option<Recipe>, refused: Option<Recipe>) -> Result<Recipe, String> {
    let (name, expected) = match (answer, refused) {
        (Some(answer), None) => (name, answer),
        (None, Some(refused)) => ("refused", refused),
        _ => return Err(format!("both or neither of `{name}` and `refused`; write one of them")),
    };
    Recipe::new(Map::from_iter([(name.to_owned(), expected.into_value())]).into())
}

/// A refusal, as the answer to a question.
fn refused(refusal: &Refusal) -> String {
    json(&json!({ "refused": RefusalText::from(refusal) }))
}
