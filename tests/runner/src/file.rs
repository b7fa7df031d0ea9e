//! Files of vectors: those that are built in, and those of a folder.

use crate::file_error::FileError;
use crate::kind;
use crate::vector::Vector;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The vectors that were built together with this crate: names of files, and their texts.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/vectors.rs"));

/// The file in the folder of vectors that is not a file of vectors.
const SCHEMA: &str = "schema.json";

/// A file of vectors.
#[derive(Debug)]
pub struct File {
    name: String,
    about: String,
    vectors: Vec<Vector>,
}

impl File {
    /// Parses a file of vectors.
    ///
    /// # Errors
    ///
    /// - a text that is not JSON, or has a field that is unknown, or given twice, or missing
    /// - `"kind": "guess"`: an unknown kind
    /// - two vectors with the same name: a report could not say which of them failed
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

    /// Returns the name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the subject of its vectors.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Returns the vectors, in their order.
    pub fn vectors(&self) -> &[Vector] {
        &self.vectors
    }
}

/// Returns the vectors that were built together with this crate.
///
/// # Errors
///
/// One of the files does not have the form of vectors.
pub fn embedded() -> Result<Vec<File>, FileError> {
    EMBEDDED.iter().map(|(name, text)| File::new(name, text)).collect()
}

/// Reads the vectors of one file, or of all `.json` files in a folder except for the schema, in the order of their names.
///
/// # Errors
///
/// - a folder or a file that can't be read, or one without vectors
/// - a file that [`File::new`] refuses
pub fn read(path: &Path) -> Result<Vec<File>, FileError> {
    let paths = if path.is_dir() { paths(path)? } else { vec![path.to_owned()] };
    let files = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).map_err(|error| FileError::Io(path, error))?;
        File::new(&name, &text)
    });
    let files = files.collect::<Result<Vec<_>, _>>()?;
    if files.iter().all(|file| file.vectors.is_empty()) { Err(FileError::Empty(path.to_owned())) } else { Ok(files) }
}

/// Returns the files of vectors in a folder.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let unreadable = |error| FileError::Io(folder.to_owned(), error);
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unreadable)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension() == Some("json".as_ref()) && path.file_name() != Some(SCHEMA.as_ref()));
    paths.sort();
    Ok(paths)
}
