//! The document that the active policy comes from, wherever it is kept.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::active_policy::ActivePolicy;
use super::audit_line::{self, Origin};
use super::audit_log::AuditLog;
use super::health::PartHealth;
use super::ledger::Ledger;
use super::measurement;
use super::policy_changes::PolicyChanges;
use super::policy_file::PolicyFile;
use super::policy_store::{PolicyStore, PolicyStoreError};
use super::policy_table::PolicyTable;
use tagseal::contract::{Diagnostic, Severity};
use tagseal::{CompileError, Component, Policy};

/// How long a look may take before the log says so.
const LOOK_LIMIT: Duration = Duration::from_secs(30);

/// The document of a policy, and the active policy that comes from it. Clones are the same document.
///
/// The active policy is replaced when a look finds another document, and when the rules are changed here. Both hold the lock on
/// the last known state from reading the document to replacing the policy, so that an older policy never comes back.
#[derive(Clone, Debug)]
pub struct PolicyDocument(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    store: Box<dyn PolicyStore>,
    component: Component,
    active_policy: ActivePolicy,
    known: Mutex<Known>,
    /// Why the document is not the active policy. It has a lock of its own, which is never held while the document is read.
    problem: Mutex<Option<String>>,
    audit: OnceLock<AuditLog>,
}

/// The last state of a policy document that was seen.
#[derive(Debug, Default)]
struct Known {
    document: Option<Arc<Document>>,
    /// The hash of an invalid document, until there is another one: its problems are logged once.
    invalid: Option<Hash>,
}

/// The document of the active policy.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) revision: u64,
}

/// The SHA-256 of a document.
type Hash = [u8; 32];

