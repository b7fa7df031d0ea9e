//! A policy document in a file: changed by one writer at a time, and replaced whole.

use crate::contract::DOCUMENT_BYTES;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a writer waits for the others. A change takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two tries to get the lock.
const PAUSE: Duration = Duration::from_millis(2);

/// A file that holds a policy document.
///
/// Whoever changes it through this type holds a lock while it reads, changes and writes, so that of two writers neither
/// undoes what the other did. The lock is on a file of its own beside it (`policy.json.lock`), which stays: the document's
/// is another file after each change. A reader needs no lock, since it sees the old document or the new one and nothing
/// between.
#[derive(Clone, Debug)]
pub struct DocumentFile {
    path: PathBuf,
}

/// Why a document could not be read or changed. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentFileError {
    /// It can't be read.
    #[error("could not read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] io::Error),
    /// It can't be written.
    #[error("could not write `{}`: {}", .0.display(), .1)]
    Write(PathBuf, #[source] io::Error),
    /// It is no text.
    #[error("`{}` is not UTF-8 text; save it as UTF-8", .0.display())]
    Text(PathBuf),
    /// It is larger than a document may be.
    #[error("`{}` is larger than {} MiB; give a smaller file", .0.display(), DOCUMENT_BYTES >> 20)]
    TooLarge(PathBuf),
    /// It is there already, and was to be made.
    #[error("`{}` is there already; name another file, or remove it first", .0.display())]
    Exists(PathBuf),
    /// Another writer holds the lock for too long.
    #[error("another writer has held `{}` for {PATIENCE:?}; try again", .0.display())]
    Busy(PathBuf),
    /// Somebody who asks for no lock, an editor for example, wrote it meanwhile.
    #[error("`{}` was written by somebody else meanwhile; try again", .0.display())]
    Overtaken(PathBuf),
}

impl DocumentFile {
    /// The file at a path. Where that is a link, the file that it leads to is meant: the link stays one.
    pub fn at(path: &Path) -> Self {
        Self { path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The document as it is now.
    ///
    /// # Errors
    ///
    /// - a file that is not there or closed to us, a folder
    /// - a file of more than 256 MiB, or one that is not UTF-8
    pub fn read(&self) -> Result<String, DocumentFileError> {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|file| file.take(DOCUMENT_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| DocumentFileError::Read(self.path.clone(), error))?;
        if bytes.len() as u64 > DOCUMENT_BYTES {
            return Err(DocumentFileError::TooLarge(self.path.clone()));
        }
        String::from_utf8(bytes).map_err(|_| DocumentFileError::Text(self.path.clone()))
    }

    /// Makes the file with a first document in it.
    ///
    /// # Errors
    ///
    /// It is there already, or can't be written.
    pub fn create(&self, document: &str) -> Result<(), DocumentFileError> {
        let _lock = self.lock()?;
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).open(&self.path);
        let made = made.and_then(|mut file| file.write_all(document.as_bytes()).and_then(|()| file.sync_all()));
        made.and_then(|()| sync_folder(&self.path)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => DocumentFileError::Exists(self.path.clone()),
            _ => DocumentFileError::Write(self.path.clone(), error),
        })
    }

    /// Changes the document: what comes back from `change` beside the new document, which is on disk by then. Where there
    /// is no new document, the file is not touched.
    ///
    /// # Errors
    ///
    /// `change` refuses, or the file can't be read or written. It is then byte for byte as it was.
    pub fn change<T, E: From<DocumentFileError>>(
        &self,
        change: impl FnOnce(&str) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        self.hold()?.change(change)
    }

