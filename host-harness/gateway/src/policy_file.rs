//! A policy document in a file, which people and other programs may write too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::policy_store::{HeldPolicy, PolicyStore, PolicyStoreError};
use crate::document_file::{DocumentFile, HeldDocumentFile};

/// The time between two looks at the file.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// The age of a file from which its times show every later change. A younger file may be written again without a trace in
/// its times.
const SETTLED_AGE: Duration = Duration::from_secs(3);

/// A policy document in a file.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    path: PathBuf,
    seen: Mutex<Option<Stamp>>,
}

/// What changes when a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The identity of the file: another one may have been moved to its place.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl PolicyFile {
    /// Names the document in a file.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, seen: Mutex::default() }
    }
}

impl PolicyStore for PolicyFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn next_look(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(sleep(LOOK_INTERVAL))
    }

    /// Reads the file if it has changed since the last look. An error is returned once for each change.
    fn look(&self) -> Result<Option<String>, PolicyStoreError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.path);
        let now = stamp.as_ref().ok();
        if now == seen.as_ref() && now.is_none_or(Stamp::is_settled) {
            return Ok(None);
        }
        *seen = now.cloned();
        stamp?;
        Ok(Some(DocumentFile::at(&self.path).read()?))
    }

    fn hold(&self) -> Result<Box<dyn HeldPolicy + '_>, PolicyStoreError> {
        Ok(Box::new(DocumentFile::at(&self.path).hold()?))
    }
}

impl HeldPolicy for HeldDocumentFile {
    fn read(&mut self) -> Result<String, PolicyStoreError> {
        Ok(Self::read(self)?)
    }

    fn replace(&mut self, old: &str, new: &str) -> Result<(), PolicyStoreError> {
        Ok(Self::replace(self, old, new)?)
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    let identity = {
        use std::os::unix::fs::MetadataExt as _;
        (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    };
    Ok(Stamp {
        length: metadata.len(),
        modified: metadata.modified().ok(),
        #[cfg(unix)]
        identity,
    })
}

impl Stamp {
    fn is_settled(&self) -> bool {
        self.modified.is_none_or(|time| time.elapsed().map_or(true, |age| age > SETTLED_AGE))
    }
}