/// Why a policy document did not become the active policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyDocumentError {
    /// It can't be read.
    #[error(transparent)]
    Store(#[from] PolicyStoreError),
    /// It is invalid, or could not be checked.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

impl PolicyDocument {
    /// Names the document in a file. The given text, which was read from it, is the active policy.
    pub fn in_file(path: PathBuf, component: Component, active_policy: ActivePolicy, text: String) -> Self {
        let revision = active_policy.policy().map(|policy| policy.revision()).unwrap_or_default();
        active_policy.describe(&text);
        let known = Known { document: Some(Arc::new(Document { text, revision })), invalid: None };
        Self::new(Box::new(PolicyFile::new(path)), component, active_policy, known)
    }

    /// Names the document in a ledger that several gateways can share. If the ledger has none yet, `first` is put there. There
    /// is no active policy until it is loaded. `None` for a ledger of one gateway.
    pub fn in_ledger(
        ledger: &Ledger,
        component: Component,
        active_policy: ActivePolicy,
        first: Option<String>,
    ) -> Option<Self> {
        let table = PolicyTable::of(ledger, first)?;
        Some(Self::new(Box::new(table), component, active_policy, Known::default()))
    }

    fn new(store: Box<dyn PolicyStore>, component: Component, active_policy: ActivePolicy, known: Known) -> Self {
        measurement::policy_file(known.document.is_some());
        Self(Arc::new(Parts {
            store,
            component,
            active_policy,
            known: Mutex::new(known),
            problem: Mutex::default(),
            audit: OnceLock::new(),
        }))
    }

    /// Looks at the document again and again, for ever. A new valid one becomes the active policy. If it is invalid, the old
    /// policy stays active, and the log says why.
    pub async fn follow(self) {
        loop {
            self.0.store.next_look().await;
            let document = self.clone();
            let mut look = spawn_blocking(move || document.look_and_report());
            loop {
                match timeout(LOOK_LIMIT, &mut look).await {
                    Ok(Ok(())) => break,
                    Ok(Err(_)) => return,
                    // A look can't be given up, but whoever runs the gateway has to know.
                    Err(_) => tracing::error!(
                        policy = self.0.store.name(),
                        "the policy has not been read for {LOOK_LIMIT:?}: what keeps it does not answer; the old policy stays active"
                    ),
                }
            }
        }
    }

    /// Writes a line to an audit for each change from now on. The first audit that is given stays.
    pub fn set_audit(&self, audit: AuditLog) {
        let _ = self.0.audit.set(audit);
    }

    /// Looks at the document now. Whatever keeps it from being the active policy is in the log.
    pub async fn load(&self) {
        let document = self.clone();
        let _ = spawn_blocking(move || document.look_and_report()).await;
    }

    /// Looks at the document for the first time, and makes it the active policy.
    ///
    /// # Errors
    ///
    /// It does not exist, is invalid, or can't be read now.
    pub async fn load_first(&self) -> Result<(), PolicyDocumentError> {
        let document = self.clone();
        let looked = spawn_blocking(move || {
            let looked = document.look(&mut document.known());
            document.set_problem(looked.as_ref().err().map(ToString::to_string));
            looked
        });
        // A look that panics is reported by its thread, and the next one comes soon.
        looked.await.unwrap_or(Ok(()))
    }

    /// Names the place where the document is kept.
    pub fn place(&self) -> String {
        self.0.store.name()
    }

    /// Returns whether the document is the active policy.
    pub fn health(&self) -> PartHealth {
        let revision = self.0.active_policy.policy().map(|policy| policy.revision());
        match (&*self.0.problem.lock().unwrap_or_else(PoisonError::into_inner), revision) {
            (None, Some(revision)) => PartHealth::fine(format!("revision {revision}")),
            (Some(problem), Some(revision)) => {
                PartHealth::degraded(format!("revision {revision} stays active: {problem}"))
            }
            (problem, None) => {
                let problem = problem.as_deref().unwrap_or("it was not read yet");
                PartHealth::degraded(format!("there is no policy yet, so writes get 503: {problem}"))
            }
        }
    }

    /// Returns the component that compiles the document.
    pub(crate) fn component(&self) -> &Component {
        &self.0.component
    }

    /// Returns the active policy, if there is one.
    pub(crate) fn policy(&self) -> Option<Policy> {
        self.0.active_policy.policy()
    }

    /// Looks at the document, and returns the one of the active policy.
    ///
    /// # Errors
    ///
    /// No policy is active yet.
    pub(crate) fn document(&self) -> Result<Arc<Document>, PolicyDocumentError> {
        let mut known = self.known();
        let looked = self.look(&mut known);
        match &known.document {
            Some(document) => {
                looked.unwrap_or_else(|error| self.report(&error));
                Ok(Arc::clone(document))
            }
            None => Err(looked.err().unwrap_or(PolicyStoreError::Missing.into())),
        }
    }

    fn look_and_report(&self) {
        let mut known = self.known();
        self.look(&mut known).unwrap_or_else(|error| self.report(&error));
    }

    /// Changes the document. `change` gets the old document, and returns the new one and a result. The result is returned
    /// when the new document is durable and active. If there is no new document, the old one stays as it is.
    ///
    /// # Errors
    ///
    /// `change` fails, the old or the new document is invalid, or the document can't be read or written. Document and policy are
    /// then unchanged.
    pub(crate) fn change<T, E: From<PolicyStoreError> + From<CompileError>>(
        &self,
        change: impl FnOnce(&Document) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        // The order matters: while another program holds the document, it is still followed.
        let mut held = self.0.store.hold()?;
        let mut known = self.known();
        let old = held.read()?;
        let document = match known.document.clone().filter(|document| document.text == old) {
            Some(document) => document,
            None => {
                let policy = self.0.component.compile(&old)?;
                let revision = policy.revision();
                let document = self.activate(&mut known, old, policy);
                self.audit_change(None, None, revision, &Origin::default());
                document
            }
        };
        let (text, answer) = change(&document)?;
        if let Some(text) = text {
            let policy = self.0.component.compile(&text)?;
            held.replace(&document.text, &text)?;
            self.activate(&mut known, text, policy);
        }
        Ok(answer)
    }

    /// Returns the audit, if there is one.
    pub(crate) fn audit(&self) -> Option<&AuditLog> {
        self.0.audit.get()
    }

    /// Writes a change of the rules to the audit.
    pub(crate) fn audit_change(&self, change: Option<&str>, rule: Option<u64>, revision: u64, origin: &Origin) {
        if let Some(audit) = self.0.audit.get() {
            let instance = self.0.active_policy.facts();
            audit.add(audit_line::of_rules(change, rule, revision, instance.instance.as_deref(), origin));
        }
    }

    /// Makes a document the active policy.
    fn activate(&self, known: &mut Known, text: String, policy: Policy) -> Arc<Document> {
        let revision = policy.revision();
        let changes = known.document.as_ref().map(|old| PolicyChanges::between(&old.text, &text));
        self.0.active_policy.describe(&text);
        let document = Arc::new(Document { text, revision });
        known.document = Some(Arc::clone(&document));
        known.invalid = None;
        self.0.active_policy.replace(policy);
        self.set_problem(None);
        // It is logged after it is so: a reader of the log may rely on it with the next request.
        tracing::info!(policy = self.0.store.name(), revision, "a new policy is active");
        changes.unwrap_or_default().log();
        document
    }

    /// Makes the document the active policy, if it has changed since the last look.
    fn look(&self, known: &mut Known) -> Result<(), PolicyDocumentError> {
        // After a look that failed, an invalid document is reported once more.
        let looked = self.0.store.look().inspect_err(|_| known.invalid = None);
        let Some(text) = looked? else { return Ok(()) };
        if known.document.as_ref().is_some_and(|document| document.text == text) {
            known.invalid = None;
            self.set_problem(None);
            return Ok(());
        }
        let hash = Sha256::digest(&text).into();
        if known.invalid.replace(hash) == Some(hash) {
            return Ok(());
        }
        let (policy, is_first) = (self.0.component.compile(&text)?, known.document.is_none());
        let revision = policy.revision();
        self.activate(known, text, policy);
        if !is_first {
            // Somebody else has replaced it. Who that was, nobody knows.
            self.audit_change(None, None, revision, &Origin::default());
        }
        Ok(())
    }

    /// Keeps a problem for those who ask about health. Returns whether it is another one than before.
    fn set_problem(&self, problem: Option<String>) -> bool {
        measurement::policy_file(problem.is_none());
        let mut current = self.0.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *current != problem;
        *current = problem;
        is_new
    }

    /// Logs why the document is not the active policy: once, while the reason stays the same.
    fn report(&self, error: &PolicyDocumentError) {
        let (policy, is_new) = (self.0.store.name(), self.set_problem(Some(error.to_string())));
        match error {
            PolicyDocumentError::Compile(CompileError::Diagnostics(problems)) => {
                tracing::error!(policy, problems = problems.len(), "the policy is invalid; the old one stays active");
                for problem in problems.iter().filter(|it| it.severity == Severity::Problem) {
                    tracing::error!("{policy}:{}", in_one_line(problem));
                }
            }
            _ if is_new => tracing::error!(policy, %error, "the policy can't be loaded; the old one stays active"),
            _ => {}
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // It is consistent at any time: it changes in one step.
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes place, message and help in one line. A problem of the document as a whole has no pointer.
fn in_one_line(problem: &Diagnostic) -> String {
    let Diagnostic { line, column, pointer, message, help, .. } = problem;
    let place = if pointer.is_empty() { String::new() } else { format!(" {pointer}:") };
    format!("{line}:{column}:{place} {message}; {help}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::State;
    use std::fs;
    use std::thread;
    use tagseal::{Cache, Settings};
    use tempfile::TempDir;

    const FIRST: &str = r#"{"version": 1, "instance": "a", "revision": 1, "rules": []}"#;

    /// A folder with a file that is followed, and its active policy.
    fn followed() -> (TempDir, PathBuf, ActivePolicy, PolicyDocument) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        fs::write(&path, FIRST).unwrap();
        let component = Component::embedded(Settings::default().with_cache(Cache::Off)).unwrap();
        let active_policy = ActivePolicy::new(component.compile(FIRST).unwrap());
        let file = PolicyDocument::in_file(path.clone(), component, active_policy.clone(), FIRST.to_owned());
        (folder, path, active_policy, file)
    }

    fn revised(revision: u64) -> String {
        FIRST.replace("\"revision\": 1", &format!("\"revision\": {revision}"))
    }

    #[test]
    fn a_new_valid_document_in_the_file_becomes_the_active_policy() {
        let (_folder, path, active_policy, file) = followed();
        let look = |document: Option<&str>| {
            if let Some(document) = document {
                fs::write(&path, document).unwrap();
            }
            let looked = file.look(&mut file.known());
            (looked.map_err(|error| error.to_string()), active_policy.policy().unwrap().revision())
        };
        assert_eq!(look(None), (Ok(()), 1));
        // The same length, within the same tick of the file's clock.
        assert_eq!(look(Some(&revised(2))), (Ok(()), 2));
        assert_eq!(look(None), (Ok(()), 2));
        assert!(matches!(look(Some(r#"{"version": 1, "rules"#)), (Err(_), 2)), "half a file");
        assert_eq!(look(None), (Ok(()), 2), "reported once");
        assert_eq!(look(Some(&revised(2))), (Ok(()), 2), "fixed");
        assert!(matches!(look(Some(r#"{"version": 1, "rules"#)), (Err(_), 2)), "reported again");
        assert!(matches!(look(Some("\u{feff}{}")), (Err(_), 2)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(look(None), (Err(_), 2)), "gone");
        assert_eq!(look(None), (Ok(()), 2), "reported once");
        assert_eq!(look(Some(&revised(3))), (Ok(()), 3));
        assert_eq!(file.health(), PartHealth::fine("revision 3"));
        fs::write(&path, "{").unwrap();
        file.document().unwrap();
        let health = file.health();
        assert!(
            health.state == State::Degraded && health.detail.starts_with("revision 3 stays active: "),
            "{health:?}"
        );
        fs::write(&path, revised(3)).unwrap();
        file.document().unwrap();
        assert_eq!(file.health(), PartHealth::fine("revision 3"));
    }

    #[derive(Debug)]
    enum Refused {
        File,
        Compile,
        Own,
    }

    impl From<PolicyStoreError> for Refused {
        fn from(_: PolicyStoreError) -> Self {
            Self::File
        }
    }

    impl From<CompileError> for Refused {
        fn from(_: CompileError) -> Self {
            Self::Compile
        }
    }

    #[test]
    fn a_change_is_on_disk_and_active_and_is_not_loaded_again() {
        let (_folder, path, active_policy, file) = followed();
        let answer = file.change(|old| Ok::<_, Refused>((Some(revised(old.revision + 1)), "answer")));
        assert_eq!((answer.unwrap(), active_policy.policy().unwrap().revision()), ("answer", 2));
        assert_eq!(fs::read_to_string(&path).unwrap(), revised(2));
        let before = Arc::clone(file.known().document.as_ref().unwrap());
        assert!(Arc::ptr_eq(&before, &file.document().unwrap()), "compiled once more");
        // What was written by hand meanwhile is what is changed.
        fs::write(&path, revised(5)).unwrap();
        file.change(|old| Ok::<_, Refused>((Some(revised(old.revision + 1)), ()))).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), active_policy.policy().unwrap().revision()), (revised(6), 6));
    }

    #[test]
    fn nobody_looks_at_the_file_in_the_middle_of_a_change() {
        let (_folder, _, active_policy, file) = followed();
        let other = file.clone();
        let looking = file.change(|old| {
            let looking = thread::spawn(move || other.document().unwrap());
            thread::sleep(Duration::from_millis(50));
            Ok::<_, Refused>((Some(revised(old.revision + 1)), looking))
        });
        let seen = looking.unwrap().join().unwrap();
        assert!(
            Arc::ptr_eq(&seen, file.known().document.as_ref().unwrap()),
            "what the change brought is what is seen, and not read again"
        );
        assert_eq!((seen.revision, active_policy.policy().unwrap().revision()), (2, 2));
    }

    #[test]
    fn a_change_that_is_refused_leaves_file_and_policy() {
        let (_folder, path, active_policy, file) = followed();
        let change = |new: Result<Option<&str>, Refused>| {
            let before = fs::read(&path).ok();
            let changed = file.change(|_| Ok((new?.map(str::to_owned), ())));
            assert_eq!(fs::read(&path).ok(), before);
            (changed, active_policy.policy().unwrap().revision())
        };
        assert!(matches!(change(Err(Refused::Own)), (Err(Refused::Own), 1)));
        assert!(matches!(change(Ok(Some("{}"))), (Err(Refused::Compile), 1)));
        assert!(matches!(change(Ok(None)), (Ok(()), 1)));
        fs::write(&path, "{").unwrap();
        assert!(matches!(change(Ok(None)), (Err(Refused::Compile), 1)), "the old document is invalid");
        assert!(file.look(&mut file.known()).is_err(), "and the log says so all the same");
        fs::remove_file(&path).unwrap();
        assert!(matches!(change(Ok(None)), (Err(Refused::File), 1)), "gone");
    }
}