    /// Keeps all other writers away, until what comes back is dropped.
    ///
    /// # Errors
    ///
    /// The lock can't be had, or another writer has it for too long.
    pub fn hold(&self) -> Result<HeldDocumentFile<'_>, DocumentFileError> {
        Ok(HeldDocumentFile { file: self, _lock: self.lock()? })
    }

    /// Writes a document beside the old one, and moves it into its place.
    fn replace(&self, old: &str, new: &str) -> Result<(), DocumentFileError> {
        let failed = |error| DocumentFileError::Write(self.path.clone(), error);
        // To move a file in its place needs no leave of the old one. But who closed it to writers meant that.
        let closed = OpenOptions::new().write(true).open(&self.path);
        let metadata = closed.and_then(|file| file.metadata()).map_err(failed)?;
        let mut beside = tempfile::NamedTempFile::new_in(folder(&self.path)).map_err(failed)?;
        beside.write_all(new.as_bytes()).map_err(failed)?;
        keep_owner(beside.as_file(), &metadata).map_err(failed)?;
        beside.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
        beside.as_file().sync_all().map_err(failed)?;
        if self.read()? != old {
            return Err(DocumentFileError::Overtaken(self.path.clone()));
        }
        beside.persist(&self.path).map_err(|error| failed(error.error))?;
        sync_folder(&self.path).map_err(failed)
    }

    /// The lock of all writers. It is free again when it is dropped, or its process ends, however it does.
    fn lock(&self) -> Result<File, DocumentFileError> {
        let path = beside(&self.path, ".lock");
        let failed = |error| DocumentFileError::Write(path.clone(), error);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let end = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(DocumentFileError::Busy(self.path.clone())),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// A file that holds a policy document, kept from all other writers.
#[derive(Debug)]
pub struct HeldDocumentFile<'a> {
    file: &'a DocumentFile,
    _lock: File,
}

impl HeldDocumentFile<'_> {
    /// Changes the document, as [`DocumentFile::change`] does.
    ///
    /// # Errors
    ///
    /// `change` refuses, or the file can't be read or written. It is then byte for byte as it was.
    pub fn change<T, E: From<DocumentFileError>>(
        &self,
        change: impl FnOnce(&str) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        let old = self.file.read()?;
        let (new, answer) = change(&old)?;
        if let Some(new) = new {
            self.file.replace(&old, &new)?;
        }
        Ok(answer)
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a file beside another: its name with something behind it.
fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(behind);
    name.into()
}

/// Makes a rename last through a loss of power.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// Gives a file to the owner of the one that it replaces. Only a superuser who changes another's file needs it.
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::thread;

    #[track_caller]
    fn file(folder: &Path, text: &str) -> DocumentFile {
        let path = folder.join("policy.json");
        fs::write(&path, text).unwrap();
        DocumentFile::at(&path)
    }

    fn append(file: &DocumentFile, letter: &str) -> Result<(), DocumentFileError> {
        file.change(|old| Ok((Some(format!("{old}{letter}")), ())))
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "");
        thread::scope(|scope| {
            for letter in ["a", "b", "c", "d"] {
                let file = file.clone();
                scope.spawn(move || (0..50).for_each(|_| append(&file, letter).unwrap()));
            }
        });
        let text = file.read().unwrap();
        for letter in ["a", "b", "c", "d"] {
            assert_eq!(text.matches(letter).count(), 50, "{text}");
        }
    }

    #[test]
    fn a_change_keeps_mode_and_link_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let target = file(folder.path(), "old");
        fs::set_permissions(target.path(), fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.json");
        symlink(target.path(), &link).unwrap();
        append(&DocumentFile::at(&link), "er").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(target.read().unwrap(), "older");
        assert_eq!(fs::metadata(target.path()).unwrap().mode() & 0o777, 0o640);
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["link.json", "policy.json", "policy.json.lock"]);
    }

    #[test]
    fn what_is_refused_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "old");
        let before = fs::metadata(file.path()).unwrap().ino();
        let refused: Result<(), _> = file.change(|_| Err(DocumentFileError::Busy(PathBuf::new())));
        assert!(matches!(refused, Err(DocumentFileError::Busy(_))));
        file.change(|_| Ok::<_, DocumentFileError>((None, ()))).unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().ino(), before);
        let overtaken = file.change(|_| {
            fs::write(file.path(), "by hand").unwrap();
            Ok((Some("lost".to_owned()), ()))
        });
        assert!(matches!(overtaken, Err(DocumentFileError::Overtaken(_))), "{overtaken:?}");
        assert_eq!(file.read().unwrap(), "by hand");
    }

    #[test]
    fn a_file_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = DocumentFile::at(&folder.path().join("policy.json"));
        assert!(matches!(file.read(), Err(DocumentFileError::Read(..))));
        file.create("first").unwrap();
        assert!(matches!(file.create("second"), Err(DocumentFileError::Exists(_))));
        assert_eq!(file.read().unwrap(), "first");
        fs::write(file.path(), [0xff]).unwrap();
        assert!(matches!(file.read(), Err(DocumentFileError::Text(_))));
    }
}
