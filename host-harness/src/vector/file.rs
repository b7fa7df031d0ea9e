//! Files of vectors, those that are built in and those of a folder.

use super::{Vector, kind};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The vectors that were built together with this library: names of files, and their texts.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/vectors.rs"));

/// What lies among the vectors and is none.
const SCHEMA: &str = "schema.json";

/// A file of vectors.
#[derive(Debug)]
pub struct File {
    name: String,
    about: String,
    vectors: Vec<Vector>,
}

/// Why vectors can't be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file or a folder can't be read.
    #[error("`{}` can't be read: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// A folder or a file without a single vector.
    #[error("there are no vectors in `{}`; name a folder with `.json` files of them", .0.display())]
    Empty(PathBuf),
    /// A file that is not of the vectors' form.
    #[error("`{file}` ({place}): {what}")]
    Malformed {
        /// The file.
        file: String,
        /// Where in it: line and column, or a JSON pointer.
        place: String,
        /// What is wrong, and the mend.
        what: String,
    },
}

impl FileError {
    pub(super) fn malformed(file: &str, place: impl Into<String>, what: String) -> Self {
        Self::Malformed { file: file.to_owned(), place: place.into(), what }
    }

    pub(super) fn json(file: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what).to_owned();
        Self::malformed(file, format!("{}:{}", error.line(), error.column()), what)
    }
}

impl File {
    /// Reads a file of vectors.
    ///
    /// # Errors
    ///
    /// - what is no JSON, or has a field that vectors don't have, twice, or not at all
    /// - `"kind": "guess"`: there is no such kind
    /// - two vectors of the same name: which of them failed could not be told
    pub fn new(name: &str, text: &str) -> Result<Self, FileError> {
        let (about, vectors) = kind::read(name, text)?;
        let mut names = BTreeSet::new();
        for (index, vector) in vectors.iter().enumerate() {
            if !names.insert(vector.name()) {
                let what = format!("the name `{}` is given twice; write another sentence", vector.name());
                return Err(FileError::malformed(name, format!("/vectors/{index}/name"), what));
            }
        }
        Ok(Self { name: name.to_owned(), about, vectors })
    }

    /// The name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its vectors are about.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The vectors, in their order.
    pub fn vectors(&self) -> &[Vector] {
        &self.vectors
    }
}

/// The vectors that were built together with this library.
///
/// # Errors
///
/// One of the files is not of the vectors' form.
pub fn embedded() -> Result<Vec<File>, FileError> {
    EMBEDDED.iter().map(|(name, text)| File::new(name, text)).collect()
}

/// The vectors of one file, or those of a folder in the order of the files' names: of all its `.json` files but the
/// schema.
///
/// # Errors
///
/// - a folder or a file that can't be read, or one without vectors
/// - a file that [`File::new`] refuses
pub fn read(path: &Path) -> Result<Vec<File>, FileError> {
    let paths = if path.is_file() { vec![path.to_owned()] } else { paths(path)? };
    let files = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).map_err(|error| FileError::Io(path, error))?;
        File::new(&name, &text)
    });
    let files = files.collect::<Result<Vec<_>, _>>()?;
    if files.iter().all(|file| file.vectors.is_empty()) { Err(FileError::Empty(path.to_owned())) } else { Ok(files) }
}

/// The files of vectors in a folder.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let unreadable = |error| FileError::Io(folder.to_owned(), error);
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unreadable)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension() == Some("json".as_ref()) && path.file_name() != Some(SCHEMA.as_ref()));
    paths.sort();
    Ok(paths)
}
