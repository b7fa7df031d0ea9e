//! The file that the policy in force comes from.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::in_force::InForce;
use crate::contract::{Diagnostic, Severity};
use crate::{CompileError, Component, Policy};

/// Most bytes of a policy file: what the contract allows a document.
const MOST: u64 = 256 << 20;
/// Between looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// A file that was written this short a time ago may be written again without a trace in its times.
const SETTLED: Duration = Duration::from_secs(3);

/// A policy file, as it was when its policy came into force.
#[derive(Debug)]
pub struct PolicyFile {
    path: PathBuf,
    component: Component,
    stamp: Option<Stamp>,
    document: String,
}

/// Why a policy file did not become the policy in force.
#[derive(Debug, thiserror::Error)]
enum PolicyFileError {
    /// It can't be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is no text.
    #[error("it is not UTF-8 text")]
    Text,
    /// It does not check, or could not be checked.
    #[error("{0}")]
    Compile(CompileError),
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
    pub fn new(path: PathBuf, component: Component, document: String) -> Self {
        Self { path, component, stamp: None, document }
    }

    /// Takes the file over each time that it changes, if its document checks; else the old policy stays, and the log says why.
    /// Looks every second, for ever.
    pub async fn follow(self, in_force: InForce) {
        let mut file = self;
        loop {
            sleep(LOOK).await;
            let looked = spawn_blocking(move || {
                let changed = file.look();
                (file, changed)
            });
            let Ok((back, changed)) = looked.await else { return };
            file = back;
            file.take_over(changed, &in_force);
        }
    }

    fn take_over(&self, changed: Result<Option<Policy>, PolicyFileError>, in_force: &InForce) {
        let path = self.path.display();
        match changed {
            Ok(None) => {}
            Ok(Some(policy)) => {
                tracing::info!(policy = %path, revision = policy.revision(), "a new policy is in force");
                in_force.replace(policy);
            }
            Err(PolicyFileError::Compile(CompileError::Diagnostics(problems))) => {
                tracing::error!(policy = %path, problems = problems.len(), "the policy does not check; the old one stays");
                for problem in problems.iter().filter(|it| it.severity == Severity::Problem) {
                    tracing::error!("{path}:{}", in_one_line(problem));
                }
            }
            Err(error) => tracing::error!(policy = %path, %error, "the policy can't be taken over; the old one stays"),
        }
    }

    /// The new policy, where the file has changed since the last look. An error is told once for each change.
    fn look(&mut self) -> Result<Option<Policy>, PolicyFileError> {
        let stamp = stamp(&self.path);
        let now = stamp.as_ref().ok();
        if now == self.stamp.as_ref() && now.is_none_or(Stamp::is_settled) {
            return Ok(None);
        }
        self.stamp = now.cloned();
        stamp?;
        let document = read(&self.path)?;
        if document == self.document {
            return Ok(None);
        }
        // One that does not check is remembered as well: its problems are told once.
        self.document = document;
        self.component.compile(&self.document).map(Some).map_err(PolicyFileError::Compile)
    }
}

/// Place, problem and mend. What is wrong with the document as a whole has no pointer.
fn in_one_line(problem: &Diagnostic) -> String {
    let Diagnostic { line, column, pointer, message, mend, .. } = problem;
    let place = if pointer.is_empty() { String::new() } else { format!(" {pointer}:") };
    format!("{line}:{column}:{place} {message}; {mend}")
}

fn read(path: &Path) -> Result<String, PolicyFileError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| PolicyFileError::Text)
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

    const FIRST: &str = r#"{"version": 1, "instance": "a", "revision": 1, "rules": []}"#;

    #[test]
    fn a_file_is_taken_over_when_it_changes_and_checks() {
        let path = std::env::temp_dir().join(format!("tagseal-in-force-{}.json", std::process::id()));
        fs::write(&path, FIRST).unwrap();
        let component = Component::embedded(Settings { cache: Cache::Off, ..Settings::default() }).unwrap();
        let in_force = InForce::new(component.compile(FIRST).unwrap());
        let mut file = PolicyFile::new(path.clone(), component, FIRST.to_owned());
        let mut look = |document: Option<&str>| {
            if let Some(document) = document {
                fs::write(&path, document).unwrap();
            }
            let changed = file.look();
            let said = changed.as_ref().map(Option::is_some).map_err(ToString::to_string);
            file.take_over(changed, &in_force);
            (said, in_force.policy().revision())
        };
        assert_eq!(look(None), (Ok(false), 1));
        // The same length, within the same tick of the file's clock.
        assert_eq!(look(Some(&FIRST.replace("\"revision\": 1", "\"revision\": 2"))), (Ok(true), 2));
        assert_eq!(look(None), (Ok(false), 2));
        assert!(matches!(look(Some(r#"{"version": 1, "rules"#)), (Err(_), 2)), "half a file");
        assert_eq!(look(None), (Ok(false), 2), "told once");
        assert!(matches!(look(Some("\u{feff}{}")), (Err(_), 2)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(look(None), (Err(_), 2)), "gone");
        assert_eq!(look(None), (Ok(false), 2), "told once");
        assert_eq!(look(Some(&FIRST.replace("\"revision\": 1", "\"revision\": 3"))), (Ok(true), 3));
        fs::remove_file(&path).unwrap();
    }
}
