//! A policy document in a file: changed by one writer at a time, and replaced as a whole.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use tagseal::contract::MAX_DOCUMENT_BYTES;

/// How long a writer waits for the others. A change takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// How the name of a new document ends until it is moved to its place.
const NEW_SUFFIX: &str = ".tmp";

/// The time between two attempts to get the lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(2);
/// The flag by which opening a file does not wait.
const NONBLOCKING: i32 = OFlags::NONBLOCK.bits().cast_signed();
/// The mode of the lock's file. Who can't open it can't hold the lock either.
const LOCK_MODE: u32 = 0o600;

/// A file that holds a policy document.
///
/// A change through this type holds a lock while it reads and writes, so that no writer undoes the change of another. The
/// lock is on a file of its own beside the document (`policy.json.lock`). That file stays, while the document is a new file
/// after each change. A reader needs no lock, since it sees either the old document or the new one.
#[derive(Clone, Debug)]
pub struct DocumentFile {
    path: PathBuf,
}

/// Why a document could not be read or changed. The file is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentFileError {
    /// It can't be read.
    #[error("could not read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] io::Error),
    /// It can't be written.
    #[error("could not write `{}`: {}", .0.display(), .1)]
    Write(PathBuf, #[source] io::Error),
    /// It is not text.
    #[error("`{}` is not UTF-8 text; save it as UTF-8", .0.display())]
    Text(PathBuf),
    /// It is larger than a document may be.
    #[error("`{}` is larger than {} MiB; give a smaller file", .0.display(), MAX_DOCUMENT_BYTES >> 20)]
    TooLarge(PathBuf),
    /// It should be created in a folder that does not exist.
    #[error("could not write `{}`: there is no such folder", .0.display())]
    NoFolder(PathBuf),
    /// It exists, though it should be created.
    #[error("`{}` exists already; name another file, or remove it first", .0.display())]
    Exists(PathBuf),
    /// Another writer holds the lock too long.
    #[error("another writer has held `{}` for {LOCK_TIMEOUT:?}; try again", .0.display())]
    Busy(PathBuf),
    /// Something that does not use the lock, for example an editor, has written it in the meantime.
    #[error("`{}` was changed by another program in the meantime; try again", .0.display())]
    Overtaken(PathBuf),
}

impl DocumentFile {
    /// Names the file at a path. If that is a link, the file is its target, and the link stays a link.
    pub fn at(path: &Path) -> Self {
        Self { path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the document as it is now.
    ///
    /// # Errors
    ///
    /// - a file that does not exist or is not permitted, a folder
    /// - a file of more than 256 MiB, or one that is not UTF-8
    pub fn read(&self) -> Result<String, DocumentFileError> {
        let mut bytes = Vec::new();
        let read = open(&self.path).and_then(|file| file.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| DocumentFileError::Read(self.path.clone(), error))?;
        if bytes.len() as u64 > MAX_DOCUMENT_BYTES {
            return Err(DocumentFileError::TooLarge(self.path.clone()));
        }
        String::from_utf8(bytes).map_err(|_| DocumentFileError::Text(self.path.clone()))
    }

    /// Creates the file, with a first document in it.
    ///
    /// # Errors
    ///
    /// It exists already, its folder does not exist, or it can't be written.
    pub fn create(&self, document: &str) -> Result<(), DocumentFileError> {
        // The lock would leave a file of its own behind.
        if fs::symlink_metadata(&self.path).is_ok() {
            return Err(DocumentFileError::Exists(self.path.clone()));
        }
        if !folder(&self.path).is_dir() {
            return Err(DocumentFileError::NoFolder(self.path.clone()));
        }
        let _lock = self.lock()?;
        let mut options = OpenOptions::new();
        let created = options.write(true).create_new(true).open(&self.path);
        let created = created.and_then(|mut file| file.write_all(document.as_bytes()).and_then(|()| file.sync_all()));
        created.and_then(|()| sync_folder(&self.path)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => DocumentFileError::Exists(self.path.clone()),
            _ => DocumentFileError::Write(self.path.clone(), error),
        })
    }

    /// Changes the document. `change` gets the old document, and returns the new one and a result. The result is returned
    /// when the new document is on disk. If there is no new document, the file stays as it is.
    ///
    /// # Errors
    ///
    /// `change` fails, or the file can't be read or written. The file is then unchanged, byte for byte.
    pub fn change<T, E: From<DocumentFileError>>(
        &self,
        change: impl FnOnce(&str) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        self.hold()?.change(change)
    }

    /// Keeps all other writers away until the returned value is dropped.
    ///
    /// # Errors
    ///
    /// There is no such file, the lock can't be taken, or another writer holds it too long.
    pub fn hold(&self) -> Result<HeldDocumentFile, DocumentFileError> {
        self.check_is_file().map_err(|error| DocumentFileError::Read(self.path.clone(), error))?;
        Ok(HeldDocumentFile { file: self.clone(), _lock: self.lock()? })
    }

    /// Checks that there is a file that could hold a document. Otherwise the lock would leave a file of its own behind.
    fn check_is_file(&self) -> io::Result<()> {
        if fs::metadata(&self.path)?.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(()) }
    }

