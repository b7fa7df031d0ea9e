//! Why vectors can't be read.

use std::io;
use std::path::PathBuf;

/// Why vectors can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file or a folder can't be read.
    #[error("`{}` can't be read: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// A folder or a file without a single vector.
    #[error("there are no vectors in `{}`; name a folder with `.json` files of them", .0.display())]
    Empty(PathBuf),
    /// A file that does not have the form of vectors.
    #[error("`{file}` ({place}): {what}")]
    Malformed {
        /// The file.
        file: String,
        /// The place in it: line and column, or a JSON pointer.
        place: String,
        /// What is wrong, and what to do.
        what: String,
    },
}

impl FileError {
    pub(crate) fn malformed(file: &str, place: impl Into<String>, what: String) -> Self {
        Self::Malformed { file: file.to_owned(), place: place.into(), what }
    }

    pub(crate) fn json(file: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what).to_owned();
        Self::malformed(file, format!("{}:{}", error.line(), error.column()), what)
    }
}
