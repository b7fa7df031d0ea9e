//! The file that the policy in force comes from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::in_force::InForce;
use crate::contract::{Diagnostic, Severity};
use crate::{CompileError, Component, DocumentFile, DocumentFileError, Policy};

/// Between looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// A file that was written this short a time ago may be written again without a trace in its times.
const SETTLED: Duration = Duration::from_secs(3);

/// A policy file, and the policy in force that comes from it. Clones are the same file.
///
/// Two things bring another policy into force: the file is looked at, or its rules are changed. Either holds what is known
/// of the file from its reading to the new policy's coming into force, so that an older one never comes back.
#[derive(Clone, Debug)]
pub struct PolicyFile(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    path: PathBuf,
    component: Component,
    in_force: InForce,
    known: Mutex<Known>,
}

/// What is known of a file.
#[derive(Debug)]
struct Known {
    stamp: Option<Stamp>,
    document: Arc<Document>,
    /// What the file had that did not check, until it has something else: its problems are told once.
    refused: Option<Sum>,
}

/// A document that is in force.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) revision: u64,
}

/// The SHA-256 of a document.
type Sum = [u8; 32];

/// Why a policy file did not become the policy in force.
#[derive(Debug, thiserror::Error)]
enum PolicyFileError {
    /// It can't be looked at.
    #[error("{0}")]
    Look(#[from] io::Error),
    /// It can't be read.
    #[error("{0}")]
    Read(#[from] DocumentFileError),
    /// It does not check, or could not be checked.
    #[error("{0}")]
    Compile(#[from] CompileError),
}

/// What tells that a file has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The file itself: another one may have been moved to its place.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl PolicyFile {
    /// A policy file whose document, as it was read, is in force.
    pub fn new(path: PathBuf, component: Component, in_force: InForce, document: String) -> Self {
        let document = Document { revision: in_force.policy().revision(), text: document };
        let known = Known { stamp: None, document: Arc::new(document), refused: None };
        Self(Arc::new(Parts { path, component, in_force, known: Mutex::new(known) }))
    }

    /// Takes the file over each time that it changes, if its document checks; else the old policy stays, and the log says why.
    /// Looks every second, for ever.
    pub async fn follow(self) {
        loop {
            sleep(LOOK).await;
            let file = self.clone();
            if spawn_blocking(move || file.document()).await.is_err() {
                return;
            }
        }
    }

    /// The component that reads the file.
    pub(crate) fn component(&self) -> &Component {
        &self.0.component
    }

    /// The document in force, once the file has been looked at.
    pub(crate) fn document(&self) -> Arc<Document> {
        let mut known = self.known();
        if let Err(error) = self.look(&mut known) {
            self.tell(&error);
        }
        Arc::clone(&known.document)
    }

    /// Changes the document: what comes back from `change` beside the new document, which is on disk and in force by then.
    /// Where there is no new document, the file is not touched.
    ///
    /// # Errors
    ///
    /// `change` refuses, the old or the new document does not check, or the file can't be read or written. File and policy
    /// stay as they were.
    pub(crate) fn change<T, E: From<DocumentFileError> + From<CompileError>>(
        &self,
        change: impl FnOnce(&Document) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        let file = DocumentFile::at(&self.0.path);
        // In this order: while another program has the lock of the file, the file is followed all the same.
        let held = file.hold()?;
        let mut known = self.known();
        let (new, answer) = held.change(|old| {
            if old != known.document.text {
                let policy = self.0.component.compile(old)?;
                self.bring(&mut known, old.to_owned(), policy);
            }
            let (text, answer) = change(&known.document)?;
            let policy = text.as_ref().map(|text| self.0.component.compile(text)).transpose()?;
            Ok::<_, E>((text.clone(), (text.zip(policy), answer)))
        })?;
        if let Some((text, policy)) = new {
            self.bring(&mut known, text, policy);
        }
        Ok(answer)
    }

    /// Brings a document of the file into force.
    fn bring(&self, known: &mut Known, text: String, policy: Policy) {
        let revision = policy.revision();
        known.document = Arc::new(Document { text, revision });
        known.refused = None;
        self.0.in_force.replace(policy);
        // Told once it is so: whoever reads the log may rely on it with the next request.
        tracing::info!(policy = %self.0.path.display(), revision, "a new policy is in force");
    }

    /// Takes the file over, where it has changed since the last look. An error is told once for each change.
    fn look(&self, known: &mut Known) -> Result<(), PolicyFileError> {
        let stamp = stamp(&self.0.path);
        let now = stamp.as_ref().ok();
        if now == known.stamp.as_ref() && now.is_none_or(Stamp::is_settled) {
            return Ok(());
        }
        known.stamp = now.cloned();
        stamp?;
        let text = DocumentFile::at(&self.0.path).read()?;
        if text == known.document.text {
            known.refused = None;
            return Ok(());
        }
        let sum = Sha256::digest(&text).into();
        if known.refused.replace(sum) == Some(sum) {
            return Ok(());
        }
        let policy = self.0.component.compile(&text)?;
        self.bring(known, text, policy);
        Ok(())
    }

    fn tell(&self, error: &PolicyFileError) {
        let path = self.0.path.display();
        let PolicyFileError::Compile(CompileError::Diagnostics(problems)) = error else {
            return tracing::error!(policy = %path, %error, "the policy can't be taken over; the old one stays");
        };
        tracing::error!(policy = %path, problems = problems.len(), "the policy does not check; the old one stays");
        for problem in problems.iter().filter(|it| it.severity == Severity::Problem) {
            tracing::error!("{path}:{}", in_one_line(problem));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // It is whole at any time: what is known changes in one step.
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Place, problem and mend. What is wrong with the document as a whole has no pointer.
fn in_one_line(problem: &Diagnostic) -> String {
    let Diagnostic { line, column, pointer, message, mend, .. } = problem;
    let place = if pointer.is_empty() { String::new() } else { format!(" {pointer}:") };
    format!("{line}:{column}:{place} {message}; {mend}")
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
        self.modified.is_none_or(|time| time.elapsed().map_or(true, |age| age > SETTLED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cache, Settings};
    use std::thread;
    use tempfile::TempDir;

    const FIRST: &str = r#"{"version": 1, "instance": "a", "revision": 1, "rules": []}"#;

    /// A folder with a file that is followed, and what is in force by it.
    fn followed() -> (TempDir, PathBuf, InForce, PolicyFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        fs::write(&path, FIRST).unwrap();
        let component = Component::embedded(Settings { cache: Cache::Off, ..Settings::default() }).unwrap();
        let in_force = InForce::new(component.compile(FIRST).unwrap());
        let file = PolicyFile::new(path.clone(), component, in_force.clone(), FIRST.to_owned());
        (folder, path, in_force, file)
    }

    fn revised(revision: u64) -> String {
        FIRST.replace("\"revision\": 1", &format!("\"revision\": {revision}"))
    }

    #[test]
    fn a_file_is_taken_over_when_it_changes_and_checks() {
        let (_folder, path, in_force, file) = followed();
        let look = |document: Option<&str>| {
            if let Some(document) = document {
                fs::write(&path, document).unwrap();
            }
            let looked = file.look(&mut file.known());
            (looked.map_err(|error| error.to_string()), in_force.policy().revision())
        };
        assert_eq!(look(None), (Ok(()), 1));
        // The same length, within the same tick of the file's clock.
        assert_eq!(look(Some(&revised(2))), (Ok(()), 2));
        assert_eq!(look(None), (Ok(()), 2));
        assert!(matches!(look(Some(r#"{"version": 1, "rules"#)), (Err(_), 2)), "half a file");
        assert_eq!(look(None), (Ok(()), 2), "told once");
        assert_eq!(look(Some(&revised(2))), (Ok(()), 2), "mended");
        assert!(matches!(look(Some(r#"{"version": 1, "rules"#)), (Err(_), 2)), "told anew");
        assert!(matches!(look(Some("\u{feff}{}")), (Err(_), 2)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(look(None), (Err(_), 2)), "gone");
        assert_eq!(look(None), (Ok(()), 2), "told once");
        assert_eq!(look(Some(&revised(3))), (Ok(()), 3));
    }

    #[derive(Debug)]
    enum Refused {
        File,
        Compile,
        Own,
    }

    impl From<DocumentFileError> for Refused {
        fn from(_: DocumentFileError) -> Self {
            Self::File
        }
    }

    impl From<CompileError> for Refused {
        fn from(_: CompileError) -> Self {
            Self::Compile
        }
    }

    #[test]
    fn a_change_is_on_disk_and_in_force_and_not_taken_over_again() {
        let (_folder, path, in_force, file) = followed();
        let answer = file.change(|old| Ok::<_, Refused>((Some(revised(old.revision + 1)), "answer")));
        assert_eq!((answer.unwrap(), in_force.policy().revision()), ("answer", 2));
        assert_eq!(fs::read_to_string(&path).unwrap(), revised(2));
        let before = Arc::clone(&file.known().document);
        assert!(Arc::ptr_eq(&before, &file.document()), "compiled once more");
        // What was written by hand meanwhile is what is changed.
        fs::write(&path, revised(5)).unwrap();
        file.change(|old| Ok::<_, Refused>((Some(revised(old.revision + 1)), ()))).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), in_force.policy().revision()), (revised(6), 6));
    }

    #[test]
    fn nobody_looks_at_the_file_in_the_middle_of_a_change() {
        let (_folder, _, in_force, file) = followed();
        let other = file.clone();
        let looking = file.change(|old| {
            let looking = thread::spawn(move || other.document());
            thread::sleep(Duration::from_millis(50));
            Ok::<_, Refused>((Some(revised(old.revision + 1)), looking))
        });
        let seen = looking.unwrap().join().unwrap();
        assert!(
            Arc::ptr_eq(&seen, &file.known().document),
            "what the change brought is what is seen, and not read again"
        );
        assert_eq!((seen.revision, in_force.policy().revision()), (2, 2));
    }

    #[test]
    fn a_change_that_is_refused_leaves_file_and_policy() {
        let (_folder, path, in_force, file) = followed();
        let change = |new: Result<Option<&str>, Refused>| {
            let before = fs::read(&path).ok();
            let changed = file.change(|_| Ok((new?.map(str::to_owned), ())));
            assert_eq!(fs::read(&path).ok(), before);
            (changed, in_force.policy().revision())
        };
        assert!(matches!(change(Err(Refused::Own)), (Err(Refused::Own), 1)));
        assert!(matches!(change(Ok(Some("{}"))), (Err(Refused::Compile), 1)));
        assert!(matches!(change(Ok(None)), (Ok(()), 1)));
        fs::write(&path, "{").unwrap();
        assert!(matches!(change(Ok(None)), (Err(Refused::Compile), 1)), "what is there does not check");
        assert!(file.look(&mut file.known()).is_err(), "and the log says so all the same");
        fs::remove_file(&path).unwrap();
        assert!(matches!(change(Ok(None)), (Err(Refused::File), 1)), "gone");
    }
}