    /// Writes the new document beside the old one, and moves it to its place. The caller holds the lock.
    fn replace(&self, old: &str, new: &str) -> Result<(), DocumentFileError> {
        let failed = |error| DocumentFileError::Write(self.path.clone(), error);
        // Moving a file to its place needs no permission to write the old one. But a file that is read-only is meant to stay.
        let closed = OpenOptions::new().write(true).open(&self.path);
        let metadata = closed.and_then(|file| file.metadata()).map_err(failed)?;
        self.remove_left_files();
        let prefix = self.new_prefix();
        let mut beside = tempfile::Builder::new();
        let beside = beside.prefix(&prefix).suffix(NEW_SUFFIX).tempfile_in(folder(&self.path));
        let mut beside = beside.map_err(failed)?;
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

    /// How the name of a new document begins until it is moved to its place: `.policy.json.new-`.
    fn new_prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(self.path.file_name().unwrap_or_default());
        prefix.push(".new-");
        prefix
    }

    /// Removes new documents that were never moved to their place, because their writer was killed. The caller holds the lock,
    /// so no writer is at work.
    fn remove_left_files(&self) {
        let prefix = self.new_prefix();
        let is_left = |name: &OsStr| {
            let name = name.as_encoded_bytes();
            name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(NEW_SUFFIX.as_bytes())
        };
        let entries = fs::read_dir(folder(&self.path)).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| is_left(&entry.file_name())) {
            // A file that can't be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }

    /// Takes the lock of all writers. It is released when it is dropped, or when the process ends in any way.
    fn lock(&self) -> Result<File, DocumentFileError> {
        let path = beside(&self.path, ".lock");
        let failed = |error| DocumentFileError::Write(path.clone(), error);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(LOCK_MODE).open(&path).map_err(failed)?;
        let end = Instant::now() + LOCK_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(RETRY_INTERVAL),
                Err(TryLockError::WouldBlock) => return Err(DocumentFileError::Busy(self.path.clone())),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// A file that holds a policy document, while all other writers are kept away.
#[derive(Debug)]
pub struct HeldDocumentFile {
    file: DocumentFile,
    _lock: File,
}

impl HeldDocumentFile {
    /// Reads the document as it is now.
    pub(crate) fn read(&self) -> Result<String, DocumentFileError> {
        self.file.read()
    }

    /// Replaces the document. When this returns, the new one is on the disk.
    pub(crate) fn replace(&self, old: &str, new: &str) -> Result<(), DocumentFileError> {
        self.file.replace(old, new)
    }

    /// Changes the document, as [`DocumentFile::change`] does.
    ///
    /// # Errors
    ///
    /// `change` fails, or the file can't be read or written. The file is then unchanged, byte for byte.
    pub fn change<T, E: From<DocumentFileError>>(
        &self,
        change: impl FnOnce(&str) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        let old = self.read()?;
        let (new, answer) = change(&old)?;
        if let Some(new) = new {
            self.replace(&old, &new)?;
        }
        Ok(answer)
    }
}

/// Opens a file to read it. Whatever else is there, such as a pipe that nobody writes to, is refused without waiting for it.
fn open(path: &Path) -> io::Result<File> {
    // A pipe is opened without waiting for its other end. For a regular file the flag means nothing.
    let file = OpenOptions::new().read(true).custom_flags(NONBLOCKING).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// Returns the folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the path of a file beside another one: its path with a suffix.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Makes a rename survive a loss of power.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// Gives a file to the owner of the one that it replaces. Only a superuser who changes the file of another user needs this.
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
    fn writers_at_the_same_time_lose_nothing() {
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
    fn a_change_that_fails_leaves_the_file_unchanged() {
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

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_writer_left_is_removed_by_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "old");
        for name in [".policy.json.new-Ab12cD.tmp", ".other.json.new-Ab12cD.tmp", ".policy.json.new-notes", "x.tmp"] {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        // While a writer is at work, its new document is named after the policy.
        file.change(|_| Ok::<_, DocumentFileError>((None, ()))).unwrap();
        assert!(names(folder.path()).contains(&".policy.json.new-Ab12cD.tmp".to_owned()), "nothing was written");
        append(&file, "er").unwrap();
        let left = [".other.json.new-Ab12cD.tmp", ".policy.json.new-notes", "policy.json", "policy.json.lock", "x.tmp"];
        assert_eq!(names(folder.path()), left);
        assert_eq!(file.read().unwrap(), "older");
    }

    #[test]
    fn where_no_document_can_be_no_lock_is_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("folder.json")).unwrap();
        for name in ["missing.json", "folder.json", "nowhere/policy.json"] {
            let path = folder.path().join(name);
            let changed = append(&DocumentFile::at(&path), "x");
            assert!(matches!(&changed, Err(DocumentFileError::Read(at, _)) if *at == path), "{name}: {changed:?}");
        }
        let created = DocumentFile::at(&folder.path().join("nowhere/policy.json")).create("x");
        assert!(matches!(created, Err(DocumentFileError::NoFolder(_))), "{created:?}");
        let created = DocumentFile::at(&folder.path().join("folder.json")).create("x");
        assert!(matches!(created, Err(DocumentFileError::Exists(_))), "{created:?}");
        assert_eq!(names(folder.path()), ["folder.json"]);
    }

    #[test]
    fn h11_a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (sender, read) = std::sync::mpsc::channel();
        thread::spawn(move || sender.send(DocumentFile::at(&path).read()));
        let read = read.recv_timeout(Duration::from_secs(5)).expect("it does not wait");
        assert!(read.unwrap_err().to_string().contains("not a regular file"));
        let folder = DocumentFile::at(folder.path()).read();
        assert!(matches!(folder, Err(DocumentFileError::Read(..))));
    }

    /// Low: the lock could be held by any reader.
    #[test]
    fn the_lock_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "old");
        append(&file, "er").unwrap();
        assert_eq!(fs::metadata(folder.path().join("policy.json.lock")).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_is_created_once() {
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
