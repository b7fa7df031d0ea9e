//! A folder of one test.

use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder of one test, which is removed at its end.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// Creates an empty folder.
    ///
    /// # Panics
    ///
    /// It can't be created.
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "it creates a folder on disk")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file in it, and returns the path of that file.
    ///
    /// # Panics
    ///
    /// The file can't be written.
    #[track_caller]
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        fs::write(&path, contents).unwrap();
        path.into_os_string().into_string().unwrap()
    }
}
