//! The kinds of vectors, one file each.
//!
//! A new kind is a file here, a line in `KINDS`, a part of the schema and a section of the README. A kind that asks another
//! function of the contract adds that to [`Subject`](super::Subject) too.

mod change;
mod compile;
mod conversion;
mod decide;
mod explain;
mod export;
mod form;
mod import;
mod list;
mod pattern;

use crate::file_error::FileError;
use crate::template::Template;
use crate::vector::Vector;
use change::Change;
use compile::Compile;
use decide::Decide;
use explain::Explain;
use export::Export;
use form::Kind;
use import::Import;
use list::List;
use pattern::Match;
use serde::Deserialize;
use serde::de::IgnoredAny;

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

/// Parses a file. Returns its subject, and its vectors.
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
struct VectorFile<K> {
    #[serde(default, rename = "$schema")]
    _schema: Option<IgnoredAny>,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    about: String,
    #[serde(default)]
    document: Option<Template>,
    vectors: Vec<K>,
}

fn vectors<K: Kind>(file: &str, text: &str) -> Result<(String, Vec<Vector>), FileError> {
    let VectorFile { about, document, vectors, .. } =
        serde_json::from_str::<VectorFile<K>>(text).map_err(|error| FileError::json(file, &error))?;
    let vectors = vectors.into_iter().enumerate().map(|(index, vector)| {
        let name = vector.name().to_owned();
        let read = vector.question(document.as_ref());
        let (question, expected) =
            read.map_err(|what| FileError::malformed(file, format!("/vectors/{index}"), what))?;
        Ok(Vector::new(name, question, expected))
    });
    Ok((about, vectors.collect::<Result<_, FileError>>()?))
}
